"""What does a pull request, a commit or a comparison change? Files with their diffs, and checks on them."""

from __future__ import annotations

from flask import Response

from bot.sandbox.acts import protection
from bot.sandbox.git import BareRepository
from bot.sandbox.pages import merge_box, patches, timeline
from bot.sandbox.pages.visit import Answer, Section, Visit
from bot.sandbox.records import Repository
from bot.sandbox.refusal import not_found
from bot.sandbox.shapes.git import commit_changes
from bot.sandbox.shapes.pulls import fork_point

section = Section()
_PULL = "/<owner>/<repo>/pull/<int:number>"


@section.get(f"{_PULL}/files")
def show_files(visit: Visit) -> Answer:
    """Show the diff of a pull request, annotations and remarks below their lines."""
    pull = visit.pull
    changes = pull.repository.git.changes(fork_point(pull), pull.head_sha)
    notes = patches.notes_of(protection.latest_runs(pull.repository, pull.head_sha))
    changed = {change.path for change in changes}
    return visit.page(
        "files.html",
        repository=pull.repository,
        pull=pull,
        issue=pull.issue,
        tab="files",
        files=patches.file_patches(changes, notes, pull.review_comments),
        outside=[note for note in notes if note.path not in changed],
        commits=timeline.commits(pull),
        changes=changes,
        checks=merge_box.check_lines(pull.repository, pull.head_sha),
    )


@section.get(f"{_PULL}/commits")
def show_commits(visit: Visit) -> Answer:
    """Show the commits of a pull request."""
    pull = visit.pull
    return visit.page(
        "pull_commits.html",
        repository=pull.repository,
        pull=pull,
        issue=pull.issue,
        tab="commits",
        commits=timeline.commits(pull),
        changes=pull.repository.git.changes(fork_point(pull), pull.head_sha),
        checks=merge_box.check_lines(pull.repository, pull.head_sha),
    )


@section.get(f"{_PULL}/checks")
def show_checks(visit: Visit) -> Answer:
    """Show the check runs on the head of a pull request, one of them in full."""
    pull = visit.pull
    runs = protection.latest_runs(pull.repository, pull.head_sha)
    wanted = visit.request.args.get("check_run_id", type=int)
    chosen = next((run for run in runs if run.id == wanted), None)
    chosen = chosen or next((run for run in runs if merge_box.run_mark(run) == "failure"), runs[0] if runs else None)
    return visit.page(
        "checks.html",
        repository=pull.repository,
        pull=pull,
        issue=pull.issue,
        tab="checks",
        runs=[(run, merge_box.run_line(pull.repository, run)) for run in runs],
        run=chosen,
        line=merge_box.run_line(pull.repository, chosen) if chosen else None,
        notes=patches.notes_of([chosen]) if chosen else [],
        commits=timeline.commits(pull),
        changes=pull.repository.git.changes(fork_point(pull), pull.head_sha),
        checks=merge_box.check_lines(pull.repository, pull.head_sha),
    )


@section.get("/<owner>/<repo>/runs/<int:number>")
def show_run(visit: Visit) -> Answer:
    """Show a check run: title, summary, text, annotations."""
    repository = visit.repository
    for suite in repository.suites:
        for run in suite.runs:
            if run.id == visit.number("number"):
                return visit.page(
                    "run.html",
                    repository=repository,
                    run=run,
                    line=merge_box.run_line(repository, run),
                    notes=patches.notes_of([run]),
                    pulls=[pull for pull in repository.pulls if pull.head_sha == suite.head_sha],
                )
    raise not_found()


@section.post("/<owner>/<repo>/runs/<int:number>/rerun")
def rerun(visit: Visit) -> Answer:
    """Ask the App to run a check again."""
    repository = visit.repository
    for suite in repository.suites:
        for run in suite.runs:
            if run.id == visit.number("number"):
                visit.world.rerequest_check(repository.full_name, run, visit.login)
                return visit.go(f"/{repository.full_name}/runs/{run.id}?asked=yes")
    raise not_found()


