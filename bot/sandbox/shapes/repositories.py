"""How are repositories, branches, protections, labels and contents written in JSON?"""

from __future__ import annotations

import base64
from urllib.parse import quote

from bot.sandbox.objects import TreeEntry
from bot.sandbox.records import Account, Activity, Label, Organization, Protection, Repository
from bot.sandbox.shapes import accounts
from bot.sandbox.state import Json, Links, State, node_id, stamp


def repository_url(links: Links, one: Repository) -> str:
    """Return the REST address of a repository."""
    return f"{links.api}/repos/{one.full_name}"


def page_url(links: Links, one: Repository) -> str:
    """Return the page of a repository."""
    return f"{links.root}/{one.full_name}"


def _addresses(links: Links, one: Repository) -> Json:
    url = repository_url(links, one)
    plain = {
        name: f"{url}/{path}"
        for name, path in {
            "forks_url": "forks",
            "teams_url": "teams",
            "hooks_url": "hooks",
            "events_url": "events",
            "tags_url": "tags",
            "languages_url": "languages",
            "stargazers_url": "stargazers",
            "contributors_url": "contributors",
            "subscribers_url": "subscribers",
            "subscription_url": "subscription",
            "merges_url": "merges",
            "downloads_url": "downloads",
            "deployments_url": "deployments",
            "keys_url": "keys{/key_id}",
            "collaborators_url": "collaborators{/collaborator}",
            "issue_events_url": "issues/events{/number}",
            "assignees_url": "assignees{/user}",
            "branches_url": "branches{/branch}",
            "blobs_url": "git/blobs{/sha}",
            "git_tags_url": "git/tags{/sha}",
            "git_refs_url": "git/refs{/sha}",
            "trees_url": "git/trees{/sha}",
            "statuses_url": "statuses/{sha}",
            "commits_url": "commits{/sha}",
            "git_commits_url": "git/commits{/sha}",
            "comments_url": "comments{/number}",
            "issue_comment_url": "issues/comments{/number}",
            "contents_url": "contents/{+path}",
            "compare_url": "compare/{base}...{head}",
            "archive_url": "{archive_format}{/ref}",
            "issues_url": "issues{/number}",
            "pulls_url": "pulls{/number}",
            "milestones_url": "milestones{/number}",
            "notifications_url": "notifications{?since,all,participating}",
            "labels_url": "labels{/name}",
            "releases_url": "releases{/id}",
        }.items()
    }
    return dict(plain)


def simple(links: Links, one: Repository) -> Json:
    """Return a `simple-repository`: who it is and where its parts are found."""
    return {
        "id": one.id,
        "node_id": node_id("R", one.id),
        "name": one.name,
        "full_name": one.full_name,
        "private": one.private,
        "owner": accounts.account(links, one.owner),
        "html_url": page_url(links, one),
        "description": one.description,
        "fork": one.parent is not None,
        "url": repository_url(links, one),
        **_addresses(links, one),
    }


def repository(state: State, one: Repository) -> Json:
    """Return a `repository` without permissions, as pull requests and deliveries hold it."""
    links, page = state.links, page_url(state.links, one)
    host = links.root.partition("://")[2]
    open_issues = sum(issue.state == "open" for issue in one.issues.values())
    forks = sum(other.parent is one for other in state.repositories.values())
    return {
        **simple(links, one),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "pushed_at": stamp(one.pushed_at),
        "git_url": f"git://{host}/{one.full_name}.git",
        "ssh_url": f"git@{host.partition(':')[0]}:{one.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "homepage": None,
        "size": 0,
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": None,
        "has_issues": True,
        "has_projects": True,
        "has_downloads": True,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": False,
        "forks_count": forks,
        "mirror_url": None,
        "archived": one.archived,
        "disabled": False,
        "open_issues_count": open_issues,
        "license": None,
        "allow_forking": True,
        "is_template": False,
        "web_commit_signoff_required": False,
        "topics": [],
        "visibility": "private" if one.private else "public",
        "forks": forks,
        "open_issues": open_issues,
        "watchers": 0,
        "default_branch": one.default_branch,
    }


def listed(state: State, one: Repository, viewer: Account | None) -> Json:
    """Return a repository as lists of repositories hold it: with what the viewer may do."""
    return {**repository(state, one), "permissions": accounts.permissions(state.role(one, viewer))}


def full(state: State, one: Repository, viewer: Account | None) -> Json:
    """Return a `full-repository`."""
    body = listed(state, one, viewer) | {"temp_clone_token": "", "network_count": 0, "subscribers_count": 0}
    body |= {
        "allow_merge_commit": one.allow_merge_commit,
        "allow_squash_merge": one.allow_squash_merge,
        "allow_rebase_merge": one.allow_rebase_merge,
        "allow_auto_merge": False,
        "allow_update_branch": False,
        "delete_branch_on_merge": one.delete_branch_on_merge,
        "use_squash_pr_title_as_default": False,
        "squash_merge_commit_title": "COMMIT_OR_PR_TITLE",
        "squash_merge_commit_message": "COMMIT_MESSAGES",
        "merge_commit_title": "MERGE_MESSAGE",
        "merge_commit_message": "PR_TITLE",
    }
    if isinstance(one.owner, Organization):
        body["organization"] = accounts.account(state.links, one.owner)
    if one.parent is not None:
        body["parent"] = body["source"] = repository(state, one.parent)
    return body


