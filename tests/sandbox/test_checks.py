"""Do check runs, statuses and deployments behave, and do GitHub's limits bite?"""

from __future__ import annotations

import pytest
from github import GithubException

from tests.sandbox.conftest import Town


def annotation(line: int, path: str = "README.md") -> dict[str, object]:
    return {
        "path": path,
        "start_line": line,
        "end_line": line,
        "annotation_level": "warning",
        "message": f"line {line}",
    }


def test_a_check_run_goes_from_queued_to_done(town: Town) -> None:
    head, bot = town.branch("feature"), town.bot()
    number = town.repo("bob").create_pull(base="main", head="feature", title="One").number
    run = bot.create_check_run("lint", head, status="in_progress", external_id="7", details_url="http://127.0.0.1/x")
    assert (run.status, run.conclusion, run.app.id) == ("in_progress", None, town.app.id)
    output = {"title": "Fine", "summary": "All *fine*", "annotations": [annotation(n) for n in range(1, 51)]}
    run.edit(status="completed", conclusion="success", output=output)
    run.edit(output={"title": "Fine", "summary": "Still", "annotations": [annotation(51)]})
    again = bot.get_check_run(run.id)
    assert (again.status, again.conclusion, again.output.summary) == ("completed", "success", "Still")
    assert again.output.annotations_count == 51
    assert [one.start_line for one in again.get_annotations()] == list(range(1, 52))
    assert [pull.number for pull in again.pull_requests] == [number]
    events = [event for event in town.events() if event.startswith("check")]
    assert events == [
        "check_suite.requested",
        "check_run.created",
        "check_run.completed",
        "check_suite.completed",
    ]
    suites = bot.get_commit(head).get_check_suites()
    assert [(suite.conclusion, suite.head_branch, suite.latest_check_runs_count) for suite in suites] == [
        ("success", "feature", 1)
    ]


def test_lists_show_the_newest_run_per_name_and_app(town: Town, key: str) -> None:
    world, head = town.sandbox.world, town.branch("feature")
    other = world.create_app("other", private_key_pem=key)
    world.install_app(other, "acme")
    old = world.report_check("acme/app", head, town.app, "lint", "failure")
    new = world.report_check("acme/app", head, town.app, "lint", "success")
    foreign = world.report_check("acme/app", head, other, "lint", "failure")
    commit = town.bot().get_commit(head)
    assert {run.id for run in commit.get_check_runs()} == {new.id, foreign.id}
    assert {run.id for run in commit.get_check_runs(filter="all")} == {old.id, new.id, foreign.id}
    assert commit.get_check_runs(check_name="nope").totalCount == 0
    requester = town.bot().requester
    url = f"/repos/acme/app/commits/{head}/check-runs"
    _, listed = requester.requestJsonAndCheck("GET", url, parameters={"app_id": other.id})
    assert [run["id"] for run in listed["check_runs"]] == [foreign.id]
    assert {run.id for run in town.repo("bob").get_commit("feature").get_check_runs()} == {new.id, foreign.id}


@pytest.mark.parametrize(
    ("output", "words"),
    [
        pytest.param({"title": "t", "summary": "é" * 32_768}, "Only 65535", id="summary counts bytes"),
        pytest.param({"title": "t", "summary": "s", "text": "x" * 65_536}, "Only 65535", id="text"),
        pytest.param(
            {"title": "t", "summary": "s", "annotations": [annotation(1)] * 51},
            "No more than 50",
            id="annotations",
        ),
        pytest.param({"title": "t"}, "summary", id="no summary"),
    ],
)
def test_limits_of_the_output(town: Town, output: dict[str, object], words: str) -> None:
    town.unjudged()  # the description knows no refusal of check runs
    head, bot = town.branch("feature"), town.bot()
    with pytest.raises(GithubException) as refused:
        bot.create_check_run("lint", head, status="completed", conclusion="success", output=output)
    assert refused.value.status == 422
    assert words in refused.value.data["message"]
    assert town.sandbox.world.check_runs("acme/app", head) == []
    fits = {"title": "t", "summary": "é" * 32_767, "text": "x" * 65_535}
    assert bot.create_check_run("lint", head, status="completed", conclusion="success", output=fits).id


