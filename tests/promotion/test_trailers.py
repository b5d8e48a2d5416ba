"""What a promotion commit says of itself is read back, and only believed where the seal is ours."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.seal import sealer
from bot.model.environment import Environment
from bot.model.promotion import Hop, Record
from bot.promotion.seals import Seal, bound
from bot.promotion.trailers import Trailers, parse_trailers, sealed, write_trailers
from tests.promotion.facts import SOURCE, hop

HOP = hop()
RECORDS = st.builds(
    Record,
    st.text("0123456789abcdef", min_size=40, max_size=40),
    st.from_regex(r"[a-z0-9-]{0,39}", fullmatch=True),
    st.booleans(),
)


seal, elsewhere = (bound(sealer("a key made for this test"), repository) for repository in (1, 2))


def message(this: Hop, record: Record, includes: tuple[str, ...] = (), mark: str | None = None) -> str:
    lines = write_trailers(this, record, includes, seal(sealed(this, record)) if mark is None else mark)
    return "\n".join(["Promote to production: 1 change", "", "* #1 Change", "", *lines]) + "\n"


@given(RECORDS, st.lists(st.integers(1, 10**9), max_size=5))
def test_what_is_written_is_read_back(record: Record, numbers: list[int]) -> None:
    includes = tuple(f"{'acme/app' if number % 2 else ''}#{number}" for number in numbers)
    found = parse_trailers(message(HOP, record, includes))
    assert found is not None
    assert found.record == record
    assert (found.source, found.target, found.includes) == ("staging", "production", includes)
    assert found.is_genuine(HOP, seal)


def sealed_for(this: Hop, by: Seal = seal) -> str:
    """Return our words for one hop under the seal of another."""
    return message(HOP, Record(SOURCE), mark=by(sealed(this, Record(SOURCE))))


FORGED = {
    "no seal": message(HOP, Record(SOURCE), mark=""),
    "another seal": message(HOP, Record(SOURCE), mark="ab" * 16),
    "of another repository": sealed_for(HOP, elsewhere),
    "of another target": sealed_for(replace(HOP, target=Environment("elsewhere", "elsewhere"))),
    "of another source": sealed_for(replace(HOP, source=Environment("elsewhere", "elsewhere"))),
    "of one application": sealed_for(replace(HOP, application="web")),
    "of a way back": sealed_for(replace(HOP, way="back")),
    "of a rollback": sealed_for(replace(HOP, way="rollback")),
    "laid over all": message(HOP, Record(SOURCE)).replace("Lockkeeper-Seal", "Lockkeeper-Whole: yes\nLockkeeper-Seal"),
    "another commit": message(HOP, Record(SOURCE)).replace(SOURCE, "6" * 40),
    "another person": message(HOP, Record(SOURCE, "ann")).replace("By: ann", "By: ben"),
    "pinned afterwards": message(HOP, Record(SOURCE)).replace(
        "Lockkeeper-Seal", "Lockkeeper-Pinned: yes\nLockkeeper-Seal"
    ),
}


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED)
def test_a_forgery_is_not_genuine(text: str) -> None:
    found = parse_trailers(text)
    assert found is not None
    assert not found.is_genuine(HOP, seal)


NONE = {
    "no trailers": "Raise the tag\n",
    "in a list": f"Promote\n\n* #1 Lockkeeper-Source: staging {SOURCE}\n",
    "in the subject": f"x Lockkeeper-Source: staging {SOURCE}\n",
    "a short id": "Promote\n\nLockkeeper-Source: staging 5555555\n",
    "no environment": f"Promote\n\nLockkeeper-Source: {SOURCE}\n",
    "nothing": "",
}


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_what_is_no_promotion(text: str) -> None:
    assert parse_trailers(text) is None


def test_git_may_put_other_trailers_between() -> None:
    record = Record(SOURCE, "lena")
    text = message(HOP, record, ("#1", "acme/app#2")).replace(
        "Lockkeeper-Target", "Co-authored-by: Ann <a@b.example>\nLockkeeper-Target"
    )
    found = parse_trailers(text)
    assert found == replace(
        Trailers("staging", SOURCE, ("#1", "acme/app#2"), "lena", "production"), seal=seal(sealed(HOP, record))
    )
