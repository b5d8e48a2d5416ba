"""Can set-up by App manifest be played from beginning to end?"""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client

from tests.sandbox_pages.conftest import REPOSITORY, Visitor

MANIFEST: dict[str, object] = {
    "name": "Second Keeper",
    "url": "https://keeper.example",
    "hook_attributes": {"url": "http://127.0.0.1:9/webhook"},
    "redirect_url": "http://127.0.0.1:9/setup?step=2",
    "default_permissions": {"checks": "write", "metadata": "read"},
    "default_events": ["push"],
}
FOR_ACME = "/organizations/acme/settings/apps"


def test_from_the_form_to_the_installed_app(visitor: Visitor) -> None:
    text = json.dumps(MANIFEST)
    page = visitor.press(f"{FOR_ACME}/new?state=abc", origin="http://127.0.0.1:9", manifest=text)
    assert page.status_code == 200
    assert "Create GitHub App for acme" in page.text
    assert "form-action 'self' http://127.0.0.1:9;" in page.headers["Content-Security-Policy"]
    assert not any(app.name == "Second Keeper" for app in visitor.world.apps.values()), "showing registers nothing"

    answer = visitor.press(FOR_ACME, manifest=text, name="Second Keeper", state="abc")
    there = urlsplit(answer.headers["Location"])
    assert (answer.status_code, there.netloc, there.path) == (302, "127.0.0.1:9", "/setup")
    query = parse_qs(there.query)
    assert (query["step"], query["state"]) == (["2"], ["abc"])

    api = Client(visitor.sandbox.gate)
    made = api.post(f"/api/v3/app-manifests/{query['code'][0]}/conversions", base_url=visitor.sandbox.url)
    assert made.status_code == 201
    assert (made.json["name"], made.json["permissions"]) == ("Second Keeper", MANIFEST["default_permissions"])

    slug = made.json["slug"]
    assert "Install" in visitor.read(f"/apps/{slug}")
    assert "acme/app" in visitor.read(f"/apps/{slug}/installations/new")
    answer = visitor.press(f"/apps/{slug}/installations", account="acme", reach="selected", repositories=REPOSITORY)
    assert "selected repositories" in visitor.read(answer.headers["Location"])
    assert visitor.events()[-1] == "installation.created"
    again = visitor.press(f"/apps/{slug}/installations", account="acme", reach="all")
    assert again.status_code == 422
    number = answer.headers["Location"].rpartition("/")[2]
    assert visitor.press(f"/settings/installations/{number}/uninstall").status_code == 303
    assert visitor.events()[-1] == "installation.deleted"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a JSON object"),
        ("{}", 'lacks "url"'),
        ('{"url": "https://a.example"}', 'lacks "redirect_url"'),
        ('{"url": "https://a.example", "redirect_url": "javascript:alert(1)"}', 'lacks "redirect_url"'),
        ('{"url": "https://a.example", "redirect_url": "http://a.example; script-src *"}', 'lacks "redirect_url"'),
        ('{"url": "https://a.example", "redirect_url": "http://[::1"}', 'lacks "redirect_url"'),
    ],
)
def test_bad_manifests(visitor: Visitor, text: str, words: str) -> None:
    for path in (f"{FOR_ACME}/new", FOR_ACME):
        answer = visitor.press(path, manifest=text, name="x")
        assert answer.status_code == 422
        assert words in answer.text.replace("&#34;", '"')


def test_only_owners_register_and_install(visitor: Visitor) -> None:
    visitor.become("bob")
    assert visitor.press(FOR_ACME, manifest=json.dumps(MANIFEST), name="x").status_code == 403
    assert visitor.press("/apps/lockkeeper/installations", account="acme", reach="all").status_code == 403
    assert visitor.press("/settings/apps", manifest=json.dumps(MANIFEST), name="x").status_code == 302, "for oneself"
    installation = next(iter(visitor.world.installations))
    assert visitor.press(f"/settings/installations/{installation}/uninstall").status_code == 403


def test_a_name_is_given_once(visitor: Visitor) -> None:
    page = visitor.press(f"{FOR_ACME}/new", origin=None, manifest=json.dumps(MANIFEST | {"name": "lockkeeper"}))
    assert "already taken" in page.text
    answer = visitor.press(FOR_ACME, manifest=json.dumps(MANIFEST), name="lockkeeper")
    assert answer.status_code == 422
    assert "Name is already taken" in answer.text
