"""How is one value of a YAML file named, and where is it?

`spec.source.targetRevision` walks into maps, `images[name=web].newTag` picks the item of a list by one of its fields,
`sources[0]` by its number, `images[*].newTag` means each item. A part with dots stands in quotes: `data."app.tag"`.
`Application/web:spec.source.targetRevision` says in which document of the file, by kind and name. Behind `|` goes a
key of the YAML text that a value holds: `spec.source.helm.values|image.tag`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches

from bot.promotion.values.nodes import Alias, Document, Entry, Mapping, Node, Scalar, Sequence
from bot.promotion.values.problem import ValueProblem

_DOCUMENT = re.compile(r"(?P<kind>[A-Za-z][A-Za-z0-9]*)/(?P<name>[A-Za-z0-9][A-Za-z0-9.-]*):")
_PART = re.compile(
    r'(?:\.|^)(?:"(?P<quoted>[^"]+)"|(?P<name>[^.\[\]"|]+))'
    r"|\[(?:(?P<number>[0-9]{1,6})|(?P<each>\*)|(?P<field>[A-Za-z][A-Za-z0-9_-]*)=(?P<value>[^\]]+))\]"
)


@dataclass(frozen=True, slots=True)
class Field:
    """Into a map, by key."""

    name: str

    def __str__(self) -> str:
        return f'"{self.name}"' if set(self.name) & set('.[]|"') else self.name


@dataclass(frozen=True, slots=True)
class Item:
    """Into a list: the item by its number, by a field that has a value, or (both empty) each."""

    number: int | None = None
    field: str = ""
    value: str = ""

    def __str__(self) -> str:
        inside = f"{self.field}={self.value}" if self.field else "*" if self.number is None else str(self.number)
        return f"[{inside}]"


@dataclass(frozen=True, slots=True)
class Key:
    """One value's name: the document's kind and name ('' for the first that fits), the way to it, and what of the
    text that it holds is meant."""

    parts: tuple[Field | Item, ...]
    kind: str = ""
    name: str = ""
    within: Key | None = None

    def __str__(self) -> str:
        document = f"{self.kind}/{self.name}:" if self.kind else ""
        way = "".join(str(one) if isinstance(one, Item) else f".{one}" for one in self.parts).removeprefix(".")
        return f"{document}{way}" + (f"|{self.within}" if self.within else "")

    def beside(self, name: str) -> Key:
        """Return the key of that name in the same map."""
        if self.within:
            return replace(self, within=self.within.beside(name))
        return replace(self, parts=(*self.parts[:-1], Field(name)))

    @property
    def last(self) -> str:
        """The name of the value itself."""
        if self.within:
            return self.within.last
        return next((one.name for one in reversed(self.parts) if isinstance(one, Field)), "")


def parse_key(text: str) -> Key:
    """Return the key that a text names; ValueProblem says what is wrong with it."""
    outer, bar, inner = text.partition("|")
    kind = name = ""
    if document := _DOCUMENT.match(outer):
        kind, name, outer = document["kind"], document["name"], outer[document.end() :]
    parts: list[Field | Item] = []
    position = 0
    while position < len(outer):
        found = _PART.match(outer, position)
        if found is None or found.end() == position:
            raise ValueProblem(
                f"`{text}` is no key: it cannot be read from `{outer[position:][:40]}` on",
                how="write it like `spec.source.targetRevision` or `images[name=web].newTag`",
            )
        position = found.end()
        if found["quoted"] or found["name"]:
            parts.append(Field(found["quoted"] or found["name"].strip()))
        else:
            number = int(found["number"]) if found["number"] else None
            parts.append(Item(number, found["field"] or "", (found["value"] or "").strip("\"'")))
    if not parts or not isinstance(parts[-1], Field | Item):
        raise ValueProblem(f"`{text}` names no value", how="write it like `image.tag`")
    return Key(tuple(parts), kind, name, parse_key(inner) if bar else None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key leads in one file: the exact key, the map that holds it and its entry there (None: absent).

    `value` is the scalar, None where the key is absent. `document` is the one it stands in.
    """

    key: Key
    document: Document
    holder: Mapping | Sequence
    value: Scalar | None


