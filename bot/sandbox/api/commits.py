"""Commits, their pull requests and comparisons (docs: REST API, commits)."""

from __future__ import annotations

from datetime import datetime

from bot.sandbox.api.door import Area, Call, Reply
from bot.sandbox.associated import associated
from bot.sandbox.records import Repository
from bot.sandbox.refusal import Refusal, malformed, not_found
from bot.sandbox.shapes import git, pulls

area = Area()


@area.route("GET", "/repos/<owner>/<repo>/commits", "contents:read")
def list_commits(call: Call) -> Reply:
    """List commits, newest first."""
    one = call.repository
    start = call.query("sha", one.default_branch)
    sha = one.git.resolve(start)
    if sha is None:
        if not one.git.refs("refs/heads/"):
            raise Refusal(409, "Git Repository is empty.")
        raise not_found()
    options = []
    for name, flag in (("since", "--since"), ("until", "--until"), ("author", "--author")):
        value = call.query(name)
        if value:
            options.append(f"{flag}={_moment(value) if name != 'author' else _email(call, value)}")
    if call.query("path"):
        options.append(f"path:{call.query('path')}")
    found = one.git.commits([sha], [], *options)
    return call.page(found, lambda commit: git.commit(call.world, one, commit))


def _moment(value: str) -> str:
    try:
        return datetime.fromisoformat(value).isoformat()
    except ValueError:
        raise malformed(f"{value} is not a valid date-time.") from None


def _email(call: Call, value: str) -> str:
    who = call.world.accounts.get(value.lower())
    return f"<{who.email if who else value}>"


def find(one: Repository, ref: str) -> str:
    """Return the commit a ref names; 422 in GitHub's words when there is none."""
    sha = one.git.resolve(ref.removeprefix("heads/") if ref.startswith("heads/") else ref)
    if sha is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    return sha


@area.route("GET", "/repos/<owner>/<repo>/commits/<path:ref>", "contents:read")
def get_commit(call: Call) -> Reply:
    """Get a commit with its files, a page of them at a time."""
    one = call.repository
    sha = find(one, call.word("ref"))
    page, size = call.window(100)
    changes = git.commit_changes(one, sha)
    shown = changes[(page - 1) * size : page * size]
    headers = call.links(page, max(1, -(-len(changes) // size)))
    return Reply(200, git.commit_with_files(call.world, one, sha, shown), headers)


@area.route("GET", "/repos/<owner>/<repo>/commits/<sha>/pulls", "pull_requests:read", "contents:read")
def list_pulls(call: Call) -> Reply:
    """List pull requests of a commit."""
    found = associated(call.repository, find(call.repository, call.word("sha")))
    return call.page(found, lambda pull: pulls.simple(call.world, pull))


@area.route("GET", "/repos/<owner>/<repo>/compare/<path:basehead>", "contents:read")
def compare(call: Call) -> Reply:
    """Compare two commits: `BASE...HEAD`, also `owner:branch` of a fork."""
    base, dots, head = call.word("basehead").partition("...")
    one = call.repository
    ends = [_end(call, name) for name in (base, head)] if dots else []
    if len(ends) != 2 or None in ends:
        raise not_found()
    page, size = call.window(250)
    start = (page - 1) * size
    first, second = (end for end in ends if end is not None)
    shape = git.comparison(call.world, one, (first, second), (base, head), slice(start, start + size))
    return Reply(200, shape)


def _end(call: Call, name: str) -> str | None:
    one = call.repository
    owner, colon, branch = name.rpartition(":")
    if not colon:
        return one.git.resolve(name)
    for other in call.world.repositories.values():
        related = other is one or other.parent is one or one.parent is other
        if related and other.owner.login.lower() == owner.lower():
            sha = other.git.resolve(branch)
            if sha:
                one.git.fetch(other.git, sha)
            return sha
    return None
