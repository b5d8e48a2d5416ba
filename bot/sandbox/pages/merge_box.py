"""May this pull request be merged, and if not, why? The checks on its head and what the protection still demands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.sandbox.acts import protection, pulls
from bot.sandbox.records import Account, CheckRun, Pull, Repository, Review, Status, User
from bot.sandbox.shapes.checks import latest_statuses
from bot.sandbox.world import World

Mark = Literal["success", "failure", "pending", "neutral", "expected"]
METHODS = {
    "merge": "Create a merge commit",
    "squash": "Squash and merge",
    "rebase": "Rebase and merge",
}


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One check run, status, or required check of which nothing is known yet (`expected`)."""

    mark: Mark
    name: str
    words: str
    page: str
    required: bool
    reporter: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer last decided; `counts` when they may write, `stale` when commits came after it."""

    review: Review
    counts: bool
    stale: bool


@dataclass(frozen=True)
class MergeBox:
    """All that stands at the foot of a pull request."""

    state: str  # mergeable_state of the API
    checks: list[CheckLine]
    verdicts: list[Verdict]
    reasons: list[str]  # why the protection blocks, in GitHub's words
    methods: dict[str, str]
    may_write: bool
    bypasses: bool

    @property
    def offered(self) -> bool:
        """Say whether the one who looks may press the button."""
        possible = self.state not in ("dirty", "draft", "unknown")
        return self.may_write and possible and (self.bypasses or not self.reasons)

    @property
    def checks_mark(self) -> Mark:
        """Return the worst of the checks."""
        marks = {line.mark for line in self.checks}
        order: tuple[Mark, ...] = ("failure", "pending", "expected", "success")
        return next((mark for mark in order if mark in marks), "neutral")

    @property
    def checks_words(self) -> str:
        """Return the heading of the checks, as GitHub words it."""
        counts = {mark: sum(line.mark == mark for line in self.checks) for mark in ("failure", "pending", "expected")}
        if counts["failure"] == len(self.checks):
            return "All checks have failed"
        if counts["failure"]:
            return "Some checks were not successful"
        if counts["pending"] or counts["expected"]:
            return "Some checks haven’t completed yet"
        return "All checks have passed"

    @property
    def checks_counts(self) -> str:
        """Return how many checks stand how, in words."""
        words = {
            "failure": "failing",
            "expected": "expected",
            "pending": "in progress",
            "neutral": "neutral or skipped",
            "success": "successful",
        }
        counted = [(sum(line.mark == mark for line in self.checks), word) for mark, word in words.items()]
        listed = [f"{count} {word}" for count, word in counted if count]
        noun = "check" if len(self.checks) == 1 else "checks"
        return f"{', '.join(listed)} {noun}"


def box(world: World, pull: Pull, viewer: User | None) -> MergeBox:
    """Return the merge box of an open pull request, as one person sees it."""
    repository = pull.repository
    pulls.mergeable(world, pull, read=True)
    pull.waits = 0
    _, state = pulls.mergeable(world, pull, read=True)
    rules = repository.protections.get(pull.base_ref)
    allowed = {
        "merge": repository.allow_merge_commit and not (rules and rules.linear_history),
        "squash": repository.allow_squash_merge,
        "rebase": repository.allow_rebase_merge,
    }
    return MergeBox(
        state=state,
        checks=check_lines(repository, pull.head_sha, pull.base_ref),
        verdicts=verdicts(world, pull),
        reasons=protection.unmet(world, pull),
        methods={name: words for name, words in METHODS.items() if allowed[name]},
        may_write=world.has_role(repository, viewer, "write"),
        bypasses=rules is not None and viewer is not None and protection.bypasses(world, repository, rules, viewer),
    )


def verdicts(world: World, pull: Pull) -> list[Verdict]:
    """Return the newest decision of each reviewer, oldest first; comments decide nothing."""
    newest: dict[Account, Review] = {}
    for review in pull.reviews:
        if review.state in ("APPROVED", "CHANGES_REQUESTED", "DISMISSED"):
            newest.pop(review.user, None)
            newest[review.user] = review
    return [
        Verdict(review, world.has_role(pull.repository, review.user, "write"), review.commit_id != pull.head_sha)
        for review in newest.values()
        if review.state != "DISMISSED"
    ]


# ---- checks


def check_lines(repository: Repository, sha: str, base: str = "") -> list[CheckLine]:
    """Return all that is reported on a commit, and what the branch `base` still expects."""
    rules = repository.protections.get(base)
    required = list(rules.checks or []) if rules else []
    lines = []
    for run in protection.latest_runs(repository, sha):
        app = run.suite.app
        needed = any(run.name == name and (who in (None, -1) or (app and app.id == who)) for name, who in required)
        lines.append(run_line(repository, run, required=needed))
    for status in latest_statuses(repository, sha):
        needed = any(status.context == name and who in (None, -1) for name, who in required)
        lines.append(_status_line(status, required=needed))
    for name, who in required:
        if protection.check_word(repository, sha, name, who) == "expected":
            lines.append(CheckLine("expected", name, "Expected — waiting for status to be reported", "", required=True))
    order: tuple[Mark, ...] = ("failure", "pending", "expected", "neutral", "success")
    return sorted(lines, key=lambda line: (order.index(line.mark), not line.required, line.name))


def run_mark(run: CheckRun) -> Mark:
    """Return the sign of a check run."""
    if run.status != "completed":
        return "pending"
    if run.conclusion == "success":
        return "success"
    return "neutral" if run.conclusion in ("neutral", "skipped", "stale") else "failure"


def run_words(run: CheckRun) -> str:
    """Return a check run's title, or what GitHub says of one without."""
    if run.title:
        return run.title
    if run.status != "completed":
        return {"in_progress": "In progress", "queued": "Queued"}.get(run.status, "Waiting")
    words = {
        "success": "Successful",
        "failure": "Failing",
        "neutral": "Completed",
        "skipped": "Skipped",
        "cancelled": "Cancelled",
        "timed_out": "Timed out",
        "action_required": "Action required",
        "stale": "Stale",
    }
    return words.get(run.conclusion or "", "Completed")


def run_line(repository: Repository, run: CheckRun, *, required: bool = False) -> CheckLine:
    """Return the line of a check run."""
    page = f"/{repository.full_name}/runs/{run.id}"
    reporter = run.suite.app.name if run.suite.app else ""
    return CheckLine(run_mark(run), run.name, run_words(run), page, required, reporter)


def _status_line(status: Status, *, required: bool) -> CheckLine:
    marks: dict[str, Mark] = {"success": "success", "pending": "pending"}
    page = status.target_url or ""
    words = status.description or {"success": "Successful", "pending": "Pending"}.get(status.state, "Failing")
    return CheckLine(marks.get(status.state, "failure"), status.context, words, page, required, status.creator.login)
