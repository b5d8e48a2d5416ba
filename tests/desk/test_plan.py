"""What do `lockkeeper plan` and `status` say of a clone, and does the clone stay as it is?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.desk.place import Desk
from tests.flows.repository import PATH

RULES = """\
version: 1
strategy: directory
environments:
  development: {branch: main, path: environments/development}
  staging:
    gates: {checks: [ci], soak: 1h}
    approvers: {teams: [qa]}
  production: {promote: manual}
"""
NAMES = ("development", "staging", "production")


def text(number: int, replicas: int = 1) -> str:
    return f"replicas: {replicas}\nlabels:\n  app: web\n  tier: shop\n  team: a\nversion: {number}\n"


def begun(desk: Desk, rules: str = RULES) -> Desk:
    desk.begin({PATH: rules, **{f"environments/{name}/a.yaml": text(1) for name in NAMES}})
    return desk


def change(desk: Desk, number: int, message: str) -> str:
    return desk.commit({"environments/development/a.yaml": text(number)}, message)


def planned(desk: Desk, *arguments: str) -> dict[str, Any]:
    done = desk.run("plan", "--format", "json", *arguments)
    assert done.status == 0, done.err
    found: dict[str, Any] = json.loads(done.out)
    return found


def outcomes(found: dict[str, Any]) -> list[str]:
    return [f"{one['source']} {one['target']} {one['outcome']}" for one in found["promotions"]]


def state_of(desk: Desk) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in sorted(desk.top.rglob("*")) if one.is_file()}


def promotion(source: str, commit: str, *includes: str) -> str:
    lines = [f"Lockkeeper-Source: {source} {commit}", "Lockkeeper-Target: staging"]
    return "\n".join(
        ["Promote", "", *lines, *(f"Lockkeeper-Includes: {one}" for one in includes), "Lockkeeper-Seal: abc"]
    )


def promote(desk: Desk, number: int, commit: str, *, squash: bool) -> None:
    """Bring what development holds into staging, as a promotion pull request is merged."""
    message = promotion("development", commit, "#7")
    if squash:
        desk.commit({"environments/staging/a.yaml": text(number, 3)}, message.replace("Promote", "Promote (#8)", 1))
        return
    desk.git("checkout", "-q", "-b", "promote/development-to-staging")
    desk.commit({"environments/staging/a.yaml": text(number, 3)}, message)
    desk.git("checkout", "-q", "main")
    desk.git(
        "merge", "-q", "--no-ff", "-m", "Merge pull request #8 from acme/promote/development-to-staging\n\nPromote", "-"
    )
    desk.git("branch", "-q", "-D", "promote/development-to-staging")


def test_a_change_that_would_be_proposed(bare: Desk) -> None:
    begun(bare)
    commit = change(bare, 2, "Use 2 (#7)")
    before = state_of(bare)
    found = planned(bare)
    assert state_of(bare) == before
    assert (found["version"], found["repository"], found["from"]) == (1, "local/shop", "clone")
    assert outcomes(found) == ["development staging propose", "staging production nothing"]
    first, second = found["promotions"]
    assert (first["commit"], first["base"], first["pull"], first["merges"]) == (commit, "configured", None, False)
    assert [(one["reference"], one["title"], one["author"]) for one in first["changes"]] == [
        ("#7", "Use 2", "ann@example.com")
    ]
    assert {one["name"]: one["state"] for one in first["gates"]} == {
        "order": "pass",
        "checks": "unknown",
        "policy": "unknown",
        "approvals": "unknown",
        "soak": "unknown",
    }
    assert "checks: ci" in first["rules"] and "1 approval of team qa" in first["rules"]
    assert second["reason"] == "production already has everything that staging holds"


def test_what_people_read(bare: Desk) -> None:
    begun(bare)
    short = change(bare, 2, "Use 2 (#7)")[:7]
    told = bare.run("plan").out
    golden = (Path(__file__).parent / "golden/plan.txt").read_text()
    assert told.replace(short, "COMMIT") == golden


def test_earlier_promotions_are_found_however_they_were_merged(bare: Desk) -> None:
    for squash in (False, True):
        desk = Desk(bare.top.parent / f"shop-{squash}", bare.home, bare.cache)
        begun(desk)
        promote(desk, 2, change(desk, 2, "Use 2 (#7)"), squash=squash)
        assert outcomes(planned(desk)) == ["development staging nothing", "staging production nothing"]
        change(desk, 3, "Use 3 (#9)")
        found = planned(desk)
        first, second = found["promotions"]
        assert (first["outcome"], first["base"]) == ("propose", "last promotion")
        assert [one["reference"] for one in first["changes"]] == ["#9"]
        assert first["last"]["pull"] == 8
        assert second["outcome"] == "nothing" and "on request" in second["reason"]
        stations = {
            one["reference"]: one["stations"] for one in json.loads(desk.run("status", "-f", "json").out)["changes"]
        }
        assert [one["state"] for one in stations["#7"]] == ["reached", "reached", "ahead"]
        assert "on request" in stations["#7"][2]["waits"]
        assert [one["state"] for one in stations["#9"]] == ["reached", "waiting", "ahead"]
        assert "only GitHub knows" in stations["#9"][1]["gate"]["reason"]
        assert stations["#7"][1]["pull"] == 8


def test_what_came_back_is_over_though_its_branch_is_still_there(bare: Desk) -> None:
    """A squash or a rebase does not hold the branch that it came from, so its pull request was taken for an open one;
    and the status did not tell a way back from a promotion."""
    begun(bare, RULES.replace("gates: {checks: [ci], soak: 1h}\n    approvers: {teams: [qa]}", "promote: auto"))
    promote(bare, 2, change(bare, 2, "Use 2 (#7)"), squash=True)
    fix = bare.commit({"environments/staging/a.yaml": text(3, 3)}, "Mend by hand (#9)")
    words = f"Bring back\n\nLockkeeper-Source: staging {fix}\nLockkeeper-Target: development\nLockkeeper-Seal: abc"
    bare.git("checkout", "-q", "-b", "back/staging-to-development")
    bare.commit({"environments/development/a.yaml": text(3)}, words)
    bare.git("checkout", "-q", "main")
    assert "\ndevelopment (back from staging): the pull request " in bare.run("status").out
    bare.commit({"environments/development/a.yaml": text(3)}, words.replace("Bring back", "Bring back (#10)"))
    told = bare.run("status").out
    assert "back from" not in told and "development: changes start here" in told


def test_each_application_has_promotions_of_its_own(bare: Desk) -> None:
    """What was promoted last of one application was taken for the last promotion of another."""
    values = "{{web: {0}/web.yaml, api: {0}/api.yaml}}"
    rules = "version: 1\nstrategy: values\nenvironments:\n"
    rules += f"  development: {{branch: main, values: {values.format('development')}}}\n"
    rules += f"  staging: {{batch: each, values: {values.format('staging')}}}\n"
    tag = "image: {{tag: {}}}\n".format
    bare.begin({PATH: rules, **{f"{one}/{app}.yaml": tag("1.0.0") for one in NAMES[:2] for app in ("web", "api")}})
    commit = bare.commit({"development/api.yaml": tag("2.0.0")}, "Newer (#7)")
    message = promotion("development", commit, "#7").replace("Promote", "Promote (#8)", 1)
    bare.commit({"staging/api.yaml": tag("2.0.0")}, message)
    rows = {one["application"]: one for one in planned(bare)["promotions"]}
    assert (rows["api"]["last"]["pull"], rows["web"]["last"]) == (8, None)


def test_a_conflict_is_told(bare: Desk) -> None:
    begun(bare)
    promote(bare, 2, change(bare, 2, "Use 2 (#7)"), squash=False)
    bare.commit({"environments/staging/a.yaml": text(5, 3)}, "Mend by hand")
    change(bare, 6, "Use 6 (#9)")
    (first, _) = planned(bare)["promotions"]
    assert first["outcome"] == "conflict"
    assert [one["path"] for one in first["conflicts"]] == ["environments/staging/a.yaml"]
    assert first["drift"] == ["environments/staging/a.yaml"]
    told = bare.run("plan").out
    assert "cannot go on: 1 conflict" in told and "environments/staging/a.yaml" in told


def test_rules_count_as_they_lie_here_and_branches_as_origin_has_them(bare: Desk) -> None:
    begun(bare)
    bare.git("update-ref", "refs/remotes/origin/main", "main")
    bare.git("remote", "add", "origin", "https://github.com/acme/shop.git")
    change(bare, 2, "Not pushed")
    found = planned(bare)
    assert found["repository"] == "acme/shop"
    assert outcomes(found)[0] == "development staging nothing"
    assert any("main is at" in note and "in origin, which counts" in note for note in found["notes"])
    bare.git("update-ref", "refs/remotes/origin/main", "main")
    bare.write({PATH: RULES.replace("checks: [ci], ", "")})
    (first, _) = planned(bare)["promotions"]
    assert "checks: ci" not in first["rules"] and first["outcome"] == "propose"


def test_branches(bare: Desk) -> None:
    environments = "{development: {branch: main}, staging: {branch: staging}, production: {branch: gone}}"
    rules = f"version: 1\nenvironments: {environments}\n"
    begun(bare, rules)
    bare.git("branch", "staging")
    change(bare, 2, "Use 2 (#7)")
    first, second = planned(bare)["promotions"]
    assert (first["outcome"], first["base"]) == ("propose", "merge base")
    assert second["reason"].startswith("branch `gone` of production does not exist")


def test_other_repositories_are_not_looked_into(bare: Desk) -> None:
    begun(
        bare, RULES.replace("production: {promote: manual}", "production: {strategy: repository, repository: acme/p}")
    )
    (_, second) = planned(bare)["promotions"]
    assert second["outcome"] == "nothing"
    assert second["reason"].startswith("acme/p cannot be reached: this is a clone of local/shop; `lockkeeper plan")


def test_a_repository_that_a_pipeline_leads_into_says_where_that_lies(bare: Desk) -> None:
    """It was said that there are no two environments, and the status was empty."""
    begun(bare, "version: 1\npipeline: acme/platform\n")
    for command in ("plan", "status"):
        done = bare.run(command)
        assert done.status == 2 and "its pipeline lies in acme/platform" in done.err
        assert "lockkeeper plan acme/platform" in done.err


def test_a_shallow_clone(bare: Desk) -> None:
    begun(bare)
    promote(bare, 2, change(bare, 2, "Use 2 (#7)"), squash=False)
    change(bare, 3, "Use 3 (#9)")
    bare.git("clone", "-q", "--depth", "1", f"file://{bare.top}", str(bare.home / "shallow"))
    shallow = Desk(bare.home / "shallow", bare.home, bare.cache)
    found = planned(shallow)
    assert any("shallow" in note for note in found["notes"])
    assert len(found["promotions"]) == 2


def test_where_there_is_nothing_to_plan(bare: Desk) -> None:
    bare.begin({"a.yaml": "a: 1\n"})
    found = planned(bare)
    assert found["promotions"] == [] and "there is no .github/lockkeeper.yaml" in found["notes"][0]
    bare.write({PATH: "version: 2\n"})
    broken = bare.run("plan")
    assert broken.status == 2 and f"{PATH}:1: error: version" in broken.err
    assert bare.run("plan", "no such thing").status == 2
    empty = bare.home / "empty"
    empty.mkdir()
    (empty / ".github").mkdir()
    (empty / PATH).write_text(RULES)
    outside = bare.run("plan", str(empty))
    assert outside.status == 2 and "there is no branch main here" in outside.err


def test_a_repository_takes_credentials(bare: Desk) -> None:
    bare.begin({"a.yaml": "a: 1\n"})
    done = bare.run("plan", "acme/shop")
    assert done.status == 2
    assert "GITHUB_APP_ID and GITHUB_PRIVATE_KEY are not both set" in done.err
    assert "WEBHOOK" not in done.err
