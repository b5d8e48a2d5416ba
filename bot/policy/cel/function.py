"""How is a function declared that CEL's core does not have?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

MOST_WORK = 10_000_000  # characters
WORN = "its functions look through too much text"


class Function(NamedTuple):
    """One overload. `takes` and `gives` are words: any, bool, bytes, double, duration, dyn, int, list, map, string,
    timestamp. A member function takes its receiver first. `call` gets plain values and raises ValueError.
    """

    name: str
    takes: tuple[str, ...]
    gives: str
    call: Callable[..., Any]
    member: bool = False


class Meter:
    """How much text may one evaluation still look through? Set anew before each."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MOST_WORK

    def use(self, *texts: str) -> None:
        """Count texts; raises ValueError when it was too much."""
        self.left -= sum(map(len, texts))
        if self.left < 0:
            raise ValueError(WORN)


METER = Meter()


def tagged(kind: str, value: object) -> dict[str, object]:
    """A value of a type that CEL does not know, for example `kubernetes.Quantity`, as a map with one key."""
    return {kind: value}


def untagged(kind: str, found: Mapping[str, Any]) -> Any:
    """The value within; raises ValueError for any other map."""
    if len(found) != 1 or kind not in found:
        raise ValueError(f"expected a {kind.rpartition('.')[2]}")
    return found[kind]