def find(documents: tuple[Document, ...], key: Key) -> tuple[Place, ...]:
    """Return every place that a key names, those of absent last fields in maps that exist included.

    ValueProblem where a part of the way is shared by an alias, is no map or list, or is not there.
    """
    chosen = [one for one in documents if _is_meant(one, key)]
    if not chosen:
        where = f"no document is {key.kind} `{key.name}`" if key.kind else "the file is empty"
        raise ValueProblem(where, how="name one that is there, as in `Deployment/web:`")
    problem: ValueProblem | None = None
    for document in chosen:
        assert document.root is not None  # of `_is_meant`
        try:
            return tuple(_walk(document, document.root, key, ()))
        except ValueProblem as error:
            problem = problem or error
    assert problem is not None  # one was chosen
    raise problem


def _is_meant(document: Document, key: Key) -> bool:
    root = document.root
    if not key.kind:
        return root is not None
    return isinstance(root, Mapping) and kind_of(root) == (key.kind, key.name)


def kind_of(root: Node | None) -> tuple[str, str]:
    """Return kind and name of a document, '' for what it does not say."""
    if not isinstance(root, Mapping):
        return "", ""
    metadata = root.get("metadata")
    return text_of(root.get("kind")), text_of(metadata.get("name")) if isinstance(metadata, Mapping) else ""


def text_of(node: Node | None) -> str:
    """Return a scalar's value, '' for anything else."""
    return node.value if isinstance(node, Scalar) else ""


def _walk(document: Document, node: Node, key: Key, done: tuple[Field | Item, ...]) -> Iterator[Place]:
    part, rest = key.parts[len(done)], key.parts[len(done) + 1 :]
    here = Key((*done, part), key.kind, key.name)
    if isinstance(node, Alias) or (node.anchor and node.anchor in document.aliased):
        raise ValueProblem(
            f"`{here}` is shared through the anchor `{node.anchor}`",
            node.line,
            "write the value out where it shall differ",
        )
    for exact, value in _step(node, part, here):
        place = replace(key, parts=(*done, exact, *rest))
        if rest:
            if value is None:
                raise _absent(node, part, here)
            yield from _walk(document, value, place, (*done, exact))
        elif isinstance(value, Scalar | None):
            if value is not None and value.anchor and value.anchor in document.aliased:
                raise ValueProblem(f"`{here}` is shared through the anchor `{value.anchor}`", value.line)
            assert isinstance(node, Mapping | Sequence)  # of `_step`
            yield Place(place, document, node, value)
        elif isinstance(value, Alias):
            raise ValueProblem(
                f"`{here}` is shared through the anchor `{value.anchor}`", value.line, "write the value out there"
            )
        else:
            raise ValueProblem(f"`{here}` is no single value", value.line, "name a value inside of it")


def _step(node: Node, part: Field | Item, here: Key) -> Iterator[tuple[Field | Item, Node | None]]:
    if isinstance(part, Field):
        if not isinstance(node, Mapping):
            raise ValueProblem(f"what holds `{here}` is no map", node.line)
        yield part, node.get(part.name)
        return
    if not isinstance(node, Sequence):
        raise ValueProblem(f"what holds `{here}` is no list", node.line)
    if part.number is not None:
        if part.number >= len(node.items):
            raise ValueProblem(f"`{here}` is not there: the list has {len(node.items)} items", node.line)
        yield part, node.items[part.number]
        return
    found = False
    for number, item in enumerate(node.items):
        name = text_of(item.get(part.field)) if part.field and isinstance(item, Mapping) else ""
        if not part.field:
            yield _exact(item, number), item
        elif name == part.value:
            found = True
            yield part, item
    if part.field and not found:
        raise ValueProblem(f"`{here}` is not there: no item has {part.field} `{part.value}`", node.line)


def _exact(item: Node, number: int) -> Item:
    """Return what names an item in other files too: its name where it has one, else its number."""
    name = text_of(item.get("name")) if isinstance(item, Mapping) else ""
    return Item(field="name", value=name) if name else Item(number)


def _absent(node: Node, part: Field | Item, here: Key) -> ValueProblem:
    entries: tuple[Entry, ...] = node.entries if isinstance(node, Mapping) else ()
    names = [one.key.value for one in entries]
    close = get_close_matches(str(part), names, 1)
    hint = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(names[:10])}" if names else ""
    return ValueProblem(f"`{here}` is not there", node.line, hint)
