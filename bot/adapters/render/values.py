"""Which values does a chart get from files, texts and single parameters, laid over each other as Helm does it?

Order and meaning: `helm template --help` and pkg/strvals. Files and texts come first, in their order; then `--set`,
`--set-string` and `--set-file`, wherever they stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from bot.model.source import FileParameter, HelmOptions, Parameter, Values, ValuesFile, ValuesText

Read = Callable[[str], bytes | None]
Step = str | int

_BORDER = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)  # k8s.io/apimachinery, util/yaml: YAMLReader
_LINE = re.compile(r"\byaml: line (\d+)")
_MARK = "lockkeeper"


class ValuesError(Exception):
    """Values cannot be used: `message` in Helm's words, `path` and `line` where they stand, as far as is known."""

    def __init__(self, message: str, path: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.message, self.path, self.line = message, path, line


class Parser(Protocol):
    """Reads values as Helm does. Raises ValuesError."""

    def mapping(self, text: str) -> dict[str, Any]: ...  # one YAML document
    def expression(self, text: str, *, strings: bool) -> dict[str, Any]: ...  # of --set, or of --set-string


@dataclass(frozen=True, slots=True)
class Layered:
    """The values, and the places of those that `--set` made whole numbers: to templates they are other numbers than
    those of files.
    """

    values: dict[str, Any]
    whole: tuple[tuple[Step, ...], ...] = ()


def layered(options: HelmOptions, read: Read, parser: Parser) -> Layered:
    """Return the values that a chart's options describe. Raises ValuesError."""
    values = merged_files(options, read, parser)
    whole = []
    for layer in single(options):
        given = expression(layer, read)
        place = _place(layer.name, parser)
        leaf = given if isinstance(layer, FileParameter) else _leaf(layer, place, parser)
        _put(values, place, leaf)
        if not isinstance(layer, FileParameter) and _is_whole(leaf):
            whole.append(place)
    return Layered(values, tuple(whole))


def merged_files(options: HelmOptions, read: Read, parser: Parser) -> dict[str, Any]:
    """Return the values of files and texts alone. Raises ValuesError."""
    values: dict[str, Any] = {}
    for layer in options.values:
        if isinstance(layer, ValuesFile | ValuesText):
            for one in _mappings(layer, read, parser):
                values = merged(values, one)
    return values


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Lay one mapping over another, mapping by mapping."""
    found = dict(below)
    for key, value in above.items():
        there = found.get(key)
        found[key] = merged(there, value) if isinstance(value, dict) and isinstance(there, dict) else value
    return found


def single(options: HelmOptions) -> list[Parameter | FileParameter]:
    """Return the single values in Helm's order."""

    def rank(layer: Values) -> int:
        return 2 if isinstance(layer, FileParameter) else int(isinstance(layer, Parameter) and layer.text)

    return sorted((one for one in options.values if isinstance(one, Parameter | FileParameter)), key=rank)


def expression(layer: Parameter | FileParameter, read: Read) -> str:
    """Return the text of a single value, its commas escaped as Argo CD does: it is one value, not several.

    Raises ValuesError for a file that is not there.
    """
    if isinstance(layer, FileParameter):
        text = read(layer.path)
        if text is None:
            raise ValuesError(f"open {layer.path}: no such file or directory", layer.path)
        return text.decode("utf-8", "replace")
    value = layer.value
    if value.startswith("{") and value.endswith("}"):
        return value
    return re.sub(r"(?<!\\),", r"\\,", value)


def _mappings(layer: ValuesFile | ValuesText, read: Read, parser: Parser) -> Iterator[dict[str, Any]]:
    path = layer.path if isinstance(layer, ValuesFile) else ""
    if isinstance(layer, ValuesFile):
        found = read(layer.path)
        if found is None:
            if layer.optional:
                return
            raise ValuesError(f"open {layer.path}: no such file or directory", path)
        text = found.decode("utf-8-sig", "replace")
    else:
        text = layer.text
    start = 0
    for border in [*_BORDER.finditer(text), None]:
        part = text[start : border.start() if border else len(text)]
        try:
            yield parser.mapping(part) if part.strip() else {}
        except ValuesError as error:
            words = _LINE.search(error.message)
            line = error.line or (int(words[1]) if words else None)
            shift = text.count("\n", 0, start)
            raise ValuesError(
                f"failed to parse {path or 'the values'}: {error.message}", path, line and line + shift
            ) from error
        start = border.end() if border else len(text)


def _place(name: str, parser: Parser) -> tuple[Step, ...]:
    """Return where a parameter's name leads. Raises ValuesError for a name that is none."""
    here: Any = parser.expression(f"{name}={_MARK}", strings=True)
    place: list[Step] = []
    while isinstance(here, dict | list):
        step: Step | None = None
        if isinstance(here, list):
            step = next((index for index, one in enumerate(here) if one is not None), None)
        elif len(here) == 1:
            step = next(iter(here))
        if step is None:
            raise ValuesError(f"failed parsing --set data: {name} names no value, or more than one")
        place.append(step)
        here = here[step]  # type: ignore[index]  # a string where it is a mapping, else a number
    return tuple(place)


def _leaf(layer: Parameter, place: tuple[Step, ...], parser: Parser) -> Any:
    here: Any = parser.expression(f"{layer.name}={expression(layer, lambda _: None)}", strings=layer.text)
    for step in place:
        here = here[step]
    return here


def _put(values: dict[str, Any], place: tuple[Step, ...], leaf: Any) -> None:
    """Set one value; lists grow as needed, and what is no mapping is not turned into one. Raises ValuesError."""
    here: Any = values
    for index, step in enumerate(place):
        kind: type[Any] = list if isinstance(step, int) else dict
        if not isinstance(here, kind):
            raise ValuesError(_unfit(here, step))
        if isinstance(step, int):
            here.extend([None] * (step + 1 - len(here)))
        if index == len(place) - 1:
            here[step] = leaf
            return
        if here[step] is None if isinstance(step, int) else step not in here:
            here[step] = [] if isinstance(place[index + 1], int) else {}
        elif isinstance(here[step], dict | list):
            here[step] = here[step].copy()  # layers share what they did not change
        here = here[step]


def _unfit(here: Any, step: Step) -> str:
    """Say in Helm's words that a step does not lead on from a value."""
    names = {bool: "bool", int: "float64", float: "float64", str: "string", dict: "map[string]interface {}"}
    found = "nil" if here is None else names.get(type(here), "[]interface {}")
    wanted = "[]interface {}" if isinstance(step, int) else "map[string]interface {}"
    return (
        f"failed parsing --set data: unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}"
    )


def _is_whole(leaf: Any) -> bool:
    entries = leaf if isinstance(leaf, list) else [leaf]
    return any(isinstance(one, int) and not isinstance(one, bool) for one in entries)
