"""Would this Kubernetes version accept these resources, field by field?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from bot.checks import definitions as known
from bot.checks.crd import CustomKinds, custom_kinds
from bot.checks.definitions import Definitions, KindSchema
from bot.checks.fieldpath import Path, dotted
from bot.checks.masking import mask
from bot.checks.removed import GONE, HEIRS, removed_in
from bot.checks.wording import Remark, did_you_mean, remarks
from bot.model.finding import Finding, Severity, State
from bot.model.manifest import Resource

UnknownKinds = Literal["ignore", "warn", "fail"]

POLICY = "kubernetes-schema"
MOST = 25  # findings told for one resource

_TITLES = {
    "unknown-field": "Unknown field",
    "wrong-type": "Wrong type",
    "required": "Missing field",
    "invalid-value": "Value not allowed",
    "missing-kind": "Not a Kubernetes resource",
    "unknown-kind": "No schema for this kind",
    "removed-api": "API version not served",
    "duplicate-resource": "Resource defined twice",
    "kubernetes-version": "Kubernetes version not known",
    "unusable-schema": "Schema of a custom kind cannot be used",
    "not-json": "Value that JSON cannot hold",
    "more": "More of the same",
}


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What is wrong with one resource, and how bad that is."""

    remark: Remark
    state: State = "fail"
    severity: Severity = "high"
    how: str = ""


@dataclass(frozen=True, slots=True)
class _Kinds:
    """What decides whether a kind is known: the minor, the set's own custom kinds, the rule for others."""

    minor: Definitions
    custom: CustomKinds
    unknown: UnknownKinds


def validate(
    resources: Sequence[Resource], *, kubernetes: str, unknown_kinds: UnknownKinds, environment: str
) -> tuple[Finding, ...]:
    """Return every way in which the resources of one environment do not fit a Kubernetes minor ("1.33").

    CustomResourceDefinitions among the resources give the schemas of their custom resources. A kind without a
    schema is always told: state "skip", "warn" or "fail" for `unknown_kinds` "ignore", "warn" or "fail". A
    minor we have no schemas for is judged by the nearest, and a finding says so.
    """
    version = known.nearest(kubernetes)
    minor = known.load(version)
    every = tuple(one for resource in resources for one in _unlisted(resource))
    definitions = [one.body for one in every if one.kind == "CustomResourceDefinition"]
    kinds = _Kinds(minor, custom_kinds(definitions, minor), unknown_kinds)

    findings: list[Finding] = []
    if not known.same_minor(kubernetes, version):
        findings.append(_version_finding(kubernetes, version, environment))
    for resource in every:
        verdicts = list(_judge(resource, kinds))
        if len(verdicts) > MOST:
            rest = Remark("more", (), f"{len(verdicts) - MOST} more mistakes in this {resource.kind} are not listed")
            verdicts = [*verdicts[:MOST], _Verdict(rest)]
        findings += [_finding(one, resource, environment) for one in verdicts]
    findings += [_finding(_twice(one, count), one, environment) for one, count in _duplicates(every)]
    return tuple(findings)


def _judge(resource: Resource, kinds: _Kinds) -> Iterator[_Verdict]:
    yield from _identity(resource)
    if not all(isinstance(resource.body.get(name), str) and resource.body[name] for name in ("apiVersion", "kind")):
        return
    broken = kinds.custom.broken.get(resource.name) if resource.kind == "CustomResourceDefinition" else None
    if broken:
        message = f"the schema in this CustomResourceDefinition cannot be used to check its resources: {broken}"
        yield _Verdict(Remark("unusable-schema", ("spec", "versions"), message), "warn", "medium")
    place = (resource.api_version, resource.kind)
    schema = kinds.minor.find(*place) or kinds.custom.schemas.get(place)
    if schema is None:
        yield _without_schema(resource, kinds)
        return
    yield from _fields(resource, schema)


def _fields(resource: Resource, schema: KindSchema) -> Iterator[_Verdict]:
    try:
        if schema.validator.is_valid(resource.body):
            return
        errors = list(schema.validator.iter_errors(resource.body))
    except ValueError:
        message = f"this {resource.kind} holds a value that JSON cannot hold, so it was not checked"
        place = next(_not_json(resource.body, ()), ())
        yield _Verdict(Remark("not-json", place, f"{message} at {dotted(place)}" if place else message), "error")
        return
    masked = mask(resource.body)
    found = [one for error in errors for one in remarks(error, schema, masked, resource.kind)]
    for remark in sorted(
        dict.fromkeys(found),
        key=lambda one: [(isinstance(part, int), str(part).zfill(6)) for part in one.path],
    ):
        yield _Verdict(remark)


def _identity(resource: Resource) -> Iterator[_Verdict]:
    """Judge what every resource needs before a schema can be found for it: apiVersion, kind, a name."""
    body = resource.body
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


