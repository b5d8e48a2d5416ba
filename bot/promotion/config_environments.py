"""Which environments does the configuration name, and what holds where it says nothing?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.model.environment import Approvers, Environment, Method, People, Strategy
from bot.promotion.config_forms import BRANCH
from bot.promotion.config_gates import gate_rules
from bot.promotion.config_read import Reader, Table
from bot.promotion.config_rendering import application_rules
from bot.promotion.config_scalars import Value
from bot.promotion.config_shapes import table, text, texts
from bot.promotion.config_single import join
from bot.promotion.config_values import value_files
from bot.promotion.pipeline import in_order


def read_environments(reader: Reader, file: Table, organisation: str) -> tuple[Environment, ...]:
    """Build the environments of the whole file's table; one without `after` follows the one written above it."""
    given = {name: table(value) for name, value in table(file.get("environments")).items()}
    found: list[Environment] = []
    for name, own in given.items():
        after = texts(own["after"]) if "after" in own else _above(found, text(own.get("group")))
        strategy = strategy_of(own.get("strategy") or file.get("strategy"))
        one = replace(_environment(name, own, organisation), after=after, strategy=strategy)
        found.append(_with_parts(reader, one, own, organisation))
    whole = _completed(found, given)
    for one in found:
        key = join("environments", one.name)
        told = any(each.key in (key, f"{key}.branch") for each in reader.problems)
        if not whole[one.name].branch and not told:
            reader.problem(key, "`branch` is missing", f"add `branch: {_example(one, found)}`")
    return tuple(whole[one.name] for one in found)


def _above(found: Sequence[Environment], group: str) -> tuple[str, ...]:
    """Return what an environment comes after that does not say it: the one above, or what comes before its group."""
    if not found:
        return ()
    return found[-1].after if group and found[-1].group == group else (found[-1].name,)


def _environment(name: str, own: Table, organisation: str) -> Environment:
    """Return what stands in the environment's own table, as far as it is single values and people."""
    approvers = table(own.get("approvers"))
    people = people_of(approvers, organisation)
    codeowners, ask, required = (approvers.get(one) for one in ("codeowners", "ask", "required"))
    return Environment(
        name=name,
        branch=text(own.get("branch")),
        path=_path(own.get("path")),
        promote="manual" if own.get("promote") == "manual" else "auto",
        merge="auto" if own.get("merge") == "auto" else "manual",
        approvers=Approvers(
            people,
            required if isinstance(required, int) else int(bool(people) or codeowners is True),
            texts(approvers.get("assign")),
            codeowners=codeowners is True,
            ask=ask if isinstance(ask, int) else 0,
        ),
        promoters=people_of(table(own.get("promoters")), organisation),
        kubernetes=text(own.get("kubernetes")),
        repository=text(own.get("repository")),
        tag=text(own.get("tag")),
        batch="each" if own.get("batch") == "each" else "together",
        method=_method(own.get("method")),
        group=text(own.get("group")),
        on_drift="block" if own.get("on_drift") == "block" else "keep",
    )


def _with_parts(reader: Reader, one: Environment, own: Table, organisation: str) -> Environment:
    """Return the environment with what is read in rooms of its own."""
    key, gates = join("environments", one.name), table(own.get("gates"))
    return replace(
        one,
        applications=application_rules(reader, own.get("applications"), f"{key}.applications"),
        values=value_files(reader, own.get("values"), f"{key}.values"),
        gates=gate_rules(reader, gates, f"{key}.gates"),
        overriders=people_of(table(gates.get("override")), organisation),
    )


def _completed(environments: Sequence[Environment], given: Mapping[str, Table]) -> dict[str, Environment]:
    """Return the environments by name, with the branches and paths that follow from those before them."""
    whole: dict[str, Environment] = {}
    for one in in_order(environments):
        source = next((whole[name] for name in one.after if name in whole), None)
        whole[one.name] = one
        if source is not None and one.strategy != "branch":
            path = one.path
            if one.strategy == "directory" and "path" not in given[one.name]:
                path = _beside(source, one.name)
            whole[one.name] = replace(one, branch=one.branch or source.branch, path=path)
    return whole


def _beside(source: Environment, name: str) -> str:
    """Return the source's path with another name in place of its own, '' where it is not named in it."""
    parts = source.path.split("/")
    return "/".join(name if part == source.name else part for part in parts) if source.name in parts else ""


def _example(one: Environment, environments: Sequence[Environment]) -> str:
    """Return a branch that could have been meant."""
    first = one is environments[0] or one.strategy != "branch"
    return one.name if BRANCH.fits(one.name) and not first else "main"


def strategy_of(value: Value) -> Strategy:
    """Return the strategy of that name, `branch` where there is none."""
    match value:
        case "directory" | "repository" | "values" | "tag":
            return value
        case _:
            return "branch"


def people_of(given: Table, organisation: str) -> People:
    """Return the users and teams of a table; teams of the repository's own organisation by their slugs alone."""
    own = f"{organisation.lower()}/"
    teams = (team[len(own) :] if team.lower().startswith(own) else team for team in texts(given.get("teams")))
    return People(texts(given.get("users")), tuple(dict.fromkeys(teams)))


def _path(value: Value) -> str:
    found = text(value)
    return "" if found == "." else found.rstrip("/")


def _method(value: Value) -> Method | None:
    match value:
        case "merge" | "squash" | "rebase":
            return value
        case _:
            return None
