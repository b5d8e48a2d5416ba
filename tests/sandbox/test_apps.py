"""Are Apps let in by the rules for JWTs and installation tokens, and do their permissions bind?"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
import requests
from github import GithubException

from bot.sandbox.keys import Keys
from tests.sandbox.conftest import Town


def ask(town: Town, method: str, path: str, credential: str = "", **body: object) -> requests.Response:
    headers = {"Accept": "application/vnd.github+json"}
    if credential:
        headers["Authorization"] = f"Bearer {credential}"
    return requests.request(method, town.sandbox.api_url + path, headers=headers, json=body or None, timeout=10)


def make_jwt(town: Town, key: str = "", **claims: object) -> str:
    now = int(time.time())
    return jwt.encode(
        {"iat": now - 10, "exp": now + 500, "iss": str(town.app.id), **claims},
        key or town.app.private_key_pem,
        algorithm="RS256",
    )


def test_the_app_sees_itself_and_its_installations(town: Town) -> None:
    app = town.integration.get_app()
    assert (app.id, app.slug, app.permissions["checks"]) == (town.app.id, "lockkeeper", "write")
    (installation,) = town.integration.get_installations()
    assert installation.id == town.installation.id
    assert town.integration.get_repo_installation("acme", "app").id == installation.id
    assert town.integration.get_org_installation("acme").id == installation.id
    assert [repo.full_name for repo in installation.get_repos()] == ["acme/app"]
    with pytest.raises(GithubException) as refused:
        town.integration.get_repo_installation("acme", "none")
    assert refused.value.status == 404
    assert ask(town, "GET", "/app", make_jwt(town, iss=town.app.client_id)).status_code == 200


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        pytest.param(lambda now: {"exp": now + 700}, "too far in the future", id="longer than ten minutes"),
        pytest.param(lambda now: {"exp": now - 1}, "'Expiration time' claim ('exp')", id="over"),
        pytest.param(lambda now: {"iat": now + 300}, "'Issued at' claim ('iat')", id="from the future"),
    ],
)
def test_jwts_that_are_refused(town: Town, claims: Callable[[int], dict[str, int]], words: str) -> None:
    answer = ask(town, "GET", "/app", make_jwt(town, **claims(int(time.time()))))
    assert (answer.status_code, words in answer.json()["message"]) == (401, True)


def test_a_jwt_of_another_key_or_app_is_refused(town: Town) -> None:
    forged = ask(town, "GET", "/app", make_jwt(town, Keys.generate().private))
    assert (forged.status_code, forged.json()["message"]) == (401, "A JSON web token could not be decoded")
    unknown = ask(town, "GET", "/app", make_jwt(town, iss="999999"))
    assert (unknown.status_code, unknown.json()["message"]) == (404, "Integration not found")
    person = ask(town, "GET", "/app", town.people["alice"].token)
    assert person.status_code == 401


def test_tokens_end_after_an_hour(town: Town) -> None:
    world = town.sandbox.world
    token = world.issue_token(town.installation).token
    assert token.startswith("ghs_") and len(token) != 40
    assert ask(town, "GET", "/repos/acme/app", token).status_code == 200
    real = world.now
    world.now = lambda: real() + timedelta(minutes=61)
    answer = ask(town, "GET", "/repos/acme/app", token)
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


def test_tokens_can_be_narrowed_but_not_widened(town: Town) -> None:
    world = town.sandbox.world
    world.add_repository("acme/other", files={"a": "1"}, private=True)
    path = f"/app/installations/{town.installation.id}/access_tokens"
    narrow = ask(town, "POST", path, make_jwt(town), repositories=["app"], permissions={"contents": "read"}).json()
    assert (narrow["repository_selection"], [one["name"] for one in narrow["repositories"]]) == ("selected", ["app"])
    assert ask(town, "GET", "/repos/acme/other", narrow["token"]).status_code == 404
    assert ask(town, "GET", "/repos/acme/app/pulls", narrow["token"]).status_code == 403
    wide = ask(town, "POST", path, make_jwt(town), permissions={"administration": "write"})
    assert wide.status_code == 422
    lost = ask(town, "POST", path, make_jwt(town), repositories=["nope"])
    assert lost.status_code == 422


PERMISSIONS = [
    # permission that is missing, request it forbids
    ("checks", "POST", "/repos/acme/app/check-runs", {"name": "x", "head_sha": "MAIN"}),
    ("contents", "PUT", "/repos/acme/app/contents/x", {"message": "x", "content": "eA=="}),
    ("contents", "POST", "/repos/acme/app/git/refs", {"ref": "refs/heads/x", "sha": "MAIN"}),
    ("contents", "PUT", "/repos/acme/app/pulls/1/merge", {}),
    ("pull_requests", "POST", "/repos/acme/app/pulls", {"title": "x", "head": "x", "base": "main"}),
    ("pull_requests", "PATCH", "/repos/acme/app/pulls/1", {"title": "x"}),
    ("pull_requests", "POST", "/repos/acme/app/pulls/1/reviews", {"event": "COMMENT", "body": "x"}),
    ("pull_requests", "POST", "/repos/acme/app/pulls/1/requested_reviewers", {"reviewers": ["carol"]}),
    ("deployments", "POST", "/repos/acme/app/deployments", {"ref": "main"}),
    ("members", "GET", "/orgs/acme/teams/reviewers/members", {}),
    ("administration", "GET", "/repos/acme/app/branches/main/protection", {}),
    ("administration", "PUT", "/repos/acme/app/collaborators/eve", {"permission": "push"}),
    ("statuses", "POST", "/repos/acme/app/statuses/MAIN", {"state": "success"}),
]


@pytest.mark.parametrize(("missing", "method", "path", "body"), PERMISSIONS)
def test_an_installation_may_do_what_it_was_granted(
    town: Town, missing: str, method: str, path: str, body: dict[str, object]
) -> None:
    world = town.sandbox.world
    town.branch("feature")
    world.open_pull("acme/app", "bob", head="feature")
    held = {name: level for name, level in town.installation.permissions.items() if name != missing}
    token = world.issue_token(town.installation, held).token
    main = world.branch_sha("acme/app", "main") or ""
    filled = {name: main if value == "MAIN" else value for name, value in body.items()}
    answer = ask(town, method, path.replace("MAIN", main), token, **filled)
    assert (answer.status_code, answer.json()["message"]) == (403, "Resource not accessible by integration")


def test_comments_need_issues_or_pull_requests(town: Town) -> None:
    world = town.sandbox.world
    town.branch("feature")
    world.open_pull("acme/app", "bob", head="feature")
    path = "/repos/acme/app/issues/1/comments"
    for held, status in [({"issues": "write"}, 201), ({"pull_requests": "write"}, 201), ({"issues": "read"}, 403)]:
        if held["issues" if "issues" in held else "pull_requests"] == "read":
            held |= {"pull_requests": "read"}
        assert ask(town, "POST", path, world.issue_token(town.installation, held).token, body="x").status_code == status


def test_credentials(town: Town) -> None:
    wrong = ask(town, "GET", "/repos/acme/app", "nonsense")
    assert (wrong.status_code, wrong.json()["message"]) == (401, "Bad credentials")
    assert ask(town, "GET", "/repos/acme/app").status_code == 200
    nobody = ask(town, "POST", "/repos/acme/app/labels", name="x")
    assert (nobody.status_code, nobody.json()["message"]) == (401, "Requires authentication")
    bot = ask(town, "GET", "/user", town.sandbox.world.issue_token(town.installation).token)
    assert bot.status_code == 403
    app_elsewhere = ask(town, "GET", "/repos/acme/app", make_jwt(town))
    assert app_elsewhere.status_code == 403


def test_an_app_is_made_from_its_manifest(town: Town) -> None:
    manifest = {
        "name": "Lock Keeper Two",
        "url": "https://example.com",
        "hook_attributes": {"url": "http://127.0.0.1:9/hook"},
        "default_permissions": {"checks": "write"},
        "default_events": ["push"],
    }
    code = town.sandbox.world.register_manifest(manifest, "acme")
    made = ask(town, "POST", f"/app-manifests/{code}/conversions")
    assert made.status_code == 201
    app = made.json()
    assert (app["slug"], app["permissions"], app["events"]) == ("lock-keeper-two", {"checks": "write"}, ["push"])
    assert "BEGIN RSA PRIVATE KEY" in app["pem"] and app["webhook_secret"]
    assert ask(town, "POST", f"/app-manifests/{code}/conversions").status_code == 404
    own = jwt.encode(
        {"iat": int(time.time()), "exp": int(time.time()) + 60, "iss": app["id"] and str(app["id"])},
        app["pem"],
        algorithm="RS256",
    )
    assert ask(town, "GET", "/app", own).json()["name"] == "Lock Keeper Two"


def test_an_uninstalled_app_is_out(town: Town) -> None:
    world = town.sandbox.world
    token = world.issue_token(town.installation).token
    world.uninstall_app(town.installation)
    assert ask(town, "GET", "/repos/acme/app", token).status_code == 401
    assert town.events()[-1] == "installation.deleted"
    with pytest.raises(GithubException):
        town.integration.get_repo_installation("acme", "app")
