"""What does `.github/lockkeeper.yaml` say, and what is wrong with it?

Parsing is strict: unknown keys, wrong types and contradictions are problems, all of them reported together, each
with its dotted key, its line and what to write instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.model.environment import (
    Approvers,
    CheckRules,
    ConfigProblem,
    Configuration,
    Environment,
    Method,
    People,
    Strategy,
    Worth,
)
from bot.promotion.config_gates import freeze_rules, gate_rules
from bot.promotion.config_judge import judge
from bot.promotion.config_keys import FILE
from bot.promotion.config_policies import policy_packs
from bot.promotion.config_read import Reader, Table, join
from bot.promotion.config_rendering import application_rules, render_rules
from bot.promotion.config_scalars import Value
from bot.promotion.config_values import value_files
from bot.promotion.config_yaml import read

PATH = ".github/lockkeeper.yaml"
MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Problems:
    """Why the file cannot be used: at least one problem, in the order of the lines."""

    problems: tuple[ConfigProblem, ...]

    def __iter__(self) -> Iterator[ConfigProblem]:
        return iter(self.problems)

    def __len__(self) -> int:
        return len(self.problems)


def defaults() -> Configuration:
    """Return what holds in a repository without the file: checks of what is found, no promotions."""
    return Configuration(found=False)


def parse(text: bytes | None, *, organisation: str = "") -> Configuration | Problems:
    """Parse the file's bytes (None: there is no file); never raises for bad content.

    `organisation` is the owner of the repository. With it, teams of other organisations are refused and
    `owner/team` becomes the slug alone; without it, they stay as written.
    """
    if text is None:
        return defaults()
    node = read(text)
    if isinstance(node, ConfigProblem):
        return Problems((node,))
    reader = Reader()
    table = reader.table(node, FILE, "")
    if table is not None and not {"environments", "pipeline"} & {*reader.lines}:
        reader.problem("", "`environments` is missing", "add `environments:` with what belongs to it")
    configuration = _configuration(reader, table or {}, organisation)
    judge(reader, configuration, organisation)
    if not reader.problems:
        return configuration
    problems = sorted(dict.fromkeys(reader.problems), key=lambda one: one.line or 0)
    more = len(problems) - MOST_PROBLEMS
    if more > 0:
        rest = ConfigProblem("", None, f"{more} more problems are not listed", "mend these first")
        problems = [*problems[:MOST_PROBLEMS], rest]
    return Problems(tuple(problems))


def explain(problem: ConfigProblem) -> str:
    """Return one problem as one line of plain text: `file:line: key: message; suggestion`."""
    parts = (PATH, str(problem.line) if problem.line else "")
    words = ": ".join(part for part in (":".join(filter(None, parts)), problem.key, problem.message) if part)
    return f"{words}; {problem.suggestion}" if problem.suggestion else words


def _configuration(reader: Reader, table: Table, organisation: str) -> Configuration:
    environments = _environments(reader, table, organisation)
    policies = policy_packs(reader, table["policies"]) if "policies" in table else Configuration().policies
    checks = _table(table.get("checks"))
    return Configuration(
        environments=environments,
        strategy=_strategy(table.get("strategy")),
        pipeline=_text(table.get("pipeline")),
        protect=_texts(table.get("protect")),
        freezes=freeze_rules(reader, table.get("freeze")),
        policies=policies,
        checks=CheckRules(
            kubernetes=_text(checks.get("kubernetes")) or CheckRules().kubernetes,
            unknown_kinds=_worth(checks.get("unknown_kinds")),
            unrendered=_worth(checks.get("unrendered")),
            crds=tuple("" if one == "." else one.rstrip("/") for one in _texts(checks.get("crds"))),
        ),
        render=render_rules(reader, _table(table.get("render"))),
    )


def _environments(reader: Reader, file: Table, organisation: str) -> tuple[Environment, ...]:
    """Build the environments; one without `after` follows the one written above it."""
    found: list[Environment] = []
    for name, value in _table(file.get("environments")).items():
        given = _table(value)
        above = tuple(one.name for one in found[-1:])
        after = _texts(given["after"]) if "after" in given else above
        rules = application_rules(reader, given.get("applications"), f"environments.{name}.applications")
        strategy = _strategy(given.get("strategy") or file.get("strategy"))
        values = value_files(reader, given.get("values"), f"environments.{name}.values")
        one = replace(
            _environment(name, given, after, organisation), applications=rules, strategy=strategy, values=values
        )
        gates = _table(given.get("gates"))
        one = replace(one, gates=gate_rules(reader, gates, join(join("environments", name), "gates")))
        one = replace(one, overriders=_people(_table(gates.get("override")), organisation))
        if not one.branch and strategy != "branch":
            one = replace(one, branch=next((each.branch for each in found if each.name in after), ""))
        place = join("environments", name)
        named = any(each.key in (place, f"{place}.branch") for each in reader.problems)
        if not one.branch and not named:
            reader.problem(place, "`branch` is missing", "add `branch: staging`")
        found.append(one)
    return tuple(found)


def _environment(name: str, table: Table, after: tuple[str, ...], organisation: str) -> Environment:
    approvers = _table(table.get("approvers"))
    people = _people(approvers, organisation)
    required = approvers.get("required")
    return Environment(
        name=name,
        branch=_text(table.get("branch")),
        path=_path(table.get("path")),
        after=after,
        promote="manual" if table.get("promote") == "manual" else "auto",
        merge="auto" if table.get("merge") == "auto" else "manual",
        approvers=Approvers(
            people,
            required if isinstance(required, int) else int(bool(people)),
            _texts(approvers.get("assign")),
        ),
        promoters=_people(_table(table.get("promoters")), organisation),
        kubernetes=_text(table.get("kubernetes")),
        repository=_text(table.get("repository")),
        tag=_text(table.get("tag")),
        batch="each" if table.get("batch") == "each" else "together",
        method=_method(table.get("method")),
        group=_text(table.get("group")),
        on_drift="block" if table.get("on_drift") == "block" else "keep",
    )


def _people(table: Table, organisation: str) -> People:
    own = f"{organisation.lower()}/"
    teams = (team[len(own) :] if team.lower().startswith(own) else team for team in _texts(table.get("teams")))
    return People(_texts(table.get("users")), tuple(dict.fromkeys(teams)))


def _table(value: Value) -> Table:
    return value if isinstance(value, dict) else {}


def _texts(value: Value) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _path(value: Value) -> str:
    text = _text(value)
    return "" if text == "." else text.rstrip("/")


def _strategy(value: Value) -> Strategy:
    match value:
        case "directory" | "repository" | "values" | "tag":
            return value
        case _:
            return "branch"


def _method(value: Value) -> Method | None:
    match value:
        case "merge" | "squash" | "rebase":
            return value
        case _:
            return None


def _worth(value: Value) -> Worth:
    match value:
        case "ignore" | "fail":
            return value
        case _:
            return "warn"
