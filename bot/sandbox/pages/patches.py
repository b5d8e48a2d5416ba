"""How does a patch read, line by line? Numbers of both sides, and what is said about each line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.sandbox.objects import FileChange
from bot.sandbox.records import CheckRun, ReviewComment

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
LINES = 3000  # a longer patch is not shown


@dataclass(frozen=True, slots=True)
class Note:
    """An annotation of a check run."""

    run: CheckRun
    level: str
    path: str
    start: int
    end: int
    title: str
    message: str
    details: str


@dataclass
class Line:
    """One line of a patch with what is said below it."""

    kind: Literal["hunk", "context", "add", "del", "note"]
    old: int | None
    new: int | None
    text: str
    notes: list[Note] = field(default_factory=list)
    comments: list[ReviewComment] = field(default_factory=list)


@dataclass(frozen=True)
class FilePatch:
    """A changed file, its lines, and notes on lines that the patch does not show."""

    change: FileChange
    lines: list[Line]
    elsewhere: list[Note]
    too_long: bool = False


def notes_of(runs: Sequence[CheckRun]) -> list[Note]:
    """Return the annotations of check runs; those with fields amiss are shown as well as can be."""
    return [
        Note(
            run=run,
            level=str(one.get("annotation_level", "notice")),
            path=str(one.get("path", "")),
            start=_line(one, "start_line"),
            end=_line(one, "end_line"),
            title=str(one.get("title") or ""),
            message=str(one.get("message") or ""),
            details=str(one.get("raw_details") or ""),
        )
        for run in runs
        for one in run.annotations
    ]


def _line(one: Mapping[str, object], name: str) -> int:
    value = one.get(name)
    return value if isinstance(value, int) else 1


def file_patches(
    changes: Sequence[FileChange], notes: Sequence[Note] = (), comments: Sequence[ReviewComment] = ()
) -> list[FilePatch]:
    """Return each changed file with its patch in lines, notes and comments below the lines they are on."""
    return [
        _file_patch(
            change,
            [note for note in notes if note.path == change.path],
            [one for one in comments if one.path == change.path],
        )
        for change in changes
    ]


def _file_patch(change: FileChange, notes: list[Note], comments: list[ReviewComment]) -> FilePatch:
    rows = (change.patch or "").split("\n") if change.patch else []
    if len(rows) > LINES:
        return FilePatch(change, [], notes, too_long=True)
    lines = list(_lines(rows))
    shown = {line.new: line for line in lines if line.new is not None}
    elsewhere: list[Note] = []
    for note in notes:
        line = shown.get(note.end) or shown.get(note.start)
        (line.notes if line else elsewhere).append(note)
    for comment in comments:
        line = shown.get(comment.line) or next((one for one in lines if one.old == comment.line), None)
        if line:
            line.comments.append(comment)
    return FilePatch(change, lines, elsewhere)


def _lines(rows: Sequence[str]) -> list[Line]:
    lines: list[Line] = []
    old = new = 0
    for row in rows:
        hunk = _HUNK.match(row)
        if hunk:
            old, new = int(hunk[1]), int(hunk[2])
            lines.append(Line("hunk", None, None, row))
        elif row.startswith("+"):
            lines.append(Line("add", None, new, row[1:]))
            new += 1
        elif row.startswith("-"):
            lines.append(Line("del", old, None, row[1:]))
            old += 1
        elif row.startswith("\\"):
            lines.append(Line("note", None, None, row[2:]))
        else:
            lines.append(Line("context", old, new, row[1:]))
            old, new = old + 1, new + 1
    return lines
