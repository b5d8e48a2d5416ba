"""What does one YAML scalar mean to Kubernetes?

The rules are those of sigs.k8s.io/yaml, the reader behind kubectl and the API server: YAML 1.1 as go-yaml 2
has it (goyaml.v2/resolve.go), on its way to JSON.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import Any

JSON = Any  # dict[str, JSON] | list[JSON] | str | int | float | bool | None; mypy cannot narrow the recursion

BAD_KEY = "a key must be a string, a number or a boolean"

_CORE = "tag:yaml.org,2002:"
_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
}
_NOT_NUMBERS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_LONGEST = 1000  # digits of a whole number that may be one: zeros may stand in front
_FRACTION = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


class DocumentError(Exception):
    """The text is not YAML that Kubernetes can mean: `message` says why, `line` (1-based) where."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message, self.line = message, line


class RepeatedKeyError(DocumentError):
    """A key stands twice in one mapping."""

    def __init__(self, key: str, line: int) -> None:
        super().__init__(f"the key {key[:100]!r} stands twice in one mapping", line)
        self.key = key


class TooMuchError(DocumentError):
    """The text is larger, deeper, or expands to more than any honest manifest."""


def as_key(value: JSON, line: int) -> str:
    """Turn a key into a string, as the YAML to JSON conversion does: 1 is "1", true is "true"."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
    raise DocumentError(BAD_KEY, line)


def resolve(text: str, line: int) -> JSON:
    """Say what a plain scalar means. Whole floats become integers, as they do on their way through JSON."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _NOT_NUMBERS.fullmatch(text):
        raise DocumentError(f"{text} is a number that JSON cannot hold", line)
    if text[0] == "." and not _FRACTION.fullmatch(text):
        return text
    plain = text.replace("_", "")
    if found := _INTEGER.fullmatch(plain):
        sign, hexadecimal, binary, octal, decimal = found.groups()
        digits = hexadecimal or binary or octal or decimal or "0"
        number = int(digits, _base(hexadecimal, binary, octal)) if len(digits) <= _LONGEST else 2**64
        number = -number if sign == "-" else number
        if -(2**63) <= number < 2**64:
            return number
    if _FLOAT.fullmatch(plain):
        real = float(plain)
        if math.isinf(real):
            return text
        return int(real) if real.is_integer() and abs(real) < 1e21 else real
    return text


def _base(hexadecimal: str | None, binary: str | None, octal: str | None) -> int:
    if hexadecimal:
        return 16
    if binary:
        return 2
    return 8 if octal else 10


def tagged(tag: str, text: str, line: int) -> JSON:
    """Say what a scalar with an explicit tag means; tags of others mean text."""
    match tag.removeprefix(_CORE):
        case "int" | "float" | "bool" | "null" as kind:
            value = resolve(text, line) if text else None
            fits = {"int": int, "float": int | float, "bool": bool, "null": type(None)}[kind]
            if not isinstance(value, fits) or (isinstance(value, bool) and kind != "bool"):
                raise DocumentError(f"{text[:100]!r} is not of the type !!{kind}", line)
            return value
        case "binary":
            try:
                return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
            except (binascii.Error, ValueError) as error:
                raise DocumentError("!!binary is not base64", line) from error
        case _:
            return text
