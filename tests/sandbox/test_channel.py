"""Does a git that stays answer as one that is started anew?"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.sandbox.git import EMPTY_TREE, BareRepository, GitError
from bot.sandbox.objects import Signature

WHO = Signature("Ann", "ann@example.com", datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[BareRepository]:
    made = BareRepository.create(tmp_path / "shop.git", "main")
    yield made
    made.close()


def commit(repository: BareRepository, *parents: str) -> str:
    return repository.write_commit(EMPTY_TREE, parents, f"after {len(parents)}", WHO, WHO)


def git(repository: BareRepository, *arguments: str) -> str:
    """Ask a git of its own."""
    done = subprocess.run(["git", *arguments], cwd=repository.path, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def test_refs_are_what_git_says_whether_they_are_files_or_packed(repository: BareRepository) -> None:
    repository.empty_tree()
    first = commit(repository)
    second = commit(repository, first)
    for name, sha in (("refs/heads/main", second), ("refs/heads/a/b", first), ("refs/tags/v1", first)):
        repository.set_ref(name, sha)
    for packed in (False, True):
        if packed:
            git(repository, "pack-refs", "--all")
            repository.set_ref("refs/heads/later", first)
        said = git(repository, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        assert [f"{name} {sha}" for name, sha in repository.refs().items()] == said
        assert list(repository.refs("refs/heads/a")) == ["refs/heads/a/b"]
    repository.set_ref("refs/heads/a/b", None)
    assert repository.ref("refs/heads/a/b") is None
    assert git(repository, "rev-parse", "-q", "--verify", "refs/heads/a/b") == ""


@pytest.mark.parametrize("name", ["refs/heads/x..y", "refs/heads/main/below", "refs/heads/two words"])
def test_what_git_refuses_is_refused_and_the_next_is_done(repository: BareRepository, name: str) -> None:
    repository.empty_tree()
    sha = commit(repository)
    repository.set_ref("refs/heads/main", sha)
    with pytest.raises(GitError, match="does not move"):
        repository.set_ref(name, sha)
    with pytest.raises(GitError):
        repository.set_ref("refs/heads/main", "f" * 40)
    repository.set_ref("refs/heads/other", sha)
    assert list(repository.refs()) == ["refs/heads/main", "refs/heads/other"]


def test_a_git_that_died_is_started_again(repository: BareRepository) -> None:
    repository.empty_tree()
    sha = commit(repository)
    assert repository.commit(sha).message == "after 0"
    for one in (repository._reader, repository._writer):
        repository.set_ref("refs/heads/main", sha)
        assert one._process is not None
        one._process.send_signal(signal.SIGKILL)
        one._process.wait()
    repository.set_ref("refs/heads/again", sha)
    assert repository.kind(sha) == "commit"
    assert repository.has("f" * 40) is False
    assert repository.resolve("again\nmain") is None


def test_short_lines_are_what_git_says_and_so_is_the_rest(repository: BareRepository) -> None:
    repository.empty_tree()
    first = commit(repository)
    second = commit(repository, first)
    other = repository.write_commit(EMPTY_TREE, (first,), "aside", WHO, WHO)
    merge = commit(repository, second, other)
    for one in (first, second, other, merge):
        for two in (first, second, other, merge):
            assert repository.merge_base(one, two) == git(repository, "merge-base", one, two)
            expected = git(repository, "rev-list", "--topo-order", one, f"^{two}").split()
            assert repository.commits([one], [two], "--topo-order") == expected
            is_ancestor = git(repository, "merge-base", one, two) == one
            assert repository.is_ancestor(one, two) is is_ancestor
