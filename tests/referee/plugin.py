"""How do tests come by the referee, and how does a complaint fail the run?

One referee sits in each test process. What it complains of fails the test during which it happened; what
comes after the last test fails the run.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest

from tests.referee import fetch
from tests.referee.allowed import ALLOWANCES
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
def seated() -> Referee:
    """The one referee of this process; raises UnavailableError without its description."""
    return Referee.load(fetch.fetch(fetch.OPENAPI), ALLOWANCES)


@pytest.fixture(scope="session")
def referee() -> Referee:
    """The referee, loaded once; register `referee.observe` with a sandbox."""
    need(fetch.OPENAPI)
    return seated()
