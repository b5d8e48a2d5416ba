"""What does `.github/lockkeeper.yaml` say, and what is wrong with it?

Parsing is strict: unknown keys, wrong types and contradictions are problems, all of them reported together, each
with its line and what to write instead.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.model.environment import (
    Approvers,
    CheckRules,
    ConfigProblem,
    Configuration,
    Environment,
    People,
    PolicyPack,
)
from bot.promotion.config_keys import NAME, PLANNED_STRATEGIES, SETTINGS, Setting
from bot.promotion.config_yaml import Entries, Items, Node, Scalar, read
from bot.promotion.pipeline import cycle


@dataclass(frozen=True, slots=True)
class Problems:
    """Why the file cannot be used: at least one problem, in the order of the lines."""

    problems: tuple[ConfigProblem, ...]


def defaults() -> Configuration:
    """Return what holds in a repository without the file: checks of what is found, no promotions."""
    return Configuration(found=False)


def parse(text: bytes | None) -> Configuration | Problems:
    """Parse the file's bytes (None: there is no file); never raises for bad content."""
    if text is None:
        return defaults()
    node = read(text)
    if isinstance(node, ConfigProblem):
        return Problems((node,))
    reader = _Reader()
    values = reader.map(node, SETTINGS, "")
    configuration = _configuration(reader, values) if isinstance(values, dict) else None
    if reader.problems or configuration is None:
        return Problems(tuple(sorted(reader.problems, key=lambda one: one.line or 0)))
    return configuration


class _Reader:
    """Turns nodes into plain values by the table of settings, gathers problems, and remembers lines by key."""

    def __init__(self) -> None:
        self.problems: list[ConfigProblem] = []
        self.lines: dict[str, int] = {}

    def problem(self, key: str, line: int | None, message: str, suggestion: str = "") -> None:
        self.problems.append(ConfigProblem(key, line or self.lines.get(key), message, suggestion))

    def map(self, node: Node, settings: Mapping[str, Setting], at: str) -> dict[str, Any] | None:
        """Read a map with known keys; None when it is no map."""
        entries = self._entries(node, at)
        if entries is None:
            return None
        found: dict[str, Any] = {}
        for name, line, value in entries:
            key = f"{at}.{name}" if at else name
            self.lines[key] = line
            setting = settings.get(name)
            if setting is None:
                close = difflib.get_close_matches(name, settings, 1, 0.6)
                meant = f"did you mean `{close[0]}`?" if close else f"known here: {', '.join(settings)}"
                self.problem(key, line, f"unknown setting `{name}`", meant)
            elif setting.kind == "planned":
                message = f"`{name}` is not available in this version of Lockkeeper"
                self.problem(key, line, message, "remove it; promotions would not wait for it")
            else:
                found[name] = self.value(value, setting, key)
        for name, setting in settings.items():
            if setting.required and name not in {entry[0] for entry in entries}:
                key = f"{at}.{name}" if at else name
                self.problem(key, node.line if at else 1, f"`{name}` is missing", _example(name, setting))
        return found

    def value(self, node: Node, setting: Setting, key: str) -> Any:
        match setting.kind:
            case "map":
                return self.map(node, setting.keys, key)
            case "named":
                return self._named(node, setting, key)
            case "entries":
                return self._list(node, key, lambda one, place: self.map(one, setting.keys, place))
            case "texts":
                if isinstance(node, Scalar) and node.text and not node.text.startswith("{"):
                    self.problem(key, node.line, "a list is expected", f"write [{node.text}]")
                    return []
                return self._list(node, key, lambda one, place: self._text(one, place))
            case "free":
                return _free(node)
            case _:
                return self._scalar(node, setting, key)

    def _entries(self, node: Node, at: str) -> list[tuple[str, int, Node]] | None:
        if not isinstance(node, Entries):
            if not (isinstance(node, Scalar) and node.plain and node.text in ("", "null", "~")):
                self.problem(
                    at, node.line, "a map of settings is expected", "write `key: value` lines, indented"
                )
                return None
            return []
        found: list[tuple[str, int, Node]] = []
        seen: set[str] = set()
        for name, value in node.entries:
            if not isinstance(name, Scalar):
                self.problem(at, name.line, "a key must be plain text")
            elif name.text in seen:
                key = f"{at}.{name.text}" if at else name.text
                self.problem(key, name.line, f"`{name.text}` is written twice", "keep one of them")
            else:
                seen.add(name.text)
                found.append((name.text, name.line, value))
        return found

    def _named(self, node: Node, setting: Setting, key: str) -> dict[str, Any]:
        found = {}
        for name, line, value in self._entries(node, key) or []:
            place = f"{key}.{name}"
            self.lines[place] = line
            if not re.fullmatch(NAME, name):
                message = f"`{name}` cannot be an environment's name"
                self.problem(place, line, message, "use lower-case letters, digits and hyphens, at most 50")
            read_value = self.map(value, setting.keys, place)
            if read_value is not None:
                found[name] = read_value
        if not found:
            self.problem(key, node.line, "no environment is named", "name at least one, with its `branch`")
        return found

    def _list(self, node: Node, key: str, one: Any) -> list[Any]:
        if not isinstance(node, Items):
            self.problem(
                key, node.line, "a list is expected", "write [one, two] or lines that begin with `-`"
            )
            return []
        return [
            value
            for index, item in enumerate(node.items)
            if (value := one(item, f"{key}[{index}]")) is not None
        ]

    def _text(self, node: Node, key: str) -> str | None:
        if not isinstance(node, Scalar):
            self.problem(key, node.line, "text is expected here")
            return None
        self.lines[key] = node.line
        if not node.text.strip():
            self.problem(key, node.line, "the value is empty", "write a value, or remove the line")
            return None
        return node.text.strip()

    def _scalar(self, node: Node, setting: Setting, key: str) -> str | int | None:
        text = self._text(node, key)
        if text is None:
            return None
        assert isinstance(node, Scalar)
        if setting.kind == "number":
            if not re.fullmatch(r"\d{1,2}", text):
                self.problem(key, node.line, f"`{text}` is no number from 0 to 99")
                return None
            return int(text)
        if setting.kind == "choice" and text not in setting.values:
            if key == "strategy" and text in PLANNED_STRATEGIES:
                self.problem(
                    key, node.line, f"strategy `{text}` is not available in this version", "write `branch`"
                )
                return None
            close = difflib.get_close_matches(text.lower(), setting.values, 1, 0.6)
            meant = f"did you mean `{close[0]}`?" if close else f"write one of: {', '.join(setting.values)}"
            self.problem(key, node.line, f"`{text}` is not allowed", meant)
            return None
        if setting.pattern and not re.fullmatch(setting.pattern, text):
            self.problem(key, node.line, f"`{text}` does not fit", f"write it like {setting.example}")
            return None
        if setting.pattern and node.plain:
            self.problem(
                key, node.line, f"{text} without quotes is a number to other YAML readers", f'write "{text}"'
            )
        return text


