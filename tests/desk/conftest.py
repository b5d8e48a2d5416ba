"""What do the tests of the desk stand on? One cache of renders for all of them, and a fresh directory for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk.place import Desk


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def bare(tmp_path: Path, shared_cache: Path) -> Desk:
    """An empty directory."""
    return Desk(tmp_path / "shop", tmp_path / "home", shared_cache)


@pytest.fixture
def desk(bare: Desk) -> Desk:
    """A clean repository on main."""
    bare.begin()
    return bare
