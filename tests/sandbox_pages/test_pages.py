"""Is there a page for everything, at every address the stand-in gives out?"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from werkzeug.test import Client

from tests.sandbox_pages.conftest import REPOSITORY, Visitor

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def full(visitor: Visitor) -> None:
    """Let there be some of everything."""
    world, sha = visitor.world, visitor.head
    world.protect(REPOSITORY, "main", required_checks=["manifests", "never reported"], required_reviews=1)
    notes = [
        {"path": "base/deployment.yaml", "start_line": 3, "end_line": 3, "annotation_level": "failure",
         "title": "Old image", "message": "web:2 is old", "raw_details": "see <b>"},
        {"path": "README.md", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "elsewhere"},
    ]  # fmt: skip
    output = {"title": "1 problem", "summary": "| a |\n| - |\n| **b** |", "text": "All `text`", "annotations": notes}
    world.report_check(REPOSITORY, sha, visitor.app, "manifests", "failure", output=output)
    world.report_check(REPOSITORY, sha, visitor.app, "waiting", None)
    world.set_status(REPOSITORY, sha, "bob", "success", "build")
    world.comment(REPOSITORY, visitor.number, "carol", "Nice :) @bob")
    world.review(REPOSITORY, visitor.number, "carol", "REQUEST_CHANGES", "Not yet")
    world.set_labels(REPOSITORY, visitor.number, "alice", ["promotion"])


def test_the_first_page_lists_repositories_and_people(visitor: Visitor) -> None:
    page = visitor.read("/")
    assert "acme/app" in page
    assert all(f'href="/{login}"' in page for login in ("alice", "bob", "acme"))
    assert "/apps/lockkeeper" in page


def test_repository(visitor: Visitor) -> None:
    full(visitor)
    page = visitor.read(f"/{REPOSITORY}")
    assert "feature/two" in page
    assert visitor.head[:7] in page
    assert "Raise the image" in page
    assert "base" in page
    assert "README.md" in page
    assert "protected" in page


def test_a_pull_request_tells_all(visitor: Visitor) -> None:
    full(visitor)
    page = visitor.read(visitor.here)
    for words in (
        "Raise the image", "#1", "Open", "wants to merge 1 commit into", "feature/two",
        '<strong><a class="mention" href="/carol">@carol</a></strong>', "Nice :)", "requested changes", "Not yet",
        "added the label", "promotion", "manifests", "1 problem", "Required", "never reported", "waiting", "build",
        "Expected — waiting for status to be reported", "Some checks were not successful", "Merging is blocked",
        "At least 1 approving review is required by reviewers with write access.",
        "1 review requesting changes by reviewers with write access.",
    ):  # fmt: skip
        assert words in page, words


def test_what_is_told_in_order(visitor: Visitor) -> None:
    full(visitor)
    page = visitor.read(visitor.here)
    words = ["For <strong>", "Nice :)", "requested changes", "added the label", "Merging is blocked"]
    places = [page.index(word) for word in words]
    assert places == sorted(places)


def test_annotations_stand_below_their_lines(visitor: Visitor) -> None:
    full(visitor)
    page = visitor.read(f"{visitor.here}/files")
    assert page.index("image: web:2") < page.index("web:2 is old") < len(page)
    assert "elsewhere" in page, "an annotation outside the diff is shown all the same"
    assert '<td class="nr">3</td>' in page
    assert 'class="line-add"' in page
    assert 'class="line-del"' in page


def test_check_runs(visitor: Visitor) -> None:
    full(visitor)
    run = visitor.world.check_runs(REPOSITORY, visitor.head, "manifests")[0]
    for path in (
        f"/{REPOSITORY}/runs/{run.id}",
        f"{visitor.here}/checks",
        f"{visitor.here}/checks?check_run_id={run.id}",
    ):
        page = visitor.read(path)
        for words in ("1 problem", "<strong>b</strong>", "<code>text</code>", "base/deployment.yaml:3", "web:2 is old"):
            assert words in page, (path, words)


def test_deliveries(visitor: Visitor) -> None:
    page = visitor.read(f"/{REPOSITORY}/deliveries")
    assert "pull_request.opened" in page
    assert "Redeliver" in page
    only = visitor.read(f"/{REPOSITORY}/deliveries?event=push")
    assert "pull_request.opened" not in only
    one = next(one for one in visitor.sandbox.deliveries.log if one.event == "push")
    page = visitor.read(f"/{REPOSITORY}/deliveries/{one.id}")
    assert '"ref": "refs/heads/feature/two"' in page
    assert one.guid in page


def test_files_at_branches_with_slashes(visitor: Visitor) -> None:
    assert "image: web:2" in visitor.read(f"/{REPOSITORY}/blob/feature/two/base/deployment.yaml")
    assert "image: web:1" in visitor.read(f"/{REPOSITORY}/blob/main/base/deployment.yaml")
    assert "image: web:2" in visitor.read(f"/{REPOSITORY}/blob/{visitor.head}/base/deployment.yaml")
    assert "deployment.yaml" in visitor.read(f"/{REPOSITORY}/tree/feature/two/base")
    assert visitor.look(f"/{REPOSITORY}/tree/main/README.md").status_code == 303
    raw = visitor.look(f"/{REPOSITORY}/raw/main/README.md")
    assert (raw.text, raw.content_type) == ("# app\n", "text/plain; charset=utf-8")


@pytest.mark.parametrize(
    "path",
    [
        "/nobody", "/acme/nothing", "/acme/app/pull/99", "/acme/app/issues/99", "/acme/app/blob/main/none",
        "/acme/app/tree/none", "/acme/app/commit/0000000", "/acme/app/commit/--help", "/acme/app/runs/1",
        "/acme/app/compare/main...none", "/acme/app/deliveries/1", "/apps/none", "/orgs/acme/teams/none",
        "/settings/installations/1", "/a/b/c/d/e", "/acme/app/blob/main/base", "/acme/app/blob/main/..%2f..%2fconfig",
    ],
)  # fmt: skip
def test_what_is_not_there(visitor: Visitor, path: str) -> None:
    answer = visitor.look(path)
    assert answer.status_code == 404
    assert "There is no such page here" in answer.text


def addresses(value: object) -> Iterator[str]:
    """Every address for people in a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str) and name not in ("clone_url", "webhook_url") and "{" not in inner:
                yield inner
            else:
                yield from addresses(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from addresses(inner)


def test_every_address_given_out_leads_to_a_page(visitor: Visitor) -> None:
    full(visitor)
    world, sha = visitor.world, visitor.head
    world.review(REPOSITORY, visitor.number, "alice", "APPROVE")
    api = Client(visitor.sandbox.gate)
    token = {"Authorization": f"Bearer {world.accounts['alice'].token}"}
    repo = f"/api/v3/repos/{REPOSITORY}"
    found: set[str] = set()
    for path in (
        repo, f"{repo}/pulls/1", f"{repo}/pulls/1/files", f"{repo}/pulls/1/commits", f"{repo}/pulls/1/reviews",
        f"{repo}/issues/1", f"{repo}/issues/1/comments", f"{repo}/commits/{sha}", f"{repo}/commits/{sha}/check-runs",
        f"{repo}/compare/main...feature/two", f"{repo}/contents/base", f"{repo}/contents/README.md",
        f"{repo}/branches/main", f"{repo}/teams", "/api/v3/orgs/acme", "/api/v3/apps/lockkeeper", "/api/v3/users/bob",
    ):  # fmt: skip
        answer = api.get(path, base_url=visitor.sandbox.url, headers=token)
        assert answer.status_code == 200, (path, answer.text)
        found |= set(addresses(answer.json))
    for delivery in visitor.sandbox.deliveries.log:
        found |= set(addresses(json.loads(delivery.body)))
    root = visitor.sandbox.url
    pages = sorted(one for one in found if one.startswith(f"{root}/") and not one.startswith(f"{root}/api/"))
    assert len(pages) > 20
    kinds = (
        "/pull/",
        "/runs/",
        "/commit/",
        "/compare/",
        "/blob/",
        "/raw/",
        "/tree/",
        "/teams/",
        ".diff",
        ".patch",
        "/apps/",
    )
    assert all(any(kind in page for page in pages) for kind in kinds), [
        k for k in kinds if not any(k in p for p in pages)
    ]
    for page in pages:
        path, _, anchor = page.removeprefix(root).partition("#")
        answer = visitor.look(path)
        assert answer.status_code == 200, page
        assert not anchor or f'id="{anchor}"' in answer.text, page


def test_foreign_words_stay_words(visitor: Visitor) -> None:
    """Titles, names of branches and files, labels, checks, statuses, commits: all of it comes from strangers."""
    world = visitor.world
    branch = "x-<img-src=x-onerror=alert(1)>"
    path = "<b>bold</b>/<script>.yaml"
    sha = world.commit(REPOSITORY, branch, {path: f"{EVIL}\n"}, f"{EVIL}\n\n{EVIL}", author="bob")
    number = world.open_pull(REPOSITORY, "bob", head=branch, title=EVIL, body=EVIL).number
    world.comment(REPOSITORY, number, "carol", EVIL)
    world.review(REPOSITORY, number, "carol", "REQUEST_CHANGES", EVIL)
    world.set_labels(REPOSITORY, number, "alice", ["<b>label"])
    world.edit_pull(REPOSITORY, number, "bob", title=f"{EVIL}2")
    note = {"path": path, "start_line": 1, "end_line": 1, "annotation_level": "failure", "title": EVIL,
            "message": EVIL, "raw_details": EVIL}  # fmt: skip
    output = {"title": EVIL, "summary": EVIL, "text": EVIL, "annotations": [note]}
    run = world.report_check(
        REPOSITORY, sha, visitor.app, EVIL, "failure", output=output, details_url="javascript:alert(1)"
    )
    world.set_status(REPOSITORY, sha, "bob", "failure", EVIL)
    here = f"/{REPOSITORY}"
    for page in (
        f"{here}/pull/{number}", f"{here}/pull/{number}/files", f"{here}/pull/{number}/checks",
        f"{here}/pull/{number}/commits", f"{here}/runs/{run.id}", f"{here}/commit/{sha}", here, f"{here}/pulls",
        f"{here}/compare/main...{sha}", f"{here}/tree/{sha}", f"{here}/commits/{sha}", f"{here}/deliveries",
        f"{here}/commits", f"{here}/tree/{sha}/%3Cb%3Ebold%3C/b%3E",
        f"{here}/blob/{sha}/%3Cb%3Ebold%3C/b%3E/%3Cscript%3E.yaml",
    ):  # fmt: skip
        text = visitor.look(page).text
        for bad in ("<script>alert", "<img src=x", "<b>bold", "<b>label", "<img-src", 'href="javascript'):
            assert bad not in text, (page, bad)
    for delivery in visitor.sandbox.deliveries.log:
        assert "<script>alert" not in visitor.look(f"{here}/deliveries/{delivery.id}").text


def test_no_page_loads_anything_from_elsewhere(visitor: Visitor) -> None:
    full(visitor)
    for path in ("/", f"/{REPOSITORY}", visitor.here, f"{visitor.here}/files"):
        answer = visitor.look(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "'unsafe-inline'" not in policy
        assert "<style" not in answer.text
        assert " style=" not in answer.text
        assert " onclick" not in answer.text
    for asset in ("pages.css", "live.js", "mark.svg"):
        answer = visitor.look(f"/_sandbox/static/{asset}")
        assert answer.status_code == 200
        assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in answer.text
