"""How do values become the parameters of an ApplicationSet's template, and how are they written into text?

Sources: applicationset/generators/, applicationset/utils/utils.go and map.go of argoproj/argo-cd, fmt's `%v` of Go, and
github.com/jeremywohl/flatten.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

Parameters = Mapping[str, Any]

_NOT_IN_A_NAME = re.compile(r"[^-a-z0-9.]")
_LONGEST_NAME = 253


def go_text(value: Any) -> str:
    """Write a JSON value as Go's `%v` does. Every number is a float64 there: a million is 1e+06."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return _number(value)
        case Mapping():
            return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value, key=str))}]"
        case list():
            return f"[{' '.join(go_text(one) for one in value)}]"
    return str(value)


def _number(value: float) -> str:
    """Write a number as briefly as it can be read back, with an exponent from 1e+06 on and below 1e-04."""
    try:
        number = Decimal(repr(float(value)))
    except OverflowError:
        return str(value)
    if not number.is_finite() or number == 0:
        return "0" if number == 0 else str(value)
    digits = "".join(str(one) for one in number.as_tuple().digits).rstrip("0")
    exponent, sign = number.adjusted(), "-" if number < 0 else ""
    if -4 <= exponent < 6:
        return f"{number.normalize():f}"
    mantissa = digits[0] + (f".{digits[1:]}" if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def flattened(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the leaves of a value by their path, `a.b.0`; what is empty has no leaves."""
    found: dict[str, Any] = {}
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, here = waiting.pop()
        if isinstance(here, Mapping):
            entries = [(str(key), one) for key, one in here.items()]
        elif isinstance(here, list):
            entries = [(str(number), one) for number, one in enumerate(here)]
        else:
            found[path] = here
            continue
        waiting += [(f"{path}.{key}" if path else key, one) for key, one in reversed(entries)]
    return found


def sanitized(name: str) -> str:
    """Return a text as a DNS name: what `normalize` and `…Normalized` mean."""
    return _NOT_IN_A_NAME.sub("-", name.lower())[:_LONGEST_NAME].strip("-.")


def of_path(path: str, *, prefix: str, go: bool, filename: str = "") -> dict[str, Any]:
    """Return the parameters that say where a directory, or a file in it, lies."""
    base = posixpath.basename(path)
    names = {"basename": base, "basenameNormalized": sanitized(base)}
    if filename:
        names |= {"filename": filename, "filenameNormalized": sanitized(filename)}
    segments = path.split("/")
    if go:
        whole: dict[str, Any] = {"path": {"path": path, "segments": segments, **names}}
        return {prefix: whole} if prefix else whole
    called = f"{prefix}.path" if prefix else "path"
    numbered = {f"{called}[{number}]": one for number, one in enumerate(segments) if one}
    return {called: path, **{f"{called}.{key}": one for key, one in names.items()}, **numbered}


def merged(below: Parameters, above: Parameters) -> dict[str, Any]:
    """Lay parameters over others, mappings key by key. Source: github.com/imdario/mergo, WithOverride."""
    found = dict(below)
    for key, value in above.items():
        known = found.get(key)
        both = isinstance(known, Mapping) and isinstance(value, Mapping)
        found[key] = merged(known, value) if both and known is not None else value
    return found


def filled_up(own: Any, outer: Any) -> Any:
    """Return a generator's own template with the set's template in all that it leaves empty.

    Source: mergeGeneratorTemplate in applicationset/generators/generator_spec_processor.go. Lists and `valuesObject`
    are one value each.
    """
    if not isinstance(own, Mapping) or not isinstance(outer, Mapping):
        return own if own not in (None, "", 0, False, [], {}) else outer
    found = dict(outer)
    for key, value in own.items():
        found[key] = value if key == "valuesObject" and value is not None else filled_up(value, outer.get(key))
    return found
