"""Which places of a resource break a pattern, and what of them may be shown?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.policy.kyverno.pattern import Misfit, Step
from bot.policy.kyverno.values import as_text
from bot.policy.kyverno.verdict import Failure

_IMAGE = re.compile(r"[\w./:@-]{1,200}", re.ASCII)


def failures_of(misfit: Misfit, body: object, *, said: str = "", below: str = "") -> tuple[Failure, ...]:
    """Return every place once, in the order found; `below` is the place of `body` in the resource."""
    found = {
        one.path: Failure(_joined(below, one.path), one.absent, _value(one.steps[::-1], body), said)
        for one in reversed((misfit, *misfit.also))
    }
    return tuple(reversed(found.values()))


def failure_at(place: Sequence[str], values: Mapping[str, object], *, said: str, near: str, exact: bool) -> Failure:
    """Return the failure of a condition that looks at a place (`request`, `object` or `element`, and keys) among
    the values of a rule; `near` is the place of the loop's element, or when not `exact` of what is around it.
    """
    is_element = bool(place) and place[0] == "element"
    if not place or (is_element and not exact):
        return Failure(near, said=said)
    root = values.get("element") if is_element else _step(values.get("request"), "object")
    steps: list[Step] = [*place[1:]] if is_element else [*place[2:]]
    found = root
    for step in steps:
        found = _step(found, step)
    path = ".".join(map(str, steps))
    return Failure(_joined(near if is_element else "", path), found is None, _value(steps, root), said)


def _step(value: object, step: Step) -> object:
    return value.get(step) if isinstance(value, Mapping) else None


def nearest(misfits: list[Misfit]) -> Misfit:
    """Return the alternative that came furthest into the resource: it says most about what to mend."""
    return max(misfits, key=lambda misfit: (not misfit.absent, len(misfit.steps)))


def _joined(above: str, path: str) -> str:
    return f"{above}.{path}" if above and path and not path.startswith("[") else above + path


def _value(steps: list[Step], body: object) -> str:
    """The failing value, if it is a switch, a number or the name of an image: other texts may be secret."""
    value = body
    for step in steps:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return ""
    if isinstance(value, (bool, int)):
        return as_text(value) or ""
    named = bool(steps) and steps[-1] in ("image", "reference")
    return value if named and isinstance(value, str) and _IMAGE.fullmatch(value) else ""
