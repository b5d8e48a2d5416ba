"""What do rendered resources say once Flux has substituted their variables?

As github.com/fluxcd/pkg/kustomize does it (kustomize_varsub.go): each resource is written as YAML, its variables are
replaced in that text, and the text is read again, so that `replicas: ${count}` becomes a number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import yaml

from bot.checks.applications.envsubst import SubstitutionError, expanded
from bot.checks.applications.fields import at
from bot.checks.documents import parse
from bot.checks.scalars import DocumentError, resolve
from bot.model.manifest import RenderProblem, Resource

UNKNOWN = ""  # the name, among variables, that says that more of them exist than are known
DISABLED = "kustomize.toolkit.fluxcd.io/substitute"  # the label or annotation that, set to `disabled`, forbids it

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def substituted(
    resources: Sequence[Resource], variables: Mapping[str, str]
) -> tuple[tuple[Resource, ...], tuple[RenderProblem, ...]]:
    """Return the resources with their variables substituted, and problems for those that cannot be.

    Without variables nothing is substituted, as in Flux. A variable that is not given is empty; where `variables` hold
    the name UNKNOWN, it stays as it is written, unless it has a default. Resources labelled or annotated DISABLED are
    left as they are. A resource with a problem is not among those returned.
    """
    if not variables:
        return tuple(resources), ()
    found: list[Resource] = []
    problems: list[RenderProblem] = []
    for resource in resources:
        if _is_disabled(resource) or not _has_variables(resource.body):
            found.append(resource)
            continue
        try:
            found.append(replace(resource, body=_body(resource.body, variables)))
        except (SubstitutionError, DocumentError, RecursionError) as error:
            why = "nested too deep" if isinstance(error, RecursionError) else str(error)
            words = f"not rendered: the variables of {resource.key} cannot be substituted: {why}"
            problems.append(RenderProblem(resource.path, words, resource.line))
    return tuple(found), tuple(problems)


def _is_disabled(resource: Resource) -> bool:
    metadata = resource.metadata
    return any(at(metadata, kind, DISABLED) == "disabled" for kind in ("labels", "annotations"))


def _has_variables(body: Any) -> bool:
    waiting = [body]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "${" in one or "$$" in one:
                return True
        elif isinstance(one, Mapping):
            waiting += [*one, *one.values()]
        elif isinstance(one, list | tuple):
            waiting += one
    return False


def _body(body: Mapping[str, Any], variables: Mapping[str, str]) -> Mapping[str, Any]:
    text = expanded(_text(body), variables, keep_unknown=UNKNOWN in variables)
    documents = parse(text.encode())
    if not documents or not isinstance(documents[0].value, dict):
        raise SubstitutionError("what it becomes is no resource")
    value: Mapping[str, Any] = documents[0].value
    return value


class _TextDumper(_Dumper):  # type: ignore[misc]  # the C dumper is absent where libyaml is
    """Writes what sigs.k8s.io/yaml writes: plain where it can, quoted where Kubernetes would read no text."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's signature
        return True


def _represent_text(dumper: Any, text: str) -> Any:
    if "\n" in text:
        style: str | None = "|"
    else:
        style = None if _is_text(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _is_text(text: str) -> bool:
    try:
        return resolve(text, 1) == text and text != "<<"
    except DocumentError:
        return False


_TextDumper.add_representer(str, _represent_text)


def _text(body: Mapping[str, Any]) -> str:
    text: str = yaml.dump(dict(body), Dumper=_TextDumper, allow_unicode=True, width=2**30, default_flow_style=False)
    return text
