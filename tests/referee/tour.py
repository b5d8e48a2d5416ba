"""Which exchanges show every operation of the stand-in, and the ways it refuses? One walk through all of it."""

from __future__ import annotations

import base64

from tests.referee.visitor import REPO, Json, Visitor

NOWHERE = "0" * 40


def walk(visitor: Visitor) -> None:
    """Go through everything once; an unexpected answer is an AssertionError."""
    organization(visitor)
    apps(visitor)
    repositories(visitor)
    protection(visitor)
    git(visitor)
    files(visitor)
    number, head = pulls(visitor)
    checks(visitor, head)
    issues(visitor, number)
    reviews(visitor, number)
    merging(visitor, number)
    deployments(visitor)
    refusals(visitor)


def organization(visitor: Visitor) -> None:
    see = visitor.see
    see("bob", "", "user user/repos users/bob users/ann/repos rate_limit meta apps/keeper orgs/acme")
    see("bob", "/orgs/acme", "members members/bob memberships/bob repos teams teams/leads teams/leads/members")
    see("bob", "/orgs/acme/teams/leads", "memberships/bob")


def apps(visitor: Visitor) -> None:
    do, see, world = visitor.do, visitor.see, visitor.world
    number = visitor.installation.id
    see("jwt", "", f"app app/installations app/installations/{number} app/hook/config app/hook/deliveries")
    see("jwt", "", f"{REPO[1:]}/installation orgs/acme/installation")
    do("jwt", "PATCH", "/app/hook/config", {"content_type": "json"})
    tokens = f"/app/installations/{number}/access_tokens"
    do("jwt", "POST", tokens)
    narrow = {"repositories": ["shop"], "permissions": {"contents": "read"}}
    token = do("jwt", "POST", tokens, narrow)["token"]
    for who in (token, "bot"):
        do(who, "GET", "/installation/repositories")
    do(token, "DELETE", "/installation/token", status=204)
    sent = do("jwt", "GET", "/app/hook/deliveries")[0]["id"]
    do("jwt", "GET", f"/app/hook/deliveries/{sent}")
    do("jwt", "POST", f"/app/hook/deliveries/{sent}/attempts", status=202)
    single = world.install_app(visitor.app, "dan")
    do("jwt", "GET", "/users/dan/installation")
    world.uninstall_app(single)
    manifest = {
        "name": "Other Keeper",
        "url": "https://lockkeeper.example",
        "hook_attributes": {"url": "https://lockkeeper.example/webhook"},
        "default_events": ["push"],
        "default_permissions": {"contents": "write"},
        "public": False,
    }
    code = world.register_manifest(manifest, "acme")
    do("", "POST", f"/app-manifests/{code}/conversions", status=201)


def repositories(visitor: Visitor) -> None:
    do, see = visitor.do, visitor.see
    do("ann", "POST", "/orgs/acme/repos", {"name": "second", "private": True, "auto_init": True})
    do("dan", "POST", "/user/repos", {"name": "mine", "description": "x", "auto_init": True})
    do("dan", "POST", f"{REPO}/forks", {}, status=202)
    for who in ("ann", "bot", "dan"):
        see(who, REPO, ".")
    do("dan", "GET", "/repos/dan/shop")
    do("ann", "PATCH", REPO, {"delete_branch_on_merge": False, "description": "The shop"})
    do("ann", "PUT", f"{REPO}/collaborators/dan", {"permission": "pull"})
    see("ann", REPO, "collaborators collaborators/bob collaborators/bob/permission collaborators/dan/permission")
    see("ann", REPO, "assignees assignees/bob teams branches branches/main")
    do("ann", "DELETE", f"{REPO}/collaborators/dan", status=204)


def protection(visitor: Visitor) -> None:
    do, rules = visitor.do, f"{REPO}/branches/main/protection"
    wish: Json = {
        "required_status_checks": {
            "strict": False,
            "contexts": [],
            "checks": [{"context": "ci", "app_id": -1}],
        },
        "enforce_admins": False,
        "required_pull_request_reviews": {"required_approving_review_count": 1},
        "restrictions": None,
    }
    do("ann", "PUT", rules, wish)
    do("ann", "GET", rules)
    visitor.see("bob", REPO, "branches/main branches?protected=true")
    do("ann", "DELETE", rules, status=204)


