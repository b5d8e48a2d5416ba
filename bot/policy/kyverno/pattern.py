"""Does a resource fit a Kyverno pattern, and if not, where does it fail?

A pattern is compiled once into nested functions; each takes a part of the resource and returns None (it fits)
or a `Misfit`. A misfit is either a failure or a reason to skip: a conditional or global anchor that does not
hold. Source: the Kyverno documentation ("Validation patterns", "Anchors"), `pkg/engine/validate` and
`pkg/engine/anchor`.

Three choices of our own:
- A field with the value null counts as absent, because the API server drops it before any policy sees it.
- Kyverno stops at the first failure; here the other failures are collected too, so that every container at
  fault is named at once. The verdict stays the same.
- Where a wildcard key in labels or annotations fits several keys, Kyverno takes any one of them; here one
  fitting entry is enough for a plain key, and every entry must fit under `=()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.policy.kyverno.anchors import Anchor, parse_key
from bot.policy.kyverno.values import compile_value
from bot.policy.kyverno.wildcard import compile_wildcard, has_wildcard

MOST_FAILURES = 50  # reported for one rule and resource

Step = str | int


class PatternError(ValueError):
    """The pattern itself is broken: `key` is the dotted place in it, the text says what is wrong."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


@dataclass(slots=True)
class Misfit:
    """Why a part of a resource does not fit. `steps` lead from the failing field up to the root."""

    skip: bool = False
    steps: list[Step] = field(default_factory=list)
    absent: bool = False
    also: list[Misfit] = field(default_factory=list)

    def under(self, step: Step) -> Misfit:
        """Add the key or index that leads to this part."""
        self.steps.append(step)
        for other in self.also:
            other.steps.append(step)
        return self

    def join(self, other: Misfit) -> None:
        """Report another failure together with this one."""
        self.also.extend([other, *other.also][: MOST_FAILURES - len(self.also)])
        other.also = []

    @property
    def path(self) -> str:
        """The failing field, dotted with indexes: `spec.containers[0].image`, `metadata.labels["a.b/c"]`."""
        text = ""
        for step in reversed(self.steps):
            if isinstance(step, int):
                text += f"[{step}]"
            elif step.replace("-", "").replace("_", "").isalnum():
                text += f".{step}" if text else step
            else:
                text += f'["{step}"]'
        return text


Matcher = Callable[[object], Misfit | None]
MapStep = Callable[[Mapping[str, object]], Misfit | None]


def compile_pattern(pattern: object) -> Matcher:
    """Turn a pattern (JSON values) into a matcher of a resource's body.

    Raises `PatternError` when the pattern uses an anchor wrongly. The caller has bounded its size and depth.
    """
    return _element(pattern, ())


def _element(pattern: object, at: tuple[Step, ...], *, wild_keys: bool = False) -> Matcher:
    if isinstance(pattern, Mapping):
        return _map(pattern, at, wild_keys)
    if isinstance(pattern, list):
        return _list(pattern, at)
    return _scalar(pattern)


def _map(pattern: Mapping[str, object], at: tuple[Step, ...], wild_keys: bool) -> Matcher:
    steps = tuple(_step(key, pattern[key], at, wild_keys) for key in _ordered(pattern))

    def fits(value: object) -> Misfit | None:
        if not isinstance(value, dict):
            return Misfit(absent=value is None)
        first: Misfit | None = None
        for step in steps:
            found = step(value)
            if found is None:
                continue
            if first is None:
                if found.skip:
                    return found
                first = found
            elif not found.skip:
                first.join(found)
        return first

    return fits


def _step(key: str, pattern: object, at: tuple[Step, ...], wild_keys: bool) -> MapStep:
    name, anchor = parse_key(key)
    here = (*at, key)
    if anchor is Anchor.ADDITION:
        raise PatternError(_dotted(here), f"the anchor in `{key}` adds a field, which only mutate rules do")
    if anchor is Anchor.EXISTENCE:
        return _existence(name, pattern, here)
    if anchor is Anchor.NEGATION:
        inner: Matcher = _fits_never
    elif anchor is Anchor.NONE and pattern == "*":
        inner = _present
    else:
        below = wild_keys or (name in ("labels", "annotations") and _is_metadata(at))
        inner = _element(pattern, here, wild_keys=below and isinstance(pattern, Mapping))
    if wild_keys and has_wildcard(name):
        return _wild_step(name, anchor, inner)
    return _anchored(name, anchor, inner)


def _existence(name: str, pattern: object, at: tuple[Step, ...]) -> MapStep:
    if not isinstance(pattern, list) or not all(isinstance(one, Mapping) for one in pattern):
        raise PatternError(_dotted(at), "the existence anchor `^()` needs a list of maps as its pattern")
    wanted = tuple(_element(one, (*at, index)) for index, one in enumerate(pattern))

    def step(value: Mapping[str, object]) -> Misfit | None:
        found = value.get(name)
        if found is None:
            return None
        if isinstance(found, list) and all(any(fits(one) is None for one in found) for fits in wanted):
            return None
        return Misfit(steps=[name])

    return step


