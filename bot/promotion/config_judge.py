"""Do the parts of the configuration, each well formed by itself, make sense together?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.environment import Configuration, Environment
from bot.model.quoting import quoted
from bot.promotion.config_keys import MOST_ENVIRONMENTS
from bot.promotion.config_moves import judge_moves
from bot.promotion.config_read import Reader, did_you_mean
from bot.promotion.config_single import join
from bot.promotion.pipeline import circles, downstream, environment_names, pairs
from bot.promotion.rbac_text import read_policy


def judge(reader: Reader, configuration: Configuration, organisation: str) -> None:
    """Note every contradiction on the reader; `organisation` owns the repository ('' when unknown)."""
    environments = configuration.environments
    if len(environments) > MOST_ENVIRONMENTS:
        message = f"{len(environments)} environments are more than the {MOST_ENVIRONMENTS} allowed"
        reader.problem("environments", message, "split the repository")
        return
    known = {one.name for one in environments}
    for one in environments:
        _order(reader, one, known)
        _approvers(reader, one)
        _teams(reader, one, organisation)
    found = circles(environments)
    for circle in found:
        names = [quoted(name) for name in (*circle, circle[0])]
        message = f"these wait for each other: {' after '.join(names)}"
        if len(circle) == 1:
            message = f"{names[0]} cannot come after itself"
        suggestion = "start the pipeline with `after: []` in one of them" if len(circle) > 1 else "remove it"
        reader.problem(_key(circle[0], "after"), message, suggestion)
    if not found:
        judge_moves(reader, configuration)
    _places(reader, environments)
    if not found:
        _branches(reader, configuration)
        _names(reader, configuration)
    _roles(reader, configuration, organisation)
    for index, pack in enumerate(configuration.policies):
        for name in pack.environments:
            if name not in known:
                message = f"there is no environment `{name}`"
                reader.problem(f"policies[{index}].environments", message, did_you_mean(name, sorted(known)))


def _key(name: str, *parts: str) -> str:
    return ".".join((join("environments", name), *parts))


def _order(reader: Reader, environment: Environment, known: set[str]) -> None:
    for name in environment.after:
        if name not in known:
            key = _key(environment.name, "after")
            others = sorted(known - {environment.name})
            reader.problem(key, f"there is no environment `{name}`", did_you_mean(name, others))


def _approvers(reader: Reader, environment: Environment) -> None:
    approvers = environment.approvers
    key = _key(environment.name, "approvers")
    users, more = len(approvers.people.users), bool(approvers.people.teams or approvers.codeowners)
    asked = "1 approval is required" if approvers.required == 1 else f"{approvers.required} approvals are required"
    if not reader.is_sound(key):
        return
    if approvers.required and not users and not more:
        message = f"{asked}, but nobody is named to give them"
        reader.problem(f"{key}.required", message, "name `users` or `teams`")
    elif approvers.required > users and not more:
        message = f"{asked}, but only {users} can be given"
        reader.problem(f"{key}.required", message, f"name more people, or require {users}")
    elif approvers.ask and not users and not more:
        reader.problem(f"{key}.ask", "nobody is named who could be asked", "name `users` or `teams`")
    elif 0 < approvers.ask < approvers.required:
        message = f"{asked}, but only {approvers.ask} of the people are asked"
        reader.problem(f"{key}.ask", message, f"ask {approvers.required} or more")


def _teams(reader: Reader, environment: Environment, organisation: str) -> None:
    if not organisation:
        return
    for part, people in (
        ("approvers", environment.approvers.people),
        ("promoters", environment.promoters),
        ("gates.override", environment.overriders),
    ):
        for team in people.teams:
            owner, slash, _ = team.rpartition("/")
            if slash and owner.lower() != organisation.lower():
                message = f"the team `{team}` belongs to another organisation than the repository"
                suggestion = f"name a team of {organisation}: GitHub gives no others access"
                reader.problem(_key(environment.name, part, "teams"), message, suggestion)


def _places(reader: Reader, environments: Sequence[Environment]) -> None:
    seen: dict[tuple[object, ...], str] = {}
    for one in environments:
        sound = reader.is_sound(*(_key(one.name, part) for part in ("path", "tag", "values")))
        if not one.branch or not sound or any(each.key == _key(one.name) for each in reader.problems):
            continue
        other = seen.setdefault((one.repository, one.branch, one.path, one.tag, one.values), one.name)
        if other != one.name:
            where = f"`{one.path}` of branch `{one.branch}`" if one.path else f"the whole of branch `{one.branch}`"
            where += f" of {quoted(one.repository, 90)}" if one.repository else ""
            message = f"{quoted(one.name)} and {quoted(other)} are the same place: {where}"
            reader.problem(_key(one.name), message, "give each its own branch or path")


def _roles(reader: Reader, configuration: Configuration, organisation: str) -> None:
    if not configuration.rbac:
        return
    names = environment_names(configuration)
    found = read_policy(configuration.rbac, organisation=organisation, environments=names)
    for one in found if isinstance(found, tuple) else ():
        line = reader.begins.get("rbac", 1) + one.line - 1
        reader.problem("rbac", one.message, one.suggestion, line)


def _branches(reader: Reader, configuration: Configuration) -> None:
    """A branch cannot be promoted into itself, neither at once nor by way of others."""
    for source in configuration.environments:
        for target in downstream(configuration, [source]):
            same_place = target.path == source.path  # told by _places
            if target.strategy != "branch" or target.repository != source.repository:
                continue
            if source.branch and source.branch == target.branch and not same_place:
                message = f"it comes after {quoted(source.name)}, but both are on branch {quoted(source.branch)}"
                suggestion = "give each its own branch: strategy `branch` promotes from branch to branch"
                reader.problem(_key(target.name, "branch"), message, suggestion)


def _names(reader: Reader, configuration: Configuration) -> None:
    """Two hops must not share a promotion branch: `b-to-c` after `a` and `c` after `a-to-b` would."""
    seen: dict[str, str] = {}
    for hop in pairs(configuration):
        other = seen.setdefault(hop.branch, hop.name)
        if other != hop.name:
            message = f"the promotions {quoted(other, 90)} and {quoted(hop.name, 90)} would share one branch"
            reader.problem(_key(hop.target.name), message, "choose names without `-to-`")
