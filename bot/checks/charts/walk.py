"""To which places of a chart's templates does a field of a rendered resource lead?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.checks.charts.expression import Dot
from bot.checks.charts.outline import Node
from bot.checks.fieldpath import Path
from bot.checks.following import ABSENT, child


@dataclass(frozen=True, slots=True)
class Step:
    """A place that a path leads to: how far it leads there, what is left of it, and what is rendered at the place.

    `dot` is what the template around the place was given.
    """

    node: Node
    depth: int
    rest: Path
    body: Any
    dot: Dot | None

    @property
    def whole(self) -> bool:
        """Whether the whole path leads here, and not only to something that puts out the rest."""
        return not self.rest


def steps(document: Node, path: Path, body: Any, dot: Dot | None) -> Iterator[Step]:
    """Yield each place on a path through a document that may be the origin of what the path leads to."""
    waiting = [Step(document, 0, path, body, dot)]
    while waiting:
        here = waiting.pop()
        yield here
        if not here.rest:
            continue
        part, rest = here.rest[0], here.rest[1:]
        below = child(here.body, part)
        if isinstance(part, int):
            fitting = _items(here.node.children, part, below)
        else:
            fitting = [one for one in here.node.children if one.kind == "key" and one.name == part]
        waiting += [Step(one, here.depth + 1, rest, below, dot) for one in fitting]
        for one in here.node.children:
            dynamic = one.kind == "key" and not one.name and isinstance(part, str)
            if one.kind == "action" or dynamic:
                yield Step(one, here.depth, here.rest, here.body, dot)


def documents(found: Sequence[Node], body: Mapping[str, Any]) -> Sequence[Node]:
    """Return the documents that a resource may have come from: those of its kind and name, if it can be told."""
    metadata = body.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    ranked = [(_likeness(one, body.get("kind"), name), one) for one in found]
    best = max((rank for rank, _ in ranked), default=-1)
    return [one for rank, one in ranked if rank == best] if best >= 0 else []


def _likeness(document: Node, kind: Any, name: Any) -> int:
    """Say how much a document looks like a resource: -1 when it is another."""
    rank = 0
    for key, wanted in ((("kind",), kind), (("metadata", "name"), name)):
        found = _plain(document, key)
        if found and found != wanted:
            return -1
        rank += 2 if found else 0
    if not _plain(document, ("kind",)) and any(one.name == "kind" for one in document.children):
        rank += 1
    return rank


def _plain(node: Node, path: Sequence[str]) -> str:
    """Return what stands plainly under keys, '' when nothing does, or different things in different branches."""
    level = [node]
    for part in path:
        level = [below for one in level for below in one.children if below.kind == "key" and below.name == part]
    values = {one.plain for one in level}
    return values.pop() if len(values) == 1 else ""


def _items(children: Sequence[Node], index: int, wanted: Any) -> list[Node]:
    """Return which items of a list may be the rendered one: by its name or value, else by its number."""
    items = [one for one in children if one.kind == "item"]
    if wanted is ABSENT:
        return items[index : index + 1]
    named = next(
        (key for key in ("name", "key", "mountPath", "host") if isinstance(wanted, Mapping) and key in wanted), ""
    )
    value = wanted.get(named) if isinstance(wanted, Mapping) else wanted
    sure, likely = [], []
    for one in items:
        stands = [below for below in one.children if below.kind == "key" and below.name == named] if named else [one]
        texts = [below.plain for below in stands]
        if any(text and text == str(value) for text in texts):
            sure.append(one)
        elif not stands or not all(texts):
            likely.append(one)
    if named or not isinstance(wanted, Mapping):
        return sure or likely
    at = items[index : index + 1]
    return at or [one for one in items if one.ranges]