def label(links: Links, one: Repository, what: Label) -> Json:
    """Return a `label`."""
    return {
        "id": what.id,
        "node_id": node_id("LA", what.id),
        "url": f"{repository_url(links, one)}/labels/{quote(what.name, safe='')}",
        "name": what.name,
        "color": what.color,
        "default": what.default,
        "description": what.description,
    }


def _required_checks(links: Links, one: Repository, branch: str, rules: Protection) -> Json | None:
    if rules.checks is None:
        return None
    url = f"{repository_url(links, one)}/branches/{branch}/protection/required_status_checks"
    return {
        "url": url,
        "strict": rules.strict,
        "contexts": [name for name, _ in rules.checks],
        "contexts_url": f"{url}/contexts",
        "checks": [{"context": name, "app_id": app} for name, app in rules.checks],
    }


def protection(links: Links, one: Repository, branch: str, rules: Protection) -> Json:
    """Return a `branch-protection`."""
    url = f"{repository_url(links, one)}/branches/{branch}/protection"
    body: Json = {"url": url}
    checks = _required_checks(links, one, branch, rules)
    if checks is not None:
        body["required_status_checks"] = checks
    if rules.reviews is not None:
        body["required_pull_request_reviews"] = {
            "url": f"{url}/required_pull_request_reviews",
            "dismiss_stale_reviews": rules.dismiss_stale,
            "require_code_owner_reviews": rules.code_owners,
            "require_last_push_approval": rules.last_push_approval,
            "required_approving_review_count": rules.reviews,
        }
    body["required_signatures"] = {"url": f"{url}/required_signatures", "enabled": False}
    body["enforce_admins"] = {"url": f"{url}/enforce_admins", "enabled": rules.enforce_admins}
    flags = {
        "required_linear_history": rules.linear_history,
        "allow_force_pushes": rules.allow_force_pushes,
        "allow_deletions": rules.allow_deletions,
        "block_creations": False,
        "required_conversation_resolution": rules.conversation_resolution,
        "lock_branch": False,
        "allow_fork_syncing": False,
    }
    return body | {name: {"enabled": enabled} for name, enabled in flags.items()}


def short_protection(rules: Protection | None) -> Json:
    """Return the summary of a protection that branches carry."""
    checks = rules.checks if rules is not None else None
    return {
        "enabled": rules is not None,
        "required_status_checks": {
            "enforcement_level": "off"
            if checks is None
            else "everyone"
            if rules and rules.enforce_admins
            else "non_admins",
            "contexts": [name for name, _ in checks or []],
            "checks": [{"context": name, "app_id": app} for name, app in checks or []],
        },
    }


def content_entry(links: Links, one: Repository, ref: str, path: str, entry: TreeEntry) -> Json:
    """Return one entry of a `content-directory`."""
    url = f"{repository_url(links, one)}/contents/{path}?ref={ref}"
    kind = {"tree": "dir", "commit": "submodule"}.get(entry.kind, "symlink" if entry.mode == "120000" else "file")
    git_kind = "trees" if entry.kind == "tree" else "blobs"
    page_kind = "tree" if entry.kind == "tree" else "blob"
    git_url = f"{repository_url(links, one)}/git/{git_kind}/{entry.sha}"
    page = f"{page_url(links, one)}/{page_kind}/{ref}/{path}"
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": entry.sha,
        "size": entry.size or 0,
        "url": url,
        "html_url": page,
        "git_url": git_url,
        "download_url": f"{page_url(links, one)}/raw/{ref}/{path}" if kind == "file" else None,
        "type": kind,
        "_links": {"self": url, "git": git_url, "html": page},
    }


def content_file(links: Links, one: Repository, ref: str, path: str, entry: TreeEntry) -> Json:
    """Return a `content-file`; above one megabyte without content, as GitHub does."""
    body = content_entry(links, one, ref, path, entry)
    large = (entry.size or 0) > 1_048_576
    content = "" if large else base64.encodebytes(one.git.blob(entry.sha)).decode()
    return {**body, "content": content, "encoding": "none" if large else "base64"}


def activity(links: Links, what: Activity) -> Json:
    """Return an `activity`."""
    return {
        "id": what.id,
        "node_id": node_id("ACT", what.id),
        "before": what.before,
        "after": what.after,
        "ref": what.ref,
        "timestamp": stamp(what.at),
        "activity_type": what.kind,
        "actor": accounts.account(links, what.actor),
    }
