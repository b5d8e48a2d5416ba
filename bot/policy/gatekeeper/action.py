"""What happens to a resource that breaks a constraint?

Sources: https://open-policy-agent.github.io/gatekeeper/website/docs/violations/ and
https://open-policy-agent.github.io/gatekeeper/website/docs/enforcement-points/. Where actions are scoped, the
strictest counts of those for the admission of a change and for tools that look before (`gator.gatekeeper.sh`); what
is for the audit alone holds nothing up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, get_args

from bot.policy.kyverno import shape
from bot.policy.kyverno.shape import ShapeError

Action = Literal["deny", "warn", "dryrun"]

ACTIONS: tuple[Action, ...] = get_args(Action)  # the strictest first
SCOPED = "scoped"
_BEFORE = ("*", "gator.gatekeeper.sh", "validation.gatekeeper.sh", "vap.k8s.io")
_POINTS = (*_BEFORE, "audit.gatekeeper.sh")


def compile_enforcement(spec: Mapping[str, object], key: str) -> Action | None:
    """Return the action of a constraint whose `spec` is at the dotted place `key`; raises `ShapeError`.

    None when no enforcement point is named at all, so that the constraint is never enforced.
    """
    written = shape.text(spec.get("enforcementAction"), f"{key}.enforcementAction")
    if written == SCOPED:
        found = list(_scoped(spec, f"{key}.scopedEnforcementActions"))
        return min(found, key=ACTIONS.index) if found else None
    return _action(written or "deny", f"{key}.enforcementAction")


def _scoped(spec: Mapping[str, object], key: str) -> Iterator[Action]:
    entries = shape.sequence(spec.get("scopedEnforcementActions"), key)
    for index, one in enumerate(entries):
        at = f"{key}[{index}]"
        entry = shape.mapping(one, at)
        shape.known_fields(entry, ("action", "enforcementPoints"), at)
        action = _action(shape.text(entry.get("action"), f"{at}.action"), f"{at}.action")
        for place, point in enumerate(shape.sequence(entry.get("enforcementPoints"), f"{at}.enforcementPoints")):
            named = shape.mapping(point, f"{at}.enforcementPoints[{place}]")
            name = shape.text(named.get("name"), f"{at}.enforcementPoints[{place}].name")
            if name not in _POINTS:
                words = f"`{name}` is no enforcement point"
                raise ShapeError(f"{at}.enforcementPoints[{place}].name", words, f"known: {', '.join(_POINTS)}")
            yield action if name in _BEFORE else "dryrun"


def _action(written: str, key: str) -> Action:
    for one in ACTIONS:
        if one == written:
            return one
    raise ShapeError(key, f"`{written}` is no enforcement action", "write deny, warn, dryrun or scoped")
