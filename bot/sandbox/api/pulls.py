"""Pull requests (docs: REST API, pulls)."""

from __future__ import annotations

from collections.abc import Callable

from bot.sandbox.acts import pulls as acts
from bot.sandbox.api.door import Area, Call, Reply
from bot.sandbox.records import Pull
from bot.sandbox.refusal import Refusal, malformed
from bot.sandbox.shapes import git, pulls

area = Area()
PULL = "/repos/<owner>/<repo>/pulls/<int:pull_number>"
FILES, COMMITS = 3000, 250


def find(call: Call) -> Pull:
    """Return the pull request of the path."""
    return call.world.pull(call.repository, call.number("pull_number"))


@area.route("GET", "/repos/<owner>/<repo>/pulls", "pull_requests:read")
def list_pulls(call: Call) -> Reply:
    """List pull requests; newest first unless asked otherwise."""
    state, base, head = call.query("state", "open"), call.query("base"), call.query("head")
    found = [pull for pull in call.repository.pulls if state in ("all", pull.issue.state)]
    if base:
        found = [pull for pull in found if pull.base_ref == base]
    if ":" in head:  # GitHub ignores a head without its owner
        found = [pull for pull in found if f"{pull.head_owner.login}:{pull.head_ref}".lower() == head.lower()]
    sort = call.query("sort", "created")
    keys: dict[str, Callable[[Pull], float]] = {
        "updated": lambda pull: pull.issue.updated_at.timestamp(),
        "popularity": lambda pull: float(len(pull.issue.comments)),
        "long-running": lambda pull: -pull.issue.created_at.timestamp(),
    }
    found.sort(key=lambda pull: (keys[sort](pull) if sort in keys else 0.0, pull.number))
    if call.query("direction", "desc" if sort == "created" or not call.query("sort") else "asc") == "desc":
        found.reverse()
    return call.page(found, lambda pull: pulls.simple(call.world, pull))


@area.route("POST", "/repos/<owner>/<repo>/pulls", "pull_requests:write")
def create_pull(call: Call) -> Reply:
    """Open a pull request."""
    body = call.body
    if "issue" in body:
        raise Refusal(
            422, "Validation Failed", [{"resource": "PullRequest", "code": "unprocessable", "field": "issue"}]
        )
    made = acts.create(
        call.world,
        call.repository,
        call.actor.someone,
        title=body.text("title"),
        body=body.optional("body"),
        head=body.text("head"),
        base=body.text("base"),
        draft=body.flag("draft"),
        maintainer_can_modify=body.flag("maintainer_can_modify", True),
        app=call.actor.app,
    )
    shape = _full(call, made)
    return Reply(201, shape, {"Location": str(shape["url"])})


def _full(call: Call, pull: Pull) -> dict[str, object]:
    return pulls.pull(call.world, pull, acts.mergeable(call.world, pull, read=True))


@area.route("GET", PULL, "pull_requests:read")
def get_pull(call: Call) -> Reply:
    """Get a pull request; `mergeable` is null at first, while it is computed."""
    pull = find(call)
    if call.accepts("diff"):
        store = call.repository.git
        raw = store.run("diff", "-M", pulls.fork_point(pull), pull.head_sha).stdout
        return Reply(200, raw=raw, media="application/vnd.github.diff; charset=utf-8")
    return Reply(200, _full(call, pull))


@area.route("PATCH", PULL, "pull_requests:write", signed_in=True)
def update_pull(call: Call) -> Reply:
    """Change title, body, base or state."""
    pull, who = find(call), call.actor.someone
    own = pull.issue.user is who or call.actor.installation is not None
    if not own and not call.world.has_role(call.repository, who, "triage"):
        raise Refusal(403, "Must have push access to repository.")
    changes = {name: call.body.optional(name) for name in ("title", "body", "state", "base") if name in call.body}
    if changes.get("state") not in (None, "open", "closed"):
        raise malformed(f"For 'properties/state', {changes['state']} is not a member of ['open', 'closed'].")
    acts.update(call.world, pull, who, changes)
    return Reply(200, _full(call, pull))


@area.route("GET", f"{PULL}/files", "pull_requests:read")
def list_files(call: Call) -> Reply:
    """List the files a pull request changes, against its merge base."""
    pull = find(call)
    changes = call.repository.git.changes(pulls.fork_point(pull), pull.head_sha)[:FILES]
    return call.page(changes, lambda change: git.diff_entry(call.world, call.repository, pull.head_sha, change))


@area.route("GET", f"{PULL}/commits", "pull_requests:read")
def list_commits(call: Call) -> Reply:
    """List the commits of a pull request, oldest first."""
    pull = find(call)
    shas = call.repository.git.commits([pull.head_sha], [pulls.fork_point(pull)], "--topo-order")[::-1]
    return call.page(shas[:COMMITS], lambda sha: git.commit(call.world, call.repository, sha))
