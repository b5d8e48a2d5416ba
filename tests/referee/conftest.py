"""What do the referee's own tests stand on? The description, the tour, and what passed during it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.sandbox.deliveries import Delivered
from bot.sandbox.exchange import Exchange
from bot.sandbox.server import Sandbox
from tests.referee import fetch
from tests.referee.description import Description
from tests.referee.plugin import need
from tests.referee.tour import walk
from tests.referee.visitor import Visitor


@pytest.fixture(scope="session")
def description() -> Description:
    return Description.load(need(fetch.OPENAPI))


@dataclass(frozen=True)
class Toured:
    """What passed during one tour of the stand-in, in order."""

    exchanges: list[Exchange]
    deliveries: list[Delivered]


@pytest.fixture(scope="session")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Toured:
    seen: list[Exchange | Delivered] = []
    with Sandbox(tmp_path_factory.mktemp("tour") / "sandbox", observers=[seen.append]) as sandbox:
        walk(Visitor(sandbox))
    return Toured(
        [each for each in seen if isinstance(each, Exchange)],
        [each for each in seen if isinstance(each, Delivered)],
    )
