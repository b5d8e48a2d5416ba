"""Check runs, check suites and commit statuses (docs: REST API, checks, statuses)."""

from __future__ import annotations

from bot.sandbox.acts import checks as acts
from bot.sandbox.acts.protection import latest_runs
from bot.sandbox.api.commits import find as find_commit
from bot.sandbox.api.door import Area, Call, Reply
from bot.sandbox.records import App, CheckRun, CheckSuite, Repository
from bot.sandbox.refusal import Refusal, not_found
from bot.sandbox.shapes import checks, repositories
from bot.sandbox.state import Json

area = Area()
RUN = "/repos/<owner>/<repo>/check-runs/<int:check_run_id>"
SUITE = "/repos/<owner>/<repo>/check-suites/<int:check_suite_id>"


def _app(call: Call) -> App:
    if call.actor.app is None:
        raise Refusal(403, "You must authenticate via a GitHub App.")
    return call.actor.app


def _run(call: Call) -> CheckRun:
    for suite in call.repository.suites:
        for run in suite.runs:
            if run.id == call.number("check_run_id"):
                return run
    raise not_found()


def _shape(call: Call, run: CheckRun) -> Json:
    return checks.run(call.world, call.repository, run)


@area.route("POST", "/repos/<owner>/<repo>/check-runs", "checks:write")
def create_run(call: Call) -> Reply:
    """Create a check run, as an App."""
    app, body = _app(call), call.body
    body.text("name"), body.text("head_sha")
    run = acts.create_run(call.world, call.repository, app, body.text("head_sha"), body.values)
    shape = _shape(call, run)
    return Reply(201, shape, {"Location": str(shape["url"])})


@area.route("PATCH", RUN, "checks:write")
def update_run(call: Call) -> Reply:
    """Update a check run of the same App."""
    app, run = _app(call), _run(call)
    if run.suite.app is not app:
        raise Refusal(403, "Invalid app_id - check run can only be modified by the GitHub App that created it.")
    acts.update_run(call.world, call.repository, run, call.actor.someone, call.body.values)
    return Reply(200, _shape(call, run))


@area.route("GET", RUN, "checks:read")
def get_run(call: Call) -> Reply:
    """Get a check run."""
    return Reply(200, _shape(call, _run(call)))


@area.route("GET", f"{RUN}/annotations", "checks:read")
def list_annotations(call: Call) -> Reply:
    """List the annotations of a check run."""
    run = _run(call)
    return call.page(run.annotations, lambda one: checks.annotation(call.world, call.repository, run, one))


@area.route("POST", f"{RUN}/rerequest", "checks:write", role="write")
def rerequest_run(call: Call) -> Reply:
    """Ask the App to run a check again."""
    acts.rerequest(call.world, call.repository, _run(call), call.actor.someone)
    return Reply(201, {})


def _listed(call: Call, runs: list[CheckRun]) -> Reply:
    name, status, app = call.query("check_name"), call.query("status"), call.query("app_id")
    kept = [
        run
        for run in runs
        if name in ("", run.name)
        and status in ("", run.status)
        and (not app or (run.suite.app is not None and str(run.suite.app.id) == app))
    ]
    return call.page(kept[::-1], lambda run: _shape(call, run), ("check_runs", {}))


@area.route("GET", "/repos/<owner>/<repo>/commits/<path:ref>/check-runs", "checks:read")
def list_runs(call: Call) -> Reply:
    """List the check runs of a commit: the newest per App and name, or all."""
    sha = find_commit(call.repository, call.word("ref"))
    if call.query("filter", "latest") == "all":
        every = [run for suite in call.repository.suites if suite.head_sha == sha for run in suite.runs]
        return _listed(call, sorted(every, key=lambda run: run.id))
    return _listed(call, latest_runs(call.repository, sha))


# ---- suites


def _suite(call: Call) -> CheckSuite:
    for suite in call.repository.suites:
        if suite.id == call.number("check_suite_id"):
            return suite
    raise not_found()


@area.route("GET", "/repos/<owner>/<repo>/commits/<path:ref>/check-suites", "checks:read")
def list_suites(call: Call) -> Reply:
    """List the check suites of a commit."""
    sha, app = find_commit(call.repository, call.word("ref")), call.query("app_id")
    found = [
        suite
        for suite in call.repository.suites
        if suite.head_sha == sha and (not app or (suite.app is not None and str(suite.app.id) == app))
    ]
    name = call.query("check_name")
    if name:
        found = [suite for suite in found if any(run.name == name for run in suite.runs)]
    return call.page(found, lambda suite: checks.suite(call.world, call.repository, suite), ("check_suites", {}))


@area.route("GET", SUITE, "checks:read")
def get_suite(call: Call) -> Reply:
    """Get a check suite."""
    return Reply(200, checks.suite(call.world, call.repository, _suite(call)))


@area.route("GET", f"{SUITE}/check-runs", "checks:read")
def list_suite_runs(call: Call) -> Reply:
    """List the check runs of a suite."""
    return _listed(call, _suite(call).runs)


@area.route("POST", f"{SUITE}/rerequest", "checks:write", role="write")
def rerequest_suite(call: Call) -> Reply:
    """Ask the App to run all checks of a suite again."""
    acts.rerequest_suite(call.world, call.repository, _suite(call), call.actor.someone)
    return Reply(201, {})


# ---- statuses


@area.route("POST", "/repos/<owner>/<repo>/statuses/<sha>", "statuses:write", role="write")
def create_status(call: Call) -> Reply:
    """Set a commit status; anyone with write access may."""
    body = call.body
    made = acts.create_status(
        call.world,
        call.repository,
        call.word("sha"),
        call.actor.someone,
        value=body.text("state"),
        context=body.text("context", "default"),
        description=body.optional("description"),
        target_url=body.optional("target_url"),
    )
    shape = checks.status(call.world, call.repository, made)
    return Reply(201, shape, {"Location": str(shape["url"])})


@area.route("GET", "/repos/<owner>/<repo>/statuses/<path:ref>", "statuses:read")  # the old address
@area.route("GET", "/repos/<owner>/<repo>/commits/<path:ref>/statuses", "statuses:read")
def list_statuses(call: Call) -> Reply:
    """List all statuses of a commit, newest first."""
    one: Repository = call.repository
    sha = find_commit(one, call.word("ref"))
    found = [status for status in one.statuses if status.sha == sha][::-1]
    return call.page(found, lambda status: checks.status(call.world, one, status))


@area.route("GET", "/repos/<owner>/<repo>/commits/<path:ref>/status", "statuses:read")
def get_combined(call: Call) -> Reply:
    """Get the combined status of a commit: the newest per context."""
    one = call.repository
    sha = find_commit(one, call.word("ref"))
    newest = checks.latest_statuses(one, sha)
    url = repositories.repository_url(call.world.links, one)
    extra: Json = {
        "state": checks.combined_state(newest),
        "sha": sha,
        "repository": repositories.simple(call.world.links, one),
        "commit_url": f"{url}/commits/{sha}",
        "url": f"{url}/commits/{sha}/status",
    }
    return call.page(newest, lambda status: checks.simple_status(call.world, one, status), ("statuses", extra))
