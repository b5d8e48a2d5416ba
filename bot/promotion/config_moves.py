"""Can changes move between the environments in the way that is asked for?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from itertools import combinations

from bot.model.environment import Configuration, Environment, Strategy
from bot.model.quoting import quoted
from bot.promotion.config_read import Reader, did_you_mean
from bot.promotion.config_single import join
from bot.promotion.pipeline import in_order, next_after, upstream_of

Problem = tuple[str, str, str]  # the key inside the environment, what is wrong, what to write instead


def judge_moves(reader: Reader, configuration: Configuration) -> None:
    """Note on the reader what does not fit together. The pipeline must have no circles."""
    names = {one.name for one in configuration.environments}
    for target in in_order(configuration.environments):
        _note(reader, target, _unused(configuration, target))
        _note(reader, target, _overriding(target))
        for source in upstream_of(configuration, target):
            if _is_sound(reader, source) and _is_sound(reader, target):
                _move(reader, source, target)
    _tags(reader, configuration)
    for group in dict.fromkeys(one.group for one in configuration.environments if one.group):
        _group(reader, configuration, group, names)


def _is_sound(reader: Reader, one: Environment) -> bool:
    keys = ("path", "branch", "repository", "tag", "values", "strategy", "after")
    return reader.is_sound(*(f"{_key(one)}.{key}" for key in keys)) and bool(one.branch)


def _key(one: Environment) -> str:
    return join("environments", one.name)


def _note(reader: Reader, one: Environment, problems: Iterable[Problem]) -> None:
    for key, message, suggestion in problems:
        place = f"{_key(one)}.{key}" if key else _key(one)
        if all(message != each.message or each.key != place for each in reader.problems):
            reader.problem(place, message, suggestion)


def _move(reader: Reader, source: Environment, target: Environment) -> None:
    """Note what keeps a change from moving from one environment into the next."""
    for one, other in ((source, target), (target, source)):
        _note(reader, one, _ENDS[target.strategy](one, other, one is target))
    if _is_sound(reader, source) and _is_sound(reader, target):
        _note(reader, target, _PAIRS[target.strategy](source, target))


def _ends_of_directory(one: Environment, other: Environment, is_target: bool) -> Iterator[Problem]:
    if not one.path and (one.repository, one.branch) == (other.repository, other.branch):
        into = f"into {quoted(one.name)}" if is_target else f"from {quoted(one.name)} into {quoted(other.name)}"
        message = f"`path` is missing: strategy `directory` moves the changes of one directory {into}"
        yield "", message, f"add `path: environments/{one.name}`"


def _ends_of_values(one: Environment, other: Environment, is_target: bool) -> Iterator[Problem]:
    if not one.values:
        message = "`values` is missing: strategy `values` moves versions from file to file"
        if not is_target:
            message += f", and {quoted(other.name)} takes them from here"
        yield "", message, f"add `values: {{web: apps/web/values-{one.name}.yaml}}`"


def _ends_of_tags(one: Environment, other: Environment, is_target: bool) -> Iterator[Problem]:
    if not one.tag:
        message = "`tag` is missing: strategy `tag` sets a tag for each version"
        if not is_target:
            message += f", and {quoted(other.name)} takes the versions from here"
        yield "", message, f'add `tag: "v*-{one.name}"`'


def _no_ends(_: Environment, __: Environment, ___: bool) -> Iterator[Problem]:
    return iter(())


def _pair_of_branches(source: Environment, target: Environment) -> Iterator[Problem]:
    if source.repository != target.repository:
        yield _apart("branch", source)


def _pair_of_directories(source: Environment, target: Environment) -> Iterator[Problem]:
    if source.repository != target.repository:
        yield _apart("directory", source)
    elif source.branch == target.branch and source.path != target.path and _nested(source.path, target.path):
        paths = f"{quoted(target.path or '.', 90)} and {quoted(source.path or '.', 90)} of {quoted(source.name)}"
        yield "path", f"{paths} lie within each other", "give each a directory of its own"


def _pair_of_repositories(source: Environment, target: Environment) -> Iterator[Problem]:
    if source.repository == target.repository:
        message = f"strategy `repository` leads into another repository, and {quoted(source.name)} lies in the same one"
        how = "name another by `repository: owner/name`, or write `strategy: directory`"
        yield "", message, how


def _pair_of_values(source: Environment, target: Environment) -> Iterator[Problem]:
    there = [one.application for one in source.values]
    for one in target.values:
        if one.application not in there:
            message = f"{quoted(source.name)} has no file for {quoted(one.application)}, so nothing would move"
            yield f"values.{one.application}", message, did_you_mean(one.application, there)
    if (source.repository, source.branch) != (target.repository, target.branch):
        return
    for one, other in ((one, other) for one in target.values for other in source.values if one.file == other.file):
        apart = one.keys and other.keys and not set(one.keys) & set(other.keys)
        if one.application == other.application and not apart:
            message = f"{quoted(one.file, 90)} is the file of {quoted(source.name)} as well"
            yield f"values.{one.application}", message, "name the target's own file"


def _pair_of_tags(source: Environment, target: Environment) -> Iterator[Problem]:
    if source.repository != target.repository:
        message = f"tags are set within one repository, and {quoted(source.name)} lies in {_repository(source)}"
        yield "repository", message, "keep both in one repository, or write another `strategy`"


_ENDS: Mapping[Strategy, Callable[[Environment, Environment, bool], Iterator[Problem]]] = {
    "branch": _no_ends,
    "directory": _ends_of_directory,
    "repository": _no_ends,
    "values": _ends_of_values,
    "tag": _ends_of_tags,
}
_PAIRS: Mapping[Strategy, Callable[[Environment, Environment], Iterator[Problem]]] = {
    "branch": _pair_of_branches,
    "directory": _pair_of_directories,
    "repository": _pair_of_repositories,
    "values": _pair_of_values,
    "tag": _pair_of_tags,
}


def _apart(strategy: Strategy, source: Environment) -> Problem:
    message = (
        f"strategy `{strategy}` stays within one repository, and {quoted(source.name)} lies in {_repository(source)}"
    )
    return "strategy", message, "write `strategy: repository`"


def _repository(one: Environment) -> str:
    return quoted(one.repository, 90) if one.repository else "the one with this file"


def _nested(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/") or not one or not other


def _unused(configuration: Configuration, one: Environment) -> Iterator[Problem]:
    """Yield what is written of an environment and nothing would look at."""
    strategies = {each.strategy for each in (one, *next_after(configuration, one))}
    if one.tag and "tag" not in strategies:
        yield "tag", f"strategy {quoted(one.strategy)} sets no tags", "write `strategy: tag`, or remove it"
    if one.values and "values" not in strategies:
        yield "values", f"strategy {quoted(one.strategy)} moves all there is", "write `strategy: values`, or remove it"
    if one.batch == "each" and one.strategy != "values":
        yield "batch", "only strategy `values` knows applications apart", "write `strategy: values`, or remove it"
    if one.strategy == "tag" and one.method:
        yield "method", "a tag is set without a merge", "remove it"
    if one.strategy == "tag" and one.group:
        yield "group", "tags are set one by one, without a pull request to share", "remove it"


def _overriding(one: Environment) -> Iterator[Problem]:
    if one.gates.overridable and not one.overriders:
        yield "gates.override", "nobody is named who may override", "name `users` or `teams`"


def _tags(reader: Reader, configuration: Configuration) -> None:
    """Two environments must not take one tag for theirs. Where a longer pattern fits, the shorter does not count."""
    for one, other in combinations([each for each in configuration.environments if each.tag], 2):
        if one.repository == other.repository and len(one.tag) == len(other.tag) and _overlap(one.tag, other.tag):
            message = f"{quoted(other.tag)} fits tags that {quoted(one.tag)} of {quoted(one.name)} fits as well"
            if one.tag == other.tag:
                message = f"{quoted(other.tag)} is the pattern of {quoted(one.name)} as well"
            how = f'give each its own ending, such as "v*-{other.name}"'
            _note(reader, other, [("tag", message, how)])


def _overlap(one: str, other: str) -> bool:
    (before, _, after), (start, _, end) = one.partition("*"), other.partition("*")
    return (before.startswith(start) or start.startswith(before)) and (after.endswith(end) or end.endswith(after))


def _group(reader: Reader, configuration: Configuration, group: str, names: Set[str]) -> None:
    """Note in what the members of a group differ that one pull request cannot."""
    first, *others = (one for one in configuration.environments if one.group == group)
    if group in names:
        message = f"{quoted(group)} is the name of an environment as well, so nobody could tell which is meant"
        _note(reader, first, [("group", message, "give the group a name of its own")])
    for other in others:
        for key, mine, its in (
            ("after", ", ".join(sorted(other.after)), ", ".join(sorted(first.after))),
            ("strategy", other.strategy, first.strategy),
            ("repository", other.repository, first.repository),
            ("branch", other.branch, first.branch),
            ("method", other.method or "", first.method or ""),
        ):
            if mine != its and "tag" not in (first.strategy, other.strategy):
                told = [f"{key} {quoted(text)}" if text else f"no {key}" for text in (mine, its)]
                message = f"group {quoted(group)} is promoted by one pull request, but {quoted(other.name)} has "
                message += f"{told[0]} and {quoted(first.name)} {told[1]}"
                _note(reader, other, [("group", message, "give both the same, or another group")])
                break
