"""What does a pull request learn about itself before it is merged?"""

from __future__ import annotations

from tests.flows.repository import DEPLOYMENT, IMAGE_LINE, POLICY_LINE, deployment
from tests.flows.world import MANIFESTS, POLICIES, Town


def places(town: Town, sha: str, name: str) -> set[tuple[object, object]]:
    run = town.check(sha, name)
    assert run is not None
    return {(one["path"], one["start_line"]) for one in run.annotations}


def test_a_wrong_registry_and_a_misspelt_field_are_refused_on_their_lines_until_mended(town: Town) -> None:
    wrong = deployment("docker.io/somebody/web:2.0.0", "imagePulPolicy")
    number = town.propose("web-2", {DEPLOYMENT: wrong})
    town.settle()
    head = town.pull(number).head_sha
    assert town.conclusion(head, MANIFESTS) == "failure"
    assert town.conclusion(head, POLICIES) == "failure"
    assert (DEPLOYMENT, POLICY_LINE) in places(town, head, MANIFESTS)
    assert (DEPLOYMENT, IMAGE_LINE) in places(town, head, POLICIES)
    first = town.said(number, "checks")
    assert "2 problems to mend" in first[0].body

    town.commit("web-2", {DEPLOYMENT: deployment("registry.example.com/web:2.0.0")})
    town.settle()
    head = town.pull(number).head_sha
    assert (town.conclusion(head, MANIFESTS), town.conclusion(head, POLICIES)) == ("success", "success")
    mended = town.said(number, "checks")
    assert [one.id for one in mended] == [one.id for one in first], "the comment is edited in place"
    assert "ready, changes development, staging and production" in mended[0].body
