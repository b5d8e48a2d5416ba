"""Deployments and their statuses (docs: REST API, deployments)."""

from __future__ import annotations

from bot.sandbox.acts import branches, protection
from bot.sandbox.acts import checks as acts
from bot.sandbox.api.door import Area, Call, Reply
from bot.sandbox.records import Deployment, DeploymentStatus
from bot.sandbox.refusal import Refusal, malformed, not_found
from bot.sandbox.shapes import checks

area = Area()
ONE = "/repos/<owner>/<repo>/deployments/<int:deployment_id>"
STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")


def _find(call: Call) -> Deployment:
    for one in call.repository.deployments:
        if one.id == call.number("deployment_id"):
            return one
    raise not_found()


@area.route("GET", "/repos/<owner>/<repo>/deployments", "deployments:read")
def list_deployments(call: Call) -> Reply:
    """List deployments, newest first."""
    wanted = {name: call.query(name) for name in ("sha", "ref", "task", "environment")}
    found = [
        one
        for one in call.repository.deployments
        if all(value in ("", getattr(one, name)) for name, value in wanted.items())
    ]
    return call.page(found[::-1], lambda one: checks.deployment(call.world, call.repository, one))


@area.route("POST", "/repos/<owner>/<repo>/deployments", "deployments:write", role="write")
def create_deployment(call: Call) -> Reply:
    """Create a deployment; 409 when required checks are not green, 202 when the default branch was merged first."""
    one, body = call.repository, call.body
    ref = body.text("ref")
    sha = one.git.resolve(ref)
    if sha is None:
        raise Refusal(422, f"No ref found for: {ref}")
    if body.flag("auto_merge", True) and one.git.branch(ref) and ref != one.default_branch:
        merged = _auto_merge(call, ref, sha)
        if merged is not None:
            return merged
    _check_contexts(call, sha, ref)
    payload = body.values.get("payload", {})
    if not isinstance(payload, dict | str):
        raise malformed("For 'properties/payload', it is neither an object nor a string.")
    now, environment = call.world.now(), body.text("environment", "production")
    made = Deployment(
        id=call.world.next_id(),
        sha=sha,
        ref=ref,
        task=body.text("task", "deploy"),
        payload=payload,
        environment=environment,
        description=body.optional("description"),
        creator=call.actor.someone,
        created_at=now,
        updated_at=now,
        transient_environment=body.flag("transient_environment"),
        production_environment=body.flag("production_environment", environment == "production"),
    )
    acts.create_deployment(call.world, one, call.actor.someone, made, call.actor.app)
    shape = checks.deployment(call.world, one, made)
    return Reply(201, shape, {"Location": str(shape["url"])})


def _auto_merge(call: Call, ref: str, sha: str) -> Reply | None:
    one = call.repository
    tip = one.git.branch(one.default_branch)
    if tip is None or one.git.is_ancestor(tip, sha):
        return None
    tree = one.git.merge_trees(sha, tip)
    if tree is None:
        raise Refusal(409, f"Conflict merging {one.default_branch} into {ref}.")
    who = call.world.signature(call.actor.someone)
    new = one.git.write_commit(tree, [sha, tip], f"Merge branch '{one.default_branch}' into {ref}", who, who)
    branches.move(call.world, one, f"refs/heads/{ref}", new, call.actor.someone)
    return Reply(202, {"message": f"Auto-merged {one.default_branch} into {ref} on deployment."})


def _check_contexts(call: Call, sha: str, ref: str) -> None:
    one = call.repository
    if "required_contexts" in call.body and call.body.values["required_contexts"] is not None:
        contexts = call.body.texts("required_contexts")
    else:
        statuses = [status.context for status in checks.latest_statuses(one, sha)]
        contexts = statuses + [run.name for run in protection.latest_runs(one, sha)]
    if any(protection.check_word(one, sha, context, None) != "success" for context in contexts):
        raise Refusal(409, f"Conflict: Commit status checks failed for {ref}.")


@area.route("GET", ONE, "deployments:read")
def get_deployment(call: Call) -> Reply:
    """Get a deployment."""
    return Reply(200, checks.deployment(call.world, call.repository, _find(call)))


@area.route("DELETE", ONE, "deployments:write", role="write")
def delete_deployment(call: Call) -> Reply:
    """Delete a deployment that is not active."""
    one = _find(call)
    if one.statuses and one.statuses[-1].state != "inactive" and len(call.repository.deployments) > 1:
        raise Refusal(
            422,
            "We cannot delete an active deployment unless it is the only deployment in a given environment.",
        )
    call.repository.deployments.remove(one)
    return Reply(204)


@area.route("GET", f"{ONE}/statuses", "deployments:read")
def list_statuses(call: Call) -> Reply:
    """List the statuses of a deployment, newest first."""
    parent = _find(call)
    return call.page(
        parent.statuses[::-1], lambda one: checks.deployment_status(call.world, call.repository, parent, one)
    )


@area.route("POST", f"{ONE}/statuses", "deployments:write", role="write")
def create_status(call: Call) -> Reply:
    """Say how a deployment stands."""
    parent, body = _find(call), call.body
    state = body.text("state")
    if state not in STATES:
        raise malformed(f"For 'properties/state', {state} is not a member of {list(STATES)}.")
    description = body.text("description", "")
    if len(description) > 140:
        raise malformed(f"Only 140 characters are allowed; {len(description)} were supplied.")
    made = DeploymentStatus(
        id=call.world.next_id(),
        state=state,
        creator=call.actor.someone,
        description=description,
        environment=body.text("environment", parent.environment),
        log_url=body.optional("log_url") or body.text("target_url", ""),
        environment_url=body.text("environment_url", ""),
        created_at=call.world.now(),
        app=call.actor.app,
    )
    acts.create_deployment_status(
        call.world, call.repository, parent, made, auto_inactive=body.flag("auto_inactive", True)
    )
    shape = checks.deployment_status(call.world, call.repository, parent, made)
    return Reply(201, shape, {"Location": str(shape["url"])})
