"""Which places of a resource break a pattern, and what of them may be shown?"""

from __future__ import annotations

import re

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