def git(visitor: Visitor) -> None:
    do, database = visitor.do, f"{REPO}/git"
    tip = do("bob", "GET", f"{database}/ref/heads/main")["object"]["sha"]
    blob = do("bob", "POST", f"{database}/blobs", {"content": "a: 1\n", "encoding": "utf-8"})["sha"]
    entries = [{"path": "new/a.yaml", "mode": "100644", "type": "blob", "sha": blob}]
    tree = do("bob", "POST", f"{database}/trees", {"base_tree": tip, "tree": entries})["sha"]
    addition = {"message": "Add", "tree": tree, "parents": [tip]}
    made = do("bob", "POST", f"{database}/commits", addition)["sha"]
    for name in ("feature/one", "gone"):
        do("bob", "POST", f"{database}/refs", {"ref": f"refs/heads/{name}", "sha": tip}, status=201)
    do("bob", "PATCH", f"{database}/refs/heads/feature/one", {"sha": made, "force": False})
    do("bob", "DELETE", f"{database}/refs/heads/gone", status=204)
    visitor.see("bob", database, f"blobs/{blob} trees/{tree} trees/{tree}?recursive=1 commits/{made}")
    visitor.see("bob", database, "matching-refs/heads/feature")
    visitor.see("bob", REPO, f"commits commits?sha=main&per_page=1 commits/{made} commits/{made}/pulls")
    visitor.see("bob", REPO, "commits/feature/one compare/main...feature/one compare/main...main branches/feature/one")


