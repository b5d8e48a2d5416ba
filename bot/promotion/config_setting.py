"""What is there to say of one key of the configuration: what it takes, what it means, what holds without it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.promotion.config_forms import Form

Kind = Literal["text", "number", "flag", "choice", "texts", "date", "map", "named", "chosen", "entries", "free"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: what it takes, what it means, what holds without it.

    `keys` are the settings inside a `map`, inside each entry of `named` (a map from names of the form), or inside each
    entry of `entries` (a list); `alone` is the one of them that a text alone stands for. `expects` says what `named`
    holds, `how` how that is written. `form` is what a `text`, or each of `texts`, looks like; `shape` is that for
    readers and editors only, where another room of ours judges it; `single` lets one text stand for a list of one.
    `choice` takes one of `values`, `chosen` is a map from texts of the form to such values, `number` a whole number
    from `least` to `most`, which are how many there may be of `named`; `flag` is true or false, `date` a day. `one_of`
    names keys of which exactly one is given, `some_of` keys of which at least one is. `also` are other words people
    use for the key.
    """

    kind: Kind
    about: str
    default: str = ""
    example: str = ""
    required: bool = False
    keys: Mapping[str, Setting] = field(default_factory=dict)
    one_of: tuple[str, ...] = ()
    some_of: tuple[str, ...] = ()
    form: Form | None = None
    shape: Form | None = None
    single: bool = False
    alone: str = ""
    expects: str = ""
    how: str = ""
    values: tuple[str, ...] = ()
    least: int = 0
    most: int = 0
    also: tuple[str, ...] = ()
