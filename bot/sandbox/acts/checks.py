"""What do Apps report on commits? Check runs and suites, statuses, deployments, each with GitHub's limits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.sandbox.acts.events import fire
from bot.sandbox.records import (
    Account,
    App,
    CheckRun,
    CheckSuite,
    Deployment,
    DeploymentStatus,
    Repository,
    Status,
)
from bot.sandbox.refusal import Refusal, custom, invalid, malformed
from bot.sandbox.shapes import checks, git, repositories
from bot.sandbox.state import Json, State

TEXT_BYTES = 65_535
ANNOTATIONS = 50
RUNS_PER_NAME = 1000
CONCLUSIONS = (
    "action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out",
)  # fmt: skip
STATUSES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
LEVELS = ("notice", "warning", "failure")
ACTION_LIMITS = {"label": 20, "description": 40, "identifier": 20}


# ---- check runs


def suite_for(state: State, repository: Repository, app: App, sha: str) -> CheckSuite:
    """Return the App's suite on a commit, made when there is none yet."""
    for suite in repository.suites:
        if suite.app is app and suite.head_sha == sha:
            return suite
    now = state.now()
    branch = next((name for name, tip in repository.git.refs("refs/heads/").items() if tip == sha), None)
    short = branch.removeprefix("refs/heads/") if branch else None
    suite = CheckSuite(state.next_id(), app, sha, short, None, now, now)
    repository.suites.append(suite)
    return suite


def create_run(state: State, repository: Repository, app: App, sha: str, fields: Mapping[str, object]) -> CheckRun:
    """Report a check run. `fields` are those of the request (docs: create a check run), not yet checked."""
    commit = repository.git.resolve(sha) if len(sha) == 40 else None
    if commit is None:
        raise Refusal(422, f"No commit found for SHA: {sha}")
    suite = suite_for(state, repository, app, commit)
    name = str(fields["name"])
    if sum(run.name == name for run in suite.runs) >= RUNS_PER_NAME:
        suite.runs.remove(next(run for run in suite.runs if run.name == name))
    run = CheckRun(state.next_id(), suite, name, state.now())
    _check_fields(fields)
    suite.runs.append(run)
    _apply(state, run, fields)
    run.first_id = run.external_id
    _notify(state, repository, run, "created", app.bot)
    if run.status == "completed":
        _notify(state, repository, run, "completed", app.bot)
        _suite_done(state, repository, suite, app.bot)
    return run


def update_run(
    state: State, repository: Repository, run: CheckRun, sender: Account, fields: Mapping[str, object]
) -> None:
    """Change a check run; annotations are appended to those it has."""
    _check_fields(fields)
    before = run.status
    _apply(state, run, fields)
    run.suite.updated_at = state.now()
    if run.status == "completed" and before != "completed":
        _notify(state, repository, run, "completed", sender)
        _suite_done(state, repository, run.suite, sender)
    elif run.status != "completed" and before == "completed":
        _notify(state, repository, run, "created", sender)


def rerequest(state: State, repository: Repository, run: CheckRun, sender: Account) -> None:
    """Ask the App of a check run to run it again."""
    payload: Json = {"action": "rerequested", "check_run": checks.hook_run(state, repository, run)}
    fire(state, "check_run", repository, sender, payload, only=run.suite.app)


def rerequest_suite(state: State, repository: Repository, suite: CheckSuite, sender: Account) -> None:
    """Ask the App of a suite to run all of it again."""
    payload: Json = {"action": "rerequested", "check_suite": checks.hook_suite(state, repository, suite)}
    fire(state, "check_suite", repository, sender, payload, only=suite.app)


def _check_fields(fields: Mapping[str, object]) -> None:
    status, conclusion = fields.get("status"), fields.get("conclusion")
    if status is not None and status not in STATUSES:
        raise malformed(f"For 'properties/status', {status} is not a member of {list(STATUSES)}.")
    if conclusion is not None and conclusion not in CONCLUSIONS:
        raise malformed(f"For 'properties/conclusion', {conclusion} is not a member of {list(CONCLUSIONS)}.")
    if status == "completed" and conclusion is None:
        raise malformed('"conclusion" wasn\'t supplied.')
    output, actions = fields.get("output"), fields.get("actions")
    if isinstance(output, dict):
        _check_output(output)
    if isinstance(actions, list):
        if len(actions) > 3:
            raise malformed(f"No more than 3 items are allowed; {len(actions)} were supplied.")
        for action in actions:
            for name, limit in ACTION_LIMITS.items():
                text = action.get(name) if isinstance(action, dict) else None
                if not isinstance(text, str):
                    raise malformed(f'"{name}" wasn\'t supplied.')
                if len(text) > limit:
                    raise malformed(f"Only {limit} characters are allowed; {len(text)} were supplied.")


def _check_output(output: Mapping[str, object]) -> None:
    if "summary" not in output:
        raise malformed('"summary" wasn\'t supplied.')
    for name in ("summary", "text"):
        text = output.get(name)
        if isinstance(text, str) and len(text.encode()) > TEXT_BYTES:
            raise malformed(f"Only {TEXT_BYTES} characters are allowed; {len(text.encode())} were supplied.")
    annotations = output.get("annotations")
    if not isinstance(annotations, list):
        return
    if len(annotations) > ANNOTATIONS:
        raise malformed(f"No more than {ANNOTATIONS} items are allowed; {len(annotations)} were supplied.")
    for one in annotations:
        if not isinstance(one, dict):
            raise malformed(f"For 'items', {one!r} is not an object.")
        for name in ("path", "start_line", "end_line", "annotation_level", "message"):
            if one.get(name) is None:
                raise malformed(f'"{name}" wasn\'t supplied.')
        if one["annotation_level"] not in LEVELS:
            raise malformed(f"{one['annotation_level']} is not a member of {list(LEVELS)}.")
        if len(str(one["message"]).encode()) > 65_536 or len(str(one.get("title") or "")) > 255:
            raise malformed("An annotation's message holds 64 KB and its title 255 characters.")


