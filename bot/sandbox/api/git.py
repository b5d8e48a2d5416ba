"""Refs, commits, trees and blobs (docs: REST API, git database)."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime

from bot.sandbox.acts import branches, protection
from bot.sandbox.api.door import Area, Body, Call, Reply
from bot.sandbox.objects import Signature
from bot.sandbox.records import Repository
from bot.sandbox.refusal import Refusal, invalid, malformed, not_found
from bot.sandbox.shapes import git
from bot.sandbox.state import Json

area = Area()
SHA = re.compile(r"[0-9a-f]{40}")


def _shape(call: Call, pair: tuple[str, str]) -> Json:
    return git.ref(call.world, call.repository, *pair)


@area.route("GET", "/repos/<owner>/<repo>/git/ref/<path:ref>", "contents:read")
def get_ref(call: Call) -> Reply:
    """Get a reference."""
    name = f"refs/{call.word('ref')}"
    sha = call.repository.git.ref(name)
    if sha is None:
        raise not_found()
    return Reply(200, _shape(call, (name, sha)))


@area.route("GET", "/repos/<owner>/<repo>/git/matching-refs/<path:ref>", "contents:read")
def list_matching(call: Call) -> Reply:
    """List references whose name begins so."""
    start = f"refs/{call.word('ref')}"
    found = [pair for pair in call.repository.git.refs().items() if pair[0].startswith(start)]
    return call.page(found, lambda pair: _shape(call, pair))


def guard(call: Call, repository: Repository, name: str, new: str | None) -> None:
    """Refuse (422) a direct change of a protected branch."""
    branch = name.removeprefix("refs/heads/")
    if branch == name:
        return
    why = protection.refusal_to_push(call.world, repository, branch, new, call.actor.someone)
    if why:
        raise Refusal(422, why)


@area.route("POST", "/repos/<owner>/<repo>/git/refs", "contents:write", role="write")
def create_ref(call: Call) -> Reply:
    """Create a reference."""
    name, sha, one = call.body.text("ref"), call.body.text("sha"), call.repository
    if not name.startswith("refs/") or name.count("/") < 2:
        raise Refusal(422, "Reference name must start with 'refs/' and contain at least three components.")
    if one.git.run("check-ref-format", name, codes=(0, 1)).returncode:
        raise Refusal(422, f"{name} is not a valid ref name.")
    if one.git.ref(name) is not None:
        raise Refusal(422, "Reference already exists")
    if not SHA.fullmatch(sha) or not one.git.has(sha):
        raise Refusal(422, "Object does not exist")
    if name.startswith("refs/heads/"):
        protection.require_workflows(one, sha, call.permissions)
    branches.move(call.world, one, name, sha, call.actor.someone)
    return Reply(201, _shape(call, (name, sha)), {"Location": str(_shape(call, (name, sha))["url"])})


@area.route("PATCH", "/repos/<owner>/<repo>/git/refs/<path:ref>", "contents:write", role="write")
def update_ref(call: Call) -> Reply:
    """Move a reference; only forward unless forced."""
    name, sha, one = f"refs/{call.word('ref')}", call.body.text("sha"), call.repository
    if one.git.ref(name) is None:
        raise Refusal(422, "Reference does not exist")
    if not SHA.fullmatch(sha) or not one.git.has(sha):
        raise Refusal(422, "Object does not exist")
    guard(call, one, name, sha)
    if name.startswith("refs/heads/"):
        protection.require_workflows(one, sha, call.permissions)
    if not call.body.flag("force") or not protection.may_force(one, name.removeprefix("refs/heads/")):
        branches.require_forward(one, name, sha)
    branches.move(call.world, one, name, sha, call.actor.someone)
    return Reply(200, _shape(call, (name, sha)))


@area.route("DELETE", "/repos/<owner>/<repo>/git/refs/<path:ref>", "contents:write", role="write")
def delete_ref(call: Call) -> Reply:
    """Delete a reference; not the default branch, not a protected one."""
    name, one = f"refs/{call.word('ref')}", call.repository
    if one.git.ref(name) is None:
        raise Refusal(422, "Reference does not exist")
    if name == f"refs/heads/{one.default_branch}":
        raise Refusal(422, "Cannot delete the default branch")
    guard(call, one, name, None)
    branches.move(call.world, one, name, None, call.actor.someone)
    return Reply(204)


# ---- commits


@area.route("GET", "/repos/<owner>/<repo>/git/commits/<sha>", "contents:read")
def get_commit(call: Call) -> Reply:
    """Get a commit object."""
    if call.repository.git.kind(call.word("sha")) != "commit":
        raise not_found()
    return Reply(200, git.git_commit(call.world, call.repository, call.word("sha")))


def person(call: Call, given: Body | None) -> Signature:
    """Return who signs: as given, else the caller, now."""
    who = call.actor.someone
    if given is None:
        return call.world.signature(who)
    date = given.optional("date")
    try:
        time = datetime.fromisoformat(date) if date else call.world.now()
    except ValueError:
        raise malformed(f"{date} is not a valid date-time.") from None
    return Signature(given.text("name"), given.text("email"), time)


@area.route("POST", "/repos/<owner>/<repo>/git/commits", "contents:write", role="write")
def create_commit(call: Call) -> Reply:
    """Create a commit object from a tree and parents."""
    store, body = call.repository.git, call.body
    message, tree, parents = body.text("message"), body.text("tree"), body.texts("parents")
    if not SHA.fullmatch(tree) or store.kind(tree) != "tree":
        raise Refusal(422, "Tree SHA does not exist")
    if any(not SHA.fullmatch(sha) or store.kind(sha) != "commit" for sha in parents):
        raise Refusal(422, "Parent SHA does not exist or is not a commit object")
    author = person(call, body.part("author"))
    committer = person(call, body.part("committer")) if "committer" in body else author
    sha = store.write_commit(tree, parents, message, author, committer)
    shape = git.git_commit(call.world, call.repository, sha)
    return Reply(201, shape, {"Location": str(shape["url"])})


# ---- trees and blobs


@area.route("GET", "/repos/<owner>/<repo>/git/trees/<path:tree_sha>", "contents:read")
def get_tree(call: Call) -> Reply:
    """Get a tree, by its id or by that of a commit, branch or tag."""
    store, name = call.repository.git, call.word("tree_sha")
    commit = store.resolve(name)
    tree = store.commit(commit).tree if commit else name
    if commit is None and (not SHA.fullmatch(name) or store.kind(name) != "tree"):
        raise not_found()
    shape = git.tree(call.world, call.repository, tree, recursive="recursive" in call.request.args)
    return Reply(200, shape)


def _entry(call: Call, given: object) -> tuple[str, str | None, str]:
    if not isinstance(given, dict):
        raise malformed("For 'properties/tree', an entry is not an object.")
    entry = Body(given)
    path, mode = entry.text("path"), entry.text("mode", "100644")
    if path.startswith("/") or ".." in path.split("/") or ".git" in path.split("/") or not path:
        raise Refusal(422, "tree.path contains a malformed path component")
    if mode not in ("100644", "100755", "040000", "160000", "120000"):
        raise malformed(f"For 'properties/mode', {mode} is not a valid mode.")
    if "sha" in entry:
        sha = entry.optional("sha")
        if sha is not None and mode != "160000" and not (SHA.fullmatch(sha) and call.repository.git.has(sha)):
            raise Refusal(422, f"tree.sha {sha} is not a valid {'tree' if mode == '040000' else 'blob'}")
        return mode, sha, path
    return mode, call.repository.git.write_blob(entry.text("content").encode()), path


@area.route("POST", "/repos/<owner>/<repo>/git/trees", "contents:write", role="write")
def create_tree(call: Call) -> Reply:
    """Create a tree from entries, on top of another tree if one is named."""
    store, base = call.repository.git, call.body.optional("base_tree")
    rows = call.body.values.get("tree")
    if not isinstance(rows, list):
        raise malformed('"tree" wasn\'t supplied.')
    if base is not None and store.kind(base) not in ("tree", "commit"):
        raise Refusal(422, "base_tree is not a valid tree oid")
    sha = store.write_tree(base, [_entry(call, row) for row in rows])
    shape = git.tree(call.world, call.repository, sha, recursive=False)
    return Reply(201, shape, {"Location": str(shape["url"])})


@area.route("GET", "/repos/<owner>/<repo>/git/blobs/<sha>", "contents:read")
def get_blob(call: Call) -> Reply:
    """Get a blob."""
    sha = call.word("sha")
    if not SHA.fullmatch(sha) or call.repository.git.kind(sha) != "blob":
        raise not_found()
    if call.accepts("raw"):
        return Reply(200, raw=call.repository.git.blob(sha), media="application/vnd.github.raw; charset=utf-8")
    return Reply(200, git.blob(call.world, call.repository, sha))


@area.route("POST", "/repos/<owner>/<repo>/git/blobs", "contents:write", role="write")
def create_blob(call: Call) -> Reply:
    """Create a blob."""
    content = call.body.text("content")
    try:
        data = base64.b64decode(content) if call.body.text("encoding", "utf-8") == "base64" else content.encode()
    except binascii.Error:
        raise invalid("Blob", "content") from None
    sha = call.repository.git.write_blob(data)
    url = str(git.blob(call.world, call.repository, sha)["url"])
    return Reply(201, {"url": url, "sha": sha}, {"Location": url})
