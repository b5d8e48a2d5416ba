"""What does a policy document say about itself: name, title, reason, severity, remedy?

The annotations are Kyverno's (`policies.kyverno.io/…`) and Lockkeeper's own; every engine's policies may carry them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from bot.model.finding import Severity

REMEDY = "policies.lockkeeper.dev/remedy"
LINK = "policies.lockkeeper.dev/link"

_SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True, slots=True)
class About:
    """`description` is the policy's reason, `how` its remedy and link; the title is the name where there is none."""

    name: str
    title: str
    description: str
    severity: Severity
    how: str
    remedy: str = ""
    link: str = ""


def about(document: Mapping[str, Any]) -> About:
    """Read metadata and annotations of a document (JSON values); whatever is no text counts as absent."""
    metadata = document.get("metadata")
    found = metadata if isinstance(metadata, Mapping) else {}
    name = str(found.get("name") or "")
    annotations = found.get("annotations")
    notes = annotations if isinstance(annotations, Mapping) else {}
    severity = _text(notes, "policies.kyverno.io/severity").lower()
    return About(
        name=name,
        title=_text(notes, "policies.kyverno.io/title") or name,
        description=_text(notes, "policies.kyverno.io/description"),
        severity=next((one for one in _SEVERITIES if one == severity), "medium"),
        how=" ".join(_advice(notes)),
        remedy=_text(notes, REMEDY),
        link=_text(notes, LINK),
    )


def _text(annotations: Mapping[str, object], name: str) -> str:
    found = annotations.get(name)
    return " ".join(found.split()) if isinstance(found, str) else ""


def _advice(annotations: Mapping[str, object]) -> Iterator[str]:
    if remedy := _text(annotations, REMEDY):
        yield remedy
    if link := _text(annotations, LINK):
        yield f"See {link}"
