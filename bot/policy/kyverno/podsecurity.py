"""Does a Pod, or what makes Pods, keep the Pod Security Standard that a rule names, with the rule's exclusions?

Source: the Kyverno documentation ("Pod Security" of the validate rules). An exclusion names a control; with
`images` it holds for the containers that run them, without for the Pod itself; `restrictedField` and `values`
narrow it to one field, and to values of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.policy.kyverno import shape
from bot.policy.kyverno.answers import as_printed
from bot.policy.kyverno.judges import Judge, Scene
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.standards import BASELINE, CONTROLS, LATEST, RESTRICTED, Violation, mapping, pod_of
from bot.policy.kyverno.verdict import PASS, Failure, Verdict
from bot.policy.kyverno.wildcard import Glob, compile_wildcard

_LEVELS = {"baseline": BASELINE, "restricted": RESTRICTED, "privileged": ()}
_VERSION = re.compile(r"v?1\.(\d{1,3})", re.ASCII)
_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    **dict.fromkeys(
        ("DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"), ("spec", "template")
    ),
}

Excludes = Callable[[Violation], bool]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One control, or a part of it, that need not be kept."""

    control: str
    images: tuple[Glob, ...]
    field: str
    values: tuple[Glob, ...]

    def covers(self, violation: Violation) -> bool:
        """Say whether this violation is excluded."""
        if violation.control != self.control or (violation.image is not None) is not bool(self.images):
            return False
        if violation.image is not None and not any(fits(violation.image) for fits in self.images):
            return False
        if self.field and self.field != re.sub(r"\[(\d+|\"[^\"]*\")\]", _generic, violation.path):
            return False
        text = as_printed(violation.value) if violation.value is not None else ""
        return not self.values or any(fits(text) for fits in self.values)


def _generic(found: re.Match[str]) -> str:
    return "[*]" if found[1].isdigit() else ""


def compile_pod_security(found: object, key: str) -> Judge:
    """Compile a podSecurity block; raises `ShapeError`."""
    block = shape.mapping(found, key)
    shape.known_fields(block, ("level", "version", "exclude"), key)
    level = shape.text(block.get("level"), f"{key}.level")
    if level not in _LEVELS:
        raise ShapeError(f"{key}.level", f"`{level}` is no level", f"write one of {', '.join(_LEVELS)}")
    minor = _minor(shape.text(block.get("version"), f"{key}.version"), f"{key}.version")
    exclusions = compile_exclusions(block.get("exclude"), f"{key}.exclude")
    checks = _LEVELS[level]

    def judge(scene: Scene) -> Verdict:
        body = mapping(scene.body)
        way = _TEMPLATES.get(str(body.get("kind")))
        if way is None:
            return PASS
        template = body
        for step in way:
            template = mapping(template.get(step))
        pod = pod_of(
            mapping(template.get("spec")), mapping(mapping(template.get("metadata")).get("annotations")), minor
        )
        left = [
            one for check in checks for one in check(pod) if not any(exclusion.covers(one) for exclusion in exclusions)
        ]
        if not left:
            return PASS
        above = "".join(f"{step}." for step in way)
        said = scene.say(scene.context)
        return Verdict("fail", tuple(_failure(one, above, said) for one in left))

    return judge


def _failure(violation: Violation, above: str, said: str) -> Failure:
    shown = violation.value if isinstance(violation.value, (bool, int)) else ""
    return Failure(f"{above}{violation.path}", violation.value is None, as_printed(shown) if shown != "" else "", said)


def _minor(version: str, key: str) -> int:
    if version in ("", "latest"):
        return LATEST
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ShapeError(key, f"`{version}` is no version of the standards", "write latest, or one such as v1.31")
    return int(found[1])


def compile_exclusions(found: object, key: str) -> tuple[Exclusion, ...]:
    """Compile the exclusions of a rule or of an exception; raises `ShapeError`."""
    return tuple(_exclusion(one, f"{key}[{index}]") for index, one in enumerate(shape.sequence(found, key)))


def _exclusion(found: object, key: str) -> Exclusion:
    block = shape.mapping(found, key)
    shape.known_fields(block, ("controlName", "images", "restrictedField", "values"), key)
    control = shape.text(block.get("controlName"), f"{key}.controlName")
    if control not in CONTROLS:
        raise ShapeError(f"{key}.controlName", f"`{control}` is no control", f"one of {', '.join(CONTROLS)}")
    images, values = (
        tuple(map(compile_wildcard, shape.strings(block.get(name), f"{key}.{name}"))) for name in ("images", "values")
    )
    field = shape.text(block.get("restrictedField"), f"{key}.restrictedField")
    return Exclusion(control, images, field, values)
