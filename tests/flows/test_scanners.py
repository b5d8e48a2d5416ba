"""What does a scanner do to a pull request: what it finds, what was there before, and what when it gives no result?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.engines import RedisEngines
from tests.flows.repository import PIPELINE, SETTINGS, overlay, settings
from tests.flows.world import MANIFESTS, POLICIES, Town
from tests.scanners.fake import RED, scanner

Towns = Callable[..., Town]
SCANNED = PIPELINE + "  - scanner: fake\n"
COLOUR_LINE = 7
BLUE, RED_SETTINGS = (settings(level="info", colour=one) for one in ("blue", "red"))


def looked_at(town: Town, number: int) -> tuple[str | None, str, str, set[tuple[object, object]]]:
    """Return conclusion, title, text and places of the check run about policies."""
    run = town.check(town.pull(number).head_sha, POLICIES)
    assert run is not None
    where = {(one["path"], one["start_line"]) for one in run.annotations}
    return run.conclusion, run.title or "", f"{run.summary}\n{run.text}", where


def enabled(make_town: Towns, tmp_path: Path, body: str = RED, configuration: str = SCANNED, **options: object) -> Town:
    town = make_town(configuration)
    town.enable(scanner(tmp_path, body, **options))
    town.settle()
    return town


def test_what_it_finds_blocks_on_its_line_until_mended(make_town: Towns, tmp_path: Path) -> None:
    town = enabled(make_town, tmp_path)
    number = town.propose("red", {SETTINGS: RED_SETTINGS})
    town.settle()
    conclusion, title, text, where = looked_at(town, number)
    assert (conclusion, title) == ("failure", "1 problem to mend before merging")
    assert where == {(SETTINGS, RED_SETTINGS.splitlines().index("  colour: 'red'") + 1)}
    assert "nothing is red" in text and "fake / no-red" in text
    assert "development, staging and production" in text
    assert town.conclusion(town.pull(number).head_sha, MANIFESTS) == "success"
    town.commit("red", {SETTINGS: settings(level="debug", colour="green")})
    town.settle()
    assert looked_at(town, number)[:2] == ("success", "All policies pass in development, staging, production")


def test_what_was_there_before_blocks_nothing(make_town: Towns, tmp_path: Path) -> None:
    town = make_town(SCANNED, more={SETTINGS: RED_SETTINGS})
    town.enable(scanner(tmp_path, RED))
    number = town.propose("level", {SETTINGS: settings(level="debug", colour="red")})
    more = overlay("staging", "  - more.yaml\n")
    other = town.propose(
        "more",
        {
            "overlays/staging/kustomization.yaml": more,
            "overlays/staging/more.yaml": RED_SETTINGS.replace("web-settings", "more"),
        },
    )
    town.settle()
    assert looked_at(town, number)[:2] == ("success", "No new findings; 1 existing violation")
    conclusion, title, _, where = looked_at(town, other)
    assert (conclusion, title) == ("failure", "1 problem to mend before merging; 1 existing violation")
    assert {path for path, _ in where} == {"overlays/staging/more.yaml"}


@pytest.mark.parametrize(
    ("configuration", "conclusion", "title"),
    [
        (f"{SCANNED}    blocks: critical\n", "success", "1 warning, nothing blocks"),
        (f"{SCANNED}    severity: {{fake/no-red: low}}\n", "success", "1 warning, nothing blocks"),
        (f"{SCANNED}    actions: {{fake/no-red: warn}}\n", "success", "1 warning, nothing blocks"),
        (
            f"{SCANNED}    actions: {{fake: ignore}}\n",
            "success",
            "All policies pass in development, staging, production",
        ),
        (f"{SCANNED}    environments: [production]\n", "failure", "1 problem to mend before merging"),
    ],
)
def test_the_repository_says_what_it_is_worth(
    make_town: Towns, tmp_path: Path, configuration: str, conclusion: str, title: str
) -> None:
    town = enabled(make_town, tmp_path, configuration=configuration)
    number = town.propose("red", {SETTINGS: RED_SETTINGS})
    town.settle()
    found = looked_at(town, number)
    assert found[:2] == (conclusion, title)
    if "environments: [production]" in configuration:
        assert "in production" in found[2] and "staging" not in found[2].partition("nothing is red")[2]


def test_an_exception_holds_until_its_day(make_town: Towns, tmp_path: Path) -> None:
    exception = (
        "{policy: fake, rule: no-red, resources: [ConfigMap/web-settings], reason: it is a fire engine, until: %s}"
    )
    for until, conclusion in (("2999-01-01", "success"), ("2020-01-01", "failure")):
        town = enabled(make_town, tmp_path, configuration=f"{SCANNED}    exceptions: [{exception % until}]\n")
        number = town.propose("red", {SETTINGS: RED_SETTINGS})
        town.settle()
        assert looked_at(town, number)[0] == conclusion, until


NO_RESULT = {
    "it crashes": ("raise RuntimeError('no rules')", {"statuses": (0,)}, "failed with status 1"),
    "it hangs": ("time.sleep(60)", {"timeout": 1.5}, "took longer than 1.5 s"),
    "it writes rubbish": ("print('all is well')", {}, "cannot be used"),
    "it says that it failed": (
        "found = json.loads(log())\nfound['runs'][0]['invocations'] = [{'executionSuccessful': False}]\n"
        "print(json.dumps(found))",
        {},
        "the tool says that it failed",
    ),
}


@pytest.mark.parametrize("case", NO_RESULT)
def test_no_result_is_no_pass(make_town: Towns, tmp_path: Path, case: str) -> None:
    body, options, words = NO_RESULT[case]
    town = enabled(make_town, tmp_path, body, **options)
    number = town.propose("green", {SETTINGS: settings(level="info", colour="green")})
    town.settle()
    conclusion, title, text, _ = looked_at(town, number)
    assert (conclusion, title) == ("failure", "1 problem to mend before merging")
    assert words in text


def test_one_that_the_operator_did_not_enable_is_told_and_does_not_block(make_town: Towns) -> None:
    town = make_town(SCANNED)
    number = town.propose("red", {SETTINGS: RED_SETTINGS})
    town.settle()
    conclusion, title, text, _ = looked_at(town, number)
    assert (conclusion, title) == ("success", "1 not evaluable here, nothing blocks")
    assert "there is no scanner `fake` here, so nothing was scanned: none is enabled" in text.replace("\\", "")


def test_a_repository_that_chooses_none_is_not_scanned(make_town: Towns, tmp_path: Path) -> None:
    town = enabled(make_town, tmp_path, "sys.exit(9)", configuration=PIPELINE)
    number = town.propose("red", {SETTINGS: RED_SETTINGS})
    town.settle()
    assert looked_at(town, number)[0] == "success"


def test_readyz_tells_which_scanners_work(make_town: Towns, tmp_path: Path) -> None:
    town = make_town(SCANNED)
    town.enable(scanner(tmp_path, RED), scanner(tmp_path, "sys.exit(9)", "broken"))
    town.bot.probe()
    words = RedisEngines(town.queue.connection).read()
    assert "; scanners: fake (fake 1.0), the scanner `broken` failed with status 9" in words
