"""What may be set on a policy pack, and how does a value read inside a policy?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, cast, get_args

from bot.policy.registries import check_registry, image_pattern

Kind = Literal["registries", "strings", "wildcards", "string", "choice", "integer", "boolean"]

_KINDS: tuple[Kind, ...] = get_args(Kind)
_FIELDS = ("type", "description", "required", "default", "example", "values", "minimum", "maximum")
_OPERATORS = "|&!<>{}$"
_WILDCARDS = "*?"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)  # what JMESPath, CEL and Rego all read as a name


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a pack as `pack.yaml` declares it. `default` is None when there is none.

    `values` are those that a choice is among, `minimum` and `maximum` the bounds of an integer.
    """

    name: str
    type: Kind
    description: str = ""
    required: bool = False
    default: object = None
    example: object = None
    values: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """What a parameter is set to: `plain` as the configuration has it (a list stays one), `pattern` as one text
    of a Kyverno pattern where it is a list, else the same.
    """

    plain: object
    pattern: object

    def __str__(self) -> str:
        """Return it as conditions of annotations name it: `true`, `3`, `restricted`."""
        return str(self.plain).lower() if isinstance(self.plain, bool) else str(self.plain)


Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ParameterProblem:
    """One mistake: the dotted key (`with.registries[0]`), what is wrong, what to write instead."""

    key: str
    message: str
    suggestion: str = ""


def parse_parameters(found: object) -> tuple[tuple[Parameter, ...], list[ParameterProblem]]:
    """Read the `parameters` map of a `pack.yaml`."""
    problems: list[ParameterProblem] = []
    parameters: list[Parameter] = []
    if not isinstance(found, Mapping):
        return (), [] if found is None else [ParameterProblem("parameters", "expected a map")]
    for name, given in found.items():
        key = f"parameters.{name}"
        if not isinstance(given, Mapping) or given.get("type") not in _KINDS:
            problems.append(ParameterProblem(key, "expected a type", f"one of {', '.join(_KINDS)}"))
            continue
        parameter = _declared(str(name), given)
        problems += _wrong(parameter, given, key)
        parameters.append(parameter)
    return tuple(parameters), problems


def _declared(name: str, given: Mapping[str, Any]) -> Parameter:
    values, minimum, maximum = (given.get(field) for field in ("values", "minimum", "maximum"))
    return Parameter(
        name=name,
        type=given["type"],
        description=" ".join(str(given.get("description") or "").split()),
        required=given.get("required") is True,
        default=given.get("default"),
        example=given.get("example"),
        values=tuple(map(str, values)) if isinstance(values, list) else (),
        minimum=minimum if isinstance(minimum, int) else None,
        maximum=maximum if isinstance(maximum, int) else None,
    )


def _wrong(parameter: Parameter, given: Mapping[str, Any], key: str) -> Iterator[ParameterProblem]:
    if not _NAME.fullmatch(parameter.name):
        yield ParameterProblem(key, "a name of letters, digits and `_` is expected", "write it like `minReplicas`")
    for field in given:
        if field not in _FIELDS:
            yield ParameterProblem(f"{key}.{field}", f"unknown field `{field}`", nearest(str(field), _FIELDS))
    if parameter.type == "choice" and not parameter.values:
        yield ParameterProblem(f"{key}.values", "a choice needs a list of values")
    elif parameter.default is not None:
        found = _READERS[parameter.type](parameter.default, f"{key}.default", parameter)
        if isinstance(found, ParameterProblem):
            yield found


def resolve_parameters(
    declared: Iterable[Parameter], given: Mapping[str, object]
) -> tuple[dict[str, Value], list[ParameterProblem]]:
    """Return each parameter's value, and every mistake in what was given.

    As patterns, lists are alternatives joined by ` | ` and registries the patterns of the images below them.
    Parameters neither given nor with a default are absent from the result.
    """
    parameters = {one.name: one for one in declared}
    problems = [
        ParameterProblem(f"with.{name}", f"unknown parameter `{name}`", nearest(name, parameters))
        for name in given
        if name not in parameters
    ]
    values: dict[str, Value] = {}
    for name, parameter in parameters.items():
        value = given.get(name, parameter.default)
        if value is None:
            if parameter.required:
                problems.append(_absent(parameter))
            continue
        found = _READERS[parameter.type](value, f"with.{name}", parameter)
        if isinstance(found, ParameterProblem):
            problems.append(found)
        else:
            values[name] = Value(value, found)
    return values, problems