@section.get("/<owner>/<repo>/commit/<sha>")
def show_commit(visit: Visit) -> Answer:
    """Show a commit with its diff, checks and annotations."""
    repository = visit.repository
    sha = repository.git.resolve(visit.word("sha"))
    if sha is None:
        raise not_found()
    notes = patches.notes_of(protection.latest_runs(repository, sha))
    return visit.page(
        "commit.html",
        repository=repository,
        commit=repository.git.commit(sha),
        files=patches.file_patches(commit_changes(repository, sha), notes),
        checks=merge_box.check_lines(repository, sha),
        branches=[name.removeprefix("refs/heads/") for name, tip in _branches(repository).items() if tip == sha],
        pulls=[pull for pull in repository.pulls if sha in (pull.head_sha, pull.merge_commit_sha)],
    )


def _branches(repository: Repository) -> dict[str, str]:
    return repository.git.refs("refs/heads/")


@section.get("/<owner>/<repo>/compare/<path:ends>")
def show_comparison(visit: Visit) -> Answer:
    """Show what `BASE...HEAD` changes, with a form to open a pull request; `.diff` and `.patch` are plain text."""
    repository, ends = visit.repository, visit.word("ends")
    plain = ends.endswith((".diff", ".patch"))
    base, dots, head = (ends.rsplit(".", 1)[0] if plain else ends).partition("...")
    if not dots:
        base, head = repository.default_branch, base
    base, head = base.rpartition(":")[2], head.rpartition(":")[2]
    git = repository.git
    tips = git.resolve(base), git.resolve(head)
    if tips[0] is None or tips[1] is None:
        raise not_found()
    start = git.merge_base(tips[0], tips[1]) or repository.git.empty_tree()
    if plain:
        return _plain(git, start, tips[1])
    shas = git.commits([tips[1]], [tips[0]], "--topo-order")[:250]
    return visit.page(
        "compare.html",
        repository=repository,
        base=base,
        head=head,
        commits=[git.commit(sha) for sha in shas[::-1]],
        files=patches.file_patches(git.changes(start, tips[1])),
        branches=sorted(name.removeprefix("refs/heads/") for name in _branches(repository)),
        existing=[
            pull
            for pull in repository.pulls
            if pull.issue.state == "open" and (pull.base_ref, pull.head_ref) == (base, head)
        ],
    )


@section.get("/<owner>/<repo>/compare")
def choose_comparison(visit: Visit) -> Answer:
    """Go to the comparison of two branches chosen in a form."""
    asked = visit.request.args
    base, head = asked.get("base") or visit.repository.default_branch, asked.get("head", "")
    return visit.go(f"/{visit.repository.full_name}/compare/{base}...{head or base}")


@section.post("/<owner>/<repo>/pulls")
def open_pull(visit: Visit) -> Answer:
    """Open a pull request."""
    repository = visit.repository
    pull = visit.world.open_pull(
        repository.full_name,
        visit.login,
        head=visit.field("head"),
        base=visit.field("base"),
        title=visit.field("title").strip(),
        body=visit.field("body"),
        draft=visit.field("draft") == "yes",
    )
    return visit.go(f"/{repository.full_name}/pull/{pull.number}")


@section.get(f"{_PULL}.diff", f"{_PULL}.patch")
def show_plain_pull(visit: Visit) -> Answer:
    """Return the diff of a pull request as text."""
    pull = visit.pull
    return _plain(pull.repository.git, fork_point(pull), pull.head_sha)


@section.get("/<owner>/<repo>/commit/<sha>.diff", "/<owner>/<repo>/commit/<sha>.patch")
def show_plain_commit(visit: Visit) -> Answer:
    """Return the diff of a commit as text."""
    repository = visit.repository
    sha = repository.git.resolve(visit.word("sha"))
    if sha is None:
        raise not_found()
    parents = repository.git.commit(sha).parents
    return _plain(repository.git, parents[0] if parents else repository.git.empty_tree(), sha)


def _plain(git: BareRepository, base: str, head: str) -> Response:
    diff = git.run("diff-tree", "-r", "-M", "-p", "--full-index", base, head).stdout
    return Response(diff, content_type="text/plain; charset=utf-8")
