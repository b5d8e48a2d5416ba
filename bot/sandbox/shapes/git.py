"""How are commits, trees, blobs, refs, diffs and comparisons written in JSON?"""

from __future__ import annotations

import base64
from urllib.parse import quote

from bot.sandbox.objects import CommitObject, FileChange, Signature
from bot.sandbox.records import Account, Repository
from bot.sandbox.shapes import accounts
from bot.sandbox.shapes.repositories import page_url, repository_url
from bot.sandbox.state import Json, State, node_id, stamp

UNSIGNED: Json = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}


def account_of(state: State, who: Signature) -> Account | None:
    """Return the account a commit's e-mail belongs to, or None."""
    email = who.email.lower()
    for account in state.accounts.values():
        if account.email and account.email.lower() == email:
            return account
    return None


def _person(who: Signature) -> Json:
    return {"name": who.name, "email": who.email, "date": stamp(who.time)}


def _parents(state: State, one: Repository, what: CommitObject, kind: str) -> list[Json]:
    url, page = repository_url(state.links, one), page_url(state.links, one)
    return [{"sha": sha, "url": f"{url}/{kind}/{sha}", "html_url": f"{page}/commit/{sha}"} for sha in what.parents]


def git_commit(state: State, one: Repository, sha: str) -> Json:
    """Return a `git-commit`."""
    what, url = one.git.commit(sha), repository_url(state.links, one)
    return {
        "sha": sha,
        "node_id": f"C_{sha[:12]}",
        "url": f"{url}/git/commits/{sha}",
        "html_url": f"{page_url(state.links, one)}/commit/{sha}",
        "author": _person(what.author),
        "committer": _person(what.committer),
        "tree": {"sha": what.tree, "url": f"{url}/git/trees/{what.tree}"},
        "message": what.message,
        "parents": _parents(state, one, what, "git/commits"),
        "verification": dict(UNSIGNED),
    }


def commit(state: State, one: Repository, sha: str) -> Json:
    """Return a `commit` as lists hold it."""
    what, url = one.git.commit(sha), repository_url(state.links, one)
    return {
        "sha": sha,
        "node_id": f"C_{sha[:12]}",
        "commit": {
            "author": _person(what.author),
            "committer": _person(what.committer),
            "message": what.message,
            "tree": {"sha": what.tree, "url": f"{url}/git/trees/{what.tree}"},
            "url": f"{url}/git/commits/{sha}",
            "comment_count": 0,
            "verification": dict(UNSIGNED),
        },
        "url": f"{url}/commits/{sha}",
        "html_url": f"{page_url(state.links, one)}/commit/{sha}",
        "comments_url": f"{url}/commits/{sha}/comments",
        "author": accounts.optional_account(state.links, account_of(state, what.author)),
        "committer": accounts.optional_account(state.links, account_of(state, what.committer)),
        "parents": _parents(state, one, what, "commits"),
    }


def hook_commit(state: State, one: Repository, sha: str) -> Json:
    """Return a commit as `status` deliveries hold it."""
    shape = commit(state, one, sha)
    for name in ("author", "committer"):
        person = shape[name]
        if isinstance(person, dict):
            shape[name] = {key: value for key, value in person.items() if key != "user_view_type"}
    return shape


def commit_changes(one: Repository, sha: str) -> list[FileChange]:
    """Return what a commit changed against its first parent."""
    what = one.git.commit(sha)
    return one.git.changes(what.parents[0] if what.parents else one.git.empty_tree(), sha)


def commit_with_files(state: State, one: Repository, sha: str, files: list[FileChange]) -> Json:
    """Return a `commit` with statistics and (a page of) its files."""
    changes = commit_changes(one, sha)
    added, deleted = sum(c.additions for c in changes), sum(c.deletions for c in changes)
    return {
        **commit(state, one, sha),
        "stats": {"total": added + deleted, "additions": added, "deletions": deleted},
        "files": [diff_entry(state, one, sha, change) for change in files],
    }


def diff_entry(state: State, one: Repository, head: str, what: FileChange) -> Json:
    """Return a `diff-entry`."""
    page, path = page_url(state.links, one), quote(what.path)
    body: Json = {
        "sha": what.sha,
        "filename": what.path,
        "status": what.status,
        "additions": what.additions,
        "deletions": what.deletions,
        "changes": what.additions + what.deletions,
        "blob_url": f"{page}/blob/{head}/{path}",
        "raw_url": f"{page}/raw/{head}/{path}",
        "contents_url": f"{repository_url(state.links, one)}/contents/{path}?ref={head}",
    }
    if what.patch is not None:
        body["patch"] = what.patch
    if what.previous is not None:
        body["previous_filename"] = what.previous
    return body