def _without_schema(resource: Resource, kinds: _Kinds) -> _Verdict:
    """Say why there is no schema: removed, misspelt, not served by its definition, or simply unknown."""
    api_version, kind, minor = resource.api_version, resource.kind, kinds.minor
    group = api_version.rpartition("/")[0]
    if message := _removed(api_version, kind, minor):
        return _Verdict(Remark("removed-api", ("apiVersion",), message))
    served = kinds.custom.served.get((group, kind))
    if served and api_version not in served:
        offers = ", ".join(served)
        message = f"{api_version} {kind} is not served: its CustomResourceDefinition here serves {offers}"
        return _Verdict(Remark("removed-api", ("apiVersion",), message))
    if elsewhere := _elsewhere(api_version, kind, minor):
        return _Verdict(Remark("unknown-kind", ("apiVersion",), elsewhere))
    if neighbours := minor.names(api_version):
        meant = did_you_mean(kind, neighbours)
        hint = f"; did you mean `{meant}`?" if meant else ""
        message = f"{api_version} has no kind `{kind}` in Kubernetes {minor.version}{hint}"
        return _Verdict(Remark("unknown-kind", ("kind",), message))
    states: dict[UnknownKinds, State] = {"ignore": "skip", "warn": "warn", "fail": "fail"}
    state = states[kinds.unknown]
    reason = " (its CustomResourceDefinition gives none)" if served else ""
    message = f"no schema for {api_version} {kind}{reason}, so its fields were not checked"
    how = "" if served else "add its CustomResourceDefinition to the environment to have them checked"
    severity: Severity = "high" if state == "fail" else "low"
    return _Verdict(Remark("unknown-kind", ("apiVersion",), message), state, severity, how)


def _removed(api_version: str, kind: str, minor: Definitions) -> str:
    since = removed_in(api_version, kind)
    used = (
        [version for version in known.versions() if (api_version, kind) in known.load(version).kinds]
        if not since
        else []
    )
    order = known.versions()
    if not since and not used:
        return ""
    if used and order.index(used[0]) > order.index(minor.version):
        later = f"comes only with Kubernetes {used[0]}, and this is checked against {minor.version}"
        return f"{api_version} {kind} {later}"
    if used:
        since = order[order.index(used[-1]) + 1]
    instead = _successor(api_version, kind, minor)
    sentence = f"{api_version} {kind} is no longer served since Kubernetes {since}"
    return f"{sentence}; {instead}" if instead else sentence


def _successor(api_version: str, kind: str, minor: Definitions) -> str:
    group = api_version.rpartition("/")[0]
    groups = (group, *HEIRS.get(group, ()))
    offered = [one for one in minor.api_versions(kind) if one.rpartition("/")[0] in groups]
    if offered:
        return f"use {offered[0]}"
    return GONE.get(kind, "")


def _elsewhere(api_version: str, kind: str, minor: Definitions) -> str:
    """Word a built-in kind in a version or group that never had it: `apps/v2 Deployment`."""
    groups = {one.rpartition("/")[0] for one, _ in minor.kinds}
    offered = minor.api_versions(kind)
    if api_version.rpartition("/")[0] in groups and offered:
        return f"Kubernetes {minor.version} has no {api_version} {kind}; use {offered[0]}"
    return ""


def _unlisted(resource: Resource) -> Iterator[Resource]:
    """Yield the members of a `v1 List`, which only clients know, or the resource itself."""
    items = resource.body.get("items")
    if (resource.api_version, resource.kind) == ("v1", "List") and isinstance(items, list):
        for item in items:
            yield from _unlisted(replace(resource, body=item)) if isinstance(item, Mapping) else ()
    else:
        yield resource


def _duplicates(resources: Sequence[Resource]) -> Iterator[tuple[Resource, int]]:
    """Yield the last of all resources with one key, and how many there are; generateName never clashes."""
    named = [one for one in resources if one.kind and one.metadata.get("name")]
    counts = Counter(one.key for one in named)
    last = {one.key: one for one in named}
    yield from ((last[key], count) for key, count in counts.items() if count > 1)


def _twice(resource: Resource, count: int) -> _Verdict:
    times = "twice" if count == 2 else f"{count} times"
    message = f"{resource.key} is defined {times} in this environment; only one of them can win"
    return _Verdict(Remark("duplicate-resource", ("metadata", "name"), message), how="remove or rename one of them")


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


def _finding(verdict: _Verdict, resource: Resource, environment: str) -> Finding:
    return Finding(
        concern="manifests",
        policy=POLICY,
        rule=verdict.remark.rule,
        state=verdict.state,
        message=verdict.remark.message,
        severity=verdict.severity,
        title=_TITLES[verdict.remark.rule],
        resource=resource.key,
        environment=environment,
        field=dotted(verdict.remark.path),
        path=resource.path,
        line=resource.line,
        how=verdict.how,
    )


def _version_finding(kubernetes: str, version: str, environment: str) -> Finding:
    order = known.versions()
    message = f"there are no schemas for Kubernetes {kubernetes!r}, so {version} was used"
    return Finding(
        concern="manifests",
        policy=POLICY,
        rule="kubernetes-version",
        state="warn",
        message=message,
        severity="low",
        title=_TITLES["kubernetes-version"],
        environment=environment,
        how=f"set checks.kubernetes to a minor from {order[0]} to {order[-1]}",
    )
