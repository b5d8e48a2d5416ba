"""Does a rule apply to a resource, by its match and exclude blocks?

Source: the Kyverno documentation ("Selecting resources") and `pkg/engine/utils/match.go`. Who made the change
is unknown before the merge, so, as Kyverno does in the background, users, roles and subjects are ignored in
`match` and never fit in `exclude`, unless a test says who it is.

The answer is True, False, or None: nobody here knows, as it depends on the labels of a namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from bot.policy.kyverno import shape
from bot.policy.kyverno.kinds import GroupVersionKind, KindTest, compile_kinds, parse_kind_selector
from bot.policy.kyverno.labels import SelectorError, compile_pairs, compile_selector
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.subject import Subject
from bot.policy.kyverno.users import UserTest, compile_users
from bot.policy.kyverno.wildcard import Glob, compile_wildcard

Answer = bool | None
Applies = Callable[[Subject], Answer]

_OPERATIONS = ("CREATE", "UPDATE", "DELETE", "CONNECT")


def no_labels(subject: Subject) -> str:
    """Say that a selection depends on labels that nobody here knows."""
    return f"the labels of namespace `{subject.namespace}` are not known here"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which resources a rule selects. `may_select` looks at the type alone, `selects` at everything; `why` says what
    nobody knows where that answers None.
    """

    may_select: KindTest
    selects: Applies
    why: Callable[[Subject], str] = no_labels


@dataclass(frozen=True, slots=True)
class _Filter:
    kinds: KindTest | None
    tests: tuple[Applies, ...]
    users: UserTest | None

    @property
    def names_resources(self) -> bool:
        return self.kinds is not None or bool(self.tests)

    def may_select(self, found: GroupVersionKind) -> bool:
        return self.kinds is None or self.kinds(found)

    def fits(self, subject: Subject) -> Answer:
        if self.kinds is not None and not self.kinds(subject.type):
            return False
        answer: Answer = True
        for test in self.tests:
            found = test(subject)
            if found is False:
                return False
            if found is None:
                answer = None
        return answer

    def includes(self, subject: Subject, *, every: bool) -> Answer:
        """Say whether a match block takes the subject. Unknown users are passed over, as in the background: where they
        are all that is named, others of `every` filter decide, but no one filter of several is enough.
        """
        fits = self._user(subject)
        if fits is None and not self.names_resources:
            return every
        return fits is not False and self.fits(subject)

    def excludes(self, subject: Subject) -> Answer:
        """Say whether an exclude block takes the subject; unknown users never fit."""
        fits = self._user(subject)
        if not fits and (self.users is not None or not self.names_resources):
            return False
        return self.fits(subject)

    def _user(self, subject: Subject) -> bool | None:
        return self.users(subject) if self.users is not None else None


def compile_selection(rule: Mapping[str, object], *, namespace: str, key: str) -> Selection:
    """Compile the blocks `match` and `exclude` of a rule.

    `namespace` is that of a namespaced `Policy`, empty for a ClusterPolicy; `key` is the rule's dotted place.
    Raises `ShapeError` for unknown fields, bad selectors and kinds, and for a `match` that selects nothing.
    """
    match_all, wanted = _block(rule.get("match"), f"{key}.match")
    if not any(one.names_resources for one in wanted):
        raise ShapeError(f"{key}.match", "the rule names no resources", "write any: [{resources: {kinds: [Pod]}}]")
    exclude_all, unwanted = _block(rule.get("exclude"), f"{key}.exclude")
    includes = tuple(partial(one.includes, every=match_all) for one in wanted)
    excludes = tuple(one.excludes for one in unwanted)

    def selects(subject: Subject) -> Answer:
        if namespace and subject.namespace != namespace:
            return False
        included = _combine((fits(subject) for fits in includes), every=match_all)
        if included is False or not excludes:
            return included
        excluded = _combine((fits(subject) for fits in excludes), every=exclude_all)
        if excluded is True:
            return False
        return None if excluded is None or included is None else True

    def may_select(found: GroupVersionKind) -> bool:
        quantifier = all if match_all else any
        return quantifier(one.may_select(found) for one in wanted)

    return Selection(may_select, selects)


def compile_exception_match(found: object, key: str) -> Applies:
    """Compile the block `match` of a PolicyException; users, who are not known here, never fit."""
    every, filters = _block(found, key)
    if not filters:
        raise ShapeError(key, "an exception matches something")
    fits = tuple(one.excludes for one in filters)
    return lambda subject: _combine((test(subject) for test in fits), every=every)


