"""What may be set on a policy pack, and how does a value read inside a pattern?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, cast, get_args

from bot.policy.registries import check_registry, image_pattern

Kind = Literal["registries", "strings", "string", "integer", "boolean"]

_KINDS: tuple[Kind, ...] = get_args(Kind)
_FIELDS = ("type", "description", "required", "default", "example")
_OPERATORS = "|&!<>*?{}$"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a pack as `pack.yaml` declares it. `default` is None when there is none."""

    name: str
    type: Kind
    description: str = ""
    required: bool = False
    default: object = None
    example: object = None


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
        problems += [
            ParameterProblem(f"{key}.{field}", f"unknown field `{field}`", nearest(str(field), _FIELDS))
            for field in given
            if field not in _FIELDS
        ]
        parameters.append(
            Parameter(
                name=str(name),
                type=given["type"],
                description=" ".join(str(given.get("description") or "").split()),
                required=given.get("required") is True,
                default=given.get("default"),
                example=given.get("example"),
            )
        )
    return tuple(parameters), problems


def resolve_parameters(
    declared: Iterable[Parameter], given: Mapping[str, object]
) -> tuple[dict[str, object], list[ParameterProblem]]:
    """Return each parameter's value as patterns read it, and every mistake in what was given.

    Lists become alternatives joined by ` | `; registries become patterns of the images below them. Parameters
    neither given nor with a default are absent from the result.
    """
    parameters = {one.name: one for one in declared}
    problems = [
        ParameterProblem(f"with.{name}", f"unknown parameter `{name}`", nearest(name, parameters))
        for name in given
        if name not in parameters
    ]
    values: dict[str, object] = {}
    for name, parameter in parameters.items():
        value = given.get(name, parameter.default)
        if value is None:
            if parameter.required:
                problems.append(_absent(parameter))
            continue
        found = _READERS[parameter.type](value, f"with.{name}")
        if isinstance(found, ParameterProblem):
            problems.append(found)
        else:
            values[name] = found
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


def _registries(value: object, key: str) -> str | ParameterProblem:
    entries = _texts(value, key)
    if isinstance(entries, ParameterProblem):
        return entries
    for index, entry in enumerate(entries):
        if advice := check_registry(entry):
            return ParameterProblem(f"{key}[{index}]", f"`{entry}` does not name a registry", advice)
    return " | ".join(map(image_pattern, entries))


def _strings(value: object, key: str) -> str | ParameterProblem:
    entries = _texts(value, key)
    if isinstance(entries, ParameterProblem):
        return entries
    for index, entry in enumerate(entries):
        if isinstance(found := _string(entry, f"{key}[{index}]"), ParameterProblem):
            return found
    return " | ".join(entries)


def _texts(value: object, key: str) -> list[str] | ParameterProblem:
    if isinstance(value, str):
        return ParameterProblem(key, "expected a list", f"write `[{value}]`")
    entries = list(value) if isinstance(value, (list, tuple)) else []
    if not entries or not all(isinstance(one, str) and one for one in entries):
        return ParameterProblem(key, "expected a list of at least one text")
    return cast("list[str]", entries)


def _string(value: object, key: str) -> str | ParameterProblem:
    if not isinstance(value, str) or not value:
        return ParameterProblem(key, "expected a text")
    if bad := sorted(set(value) & set(_OPERATORS)):
        return ParameterProblem(key, f"`{value}` holds `{bad[0]}`, which means something in patterns")
    return value


def _integer(value: object, key: str) -> int | ParameterProblem:
    if isinstance(value, bool) or not isinstance(value, int):
        return ParameterProblem(key, "expected a whole number")
    return value


def _boolean(value: object, key: str) -> bool | ParameterProblem:
    return value if isinstance(value, bool) else ParameterProblem(key, "expected true or false")


_READERS: Mapping[Kind, Callable[[object, str], object]] = {
    "registries": _registries,
    "strings": _strings,
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
}