def comparison(state: State, one: Repository, ends: tuple[str, str], names: tuple[str, str], page: slice) -> Json:
    """Return a `commit-comparison` of base and head commits; `names` are what the caller wrote."""
    base, head = ends
    git = one.git
    ahead = git.commits([head], [base], "--topo-order")[::-1]
    behind = len(git.commits([base], [head]))
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    fork = git.merge_base(base, head) or base
    url = f"{repository_url(state.links, one)}/compare/{names[0]}...{names[1]}"
    html = f"{page_url(state.links, one)}/compare/{names[0]}...{names[1]}"
    permalink = f"{page_url(state.links, one)}/compare/{base[:12]}...{head[:12]}"
    return {
        "url": url,
        "html_url": html,
        "permalink_url": permalink,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "base_commit": commit(state, one, base),
        "merge_base_commit": commit(state, one, fork),
        "status": status,
        "ahead_by": len(ahead),
        "behind_by": behind,
        "total_commits": len(ahead),
        "commits": [commit(state, one, sha) for sha in ahead[page]],
        "files": [diff_entry(state, one, head, change) for change in git.changes(fork, head)[:300]],
    }


def ref(state: State, one: Repository, name: str, sha: str) -> Json:
    """Return a `git-ref`."""
    url = repository_url(state.links, one)
    kind = one.git.kind(sha) or "commit"
    return {
        "ref": name,
        "node_id": f"REF_{name.encode().hex()[:24]}",
        "url": f"{url}/git/{name}",
        "object": {"sha": sha, "type": kind, "url": f"{url}/git/{kind}s/{sha}"},
    }


def tree(state: State, one: Repository, sha: str, *, recursive: bool) -> Json:
    """Return a `git-tree`; cut at 100,000 entries as GitHub does."""
    url = repository_url(state.links, one)
    rows: list[Json] = []
    entries = one.git.tree(sha, recursive=recursive)
    for entry in entries[:100_000]:
        row: Json = {"path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha}
        if entry.kind == "blob":
            row["size"] = entry.size
        if entry.kind != "commit":
            row["url"] = f"{url}/git/{entry.kind}s/{entry.sha}"
        rows.append(row)
    return {"sha": sha, "url": f"{url}/git/trees/{sha}", "tree": rows, "truncated": len(entries) > 100_000}


def blob(state: State, one: Repository, sha: str) -> Json:
    """Return a `blob`."""
    content = one.git.blob(sha)
    return {
        "sha": sha,
        "node_id": node_id("B", int(sha[:10], 16)),
        "size": len(content),
        "url": f"{repository_url(state.links, one)}/git/blobs/{sha}",
        "content": base64.encodebytes(content).decode(),
        "encoding": "base64",
    }


def push_commit(state: State, one: Repository, sha: str) -> Json:
    """Return a commit as a `push` delivery holds it."""
    what = one.git.commit(sha)
    changes = commit_changes(one, sha)
    removed = [c.path for c in changes if c.status == "removed"] + [c.previous for c in changes if c.previous]
    return {
        "id": sha,
        "tree_id": what.tree,
        "distinct": True,
        "message": what.message,
        "timestamp": what.committer.time.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        "url": f"{page_url(state.links, one)}/commit/{sha}",
        "author": _hook_person(state, what.author),
        "committer": _hook_person(state, what.committer),
        "added": [c.path for c in changes if c.status in ("added", "renamed")],
        "removed": removed,
        "modified": [c.path for c in changes if c.status == "modified"],
    }


def _hook_person(state: State, who: Signature) -> Json:
    account = account_of(state, who)
    body: Json = {"name": who.name, "email": who.email, "date": stamp(who.time)}
    return body | ({"username": account.login} if account else {})


def simple_commit(one: Repository, sha: str) -> Json:
    """Return a `simple-commit`, as check suites hold it."""
    what = one.git.commit(sha)
    return {
        "id": sha,
        "tree_id": what.tree,
        "message": what.message,
        "timestamp": stamp(what.committer.time),
        "author": {"name": what.author.name, "email": what.author.email},
        "committer": {"name": what.committer.name, "email": what.committer.email},
    }
