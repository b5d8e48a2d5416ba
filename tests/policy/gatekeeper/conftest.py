"""The engine, started once for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.adapters.rego import WalledRego


@pytest.fixture(scope="session")
def rego() -> Iterator[WalledRego]:
    with WalledRego() as engine:
        assert engine.absent == "", "make setup installs the Rego engine; there are wheels for this machine's kind"
        yield engine
