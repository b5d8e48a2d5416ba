"""Which further rules does Kyverno derive from a rule about Pods, for the controllers that make Pods?

Source: the Kyverno documentation ("Auto-Gen Rules") and `pkg/autogen/v1` of kyverno/kyverno. A rule about
Pods also holds, one or three levels deeper, for Deployment, DaemonSet, StatefulSet, Job, ReplicaSet,
ReplicationController and CronJob, here in every version of their group. A name, names, selector, annotation or
other kinds beside Pod in any rule turn it off for the whole policy; the annotation
`pod-policies.kyverno.io/autogen-controllers` narrows it or, with `none`, turns it off.

Custom resources make Pods, too. In a cluster the rule meets these Pods; here they are not rendered. The annotation
`policies.lockkeeper.dev/autogen-kinds` names kinds (`argoproj.io/*/Rollout`) that hold the Pod at `spec.template`,
as a Deployment does, and lets the rule hold for them as well; a rule that is not about Pods holds for them as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.policy.cel.pods import shifted
from bot.policy.kyverno.kinds import names_kind

ANNOTATION = "pod-policies.kyverno.io/autogen-controllers"
MORE_KINDS = "policies.lockkeeper.dev/autogen-kinds"
LONGEST_NAME = 63  # characters of a rule's name

_SELECTORS = {
    "DaemonSet": "apps/*/DaemonSet",
    "Deployment": "apps/*/Deployment",
    "Job": "batch/*/Job",
    "ReplicaSet": "apps/*/ReplicaSet",
    "ReplicationController": "v1/ReplicationController",
    "StatefulSet": "apps/*/StatefulSet",
}
_CRON_JOB = "batch/*/CronJob"
_ALL = (*_SELECTORS, "CronJob")

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DerivedRule:
    """A rule document that autogen made from the rule called `origin`."""

    origin: str
    document: Document


def derive_rules(policy: Document) -> tuple[DerivedRule, ...]:
    """Return the rules autogen adds to a policy document, in Kyverno's order. The document stays as it is."""
    rules = [rule for rule in policy.get("spec", {}).get("rules") or () if isinstance(rule, Mapping)]
    more = [kind.strip() for kind in str(_annotations(policy).get(MORE_KINDS) or "").split(",") if kind.strip()]
    if not _possible(rules):
        return tuple(_for_more(rule, more) for rule in rules if more and not _about_pods(rule))
    controllers = _controllers(policy)
    kinds = [*(selector for controller, selector in _SELECTORS.items() if controller in controllers), *more]
    cron = [_CRON_JOB] if "CronJob" in controllers else []
    return tuple(derived for rule in rules for derived in _derived(rule, kinds, cron))


def _controllers(policy: Document) -> tuple[str, ...]:
    wanted = _annotations(policy).get(ANNOTATION)
    if not isinstance(wanted, str) or wanted in ("", "all"):
        return _ALL
    names = {name.strip() for name in wanted.split(",")}
    return tuple(name for name in _ALL if name in names)


def _annotations(policy: Document) -> Document:
    return (policy.get("metadata") or {}).get("annotations") or {}


def _possible(rules: Iterable[Document]) -> bool:
    needed = False
    for rule in rules:
        if "generate" in rule or "patchesJson6902" in str(rule.get("mutate", "")):
            return False
        for resources in [*_descriptions(rule.get("match")), *_descriptions(rule.get("exclude"))]:
            kinds = _kinds(resources)
            narrowed = any(resources.get(name) for name in ("name", "names")) or any(
                resources.get(name) is not None for name in ("selector", "annotations")
            )
            if narrowed or (len(kinds) > 1 and names_kind(kinds, "Pod")):
                return False
            needed = needed or any(kind == "Pod" or kind in _ALL for kind in kinds)
    return needed


def _descriptions(block: object) -> list[Document]:
    """The `resources` of a match or exclude block: its own and those of its any and all filters."""
    if not isinstance(block, Mapping):
        return []
    filters = [block, *_listed(block.get("any")), *_listed(block.get("all"))]
    found = [one.get("resources") for one in filters if isinstance(one, Mapping)]
    return [one for one in found if isinstance(one, Mapping)]


def _kinds(resources: Document) -> list[str]:
    return [kind for kind in _listed(resources.get("kinds")) if isinstance(kind, str)]


def _listed(found: object) -> list[Any]:
    return found if isinstance(found, list) else []


