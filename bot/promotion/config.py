"""What does `.github/lockkeeper.yaml` say, and what is wrong with it?

Parsing is strict: unknown keys, wrong types and contradictions are problems, all of them reported together, each
with its dotted key, its line and what to write instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.model.environment import CheckRules, ConfigProblem, Configuration, Worth
from bot.promotion.config_environments import read_environments, strategy_of
from bot.promotion.config_gates import freeze_rules
from bot.promotion.config_judge import judge
from bot.promotion.config_keys import FILE
from bot.promotion.config_policies import policy_packs
from bot.promotion.config_read import Reader, Table
from bot.promotion.config_rendering import render_rules
from bot.promotion.config_scalars import Value
from bot.promotion.config_shapes import table, text, texts
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


@lru_cache(maxsize=256)  # each look at a repository reads the same text
def parse(data: bytes | None, *, organisation: str = "") -> Configuration | Problems:
    """Parse the file's bytes (None: there is no file); never raises for bad content.

    `organisation` is the owner of the repository. With it, teams of other organisations are refused and
    `owner/team` becomes the slug alone; without it, they stay as written.
    """
    if data is None:
        return defaults()
    node = read(data)
    if isinstance(node, ConfigProblem):
        return Problems((node,))
    reader = Reader()
    file = reader.table(node, FILE, "")
    if file is not None and not {"environments", "pipeline"} & {*reader.lines}:
        reader.problem("", "`environments` is missing", "add `environments:` with what belongs to it")
    if file is not None and file.get("environments") == {}:
        reader.problem("environments", "the pipeline is empty", "name at least one environment, with its `branch`")
    configuration = _configuration(reader, file or {}, organisation)
    judge(reader, configuration, organisation)
    if not reader.problems:
        return configuration
    problems = sorted(dict.fromkeys(reader.problems), key=lambda one: one.line or 0)
    more = len(problems) - MOST_PROBLEMS
    if more > 0:
        rest = ConfigProblem("", None, f"{more} more problems are not listed", "mend these first")
        problems = [*problems[:MOST_PROBLEMS], rest]
    return Problems(tuple(problems))


def key_lines(data: bytes) -> Mapping[str, int]:
    """Return on which line each key of the file stands, by its dotted path; nothing where it cannot be read."""
    node = read(data)
    reader = Reader()
    if not isinstance(node, ConfigProblem):
        reader.table(node, FILE, "")
    return reader.lines


def explain(problem: ConfigProblem) -> str:
    """Return one problem as one line of plain text: `file:line: key: message; suggestion`."""
    parts = (PATH, str(problem.line) if problem.line else "")
    words = ": ".join(part for part in (":".join(filter(None, parts)), problem.key, problem.message) if part)
    return f"{words}; {problem.suggestion}" if problem.suggestion else words


def _configuration(reader: Reader, file: Table, organisation: str) -> Configuration:
    environments = read_environments(reader, file, organisation)
    policies = policy_packs(reader, file["policies"]) if "policies" in file else Configuration().policies
    checks = table(file.get("checks"))
    return Configuration(
        environments=environments,
        strategy=strategy_of(file.get("strategy")),
        pipeline=text(file.get("pipeline")),
        protect=texts(file.get("protect")),
        freezes=freeze_rules(reader, file.get("freeze"), {one.name for one in environments}),
        rbac=text(file.get("rbac")),
        policies=policies,
        checks=CheckRules(
            kubernetes=text(checks.get("kubernetes")) or CheckRules().kubernetes,
            unknown_kinds=_worth(checks.get("unknown_kinds")),
            unrendered=_worth(checks.get("unrendered")),
            crds=tuple("" if one == "." else one.rstrip("/") for one in texts(checks.get("crds"))),
        ),
        render=render_rules(reader, table(file.get("render"))),
    )


def _worth(value: Value) -> Worth:
    match value:
        case "ignore" | "fail":
            return value
        case _:
            return "warn"