def _list(pattern: list[object], at: tuple[Step, ...]) -> Matcher:
    if not pattern:
        return lambda value: Misfit(absent=value is None)
    if isinstance(pattern[0], list):
        return _positional([_element(one, (*at, index)) for index, one in enumerate(pattern)])
    return _each(_element(pattern[0], (*at, 0)))


def _anchored(name: str, anchor: Anchor, inner: Matcher) -> MapStep:
    if anchor is Anchor.NONE:

        def plain(value: Mapping[str, object]) -> Misfit | None:
            found = inner(value.get(name))
            return found if found is None else found.under(name)

        return plain
    if anchor is Anchor.CONDITION:

        def condition(value: Mapping[str, object]) -> Misfit | None:
            part = value.get(name)
            return Misfit(skip=True) if part is None or inner(part) is not None else None

        return condition
    only_skips = anchor is Anchor.GLOBAL

    def if_present(value: Mapping[str, object]) -> Misfit | None:
        part = value.get(name)
        if part is None:
            return None
        found = inner(part)
        if found is None:
            return None
        return Misfit(skip=True) if only_skips else found.under(name)

    return if_present


def _wild_step(name: str, anchor: Anchor, inner: Matcher) -> MapStep:
    """A key with wildcards below `metadata.labels` or `metadata.annotations`."""
    wild = compile_wildcard(name)

    def step(value: Mapping[str, object]) -> Misfit | None:
        keys = sorted(key for key in value if wild(key)) or [name]
        verdicts = [_anchored(key, anchor, inner)(value) for key in keys]
        if anchor in (Anchor.NONE, Anchor.CONDITION) and None in verdicts:
            return None
        return next((one for one in verdicts if one is not None), None)

    return step


def _scalar(pattern: object) -> Matcher:
    holds = compile_value(pattern)

    def fits(value: object) -> Misfit | None:
        if isinstance(value, list):
            return _first(Misfit(steps=[index]) for index, one in enumerate(value) if not holds(one))
        return None if holds(value) else Misfit(absent=value is None)

    return fits


def _each(inner: Matcher) -> Matcher:
    """Every element must fit; elements that are skipped count only when no element applied."""

    def fits(value: object) -> Misfit | None:
        if not isinstance(value, list):
            return Misfit(absent=value is None)
        return _elements(enumerate(inner(one) for one in value))

    return fits


def _positional(inner: Sequence[Matcher]) -> Matcher:
    """A list of lists is held against the resource place by place."""

    def fits(value: object) -> Misfit | None:
        if not isinstance(value, list) or len(value) < len(inner):
            return Misfit(absent=value is None)
        return _elements(enumerate(one(part) for one, part in zip(inner, value, strict=False)))

    return fits


def _elements(verdicts: Iterable[tuple[int, Misfit | None]]) -> Misfit | None:
    first: Misfit | None = None
    applied, skipped = 0, 0
    for index, found in verdicts:
        if found is None:
            applied += 1
        elif found.skip:
            skipped += 1
        else:
            found.under(index)
            if first is None:
                first = found
            else:
                first.join(found)
    if first is not None:
        return first
    return Misfit(skip=True) if skipped and not applied else None


def _first(misfits: Iterable[Misfit]) -> Misfit | None:
    first: Misfit | None = None
    for found in misfits:
        if first is None:
            first = found
        else:
            first.join(found)
    return first


def _present(value: object) -> Misfit | None:
    return Misfit(absent=True) if value is None else None


def _fits_never(_: object) -> Misfit | None:
    return Misfit()


def _ordered(pattern: Mapping[str, object]) -> list[str]:
    """Anchors first, by name; then keys with anchors below them, last name first; then the rest."""
    anchored = (Anchor.CONDITION, Anchor.EXISTENCE, Anchor.EQUALITY, Anchor.NEGATION)
    first, nested, rest = [], [], []
    for key in sorted(pattern):
        anchor = parse_key(key).anchor
        if anchor in anchored:
            first.append(key)
        elif anchor is Anchor.GLOBAL or _has_anchor(pattern[key]):
            nested.append(key)
        else:
            rest.append(key)
    return first + nested[::-1] + rest


def _has_anchor(pattern: object) -> bool:
    if isinstance(pattern, Mapping):
        return any(
            parse_key(key).anchor not in (Anchor.NONE, Anchor.ADDITION) or _has_anchor(value)
            for key, value in pattern.items()
        )
    return isinstance(pattern, list) and any(_has_anchor(one) for one in pattern)


def _is_metadata(at: tuple[Step, ...]) -> bool:
    return bool(at) and isinstance(at[-1], str) and parse_key(at[-1]).name == "metadata"


def _dotted(at: tuple[Step, ...]) -> str:
    return Misfit(steps=list(reversed(at))).path
