"""Records beside the branches: read with the fetch, moved all or none, and only from where they were expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.git import GitMirrors
from bot.adapters.git.command import EMPTY_TREE
from bot.errors import RefusedError, TransientError
from bot.model.repository import Repository
from bot.ports import RefMove
from bot.promotion.gates.facts import EPOCH
from bot.promotion.locks import AUDIT, MOST_READ, PREFIX, read_records
from tests.git.conftest import REPOSITORY, Origin

STAGING, PRODUCTION = f"{PREFIX}lock/staging", f"{PREFIX}lock/production"


@pytest.fixture
def there(origin: Origin, mirrors: GitMirrors) -> GitMirrors:
    origin.commit({"a": "1\n"}, ref="refs/heads/main")
    mirrors.fetch(REPOSITORY)
    return mirrors


@pytest.fixture
def other(tmp_path: Path, origin: Origin, there: GitMirrors) -> GitMirrors:
    """Return somebody else's mirrors of the same repository."""
    found = GitMirrors(tmp_path / "other", lambda _: origin.path.as_uri(), lambda _: "")
    found.fetch(REPOSITORY)
    return found


def made(mirrors: GitMirrors, message: str, repository: Repository = REPOSITORY) -> str:
    return mirrors.write_commit(repository, tree=EMPTY_TREE, parents=(), message=message, time=EPOCH)


def shown(mirrors: GitMirrors) -> dict[str, str | None]:
    return {one.ref: one.message for one in mirrors.records(REPOSITORY)}


def test_what_one_pushes_the_other_fetches(there: GitMirrors, other: GitMirrors) -> None:
    commit = made(there, "lock staging\n\nwhy: grün\n")
    there.push_records(REPOSITORY, [RefMove(STAGING, None, commit)])
    assert shown(there) == {STAGING: "lock staging\n\nwhy: grün\n"}
    assert shown(other) == {}
    other.fetch(REPOSITORY)
    assert shown(other) == shown(there)
    other.push_records(REPOSITORY, [RefMove(STAGING, commit, None)])
    assert shown(other) == {}
    there.fetch(REPOSITORY)
    assert shown(there) == {}


def test_of_two_at_once_one_is_first(there: GitMirrors, other: GitMirrors, origin: Origin) -> None:
    first, second = made(there, "ann\n"), made(other, "ben\n")
    there.push_records(REPOSITORY, [RefMove(STAGING, None, first)])
    with pytest.raises(TransientError, match=r"lock/staging .*moved meanwhile"):
        other.push_records(REPOSITORY, [RefMove(STAGING, None, second)])
    assert origin.git("rev-parse", STAGING) == first
    there.push_records(REPOSITORY, [RefMove(STAGING, first, None)])
    with pytest.raises(TransientError):
        other.push_records(REPOSITORY, [RefMove(STAGING, first, second)])
    assert origin.git("for-each-ref", PREFIX) == ""


def test_all_move_or_none(there: GitMirrors, other: GitMirrors, origin: Origin) -> None:
    """The one that stands in the way decides what is told, wherever in the list it is."""
    first, second = made(there, "ann\n"), made(other, "ben\n")
    there.push_records(REPOSITORY, [RefMove(PRODUCTION, None, first)])
    for moves in (
        [RefMove(STAGING, None, second), RefMove(PRODUCTION, None, second)],
        [RefMove(PRODUCTION, None, second), RefMove(STAGING, None, second)],
    ):
        with pytest.raises(TransientError, match="lock/production"):
            other.push_records(REPOSITORY, moves)
    assert origin.git("for-each-ref", "--format=%(refname)", PREFIX) == PRODUCTION
    assert shown(other) == {}


def test_what_a_rule_forbids_is_told(there: GitMirrors, origin: Origin) -> None:
    commit = made(there, "ann\n")
    there.push_records(REPOSITORY, [RefMove(STAGING, None, commit)])
    hook = origin.path / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\n[ "$1" != {STAGING} ] || exit 1\n')
    hook.chmod(0o755)
    moves = [RefMove(PRODUCTION, None, commit), RefMove(STAGING, commit, None)]
    with pytest.raises(RefusedError, match="lock/staging"):
        there.push_records(REPOSITORY, moves)
    assert shown(there) == {STAGING: "ann\n"}


def test_what_others_put_there_is_bounded(there: GitMirrors, origin: Origin) -> None:
    blob = origin.blob("no commit")
    origin.git("update-ref", f"{PREFIX}lock/blob", blob)
    origin.commit({"a": "1\n"}, message="x" * 20_000, ref=f"{PREFIX}lock/long")
    tagged = origin.commit({"a": "1\n"}, message="in a tag")
    origin.git("update-ref", f"{PREFIX}lock/tag", origin.git("mktag", input=_tag(tagged)))
    origin.commit({"a": "1\n"}, message="good", ref=f"{PREFIX}lock/short")
    there.fetch(REPOSITORY)
    assert shown(there) == {
        f"{PREFIX}lock/blob": "",
        f"{PREFIX}lock/long": "",
        f"{PREFIX}lock/short": "good",
        f"{PREFIX}lock/tag": "",
    }


def test_of_many_of_a_kind_what_is_not_read_is_told(there: GitMirrors, origin: Origin) -> None:
    """What was beyond 5,000 refs was left out without a word: an environment whose lock was among it was not locked.

    Whoever may push could push as many, with names that come first. Now each kind has a number of its own, and what is
    beyond it is known to be there.
    """
    junk, lock = (origin.commit({"a": "1\n"}, message=message) for message in ("junk", "lock"))
    made = {f"{PREFIX}approve/a/{number:05}/ann": junk for number in range(MOST_READ + 500)}
    made |= {f"{PREFIX}notes/{number:05}": junk for number in range(10)} | {STAGING: lock, AUDIT: junk}
    (origin.path / "packed-refs").write_text("".join(f"{id} {ref}\n" for ref, id in sorted(made.items())))
    there.fetch(REPOSITORY)
    found = {one.ref: one.message for one in there.records(REPOSITORY)}
    assert len(found) == len(made)
    assert found[STAGING] == "lock"
    of_a_kind = [message for ref, message in found.items() if "/approve/" in ref]
    assert (of_a_kind.count("junk"), of_a_kind.count(None)) == (MOST_READ, 500)
    assert {found[ref] for ref in found if "/notes/" in ref} == {""}, "nothing of ours lies there"
    assert read_records(found.items(), str).unread == ("approve",)


def _tag(commit: str) -> bytes:
    return f"object {commit}\ntype commit\ntag x\ntagger A <a@b.c> 1700000000 +0000\n\nx\n".encode()


def test_branches_stay_as_they_are(there: GitMirrors, origin: Origin) -> None:
    head = origin.branch("main")
    there.push_records(REPOSITORY, [RefMove(STAGING, None, made(there, "ann\n"))])
    there.fetch(REPOSITORY, [])
    assert there.resolve(REPOSITORY, "refs/heads/main") == head == origin.branch("main")
