"""How does the Rego of a ConstraintTemplate become a program that the engine can run?

Sources: https://open-policy-agent.github.io/gatekeeper/website/docs/constrainttemplates/ and
`constraint/pkg/client/drivers/rego` of open-policy-agent/frameworks: a template has one package of any name with a
rule `violation`, its libraries lie below `lib`, and of `data` it reads `data.lib` and `data.inventory` only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.policy.cel.problem import ElsewhereError
from bot.policy.gatekeeper.forgiving import forgiving
from bot.policy.gatekeeper.opa import as_opa_reads
from bot.policy.gatekeeper.rego import Program
from bot.policy.gatekeeper.words import (
    NOW,
    Word,
    at_time,
    calls,
    completed,
    elsewhere,
    mentions,
    package_of,
    reads,
    words_of,
)
from bot.policy.kyverno.shape import ShapeError

LONGEST = 200_000  # characters of all modules of a template
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMESPACE = ("namespaceObject", "_unstable")


def compile_program(rego: str, libs: Sequence[str], key: str, *, v1: bool = False) -> Program:
    """Make a program of a template's code, which is at the dotted place `key`.

    Raises `ShapeError` for what Gatekeeper would refuse, as far as it can be seen without the engine, and
    `ElsewhereError` for what only a cluster can answer.
    """
    if len(rego) + sum(map(len, libs)) > LONGEST:
        raise ShapeError(key, f"the code is longer than {LONGEST} characters")
    modules = [(f"{key}.rego", rego), *((f"{key}.libs[{at}]", lib) for at, lib in enumerate(libs))]
    words = [words_of(text) for _, text in modules]
    packages = [_package(name, one) for (name, _), one in zip(modules, words, strict=True)]
    for (name, text), one in zip(modules, words, strict=True):
        _only_its_own(name, text, one)
        if why := elsewhere(one, has_time=True):
            raise ElsewhereError(why)
    if not any(word.text == "violation" for word in words[0]):
        raise ShapeError(f"{key}.rego", "the code has no rule `violation`")
    for (name, _), package in zip(modules[1:], packages[1:], strict=True):
        if package.partition(".")[0] != "lib":
            raise ShapeError(name, f"the package of a library begins with `lib.`, not `{package}`")
    read = tuple((name, as_opa_reads(text if v1 else completed(text))) for name, text in modules)
    return Program(
        packages[0],
        read,
        v1,
        tuple((name, forgiving(text, v1=v1)) for name, text in read),
        any(path[:1] == ("inventory",) for path in _data(modules, words)),
        any(_asks_user(one) for one in words),
        any(mentions(one, *_NAMESPACE) for one in words),
    )


def asks_time(program: Program) -> bool:
    """Say whether a program asks what time it is."""
    return any(word.text == NOW for _, text in program.modules for word in calls(words_of(text)))


def told_time(program: Program, now: datetime) -> Program:
    """Return the program as it reads at a time."""
    since = now - _EPOCH
    nanoseconds = (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
    modules, forgiven = (
        tuple((name, at_time(text, nanoseconds)) for name, text in some)
        for some in (program.modules, program.forgiving)
    )
    return replace(program, modules=modules, forgiving=forgiven)


def _package(name: str, words: Sequence[Word]) -> str:
    package = package_of(words)
    if not package:
        raise ShapeError(name, "the code does not begin with a package")
    return package


def _only_its_own(name: str, text: str, words: Sequence[Word]) -> None:
    for path in reads(text, words, "data"):
        if path and path[0] not in ("inventory", "lib"):
            raise ShapeError(name, f"`data.{path[0]}` is not there for a template, only data.inventory and data.lib")


def _data(modules: Sequence[tuple[str, str]], words: Sequence[Sequence[Word]]) -> Iterator[tuple[str, ...]]:
    for (_, text), one in zip(modules, words, strict=True):
        yield from reads(text, one, "data")


def _asks_user(words: Sequence[Word]) -> bool:
    return mentions(words, "userInfo") or any(
        word.kind == "name" and word.text.startswith("input.review.user") for word in words
    )
