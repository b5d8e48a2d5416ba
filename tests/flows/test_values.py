"""How do versions travel from file to file, and everything else stays as it is?"""

from __future__ import annotations

import pytest

from bot.sandbox.records import Pull
from tests.flows.repository import Files, settings
from tests.flows.world import PROMOTION, TROUBLE, Method, Town

VALUES = """\
version: 1
strategy: values
environments:
  development:
    branch: main
    path: deploy/development
    values:
      web: apps/development.yaml
      api: {file: apps/api-development.yaml, keys: [image.tag]}
  staging:
    path: deploy/staging
    values: {web: apps/staging.yaml, api: apps/api-staging.yaml}
  production:
    path: deploy/production
    values: {web: apps/production.yaml}
policies: []
"""


def web(tag: str, replicas: int, note: str = "") -> str:
    image = f"image:\n    repository: registry.example.com/web\n    tag: '{tag}'\n"
    return f"# the shop{note}\nreplicas: {replicas}   # by hand\n{image}"


def api(tag: str) -> str:
    return f"image: {{repository: api, tag: {tag}}}\nother: {{image: {{repository: x, tag: {tag}}}}}\n"


FILES: Files = {
    "apps/development.yaml": web("1.0", 1),
    "apps/staging.yaml": web("1.0", 2),
    "apps/production.yaml": web("0.9", 3, " of all"),
    "apps/api-development.yaml": api("a1"),
    "apps/api-staging.yaml": api("a1"),
    **{f"deploy/{one}/settings.yaml": settings(level=one) for one in ("development", "staging", "production")},
}
pytestmark = pytest.mark.town(configuration=VALUES, more=FILES)


def into(town: Town, target: str) -> Pull:
    (found,) = [one for one in town.promotions() if f"-to-{target}" in one.head_ref]
    return found


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_version_walks_and_not_one_byte_more(town: Town, method: Method) -> None:
    number = town.land("tag", {"apps/development.yaml": web("1.1", 9, " again")}, method=method)
    pull = into(town, "staging")
    assert pull.issue.title == "Promote to staging: web: image tag 1.0 → 1.1"
    assert "- web: image tag 1.0 → 1.1" in town.body(pull.number)
    assert f"| #{number} | Change tag | ann |" in town.body(pull.number)
    assert town.conclusion(pull.head_sha, PROMOTION) == "success"
    town.merge(pull.number, "omar", method)
    town.settle()
    assert town.file("main", "apps/staging.yaml") == web("1.1", 2)
    assert town.file("main", "apps/production.yaml") == web("0.9", 3, " of all")

    pull = into(town, "production")
    assert pull.issue.title == "Promote to production: web: image tag 0.9 → 1.1"
    town.merge(pull.number, "omar", method)
    town.settle()
    assert town.file("main", "apps/production.yaml") == web("1.1", 3, " of all")
    assert town.promotions() == []
    assert "this change is in **production**" in town.said(number, "journey")[0].body


def test_a_revert_travels(town: Town) -> None:
    town.land("up", {"apps/development.yaml": web("1.1", 1)})
    town.merge(into(town, "staging").number, "omar")
    town.settle()
    town.land("down", {"apps/development.yaml": web("1.0", 1)})
    town.merge(into(town, "staging").number, "omar")
    town.settle()
    assert town.file("main", "apps/staging.yaml") == web("1.0", 2)


def test_several_applications_travel_together_and_only_named_keys(town: Town) -> None:
    town.land("both", {"apps/development.yaml": web("1.1", 1), "apps/api-development.yaml": api("a2")})
    pull = into(town, "staging")
    assert pull.issue.title == "Promote to staging: web: image tag 1.0 → 1.1 and 1 more"
    town.merge(pull.number, "omar")
    town.settle()
    assert town.file("main", "apps/api-staging.yaml") == api("a1").replace("tag: a1", "tag: a2", 1)


@pytest.mark.town(configuration=VALUES.replace("  staging:\n", "  staging:\n    batch: each\n"), more=FILES)
def test_each_application_by_a_pull_request_of_its_own(town: Town) -> None:
    town.land("both", {"apps/development.yaml": web("1.1", 1), "apps/api-development.yaml": api("a2")})
    found = {one.head_ref: one for one in town.promotions()}
    assert sorted(found) == ["promote/development-to-staging--api", "promote/development-to-staging--web"]
    town.merge(found["promote/development-to-staging--web"].number, "omar")
    town.settle()
    assert town.file("main", "apps/staging.yaml") == web("1.1", 2)
    assert town.file("main", "apps/api-staging.yaml") == api("a1")
    (left,) = [one for one in town.promotions() if "-to-staging" in one.head_ref]
    assert left.issue.title == "Promote to staging: api: image tag a1 → a2"