def _example(name: str, setting: Setting) -> str:
    value = setting.example or (setting.values[0] if setting.values else "")
    return f"add `{name}: {value}`" if value else f"add `{name}:`"


def _free(node: Node) -> Any:
    """Return plain values of a part that a pack's own parameters describe."""
    match node:
        case Scalar(text, plain, _):
            if not plain:
                return text
            if text in ("true", "false"):
                return text == "true"
            if text in ("", "null", "~"):
                return None
            return int(text) if re.fullmatch(r"-?(0|[1-9]\d{0,17})", text) else text
        case Items(items, _):
            return [_free(item) for item in items]
        case Entries(entries, _):
            return {name.text: _free(value) for name, value in entries if isinstance(name, Scalar)}


def _configuration(reader: _Reader, values: dict[str, Any]) -> Configuration:
    environments = _environments(reader, values.get("environments") or {})
    checks = values.get("checks") or {}
    return Configuration(
        environments=environments,
        strategy="branch",
        protect=tuple(values.get("protect") or ()),
        policies=_policies(reader, values.get("policies"), environments),
        checks=CheckRules(**{name: value for name, value in checks.items() if value is not None}),
    )


def _environments(reader: _Reader, values: dict[str, dict[str, Any]]) -> tuple[Environment, ...]:
    found: list[Environment] = []
    before: tuple[str, ...] = ()
    for name, value in values.items():
        after = tuple(value["after"]) if "after" in value else before
        found.append(replace(_environment(reader, name, value), after=after))
        before = (name,)
    _judge_order(reader, found)
    _judge_places(reader, found)
    return tuple(found)


def _environment(reader: _Reader, name: str, value: dict[str, Any]) -> Environment:
    approvers = value.get("approvers") or {}
    people = _people(reader, approvers, f"environments.{name}.approvers")
    required = approvers.get("required")
    assign = tuple(login.removeprefix("@") for login in approvers.get("assign") or ())
    if required and people.users and not people.teams and required > len(people.users):
        reader.problem(
            f"environments.{name}.approvers.required",
            None,
            f"{required} approvals are asked for, but only {len(people.users)} people are named",
            "name more people, or ask for fewer",
        )
    return Environment(
        name=name,
        branch=_branch(reader, name, value.get("branch") or ""),
        path=_path(reader, f"environments.{name}.path", value.get("path") or ""),
        promote=value.get("promote") or "auto",
        merge=value.get("merge") or "manual",
        approvers=Approvers(people, (1 if people else 0) if required is None else required, assign),
        promoters=_people(reader, value.get("promoters") or {}, f"environments.{name}.promoters"),
        checks=tuple((value.get("gates") or {}).get("checks") or ()),
    )


