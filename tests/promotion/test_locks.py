"""Records of what people said: written, read back, and never believed when somebody else wrote them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.seal import sealer
from bot.promotion.locks import (
    AUDIT,
    PREFIX,
    REASON,
    AnyRecord,
    Kept,
    Lock,
    Rollback,
    Said,
    kind_of,
    one_line,
    read_records,
    record_message,
)
from bot.promotion.seals import bound

SEAL, OTHER = bound(sealer("a key made for this test"), 1), bound(sealer("another key"), 1)
ELSEWHERE = bound(sealer("a key made for this test"), 2)
AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
LOCK = Lock("lock", "staging", "ann", "load test: until noon", AT, "https://github.com/acme/shop/pull/7#c")
RECORDS: dict[str, tuple[AnyRecord, str]] = {
    "a lock": (LOCK, "lock/staging"),
    "a hold": (Lock("hold", "staging", "ann", "", AT), "hold/staging"),
    "a freeze of one": (Lock("freeze", "staging", "ann", "", AT), "freeze/staging"),
    "a freeze of all": (Lock("freeze", "", "ann", "", AT), "freeze-all"),
    "a pull request held": (Lock("hold", "staging", "ann", "", AT, "", "Acme/Shop#7"), "hold-pull/acme/shop/7"),
    "an approval": (Said("approve", "staging", "Ann", "a" * 40, "", AT), f"approve/staging/{'a' * 40}/ann"),
    "an override": (
        Said("override", "staging", "ann", "a" * 40, "why", AT, "soak"),
        f"override/staging/{'a' * 40}/soak",
    ),
    "a rollback": (Rollback("rollback", "staging", "ann", "a" * 40, "before #7", "broken", AT), "rollback/staging"),
}


@pytest.mark.parametrize(("record", "ref"), RECORDS.values(), ids=RECORDS)
def test_what_is_written_is_read_back_from_where_it_belongs(record: AnyRecord, ref: str) -> None:
    assert record.ref == PREFIX + ref
    kept = read_records([(record.ref, record_message(record, SEAL))], SEAL)
    assert (*kept.locks, *kept.said, *kept.rollbacks) == (record,)
    assert kept.forged == ()
    assert kept.at(record.ref) == record


@pytest.mark.parametrize(("record", "ref"), RECORDS.values(), ids=RECORDS)
def test_what_was_sealed_in_another_repository_counts_for_nothing(record: AnyRecord, ref: str) -> None:
    """Seals left the repository out.

    Who might push here could have a record sealed in a repository of their own, where they may approve, override and
    roll back whatever they like, and push it.
    """
    assert read_records([(record.ref, record_message(record, ELSEWHERE))], SEAL) == Kept(forged=(PREFIX + ref,))


@pytest.mark.parametrize("here", RECORDS)
def test_no_record_counts_as_another(here: str) -> None:
    """Neither moved to the ref of another kind, environment, gate or commit, nor with the seal of another."""
    record, _ = RECORDS[here]
    message = record_message(record, SEAL)
    for other, place in (one for name, one in RECORDS.items() if name != here):
        assert read_records([(PREFIX + place, message)], SEAL) == Kept(forged=(PREFIX + place,))
        unsealed = record_message(other, SEAL).partition("Lockkeeper-Seal")[0]
        stolen = f"{unsealed}Lockkeeper-Seal{message.partition('Lockkeeper-Seal')[2]}"
        assert read_records([(PREFIX + place, stolen)], SEAL) == Kept(forged=(PREFIX + place,))


SAID = Said("override", "staging", "ann", "a" * 40, "why", AT, "soak")
BENT: dict[str, AnyRecord] = {
    "another commit": replace(SAID, sha="b" * 40),
    "another environment": replace(SAID, target="production"),
    "another gate": replace(SAID, gate="approvals"),
    "another person": replace(SAID, by="lena"),
    "an approval": replace(SAID, kind="approve", gate=""),
}


@pytest.mark.parametrize("record", BENT.values(), ids=BENT)
def test_a_word_is_for_what_it_was_said_of(record: AnyRecord) -> None:
    mark = record_message(SAID, SEAL).partition("Lockkeeper-Seal")[2]
    message = f"{record_message(record, SEAL).partition('Lockkeeper-Seal')[0]}Lockkeeper-Seal{mark}"
    assert read_records([(record.ref, message)], SEAL) == Kept(forged=(record.ref,))


@given(st.text(max_size=400), st.text(max_size=60))
def test_whatever_the_reason_is_nothing_else_is_read_out_of_it(reason: str, url: str) -> None:
    lock = replace(LOCK, reason=one_line(reason), url=one_line(url))
    kept = read_records([(lock.ref, record_message(lock, SEAL))], SEAL)
    assert kept.locks in ((lock,), ())
    if not kept.locks:  # control characters that git or a reader of lines would change
        assert kept.forged == (lock.ref,)
    for one in kept.locks:
        assert (one.owner, one.environment) == ("ann", "staging")


def test_another_time_zone_is_the_same_moment() -> None:
    east = replace(LOCK, since=AT.astimezone(timezone(timedelta(hours=9))))
    assert record_message(east, SEAL) == record_message(LOCK, SEAL)


def _changed(old: str, new: str) -> str:
    message = record_message(LOCK, SEAL)
    assert old in message
    return message.replace(old, new)


FORGED = {
    "no message": (LOCK.ref, ""),
    "a commit like any other": (LOCK.ref, "Merge branch 'main'\n"),
    "another key's seal": (LOCK.ref, record_message(LOCK, OTHER)),
    "no seal": (LOCK.ref, record_message(LOCK, SEAL).partition("Lockkeeper-Seal")[0]),
    "another owner": (LOCK.ref, _changed("Owner: ann", "Owner: ben")),
    "another reason": (LOCK.ref, _changed("until noon", "for ever")),
    "another time": (LOCK.ref, _changed("2026-11-25", "2020-11-25")),
    "another kind": (LOCK.ref, _changed("Record: lock", "Record: hold")),
    "a line more": (LOCK.ref, record_message(LOCK, SEAL) + "Lockkeeper-Pull: acme/shop#7\n"),
    "a genuine one under another environment": (f"{PREFIX}lock/production", record_message(LOCK, SEAL)),
    "a genuine one as another kind": (f"{PREFIX}hold/staging", record_message(LOCK, SEAL)),
    "no time": (LOCK.ref, _changed("Since: 2026-11-25T09:30:00+00:00", "Since: soon")),
    "a time without zone": (LOCK.ref, _changed("+00:00", "")),
    "something of ours that is no record": (f"{PREFIX}notes", record_message(LOCK, SEAL)),
}


@pytest.mark.parametrize(("ref", "message"), FORGED.values(), ids=FORGED)
def test_what_we_did_not_write_counts_for_nothing(ref: str, message: str) -> None:
    assert read_records([(ref, message)], SEAL) == Kept(forged=(ref,))


def test_the_line_of_all_records_is_none() -> None:
    assert read_records([(AUDIT, record_message(LOCK, SEAL))], SEAL) == Kept()


UNREAD = [
    ("nothing", (), (), ()),
    ("approvals", ("approve/a",), ("approve",), ()),
    ("overrides and approvals", ("override/a", "approve/a"), ("approve", "override"), ()),
    ("locks", ("lock/a", "lock/b"), ("lock",), ("lock",)),
    ("a hold of a pull request", ("hold-pull/acme/shop/7",), ("hold",), ("hold",)),
    ("a freeze of all", ("freeze-all",), ("freeze",), ("freeze",)),
    ("rollbacks, of which a hold is part", ("rollback/a", "approve/a"), ("approve", "rollback"), ("rollback",)),
]


@pytest.mark.parametrize(("refs", "unread", "untold"), [row[1:] for row in UNREAD], ids=[row[0] for row in UNREAD])
def test_what_was_not_read_is_known(refs: tuple[str, ...], unread: tuple[str, ...], untold: tuple[str, ...]) -> None:
    kept = read_records([(LOCK.ref, record_message(LOCK, SEAL)), *((PREFIX + ref, None) for ref in refs)], SEAL)
    assert (kept.locks, kept.forged, kept.unread, kept.untold) == ((LOCK,), (), unread, untold)


@pytest.mark.parametrize(("record", "ref"), RECORDS.values(), ids=RECORDS)
def test_each_ref_tells_its_kind(record: AnyRecord, ref: str) -> None:
    assert kind_of(PREFIX + ref) == record.kind


@pytest.mark.parametrize("ref", ["audit", "notes", "locks/a", "", "-all", "approve-x/a"])
def test_other_refs_are_of_no_kind(ref: str) -> None:
    assert kind_of(PREFIX + ref) == ""


def test_records_come_oldest_first() -> None:
    newer = Lock("lock", "development", "ben", "", AT + timedelta(hours=1))
    found = [(one.ref, record_message(one, SEAL)) for one in (newer, LOCK)]
    assert read_records(found, SEAL).locks == (LOCK, newer)


def test_find_by_what_is_shut() -> None:
    kept = Kept(locks=(LOCK, Lock("hold", "staging", "ben", "", AT, "", "acme/shop#7")))
    assert kept.find("lock", "staging") == LOCK
    assert kept.find("lock", "production") is None
    assert kept.find("hold", "staging") is None
    assert kept.find("hold", "staging", "acme/shop#7") == kept.locks[1]
    assert kept.find("hold", "", "ACME/shop#7") == kept.locks[1]


@pytest.mark.parametrize(
    ("record", "command"),
    [
        (LOCK, "/unlock staging"),
        (Lock("freeze", "", "ann", "", AT), "/unfreeze"),
        (Lock("freeze", "staging", "ann", "", AT), "/unfreeze staging"),
        (Lock("hold", "staging", "ann", "", AT), "/resume staging"),
        (Lock("hold", "staging", "ann", "", AT, "", "acme/shop#7"), "/resume"),
    ],
)
def test_what_opens_it(record: Lock, command: str) -> None:
    assert record.opened_by == command


def test_reasons_are_one_line_and_no_longer_than_needed() -> None:
    assert one_line("  two\n lines\t") == "two lines"
    assert len(one_line("x" * 1000)) == REASON
