"""Which values of a chart are made anew by every render, by chance or by the clock, and what stands for them?

A chart that may ask for either is rendered more than once; what differs is masked by words that are always the same,
so that it is no change. What was derived from it, a checksum for example, differs as well and is masked with it.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.adapters.render.directory import Checkout
from bot.model.source import HelmOptions, ValuesFile, ValuesText

MASK = "masked-random"
_MOST_NAMED = 10
_FUNCTIONS = re.compile(
    rb"\b(?:rand(?:AlphaNum|Alpha|Ascii|Numeric|Bytes|Int)|shuffle|uuidv4|now|ago|date\w*|htmlDate\w*|"
    rb"gen(?:CA|PrivateKey|SelfSignedCert|SignedCert)\w*|htpasswd|bcrypt|encryptAES)\b"
)
_BLOCK = re.compile(r"(-----BEGIN [A-Z0-9 ]+-----\s+)(.+?)(\s+-----END [A-Z0-9 ]+-----)", re.DOTALL)

Body = Mapping[str, Any]
Step = str | int


def is_suspected(texts: Iterable[bytes], place: Checkout, options: HelmOptions) -> bool:
    """Say whether any text of a chart, or of the values given to it, names a function of chance or time."""
    given = (_text(place, one) for one in options.values)
    return any(_FUNCTIONS.search(text) for text in itertools.chain(texts, given))


def masked(bodies: Sequence[Body], others: Sequence[Sequence[Body]]) -> tuple[list[Body], list[str]]:
    """Return the bodies with everything masked that is otherwise in the other renders, and notes of what was."""
    found: list[Body] = []
    places: list[str] = []
    for index, body in enumerate(bodies):
        again = [render[index] for render in others]
        if all(other == body for other in again):
            found.append(body)
            continue
        mask = _Mask(str(body.get("kind") or ""))
        found.append(mask.value(body, again, ()))
        kind, metadata = found[-1].get("kind"), found[-1].get("metadata")
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        places += [f"{kind} {name}: {'.'.join(map(str, one))}" for one in mask.places]
    if not places:
        return found, []
    named = ", ".join(places[:_MOST_NAMED])
    more = f" and {len(places) - _MOST_NAMED} more" if len(places) > _MOST_NAMED else ""
    return found, [f"made anew by every render and therefore masked: {named}{more}"]


class _Mask:
    """Masks one body and remembers where."""

    def __init__(self, kind: str) -> None:
        self._encoded = kind == "Secret"
        self.places: list[tuple[Step, ...]] = []

    def value(self, value: Any, others: Sequence[Any], place: tuple[Step, ...]) -> Any:
        """Return a value with what differs masked."""
        if all(other == value for other in others):
            return value
        if isinstance(value, dict) and all(isinstance(other, dict) for other in others):
            return self._mapping(value, others, place)
        if isinstance(value, list) and all(isinstance(other, list) and len(other) == len(value) for other in others):
            return [
                self.value(one, [other[index] for other in others], (*place, index)) for index, one in enumerate(value)
            ]
        self.places.append(place)
        texts = [one for one in (value, *others) if isinstance(one, str)]
        if len(texts) <= len(others):
            return 0 if isinstance(value, int | float) and not isinstance(value, bool) else MASK
        if self._encoded and place[:1] == ("data",):
            return _masked_secret(texts)
        return _masked_name(texts) if place[-1:] == ("name",) else _masked_text(texts)

    def _mapping(self, value: Body, others: Sequence[Body], place: tuple[Step, ...]) -> Body:
        found = {}
        for key, one in value.items():
            if all(key in other for other in others):
                found[key] = self.value(one, [other[key] for other in others], (*place, key))
            else:
                self.places.append((*place, MASK))
                found[MASK] = MASK
        return found


def _masked_name(texts: Sequence[str]) -> str:
    """Mask the parts of a name: `migrate-x7k2p` keeps its first."""
    parts = [re.split(r"([-.])", text) for text in texts]
    if len({len(one) for one in parts}) > 1:
        return MASK
    return "".join(column[0] if len(set(column)) == 1 else MASK for column in zip(*parts, strict=True))


def _masked_text(texts: Sequence[str]) -> str:
    """Mask the lines that differ, those in a row as one; all of a single line."""
    lines = [text.split("\n") for text in _without_keys(texts)]
    if max(map(len, lines)) == 1:
        return MASK
    if len({len(one) for one in lines}) == 1:
        return "\n".join(_runs([column[0] if len(set(column)) == 1 else MASK for column in zip(*lines, strict=True)]))
    head = _common(lines)
    tail = _common([one[len(head) :][::-1] for one in lines])[::-1]
    return "\n".join([*head, MASK, *tail])


def _without_keys(texts: Sequence[str]) -> Sequence[str]:
    """Mask all of a key or certificate that differs: by chance, some of its lines are those of another."""
    blocks = [_BLOCK.findall(text) for text in texts]
    if len({len(one) for one in blocks}) > 1:
        return texts
    same = [len(set(column)) == 1 for column in zip(*blocks, strict=True)]

    def masked(text: str) -> str:
        known = iter(same)
        return _BLOCK.sub(lambda found: found[0] if next(known) else f"{found[1]}{MASK}{found[3]}", text)

    return [masked(text) for text in texts]


def _runs(lines: Sequence[str]) -> Iterator[str]:
    for index, line in enumerate(lines):
        if line != MASK or index == 0 or lines[index - 1] != MASK:
            yield line


def _common(lines: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines that all begin with."""
    found = []
    for column in zip(*lines, strict=False):
        if len(set(column)) > 1:
            break
        found.append(column[0])
    return found


def _masked_secret(texts: Sequence[str]) -> str:
    """Mask what a Secret's data say once decoded, and encode it again."""
    try:
        plain = _masked_text([base64.b64decode(text, validate=True).decode() for text in texts])
    except (binascii.Error, ValueError):
        plain = MASK
    return base64.b64encode(plain.encode()).decode()


def _text(place: Checkout, layer: object) -> bytes:
    match layer:
        case ValuesFile():
            return place.read(layer.path) or b""
        case ValuesText():
            return layer.text.encode("utf-8", "replace")
    return b""
