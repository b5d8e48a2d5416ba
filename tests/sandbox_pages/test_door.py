"""Who may press? Only pages of ours, at an address of this machine, as a person who exists."""

from __future__ import annotations

import pytest

from tests.sandbox_pages.conftest import REPOSITORY, Visitor


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://evil.example", "https://127.0.0.1", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"],
)
def test_forms_of_other_sites_do_nothing(visitor: Visitor, origin: str | None) -> None:
    answer = visitor.press(f"{visitor.here}/comment", origin=origin, body="x", deed="comment")
    assert answer.status_code == 403
    assert "did not come from a page of this GitHub stand-in" in answer.text
    assert visitor.world.comments_of(REPOSITORY, visitor.number) == []


def test_every_form_but_the_manifest_wants_its_origin(visitor: Visitor) -> None:
    from bot.sandbox.pages.blueprint import SECTIONS

    posts = [route for section in SECTIONS for route in section.routes if route.method == "POST"]
    assert len(posts) > 12
    elsewhere = {route.path for route in posts if route.from_elsewhere}
    assert elsewhere == {"/settings/apps/new", "/organizations/<organization>/settings/apps/new"}


def test_a_foreign_name_is_not_answered(visitor: Visitor) -> None:
    """DNS rebinding: a name of somebody's that leads here, so that their page may read ours."""
    answer = visitor.client.get("/", base_url="http://rebound.example:80")
    assert answer.status_code == 421
    assert "acme" not in answer.text
    assert visitor.client.get("/", base_url="http://localhost:8080").status_code == 200


def test_the_chosen_person_is_remembered(visitor: Visitor) -> None:
    assert "as alice" in visitor.read(visitor.here)
    visitor.become("carol")
    assert "as carol" in visitor.read(visitor.here)
    assert visitor.press("/_sandbox/person", login="acme", back="/").status_code == 422
    assert visitor.press("/_sandbox/person", login="nobody", back="/").status_code == 404


@pytest.mark.parametrize(
    ("back", "goes"),
    [
        ("/acme/app?x=1", "/acme/app?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("", "/"),
    ],
)
def test_choosing_leads_back_inside(visitor: Visitor, back: str, goes: str) -> None:
    assert visitor.press("/_sandbox/person", login="bob", back=back).headers["Location"] == goes


def test_the_api_still_speaks_json(visitor: Visitor) -> None:
    answer = visitor.look(f"/api/v3/repos/{REPOSITORY}")
    assert answer.is_json
