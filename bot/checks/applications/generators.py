"""Which sets of parameters do the generators of an ApplicationSet make?

Sources: applicationset/generators/ and docs/operator-manual/applicationset/Generators-*.md of argoproj/argo-cd.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.checks.applications.argocd_fields import Fields, kind_of
from bot.checks.applications.filling import Filling
from bot.checks.applications.generating import Generating, GeneratorError
from bot.checks.applications.generator_clusters import of_clusters
from bot.checks.applications.generator_git import GitFiles
from bot.checks.applications.parameters import Parameters, flattened, go_text, merged
from bot.checks.applications.selectors import SelectorError, selects
from bot.checks.documents import parse
from bot.checks.scalars import DocumentError
from bot.model.quoting import quoted

_ELSEWHERE = {
    "scmProvider": "asks a code host which repositories there are",
    "pullRequest": "asks a code host which pull requests are open",
    "plugin": "asks a service of the cluster",
    "clusterDecisionResource": "asks the cluster for a resource's status",
    "configMap": "asks the cluster for a ConfigMap",
    "oci": "asks a registry for what an artifact holds",
}
_HERE = ("list", "clusters", "git", "matrix", "merge")
_BESIDE = ("selector", "template")


@dataclass(frozen=True, slots=True)
class Made:
    """What one generator makes: sets of parameters, and the template of its own, None where it has none."""

    sets: tuple[Parameters, ...]
    template: Mapping[str, Any] | None = None


def made_by(entry: Fields, context: Generating) -> Iterator[Made]:
    """Yield what one entry of `generators` makes, for each kind of generator it names. Raises GeneratorError."""
    kinds = _kinds(entry)
    for kind in kinds:
        generator = entry.inner(kind)
        sets = _selected(entry, _sets(kind, generator, context))
        template = generator.inner("template").value if generator.has("template") else None
        yield Made(tuple(sets), template)


def _kinds(entry: Fields) -> list[str]:
    kinds = [name for name in entry.value if name not in _BESIDE and entry.value[name] is not None]
    if not kinds:
        raise GeneratorError(f"`{entry.at}` names no generator")
    for kind in kinds:
        if kind in _ELSEWHERE:
            raise GeneratorError(
                f"not evaluable here: the generator `{kind}` {_ELSEWHERE[kind]}",
                "what it would make is not shown; generators over lists, files and directories of this repository are",
                remote=True,
            )
        if kind not in _HERE:
            raise GeneratorError(f"{quoted(kind)} in `{entry.at}` is no generator", f"known are {', '.join(_HERE)}")
    return kinds


def _sets(kind: str, generator: Fields, context: Generating) -> Sequence[Parameters]:
    context.count(1)
    match kind:
        case "list":
            sets: Sequence[Parameters] = list(_of_list(generator, context.filling))
        case "clusters":
            sets = of_clusters(generator, context)
        case "git":
            sets = GitFiles(generator, context).sets()
        case "matrix":
            sets = _of_matrix(generator, context)
        case _:
            sets = _of_merge(generator, context)
    context.count(len(sets))
    return sets


def _selected(entry: Fields, sets: Sequence[Parameters]) -> Iterator[Parameters]:
    """Yield the sets that the entry's `selector` picks by their values. Source: Generators-Post-Selector.md."""
    if not entry.has("selector"):
        yield from sets
        return
    selector = entry.inner("selector")
    for one in sets:
        labels = {name: go_text(value) for name, value in flattened(one).items()}
        try:
            if selects(selector, labels):
                yield one
        except SelectorError as error:
            raise GeneratorError(f"the selector of `{entry.at}` cannot be read: {error}") from error


def _of_list(generator: Fields, filling: Filling) -> Iterator[Parameters]:
    for element in generator.each("elements"):
        yield element.value if filling.go else dict(_texts(element))
    if text := generator.text("elementsYaml"):
        try:
            documents = parse(text.encode("utf-8", "replace"))
        except DocumentError as error:
            raise GeneratorError(f"`elementsYaml` is no YAML: {error.message}") from error
        listed = documents[0].value if documents else []
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise GeneratorError("`elementsYaml` must be a list of mappings")
        yield from listed


def _texts(element: Fields) -> Iterator[tuple[str, str]]:
    """Yield the values of an element, which must be texts without `goTemplate`."""
    for name, value in element.value.items():
        inner = value.items() if name == "values" and isinstance(value, Mapping) else [("", value)]
        for key, one in inner:
            called = f"values.{key}" if key else name
            if not isinstance(one, str):
                raise GeneratorError(
                    f"{quoted(called)} of `{element.at}` must be a text, not {kind_of(one)}",
                    "quote it, or set `goTemplate: true`",
                )
            yield called, one


def _of_matrix(generator: Fields, context: Generating) -> list[Parameters]:
    """Return every set of the first generator with every one of the second, which may use what the first makes."""
    entries = generator.each("generators")
    if len(entries) != 2:
        raise GeneratorError(f"`{generator.at}.generators` must be two, not {len(entries)}")
    found: list[Parameters] = []
    for first in _only(entries[0], context).sets:
        filled = Fields.of(context.filling.value(entries[1].value, first), entries[1].at, generator.wrong)
        for second in _only(filled, context).sets:
            found.append(merged(second, first) if context.filling.go else _combined(first, second))
            context.limit(len(found))
    return found


def _combined(first: Parameters, second: Parameters) -> dict[str, str]:
    """Join parameters that may name the same thing only with the same value."""
    found = {name: go_text(value) for name, value in first.items()}
    for name, value in second.items():
        text = go_text(value)
        if found.setdefault(name, text) != text:
            raise GeneratorError(
                f"both generators of a matrix make {quoted(name)}, once {quoted(found[name])}, once {quoted(text)}",
                "give one of them a `pathParamPrefix`, or another name",
            )
    return found


def _of_merge(generator: Fields, context: Generating) -> list[Parameters]:
    """Return the sets of the first generator, with those of the others laid over where the merge keys are equal."""
    entries, keys = generator.each("generators"), generator.texts("mergeKeys")
    if len(entries) < 2:
        raise GeneratorError(f"`{generator.at}.generators` must be two or more, not {len(entries)}")
    if not keys:
        raise GeneratorError(f"`{generator.at}` names no `mergeKeys`")
    base, *others = ([*_only(one, context).sets] for one in entries)
    found = _by_keys(base, keys)
    for sets in others:
        for key, above in _by_keys(sets, keys).items():
            if key in found:
                below = found[key]
                found[key] = merged(below, above) if context.filling.go else _as_texts({**below, **above})
    return list(found.values())


def _as_texts(parameters: Parameters) -> dict[str, str]:
    return {name: go_text(value) for name, value in parameters.items()}


def _by_keys(sets: Sequence[Parameters], keys: Sequence[str]) -> dict[str, Parameters]:
    found: dict[str, Parameters] = {}
    for one in sets:
        key = json.dumps({name: one.get(name) for name in keys}, sort_keys=True, default=str)
        if key in found:
            raise GeneratorError(
                f"a generator of a merge makes {quoted(key, 80)} twice", "merge by what tells them apart"
            )
        found[key] = one
    return found


def _only(entry: Fields, context: Generating) -> Made:
    if len(_kinds(entry)) > 1:
        raise GeneratorError(f"`{entry.at}` names more than one generator")
    return next(made_by(entry, context))
