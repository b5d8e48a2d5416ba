"""Would this Kubernetes version accept these resources, field by field?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Literal

from bot.checks import definitions as known
from bot.checks.crd import NONE, CustomKinds, custom_kinds, joined
from bot.checks.definitions import Definitions, KindSchema
from bot.checks.deprecated import fate
from bot.checks.duplicates import POLICY, Defined, duplicates
from bot.checks.fieldpath import Path, dotted
from bot.checks.masking import mask
from bot.checks.naming import misnamed
from bot.checks.unserved import unserved
from bot.checks.wording import Remark, remarks
from bot.model.finding import Finding, Severity, State
from bot.model.manifest import Resource

UnknownKinds = Literal["ignore", "warn", "fail"]

MOST = 25  # findings told for one resource
_MOST_WORDED = 200  # mistakes that are put into words before those are chosen
_MANY_FORMS = 1000  # of a schema; honest ones have dozens
_MOST_COMPARED, _MOST_TOLD = 500_000_000, 200_000  # comparisons: some seconds, and some hundred MB of mistakes

_TITLES = {
    "unknown-field": "Unknown field",
    "wrong-type": "Wrong type",
    "required": "Missing field",
    "invalid-value": "Value not allowed",
    "invalid-name": "Name not allowed",
    "missing-kind": "Not a Kubernetes resource",
    "unknown-kind": "No schema for this kind",
    "removed-api": "API version not served",
    "deprecated-api": "API version on its way out",
    "kubernetes-version": "Kubernetes version not known",
    "unusable-schema": "Schema of a custom kind cannot be used",
    "not-json": "Value that JSON cannot hold",
    "more": "More of the same",
    "too-much": "Too large to be checked",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """By what resources are judged, and what their findings say of where they are.

    `kubernetes` is a minor ("1.33"); one that we have no schemas for is judged by the nearest. `unknown_kinds` is what
    a kind without a schema is worth. `custom` are the custom kinds whose definitions are known.
    """

    kubernetes: str
    unknown_kinds: UnknownKinds = "warn"
    environment: str = ""
    application: str = ""
    custom: CustomKinds = NONE

    @property
    def definitions(self) -> Definitions:
        """The definitions of the minor, or of the nearest that is known."""
        return known.load(known.nearest(self.kubernetes))


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What is wrong with one resource, and how bad that is."""

    remark: Remark
    state: State = "fail"
    severity: Severity = "high"
    how: str = ""


def judged(resources: Iterable[Resource], rules: Rules) -> Iterator[Finding]:
    """Yield every way in which resources do not fit, resource by resource; none is kept.

    A kind without a schema is always told: state "skip", "warn" or "fail" for `unknown_kinds` "ignore", "warn" or
    "fail". What is seen only of several resources together, or of the version itself, `bot.checks.duplicates` and
    `unknown_version` tell.
    """
    minor = rules.definitions
    for resource in unlisted(resources):
        verdicts = list(_judge(resource, minor, rules))
        if len(verdicts) > MOST:
            least = "at least " if len(verdicts) >= _MOST_WORDED else ""
            words = f"{least}{len(verdicts) - MOST} more mistakes in this {resource.kind} are not listed"
            rest = Remark("more", (), words)
            verdicts = [*verdicts[:MOST], _Verdict(rest)]
        yield from (_finding(one, resource, rules) for one in verdicts)


def validate(
    resources: Sequence[Resource],
    *,
    kubernetes: str,
    unknown_kinds: UnknownKinds,
    environment: str,
    custom: CustomKinds = NONE,
) -> tuple[Finding, ...]:
    """Return all that is wrong with resources that are everything there is: fields, duplicates, the version.

    Their own CustomResourceDefinitions count, before those given as `custom`.
    """
    rules = Rules(kubernetes, unknown_kinds, environment)
    own = custom_kinds(crds(resources), rules.definitions)
    rules = replace(rules, custom=joined((custom, own)))
    defined = (
        Defined(one.key, path=one.path, line=one.line) for one in unlisted(resources) if one.metadata.get("name")
    )
    return (
        *unknown_version(kubernetes, environment),
        *judged(resources, rules),
        *duplicates(defined, environment, rules.custom.clusterwide),
    )


def crds(resources: Iterable[Resource]) -> Iterator[Mapping[str, Any]]:
    """Yield the bodies of the CustomResourceDefinitions among resources."""
    return (one.body for one in unlisted(resources) if one.kind == "CustomResourceDefinition")


def unlisted(resources: Iterable[Resource]) -> Iterator[Resource]:
    """Yield resources, and in the place of a `v1 List`, which only clients know, its members."""
    for resource in resources:
        items = resource.body.get("items")
        if (resource.api_version, resource.kind) == ("v1", "List") and isinstance(items, list):
            yield from unlisted(replace(resource, body=item) for item in items if isinstance(item, Mapping))
        else:
            yield resource


def _judge(resource: Resource, minor: Definitions, rules: Rules) -> Iterator[_Verdict]:
    yield from _identity(resource)
    if not all(isinstance(resource.body.get(name), str) and resource.body[name] for name in ("apiVersion", "kind")):
        return
    broken = rules.custom.broken.get(resource.name) if resource.kind == "CustomResourceDefinition" else None
    if broken:
        message = f"the schema in this CustomResourceDefinition cannot be used to check its resources: {broken}"
        yield _Verdict(Remark("unusable-schema", ("spec", "versions"), message), "warn", "medium")
    api_version, kind = resource.api_version, resource.kind
    schema = minor.find(api_version, kind) or rules.custom.schemas.get((api_version, kind))
    if schema is None:
        yield _without_schema(resource, minor, rules)
    else:
        yield from _fields(resource, schema)
    yield from (_Verdict(one) for one in misnamed(resource))
    ending = fate(api_version, kind, minor.version) if schema else None
    if ending and ending.mendable:
        remark = Remark("deprecated-api", ("apiVersion",), ending.words(api_version, kind))
        yield _Verdict(remark, "warn", "medium" if ending.deprecated and ending.gone else "low")


