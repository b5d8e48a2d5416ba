"""What is a YAML file after some of its values changed, with every other character as it was?

Edits replace exactly the characters of one scalar, insert one entry, or take one out. A text library that writes the
whole file anew cannot promise that: see docs/decisions for what was measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from bot.promotion.values.keys import Key, Place, find
from bot.promotion.values.nodes import STRING, Document, Entry, Mapping, Scalar, read_documents, resolves_to
from bot.promotion.values.problem import ValueProblem

_PLAIN = re.compile(r"[A-Za-z0-9_./+~-](?:[A-Za-z0-9_./+~ @-]|:(?! |$))*(?<! )")
_START = re.compile(r"^(?:[-?:](?: |$)|---|\.\.\.)")


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it stands in a file: its text, the type it resolves to, and how it is quoted (None: plain)."""

    text: str
    tag: str = STRING
    style: str | None = None

    def means(self, other: Value | None) -> bool:
        """Say whether two values are the same to whoever reads the file."""
        return other is not None and (self.text, self.tag) == (other.text, other.tag)


@dataclass(frozen=True, slots=True)
class Found:
    """A value that a key names: the exact key, the value (None: absent in a map that is there), its 1-based line."""

    key: Key
    value: Value | None
    line: int


@dataclass(frozen=True, slots=True)
class Edit:
    """What a key shall hold; None takes it out. A new entry is written below the first of `after` that is there."""

    key: Key
    value: Value | None
    after: tuple[str, ...] = ()


_QUOTES = ("'", '"')
_Splice = tuple[int, int, str]


def read(data: bytes) -> str:
    """Return the text of a file; ValueProblem where it is no UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ValueProblem("the file is no UTF-8", data[: error.start].count(b"\n") + 1, "save it as UTF-8") from error


def lookup(text: str, key: Key, *, documents: tuple[Document, ...] | None = None) -> tuple[Found, ...]:
    """Return every value that a key names; ValueProblem where it leads nowhere."""
    return tuple(_lookup(text, key, documents))


def _lookup(text: str, key: Key, documents: tuple[Document, ...] | None) -> Iterator[Found]:
    for place in find(read_documents(text) if documents is None else documents, key):
        scalar = place.value
        if key.within is None:
            value = None if scalar is None else Value(scalar.value, scalar.tag, scalar.style)
            yield Found(place.key, value, scalar.line if scalar else place.holder.line)
        elif scalar is not None:
            first = text.count("\n", 0, scalar.start) + (1 if scalar.style in ("|", ">") else 0)
            for inner in lookup(scalar.value, key.within):
                yield Found(replace(place.key, within=inner.key), inner.value, first + inner.line)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return the text with its edits made; each key names one value.

    ValueProblem where a key leads nowhere, to more than one value, or to text that cannot be edited in place. What
    comes out reads as meant, or ValueProblem: nothing is written on trust.
    """
    wanted = list(edits)
    documents = read_documents(text)
    splices: list[_Splice] = []
    for outer, group in groupby(wanted, key=lambda one: replace(one.key, within=None) if one.key.within else one.key):
        several = list(group)
        places = find(documents, outer)
        if len(places) != 1:
            raise ValueProblem(f"`{outer}` names {len(places)} values", how="name one")
        if several[0].key.within:
            splices.append(_within(text, places[0], several))
        else:
            splices.append(_splice(text, places[0], several[-1]))
    result = text
    for start, end, new in sorted(splices, key=lambda one: one[:2], reverse=True):
        result = result[:start] + new + result[end:]
    _check(result, wanted)
    return result


def _check(text: str, edits: Sequence[Edit]) -> None:
    documents = read_documents(text)
    for one in edits:
        found = lookup(text, one.key, documents=documents) if one.value is not None else ()
        wrong = one.value is not None and not (len(found) == 1 and one.value.means(found[0].value))
        if wrong:
            raise ValueProblem(
                f"`{one.key}` cannot be changed in place", found[0].line if found else 0, "edit it by hand"
            )


