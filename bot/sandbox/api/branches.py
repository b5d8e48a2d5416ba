"""Branches and their protection (docs: REST API, branches, branch protection)."""

from __future__ import annotations

from bot.sandbox.api.door import Area, Body, Call, Reply
from bot.sandbox.records import Protection
from bot.sandbox.refusal import Refusal, malformed
from bot.sandbox.shapes import git, repositories
from bot.sandbox.state import Json

area = Area()


def _short(call: Call, name: str, sha: str) -> Json:
    one, links = call.repository, call.world.links
    rules = one.protections.get(name)
    url = repositories.repository_url(links, one)
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{url}/commits/{sha}"},
        "protected": rules is not None,
        "protection": repositories.short_protection(rules),
        "protection_url": f"{url}/branches/{name}/protection",
    }


@area.route("GET", "/repos/<owner>/<repo>/branches", "contents:read")
def list_branches(call: Call) -> Reply:
    """List branches."""
    refs = call.repository.git.refs("refs/heads/")
    pairs = [(name.removeprefix("refs/heads/"), sha) for name, sha in refs.items()]
    wanted = call.query("protected")
    if wanted:
        pairs = [pair for pair in pairs if (pair[0] in call.repository.protections) == (wanted == "true")]
    return call.page(pairs, lambda pair: _short(call, *pair))


@area.route("GET", "/repos/<owner>/<repo>/activity", "contents:read")
def list_activities(call: Call) -> Reply:
    """List the moves of branches, newest first; GitHub pages with cursors, here there is one page."""
    wanted, kind = call.query("ref"), call.query("activity_type")
    ref = wanted if wanted.startswith("refs/") or not wanted else f"refs/heads/{wanted}"
    _, size = call.window()
    every = [one for one in call.repository.activities if ref in ("", one.ref) and kind in ("", one.kind)]
    newest = every if call.query("direction") == "asc" else every[::-1]
    return Reply(200, [repositories.activity(call.world.links, one) for one in newest[:size]])


def _existing(call: Call) -> tuple[str, str]:
    name = call.word("branch")
    sha = call.repository.git.branch(name)
    if sha is None:
        raise Refusal(404, "Branch not found")
    return name, sha


@area.route("GET", "/repos/<owner>/<repo>/branches/<path:branch>", "contents:read")
def get_branch(call: Call) -> Reply:
    """Get a branch."""
    name, sha = _existing(call)
    page = f"{repositories.page_url(call.world.links, call.repository)}/tree/{name}"
    url = f"{repositories.repository_url(call.world.links, call.repository)}/branches/{name}"
    commit = git.commit(call.world, call.repository, sha)
    return Reply(200, {**_short(call, name, sha), "commit": commit, "_links": {"self": url, "html": page}})


PROTECTION = "/repos/<owner>/<repo>/branches/<path:branch>/protection"


def _rules(call: Call) -> tuple[str, Protection]:
    name, _ = _existing(call)
    rules = call.repository.protections.get(name)
    if rules is None:
        raise Refusal(404, "Branch not protected")
    return name, rules


@area.route("GET", PROTECTION, "administration:read", role="admin")
def get_protection(call: Call) -> Reply:
    """Get branch protection."""
    return Reply(200, repositories.protection(call.world.links, call.repository, *_rules(call)))


@area.route("PUT", PROTECTION, "administration:write", role="admin")
def update_protection(call: Call) -> Reply:
    """Set branch protection; the four main parts must be there, null to leave one off."""
    name, _ = _existing(call)
    for part in ("required_status_checks", "enforce_admins", "required_pull_request_reviews", "restrictions"):
        if part not in call.body:
            raise malformed(f'"{part}" wasn\'t supplied.')
    checks, reviews = (
        call.body.part("required_status_checks"),
        call.body.part("required_pull_request_reviews"),
    )
    rules = Protection(
        enforce_admins=call.body.flag("enforce_admins"),
        linear_history=call.body.flag("required_linear_history"),
        allow_force_pushes=call.body.flag("allow_force_pushes"),
        allow_deletions=call.body.flag("allow_deletions"),
        conversation_resolution=call.body.flag("required_conversation_resolution"),
    )
    if checks is not None:
        rules.checks, rules.strict = _required(checks), checks.flag("strict")
    if reviews is not None:
        count = reviews.values.get("required_approving_review_count", 1)
        if not isinstance(count, int) or not 0 <= count <= 6:
            raise malformed("required_approving_review_count lies between 0 and 6.")
        rules.reviews = count
        rules.dismiss_stale = reviews.flag("dismiss_stale_reviews")
        rules.code_owners = reviews.flag("require_code_owner_reviews")
        rules.last_push_approval = reviews.flag("require_last_push_approval")
    call.repository.protections[name] = rules
    return get_protection(call)


def _required(checks: Body) -> list[tuple[str, int | None]]:
    named = checks.values.get("checks")
    if not isinstance(named, list):
        return [(name, None) for name in checks.texts("contexts")]
    pairs: list[tuple[str, int | None]] = []
    for one in named:
        app = one.get("app_id") if isinstance(one, dict) else None
        pairs.append((str(one["context"]), app if isinstance(app, int) and app != -1 else None))
    known = {name for name, _ in pairs}
    return pairs + [(name, None) for name in checks.texts("contexts") if name not in known]


@area.route("DELETE", PROTECTION, "administration:write", role="admin")
def delete_protection(call: Call) -> Reply:
    """Take branch protection away."""
    name, _ = _rules(call)
    del call.repository.protections[name]
    return Reply(204)