def _combine(answers: Iterable[Answer], *, every: bool) -> Answer:
    """All (`every`) or any of the answers; nothing at all is False."""
    seen, unknown = False, False
    for answer in answers:
        seen = True
        if answer is None:
            unknown = True
        elif answer is not every:
            return not every
    return None if unknown else every and seen


def _block(found: object, key: str) -> tuple[bool, tuple[_Filter, ...]]:
    """Return whether all filters must fit (else any), and the filters."""
    block = shape.mapping(found, key)
    shape.known_fields(block, shape.MATCH, key)
    beside = [name for name in ("any", "all") if block.get(name)] + [name for name in shape.FILTER if block.get(name)][
        :1
    ]
    if len(beside) > 1 and beside[0] in ("any", "all"):
        raise ShapeError(key, f"it has {beside[0]} and {beside[1]}, and only one can count", "write one of any and all")
    for quantifier in ("any", "all"):
        listed = shape.sequence(block.get(quantifier), f"{key}.{quantifier}")
        if listed:
            return quantifier == "all", tuple(
                _filter(one, f"{key}.{quantifier}[{index}]") for index, one in enumerate(listed)
            )
    alone = {name: value for name, value in block.items() if name in shape.FILTER}
    return False, (_filter(alone, key),) if alone else ()


def _filter(found: object, key: str) -> _Filter:
    block = shape.mapping(found, key)
    shape.known_fields(block, shape.FILTER, key)
    at = f"{key}.resources"
    resources = shape.mapping(block.get("resources"), at)
    shape.known_fields(resources, shape.RESOURCES, at)
    users = compile_users(block, key)
    try:
        return _Filter(_kinds(resources, at), tuple(_tests(resources, at)), users)
    except SelectorError as broken:
        raise ShapeError(f"{at}.{broken.key}".rstrip("."), str(broken)) from broken


def _kinds(resources: Mapping[str, object], key: str) -> KindTest | None:
    texts = shape.strings(resources.get("kinds"), f"{key}.kinds")
    if not texts:
        return None
    selectors = []
    for index, kind in enumerate(texts):
        selector = parse_kind_selector(kind)
        if selector is None:
            raise ShapeError(
                f"{key}.kinds[{index}]",
                f"`{kind}` is no kind",
                "write Kind, version/Kind or group/version/Kind",
            )
        selectors.append(selector)
    return compile_kinds(selectors)


def _tests(resources: Mapping[str, object], key: str) -> Iterable[Applies]:
    if operations := shape.strings(resources.get("operations"), f"{key}.operations"):
        for operation in operations:
            if operation not in _OPERATIONS:
                raise ShapeError(f"{key}.operations", f"`{operation}` is none of {', '.join(_OPERATIONS)}")
        yield lambda subject: subject.operation in operations
    if name := shape.text(resources.get("name"), f"{key}.name"):
        yield _named([name])
    if names := shape.strings(resources.get("names"), f"{key}.names"):
        yield _named(names)
    if namespaces := shape.strings(resources.get("namespaces"), f"{key}.namespaces"):
        yield _in_namespace(namespaces)
    if resources.get("annotations"):
        annotated = compile_pairs(resources["annotations"], "annotations")
        yield lambda subject: annotated(subject.annotations)
    if resources.get("selector") is not None:
        labelled = compile_selector(resources["selector"])
        yield lambda subject: labelled(subject.labels)
    if resources.get("namespaceSelector") is not None:
        yield _in_labelled_namespace(resources["namespaceSelector"])


def _named(names: list[str]) -> Applies:
    globs = tuple(map(compile_wildcard, names))
    return lambda subject: any(glob(subject.name) for glob in globs)


def _in_namespace(names: list[str]) -> Applies:
    fits = compile_namespaces(names)
    return lambda subject: fits(subject.name if subject.type.kind == "Namespace" else subject.namespace)


def compile_namespaces(names: Iterable[str]) -> Glob:
    """Turn wildcards for namespaces into one test of a namespace's name."""
    globs = tuple(map(compile_wildcard, names))
    return lambda name: any(glob(name) for glob in globs)


def _in_labelled_namespace(selector: object) -> Applies:
    fits = compile_selector(selector)

    def test(subject: Subject) -> Answer:
        if subject.type.kind == "Namespace":
            return False  # a namespace is in no namespace
        return None if subject.namespace_labels is None else fits(subject.namespace_labels)

    return test
