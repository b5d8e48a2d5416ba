"""What do an image reference and a quantity say: which name and tag, and how much?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}


@dataclass(frozen=True, slots=True)
class Image:
    """The parts of an image reference: `registry/name`, tag and digest ('' where absent)."""

    name: str
    tag: str = ""
    digest: str = ""


def parse_image(reference: str) -> Image:
    """Split `registry:5000/name:tag@sha256:…`; the name keeps registry and path.

    Source: the reference grammar of the distribution project.
    """
    rest, _, digest = reference.partition("@")
    slash, colon = rest.rfind("/"), rest.rfind(":")
    if colon > slash:
        return Image(rest[:colon], rest[colon + 1 :], digest)
    return Image(rest, "", digest)


def parse_quantity(value: Any) -> Decimal | None:
    """Return the amount a Kubernetes quantity means (`500m`, `1Gi`, `2e3`), None when it is none.

    Source: k8s.io/apimachinery, package resource, the grammar in the comment of Quantity.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    found = _QUANTITY.fullmatch(str(value).strip())
    if not found:
        return None
    number, suffix, exponent = found.groups()
    try:
        amount = Decimal(number)
    except InvalidOperation:
        return None
    if exponent:
        return amount.scaleb(int(exponent))
    if suffix in _BINARY:
        return amount * Decimal(1024) ** _BINARY[suffix]
    return amount.scaleb(_DECIMAL.get(suffix or "", 0))
