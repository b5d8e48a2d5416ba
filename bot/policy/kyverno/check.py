"""What does a rule's `validate` block say about a resource it applies to?

Each kind of check (pattern, anyPattern, …) has a compiler here that takes the block and returns a `Check`, a
function of the subject. What no compiler evaluates becomes an `Unevaluable` with the reason. A new kind joins
`_COMPILERS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from bot.policy.kyverno import shape
from bot.policy.kyverno.pattern import Misfit, PatternError, Step, compile_pattern
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.subject import Subject
from bot.policy.kyverno.values import as_text
from bot.policy.kyverno.variables import substitute, variables_in


@dataclass(frozen=True, slots=True)
class Failure:
    """One place where the resource breaks the rule.

    `absent` when the field is not there at all; `value` is what is there, where that can be shown to anyone.
    """

    field: str
    absent: bool = False
    value: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome for one resource; `failures` are there exactly when the state is fail."""

    state: Literal["pass", "fail", "skip"]
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Unevaluable:
    """Why a rule is not evaluated here."""

    why: str


Check = Callable[[Subject], Verdict]
Constants = Mapping[str, object]

_IMAGE = re.compile(r"[\w./:@-]{1,200}", re.ASCII)

PASS, SKIP = Verdict("pass"), Verdict("skip")


def compile_check(rule: Mapping[str, object], constants: Constants, key: str) -> Check | Unevaluable:
    """Compile the validate block of a rule whose dotted place is `key`.

    `constants` are the variables whose values are known already. Raises `ShapeError` for a broken block.
    """
    validate = shape.mapping(rule.get("validate"), f"{key}.validate")
    shape.known_fields(validate, shape.VALIDATE, f"{key}.validate")
    kinds = [name for name in _KINDS if validate.get(name) is not None]
    if not kinds:
        names = ", ".join(_KINDS)
        raise ShapeError(f"{key}.validate", "the rule says nothing to validate", f"add one of {names}")
    for name in ("preconditions", "celPreconditions"):
        if rule.get(name):
            return Unevaluable(f"this version does not evaluate `{name}`")
    compiler = _COMPILERS.get(kinds[0])
    if compiler is None or len(kinds) > 1:
        return Unevaluable(f"this version does not evaluate `validate.{kinds[-1]}`")
    content = substitute(validate[kinds[0]], constants)
    left = next(variables_in(content), None)
    if left is not None:
        shown = left if left.startswith("$(") else f"{{{{ {left} }}}}"
        return Unevaluable(f"this version does not know the value of `{shown}`")
    try:
        return compiler(content)
    except PatternError as broken:
        at = f"{key}.validate.{kinds[0]}"
        raise ShapeError(f"{at}.{broken.key}" if broken.key else at, str(broken)) from broken


def _pattern(content: object) -> Check:
    fits = compile_pattern(content)

    def check(subject: Subject) -> Verdict:
        misfit = fits(subject.body)
        if misfit is None:
            return PASS
        return SKIP if misfit.skip else Verdict("fail", _failures(misfit, subject.body))

    return check


def _any_pattern(content: object) -> Check:
    """One pattern that fits is enough; skipped ones count only when none failed."""
    if not isinstance(content, list) or not content:
        raise PatternError("", "anyPattern needs a list with at least one pattern")
    patterns = tuple(map(compile_pattern, content))

    def check(subject: Subject) -> Verdict:
        misfits = []
        for fits in patterns:
            misfit = fits(subject.body)
            if misfit is None:
                return PASS
            misfits.append(misfit)
        failed = [misfit for misfit in misfits if not misfit.skip]
        if failed:
            return Verdict("fail", _failures(_nearest(failed), subject.body)[:1])
        return SKIP

    return check


def _nearest(misfits: list[Misfit]) -> Misfit:
    """The alternative that came furthest into the resource says most about what to mend."""
    return max(misfits, key=lambda misfit: (not misfit.absent, len(misfit.steps)))


def _failures(misfit: Misfit, body: object) -> tuple[Failure, ...]:
    """Every place once, in the order found."""
    found = {
        one.path: Failure(one.path, one.absent, _shown(one.steps[::-1], body))
        for one in reversed((misfit, *misfit.also))
    }
    return tuple(reversed(found.values()))


def _shown(steps: list[Step], body: object) -> str:
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


_COMPILERS: Mapping[str, Callable[[object], Check]] = {"pattern": _pattern, "anyPattern": _any_pattern}
_KINDS = ("pattern", "anyPattern", "deny", "foreach", "podSecurity", "cel", "assert", "manifests")