def _people(reader: _Reader, value: dict[str, Any], key: str) -> People:
    users = tuple(login.removeprefix("@") for login in value.get("users") or ())
    teams = tuple(team.rpartition("/")[2] for team in value.get("teams") or ())
    for index, login in enumerate(users):
        if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98})?", login):
            reader.problem(f"{key}.users[{index}]", None, f"`{login}` is no GitHub login")
    for index, team in enumerate(teams):
        if not re.fullmatch(r"[a-z0-9_-]{1,255}", team):
            slug = re.sub(r"[^a-z0-9_-]+", "-", team.lower()).strip("-")
            reader.problem(f"{key}.teams[{index}]", None, f"`{team}` is no team slug", f"write `{slug}`")
    return People(users, teams)


def _branch(reader: _Reader, name: str, branch: str) -> str:
    key = f"environments.{name}.branch"
    plain = branch.removeprefix("refs/heads/")
    bad = re.search(r"[\x00-\x20~^:?*\[\\\x7f]|\.\.|@\{|//|/$|^/|^-|\.lock$|\.$", plain)
    if branch and bad:
        reader.problem(key, None, f"`{branch}` cannot be a branch's name", "see `git check-ref-format`")
    if plain.startswith("promote/"):
        reader.problem(key, None, "branches below `promote/` belong to Lockkeeper", "choose another name")
    return plain


def _path(reader: _Reader, key: str, path: str) -> str:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if ".." in parts or path.startswith("/"):
        reader.problem(
            key, None, f"`{path}` leads out of the repository", "write it from the repository's root"
        )
    return "/".join(parts)


def _judge_order(reader: _Reader, environments: Sequence[Environment]) -> None:
    names = [one.name for one in environments]
    for one in environments:
        key = f"environments.{one.name}.after"
        for name in one.after:
            if name == one.name:
                reader.problem(key, None, f"{name} cannot come after itself", "remove it from the list")
            elif name not in names:
                close = difflib.get_close_matches(name, names, 1, 0.6)
                meant = f"did you mean `{close[0]}`?" if close else f"there are: {', '.join(names)}"
                reader.problem(key, None, f"there is no environment `{name}`", meant)
    circle = [name for name in cycle(environments) if name not in _self_loops(environments)]
    if circle:
        reader.problem(
            f"environments.{circle[0]}.after",
            None,
            f"these wait for each other in a circle: {', '.join(circle)}",
            "let one of them start the pipeline with `after: []`",
        )


def _self_loops(environments: Sequence[Environment]) -> set[str]:
    return {one.name for one in environments if one.name in one.after}


def _judge_places(reader: _Reader, environments: Sequence[Environment]) -> None:
    seen: dict[tuple[str, str], str] = {}
    by_name = {one.name: one for one in environments}
    for one in environments:
        if not one.branch:
            continue
        other = seen.setdefault((one.branch, one.path), one.name)
        if other != one.name:
            message = f"deploys from the same branch and path as {other}"
            reader.problem(f"environments.{one.name}", None, message, "give each its own branch or path")
            continue
        for name in one.after:
            source = by_name.get(name)
            if source is not None and source.branch == one.branch and source.name != one.name:
                message = f"has the same branch as {name}, so nothing can be promoted between them"
                suggestion = (
                    "give each its own branch; directories as environments come with another strategy"
                )
                reader.problem(f"environments.{one.name}.branch", None, message, suggestion)


def _policies(
    reader: _Reader, values: list[dict[str, Any]] | None, environments: Sequence[Environment]
) -> tuple[PolicyPack, ...]:
    if values is None:
        return Configuration().policies
    found = []
    names = [one.name for one in environments]
    for index, value in enumerate(values):
        key = f"policies[{index}]"
        builtin, path = value.get("builtin") or "", value.get("path") or ""
        if bool(builtin) == bool(path):
            line = next(
                (number for place, number in reader.lines.items() if place.startswith(f"{key}.")), None
            )
            reader.problem(
                key, line, "name either a `builtin` pack or a `path`", "write `- builtin: security`"
            )
        parameters = value.get("with") or {}
        if not isinstance(parameters, dict):
            reader.problem(f"{key}.with", None, "a map of parameters is expected")
            parameters = {}
        only = tuple(value.get("environments") or ())
        for name in only:
            if name not in names:
                message = f"there is no environment `{name}`"
                reader.problem(f"{key}.environments", None, message, f"there are: {', '.join(names)}")
        found.append(PolicyPack(builtin, _path(reader, f"{key}.path", path), parameters, only))
    return tuple(found)