def test_what_changes_elsewhere_in_the_files_promotes_nothing(town: Town) -> None:
    town.land("replicas", {"apps/development.yaml": web("1.0", 7)})
    assert town.promotions() == []


@pytest.mark.town(
    configuration=VALUES.replace("  staging:\n", "  staging:\n    approvers: {teams: [qa], required: 1}\n"), more=FILES
)
def test_what_changes_elsewhere_costs_no_approval_and_is_not_listed(town: Town) -> None:
    number = town.land("up", {"apps/development.yaml": web("1.1", 1)})
    pull = into(town, "staging")
    town.review(pull.number, "quinn")
    town.settle()
    head = str(pull.head_sha)
    assert town.title_of(head) == "All gates are open: ready to merge"
    town.land("readme", {"README.md": "# Shop\n"})
    other = town.land("replicas", {"apps/development.yaml": web("1.1", 7, " is larger")})
    assert into(town, "staging").head_sha == head
    assert town.title_of(head) == "All gates are open: ready to merge"
    assert f"#{number}" in town.body(pull.number) and f"#{other}" not in town.body(pull.number)
    town.land("more", {"apps/staging.yaml": web("1.0", 5)})
    assert into(town, "staging").head_sha != head, "the target's file itself has changed"
    town.merge(pull.number, "omar")
    town.settle()
    assert town.file("main", "apps/staging.yaml") == web("1.1", 5)


def test_a_version_that_only_the_target_changed_stays_and_is_told(town: Town) -> None:
    town.land("up", {"apps/development.yaml": web("1.1", 1)})
    town.merge(into(town, "staging").number, "omar")
    town.settle()
    town.land("pin", {"apps/staging.yaml": web("1.0.9", 2)}, "omar")
    town.land("api", {"apps/api-development.yaml": api("a2")})
    pull = into(town, "staging")
    assert "1 value kept as staging has it" in town.body(pull.number)
    assert "`apps/staging.yaml (image.tag)`" in town.body(pull.number)
    town.merge(pull.number, "omar")
    town.settle()
    assert town.file("main", "apps/staging.yaml") == web("1.0.9", 2)


def test_a_version_that_both_changed_is_a_conflict_with_both_values(town: Town) -> None:
    town.land("up", {"apps/development.yaml": web("1.1", 1)})
    town.merge(into(town, "staging").number, "omar")
    town.settle()
    town.land("pin", {"apps/staging.yaml": web("1.0.9", 2)}, "omar")
    number = town.land("next", {"apps/development.yaml": web("1.2", 1)})
    assert not [one for one in town.promotions() if one.head_ref.endswith("-to-staging")]
    check = town.check(str(town.pull(number).merge_commit_sha), TROUBLE)
    assert check is not None
    assert "apps/staging.yaml:5" in check.summary
    assert "changed in both since the last promotion, when it was 1.1" in check.summary
    assert "image.tag: 1.2" in check.text and "image.tag: 1.0.9" in check.text


def test_a_file_that_is_not_there_is_told(town: Town) -> None:
    number = town.land("gone", {"apps/development.yaml": web("1.1", 1), "apps/staging.yaml": None})
    check = town.check(str(town.pull(number).merge_commit_sha), TROUBLE)
    assert check is not None
    assert "there is no file" in check.summary


def test_a_version_fixed_before_the_first_promotion_is_not_overwritten(town: Town) -> None:
    """What production had when the pair was configured follows; what somebody chose for it since then does not."""
    town.land("pin", {"apps/staging.yaml": web("1.0.9", 2)}, "omar")
    number = town.land("up", {"apps/development.yaml": web("1.1", 1)})
    assert not [one for one in town.promotions() if one.head_ref.endswith("-to-staging")]
    check = town.check(str(town.pull(number).merge_commit_sha), TROUBLE)
    assert check is not None
    assert "changed in both since they were configured, when it was 1.0" in check.summary
    assert into(town, "production").issue.title == "Promote to production: web: image tag 0.9 → 1.0.9"
