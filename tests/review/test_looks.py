"""Does a look at a pull request say what is true, and of the commit it looked at?"""

from __future__ import annotations

import pytest

from bot.adapters.git import GitMirrors
from bot.errors import UserError
from tests.flows.repository import PATH, PIPELINE, SETTINGS, pipeline, settings
from tests.flows.world import CONFIGURATION, MANIFESTS, POLICIES, Town


def test_an_old_branch_is_not_judged_for_a_configuration_it_did_not_touch(town: Town) -> None:
    number = town.propose("green", {SETTINGS: settings(colour="green")})
    town.commit("main", {PATH: PIPELINE + "\n# newer\n"}, "omar")
    town.settle()
    assert town.check(town.pull(number).head_sha, CONFIGURATION) is None


def test_a_deleted_configuration_is_not_called_valid(town: Town) -> None:
    number = town.propose("gone", {PATH: None})
    town.settle()
    sha = town.pull(number).head_sha
    assert town.conclusion(sha, CONFIGURATION) == "neutral"
    assert town.title_of(sha, CONFIGURATION) == "Merging this stops promotions"


def test_a_tree_that_cannot_be_checked_is_told_where_checks_are_and_not_tried_for_ever(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise UserError("the tree is too large", how="take large files out")

    monkeypatch.setattr(GitMirrors, "open", refuse)
    number = town.propose("green", {SETTINGS: settings(colour="green")})
    town.settle()
    sha = town.pull(number).head_sha
    run = town.check(sha, MANIFESTS)
    assert run is not None
    assert (run.conclusion, "the tree is too large" in str(run.summary)) == ("failure", True)
    assert town.said(number, "given-up") == []
    monkeypatch.undo()
    town.queue.mark(["acme/shop"])
    town.work()
    assert town.conclusion(sha, MANIFESTS) == "failure", "it was noted as looked at"


@pytest.mark.town(configuration=pipeline(top="  - path: rules"), more={"rules/one.yaml": "# nothing yet\n"})
def test_another_policy_pack_makes_open_pull_requests_be_looked_at_again(town: Town) -> None:
    number = town.propose("green", {SETTINGS: settings(colour="green")})
    town.settle()
    run = town.check(town.pull(number).head_sha, POLICIES)
    assert run is not None
    before = run.text
    town.commit("main", {"rules/one.yaml": "kind: [\n"}, "omar")
    town.settle()
    run = town.check(town.pull(number).head_sha, POLICIES)
    assert run is not None
    assert run.text != before
