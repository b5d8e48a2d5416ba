"""What does `lockkeeper config check` say of a configuration?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.model.environment import ConfigProblem, Configuration, Environment
from bot.promotion.pipeline import first, pairs
from bot.report.hop_rules import rules, starts
from bot.report.text import PLAIN, Pen, inert
from bot.report.words import count

VERSION = 1
_WIDTH = 160  # of a line that is shown


@dataclass(frozen=True, slots=True)
class Looked:
    """A configuration that was looked at: its path as people know it, its text, and what is to be said of it.

    `configuration` is None where there are `mistakes`; `remarks` change nothing.
    """

    path: str
    text: str
    configuration: Configuration | None
    mistakes: tuple[ConfigProblem, ...] = ()
    remarks: tuple[ConfigProblem, ...] = ()


def as_text(looked: Looked, pen: Pen = PLAIN) -> str:
    """Return mistakes and remarks, each with its line, and how the pipeline reads."""
    lines = looked.text.splitlines()
    blocks = [list(_told(one, "error", looked.path, lines, pen)) for one in looked.mistakes]
    blocks += [list(_told(one, "note", looked.path, lines, pen)) for one in looked.remarks]
    if looked.configuration is not None:
        blocks.append(list(_pipeline(looked.configuration, pen)))
    blocks.append([_verdict(looked, pen)])
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def as_json(looked: Looked) -> str:
    """Return the same for programs; docs/desk.md describes it."""
    lines = looked.text.splitlines()
    configuration = looked.configuration or Configuration()
    return _json(
        {
            "version": VERSION,
            "file": looked.path,
            "valid": looked.configuration is not None,
            "mistakes": [_problem(one, lines) for one in looked.mistakes],
            "remarks": [_problem(one, lines) for one in looked.remarks],
            "environments": [environment_record(one) for one in configuration.environments],
            "promotions": [
                {"source": hop.source.name, "target": hop.target.name, "rules": [*rules(hop)]}
                for hop in pairs(configuration)
            ],
        }
    )


def environment_record(one: Environment) -> dict[str, Any]:
    """Return what an environment is, for programs."""
    return {
        "name": one.name,
        "repository": one.repository,
        "branch": one.branch,
        "path": one.path,
        "tag": one.tag,
        "strategy": one.strategy,
        "after": list(one.after),
        "group": one.group,
    }


def _told(one: ConfigProblem, level: str, path: str, lines: Sequence[str], pen: Pen) -> Iterator[str]:
    where = f"{path}:{one.line}" if one.line else path
    message = f"{one.key}: {one.message}" if one.key else one.message
    yield f"{pen('bold', inert(where))}: {pen(level, level)}: {inert(message)}"
    if one.line and one.line <= len(lines):
        yield pen("dim", f"{one.line:>5} | {inert(lines[one.line - 1])[:_WIDTH]}")
    if one.suggestion:
        yield f"  → {inert(one.suggestion)}"


def _pipeline(configuration: Configuration, pen: Pen) -> Iterator[str]:
    if configuration.pipeline:
        yield f"{pen('bold', inert(configuration.pipeline))} may promote into this repository"
    for one in first(configuration):
        yield f"{pen('bold', inert(one.name))}: starts in {inert(starts(one, pairs(configuration)))}"
    for hop in pairs(configuration):
        name = f"{hop.source.name} → {hop.target.name}" + (f" ({hop.application})" if hop.application else "")
        yield pen("bold", inert(name))
        yield from (f"  {inert(rule)}" for rule in rules(hop))


def _verdict(looked: Looked, pen: Pen) -> str:
    if looked.mistakes:
        return pen("error", f"✘ {count(len(looked.mistakes), 'mistake')} to mend.")
    told = f" ({count(len(looked.remarks), 'remark')})" if looked.remarks else ""
    return pen("bold", f"✔ The configuration is valid{told}.")


def _problem(one: ConfigProblem, lines: Sequence[str]) -> Mapping[str, Any]:
    shown = lines[one.line - 1] if one.line and one.line <= len(lines) else ""
    return {"key": one.key, "line": one.line, "text": shown, "message": one.message, "how": one.suggestion}


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
