"""Commands: what is read, what is answered, and what never happens whatever people write."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intake.command_arguments import GATES, Arguments
from bot.intake.command_names import distance, folded, nearest
from bot.intake.command_registry import NAMES
from bot.intake.commands import COMMANDS, MOST_COMMANDS, Command, UsageError, parse, spec_of

ENVIRONMENTS = ("development", "staging", "production")

KNOWN = ", ".join(f"`{name}`" for name in NAMES)
FRAGMENTS = st.sampled_from(
    [
        *("/promote staging", "/status", "/promot", "/lockkeeper help", "/lgtm", "text", "", " ", "   ", "    ", "\t"),
        *("`", "``", "```", "~~~", "````", "> ", ">", "- ", "1. ", "# ", "<!--", "-->", "<details>", "</details>"),
        *("<pre>", "</pre>", "<code>", "[a](", ")", "[a]: x", "'", "|", "|---|", "\\", "\n", "\r\n", "\r", "\n\n"),
        *("\u00a0", "\u200b", "\u2028", "\x0c", "\uff0fpromote", "\u0440"),
    ]
)
COMMENTS = st.one_of(st.text(max_size=80), st.lists(FRAGMENTS, max_size=14).map("".join))


def lines_of(body: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", body)


@given(COMMENTS)
def test_any_text_is_read_without_an_error(body: str) -> None:
    found = parse(body, ENVIRONMENTS)
    assert len(found) <= MOST_COMMANDS + 1
    numbers = [one.number for one in found]
    assert numbers == sorted(numbers)
    for one in found:
        assert 1 <= one.number <= len(lines_of(body))
        assert one.line == lines_of(body)[one.number - 1].replace("\0", "\ufffd").strip()


@given(COMMENTS)
def test_a_quoted_comment_holds_no_command(body: str) -> None:
    assert parse("\n".join(f"> {line}" for line in lines_of(body)), ENVIRONMENTS) == ()
    assert parse("\n".join(f">{line}" for line in lines_of(body)), ENVIRONMENTS) == ()


@given(COMMENTS, st.sampled_from("`~"))
def test_a_fenced_comment_holds_no_command(body: str, mark: str) -> None:
    runs = re.findall(f"{re.escape(mark)}+", body)
    fence = mark * (max([3, *(len(run) + 1 for run in runs)]))
    assert parse(f"{fence}\n{body}\n{fence}", ENVIRONMENTS) == ()
    assert parse(f"{fence}\n{body}", ENVIRONMENTS) == ()


@given(COMMENTS)
def test_an_indented_comment_holds_no_command(body: str) -> None:
    assert parse("\n".join(f"    {line}" for line in lines_of(body)), ENVIRONMENTS) == ()


@given(COMMENTS)
def test_a_command_after_a_comment_that_ends_in_a_quote_and_a_gap_is_read(body: str) -> None:
    before = "\n".join(f"> {line}" for line in lines_of(body))
    (found,) = parse(f"{before}\n\n/status", ENVIRONMENTS)
    assert isinstance(found, Command)


@given(COMMENTS)
def test_only_configured_environments_and_real_shas_get_through(body: str) -> None:
    for one in parse(body, ENVIRONMENTS):
        if isinstance(one, Command):
            assert one.environment in (None, *ENVIRONMENTS)
            assert one.sha is None or re.fullmatch(r"[0-9a-f]{7,40}", one.sha)


@given(st.text(max_size=60))
def test_answers_hold_nothing_that_acts(word: str) -> None:
    """What people wrote comes back inside a code span, so it mentions nobody and carries no markup."""
    for one in parse(f"/promote @{word}", ENVIRONMENTS):
        assert isinstance(one, UsageError)
        outside = re.sub(r"`[^`]*`", "", one.message)
        assert "@" not in outside
        assert "\n" not in one.message
        assert "`" not in outside


@given(
    st.sampled_from(COMMANDS), st.sampled_from([None, *ENVIRONMENTS]), st.none() | st.from_regex(r"\A[0-9a-f]{7,40}\Z")
)
def test_what_is_written_by_the_rules_is_read_back(spec: object, environment: str | None, sha: str | None) -> None:
    spec = spec_of(getattr(spec, "name", ""))
    must = ENVIRONMENTS[0] if "environment" in spec.required else None
    environment = (environment or must) if spec.takes("environment") else None
    sha = sha if spec.takes("sha") else None
    gate = GATES[0] if spec.takes("gate") else None
    reason = "the reason is this" if spec.takes("reason") else ""
    to = "#12" if spec.takes("to") else None
    several = ENVIRONMENTS[:2] if spec.takes("environments") else ()
    line = Arguments(environment, sha, several, gate, to, reason).written(spec)
    expected = Command(spec.name, environment, sha, line, 1, several, gate, to, reason)
    assert parse(line, ENVIRONMENTS, ours=True) == (expected,)


@pytest.mark.parametrize("spec", COMMANDS, ids=lambda spec: spec.name)
def test_every_example_works(spec: object) -> None:
    spec = spec_of(getattr(spec, "name", ""))
    (found,) = parse(spec.example, ENVIRONMENTS)
    assert isinstance(found, Command)
    assert found.name == spec.name


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("/promot staging", "There is no command `/promot`. Did you mean `/promote`?"),
        (
            "/promote stagin",
            "There is no environment `stagin`. Did you mean `staging`? "
            "There are: `development`, `staging`, `production`.",
        ),
        ("/promote mars", "There is no environment `mars`. There are: `development`, `staging`, `production`."),
        ("/promote 1a2b3c4", "There is no environment `1a2b3c4`. A commit is given with `--sha`."),
        ("/promote staging 1a2b3c4", "A commit is given with `--sha`, not by itself: `1a2b3c4`."),
        ("/promote staging --sha", "`--sha` takes 7 to 40 hexadecimal digits: the commit is missing."),
        ("/promote staging --sha HEAD", "`--sha` takes 7 to 40 hexadecimal digits: `HEAD` is not a commit."),
        ("/promote --sha 1a2b3c4 --sha 1a2b3c4", "`--sha` can be given once."),
        (
            "/promote staging \u2014sha 1a2b3c4",
            "`\u2014sha` is not an option. Did you mean `--sha`, with two hyphens?",
        ),
        ("/promote --now", "`--now` is not an option of `/promote`. The only one is `--sha`."),
        ("/status --all", "`--all` is not an option of `/status`. It has none."),
        ("/status of it", "`of it` is too much. Write `/status`, alone on its line."),
        ("/promote staging now", "`now` is too much. Write `/promote [environment] [--sha SHA]`, alone on its line."),
        ("/lockkeeper", f"Say which command: {KNOWN}."),
        ("/lockkeeper dance", f"There is no command `dance`. There are: {KNOWN}."),
        ("/lockkeeper unlock", "Say which environment: `development`, `staging`, `production`."),
        ("/freeze stag too risky", "There is no environment `stag`. Did you mean `staging`?"),
        (
            "/\u0440romote staging",
            "This looks like `/promote`, but holds a character that only looks right. Please type it again.",
        ),
        ("/status\n" * 11, "One comment takes 10 commands; this one and what follows was left out."),
    ],
)
def test_the_words_of_an_answer(body: str, message: str) -> None:
    found = parse(body, ENVIRONMENTS)[-1]
    assert isinstance(found, UsageError)
    assert found.message == message


def test_without_environments_the_answer_says_where_they_come_from() -> None:
    (found,) = parse("/promote staging", ())
    assert isinstance(found, UsageError)
    assert ".github/lockkeeper.yaml" in found.message
    assert parse("/promote", ()) == (Command("promote", None, None, "/promote", 1),)


def test_lines_are_counted_and_long_ones_cut() -> None:
    found = parse("hello\r\n\r\n/status\r\n\r\n/promote " + "x" * 60_000, ENVIRONMENTS)
    assert [one.number for one in found] == [3, 5]
    assert [len(one.line) <= 200 for one in found] == [True, True]
    assert all(len(one.message) < 300 for one in found if isinstance(one, UsageError))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("help", "help", 0),
        ("hlep", "help", 1),
        ("helm", "help", 1),
        ("hel", "help", 1),
        ("", "abc", 3),
        ("ca", "abc", 3),
    ],
)
def test_distance(one: str, other: str, expected: int) -> None:
    assert distance(one, other) == distance(other, one) == expected


@given(st.sampled_from(NAMES), st.text(alphabet="abcdefghijklmnopqrstuvwxyz", max_size=10))
def test_a_near_miss_begins_like_the_name_and_differs_by_one_slip(name: str, word: str) -> None:
    close = nearest(word, NAMES)
    assert close is None or (close[0] == word[0] and distance(close, word) == 1)
    assert nearest(name, NAMES) is None  # the name itself is no miss


def test_what_looks_alike_folds_to_ascii() -> None:
    assert folded("\uff0f\u0440rom\u043e\u200bte") == "/promote"


HOSTILE = {
    "brackets": "[" * 60_000,
    "quotes": "> " * 30_000,
    "images": "![[" * 20_000,
    "emphasis": "*a_" * 20_000,
    "links": "[a](b" * 12_000,
    "comments": "a <!--" * 10_000,
    "elements": "<code><q>" * 6_000,
    "lists": "- " * 30_000,
    "ticks": "".join("`" * run + "a" for run in range(340)),
    "lines": "/status\n" * 8_000,
    "words": "/promote" + " a" * 30_000,
    "options": "/promote" + " -a" * 20_000,
    "names": "/" + "promote" * 9_000,
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_comments_take_little_time(body: str) -> None:
    """The largest comment GitHub takes has 65,536 characters; the limit leaves room for a busy machine."""
    before = time.process_time()
    parse(body + "\n\n/status", ENVIRONMENTS)
    assert time.process_time() - before < 8
