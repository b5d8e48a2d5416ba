"""What do people read about who was asked for a review, and who could not be?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.model.environment import People
from bot.report import markdown
from bot.report.words import listed

MARKER = "<!-- lockkeeper:approvers -->"
_NAMES = re.compile(r"<!-- not asked: ([^<>]*) -->")
_WORST = 50  # names in a sentence


def unasked(reviewers: Sequence[str], assignees: Sequence[str]) -> str:
    """Return the comment about people who cannot be asked or assigned; it remembers them for the next look."""
    parts = [MARKER, remembering(reviewers, assignees)]
    if reviewers:
        parts.append(
            f"⚠️ GitHub does not let me ask {_people(reviewers)} for a review. A user has to have access to this "
            "repository, a team access of its own, and a code owner has to be named by login or as a team of this "
            "organisation."
        )
    if assignees:
        parts.append(f"⚠️ GitHub does not let me assign {_people(assignees)}: that takes access to this repository.")
    if not reviewers and not assignees:
        parts.append("Everybody can be asked now.")
    else:
        parts.append(
            "Give them access, or name others in `.github/lockkeeper.yaml` or `CODEOWNERS`; then comment "
            "`/assign-approvers`."
        )
    return "\n".join(parts[:2]) + "\n" + "\n\n".join(parts[2:])


def remembering(reviewers: Iterable[str], assignees: Iterable[str]) -> str:
    """Return the hidden line by which the next look knows whom it need not ask again."""
    return f"<!-- not asked: {' '.join([*reviewers, *(f'+{one}' for one in assignees)])} -->"


def remembered(body: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the reviewers and the assignees, in lower case, that a comment remembers."""
    found = _NAMES.search(body)
    names = found[1].lower().split() if found else []
    return (
        frozenset(one for one in names if not one.startswith("+")),
        frozenset(one[1:] for one in names if one.startswith("+")),
    )


def assigned(asked: People, waiting: Sequence[str], refused: Sequence[str], assignees: Sequence[str]) -> str:
    """Return the answer to `/assign-approvers`: who is asked now, who was before, who cannot be."""
    new = [*asked.users, *(f"team {one}" for one in asked.teams)]
    lines = [f"🙋 Asked for a review: {_people(new)}."] if new else []
    if waiting:
        lines.append(f"Asked already: {_people(waiting)}.")
    if assignees:
        lines.append(f"Assigned: {_people(assignees)}.")
    if not lines and not refused:
        lines.append("Nobody is left to ask: who is named has reviewed this commit, or must not approve it.")
    if refused:
        lines.append(f"⚠️ GitHub does not let me ask {_people(refused)}: they need access to this repository.")
    return "\n\n".join(lines)


def _people(names: Sequence[str]) -> str:
    more = [f"{len(names) - _WORST} more"] if len(names) > _WORST else []
    return listed([*(markdown.code(one) for one in names[:_WORST]), *more])
