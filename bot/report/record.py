"""How does a program read what was found and what changes? As JSON whose shape stays: docs/desk.md describes it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bot.checks.diff import ResourceChange
from bot.model.finding import Finding
from bot.model.manifest import ResourceKey
from bot.report import changes as change_words
from bot.report.grouping import ordered
from bot.report.look import Look
from bot.report.pull_comment import EnvironmentResult

VERSION = 1  # a key may join without another number; none goes, and none changes its meaning


def check(look: Look) -> str:
    """Return a whole check as JSON text."""
    return _text(
        {
            "version": VERSION,
            "base": look.base,
            "head": look.head,
            "notes": list(look.notes),
            "blocks": look.blocks,
            "findings": [_finding(one) for one in ordered(look.findings)],
            "environments": [_environment(one) for one in look.results],
        }
    )


def diff(results: Sequence[EnvironmentResult], *, base: str, head: str) -> str:
    """Return the differences as JSON text."""
    environments = [_environment(one) for one in results]
    return _text({"version": VERSION, "base": base, "head": head, "environments": environments})


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "concern": one.concern,
        "policy": one.policy,
        "rule": one.rule,
        "state": one.state,
        "severity": one.severity,
        "title": one.title,
        "message": one.message,
        "how": one.how,
        "environment": one.environment,
        "application": one.application,
        "resource": _resource(one.resource) if one.resource else None,
        "field": one.field,
        "path": one.path,
        "line": one.line,
        "new": one.new,
        "blocks": one.new and one.blocks,
        "excepted": one.excepted,
    }


def _environment(one: EnvironmentResult) -> dict[str, Any]:
    return {
        "name": one.name,
        "arrives": one.arrives,
        "summary": one.note or change_words.overview(one.diff),
        "compared": not one.note,
        "remarks": list(one.remarks),
        "changes": [_change(change) for change in one.diff.changes],
    }


def _change(one: ResourceChange) -> dict[str, Any]:
    return {
        "application": one.application,
        "change": one.kind,
        "resource": _resource(one.key),
        "path": one.path,
        "highlights": list(one.highlights),
        "diff": one.lines,
    }


def _resource(key: ResourceKey) -> dict[str, str]:
    return {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name}
