"""Which resources does a constraint apply to?

Sources: https://open-policy-agent.github.io/gatekeeper/website/docs/howto/ ("The match field") and
`pkg/mutation/match/match.go`, `pkg/target/matcher.go`, `pkg/target/match_schema.go` of open-policy-agent/gatekeeper.
A resource applies when every matcher holds for the object, or every one for the object before the change. Matchers
of namespaces hold for what lies in none; a Namespace counts as lying in itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.policy.kyverno import shape
from bot.policy.kyverno.kinds import GroupVersionKind
from bot.policy.kyverno.labels import LabelTest, SelectorError, compile_selector
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.subject import Labels, Subject

Json = Mapping[str, Any]
Glob = Callable[[str], bool]

FIELDS = (
    "excludedNamespaces",
    "kinds",
    "labelSelector",
    "name",
    "namespaceSelector",
    "namespaces",
    "scope",
    "source",
)
_SCOPES = ("*", "Cluster", "Namespaced")
_SOURCES = ("All", "Original", "Generated")
_GLOB = re.compile(r"\*?[^*]+\*?")


@dataclass(frozen=True, slots=True)
class _Thing:
    """The object, or what it was: name, namespace (of a Namespace, its own name) and labels."""

    name: str
    namespace: str
    labels: Labels
    is_namespace: bool
    namespace_labels: Labels | None


@dataclass(frozen=True, slots=True)
class Match:
    """A compiled match. `original` and `generated` say whether resources as written, and those that are made of them
    by an ExpansionTemplate, are meant.
    """

    kinds: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()  # of groups and kinds; an empty set is any
    scope: str = "*"
    namespaces: tuple[Glob, ...] = ()
    excluded: tuple[Glob, ...] = ()
    labels: LabelTest | None = None
    namespace_labels: LabelTest | None = None
    name: Glob | None = None
    original: bool = True
    generated: bool = True

    def may_select(self, found: GroupVersionKind) -> bool:
        """Say whether resources of a type can be meant at all."""
        return not self.kinds or any(
            (not groups or "*" in groups or found.group in groups)
            and (not kinds or "*" in kinds or found.kind in kinds)
            for groups, kinds in self.kinds
        )

    def selects(self, subject: Subject, *, generated: bool = False) -> bool | None:
        """Say whether the constraint applies to a resource, None when only a cluster knows."""
        if not (self.generated if generated else self.original) or not self.may_select(subject.type):
            return False
        answers = {self._holds(one) for one in _things(subject)}
        return True if True in answers else None if None in answers else False

    def _holds(self, thing: _Thing) -> bool | None:
        if self.scope != "*" and (self.scope == "Namespaced") is not bool(thing.namespace and not thing.is_namespace):
            return False
        if thing.namespace and (
            (self.namespaces and not any(one(thing.namespace) for one in self.namespaces))
            or any(one(thing.namespace) for one in self.excluded)
        ):
            return False
        if self.labels is not None and not self.labels(thing.labels):
            return False
        if self.name is not None and not self.name(thing.name):
            return False
        if self.namespace_labels is None:
            return True
        if thing.is_namespace:
            return self.namespace_labels(thing.labels)
        if not thing.namespace:
            return True
        return None if thing.namespace_labels is None else self.namespace_labels(thing.namespace_labels)


def compile_match(found: object, key: str) -> Match:
    """Compile `spec.match` of a constraint, which is at the dotted place `key`; raises `ShapeError`."""
    block = shape.mapping(found, key)
    shape.known_fields(block, FIELDS, key)
    scope = shape.text(block.get("scope"), f"{key}.scope") or "*"
    if scope not in _SCOPES:
        raise ShapeError(f"{key}.scope", f"`{scope}` is no scope", "write Cluster, Namespaced or *")
    source = shape.text(block.get("source"), f"{key}.source") or "All"
    if source not in _SOURCES:
        raise ShapeError(f"{key}.source", f"`{source}` is no source", "write Original, Generated or All")
    name = shape.text(block.get("name"), f"{key}.name")
    return Match(
        tuple(_kinds(block, f"{key}.kinds")),
        scope,
        _globs(block, "namespaces", key),
        _globs(block, "excludedNamespaces", key),
        _selector(block, "labelSelector", key),
        _selector(block, "namespaceSelector", key),
        compile_glob(name, f"{key}.name") if name else None,
        source != "Generated",
        source != "Original",
    )


def compile_glob(text: str, key: str) -> Glob:
    """Turn a name that may begin or end with `*` into a test; raises `ShapeError` for any other star."""
    if not _GLOB.fullmatch(text):
        raise ShapeError(key, f"`{text}`: a star may only begin or end a name", "write for example kube-* or *-system")
    bare = text.strip("*")
    match text.startswith("*"), text.endswith("*"):
        case True, True:
            return lambda name: bare in name
        case True, False:
            return lambda name: name.endswith(bare)
        case False, True:
            return lambda name: name.startswith(bare)
    return lambda name: name == bare


def _kinds(block: Json, key: str) -> list[tuple[frozenset[str], frozenset[str]]]:
    found = []
    for index, one in enumerate(shape.sequence(block.get("kinds"), key)):
        entry = shape.mapping(one, f"{key}[{index}]")
        shape.known_fields(entry, ("apiGroups", "kinds"), f"{key}[{index}]")
        groups = shape.strings(entry.get("apiGroups"), f"{key}[{index}].apiGroups")
        kinds = shape.strings(entry.get("kinds"), f"{key}[{index}].kinds")
        found.append((frozenset(groups), frozenset(kinds)))
    return found


def _globs(block: Json, name: str, key: str) -> tuple[Glob, ...]:
    at = f"{key}.{name}"
    return tuple(compile_glob(one, f"{at}[{i}]") for i, one in enumerate(shape.strings(block.get(name), at)))


def _selector(block: Json, name: str, key: str) -> LabelTest | None:
    found = block.get(name)
    if found is None:
        return None
    try:
        return compile_selector(found)
    except SelectorError as broken:
        raise ShapeError(f"{key}.{name}.{broken.key}".rstrip("."), str(broken)) from broken


def _things(subject: Subject) -> list[_Thing]:
    is_namespace = subject.type.kind == "Namespace" and not subject.type.group
    namespace = subject.name if is_namespace else subject.namespace
    things = [_Thing(subject.name, namespace, subject.labels, is_namespace, subject.namespace_labels)]
    if subject.old is not None:
        metadata = shape.mapping(subject.old.get("metadata"), "") if _is_map(subject.old.get("metadata")) else {}
        labels = metadata.get("labels")
        before = {str(k): v for k, v in labels.items() if isinstance(v, str)} if isinstance(labels, Mapping) else {}
        things.append(_Thing(subject.name, namespace, before, is_namespace, subject.namespace_labels))
    return things


def _is_map(found: object) -> bool:
    return isinstance(found, Mapping)