def _derived(rule: Document, kinds: list[str], cron: list[str]) -> Iterable[DerivedRule]:
    name = str(rule.get("name", ""))
    if name.startswith("autogen-"):
        return
    matched = [kind for one in _descriptions(rule.get("match")) for kind in _kinds(one)]
    excluded = [kind for one in _descriptions(rule.get("exclude")) for kind in _kinds(one)]
    if not names_kind(matched, "Pod") or (excluded and not names_kind(excluded, "Pod")):
        return
    if kinds and (one := _lift(rule, "autogen", kinds, ("template",))):
        yield DerivedRule(name, one)
    if cron and (one := _lift(rule, "autogen-cronjob", cron, ("jobTemplate", "spec", "template"))):
        yield DerivedRule(name, one)


def _lift(rule: Document, prefix: str, kinds: list[str], below_spec: tuple[str, ...]) -> Document | None:
    """Rewrite a rule about Pods for what holds the Pod at `spec.<below_spec>`."""
    validate = rule.get("validate")
    if not isinstance(validate, Mapping):
        return None
    lifted = {key: _shift(value, ".".join(below_spec)) for key, value in rule.items()}
    validate = dict(lifted["validate"])
    if validate.get("cel") is not None:
        below = ".".join(below_spec)
        validate["cel"] = shifted(validate["cel"], below)
        lifted["celPreconditions"] = shifted(lifted.get("celPreconditions"), below)
    if validate.get("pattern") is not None:
        validate["pattern"] = _wrap(validate["pattern"], below_spec)
    if isinstance(validate.get("anyPattern"), list):
        validate["anyPattern"] = [_wrap(one, below_spec) for one in validate["anyPattern"]]
    lifted |= {"name": f"{prefix}-{rule.get('name', '')}"[:LONGEST_NAME], "validate": validate}
    for block in ("match", "exclude"):
        if isinstance(rule.get(block), Mapping):
            lifted[block] = _for_kinds(rule[block], kinds, always=block == "match")
    return lifted


def _about_pods(rule: Document) -> bool:
    return names_kind([kind for one in _descriptions(rule.get("match")) for kind in _kinds(one)], "Pod")


def _for_more(rule: Document, kinds: list[str]) -> DerivedRule:
    """The rule as it is, for other kinds."""

    def of(one: object) -> object:
        if not isinstance(one, Mapping) or not isinstance(one.get("resources"), Mapping):
            return one
        return {**one, "resources": {**one["resources"], "kinds": kinds}}

    match = rule.get("match")
    block: Any = of(match)
    for quantifier in ("any", "all"):
        if isinstance(match, Mapping) and isinstance(match.get(quantifier), list):
            block = {**block, quantifier: [of(one) for one in match[quantifier]]}
    return DerivedRule(str(rule.get("name", "")), {**rule, "match": block})


def _wrap(pattern: object, below_spec: tuple[str, ...]) -> Document:
    for key in reversed(("spec", *below_spec)):
        pattern = {key: pattern}
    return pattern if isinstance(pattern, dict) else {}


def _for_kinds(block: Document, kinds: list[str], *, always: bool) -> Document:
    """Put `kinds` where the block names Pods."""
    for quantifier in ("any", "all"):
        if filters := block.get(quantifier):
            return dict(block) | {quantifier: [_filter_for_kinds(one, kinds) for one in filters]}
    resources = block.get("resources") or {}
    if always or _kinds(resources):
        return dict(block) | {"resources": dict(resources) | {"kinds": kinds}}
    return block


def _filter_for_kinds(one: object, kinds: list[str]) -> object:
    if not isinstance(one, Mapping) or not isinstance(one.get("resources"), Mapping):
        return one
    resources = one["resources"]
    if not names_kind(_kinds(resources), "Pod"):
        return one
    return dict(one) | {"resources": dict(resources) | {"kinds": kinds}}


def _shift(value: object, below_spec: str) -> Any:
    """Let variables that read the Pod's spec or metadata read the template's instead, as Kyverno does by
    text.
    """
    if isinstance(value, str) and "request." in value:
        for root in ("request.object", "request.oldObject"):
            for part in ("spec", "metadata"):
                value = value.replace(f"{root}.{part}", f"{root}.spec.{below_spec}.{part}")
        return value
    if isinstance(value, Mapping):
        return {key: _shift(one, below_spec) for key, one in value.items()}
    if isinstance(value, list):
        return [_shift(one, below_spec) for one in value]
    return value
