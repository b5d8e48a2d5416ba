"""How do tests come by the referee, and how does a complaint fail the run?

One referee sits in each test process and watches every sandbox there. What it complains of fails the test
during which it happened; what comes after the last test fails the run.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Generator
from pathlib import Path
from typing import Any, cast

import pytest
from graphql import GraphQLSchema

from tests.referee import fetch
from tests.referee.allowed import ALLOWANCES
from tests.referee.complaint import Delivered, Exchange
from tests.referee.graphql import PATH, judged, load
from tests.referee.openapi import Referee


def need(pin: fetch.Pin) -> Path:
    """The pinned file. Without npm or pip the test that asks is skipped; under `CI` it fails."""
    try:
        return fetch.fetch(pin)
    except fetch.UnavailableError as error:
        if os.environ.get("CI"):
            pytest.fail(f"in CI the referee must sit: {error}", pytrace=False)
        pytest.skip(f"the referee's material is missing: {error}")


@functools.cache
def seated() -> Referee | str:
    """The one referee of this process, or why it could not sit."""
    try:
        return Referee.load(fetch.fetch(fetch.OPENAPI), ALLOWANCES)
    except fetch.UnavailableError as error:
        return str(error)


@functools.cache
def graph() -> GraphQLSchema | None:
    """GitHub's GraphQL schema, read when the first GraphQL call is seen; None where it cannot be had."""
    try:
        return load(fetch.fetch(fetch.GRAPHQL))
    except fetch.UnavailableError:
        return None


@pytest.fixture(scope="session")
def referee() -> Referee:
    """The referee that watches every sandbox of this process."""
    need(fetch.OPENAPI)
    sitting = seated()
    assert isinstance(sitting, Referee), sitting
    return sitting


def watch(seen: Exchange | Delivered) -> None:
    """The observer for sandboxes: judges when the referee can sit, lets pass otherwise."""
    sitting = seated()
    if isinstance(sitting, Referee):
        sitting.observe(seen)
    if getattr(seen, "path", "") == PATH and isinstance(sitting, Referee) and (schema := graph()) is not None:
        sitting.add(judged(schema, cast(Exchange, seen)))


def watch_every_sandbox() -> None:
    """Make `watch` an observer of each sandbox that is built in this process from now on, whoever builds it."""
    from bot.sandbox.server import Sandbox

    build = Sandbox.__init__

    @functools.wraps(build)
    def watched(self: Sandbox, *arguments: Any, **options: Any) -> None:
        build(self, *arguments, **options)
        for observers in (self.exchanges.observers, self.deliveries.observers):
            if watch not in observers:
                observers.append(watch)

    Sandbox.__init__ = watched  # type: ignore[method-assign]  # a seam for judging, not for changing


class Verdicts:
    """The pytest plugin proper: brings complaints to where they fail something, once each."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._told: set[str] = set()
        self._late: list[str] = []
        self._judged = 0
        self._absent: set[str] = set()

    def _new(self) -> list[str]:
        """Complaints not told before; list positions do not make a complaint a new one."""
        if not seated.cache_info().currsize:
            return []
        sitting = seated()
        fresh = []
        for complaint in sitting.take() if isinstance(sitting, Referee) else ():
            key = re.sub(r"/\d+", "/*", str(complaint))
            if key not in self._told:
                self._told.add(key)
                fresh.append(str(complaint))
        return fresh

    def pytest_collection_finish(self) -> None:
        watch_every_sandbox()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self) -> Generator[None, None, None]:
        yield
        if fresh := self._new():
            pytest.fail("the referee complains:\n  " + "\n  ".join(fresh), pytrace=False)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # xdist's worker, not typed
        """Take over what a worker process of pytest-xdist found."""
        told = getattr(node, "workeroutput", {}).get("referee", {})
        self._late += told.get("late", ())
        self._judged += told.get("judged", 0)
        self._absent |= set(told.get("absent", ()))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._late += self._new()
        if seated.cache_info().currsize:
            sitting = seated()
            if isinstance(sitting, Referee):
                self._judged += sitting.judged
            else:
                self._absent.add(sitting)
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            told = {"late": self._late, "judged": self._judged, "absent": sorted(self._absent)}
            output["referee"] = told
        elif (self._late or (self._absent and os.environ.get("CI"))) and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for reason in sorted(self._absent):
            terminalreporter.write_line(f"referee: did not sit, sandboxes went unjudged: {reason}", yellow=True)
        if self._judged:
            terminalreporter.write_line(f"referee: judged {self._judged} exchanges and deliveries")
        for complaint in self._late:
            terminalreporter.write_line(f"referee complains: {complaint}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Verdicts(config), "referee-verdicts")