def nearest(name: str, names: Iterable[str]) -> str:
    """Advise what an unknown name may have meant."""
    known = list(names)
    near = get_close_matches(name, known, 1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"known here: {', '.join(known)}" if known else "this pack takes no parameters"


def _absent(parameter: Parameter) -> ParameterProblem:
    example = ""
    if parameter.example is not None:
        shown = parameter.example
        text = f"[{', '.join(map(str, shown))}]" if isinstance(shown, list) else str(shown)
        example = f"write `with: {{{parameter.name}: {text}}}`"
    return ParameterProblem(f"with.{parameter.name}", f"the parameter `{parameter.name}` is required", example)


def _registries(value: object, key: str, _: Parameter) -> str | ParameterProblem:
    entries = _texts(value, key)
    if isinstance(entries, ParameterProblem):
        return entries
    for index, entry in enumerate(entries):
        if advice := check_registry(entry):
            return ParameterProblem(f"{key}[{index}]", f"`{entry}` does not name a registry", advice)
    return " | ".join(map(image_pattern, entries))


def _strings(value: object, key: str, parameter: Parameter) -> str | ParameterProblem:
    entries = _texts(value, key)
    if isinstance(entries, ParameterProblem):
        return entries
    for index, entry in enumerate(entries):
        if isinstance(found := _string(entry, f"{key}[{index}]", parameter), ParameterProblem):
            return found
    return " | ".join(entries)


def _texts(value: object, key: str) -> list[str] | ParameterProblem:
    if isinstance(value, str):
        return ParameterProblem(key, "expected a list", f"write `[{value}]`")
    entries = list(value) if isinstance(value, (list, tuple)) else []
    if not entries or not all(isinstance(one, str) and one for one in entries):
        return ParameterProblem(key, "expected a list of at least one text")
    return cast("list[str]", entries)


def _string(value: object, key: str, parameter: Parameter) -> str | ParameterProblem:
    if not isinstance(value, str) or not value:
        return ParameterProblem(key, "expected a text")
    refused = _OPERATORS if parameter.type == "wildcards" else _OPERATORS + _WILDCARDS
    if bad := sorted(set(value) & set(refused)):
        return ParameterProblem(key, f"`{value}` holds `{bad[0]}`, which means something in patterns")
    return value


def _choice(value: object, key: str, parameter: Parameter) -> str | ParameterProblem:
    if value in parameter.values:
        return str(value)
    listed = ", ".join(parameter.values)
    near = get_close_matches(str(value), parameter.values, 1)
    return ParameterProblem(key, f"`{value}` is none of {listed}", f"did you mean `{near[0]}`?" if near else "")


def _integer(value: object, key: str, parameter: Parameter) -> int | ParameterProblem:
    if isinstance(value, bool) or not isinstance(value, int):
        return ParameterProblem(key, "expected a whole number")
    if parameter.minimum is not None and value < parameter.minimum:
        return ParameterProblem(key, f"{value} is less than {parameter.minimum}", f"write {parameter.minimum} or more")
    if parameter.maximum is not None and value > parameter.maximum:
        return ParameterProblem(key, f"{value} is more than {parameter.maximum}", f"write {parameter.maximum} or less")
    return value


def _boolean(value: object, key: str, _: Parameter) -> bool | ParameterProblem:
    return value if isinstance(value, bool) else ParameterProblem(key, "expected true or false")


_READERS: Mapping[Kind, Callable[[object, str, Parameter], object]] = {
    "registries": _registries,
    "strings": _strings,
    "wildcards": _strings,
    "string": _string,
    "choice": _choice,
    "integer": _integer,
    "boolean": _boolean,
}
