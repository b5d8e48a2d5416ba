"""What is in a repository? Branches, environments, pull requests, commits, files."""

from __future__ import annotations

from flask import Response

from bot.sandbox.acts import protection
from bot.sandbox.objects import CommitObject, TreeEntry
from bot.sandbox.pages import merge_box
from bot.sandbox.pages.visit import Answer, Section, Visit
from bot.sandbox.records import Deployment, Repository
from bot.sandbox.refusal import Refusal, not_found

section = Section()
_HERE = "/<owner>/<repo>"
RECENT, LARGE = 50, 400_000


@section.get(_HERE)
def show_repository(visit: Visit) -> Answer:
    """Show the repository: what is where, and what waits."""
    repository = visit.repository
    tips = branches(repository)
    chosen = visit.request.args.get("branch") or repository.default_branch
    tip = tips.get(chosen)
    git = repository.git
    return visit.page(
        "repository.html",
        repository=repository,
        tab="code",
        branches={name: git.commit(sha) for name, sha in tips.items()},
        branch=chosen,
        entries=ordered(git.tree(tip)) if tip else [],
        commits=[git.commit(sha) for sha in git.commits([tip], [], "-n", "8")] if tip else [],
        environments=latest_deployments(repository),
        open_pulls=[pull for pull in reversed(repository.pulls) if pull.issue.state == "open"],
        marks={sha: _mark(repository, sha) for sha in tips.values()},
    )


def branches(repository: Repository) -> dict[str, str]:
    """Return branch → tip, the default branch first."""
    found = {name.removeprefix("refs/heads/"): sha for name, sha in repository.git.refs("refs/heads/").items()}
    return dict(sorted(found.items(), key=lambda one: (one[0] != repository.default_branch, one[0])))


def latest_deployments(repository: Repository) -> dict[str, Deployment]:
    """Return environment → its newest deployment, in the order environments were first deployed to."""
    return {one.environment: one for one in repository.deployments}


def ordered(entries: list[TreeEntry]) -> list[TreeEntry]:
    """Return a listing with directories first."""
    return sorted(entries, key=lambda entry: (entry.kind != "tree", entry.path))


def _mark(repository: Repository, sha: str) -> str:
    marks = {line.mark for line in merge_box.check_lines(repository, sha)}
    return next((mark for mark in ("failure", "pending", "success") if mark in marks), "")


@section.get(f"{_HERE}/pulls", f"{_HERE}/issues")
def show_pulls(visit: Visit) -> Answer:
    """List pull requests, or issues, open and closed."""
    repository = visit.repository
    issues = visit.request.path.endswith("/issues")
    listed = [one for one in reversed(list(repository.issues.values())) if (one.pull is None) == issues]
    return visit.page(
        "pulls.html",
        repository=repository,
        tab="issues" if issues else "pulls",
        open=[one for one in listed if one.state == "open"],
        closed=[one for one in listed if one.state == "closed"],
        marks={one.number: _mark(repository, one.pull.head_sha) for one in listed if one.pull},
    )


@section.get(f"{_HERE}/deployments")
def show_deployments(visit: Visit) -> Answer:
    """Show all deployments, newest first."""
    repository = visit.repository
    return visit.page(
        "deployments.html",
        repository=repository,
        tab="deployments",
        deployments=list(reversed(repository.deployments)),
        environments=latest_deployments(repository),
    )


@section.get(f"{_HERE}/commits", f"{_HERE}/commits/<path:rest>")
def show_history(visit: Visit) -> Answer:
    """Show the newest commits of a branch."""
    repository = visit.repository
    ref, commit, path = visit.split(visit.word("rest") or repository.default_branch)
    options = ["-n", str(RECENT), *([f"path:{path}"] if path else [])]
    shas = repository.git.commits([commit], [], *options)
    return visit.page(
        "commits.html",
        repository=repository,
        tab="commits",
        ref=ref,
        path=path,
        commits=[repository.git.commit(sha) for sha in shas],
        marks={sha: _mark(repository, sha) for sha in shas},
        branches=branches(repository),
    )


# ---- files


@section.get(f"{_HERE}/tree/<path:rest>")
def show_tree(visit: Visit) -> Answer:
    """Show a directory at a branch or commit."""
    repository = visit.repository
    ref, commit, path = visit.split(visit.word("rest"))
    if path:
        entry = repository.git.entry(commit, path)
        if entry is None:
            raise not_found()
        if entry.kind == "blob":
            return visit.go(f"/{repository.full_name}/blob/{ref}/{path}")
    listing = repository.git.tree(f"{commit}:{path}" if path else commit)
    return visit.page(
        "tree.html",
        repository=repository,
        tab="code",
        ref=ref,
        path=path,
        commit=repository.git.commit(commit),
        entries=ordered(listing),
        branches=branches(repository),
    )


def _blob(visit: Visit) -> tuple[str, CommitObject, str, bytes]:
    git = visit.repository.git
    ref, commit, path = visit.split(visit.word("rest"))
    entry = git.entry(commit, path) if path else None
    if entry is None or entry.kind != "blob":
        raise not_found()
    return ref, git.commit(commit), path, git.blob(entry.sha)


@section.get(f"{_HERE}/blob/<path:rest>")
def show_blob(visit: Visit) -> Answer:
    """Show a file with numbered lines."""
    ref, commit, path, data = _blob(visit)
    text = None if b"\0" in data[:8000] or len(data) > LARGE else data.decode(errors="replace")
    return visit.page(
        "blob.html",
        repository=visit.repository,
        tab="code",
        ref=ref,
        path=path,
        commit=commit,
        text=text,
        lines=text.removesuffix("\n").split("\n") if text is not None else [],
        size=len(data),
        branches=branches(visit.repository),
        editing=visit.request.args.get("edit") == "yes" and ref in branches(visit.repository),
    )


@section.get(f"{_HERE}/raw/<path:rest>")
def show_raw(visit: Visit) -> Answer:
    """Return a file as it is, always as plain text."""
    return Response(_blob(visit)[3], content_type="text/plain; charset=utf-8")


@section.post(f"{_HERE}/edit/<path:rest>")
def edit_file(visit: Visit) -> Answer:
    """Commit a changed file to a branch, new or old, as the person one acts as."""
    repository, world = visit.repository, visit.world
    ref, _, path = visit.split(visit.word("rest"))
    branch = visit.field("branch").strip() or ref
    who = world.account(visit.login)
    if not world.has_role(repository, who, "write"):
        raise Refusal(403, f"Must have write access to {repository.full_name}.")
    _admit_commit(visit, branch)
    message = visit.field("message").strip() or f"Update {path.rpartition('/')[2]}"
    world.commit(repository.full_name, branch, {path: visit.field("text")}, message, author=visit.login, start=ref)
    if branch != ref:
        return visit.go(f"/{repository.full_name}/compare/{ref}...{branch}")
    return visit.go(f"/{repository.full_name}/blob/{branch}/{path}")


def _admit_commit(visit: Visit, branch: str) -> None:
    """Refuse names that are no branches, and branches that take changes by pull request only."""
    repository = visit.repository
    if repository.git.run("check-ref-format", "--branch", branch, codes=(0, 1, 128)).returncode != 0:
        raise Refusal(422, f"{branch} is not a valid branch name.")
    rules = repository.protections.get(branch)
    if rules is not None and not protection.bypasses(visit.world, repository, rules, visit.world.account(visit.login)):
        raise Refusal(422, f"Protected branch update failed for {branch}: changes must be made by pull request.")