def _fields(resource: Resource, schema: KindSchema) -> Iterator[_Verdict]:
    if schema.forms > _MANY_FORMS and _comparisons(resource, schema) > _MOST_COMPARED:
        yield _Verdict(
            Remark("too-much", (), f"this {resource.kind} and its schema are too large to be compared"), "error"
        )
        return
    try:
        if schema.validator.is_valid(resource.body):
            return
        if _comparisons(resource, schema) > _MOST_TOLD:
            message = f"this {resource.kind} does not fit its schema; both are too large to say where"
            yield _Verdict(Remark("too-much", (), message))
            return
        errors = list(schema.validator.iter_errors(resource.body))
    except ValueError:
        message = f"this {resource.kind} holds a value that JSON cannot hold, so it was not checked"
        place = next(_not_json(resource.body, ()), ())
        yield _Verdict(Remark("not-json", place, f"{message} at {dotted(place)}" if place else message), "error")
        return
    masked = mask(resource.body)
    worded = (one for error in errors for one in remarks(error, schema, masked, resource.kind))
    for remark in sorted(
        dict.fromkeys(islice(worded, _MOST_WORDED)),
        key=lambda one: [(isinstance(part, int), str(part).zfill(6)) for part in one.path],
    ):
        yield _Verdict(remark)


def _comparisons(resource: Resource, schema: KindSchema) -> int:
    """Return how often, at most, a value of a resource is held against a part of its schema."""
    count = 0
    waiting: list[Any] = [resource.body]
    while waiting:
        here = waiting.pop()
        count += 1
        if isinstance(here, Mapping):
            waiting += here.values()
        elif isinstance(here, list):
            waiting += here
    return count * (1 + schema.forms)


def _identity(resource: Resource) -> Iterator[_Verdict]:
    """Judge what every resource needs before a schema can be found for it: apiVersion, kind, a name."""
    body = resource.body
    if not any(name in body for name in ("apiVersion", "kind")):
        message = "this is no Kubernetes resource: it has neither `apiVersion` nor `kind`"
        how = "keep what is not to be applied, such as values, in a directory of its own"
        yield _Verdict(Remark("missing-kind", (), message), how=how)
        return
    for name, example in (("apiVersion", "apps/v1"), ("kind", "Deployment")):
        value = body.get(name)
        if not isinstance(value, str) or not value:
            state = "is missing" if value is None or value == "" else "must be a string"
            message = f"`{name}` {state}: every resource names one, for example `{name}: {example}`"
            yield _Verdict(Remark("missing-kind", (name,), message))
    listed = str(body.get("kind", "")).endswith("List") and isinstance(body.get("items"), list)
    if not listed and not resource.name:
        kind = resource.kind or "resource"
        yield _Verdict(
            Remark(
                "required",
                ("metadata", "name"),
                f"the required field `name` is missing in metadata of this {kind}",
            )
        )


def _without_schema(resource: Resource, minor: Definitions, rules: Rules) -> _Verdict:
    """Say why there is no schema, which is a mistake unless the kind is simply unknown."""
    api_version, kind = resource.api_version, resource.kind
    if remark := unserved(api_version, kind, minor, rules.custom):
        return _Verdict(remark)
    states: dict[UnknownKinds, State] = {"ignore": "skip", "warn": "warn", "fail": "fail"}
    state = states[rules.unknown_kinds]
    defined = (api_version.rpartition("/")[0], kind) in rules.custom.served
    reason = " (its CustomResourceDefinition gives none)" if defined else ""
    message = f"no schema for {api_version} {kind}{reason}, so its fields were not checked"
    how = "" if defined else "add its CustomResourceDefinition to the environment to have them checked"
    severity: Severity = "high" if state == "fail" else "low"
    return _Verdict(Remark("unknown-kind", ("apiVersion",), message), state, severity, how)


def _not_json(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, Mapping):
        for key, below in value.items():
            if not isinstance(key, str):
                yield path
            else:
                yield from _not_json(below, (*path, key))
    elif isinstance(value, list | tuple):
        for index, below in enumerate(value):
            yield from _not_json(below, (*path, index))
    elif not isinstance(value, str | int | float | bool | None):
        yield path


def _finding(verdict: _Verdict, resource: Resource, rules: Rules) -> Finding:
    return Finding(
        concern="manifests",
        policy=POLICY,
        rule=verdict.remark.rule,
        state=verdict.state,
        message=verdict.remark.message,
        severity=verdict.severity,
        title=_TITLES[verdict.remark.rule],
        resource=resource.key,
        environment=rules.environment,
        application=rules.application,
        field=dotted(verdict.remark.path),
        path=resource.path,
        line=resource.line,
        how=verdict.how,
    )


def unknown_version(kubernetes: str, environment: str) -> Iterator[Finding]:
    """Yield a finding when there are no schemas for the minor, so that the nearest is used; once an environment."""
    version, order = known.nearest(kubernetes), known.versions()
    if known.same_minor(kubernetes, version):
        return
    yield Finding(
        concern="manifests",
        policy=POLICY,
        rule="kubernetes-version",
        state="warn",
        message=f"there are no schemas for Kubernetes {kubernetes!r}, so {version} was used",
        severity="low",
        title=_TITLES["kubernetes-version"],
        environment=environment,
        how=f"set checks.kubernetes to a minor from {order[0]} to {order[-1]}",
    )
