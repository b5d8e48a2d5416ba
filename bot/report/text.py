"""How do findings and diffs read in a terminal, and in the log of a CI job?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.checks.diff import ResourceChange
from bot.model.environment import ConfigProblem
from bot.model.finding import Finding
from bot.promotion.config import PATH
from bot.report import changes as change_words
from bot.report import excepted, existing
from bot.report.grouping import reach, subject
from bot.report.look import Look
from bot.report.pull_comment import EnvironmentResult

LINES = 40  # of one resource's diff in the output of a check
_LEVELS = {"fail": "error", "error": "error", "warn": "warning", "not evaluable here": "note"}
_COLOURS = {
    "error": "31;1",
    "warning": "33;1",
    "note": "36;1",
    "+": "32",
    "-": "31",
    "@": "36",
    "bold": "1",
    "dim": "2",
}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_ORDER = re.compile(r"^(\s*):(?=:)")  # a line that begins so is an order to GitHub's runner


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes in colour, or not."""

    colour: bool = False

    def __call__(self, style: str, text: str) -> str:
        """Return one line of text in a style of ours."""
        return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if self.colour and text else text


PLAIN = Pen()


def inert(text: str) -> str:
    """Return foreign text that moves no cursor, changes no colour and gives no orders to who reads the log."""
    lines = (_CONTROL.sub("\ufffd", line).replace("##[", "##\u200b[") for line in text.split("\n"))
    return "\n".join(_ORDER.sub("\\1:\u200b", line) for line in lines)


def check(look: Look, pen: Pen = PLAIN, *, quiet: bool = False) -> str:
    """Return what a check came to: findings by place, the diff of each environment, and the verdict.

    `quiet` leaves only what blocks, nothing when nothing does.
    """
    if quiet:
        return "".join(f"{one}\n" for one in _findings([group for group in look.told if group[0].blocks], pen))
    blocks = [[_sentence(look.subject), *(f"note: {inert(note)}" for note in look.notes)]]
    blocks += [list(_finding(group, pen)) for group in look.told]
    blocks += [list(_before(look.findings, pen))] if existing.by_rule(look.findings) else []
    lifted = [f"note: {inert(one)}" for one in excepted.lines(look.findings)]
    blocks += [lifted] if lifted else []
    blocks += [list(_environment(result, pen, LINES)) for result in look.results]
    if not look.results:
        blocks.append(["No environment is affected."])
    blocks.append([pen("error" if look.blocks else "bold", f"{'✘' if look.blocks else '✔'} {_sentence(look.verdict)}")])
    return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"


def diff(results: Sequence[EnvironmentResult], pen: Pen = PLAIN) -> str:
    """Return the whole diff of each environment that changes, '' when none does."""
    blocks = [list(_environment(one, pen, 0)) for one in results if one.diff.changes or one.note or one.remarks]
    return "".join("\n".join(lines) + "\n" for lines in blocks)


def mistakes(problems: Sequence[ConfigProblem], path: str = PATH) -> str:
    """Return the mistakes of a configuration, one a line and what to write instead below it."""
    lines = []
    for one in problems:
        where = f"{path}:{one.line}" if one.line else path
        key = f"{one.key}: " if one.key else ""
        lines.append(f"{where}: error: {inert(key + one.message)} [configuration]")
        if one.suggestion:
            lines.append(f"  → {inert(one.suggestion)}")
    return "\n".join(lines)


def progress(done: int, total: int) -> str:
    """Return how far rendering is."""
    return f"rendering {done} of {total} application{'' if total == 1 else 's'}"


def _sentence(words: str) -> str:
    return f"{inert(words[:1].upper() + words[1:])}."


def _findings(groups: Sequence[Sequence[Finding]], pen: Pen) -> Iterator[str]:
    for group in groups:
        yield from _finding(group, pen)


def _finding(group: Sequence[Finding], pen: Pen) -> Iterator[str]:
    one, level = group[0], _LEVELS[group[0].state]
    where = f"{one.path}:{one.line}" if one.path and one.line else one.path or reach(group) or "repository"
    rule = one.policy if one.rule in ("", one.policy) else f"{one.policy}/{one.rule}"
    message = " ".join(one.message.split())
    place, kind = pen("bold", f"{inert(where)}:"), pen(level, f"{level}:")
    yield f"{place} {kind} {inert(message)} {pen('dim', inert(f'[{rule}]'))}"
    about = [subject(group)] if subject(group) else []
    about += [f"in {reach(group)}"] if reach(group) and where != reach(group) else []
    if about:
        yield f"  {inert(' '.join(about))}"
    if one.how:
        yield f"  → {inert(' '.join(one.how.split()))}"


def _before(findings: Sequence[Finding], pen: Pen) -> Iterator[str]:
    """Yield what was there before the change, a line for each rule."""
    yield pen("bold", "There before, and does not block:")
    rules = existing.by_rule(findings)
    for name, groups in rules[: existing.MOST_RULES]:
        one = groups[0][0]
        level = pen(_LEVELS[one.state], f"{_LEVELS[one.state]}:")
        yield f"  {level} {len(groups)} × {inert(one.title or name)} {pen('dim', inert(f'[{name}]'))}"
    if len(rules) > existing.MOST_RULES:
        yield pen("dim", f"  … {len(rules) - existing.MOST_RULES} more rules")


def _environment(result: EnvironmentResult, pen: Pen, most: int) -> Iterator[str]:
    """Yield the lines of one environment; `most` is how many of a resource's diff, 0 for all."""
    when = "" if result.deployed else f" ({result.arrives})"
    yield f"{pen('bold', inert(result.name))}{when}: {inert(result.note or change_words.overview(result.diff))}"
    yield from (f"  note: {inert(one)}" for one in change_words.remarks(result.remarks))
    for part in change_words.parts(result.diff):
        indent = "    " if part.application else "  "
        if part.application:
            yield f"  {pen('bold', inert(part.application))}: {inert(part.summary)}"
        if part.others:
            yield f"{indent}{inert(part.others)}"
        for change, name in part.elsewhere:
            yield f"{indent}{change.kind} {inert(str(change.key))}, as in {inert(name)}"
        for change in part.shown:
            yield from (f"{indent}{line}" for line in _change(change, pen, most))


def _change(change: ResourceChange, pen: Pen, most: int) -> Iterator[str]:
    brief = f": {'; '.join(change.brief[:4])}" if change.brief else ""
    yield f"{change.kind} {pen('bold', inert(str(change.key)))}{inert(brief)}"
    lines = change.lines.splitlines()
    for line in lines[:most] if most else lines:
        shown = inert(line)
        yield f"  {pen(line[0], shown) if line[:1] in ('+', '-', '@') else shown}"
    if most and len(lines) > most:
        yield pen("dim", f"  … {len(lines) - most} more lines; `lockkeeper diff` shows all")