def files(visitor: Visitor) -> None:
    def packed(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    do, path = visitor.do, f"{REPO}/contents/notes.txt"
    visitor.see("bob", f"{REPO}/contents", "base base/deployment.yaml?ref=main")
    do("bob", "GET", f"{REPO}/contents/")
    wish = {"message": "Note", "content": packed("note\n"), "branch": "feature/one"}
    first = do("bob", "PUT", path, wish, status=201)["content"]["sha"]
    wish = {"message": "More", "content": packed("notes\n"), "branch": "feature/one", "sha": first}
    second = do("bob", "PUT", path, wish, status=200)["content"]["sha"]
    do("bob", "DELETE", path, {"message": "No", "sha": second, "branch": "feature/one"})


def pulls(visitor: Visitor) -> tuple[int, str]:
    """Open a draft; its number and head."""
    change = {"title": "One", "head": "feature/one", "base": "main", "body": "Text", "draft": True}
    number: int = visitor.do("bob", "POST", f"{REPO}/pulls", change, status=201)["number"]
    pull = f"{REPO}/pulls/{number}"
    visitor.do("bob", "PATCH", pull, {"title": "The one", "body": ""})
    visitor.see("bob", pull, ". files commits")
    visitor.see("bob", REPO, "pulls pulls?state=all&base=main pulls?head=acme:feature/one")
    return number, str(visitor.do("bob", "GET", pull)["head"]["sha"])


def checks(visitor: Visitor, head: str) -> None:
    do, see = visitor.do, visitor.see
    line = {"path": "new/a.yaml", "start_line": 1, "end_line": 1}
    mark = {**line, "annotation_level": "warning", "message": "M"}
    fresh = {"name": "keeper / one", "head_sha": head, "status": "in_progress", "external_id": "x"}
    run = do("bot", "POST", f"{REPO}/check-runs", fresh, status=201)
    path, suite = f"check-runs/{run['id']}", f"check-suites/{run['check_suite']['id']}"
    output = {"title": "T", "summary": "S", "annotations": [mark]}
    do("bot", "PATCH", f"{REPO}/{path}", {"conclusion": "failure", "output": output})
    see("bot", REPO, f"{path} {path}/annotations {suite} {suite}/check-runs commits/{head}/check-runs")
    see("bot", REPO, "commits/feature/one/check-suites")
    for each in (path, suite):
        do("bob", "POST", f"{REPO}/{each}/rerequest", status=201)
    state = {"state": "success", "context": "ci", "description": "D", "target_url": "https://ci.example/1"}
    do("bob", "POST", f"{REPO}/statuses/{head}", state, status=201)
    see("bob", REPO, f"commits/{head}/statuses commits/{head}/status commits/main/status")


def issues(visitor: Visitor, pull: int) -> None:
    do, see = visitor.do, visitor.see
    wish = {"title": "Broken", "body": "B", "labels": ["bug"]}
    number = do("bob", "POST", f"{REPO}/issues", wish, status=201)["number"]
    do("bob", "PATCH", f"{REPO}/issues/{number}", {"state": "closed", "state_reason": "completed"})
    on = f"{REPO}/issues/{pull}"
    comment = do("bot", "POST", f"{on}/comments", {"body": "Hello"}, status=201)["id"]
    said = f"{REPO}/issues/comments/{comment}"
    do("bot", "PATCH", said, {"body": "Hello again"})
    liked = do("bob", "POST", f"{said}/reactions", {"content": "rocket"}, status=201)["id"]
    do("bob", "POST", f"{on}/reactions", {"content": "eyes"}, status=201)
    do("bob", "POST", f"{REPO}/labels", {"name": "ready to go", "color": "00ff00", "description": "D"})
    do("bob", "POST", f"{on}/labels", {"labels": ["ready to go"]})
    do("bob", "PUT", f"{on}/labels", {"labels": ["bug", "other"]})
    do("bob", "POST", f"{on}/assignees", {"assignees": ["bob", "ann"]}, status=201)
    see("bob", REPO, f"issues issues?state=all issues/{number} issues/comments labels labels/ready%20to%20go")
    see("bob", on, ". comments reactions labels")
    see("bob", said, ". reactions")
    do("bob", "DELETE", f"{on}/assignees", {"assignees": ["ann"]})
    do("bob", "DELETE", f"{said}/reactions/{liked}", status=204)
    do("bob", "PATCH", f"{REPO}/labels/other", {"new_name": "another", "color": "112233"})
    do("bob", "DELETE", f"{on}/labels/bug")
    do("bob", "DELETE", f"{on}/labels", status=204)
    do("bob", "DELETE", f"{REPO}/labels/another", status=204)
    do("bot", "DELETE", said, status=204)


def reviews(visitor: Visitor, number: int) -> None:
    do, pull = visitor.do, f"{REPO}/pulls/{number}"
    head = do("bob", "GET", pull)["head"]["sha"]
    do("bob", "POST", f"{REPO}/labels", {"name": "wait: a/b 100%", "color": "ff0000"}, status=201)
    do("bob", "POST", f"{REPO}/issues/{number}/labels", {"labels": ["wait: a/b 100%"]})
    asked = {"reviewers": ["ann"], "team_reviewers": ["leads"]}
    do("bob", "POST", f"{pull}/requested_reviewers", asked, status=201)
    visitor.see("bob", pull, "requested_reviewers")
    do("bob", "DELETE", f"{pull}/requested_reviewers", {"reviewers": [], "team_reviewers": ["leads"]})
    approved = do("ann", "POST", f"{pull}/reviews", {"event": "APPROVE", "body": "Good"})["id"]
    pending = do("ann", "POST", f"{pull}/reviews", {"body": "Wait"})["id"]
    do("ann", "POST", f"{pull}/reviews/{pending}/events", {"event": "COMMENT", "body": "Done"})
    line = {"body": "Here", "commit_id": head, "path": "new/a.yaml", "line": 1, "side": "RIGHT"}
    do("ann", "POST", f"{pull}/comments", line, status=201)
    visitor.see("bob", pull, f"reviews reviews/{approved} comments")
    do("ann", "PUT", f"{pull}/reviews/{approved}/dismissals", {"message": "Look again"})


def merging(visitor: Visitor, number: int) -> None:
    do, world, draft = visitor.do, visitor.world, f"{REPO}/pulls/{number}"
    head = do("bob", "GET", draft)["head"]["sha"]
    do("bob", "GET", f"{draft}/merge", status=404)
    do("bob", "PUT", f"{draft}/merge", {"sha": head}, status=405)
    do("bob", "PATCH", draft, {"state": "closed"})
    world.commit("acme/shop", "feature/two", {"two.yaml": "a: 2\n"}, author="bob")
    fresh = {"title": "Two", "head": "feature/two", "base": "main"}
    second = do("bob", "POST", f"{REPO}/pulls", fresh, status=201)["number"]
    pull = f"{REPO}/pulls/{second}"
    do("bob", "PUT", f"{pull}/merge", {"sha": NOWHERE}, status=409)
    world.commit("acme/shop", "main", {"three.yaml": "a: 3\n"}, author="ann")
    do("bob", "PUT", f"{pull}/update-branch", {}, status=202)
    for status in (201, 204):
        do("bob", "POST", f"{REPO}/merges", {"base": "feature/one", "head": "main"}, status=status)
    do("bob", "PUT", f"{pull}/merge", {"merge_method": "squash", "commit_title": "Two"})
    do("bob", "GET", f"{pull}/merge", status=204)
    visitor.see("bob", REPO, f"pulls/{second} pulls?state=closed issues/{second}")


def deployments(visitor: Visitor) -> None:
    do, wish = visitor.do, {"ref": "main", "environment": "production", "auto_merge": False}
    details = {"required_contexts": [], "description": "D", "payload": {"a": 1}}
    number = do("bot", "POST", f"{REPO}/deployments", {**wish, **details}, status=201)["id"]
    one = f"{REPO}/deployments/{number}"
    links = {"environment_url": "https://shop.example", "log_url": "https://ci.example/2"}
    for state in ({"state": "in_progress"}, {"state": "success", **links}, {"state": "inactive", **links}):
        do("bot", "POST", f"{one}/statuses", {**state, "description": "Up"}, status=201)
    visitor.see("bot", REPO, "deployments deployments?environment=production activity activity?ref=main&per_page=100")
    visitor.see("bot", one, ". statuses")
    do("bot", "DELETE", one, status=204)


TOKENS = "/app/installations/{installation}/access_tokens"
REFUSED: tuple[tuple[int, str, str, str, Json], ...] = (
    (401, "expired", "POST", TOKENS, None),
    (401, "expired", "GET", "/orgs/acme/installation", None),
    (401, "", "GET", "/user", None),
    (401, "ghp_wrong", "GET", REPO, None),
    (403, "bot", "GET", "/user", None),
    (403, "dan", "POST", f"{REPO}/git/refs", {"ref": "refs/heads/x", "sha": NOWHERE}),
    (403, "dan", "PUT", f"{REPO}/pulls/1/merge", {}),
    (403, "bob", "POST", f"{REPO}/check-runs", {"name": "x", "head_sha": NOWHERE}),
    (403, "dan", "GET", f"{REPO}/collaborators/bob/permission", None),
    (404, "dan", "GET", "/repos/acme/second", None),
    (404, "dan", "GET", "/users/nobody", None),
    (404, "bob", "GET", f"{REPO}/pulls/999", None),
    (404, "bob", "GET", f"{REPO}/issues/999", None),
    (404, "bob", "GET", f"{REPO}/git/ref/heads/nowhere", None),
    (404, "bob", "GET", f"{REPO}/branches/nowhere", None),
    (404, "bob", "GET", f"{REPO}/contents/nowhere.txt", None),
    (404, "bob", "GET", f"{REPO}/compare/main...nowhere", None),
    (404, "bob", "GET", f"{REPO}/collaborators/dan", None),
    (404, "bob", "GET", f"{REPO}/assignees/dan", None),
    (404, "bob", "GET", "/orgs/acme/members/dan", None),
    (404, "ann", "GET", f"{REPO}/branches/main/protection", None),
    (404, "bot", "GET", f"{REPO}/check-runs/1", None),
    (404, "bot", "GET", f"{REPO}/deployments/1", None),
    (404, "jwt", "GET", "/app/installations/1", None),
    (404, "jwt", "POST", "/app/installations/1/access_tokens", None),
    (404, "jwt", "GET", "/orgs/nowhere/installation", None),
    (404, "bob", "GET", "/orgs/acme/memberships/dan", None),
    (422, "jwt", "POST", TOKENS, {"permissions": {"no_such_thing": "read"}}),
    (422, "bob", "GET", f"{REPO}/commits/nowhere", None),
    (422, "bob", "POST", f"{REPO}/git/refs", {"ref": "refs/heads/main", "sha": NOWHERE}),
    (422, "bob", "POST", f"{REPO}/pulls", {"title": "x", "head": "nowhere", "base": "main"}),
    (422, "bob", "POST", f"{REPO}/pulls", {"title": "x", "head": "main", "base": "main"}),
    (422, "bob", "POST", f"{REPO}/pulls", {"base": "main"}),
    (422, "bob", "POST", f"{REPO}/labels", {"name": "bug", "color": "ffffff"}),
)


def refusals(visitor: Visitor) -> None:
    for status, who, method, path, body in REFUSED:
        at = path.replace("{installation}", str(visitor.installation.id))
        visitor.do(who, method, at, body, status=status)