def _within(text: str, place: Place, edits: Sequence[Edit]) -> _Splice:
    """Return the splice for edits of the YAML that a literal block holds."""
    scalar = place.value
    if scalar is None or scalar.style != "|":
        raise ValueProblem(
            f"`{place.key}` is no literal block", scalar.line if scalar else place.holder.line, "write it with `|`"
        )
    inner = edited(scalar.value, [Edit(one.key.within, one.value, one.after) for one in edits if one.key.within])
    body = text.index("\n", scalar.start) + 1
    lines = text[body : scalar.end].splitlines(keepends=True)
    indent = next((line[: len(line) - len(line.lstrip(" "))] for line in lines if line.strip()), "")
    old, new = scalar.value.splitlines(), inner.splitlines()
    same = next(
        (n for n, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), min(len(old), len(new))
    )
    left = min(len(old), len(new)) - same
    tail = next((n for n in range(left) if old[-1 - n] != new[-1 - n]), left)
    eol = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    middle = [f"{indent}{line}{eol}" if line else eol for line in new[same : len(new) - tail]]
    start = body + sum(map(len, lines[:same]))
    end = body + sum(map(len, lines[: len(old) - tail]))
    written = "".join(middle)
    if end == scalar.end and not text[start:end].endswith("\n"):
        written = written.removesuffix(eol)
    return start, end, written


def _splice(text: str, place: Place, edit: Edit) -> _Splice:
    scalar, value = place.value, edit.value
    if scalar is None:
        return (0, 0, "") if value is None else _insertion(text, place, edit, value)
    if value is None:
        return _removal(text, place, scalar)
    if scalar.style in ("|", ">"):
        raise ValueProblem(f"`{place.key}` is a block of text", scalar.line, "write it on one line")
    flow = isinstance(place.holder, Mapping) and place.holder.flow
    written = spelled(value, scalar.style, flow=flow)
    return scalar.start, scalar.end, f" {written}" if scalar.start == scalar.end else written


def spelled(value: Value, style: str | None, *, flow: bool = False) -> str:
    """Return how a value is written where something in `style` stood: quoted as that was, plain where it can be.

    A text that would be read as a number, a switch or nothing when plain gets quotes; a number stays plain.
    """
    if value.tag != STRING:
        return value.text if resolves_to(value.text) == value.tag else f"!!{value.tag.rpartition(':')[2]} {value.text}"
    plain = _PLAIN.fullmatch(value.text) and not _START.match(value.text) and resolves_to(value.text) == STRING
    if style is None and plain and not (flow and set(value.text) & set(",[]{}")):
        return value.text
    quote = style or value.style or '"'
    if quote == "'" and value.text.isprintable():
        return "'" + value.text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(letter) for letter in value.text) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"


def _insertion(text: str, place: Place, edit: Edit, value: Value) -> _Splice:
    """Return the splice for a new entry: below one of `edit.after` where that is one line, else before the first."""
    holder = place.holder
    if not isinstance(holder, Mapping) or not holder.entries:
        raise ValueProblem(f"`{place.key}` is not there", holder.line, "write it once by hand")
    beside = next((one for one in holder.entries if one.key.value in edit.after), None)
    style = beside.value.style if beside and isinstance(beside.value, Scalar) else None
    quote = style if style in _QUOTES else None
    written = f"{place.key.last}: {spelled(value, quote, flow=holder.flow)}"
    if holder.flow:
        if beside is not None:
            return beside.value.end, beside.value.end, f", {written}"
        first = holder.entries[0].key.start
        return first, first, f"{written}, "
    eol = _line_end(text)
    first = holder.entries[0].key.start
    indent = " " * (first - (text.rfind("\n", 0, first) + 1))
    if beside is not None and isinstance(beside.value, Scalar) and beside.value.style not in ("|", ">"):
        end = text.find("\n", beside.value.end)
        if end == -1:
            return len(text), len(text), f"{eol}{indent}{written}"
        return end + 1, end + 1, f"{indent}{written}{eol}"
    return first, first, f"{written}{eol}{indent}"


def _line_end(text: str) -> str:
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def _removal(text: str, place: Place, scalar: Scalar) -> _Splice:
    """Return the splice that takes an entry out: its whole line where it has one to itself."""
    holder = place.holder
    if not isinstance(holder, Mapping) or len(holder.entries) < 2:
        raise ValueProblem(f"`{place.key}` stands alone and cannot be taken out", scalar.line, "edit it by hand")
    number = next(n for n, one in enumerate(holder.entries) if one.value is scalar)
    entry: Entry = holder.entries[number]
    following = holder.entries[number + 1] if number + 1 < len(holder.entries) else None
    if number == 0 or holder.flow:
        if following is not None:
            return entry.key.start, following.key.start, ""
        before = holder.entries[number - 1].value.end
        return before, scalar.end, ""
    start = text.rfind("\n", 0, entry.key.start) + 1
    end = text.find("\n", scalar.end)
    return start, len(text) if end == -1 else end + 1, ""
