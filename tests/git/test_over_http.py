"""The whole way over HTTP, with installation tokens, against the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.git import GitMirrors
from bot.errors import RefusedError, TransientError
from bot.sandbox.server import Sandbox
from bot.sandbox.world import World
from tests.git.conftest import REPOSITORY
from tests.referee.plugin import watch

NAME = REPOSITORY.full_name


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(tmp_path / "github", observers=[watch]) as sandbox:
        sandbox.world.add_organization("acme")
        sandbox.world.add_repository(NAME, files={"a.yaml": "a: 1\n"}, private=True)
        yield sandbox


def installed(sandbox: Sandbox, data: Path, contents: str = "write") -> GitMirrors:
    world: World = sandbox.world
    app = world.create_app("lockkeeper", permissions={"metadata": "read", "contents": contents})
    installation = world.install_app(app, "acme")
    return GitMirrors(
        data,
        lambda one: f"{sandbox.url}/{one}.git",
        lambda _: world.issue_token(installation).token,
        email="lockkeeper@example.org",
    )


def made(mirrors: GitMirrors, message: str = "made") -> str:
    main = mirrors.resolve(REPOSITORY, "main") or ""
    return mirrors.write_commit(
        REPOSITORY, tree=mirrors.tree(REPOSITORY, main), parents=[main], message=message,
        time=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def test_fetch_and_push(sandbox: Sandbox, tmp_path: Path) -> None:
    mirrors = installed(sandbox, tmp_path / "data")
    mirrors.fetch(REPOSITORY)
    assert mirrors.read(REPOSITORY, "main", "a.yaml") == b"a: 1\n"
    one = made(mirrors)
    assert mirrors.push(REPOSITORY, branch="promote/a-to-b", commit=one, expected=None) is True
    assert sandbox.world.branch_sha(NAME, "promote/a-to-b") == one
    assert mirrors.push(REPOSITORY, branch="promote/a-to-b", commit=one, expected=None) is False


def test_the_head_of_a_fork(sandbox: Sandbox, tmp_path: Path) -> None:
    world = sandbox.world
    world.add_user("fay")
    world.grant(NAME, "fay", "read")
    world.add_fork(NAME, "fay")
    head = world.commit("fay/shop", "topic", {"b": "1"}, author="fay")
    number = world.open_pull(NAME, "fay", head="fay:topic", title="t").number
    mirrors = installed(sandbox, tmp_path / "data")
    mirrors.fetch(REPOSITORY, [f"refs/pull/{number}/head"])
    assert mirrors.resolve(REPOSITORY, f"refs/pull/{number}/head") == head


def test_a_bad_token(sandbox: Sandbox, tmp_path: Path) -> None:
    for token in ("", "ghs_wrong"):
        mirrors = GitMirrors(tmp_path / "data", lambda one: f"{sandbox.url}/{one}.git", lambda _, t=token: t)  # type: ignore[misc]  # bound now
        with pytest.raises(TransientError, match="does not take our token"):
            mirrors.fetch(REPOSITORY)


def test_reading_is_not_writing(sandbox: Sandbox, tmp_path: Path) -> None:
    mirrors = installed(sandbox, tmp_path / "data", contents="read")
    mirrors.fetch(REPOSITORY)
    with pytest.raises(RefusedError, match="Contents: read and write") as caught:
        mirrors.push(REPOSITORY, branch="x", commit=made(mirrors), expected=None)
    assert caught.value.status == 403 and sandbox.world.branch_sha(NAME, "x") is None


def test_a_protected_branch(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.world.protect(NAME, "main", required_reviews=1)
    before = sandbox.world.branch_sha(NAME, "main")
    mirrors = installed(sandbox, tmp_path / "data")
    mirrors.fetch(REPOSITORY)
    with pytest.raises(RefusedError) as caught:
        mirrors.push(REPOSITORY, branch="main", commit=made(mirrors), expected=before)
    assert "rotected branch" in caught.value.reason and sandbox.world.branch_sha(NAME, "main") == before
