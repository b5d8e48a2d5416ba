"""What in a sound configuration was probably not meant, or asks for something elsewhere?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bot.model.environment import ConfigProblem, Configuration, Environment
from bot.model.gates import NO_GATES
from bot.model.quoting import quoted
from bot.promotion.config import PATH
from bot.promotion.config_single import join
from bot.promotion.pipeline import first


def remarks(configuration: Configuration, today: date, repository: str = "") -> tuple[ConfigProblem, ...]:
    """Return remarks on a configuration without mistakes; they change nothing.

    `repository` is the one that it lies in, "owner/name", '' where that is not known.
    """
    return (
        *_agreement(configuration, repository),
        *_starts(configuration),
        *(one for environment in configuration.environments for one in _unattended(environment)),
        *_groups(configuration),
        *_without_effect(configuration),
        *_past(configuration, today),
    )


def _key(one: Environment, part: str = "") -> str:
    key = join("environments", one.name)
    return f"{key}.{part}" if part else key


def _agreement(configuration: Configuration, repository: str) -> Iterator[ConfigProblem]:
    told = set()
    for one in configuration.environments:
        if one.repository and one.repository.lower() not in told:
            told.add(one.repository.lower())
            message = f"nothing moves before {quoted(one.repository, 90)} agrees, and the App is installed on it"
            how = f"write `version: 1` and `pipeline: {repository or 'owner/name'}` into {PATH} there"
            yield ConfigProblem(_key(one, "repository"), None, message, how)
    if configuration.pipeline and configuration.environments:
        message = f"once {quoted(configuration.pipeline, 90)} promotes into this repository, its rules hold here"
        yield ConfigProblem("pipeline", None, message, "keep `environments` there, or remove `pipeline`")


def _starts(configuration: Configuration) -> Iterator[ConfigProblem]:
    """Yield what is said of promotions into environments that there are none into."""
    for one in first(configuration):
        written = {
            "promote": one.promote == "manual",
            "merge": one.merge == "auto",
            "method": one.method is not None,
            "approvers": bool(one.approvers.people or one.approvers.codeowners or one.approvers.assign),
            "promoters": bool(one.promoters),
            "gates": one.gates != NO_GATES,
            "on_drift": one.on_drift == "block",
            "group": bool(one.group),
        }
        for key in (name for name, given in written.items() if given):
            message = f"nothing is promoted into {quoted(one.name)}, where a pipeline starts, so this has no effect"
            yield ConfigProblem(_key(one, key), None, message, "set it for the environment that it is meant for")


def _unattended(one: Environment) -> Iterator[ConfigProblem]:
    if one.after and one.merge == "auto" and not one.approvers.required and one.gates == NO_GATES:
        message = f"changes go into {quoted(one.name)} without anybody's doing, as soon as nothing blocks them"
        yield ConfigProblem(_key(one, "merge"), None, message, "where that is not meant, add `approvers` or `gates`")


def _groups(configuration: Configuration) -> Iterator[ConfigProblem]:
    names = [one.group for one in configuration.environments if one.group]
    for one in configuration.environments:
        if one.after and names.count(one.group) == 1:
            message = f"{quoted(one.name)} is alone in group {quoted(one.group)}"
            yield ConfigProblem(_key(one, "group"), None, message, "name the same group in other environments")


def _without_effect(configuration: Configuration) -> Iterator[ConfigProblem]:
    strategies = {one.strategy for one in configuration.environments if one.after}
    if configuration.protect and strategies and strategies <= {"values", "tag"}:
        message = "strategies `values` and `tag` move no files, so there is nothing to protect"
        yield ConfigProblem("protect", None, message, "remove it")


def _past(configuration: Configuration, today: date) -> Iterator[ConfigProblem]:
    for number, rule in enumerate(configuration.freezes):
        if rule.end < today:
            yield ConfigProblem(f"freeze[{number}]", None, f"this ended on {rule.end}", "remove it")
    for pack in configuration.policies:
        for waiver in pack.adjustments.waivers:
            if waiver.until < today:
                message = f"this exception ended on {waiver.until}: what it excepted counts again"
                yield ConfigProblem(waiver.key, None, message, "mend what it excepted, and remove it")
