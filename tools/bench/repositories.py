"""What does a repository made to be measured hold, and how does it become a git repository quickly?

A repository is values: the files of its base commit, the changes of each head commit, and the render roots that a
shell loop would walk. The same arguments make the same files, and the same files the same commit ids.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.adapters.process import run
from bot.model.source import HelmOptions, Source, ValuesFile

CONFIGURATION = ".github/lockkeeper.yaml"
NAME = "acme/bench"
URL = f"https://github.com/{NAME}.git"
KUBERNETES = "1.33"
_WHO = "Bench <bench@example.com> 1700000000 +0000"

Change = Mapping[str, str | None]  # path to new content, None when the file goes away


@dataclass(frozen=True, slots=True)
class Root:
    """One thing that a shell loop would render: a kustomization's, a chart's or a manifests' directory."""

    engine: Literal["kustomize", "helm", "plain"]
    path: str
    values: tuple[str, ...] = ()
    release: str = ""
    namespace: str = ""

    def source(self) -> Source:
        """Return the same in the bot's words."""
        if self.engine != "helm":
            return Source(self.path, self.engine)
        values = tuple(ValuesFile(one) for one in self.values)
        return Source(self.path, "helm", HelmOptions(release=self.release, namespace=self.namespace, values=values))


@dataclass(frozen=True, slots=True)
class Generated:
    """A repository to be: `heads` are changes to the base commit's `files`, by name; `roots` what they render."""

    name: str
    files: Mapping[str, str]
    heads: Mapping[str, Change]
    roots: tuple[Root, ...]

    def at(self, head: str = "") -> Mapping[str, str]:
        """Return all files of a head commit, '' is the base."""
        files: dict[str, str | None] = {**self.files, **(self.heads[head] if head else {})}
        return {path: text for path, text in files.items() if text is not None}


def configuration(environments: Mapping[str, str], *, policies: bool = False) -> str:
    """Return the text of a configuration: environment name to path, all deployed from `main`.

    Policies are switched off unless asked for: a shell loop has none either.
    """
    lines = ["version: 1", "environments:"]
    for name, path in environments.items():
        lines += [f"  {name}:", "    branch: main", f"    path: {path}", "    after: []"]
    chosen = "policies:\n  - builtin: security" if policies else "policies: []"
    return "\n".join([*lines, chosen, "checks:", f'  kubernetes: "{KUBERNETES}"']) + "\n"


def write_files(files: Mapping[str, str] | Mapping[str, str | bytes], directory: Path) -> Path:
    """Write files, by path, below a directory; return it."""
    for path, text in files.items():
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return directory


def write_repository(made: Generated, path: Path) -> Mapping[str, str]:
    """Make the bare git repository at `path`; return the commit ids by head name, '' is the base (branch `main`)."""
    path.mkdir(parents=True)
    _git(path, "init", "--bare", "--quiet", "--template=", "--initial-branch=main", ".")
    branches = {"": "refs/heads/main", **{name: f"refs/heads/head-{name}" for name in made.heads}}
    stream = b"".join(_stream(made, branches))
    _git(path, "-c", "core.compression=1", "fast-import", "--quiet", "--done", input=stream)
    ids = _git(path, "rev-parse", *branches.values()).decode().split()
    return dict(zip(branches, ids, strict=True))


def _stream(made: Generated, branches: Mapping[str, str]) -> Iterator[bytes]:
    """Yield the repository in the language of git-fast-import(1)."""
    yield from _commit(branches[""], "base", made.files, "")
    for name, change in made.heads.items():
        yield from _commit(branches[name], name, change, branches[""])
    yield b"done\n"


def _commit(ref: str, message: str, change: Change, parent: str) -> Iterator[bytes]:
    yield f"commit {ref}\ncommitter {_WHO}\ndata {len(message.encode())}\n{message}\n".encode()
    if parent:
        yield f"from {parent}\n".encode()
    for path, text in change.items():
        if text is None:
            yield f"D {path}\n".encode()
        else:
            content = text.encode()
            yield f"M 100644 inline {path}\ndata {len(content)}\n".encode() + content + b"\n"
    yield b"\n"


def _git(path: Path, *arguments: str, input: bytes | None = None) -> bytes:
    environment = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    done = run(["git", *arguments], cwd=path, timeout=120, env=environment, input=input)
    if done.status:
        raise RuntimeError(f"git {arguments[0]}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def numbered(prefix: str, count: int) -> list[str]:
    """Return names with numbers of one width: `app-001` …"""
    width = max(2, len(str(count)))
    return [f"{prefix}-{number:0{width}}" for number in range(1, count + 1)]