@pytest.mark.parametrize(
    "actions",
    [
        pytest.param([{"label": "x" * 21, "description": "d", "identifier": "i"}], id="label of 21"),
        pytest.param([{"label": "x", "description": "d" * 41, "identifier": "i"}], id="description of 41"),
        pytest.param([{"label": "x", "description": "d", "identifier": "i" * 21}], id="identifier of 21"),
        pytest.param([{"label": "x", "description": "d", "identifier": "i"}] * 4, id="four"),
    ],
)
def test_limits_of_actions(town: Town, actions: list[dict[str, str]]) -> None:
    town.unjudged()
    head = town.branch("feature")
    with pytest.raises(GithubException) as refused:
        town.bot().create_check_run("lint", head, status="completed", conclusion="neutral", actions=actions)
    assert refused.value.status == 422


def test_check_runs_belong_to_apps(town: Town, key: str) -> None:
    world, head = town.sandbox.world, town.branch("feature")
    with pytest.raises(GithubException) as refused:
        town.repo("alice").create_check_run("lint", head)
    assert refused.value.status == 403
    other = world.create_app("other", private_key_pem=key)
    world.install_app(other, "acme")
    run = world.report_check("acme/app", head, other, "lint", "failure")
    with pytest.raises(GithubException) as refused:
        town.bot().get_check_run(run.id).edit(conclusion="success")
    assert (refused.value.status, run.conclusion) == (403, "failure")
    town.unjudged()
    with pytest.raises(GithubException) as refused:
        town.bot().create_check_run("lint", "0" * 40)
    assert refused.value.status == 422


def test_statuses_combine_and_fire(town: Town) -> None:
    head = town.branch("feature")
    commit = town.repo("bob").get_commit(head)
    assert commit.get_combined_status().state == "pending"
    commit.create_status("failure", context="ci", description="red")
    assert commit.get_combined_status().state == "failure"
    commit.create_status("success", context="ci")
    combined = commit.get_combined_status()
    assert (combined.state, combined.total_count) == ("success", 1)
    assert town.events().count("status") == 2
    town.unjudged()  # PyGithub lists statuses at an address of old
    assert [one.state for one in commit.get_statuses()] == ["success", "failure"]
    with pytest.raises(GithubException) as refused:
        commit.create_status("fine")
    assert refused.value.status == 422
    with pytest.raises(GithubException) as refused:
        town.bot().get_commit(head).create_status("success")
    assert refused.value.status == 403  # statuses: read only


def test_fork_pull_requests_stay_out_of_check_events(town: Town) -> None:
    world = town.sandbox.world
    world.add_fork("acme/app", "eve")
    head = world.commit("eve/app", "patch", {"x": "1"}, author="eve")
    number = town.client("eve").get_repo("acme/app").create_pull(base="main", head="eve:patch", title="Mine").number
    pull = town.bot().get_pull(number)
    assert (pull.head.repo.full_name, pull.head.label, pull.changed_files) == ("eve/app", "eve:patch", 1)
    run = town.bot().create_check_run("lint", head, status="completed", conclusion="success")
    assert run.pull_requests == []
    told = [one.payload["check_run"] for one in town.sandbox.deliveries.log if one.event == "check_run"][-1]
    assert (told["pull_requests"], told["check_suite"]["head_branch"]) == ([], None)


# ---- deployments


def test_deployments_and_their_statuses(town: Town) -> None:
    bot, sha = town.bot(), town.sandbox.world.branch_sha("acme/app", "main")
    options = {"required_contexts": [], "auto_merge": False, "environment": "staging"}
    first = bot.create_deployment(sha, payload={"source": "abc"}, description="to staging", **options)
    urls = {"environment_url": "http://127.0.0.1/staging", "target_url": "http://127.0.0.1/log"}
    first.create_status("success", description="done", **urls)
    second = bot.create_deployment(sha, **options)
    second.create_status("success", **urls)
    assert [one.id for one in bot.get_deployments(environment="staging", sha=sha)] == [second.id, first.id]
    assert [one.state for one in first.get_statuses()] == ["inactive", "success"]
    assert bot.get_deployment(first.id).payload == {"source": "abc"}
    assert town.events().count("deployment_status.created") == 3
    bot.create_check_run("lint", sha, status="completed", conclusion="failure")
    with pytest.raises(GithubException) as refused:
        bot.create_deployment(sha, auto_merge=False)
    assert refused.value.status == 409
