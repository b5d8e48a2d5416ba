"""The suspicions of a reviewer stand on the same towns as the flow tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.flows.conftest import given, make_town, pytest_configure
from tests.flows.world import Town

__all__ = ["given", "make_town", "pytest_configure"]


@pytest.fixture
def town(request: pytest.FixtureRequest, make_town: Callable[..., Town]) -> Town:
    """A town with the usual pipeline, or as the mark `town(configuration=…, more=…)` says."""
    mark = request.node.get_closest_marker("town")
    made = make_town(**(mark.kwargs if mark else {}))
    made.settle()
    return made
