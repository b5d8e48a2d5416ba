"""Does a Pod, or what makes Pods, keep the Pod Security Standard that a rule names, with the rule's exclusions?

Source: the Kyverno documentation ("Pod Security" of the validate rules).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.policy.kyverno import shape
from bot.policy.kyverno.answers import as_printed
from bot.policy.kyverno.exclusions import compile_exclusions
from bot.policy.kyverno.judges import Judge, Scene
from bot.policy.kyverno.pods import LATEST, Violation, mapping, pod_of
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.standards import BASELINE, RESTRICTED
from bot.policy.kyverno.verdict import PASS, Failure, Verdict

_LEVELS = {"baseline": BASELINE, "restricted": RESTRICTED, "privileged": ()}
_VERSION = re.compile(r"v?1\.(\d{1,3})", re.ASCII)
_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "Pod": (),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    **dict.fromkeys(
        ("DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"), ("spec", "template")
    ),
}


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
        if way is None and isinstance(mapping(mapping(body.get("spec")).get("template")).get("spec"), Mapping):
            way = ("spec", "template")  # a custom resource that makes Pods
        if way is None:
            return PASS
        template = body
        for step in way:
            template = mapping(template.get(step))
        pod = pod_of(
            mapping(template.get("spec")), mapping(mapping(template.get("metadata")).get("annotations")), minor
        )
        excluded = (*exclusions, *scene.excused)
        left = [one for check in checks for one in check(pod) if not any(each.covers(one) for each in excluded)]
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
