"""Files and directories (docs: REST API, contents)."""

from __future__ import annotations

import base64
import binascii

from bot.sandbox.acts import branches, protection
from bot.sandbox.api.door import Area, Call, Reply
from bot.sandbox.api.git import person
from bot.sandbox.records import Repository
from bot.sandbox.refusal import Refusal, malformed, not_found
from bot.sandbox.shapes import git, repositories

area = Area()
CONTENTS = "/repos/<owner>/<repo>/contents/<path:path>"


def _commit(call: Call) -> tuple[str, str]:
    """Return (ref, commit) that the query names."""
    one = call.repository
    ref = call.query("ref") or one.default_branch
    sha = one.git.resolve(ref)
    if sha is None:
        if not one.git.refs("refs/heads/"):
            raise Refusal(404, "This repository is empty.")
        raise Refusal(404, f"No commit found for the ref {ref}")
    return ref, sha


def _directory(call: Call, ref: str, tree: str, path: str) -> Reply:
    prefix = f"{path}/" if path else ""
    entries = [
        repositories.content_entry(call.world.links, call.repository, ref, f"{prefix}{entry.path}", entry)
        for entry in call.repository.git.tree(tree)[:1000]
    ]
    return Reply(200, entries)


@area.route("GET", "/repos/<owner>/<repo>/contents/", "contents:read")
@area.route("GET", "/repos/<owner>/<repo>/contents", "contents:read")
def get_root(call: Call) -> Reply:
    """Get the top directory."""
    ref, sha = _commit(call)
    return _directory(call, ref, sha, "")


@area.route("GET", CONTENTS, "contents:read")
def get_contents(call: Call) -> Reply:
    """Get a file or a directory."""
    ref, sha = _commit(call)
    path, one = call.word("path").strip("/"), call.repository
    entry = one.git.entry(sha, path)
    if entry is None:
        raise not_found()
    if entry.kind == "tree":
        return _directory(call, ref, entry.sha, path)
    if call.accepts("raw"):
        return Reply(200, raw=one.git.blob(entry.sha), media="application/vnd.github.raw+json; charset=utf-8")
    return Reply(200, repositories.content_file(call.world.links, one, ref, path, entry))


def _write(call: Call, content: bytes | None, *, verb: str) -> tuple[Repository, str, str, bool]:
    """Commit one file (None removes it); return (repository, path, commit, whether it is new)."""
    one, path = call.repository, call.word("path").strip("/")
    branch = call.body.text("branch", one.default_branch)
    message, given = call.body.text("message"), call.body.optional("sha")
    tip = one.git.branch(branch)
    if tip is None and one.git.refs("refs/heads/"):
        raise Refusal(404, f"Branch {branch} not found")
    entry = one.git.entry(tip, path) if tip else None
    if entry is not None and given is None:
        raise malformed('"sha" wasn\'t supplied.')
    if entry is not None and given != entry.sha:
        raise Refusal(409, f"{path} does not match {given}")
    if entry is None and content is None:
        raise not_found()
    who = call.actor.someone
    author = person(call, call.body.part("author")) if "author" in call.body else call.world.signature(who)
    committer = person(call, call.body.part("committer")) if "committer" in call.body else author
    sha = one.git.commit_files(tip, {path: content}, message, (author, committer))
    protection.require_workflows(one, sha, call.permissions)
    why = protection.refusal_to_push(call.world, one, branch, sha, who)
    if why:
        raise Refusal(409, f"Could not {verb} file: {why}")
    branches.move(call.world, one, f"refs/heads/{branch}", sha, who)
    return one, path, sha, entry is None


@area.route("PUT", CONTENTS, "contents:write", role="write")
def put_file(call: Call) -> Reply:
    """Create a file, or update it (then the blob's `sha` is required)."""
    try:
        content = base64.b64decode(call.body.text("content"))
    except binascii.Error:
        raise Refusal(422, "content is not valid Base64") from None
    verb = "update" if call.body.optional("sha") else "create"
    one, path, sha, new = _write(call, content, verb=verb)
    entry = one.git.entry(sha, path)
    assert entry is not None
    branch = call.body.text("branch", one.default_branch)
    shape = repositories.content_entry(call.world.links, one, branch, path, entry)
    return Reply(201 if new else 200, {"content": shape, "commit": git.git_commit(call.world, one, sha)})


@area.route("DELETE", CONTENTS, "contents:write", role="write")
def delete_file(call: Call) -> Reply:
    """Delete a file; the blob's `sha` is required."""
    one, _, sha, _ = _write(call, None, verb="delete")
    return Reply(200, {"content": None, "commit": git.git_commit(call.world, one, sha)})
