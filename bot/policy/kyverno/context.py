"""Which names does a rule know besides the request, and what do they stand for?

The entries of a rule's `context` are evaluated when an expression first mentions them, each with the entries
before it, as Kyverno's deferred loaders do; an entry that cannot be evaluated counts as a missing key. What
only a cluster, a registry or the network could answer is unknown here, unless given from outside (a test's
values). Source: the Kyverno documentation ("External Data Sources") and `pkg/engine/context`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.policy.kyverno import shape
from bot.policy.kyverno.answers import NotKnown, QueryError, TooLargeError, Unknown, workable
from bot.policy.kyverno.listing import Listing, answering
from bot.policy.kyverno.query import Query, compile_query
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.variables import Template, compile_template

_OUTSIDE = {
    "configMap": "the ConfigMap of the context entry `{}` is read from the cluster",
    "apiCall": "the API call of the context entry `{}` is made in the cluster",
    "imageRegistry": "the context entry `{}` is read from the image registry",
    "globalReference": "the global context entry of `{}` is kept in the cluster",
}
_ENTRY = frozenset([*_OUTSIDE, "name", "variable"])
_VARIABLE = frozenset(["value", "jmesPath", "default"])


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a context: a variable with its templates, or the reason why its value is not known.

    `call` is the path of an API call, which is unknown unless manifests may answer it.
    """

    name: str
    unknown: Unknown | None = None
    value: Template | None = None
    path: Template | None = None
    default: Template | None = None
    call: Template | None = None

    def load(self, scope: Context) -> object:
        """Evaluate the entry; raises `QueryError` or `NotKnown`."""
        if self.call is not None and (listing := answering()) is not None:
            return self._called(listing, scope)
        if self.unknown is not None:
            return self.unknown
        default = self.default.of(scope) if self.default is not None else None
        path = self.path.of(scope) if self.path is not None else ""
        if not isinstance(path, str):
            raise QueryError(f"the jmesPath of `{self.name}` is no text")
        if self.value is not None and not path:
            return self.value.of(scope)
        try:
            query = compile_query(path)
            found = query.find(self.value.of(scope)) if self.value is not None else scope.find(query)
        except QueryError:
            if default is None:
                raise
            return default
        return default if found is None and self.value is None else found

    def _called(self, listing: Listing, scope: Context) -> object:
        asked = self.call.of(scope) if self.call is not None else ""
        path = self.path.of(scope) if self.path is not None else ""
        if not isinstance(asked, str) or not isinstance(path, str):
            raise QueryError(f"the path of the API call of `{self.name}` is no text")
        answer = listing.get(asked)
        return compile_query(path).find(answer) if path else answer


class Loader(Protocol):
    """What makes the value of a name when it is asked for."""

    @property
    def name(self) -> str: ...
    def load(self, scope: Context) -> object: ...


class Context:
    """The names of one rule about one resource, or about one element of it; entries are loaded when asked for."""

    __slots__ = ("_given", "_limit", "_names", "_pending", "values")

    def __init__(
        self, values: dict[str, object], pending: Sequence[Loader] = (), given: frozenset[str] = frozenset()
    ) -> None:
        """`given` are the names whose values come from outside: they need not be asked for elsewhere."""
        self.values, self._given = values, given
        self._pending: list[Loader | None] = [
            one for one in pending if not (one.name in given and getattr(one, "unknown", True))
        ]
        self._limit = len(self._pending)
        self._names = {one.name for one in self._pending if one is not None}

    def find(self, query: Query) -> object:
        """Return what an expression finds; raises `QueryError` or `NotKnown`."""
        if not self._names.isdisjoint(query.names):
            self._load(query.names)
        return query.find(self.values)

    def inside(self, values: Mapping[str, object], entries: Sequence[Entry]) -> Context:
        """Return the context of an element: everything from here, `values` and the entries of the loop."""
        inner = Context.__new__(Context)
        inner.values = {**self.values, **values}
        inner._given = self._given
        inner._pending = [one for one in self._pending if one is not None and one.name not in values]
        if entries:
            inner._pending += (one for one in entries if one.unknown is None or one.name not in self._given)
        inner._limit = len(inner._pending)
        inner._names = {one.name for one in inner._pending if one is not None}
        return inner

    def _load(self, names: frozenset[str]) -> None:
        limit = self._limit
        for place in range(limit):
            entry = self._pending[place]
            if entry is None or entry.name not in names:
                continue
            self._pending[place], self._limit = None, place
            try:
                found = workable(entry.load(self))
                if found is not None:
                    self.values[entry.name] = found
            except QueryError:
                pass  # as in Kyverno: the name stays missing
            except NotKnown as away:
                self.values.setdefault(entry.name, Unknown(str(away)))
            finally:
                self._limit = limit


def compile_entries(found: object, key: str) -> tuple[Entry, ...]:
    """Compile the context of a rule or loop at the dotted place `key`; raises `ShapeError`."""
    return tuple(_entry(one, f"{key}[{index}]") for index, one in enumerate(shape.sequence(found, key)))


def _entry(found: object, key: str) -> Entry:
    block = shape.mapping(found, key)
    shape.known_fields(block, _ENTRY, key)
    name = shape.text(block.get("name"), f"{key}.name")
    if not name:
        raise ShapeError(f"{key}.name", "a context entry needs a name")
    for kind, why in _OUTSIDE.items():
        if block.get(kind) is not None:
            away = Unknown(why.format(name))
            return _call(name, away, block[kind], f"{key}.{kind}") if kind == "apiCall" else Entry(name, away)
    variable = shape.mapping(block.get("variable"), f"{key}.variable")
    shape.known_fields(variable, _VARIABLE, f"{key}.variable")
    if not variable:
        raise ShapeError(key, f"the context entry `{name}` says nothing", f"add one of variable, {', '.join(_OUTSIDE)}")
    parts = {}
    for part in _VARIABLE:
        try:
            parts[part] = compile_template(variable[part]) if variable.get(part) is not None else None
        except QueryError as broken:
            raise ShapeError(f"{key}.variable.{part}", str(broken)) from broken
    path = variable.get("jmesPath")
    if isinstance(path, str) and "{{" not in path:
        try:
            compile_query(path)
        except QueryError as broken:
            raise ShapeError(f"{key}.variable.jmesPath", str(broken)) from broken
    return Entry(name, None, parts["value"], parts["jmesPath"], parts["default"])


def _call(name: str, away: Unknown, found: object, key: str) -> Entry:
    """A GET of the API server is kept with its path; what else a call may be stays unknown."""
    block = shape.mapping(found, key)
    if block.get("service") is not None or block.get("method", "GET") != "GET" or block.get("urlPath") is None:
        return Entry(name, away)
    parts = {}
    for part in ("urlPath", "jmesPath"):
        try:
            parts[part] = compile_template(shape.text(block.get(part), f"{key}.{part}"))
        except QueryError as broken:
            raise ShapeError(f"{key}.{part}", str(broken)) from broken
    return Entry(name, away, path=parts["jmesPath"], call=parts["urlPath"])


def fill_constants(tree: object, entries: Sequence[Entry]) -> object:
    """Replace the variables in a value that need nothing but `entries`; texts with others stay as written."""
    if isinstance(tree, str) and "{{" in tree:
        try:
            return compile_template(tree).of(Context({}, entries))
        except (QueryError, NotKnown, TooLargeError):
            return tree
    if isinstance(tree, Mapping):
        return {str(key): fill_constants(value, entries) for key, value in tree.items()}
    if isinstance(tree, list):
        return [fill_constants(one, entries) for one in tree]
    return tree
