"""What is an unquoted value worth to the YAML readers of this world, and how is it written so that all agree?

YAML 1.1 (PyYAML, editors, Go's older library) reads `on`, `yes`, `1.30`, `12:30` and dates as something other
than text. Lockkeeper refuses them where text is meant and says to quote them, so nobody is surprised.
"""

from __future__ import annotations

import re
from typing import Literal

import yaml
from yaml.resolver import Resolver

from bot.model.quoting import quoted
from bot.promotion.config_yaml import Scalar

Value = str | int | float | bool | None | list["Value"] | dict[str, "Value"]
Sort = Literal["text", "nothing", "a truth value", "a number", "a date", "special"]

_SORTS: dict[str, Sort] = {
    "tag:yaml.org,2002:str": "text",
    "tag:yaml.org,2002:null": "nothing",
    "tag:yaml.org,2002:bool": "a truth value",
    "tag:yaml.org,2002:int": "a number",
    "tag:yaml.org,2002:float": "a number",
    "tag:yaml.org,2002:timestamp": "a date",
}
_RESOLVER = Resolver()
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}")


def sort_of(scalar: Scalar) -> Sort:
    """Say what YAML 1.1 makes of the scalar; whatever is quoted is text."""
    if not scalar.plain:
        return "text"
    tag = _RESOLVER.resolve(yaml.ScalarNode, scalar.text, (True, False))  # type: ignore[no-untyped-call] # its stub has no types
    return _SORTS.get(str(tag), "special")


def surprise(scalar: Scalar) -> tuple[str, str]:
    """Return the message and suggestion for a value that is not the text it looks like; ('', '') when it is."""
    sort = sort_of(scalar)
    if sort == "text":
        return "", ""
    if sort == "nothing":
        return "the value is missing", "write a value, or remove the key"
    say = "something else than text" if sort == "special" else sort
    return f"without quotes, YAML reads {quoted(scalar.text)} as {say}", f'write "{scalar.text[:60]}" in quotes'


def free(scalar: Scalar) -> tuple[Value, str]:
    """Return the value of a scalar whose kind only a policy pack knows, or a message why it is ambiguous."""
    text = scalar.text
    match sort_of(scalar):
        case "text":
            return text, ""
        case "nothing":
            return None, ""
        case "a truth value" if text in ("true", "false"):
            return text == "true", ""
        case "a number" if _INTEGER.fullmatch(text):
            return int(text), ""
        case "a number" if _DECIMAL.fullmatch(text):
            return float(text), ""
        case _:
            return None, surprise(scalar)[0]
