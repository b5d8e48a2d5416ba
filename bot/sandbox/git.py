"""What does a bare repository say and do? git itself, called with a clean environment and a deadline."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from bot.sandbox.bare import environment, lay_out
from bot.sandbox.channel import CAT_FILE, UPDATE_REF, Channel, GoneError
from bot.sandbox.objects import (
    CommitObject,
    FileChange,
    Signature,
    TreeEntry,
    parse_changes,
    parse_commit,
    parse_entry,
)

ZERO = "0" * 40
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_SCRATCH = "refs/sandbox/scratch"
_SHORT = 64  # commits
_ID = re.compile(r"[0-9a-f]{40}")


class GitError(Exception):
    """git ended with an error; the text is its own words."""


class BareRepository:
    """A bare repository on disk. Answers about objects are remembered: objects never change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        variables = environment({"GIT_DIR": str(path)})
        self._reader = Channel(path, CAT_FILE, variables)
        self._writer = Channel(path, UPDATE_REF, variables)
        self._advertised: dict[str, bytes] = {}
        self._commits: dict[str, CommitObject] = {}
        self._answers: dict[tuple[str, ...], object] = {}

    @classmethod
    def create(cls, path: Path, default_branch: str) -> BareRepository:
        """Make an empty bare repository whose HEAD names `default_branch`."""
        lay_out(path, default_branch)
        return cls(path)

    def close(self) -> None:
        """End what git keeps running here; it starts again when something is asked."""
        self._reader.close()
        self._writer.close()

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        codes: Sequence[int] = (0,),
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run git here; GitError when it ends with another code than `codes`."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            input=stdin,
            capture_output=True,
            timeout=60,
            env=environment({"GIT_DIR": str(self.path), **(env or {})}),
            check=False,
        )
        if done.returncode not in codes:
            raise GitError(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done

    def text(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Run git and return what it printed, without the last newline."""
        return self.run(*arguments, stdin=stdin, env=env).stdout.decode(errors="replace").rstrip("\n")

    def upload_pack(self, request: bytes, protocol: str, *, advertise: bool) -> bytes:
        """Return what `git upload-pack` answers to one request of a stateless conversation.

        `protocol` is the client's Git-Protocol header. In version 2 (gitprotocol-v2(5)) the first answer tells
        capabilities and no refs, so it stays the same.
        """
        if advertise and protocol in self._advertised:
            return self._advertised[protocol]
        flags = ["--http-backend-info-refs"] if advertise else []
        variables = {"GIT_PROTOCOL": protocol}
        done = self.run("upload-pack", "--stateless-rpc", *flags, ".", stdin=request, codes=(0, 128), env=variables)
        if advertise and "version=2" in protocol:
            self._advertised[protocol] = done.stdout
        return done.stdout

    # ---- refs

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Return full ref name → object id, sorted by name."""
        if (self.path / "packed-refs").exists():
            lines = self.text("for-each-ref", "--format=%(objectname) %(refname)", prefix).splitlines()
            return {name: sha for sha, _, name in (line.partition(" ") for line in lines)}
        # one file a ref, as gitrepository-layout(5) says
        names = (f"{folder}/{file}" for folder, _, files in os.walk(self.path / "refs") for file in files)
        found = {str(Path(name).relative_to(self.path)): Path(name).read_text().strip() for name in names}
        return {name: found[name] for name in sorted(found) if f"{name}/".startswith(prefix.rstrip("/") + "/")}

    def ref(self, name: str) -> str | None:
        """Return the object id a full ref name holds, or None."""
        loose = self.path / name
        if name.startswith("refs/") and ".." not in name:
            # one file a ref, as gitrepository-layout(5) says; most questions are of this kind
            if loose.is_file():
                return loose.read_text().strip()
            if not (self.path / "packed-refs").exists():
                return None
        done = self.run("rev-parse", "--verify", "-q", name, codes=(0, 1, 128))
        return done.stdout.decode().strip() or None if done.returncode == 0 else None

    def branch(self, name: str) -> str | None:
        """Return the tip of a branch, or None."""
        return self.ref(f"refs/heads/{name}")

    def resolve(self, revision: str) -> str | None:
        """Return the commit a branch, tag, ref or (short) id names; None when there is none."""
        if revision.startswith("-") or not revision:
            return None
        if len(revision) == 40 and revision in self._commits:
            return revision
        branch = self.branch(revision)
        if branch is not None:
            return branch
        for candidate in (f"refs/tags/{revision}", revision):
            found = self._object(f"{candidate}^{{commit}}", content=False)
            if found is not None:
                return found[0]
        return None

    def set_ref(self, name: str, sha: str | None) -> None:
        """Point a ref at an object, or remove it (None)."""
        if not self._writer.update(f"delete {name}" if sha is None else f"update {name} {sha}"):
            raise GitError(f"git update-ref: {name} does not move to {sha or 'nothing'}")

    def fetch(self, other: BareRepository, sha: str) -> None:
        """Copy a commit and all it needs from another repository."""
        if other.path != self.path and not self.has(sha):
            self.run("fetch", "-q", "--no-tags", "--no-write-fetch-head", str(other.path), sha)

    # ---- objects

    def has(self, sha: str) -> bool:
        """Say whether the object is here."""
        return self.kind(sha) is not None

    def empty_tree(self) -> str:
        """Return the id of the empty tree, stored at the first question."""
        if ("empty tree",) not in self._answers:
            self._answers["empty tree",] = self.text("hash-object", "-w", "-t", "tree", "--stdin")
        return EMPTY_TREE

    def kind(self, sha: str) -> str | None:
        """Return blob, tree, commit or tag; None when the object is not here."""
        found = self._object(sha, content=False)
        return found[1] if found else None

    def blob(self, sha: str) -> bytes:
        """Return the bytes of a blob; GitError when there is none."""
        return self._content(sha, "blob")

    def write_blob(self, content: bytes) -> str:
        """Store bytes as a blob and return its id."""
        return self.text("hash-object", "-w", "--stdin", stdin=content)

    def commit(self, sha: str) -> CommitObject:
        """Return a commit; GitError when it is not here."""
        if sha not in self._commits:
            self._commits[sha] = parse_commit(sha, self._content(sha, "commit").decode(errors="replace"))
        return self._commits[sha]

    def _content(self, sha: str, kind: str) -> bytes:
        found = self._object(f"{sha}^{{{kind}}}")
        if found is None:
            raise GitError(f"git cat-file: {sha} is no {kind}")
        return found[2]

    def _object(self, name: str, *, content: bool = True) -> tuple[str, str, bytes] | None:
        """Return (id, kind, content) of what a name means, None for nothing; a git that died is asked once more."""
        if "\n" in name:
            return None
        for _ in range(2):
            with suppress(GoneError):
                return self._reader.object(name, content=content)
        raise GitError(f"git cat-file does not answer about {name}")

    def tree(self, treeish: str, *, recursive: bool = False) -> list[TreeEntry]:
        """List a tree; paths are relative to it."""
        flags = ["-r", "-t"] if recursive else []
        out = self.run("ls-tree", "-z", "-l", *flags, treeish).stdout.decode(errors="replace")
        return [parse_entry(line) for line in out.split("\0") if line]

    def entry(self, treeish: str, path: str) -> TreeEntry | None:
        """Return what lies at `path`, or None."""
        out = self.run("ls-tree", "-z", "-l", treeish, "--", path).stdout.decode(errors="replace")
        entries = [parse_entry(line) for line in out.split("\0") if line]
        return entries[0] if len(entries) == 1 and entries[0].path == path else None

    def write_tree(self, base: str | None, entries: Sequence[tuple[str, str | None, str]]) -> str:
        """Return the tree `base` becomes with `entries` (mode, object id or None to remove, path)."""
        index = self.path / "scratch-index"
        env = {"GIT_INDEX_FILE": str(index)}
        index.unlink(missing_ok=True)
        try:
            if base:
                self.run("read-tree", base, env=env)
            removals = [path for _, sha, path in entries if sha is None]
            for path in removals:
                self.run("rm", "--cached", "-r", "-q", "--ignore-unmatch", "--", path, env=env)
            lines = [f"{mode} {sha}\t{path}\0" for mode, sha, path in entries if sha and mode != "040000"]
            self.run("update-index", "-z", "--index-info", stdin="".join(lines).encode(), env=env)
            for mode, sha, path in entries:
                if sha and mode == "040000":
                    self.run("rm", "--cached", "-r", "-q", "--ignore-unmatch", "--", path, env=env)
                    self.run("read-tree", f"--prefix={path}/", sha, env=env)
            return self.text("write-tree", env=env)
        finally:
            index.unlink(missing_ok=True)

    def write_commit(
        self, tree: str, parents: Sequence[str], message: str, author: Signature, committer: Signature
    ) -> str:
        """Store a commit and return its id."""
        headers = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
        headers += [f"author {author.header()}", f"committer {committer.header()}"]
        content = "\n".join(headers) + "\n\n" + message
        return self.text("hash-object", "-w", "-t", "commit", "--stdin", stdin=content.encode())

    def commit_files(
        self,
        parent: str | None,
        files: Mapping[str, str | bytes | None],
        message: str,
        who: tuple[Signature, Signature],
    ) -> str:
        """Store a commit on `parent` with files written (None removes one); `who` is (author, committer)."""
        author, committer = who
        text = message.encode()
        parts = [f"commit {_SCRATCH}\nmark :1\nauthor {author.header()}\ncommitter {committer.header()}\n".encode()]
        parts += [f"data {len(text)}\n".encode(), text, b"\n"]
        if parent:
            parts.append(f"from {parent}\n".encode())
        for path, content in files.items():
            quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
            if content is None:
                parts.append(f"D {quoted}\n".encode())
            else:
                data = content.encode() if isinstance(content, str) else content
                parts += [f"M 100644 inline {quoted}\ndata {len(data)}\n".encode(), data, b"\n"]
        parts.append(b"\nget-mark :1\n")
        sha = self.text("fast-import", "--quiet", "--force", stdin=b"".join(parts))
        self.set_ref(_SCRATCH, None)
        return sha

    # ---- history

    def _line(self, tip: str, root: str) -> list[str] | None:
        """Return the commits from `tip` down to, and without, `root`; None where they are no short, plain line."""
        found: list[str] = []
        while tip != root:
            if len(found) == _SHORT or not _ID.fullmatch(tip) or len(parents := self.commit(tip).parents) != 1:
                return None
            found.append(tip)
            tip = parents[0]
        return found

    def merge_base(self, one: str, two: str) -> str | None:
        """Return the merge base of two commits, or None."""
        if self._line(one, two) is not None:
            return two
        if self._line(two, one) is not None:
            return one
        key = ("merge-base", one, two)
        if key not in self._answers:
            done = self.run("merge-base", one, two, codes=(0, 1))
            self._answers[key] = done.stdout.decode().strip() or None
        answer = self._answers[key]
        return answer if isinstance(answer, str) else None

    def is_ancestor(self, ancestor: str, descendant: str) -> bool:
        """Say whether `ancestor` is reachable from `descendant`."""
        return self.merge_base(ancestor, descendant) == ancestor

    def commits(self, include: Sequence[str], exclude: Sequence[str] = (), *options: str) -> list[str]:
        """Return commit ids reachable from `include` and not from `exclude`, newest first."""
        if len(include) == len(exclude) == 1 and set(options) <= {"--topo-order"}:
            line = self._line(include[0], exclude[0])
            if line is not None:
                return line
        arguments = [*options, *include, *(f"^{sha}" for sha in exclude), "--"]
        paths = [option.removeprefix("path:") for option in options if option.startswith("path:")]
        if paths:
            arguments = [*(a for a in arguments if not a.startswith("path:")), *paths]
        key = ("rev-list", *arguments)
        if key not in self._answers:
            self._answers[key] = self.text("rev-list", *arguments).split()
        answer = self._answers[key]
        return list(answer) if isinstance(answer, list) else []

    def merge_trees(self, ours: str, theirs: str) -> str | None:
        """Return the tree of the three-way merge of two commits, or None on a conflict."""
        key = ("merge-tree", ours, theirs)
        if key not in self._answers:
            done = self.run("merge-tree", "--write-tree", "--no-messages", ours, theirs, codes=(0, 1, 128))
            self._answers[key] = done.stdout.decode().split()[0] if done.returncode == 0 else None
        answer = self._answers[key]
        return answer if isinstance(answer, str) else None

    def changes(self, base: str, head: str) -> list[FileChange]:
        """Return the files that differ between two tree-ishes, renames found, with patches."""
        key = ("changes", base, head)
        if key not in self._answers:
            flags = ("-r", "-M", "--no-commit-id", "-z", "--raw", "--numstat", "-p", "--full-index")
            raw, _, patch = self.text("diff-tree", *flags, base, head).partition("\0\0")
            self._answers[key] = parse_changes(raw, patch)
        answer = self._answers[key]
        return list(answer) if isinstance(answer, list) else []
