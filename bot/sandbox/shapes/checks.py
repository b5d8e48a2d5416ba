"""How are check runs, check suites, commit statuses and deployments written in JSON?"""

from __future__ import annotations

from bot.sandbox.records import CheckRun, CheckSuite, Deployment, DeploymentStatus, Pull, Repository, Status
from bot.sandbox.shapes import accounts, git, pulls, repositories
from bot.sandbox.shapes.repositories import page_url, repository_url
from bot.sandbox.state import Json, State, moment, node_id, stamp


def pulls_of(one: Repository, sha: str) -> list[Pull]:
    """Return open pull requests whose head is that commit of this repository; forks never show (as on GitHub)."""
    return [
        pull
        for pull in one.pulls
        if pull.head_sha == sha and pull.issue.state == "open" and pull.head_repository is one
    ]


def suite_state(suite: CheckSuite) -> tuple[str, str | None]:
    """Return (status, conclusion) of a suite: the worst of its runs, once all are complete."""
    if not suite.runs:
        return "queued", None
    if any(run.status != "completed" for run in suite.runs):
        return ("in_progress" if any(run.status != "queued" for run in suite.runs) else "queued"), None
    order = ("failure", "timed_out", "action_required", "cancelled", "stale", "success", "neutral", "skipped")
    return "completed", min((run.conclusion or "neutral" for run in suite.runs), key=order.index)


def run(state: State, one: Repository, what: CheckRun) -> Json:
    """Return a `check-run`."""
    url = f"{repository_url(state.links, one)}/check-runs/{what.id}"
    page = f"{page_url(state.links, one)}/runs/{what.id}"
    return {
        "id": what.id,
        "name": what.name,
        "node_id": node_id("CR", what.id),
        "head_sha": what.suite.head_sha,
        "external_id": what.external_id,
        "url": url,
        "html_url": page,
        "details_url": what.details_url or page,
        "status": what.status,
        "conclusion": what.conclusion,
        "started_at": moment(what.started_at),
        "completed_at": moment(what.completed_at),
        "output": {
            "title": what.title,
            "summary": what.summary,
            "text": what.text,
            "annotations_count": len(what.annotations),
            "annotations_url": f"{url}/annotations",
        },
        "check_suite": {"id": what.suite.id},
        "app": accounts.optional_app(state.links, what.suite.app),
        "pull_requests": [pulls.minimal(state, pull) for pull in pulls_of(one, what.suite.head_sha)],
    }


def hook_run(state: State, one: Repository, what: CheckRun) -> Json:
    """Return a check run as deliveries hold it: with its suite in full."""
    return {**run(state, one, what), "check_suite": _suite(state, one, what.suite)}


def _suite(state: State, one: Repository, what: CheckSuite) -> Json:
    status, conclusion = suite_state(what)
    return {
        "id": what.id,
        "node_id": node_id("CS", what.id),
        "head_branch": what.head_branch,
        "head_sha": what.head_sha,
        "status": status,
        "conclusion": conclusion,
        "url": f"{repository_url(state.links, one)}/check-suites/{what.id}",
        "before": what.before,
        "after": what.head_sha,
        "pull_requests": [pulls.minimal(state, pull) for pull in pulls_of(one, what.head_sha)],
        "app": accounts.optional_app(state.links, what.app),
        "created_at": stamp(what.created_at),
        "updated_at": stamp(what.updated_at),
    }


def hook_suite(state: State, one: Repository, what: CheckSuite) -> Json:
    """Return a check suite as its own deliveries hold it."""
    return {
        **_suite(state, one, what),
        "rerequestable": True,
        "runs_rerequestable": True,
        "latest_check_runs_count": len(what.runs),
        "check_runs_url": f"{repository_url(state.links, one)}/check-suites/{what.id}/check-runs",
        "head_commit": git.simple_commit(one, what.head_sha),
    }


def suite(state: State, one: Repository, what: CheckSuite) -> Json:
    """Return a `check-suite`."""
    return {**hook_suite(state, one, what), "repository": repositories.simple(state.links, one)}


def annotation(state: State, one: Repository, what: CheckRun, given: Json) -> Json:
    """Return a `check-annotation`."""
    href = f"{repository_url(state.links, one)}/contents/{given['path']}?ref={what.suite.head_sha}"
    names = ("path", "start_line", "end_line", "start_column", "end_column")
    texts = ("annotation_level", "title", "message", "raw_details")
    return {"blob_href": href, **{name: given.get(name) for name in (*names, *texts)}}


def status(state: State, one: Repository, what: Status) -> Json:
    """Return a `status`."""
    return {**simple_status(state, one, what), "creator": accounts.account(state.links, what.creator)}


def simple_status(state: State, one: Repository, what: Status) -> Json:
    """Return a `simple-commit-status`, as the combined status holds it."""
    return {
        "url": f"{repository_url(state.links, one)}/statuses/{what.sha}",
        "avatar_url": f"{state.links.root}/avatars/u/{what.creator.id}?v=4",
        "id": what.id,
        "node_id": node_id("SC", what.id),
        "state": what.state,
        "description": what.description,
        "target_url": what.target_url,
        "context": what.context,
        "created_at": stamp(what.created_at),
        "updated_at": stamp(what.created_at),
    }


def latest_statuses(one: Repository, sha: str) -> list[Status]:
    """Return the newest status per context."""
    newest = {status.context: status for status in one.statuses if status.sha == sha}
    return list(newest.values())


def combined_state(statuses: list[Status]) -> str:
    """Return failure, pending or success for the newest statuses of a commit (pending when there is none)."""
    states = {status.state for status in statuses}
    if states & {"error", "failure"}:
        return "failure"
    return "success" if states == {"success"} else "pending"


def deployment(state: State, one: Repository, what: Deployment) -> Json:
    """Return a `deployment`."""
    url = f"{repository_url(state.links, one)}/deployments/{what.id}"
    return {
        "url": url,
        "id": what.id,
        "node_id": node_id("DE", what.id),
        "task": what.task,
        "original_environment": what.environment,
        "environment": what.environment,
        "description": what.description,
        "created_at": stamp(what.created_at),
        "updated_at": stamp(what.updated_at),
        "statuses_url": f"{url}/statuses",
        "repository_url": repository_url(state.links, one),
        "creator": accounts.account(state.links, what.creator),
        "sha": what.sha,
        "ref": what.ref,
        "payload": what.payload,
        "transient_environment": what.transient_environment,
        "production_environment": what.production_environment,
        "performed_via_github_app": accounts.optional_app(state.links, what.app),
    }


def hook(shape: Json) -> Json:
    """Return a deployment or its status as deliveries hold it: the App without its client id."""
    app = shape["performed_via_github_app"]
    if not isinstance(app, dict):
        return shape
    return {**shape, "performed_via_github_app": {name: app[name] for name in app if name != "client_id"}}


def deployment_status(state: State, one: Repository, parent: Deployment, what: DeploymentStatus) -> Json:
    """Return a `deployment-status`."""
    url = f"{repository_url(state.links, one)}/deployments/{parent.id}"
    return {
        "url": f"{url}/statuses/{what.id}",
        "id": what.id,
        "node_id": node_id("DES", what.id),
        "state": what.state,
        "creator": accounts.account(state.links, what.creator),
        "description": what.description,
        "environment": what.environment,
        "target_url": what.log_url,
        "created_at": stamp(what.created_at),
        "updated_at": stamp(what.created_at),
        "deployment_url": url,
        "repository_url": repository_url(state.links, one),
        "environment_url": what.environment_url,
        "log_url": what.log_url,
        "performed_via_github_app": accounts.optional_app(state.links, what.app),
    }
