"""Do policies give the results their Kyverno test file expects?

A test file (`kind: Test`, usually `kyverno-test.yaml`) names policies, resources and expected results. Each
pair of an expected result and one of its resources is a row. A row is equal only when the states are equal;
that a rule does not apply at all ("no response") counts as skip and as nothing else. Source of the format:
https://kyverno.io/docs/kyverno-cli/reference/kyverno_test/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy.cel.context_file import is_context, world_of
from bot.policy.cel.policies import compile_cel_policies, is_cel_policy
from bot.policy.cel.world import World
from bot.policy.documents import parse_documents
from bot.policy.kyverno import (
    CompiledPolicy,
    PolicyException,
    compile_exception,
    compile_policy,
    evaluate,
    is_exception,
    is_policy,
)
from bot.policy.kyverno.cel import HERE
from bot.policy.problem import PolicyProblem, PolicySource
from bot.policy.testing.beside import Files, Found, documents_of
from bot.policy.testing.form import Expectation, Wanted, expectations, flattened, is_test, maps, names
from bot.policy.testing.given import Given, given_by
from bot.policy.testing.kinds import kind_of, not_judging, rules_of
from bot.policy.testing.row import ELSEWHERE, MISSING, NO_RESPONSE, Row

Json = Mapping[str, Any]
State = tuple[str, str]  # what came out, and why
Judge = Callable[[str], tuple[Finding, ...]]

_ORDER = (ELSEWHERE, "error", "fail", "warn", "pass", "skip")
_POLICY_KINDS = "Policy"  # every kind of policy ends so, and no binding or exception does


@dataclass(frozen=True, slots=True)
class _Around:
    """What a test supplies besides policies and resources."""

    given: Given
    exceptions: tuple[PolicyException, ...]
    now: datetime | None


@dataclass(frozen=True, slots=True)
class _Policy:
    """One policy of a test: the document, what is wrong with it, and what it says about the resources, by the
    operation that a result asks for ('': as the test's values have it).
    """

    document: Json
    problem: PolicyProblem | None
    judge: Judge


@dataclass(frozen=True, slots=True)
class _World:
    """What one test brings together: `resources` are the test's, each once."""

    path: str
    policies: Mapping[str, Sequence[_Policy]]
    resources: tuple[Resource, ...]
    policy_files: Found
    resource_files: Found
    payload: bool = False


def run_test(path: str, files: Files, now: datetime | None = None) -> tuple[Row, ...]:
    """Run the tests in the file at `path`; `files` holds it and what it refers to, by path from a common root with
    `/`. `now` is the time for rules that ask for it.

    Files that are missing or unreadable make rows not evaluable or different, they raise nothing. A file that holds
    no such test has no rows.
    """
    parsed = parse_documents(files.get(path, b""))
    if isinstance(parsed, str):
        return ()
    return tuple(
        row for one in parsed if is_test(one.content) for row in _rows(path, flattened(one.content), files, now)
    )


def _rows(path: str, test: Json, files: Files, now: datetime | None) -> Iterator[Row]:
    world = _gather(path, test, files, now)
    for expected in expectations(test):
        policy = _policy(world, expected)
        kind = kind_of(policy.document if policy else {}, expected.rule, expected.origin)
        for wanted in expected.wanted:
            actual, why = _state(world, policy, kind, (expected, wanted))
            yield Row(path, expected.policy, expected.rule, kind, wanted.shown, expected.result, actual, why)
    for index, _ in enumerate(maps(test.get("checks"))):
        why = "assertions over what the engine answers are not evaluated"
        yield Row(path, "", "", "checks", f"checks[{index}]", "pass", ELSEWHERE, why)


def _gather(path: str, test: Json, files: Files, now: datetime | None) -> _World:
    def read(*fields: str) -> Found:
        return documents_of(path, names(test, *fields), files)

    policies, resources = read("policies"), read("resources", "resource")
    given = given_by(test, read("variables").documents, read("userinfo", "userInfo").documents)
    exceptions = read("exceptions").documents
    unique = {_place(one): one for one in reversed([Resource(body) for body in resources.documents])}
    held = tuple(reversed(unique.values()))
    cluster = [*read("clusterResources").documents, *read("targetResources").documents]
    params = read("paramResources").documents
    world = _known(read("context").documents, cluster, (*policies.documents, *params, *resources.documents))
    around = _Around(given, tuple(_lifts((*policies.documents, *exceptions))), now)
    judged: dict[str, list[_Policy]] = {}
    for document, compiled in _compiled([*policies.documents, *exceptions], world):
        ready = [compiled] if isinstance(compiled, CompiledPolicy) else []
        problem = compiled if isinstance(compiled, PolicyProblem) else None
        judge = cache(partial(_evaluated, ready, held, around))
        judged.setdefault(_name(document), []).append(_Policy(document, problem, judge))
    payload = bool(names(test, "jsonPayload", "jsonPayloads"))
    return _World(path, judged, held, policies, resources, payload)


def _compiled(documents: Sequence[Json], world: World) -> Iterator[tuple[Json, CompiledPolicy | PolicyProblem | None]]:
    """Yield each policy document with what it was compiled to, or None when it is of a kind that judges nothing."""
    sources = [(PolicySource(line=index), document) for index, document in enumerate(documents)]
    found, broken = compile_cel_policies(sources, world)
    ready = {one.source.line: one for one in found}
    wrong = {one.source.line: one for one in broken}
    for index, document in enumerate(documents):
        if is_policy(document):
            compiled = compile_policy(document)
            yield document, compiled if isinstance(compiled, CompiledPolicy) else compiled[0]
        elif is_cel_policy(document):
            if index in ready or index in wrong:
                yield document, ready.get(index) or wrong[index]
        elif str(document.get("kind") or "").endswith(_POLICY_KINDS):
            yield document, None


def _evaluated(
    policies: Sequence[CompiledPolicy], resources: Sequence[Resource], around: _Around, operation: str
) -> tuple[Finding, ...]:
    return evaluate(
        policies,
        resources,
        namespaces=around.given.namespaces(one.namespace or "default" for one in resources),
        include_passes=True,
        exceptions=around.exceptions,
        values=replace(around.given, operation=operation).for_rule,
        now=around.now,
    )


def _lifts(documents: Iterable[Json]) -> Iterator[PolicyException]:
    for document in documents:
        if is_exception(document):
            compiled = compile_exception(document)
            if isinstance(compiled, PolicyException):
                yield compiled


def _known(contexts: Iterable[Json], cluster: Sequence[Json], params: Sequence[Json]) -> World:
    """What expressions may look at: the context file, resources that stand for a cluster's, parameters."""
    world = next((world_of(one) for one in contexts if is_context(one)), HERE)
    if cluster:
        inside = [item for one in cluster for item in (maps(_spec(one).get("resources")) or [one])]
        world = replace(world, resources=[*(world.resources or ()), *inside])
    return replace(world, params=params)


def _policy(world: _World, expected: Expectation) -> _Policy | None:
    found = [
        one
        for one in world.policies.get(expected.policy, ())
        if (not expected.kinds or one.document.get("kind") in expected.kinds)
        and (not expected.namespace or _metadata(one.document).get("namespace", "default") == expected.namespace)
    ]
    return found[0] if found else None


def _state(world: _World, policy: _Policy | None, kind: str, asked: tuple[Expectation, Wanted]) -> State:
    expected, wanted = asked
    if policy is None:
        return _absent(world.policy_files, f"none of the test's policy files holds the policy {expected.policy}")
    if why := not_judging(kind):
        return ELSEWHERE, why
    if policy.problem is not None and policy.problem.state == ELSEWHERE:
        return ELSEWHERE, str(policy.problem)
    about = [one for one in world.resources if wanted.fits(one)]
    if not about and world.payload:
        return ELSEWHERE, "it is about a JSON payload, no manifest"
    if not about:
        return _absent(world.resource_files, "none of the test's resource files holds it")
    if policy.problem is not None:
        return "error", str(policy.problem)
    states = [_about(policy, expected, one) for one in about]
    if not wanted.name:  # about whatever the policy answers to
        states = [one for one in states if one[0] != NO_RESPONSE] or states[:1]
    return next((one for one in states if one[0] != expected.result), states[0])


def _absent(found: Found, why: str) -> State:
    """What a test names and does not bring along cannot be evaluated; what it brings along must be right."""
    if found.absent:
        more = f" (and {len(found.absent) - 1} more)" if len(found.absent) > 1 else ""
        return ELSEWHERE, f"the test's file {found.absent[0]} is not there{more}"
    return MISSING, "; ".join((why, *found.broken))


def _about(policy: _Policy, expected: Expectation, resource: Resource) -> State:
    """What a policy says about one resource: the worst, where several of its rules are meant."""
    document = policy.document
    ruled = is_policy(document) and bool(expected.rule)  # other policies have no rules with names
    found = {
        finding.state: finding.message
        for finding in reversed(policy.judge(expected.operation))
        if finding.resource == resource.key and (not ruled or finding.rule in (expected.rule, expected.origin))
    }
    for state in _ORDER:
        if state in found:
            return _scored(document, state), found[state]
    known = [str(one.get("name")) for one in rules_of(document)]
    if ruled and expected.rule not in known and expected.origin not in known:
        return NO_RESPONSE, f"the policy has no rule {expected.rule} (it has {', '.join(known)})"
    return NO_RESPONSE, "the rule does not apply to the resource"


def _scored(document: Json, state: str) -> str:
    """A violation is a warning where the policy says that it is not scored, and a failure where it audits."""
    annotations = _metadata(document).get("annotations")
    scored = annotations.get("policies.kyverno.io/scored") if isinstance(annotations, Mapping) else None
    if state in ("fail", "warn"):
        return "warn" if scored == "false" else "fail"
    return state


def _place(resource: Resource) -> tuple[str, str, str, str]:
    return resource.api_version, resource.kind, resource.namespace or "default", resource.name


def _name(document: Json) -> str:
    return str(_metadata(document).get("name") or "")


def _metadata(document: Json) -> Json:
    found = document.get("metadata")
    return found if isinstance(found, Mapping) else {}


def _spec(document: Json) -> Json:
    found = document.get("spec")
    return found if isinstance(found, Mapping) else {}
