"""What does the context file of a Kyverno test say in place of a cluster and a registry?

Source: https://kyverno.io/docs/kyverno-cli/reference/kyverno_test/ (`kind: Context` of cli.kyverno.io).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.cel.world import World
from bot.policy.kyverno.times import told

Json = Mapping[str, Any]


def is_context(document: Json) -> bool:
    """Say whether a document is such a file."""
    return str(document.get("apiVersion") or "").startswith("cli.kyverno.io/") and document.get("kind") == "Context"


def world_of(document: Json) -> World:
    """Read a context file (JSON values); whatever has another shape counts as absent."""
    spec = document.get("spec")
    found: Json = spec if isinstance(spec, Mapping) else {}
    images = {
        str(one["image"]): {name: value for name, value in one.items() if name != "image"}
        for one in _maps(found.get("images"))
        if "image" in one
    }
    return World(
        resources=_maps(found.get("resources")) if "resources" in found else None,
        images=images if "images" in found else None,
        now=told,
    )


def _maps(found: object) -> list[Json]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