def _apply(state: State, run: CheckRun, fields: Mapping[str, object]) -> None:
    for name in ("name", "external_id", "details_url", "status"):
        value = fields.get(name)
        if isinstance(value, str):
            setattr(run, name, value)
    conclusion = fields.get("conclusion")
    if isinstance(conclusion, str):
        run.conclusion, run.status = conclusion, "completed"
        run.completed_at = _time(fields.get("completed_at")) or state.now()
    elif isinstance(fields.get("status"), str) and run.status != "completed":
        run.conclusion = run.completed_at = None
    run.started_at = _time(fields.get("started_at")) or run.started_at
    output = fields.get("output")
    if isinstance(output, dict):
        for name in ("title", "summary", "text"):
            if isinstance(output.get(name), str):
                setattr(run, name, output[name])
        run.annotations += [dict(one) for one in output.get("annotations") or []]
    actions = fields.get("actions")
    if isinstance(actions, list):
        run.actions = [dict(one) for one in actions]


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise malformed(f"{value} is not a valid date-time.") from error


def _notify(state: State, repository: Repository, run: CheckRun, action: str, sender: Account) -> None:
    payload: Json = {"action": action, "check_run": checks.hook_run(state, repository, run)}
    fire(state, "check_run", repository, sender, payload)


def _suite_done(state: State, repository: Repository, suite: CheckSuite, sender: Account) -> None:
    suite.updated_at = state.now()
    if checks.suite_state(suite)[0] == "completed":
        payload: Json = {"action": "completed", "check_suite": checks.hook_suite(state, repository, suite)}
        fire(state, "check_suite", repository, sender, payload)


# ---- statuses


def create_status(  # noqa: PLR0913  the parts of the request GitHub defines
    state: State,
    repository: Repository,
    sha: str,
    creator: Account,
    *,
    value: str,
    context: str = "default",
    description: str | None = None,
    target_url: str | None = None,
) -> Status:
    """Set a commit status and fire status; at most 1,000 per commit and context."""
    commit = repository.git.resolve(sha)
    if commit is None:
        raise Refusal(422, f"No commit found for SHA: {sha}")
    if value not in ("error", "failure", "pending", "success"):
        raise invalid("Status", "state")
    if description is not None and len(description) > 140:
        raise invalid("Status", "description", "custom", "description is too long (maximum is 140 characters)")
    if sum(one.sha == commit and one.context == context for one in repository.statuses) >= 1000:
        raise custom("Status", "This SHA and context has reached the maximum number of statuses.")
    one = Status(state.next_id(), commit, value, context, description, target_url, creator, state.now())
    repository.statuses.append(one)
    url = repositories.repository_url(state.links, repository)
    tips = [
        name.removeprefix("refs/heads/") for name, tip in repository.git.refs("refs/heads/").items() if tip == commit
    ]
    shape = checks.status(state, repository, one)
    payload: Json = {
        "id": one.id,
        "sha": commit,
        "name": repository.full_name,
        "avatar_url": shape["avatar_url"],
        "target_url": target_url,
        "context": context,
        "description": description,
        "state": value,
        "commit": git.hook_commit(state, repository, commit),
        "branches": [
            {
                "name": name,
                "commit": {"sha": commit, "url": f"{url}/commits/{commit}"},
                "protected": name in repository.protections,
            }
            for name in tips
        ],
        "created_at": shape["created_at"],
        "updated_at": shape["updated_at"],
    }
    fire(state, "status", repository, creator, payload)
    return one


# ---- deployments


def create_deployment(
    state: State, repository: Repository, creator: Account, one: Deployment, app: App | None = None
) -> Deployment:
    """File a deployment and fire deployment created."""
    one.app = app
    repository.deployments.append(one)
    payload: Json = {
        "action": "created",
        "deployment": checks.hook(checks.deployment(state, repository, one)),
        "workflow": None,
        "workflow_run": None,
    }
    fire(state, "deployment", repository, creator, payload)
    return one


def create_deployment_status(
    state: State, repository: Repository, parent: Deployment, one: DeploymentStatus, *, auto_inactive: bool
) -> None:
    """File a status of a deployment and fire deployment_status created.

    With `auto_inactive`, a success makes earlier lasting, non-production deployments of the environment inactive.
    """
    parent.statuses.append(one)
    parent.updated_at = state.now()
    _notify_status(state, repository, parent, one)
    if one.state != "success" or not auto_inactive:
        return
    for other in repository.deployments:
        if other is parent or other.environment != parent.environment or other.id > parent.id:
            continue
        if other.transient_environment or other.production_environment or not other.statuses:
            continue
        if other.statuses[-1].state == "success":
            gone = DeploymentStatus(
                id=state.next_id(),
                state="inactive",
                creator=one.creator,
                description="",
                environment=other.environment,
                log_url=other.statuses[-1].log_url,
                environment_url=other.statuses[-1].environment_url,
                created_at=state.now(),
                app=one.app,
            )
            other.statuses.append(gone)
            _notify_status(state, repository, other, gone)


def _notify_status(state: State, repository: Repository, parent: Deployment, one: DeploymentStatus) -> None:
    payload: Json = {
        "action": "created",
        "deployment_status": checks.hook(checks.deployment_status(state, repository, parent, one)),
        "deployment": checks.hook(checks.deployment(state, repository, parent)),
        "check_run": None,
        "workflow": None,
        "workflow_run": None,
    }
    fire(state, "deployment_status", repository, one.creator, payload)
