"""Merging of pull requests and branches (docs: REST API, pulls, branches)."""

from __future__ import annotations

from typing import cast

from bot.sandbox.acts import branches, merging
from bot.sandbox.api.door import Area, Call, Reply
from bot.sandbox.api.git import guard
from bot.sandbox.api.pulls import PULL, find
from bot.sandbox.objects import Signature
from bot.sandbox.refusal import Refusal, malformed, not_found
from bot.sandbox.shapes import git

area = Area()


@area.route("GET", f"{PULL}/merge", "pull_requests:read")
def is_merged(call: Call) -> Reply:
    """Check whether a pull request was merged: 204 or 404."""
    if find(call).merged_at is None:
        raise not_found()
    return Reply(204)


@area.route("PUT", f"{PULL}/merge", "contents:write", role="write")
def merge(call: Call) -> Reply:
    """Merge a pull request by merge commit, squash or rebase."""
    body = call.body
    method = body.text("merge_method", "merge")
    if method not in ("merge", "squash", "rebase"):
        raise malformed(f"For 'properties/merge_method', {method} is not a member of ['merge', 'squash', 'rebase'].")
    wanted = merging.MergeRequest(
        cast("merging.Method", method),
        body.text("sha", ""),
        body.text("commit_title", ""),
        body.optional("commit_message"),
    )
    sha = merging.merge(call.world, find(call), call.actor.someone, wanted)
    return Reply(200, {"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


@area.route("PUT", f"{PULL}/update-branch", "pull_requests:write", role="write")
def update_branch(call: Call) -> Reply:
    """Merge the base into the head branch."""
    pull = find(call)
    expected, home = call.body.text("expected_head_sha", pull.head_sha), pull.head_repository
    if expected != pull.head_sha:
        raise Refusal(422, "Validation Failed", ["expected head sha didn\u2019t match current head ref."])
    tip = pull.repository.git.branch(pull.base_ref)
    if home is None or tip is None:
        raise not_found()
    home.git.fetch(pull.repository.git, tip)
    tree = home.git.merge_trees(pull.head_sha, tip)
    if tree is None:
        raise Refusal(422, "merge conflict between base and head")
    if not home.git.is_ancestor(tip, pull.head_sha):
        author = call.world.signature(call.actor.someone)
        message = f"Merge branch '{pull.base_ref}' into {pull.head_ref}"
        committer = Signature(*merging.GITHUB, call.world.now())
        new = home.git.write_commit(tree, [pull.head_sha, tip], message, author, committer)
        branches.move(call.world, home, f"refs/heads/{pull.head_ref}", new, call.actor.someone)
    url = f"{call.world.links.root}/{pull.repository.full_name}/pull/{pull.number}"
    return Reply(202, {"message": "Updating pull request branch.", "url": url})


@area.route("POST", "/repos/<owner>/<repo>/merges", "contents:write", role="write")
def merge_branch(call: Call) -> Reply:
    """Merge a branch or commit into a branch: 201 a merge commit, 204 nothing to do, 409 conflict."""
    one, base, head = call.repository, call.body.text("base"), call.body.text("head")
    tip, other = one.git.branch(base), one.git.resolve(head)
    if tip is None:
        raise Refusal(404, "Base does not exist")
    if other is None:
        raise Refusal(404, "Head does not exist")
    if one.git.is_ancestor(other, tip):
        return Reply(204)
    tree = one.git.merge_trees(tip, other)
    if tree is None:
        raise Refusal(409, "Merge conflict")
    guard(call, one, f"refs/heads/{base}", other)
    message = call.body.optional("commit_message") or f"Merge {head} into {base}"
    who = call.world.signature(call.actor.someone)
    sha = one.git.write_commit(tree, [tip, other], message, who, Signature(*merging.GITHUB, call.world.now()))
    branches.move(call.world, one, f"refs/heads/{base}", sha, call.actor.someone)
    return Reply(201, git.commit(call.world, one, sha))
