"""Which admission policies written in CEL are among the documents of a pack or a test?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.policy.about import about
from bot.policy.cel.admission import bindings_of, compile_admission_policy, is_admission_policy, is_binding
from bot.policy.cel.lifting import is_exception
from bot.policy.cel.validating import compile_validating_policy, is_validating_policy
from bot.policy.cel.world import World
from bot.policy.kyverno.cel import HERE
from bot.policy.kyverno.policy import CompiledPolicy
from bot.policy.problem import PolicyProblem, PolicySource

Json = Mapping[str, Any]


def is_cel_policy(document: Json) -> bool:
    """Say whether a document is a ValidatingPolicy, a ValidatingAdmissionPolicy, a binding or exception of them."""
    return any(test(document) for test in (is_validating_policy, is_admission_policy, is_binding, is_exception))


def compile_cel_policies(
    documents: Sequence[tuple[PolicySource, Json]], world: World = HERE
) -> tuple[list[CompiledPolicy], list[PolicyProblem]]:
    """Compile the CEL policies among documents (JSON values), with their bindings, exceptions and parameters.

    Other documents are left alone, but may be parameters. What is wrong is among the problems, in the order of
    the documents; never raises for a bad document.
    """
    contents = [content for _, content in documents]
    exceptions = [content for content in contents if is_exception(content)]
    if world.params is None and any(_takes_params(content) for content in contents):
        world = replace(world, params=contents)
    policies: list[CompiledPolicy] = []
    problems: list[PolicyProblem] = list(_dangling(documents))
    for source, content in documents:
        if is_validating_policy(content):
            compiled = compile_validating_policy(content, source, world, exceptions)
        elif is_admission_policy(content):
            compiled = compile_admission_policy(content, bindings_of(content, contents), source, world)
        else:
            continue
        if isinstance(compiled, CompiledPolicy):
            policies.append(compiled)
        else:
            problems.extend(compiled)
    return policies, problems


def _takes_params(document: Json) -> bool:
    spec = document.get("spec")
    return is_admission_policy(document) and isinstance(spec, Mapping) and spec.get("paramKind") is not None


def _dangling(documents: Sequence[tuple[PolicySource, Json]]) -> Iterator[PolicyProblem]:
    """A binding to a policy that is not there binds nothing: in a cluster it might."""
    names = {about(content).name for _, content in documents if is_admission_policy(content)}
    for source, content in documents:
        spec = content.get("spec")
        wanted = spec.get("policyName") if isinstance(spec, Mapping) else None
        if is_binding(content) and wanted not in names:
            message = f"the policy `{wanted}` that it binds is not here"
            yield PolicyProblem(about(content).name, message, source, "spec.policyName", state="not evaluable here")
