"""Do the stand-in's answers have the shape of what GitHub really answered, as PyGithub's tests recorded it?

For each operation and status that the tour shows, the newest recordings are compared. What GitHub sent and the
stand-in lacks, or sends as another type, is a difference; each known one is excused below with its reason.
"""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import orjson
import pytest

from tests.referee import fetch
from tests.referee.comparison import Difference, Shape, differences, shape_of
from tests.referee.complaint import Exchange
from tests.referee.conftest import Toured
from tests.referee.description import Description, Json
from tests.referee.openapi import PREFIX
from tests.referee.plugin import need
from tests.referee.recordings import Recorded, recordings

Key = tuple[str, int]  # the operation's label and the status


@dataclass(frozen=True, slots=True)
class Excuse:
    """Differences that are wanted, and why. Both patterns fit whole."""

    where: str
    at: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        return bool(re.fullmatch(self.where, difference.where) and re.fullmatch(self.at, difference.at))


EXCUSES = (
    Excuse(".*", r"(?:.*/)?permissions/\w+", "the keys are what an App was granted: content, not shape"),
    Excuse(r".*/deployments.*", r"(?:/\*)?/payload/\w+", "the keys are the client's own"),
    Excuse(r"GET /rate_limit 200", r"/resources/\w+", "limits of areas that the stand-in does not have"),
    Excuse(r"GET /orgs/\{org\} 200", r"/\w+", "settings and plan, which only an owner sees"),
    Excuse(r"GET /user 200", r"/notification_email", "not declared by the description"),
    Excuse(r".*", r"(?:/\*)?/master_branch", "the name of default_branch until 2013"),
    Excuse(
        r".* /repos/\{owner\}/\{repo\} 200",
        r"(?:/parent|/source)?/(?:has_pull_requests|pull_request_creation_policy)",
        "whether pull requests are switched off, which they never are here",
    ),
    Excuse(
        r".* /repos/\{owner\}/\{repo\} 200",
        r"/(?:custom_properties|security_and_analysis)",
        "an organisation's own properties and security products are not part of the stand-in",
    ),
    Excuse(
        r"GET /repos/\{owner\}/\{repo\}/issues.* 200",
        r"(?:/\*)?/(?:issue_dependencies_summary|sub_issues_summary|parent_issue_url|type|pinned_comment)",
        "sub-issues, dependencies, types and pins of issues are not part of the stand-in",
    ),
    Excuse(
        r"PATCH /repos/\{owner\}/\{repo\}/issues/\{issue_number\} 200",
        r"/pull_request",
        "the recorded issue is a pull request, the one of the tour is none",
    ),
    Excuse(r"POST /repos/\{owner\}/\{repo\}/forks 202", r"/organization", "the recording forks into an organisation"),
)


@pytest.fixture(scope="module")
def recorded() -> list[Recorded]:
    return list(recordings(need(fetch.RECORDINGS)))


@pytest.fixture(scope="module")
def ours(description: Description, toured: Toured) -> dict[Key, Shape]:
    """The shape of the stand-in's answers, for each operation and status."""
    return {
        key: shape_of(each.body for each in answers) for key, answers in by_key(description, toured.exchanges).items()
    }


@pytest.fixture(scope="module")
def found(description: Description, recorded: list[Recorded], ours: dict[Key, Shape]) -> list[Difference]:
    """All differences of successful answers, excused or not."""
    theirs = by_key(description, recorded)
    return [
        difference
        for key in sorted(ours.keys() & theirs.keys())
        if key[1] < 300
        for difference in differences(f"{key[0]} {key[1]}", ours[key], newest(theirs[key]))
    ]


@dataclass(frozen=True, slots=True)
class Answer:
    year: int
    body: Json


