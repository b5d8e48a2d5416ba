"""What do the referee's own tests stand on? A second referee, so that wanted complaints fail nothing."""

from __future__ import annotations

import pytest

from tests.referee import fetch
from tests.referee.description import Description
from tests.referee.plugin import need


@pytest.fixture(scope="session")
def description() -> Description:
    return Description.load(need(fetch.OPENAPI))
