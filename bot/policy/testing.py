"""Do policies give the results their Kyverno test file expects?

A test file (`kind: Test`, usually `kyverno-test.yaml`) names policies, resources and expected results. Each
pair of an expected result and one of its resources is a row. A row is equal only when the states are equal;
that a rule does not apply at all ("no response") counts as skip and as nothing else. Source of the format:
the Kyverno documentation ("kyverno test").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy.documents import parse_documents
from bot.policy.kyverno import compile_policy, evaluate, is_policy
from bot.policy.kyverno.policy import CompiledPolicy
from bot.policy.problem import PolicyProblem

NO_RESPONSE = "no response"
MISSING = "missing"

Files = Mapping[str, bytes]
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Row:
    """One expected result for one resource. `kind` names the validate block (`pattern`), or what else it is.

    `actual` is pass, fail, skip, error, `not evaluable here`, `no response` (the rule does not apply) or
    `missing` (no file holds the resource); `why` explains it.
    """

    test: str
    policy: str
    rule: str
    kind: str
    resource: str
    expected: str
    actual: str
    why: str = ""

    @property
    def equal(self) -> bool:
        """Say whether the state is the expected one."""
        return self.actual == self.expected or (self.expected == "skip" and self.actual == NO_RESPONSE)

    @property
    def evaluable(self) -> bool:
        """Say whether the rule could be evaluated at all."""
        return self.actual != "not evaluable here"


@dataclass(frozen=True, slots=True)
class _World:
    """What one test file brings together."""

    documents: Mapping[str, Json]
    policies: Mapping[str, CompiledPolicy]
    broken: Mapping[str, PolicyProblem]
    resources: tuple[Resource, ...]
    namespaces: Mapping[str, Mapping[str, str]]


def run_test(path: str, files: Files) -> tuple[Row, ...]:
    """Run the test file at `path`; `files` holds it and what it refers to, by path from a common root with
    `/`.

    Files that are missing or unreadable make rows differ, they raise nothing.
    """
    test = _first(path, files)
    if test is None or test.get("kind") != "Test":
        return ()
    world = _gather(path, test, files)
    findings = evaluate(world.policies.values(), world.resources, namespaces=world.namespaces, include_passes=True)
    by_policy: dict[str, list[Finding]] = {}
    for finding in findings:
        by_policy.setdefault(finding.policy, []).append(finding)
    rows = [
        _row(path, world, result, name, by_policy.get(str(result.get("policy", "")), []))
        for result in _maps(test.get("results"))
        for name in _names(result)
    ]
    return tuple(rows)


def _gather(path: str, test: Json, files: Files) -> _World:
    documents: dict[str, Json] = {}
    policies: dict[str, CompiledPolicy] = {}
    broken: dict[str, PolicyProblem] = {}
    for document in _documents(path, test.get("policies"), files):
        name = str(_map(document.get("metadata")).get("name") or "")
        documents[name] = document
        if not is_policy(document):
            continue
        compiled = compile_policy(document)
        if isinstance(compiled, CompiledPolicy):
            policies[name] = compiled
        else:
            broken[name] = compiled[0]
    resources = tuple(
        Resource(one)
        for document in _documents(path, test.get("resources"), files)
        for one in ([*_maps(document.get("items"))] if document.get("kind") == "List" else [document])
    )
    return _World(documents, policies, broken, resources, _namespaces(path, test, resources, files))


def _namespaces(
    path: str, test: Json, resources: tuple[Resource, ...], files: Files
) -> Mapping[str, Mapping[str, str]]:
    """Labels come from the values file; as in Kyverno's tests, a namespace it does not name has none."""
    labels: dict[str, Mapping[str, str]] = {one.namespace or "default": {} for one in resources}
    named = [_first(_beside(path, name), files) for name in [test.get("variables")] if isinstance(name, str)]
    for values in [*(one for one in named if one is not None), test]:
        for entry in _maps(values.get("namespaceSelector")):
            found = _map(entry.get("labels"))
            labels[str(entry.get("name"))] = {key: str(value) for key, value in found.items()}
    return labels


def _row(path: str, world: _World, result: Json, resource: str, findings: list[Finding]) -> Row:
    policy, rule = str(result.get("policy", "")), str(result.get("rule") or "")
    origin = rule.removeprefix("autogen-").removeprefix("cronjob-")
    document = world.documents.get(policy, {})
    namespace, _, name = resource.rpartition("/")
    wanted = [
        finding
        for finding in findings
        if finding.resource is not None
        and finding.resource.kind == result.get("kind", finding.resource.kind)
        and finding.resource.name == name
        and (not namespace or (finding.resource.namespace or "default") == namespace)
        and (not rule or finding.rule in (rule, origin))
    ]
    kind = result.get("kind")
    if any(one.name == name and one.kind == (kind or one.kind) for one in world.resources):
        actual, why = _state(world, policy, document, wanted)
    else:
        actual, why = MISSING, "none of the test's resource files holds it"
    return Row(
        test=path,
        policy=policy,
        rule=rule,
        kind=_kind(document, rule, origin),
        resource=f"{result.get('kind', '')} {resource}".strip(),
        expected=str(result.get("result") or result.get("status") or ""),
        actual=actual,
        why=why,
    )


def _state(world: _World, policy: str, document: Json, findings: list[Finding]) -> tuple[str, str]:
    if policy in world.broken:
        return "error", str(world.broken[policy])
    if policy not in world.policies:
        return "not evaluable here", f"{document.get('kind') or 'a missing policy'} is not evaluated"
    for state in ("not evaluable here", "error", "fail", "warn", "pass", "skip"):
        for finding in findings:
            if finding.state == state:
                return ("fail" if state == "warn" else state), finding.message
    return NO_RESPONSE, "the rule does not apply to the resource"


def _kind(document: Json, rule: str, origin: str) -> str:
    for one in _maps(_map(document.get("spec")).get("rules")):
        if one.get("name") in (rule, origin):
            validate = one.get("validate")
            if not isinstance(validate, Mapping):
                return next((kind for kind in ("mutate", "generate", "verifyImages") if kind in one), "other")
            kinds = ("pattern", "anyPattern", "deny", "foreach", "podSecurity", "cel", "assert", "manifests")
            return next((kind for kind in kinds if kind in validate), "other")
    return str(document.get("kind") or "other")


def _names(result: Json) -> Iterator[str]:
    listed = result.get("resources")
    if isinstance(listed, list) and listed:
        yield from (one for one in listed if isinstance(one, str))
    elif isinstance(name := result.get("resource"), str):
        namespace = result.get("namespace")
        yield f"{namespace}/{name}" if isinstance(namespace, str) and "/" not in name else name


def _documents(path: str, names: object, files: Files) -> Iterator[Json]:
    for name in names if isinstance(names, list) else ():
        parsed = parse_documents(files.get(_beside(path, str(name)), b""))
        if not isinstance(parsed, str):
            yield from (document.content for document in parsed)


def _first(path: str, files: Files) -> Json | None:
    parsed = parse_documents(files.get(path, b""))
    return parsed[0].content if not isinstance(parsed, str) and parsed else None


def _beside(path: str, name: str) -> str:
    """The path of a file that the file at `path` names relative to itself."""
    parts: list[str] = []
    for part in (PurePosixPath(path).parent / name).parts:
        if part == ".." and parts:
            parts.pop()
        elif part != "..":
            parts.append(part)
    return "/".join(parts)


def _map(found: object) -> Json:
    return found if isinstance(found, Mapping) else {}


def _maps(found: object) -> list[Json]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
