"""One place for all of a module's commits: whatever one of them does, the next must not notice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.place import Place, opened


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened(tmp_path_factory.mktemp("hostile")) as place:
        yield place
