"""Real repositories to work on: a bare one that plays GitHub, and mirrors of it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.adapters.git import GitMirrors
from bot.model.repository import Repository

REPOSITORY = Repository("acme", "shop")
Files = Mapping[str, "bytes | str | tuple[str, str]"]  # a tuple is (mode, content)


class Origin:
    """A bare repository that we write with git's plumbing, so that no content is out of reach."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "--bare", "--quiet", ".")

    def git(self, *arguments: str, input: bytes | None = None, env: Mapping[str, str] | None = None) -> str:
        clean = {
            "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "12+ada@users.noreply.github.com",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
            "GIT_AUTHOR_DATE": "@1700000000 +0000", "GIT_COMMITTER_DATE": "@1700000000 +0000",
        }  # fmt: skip
        done = subprocess.run(
            ["git", *arguments], cwd=self.path, input=input, env={**clean, **(env or {})},
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode(errors="surrogateescape").strip()

    def blob(self, content: bytes | str) -> str:
        """Write a blob as a loose object (gitformat-loose(5)): thousands of them want no process each."""
        data = content.encode() if isinstance(content, str) else content
        whole = b"blob %d\0" % len(data) + data
        made = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
        path = self.path / "objects" / made[:2] / made[2:]
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(zlib.compress(whole, 1))
        return made

    def tree(self, files: Files) -> str:
        lines = []
        for path, given in files.items():
            mode, content = given if isinstance(given, tuple) else ("100644", given)
            blob = content if mode == "160000" and isinstance(content, str) else self.blob(content)
            lines.append(f"{mode} {blob}\t{path}\0".encode())
        index = {"GIT_INDEX_FILE": str(self.path / "test-index")}
        self.git("read-tree", "--empty", env=index)
        self.git("update-index", "-z", "--index-info", input=b"".join(lines), env=index)
        return self.git("write-tree", env=index)

    def raw_tree(self, *entries: tuple[str, bytes, str]) -> str:
        """Write a tree git itself would refuse to make: (mode, name, object id)."""
        data = b"".join(mode.encode() + b" " + name + b"\0" + bytes.fromhex(one) for mode, name, one in entries)
        return self.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", input=data)

    def commit(self, files: Files | str, *parents: str, message: str = "change", ref: str = "") -> str:
        tree = files if isinstance(files, str) else self.tree(files)
        options = [word for parent in parents for word in ("-p", parent)]
        made = self.git("commit-tree", tree, *options, input=message.encode())
        if ref:
            self.git("update-ref", ref, made)
        return made

    def branch(self, name: str) -> str:
        return self.git("rev-parse", f"refs/heads/{name}")


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path / "github" / "acme" / "shop.git")


@pytest.fixture
def mirrors(tmp_path: Path, origin: Origin) -> GitMirrors:
    return GitMirrors(tmp_path / "data", lambda _: origin.path.as_uri(), lambda _: "")
