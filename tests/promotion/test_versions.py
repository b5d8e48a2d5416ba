"""Which of several tags is the newest, and whose is it?"""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.promotion.versions import Version, releases, tag_of

# The order of semver.org's rule 11, and what follows from leaving numbers out.
ASCENDING = (
    *("0.9.0", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"),
    *("1.0.0-rc.1", "1.0.0", "1.0.1", "1.2", "1.2.1", "1.10.0", "2", "10.0.0"),
)


def test_versions_in_their_order() -> None:
    for one, two in pairwise(ASCENDING):
        older, newer = Version.parse(one), Version.parse(two)
        assert older is not None and newer is not None
        assert older < newer and not newer < older, f"{one} < {two}"


@pytest.mark.parametrize("text", ["", "v1.0.0", "1.0.0.0", "01.0.0", "1.0.0-", "1.0.0-a..b", "latest", "1.0.0 ", "1\n"])
def test_what_is_no_version(text: str) -> None:
    assert Version.parse(text) is None


TAGS = {
    "v1.0.0-dev": "a", "v1.10.0-dev": "b", "v1.9.0-dev": "c", "v1.9.0-stage": "d", "v1.11.0-rc.1-dev": "e",
    "v2.0.0": "f", "dev": "g", "v-dev": "h", "vlatest-dev": "i", "release/v3.0.0-dev": "j",
}  # fmt: skip
ROWS: list[tuple[str, str, tuple[str, ...], list[str]]] = [
    ("by version, not by letters", "v*-dev", (), ["v1.11.0-rc.1-dev", "v1.10.0-dev", "v1.9.0-dev", "v1.0.0-dev"]),
    ("another suffix", "v*-stage", (), ["v1.9.0-stage"]),
    ("with a directory", "release/v*-dev", (), ["release/v3.0.0-dev"]),
    ("a wide pattern takes pre-releases", "v*", (), ["v2.0.0", "v1.11.0-rc.1-dev", "v1.10.0-dev", "v1.9.0-stage",
                                                     "v1.9.0-dev", "v1.0.0-dev"]),
    ("but not what is another's", "v*", ("v*-dev", "v*-stage"), ["v2.0.0"]),
    ("a wider pattern takes nothing away", "v*-stage", ("v*",), ["v1.9.0-stage"]),
    ("nothing fits", "prod-*", (), []),
]  # fmt: skip


@pytest.mark.parametrize(("_", "pattern", "others", "expected"), ROWS, ids=[row[0] for row in ROWS])
def test_the_tags_of_a_pattern(_: str, pattern: str, others: tuple[str, ...], expected: list[str]) -> None:
    assert [one.tag for one in releases(TAGS, pattern, others)] == expected


def test_a_version_keeps_its_writing_from_tag_to_tag() -> None:
    (found,) = releases({"v1.2-rc.1+build.7-dev": "a" * 40}, "v*-dev")
    assert tag_of("v*-stage", found.version) == "v1.2-rc.1+build.7-stage"
