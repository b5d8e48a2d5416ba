"""In which order is a pull request told? Comments, reviews, commits and happenings, as they came."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.sandbox.objects import CommitObject
from bot.sandbox.pages.happenings import Happening, Happenings
from bot.sandbox.records import Account, Comment, Issue, Pull, Review, ReviewComment
from bot.sandbox.shapes.pulls import fork_point


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; what `kind` names is set, and for a mention who made it, for a review its remarks."""

    kind: Literal["comment", "review", "commit", "happening", "mention"]
    when: datetime
    comment: Comment | None = None
    review: Review | None = None
    commit: CommitObject | None = None
    happening: Happening | None = None
    mention: Issue | None = None
    by: Account | None = None
    remarks: tuple[ReviewComment, ...] = ()


def of_issue(issue: Issue) -> list[Entry]:
    """Return comments and mentions of an issue."""
    entries = [Entry("comment", one.created_at, comment=one) for one in issue.comments]
    return _sorted(entries + _mentions(issue))


def of_pull(pull: Pull, happenings: Happenings) -> list[Entry]:
    """Return all that is told below the first words of a pull request, oldest first."""
    entries = [Entry("comment", one.created_at, comment=one) for one in pull.issue.comments]
    entries += _reviews(pull)
    entries += [Entry("commit", one.committer.time, commit=one) for one in commits(pull)]
    entries += [Entry("happening", one.when, happening=one) for one in _happenings(pull, happenings)]
    return _sorted(entries + _mentions(pull.issue))


def commits(pull: Pull) -> list[CommitObject]:
    """Return the commits of a pull request, oldest first."""
    git = pull.repository.git
    shas = git.commits([pull.head_sha], [fork_point(pull)], "--topo-order")
    return [git.commit(sha) for sha in shas[:250][::-1]]


def _sorted(entries: list[Entry]) -> list[Entry]:
    # commits carry whole seconds, all else finer: within a second, the commit came first
    return sorted(entries, key=lambda one: (one.when.replace(microsecond=0), one.kind != "commit", one.when))


def _reviews(pull: Pull) -> list[Entry]:
    entries = []
    for review in pull.reviews:
        remarks = tuple(one for one in pull.review_comments if one.review_id == review.id)
        if review.submitted_at is not None:
            entries.append(Entry("review", review.submitted_at, review=review, remarks=remarks))
    lone = [one for one in pull.review_comments if one.review_id is None]
    return entries + [Entry("review", one.created_at, remarks=(one,)) for one in lone]


def _happenings(pull: Pull, happenings: Happenings) -> list[Happening]:
    """Return what Apps were told, pushes only when they replaced commits; the end of it even if nobody was."""
    git = pull.repository.git
    found = []
    for one in happenings.of(pull):
        if one.kind == "push" and git.has(one.old) and git.is_ancestor(one.old, one.new):
            continue
        found.append(one)
    ended = pull.merged_at or pull.issue.closed_at
    if ended is not None and not any(one.kind in ("merge", "closed") for one in found):
        who = pull.merged_by or pull.issue.closed_by
        kind, words = ("merge", "merged") if pull.merged_at else ("closed", "closed this")
        found.append(Happening(kind, who.login if who else "", ended, words))
    return found


def _mentions(issue: Issue) -> list[Entry]:
    """Return other issues and pull requests of the repository whose text names this one, as GitHub notes them."""
    named = re.compile(rf"(?<![\w/#&-])#{issue.number}(?!\w)")
    entries = []
    for other in issue.repository.issues.values():
        if other is issue:
            continue
        texts = [(other.created_at, f"{other.title}\n{other.body or ''}", other.user)]
        texts += [(one.created_at, one.body, one.user) for one in other.comments]
        first = next(((when, who) for when, text, who in texts if named.search(text)), None)
        if first is not None:
            entries.append(Entry("mention", first[0], mention=other, by=first[1]))
    return entries
