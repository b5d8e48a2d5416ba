"""Can what was not looked at pass, or a mistake in the rules lock people out?

A newcomer moved an environment's directory away, and every check stayed green; another mistyped a setting, merged it,
and could not merge the fix.
"""

from __future__ import annotations

import pytest

from tests.flows.repository import PATH, PIPELINE, files
from tests.flows.world import MANIFESTS, POLICIES, Town

PRODUCTION = "overlays/production/kustomization.yaml"


def verdicts(town: Town, number: int) -> tuple[str | None, str | None]:
    head = town.pull(number).head_sha
    return town.conclusion(head, MANIFESTS), town.conclusion(head, POLICIES)


def test_a_directory_that_goes_away_takes_an_environment_with_it(town: Town) -> None:
    gone = {path: None for path in files() if path.startswith("overlays/production/")}
    moved = {path.replace("production", "live"): text for path, text in files().items() if path in gone}
    number = town.propose("move", {**gone, **moved})
    town.settle()
    assert verdicts(town, number)[0] == "failure"
    body = town.said(number, "checks")[0].body
    assert "the directory `overlays/production` goes away, and with it" in body
    assert "keep the directory, or change `environments.production.path`" in body


@pytest.mark.town(configuration=PIPELINE.replace("path: overlays/staging", "path: overlays/stagin"))
def test_a_promotion_into_a_directory_that_is_not_there_is_not_judged_fine(town: Town) -> None:
    town.land("green", {"overlays/development/note.txt": "a change\n"})
    head = town.promotion("staging").head_sha
    assert town.conclusion(head, MANIFESTS) == "failure"
    assert town.conclusion(head, "lockkeeper / promotion to staging") == "failure"
    assert "did you mean `overlays/staging`?" in town.said(town.promotion("staging").number, "checks")[0].body


def test_a_mistake_in_the_configuration_closes_the_required_checks(town: Town) -> None:
    number = town.propose("typo", {PATH: PIPELINE.replace("promoters:", "promotors:")})
    town.settle()
    assert verdicts(town, number)[0] == "failure"
    assert "did you mean `promoters`?" in town.said(number, "checks")[0].body


def test_a_pack_that_would_not_work_is_found_before_it_is_merged_and_can_be_mended_after(town: Town) -> None:
    broken = PIPELINE.replace("  - builtin: registry\n", "  - path: polices\n").replace(
        "    with: {registries: [registry.example.com]}\n", ""
    )
    number = town.propose("packs", {PATH: broken})
    town.settle()
    assert verdicts(town, number)[1] == "failure"
    town.commit("main", {PATH: broken})
    other = town.propose("other", {PRODUCTION: files()[PRODUCTION] + "# a remark\n"})
    mend = town.propose("mend", {PATH: PIPELINE})
    town.settle()
    assert verdicts(town, other)[1] == "failure"
    assert verdicts(town, mend) == ("success", "success")


def test_policies_that_could_not_run_have_not_passed(town: Town) -> None:
    number = town.propose("broken", {PRODUCTION: "resources: [../../bass]\n"})
    town.settle()
    assert verdicts(town, number) == ("failure", "failure")
    assert "no policy was run" in town.said(number, "checks")[0].body