def by_key(description: Description, exchanges: Iterable[Exchange]) -> Mapping[Key, list[Answer]]:
    """The JSON answers of the exchanges, by operation and status; `year` is 0 for the stand-in's."""
    sorted_out: defaultdict[Key, list[Answer]] = defaultdict(list)
    for exchange in exchanges:
        operation = description.operation(exchange.method, exchange.path.removeprefix(PREFIX))
        if operation is not None and exchange.response_body[:1] in (b"{", b"["):
            year = exchange.year if isinstance(exchange, Recorded) else 0
            with contextlib.suppress(orjson.JSONDecodeError):  # a recording was cut by hand
                answer = Answer(year, orjson.loads(exchange.response_body))
                sorted_out[operation.label, exchange.status].append(answer)
    return sorted_out


def newest(answers: list[Answer]) -> Shape:
    """The shape of the answers of the newest recorded year and the year before."""
    last = max(answer.year for answer in answers)
    return shape_of(answer.body for answer in answers if answer.year >= last - 1)


def test_answers_have_the_recorded_shape(found: list[Difference]) -> None:
    unexcused = [str(each) for each in found if not any(excuse.covers(each) for excuse in EXCUSES)]
    assert not unexcused, "\n".join(["GitHub's recorded answers differ:", *unexcused])


@pytest.mark.parametrize("excuse", EXCUSES, ids=lambda excuse: excuse.reason[:40])
def test_each_excuse_is_needed(excuse: Excuse, found: list[Difference]) -> None:
    assert any(excuse.covers(each) for each in found), "nothing differs there any more: take it out"


def test_most_operations_have_a_recording(
    description: Description, recorded: list[Recorded], ours: dict[Key, Shape]
) -> None:
    """The comparison compares something: of the answers in the tour, most were recorded by others too."""
    shown = {key for key in ours if key[1] < 300}
    compared = shown & by_key(description, recorded).keys()
    assert len(compared) >= 80, f"{len(compared)} of {len(shown)}"


# ---- refusals

_TOKENS = "POST /app/installations/{installation_id}/access_tokens"
_PROTECTION = "PUT /repos/{owner}/{repo}/branches/{branch}/protection"
# What GitHub was recorded to refuse with, and the stand-in does not: the reason.
UNSHOWN: Mapping[Key, str] = {
    ("GET /repos/{owner}/{repo}", 400): "written by hand, to try the client's retries",
    (_TOKENS, 400): "a word in place of an object: the stand-in says 422, as GitHub does elsewhere",
    (_PROTECTION, 422): "restrictions of who may push are not part of the stand-in",
}


def refusals(description: Description, recorded: list[Recorded]) -> Iterator[tuple[Key, Recorded, Json]]:
    """Recorded refusals of this decade: older ones have other texts and keys."""
    for each in recorded:
        operation = description.operation(each.method, each.path.removeprefix(PREFIX))
        if 400 <= each.status < 500 and each.year >= 2018 and operation and each.response_body[:1] == b"{":
            yield (operation.label, each.status), each, orjson.loads(each.response_body)


def test_refusals_have_the_recorded_keys(
    description: Description, recorded: list[Recorded], ours: dict[Key, Shape]
) -> None:
    """`status` joined the keys in 2024; apart from it, every recorded key of a refusal is ours too."""
    compared, wrong = 0, []
    for key, each, body in refusals(description, recorded):
        if key in ours:
            compared += 1
            missing = {f"/{name}" for name in body} - ours[key].types.keys()
            if missing:
                wrong.append(f"{key[0]} {key[1]} ({each.source}): without {', '.join(sorted(missing))}")
    assert not wrong, "\n".join(wrong)
    assert compared >= 10


def test_recorded_refusals_are_known(
    description: Description, recorded: list[Recorded], ours: dict[Key, Shape]
) -> None:
    """Where GitHub was seen to refuse an operation that the stand-in offers, the tour shows the same status."""
    offered = {label for label, _ in ours}
    unshown = {
        key: body.get("message", "")
        for key, _, body in refusals(description, recorded)
        if key[0] in offered and key not in ours
    }
    assert unshown.keys() - UNSHOWN.keys() == set(), unshown
    assert UNSHOWN.keys() <= unshown.keys(), "these are shown by now: take them out"
