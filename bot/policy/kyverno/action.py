"""Does a violated rule block, or does it only warn?

Source: the Kyverno documentation ("Failure action"): `validate.failureAction` of a rule, else
`spec.validationFailureAction`, else Audit; the overrides beside either name namespaces for which another
action holds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.policy.kyverno import shape
from bot.policy.kyverno.labels import LabelTest, SelectorError, compile_selector
from bot.policy.kyverno.match import compile_namespaces
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.subject import Subject

Blocks = Callable[[Subject], bool]

_OVERRIDE = ("action", "namespaces", "namespaceSelector")


@dataclass(frozen=True, slots=True)
class _Override:
    enforce: bool
    named: Callable[[str], bool] | None
    labelled: LabelTest | None

    def holds(self, subject: Subject) -> bool:
        if self.named is not None and not self.named(subject.namespace):
            return False
        if self.labelled is None:
            return self.named is not None
        if subject.namespace_labels is None:
            return self.enforce  # unknown labels: the stricter reading
        return self.labelled(subject.namespace_labels)


def compile_action(spec: Mapping[str, object], validate: Mapping[str, object], key: str) -> Blocks:
    """Return a function that says whether a violation by this subject blocks (Enforce) or warns (Audit).

    `spec` is the policy's, `validate` the rule's block at the dotted place `key`. Raises `ShapeError`.
    """
    action, at = validate.get("failureAction"), f"{key}.failureAction"
    listed, below = validate.get("failureActionOverrides"), f"{key}.failureActionOverrides"
    if action is None:
        action, at = spec.get("validationFailureAction"), "spec.validationFailureAction"
    if listed is None:
        listed, below = spec.get("validationFailureActionOverrides"), "spec.validationFailureActionOverrides"
    enforce = _enforce(action, at) if action is not None else False
    overrides = [_override(one, f"{below}[{index}]") for index, one in enumerate(shape.sequence(listed, below))]
    if not overrides:
        return lambda _: enforce

    def blocks(subject: Subject) -> bool:
        return next((one.enforce for one in overrides if one.holds(subject)), enforce)

    return blocks


def _override(found: object, key: str) -> _Override:
    block = shape.mapping(found, key)
    shape.known_fields(block, _OVERRIDE, key)
    names = shape.strings(block.get("namespaces"), f"{key}.namespaces")
    selector = block.get("namespaceSelector")
    try:
        labelled = None if selector is None else compile_selector(selector)
    except SelectorError as broken:
        raise ShapeError(f"{key}.namespaceSelector.{broken.key}".rstrip("."), str(broken)) from broken
    return _Override(
        _enforce(block.get("action"), f"{key}.action"), compile_namespaces(names) if names else None, labelled
    )


def _enforce(action: object, key: str) -> bool:
    if action in ("Enforce", "enforce"):
        return True
    if action in ("Audit", "audit"):
        return False
    raise ShapeError(key, f"`{action}` is no failure action", "write Enforce or Audit")
