"""How are mistakes in `.github/lockkeeper.yaml` told?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.environment import ConfigProblem
from bot.model.promotion import Hop
from bot.ports import Annotation, CheckReport
from bot.report import markdown
from bot.report.words import among, count

CHECK = "lockkeeper / configuration"
PATH = ".github/lockkeeper.yaml"


def broken(problems: Sequence[ConfigProblem], *, sha: str, under_review: bool) -> CheckReport:
    """Return the check run that names every problem; `under_review` says the file is part of a pull request."""
    effect = (
        "Merging it would stop checks and promotions."
        if under_review
        else "Promotions and checks stand still until it is mended on the default branch."
    )
    rows = [
        [
            markdown.code(one.key or PATH),
            str(one.line or "–"),
            markdown.prose(one.message),
            markdown.prose(one.suggestion) or "–",
        ]
        for one in problems
    ]
    return CheckReport(
        name=CHECK,
        sha=sha,
        title=f"{count(len(problems), 'problem')} in {PATH}",
        summary=markdown.within(
            [effect, markdown.table(["setting", "line", "problem", "write instead"], rows)],
            markdown.CHECK_BYTES,
            "The list is longer than GitHub takes.",
            in_bytes=True,
        ),
        conclusion="failure",
        annotations=tuple(
            Annotation(
                PATH,
                one.line or 1,
                "failure",
                (one.key or "lockkeeper.yaml")[:255],
                one.message + (f"\n{one.suggestion}" if one.suggestion else ""),
            )
            for one in problems[:200]
        ),
    )


def sound(*, sha: str, mends: bool, first: bool) -> CheckReport:
    """Return the check run that says the proposed file is well formed.

    `mends`: the one in force is not. `first`: there is none in force.
    """
    if mends:
        note = "The file on the default branch is broken, so this pull request is checked under the rules it proposes."
    elif first:
        note = "It takes effect when it is merged: until then Lockkeeper checks what it finds, and promotes nothing."
    else:
        note = "It takes effect when it is merged: this pull request is still checked under the old rules."
    return CheckReport(
        name=CHECK,
        sha=sha,
        title="The configuration is valid",
        summary=f"`{PATH}` is valid. {note}",
        conclusion="success",
    )


def removed(*, sha: str) -> CheckReport:
    """Return the check run that says what becomes of a repository without the file."""
    return CheckReport(
        name=CHECK,
        sha=sha,
        title="Merging this stops promotions",
        summary=f"This pull request deletes `{PATH}`. Without it Lockkeeper promotes nothing and asks nobody to "
        "approve. If that is not meant, bring the file back.",
        conclusion="neutral",
    )


HINT = (
    "👋 This repository has no `.github/lockkeeper.yaml` yet, so Lockkeeper checks what it finds and promotes "
    "nothing. Add the file to name your environments: `lockkeeper config init` proposes one, and the guide starts with "
    "a complete example."
)


def begins(hops: Sequence[Hop]) -> str:
    """Return the friendly line for the pull request that brings the first configuration: what it will do."""
    ways = [f"{markdown.escape(one.source.name)} → {markdown.escape(one.target.name)}" for one in hops]
    shown = among(list(dict.fromkeys(ways)), 10)
    then = f"Lockkeeper promotes {shown}" if ways else "its rules hold; it promotes nothing yet"
    return (
        f"👋 This pull request brings `{PATH}`. Once it is merged, {then}. Until then it is checked by what is found."
    )
