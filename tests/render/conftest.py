"""What the rendering tests share: one warm renderer, and a way to write small checkouts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from bot.adapters.render.pool import EnginePool
from tests.render.roots import PooledRenderer

Write = Callable[[Mapping[str, str | bytes]], Path]


@pytest.fixture(scope="session")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PooledRenderer]:
    """A renderer that may read all temporary directories of this test run."""
    with PooledRenderer(root=tmp_path_factory.getbasetemp(), workers=2) as renderer:
        yield renderer


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files, given by repository path, into a checkout and return its directory."""

    def write(files: Mapping[str, str | bytes]) -> Path:
        checkout = tmp_path / "checkout"
        checkout.mkdir(exist_ok=True)
        for name, text in files.items():
            path = checkout / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return checkout

    return write


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnginePool]:
    """Engines that use the programs kubectl and helm."""
    with pytest.MonkeyPatch.context() as patch:
        if helm := os.environ.get("LOCKKEEPER_HELM"):
            patch.setenv("PATH", f"{Path(helm).parent}{os.pathsep}{os.environ['PATH']}")
        with EnginePool(root=tmp_path_factory.getbasetemp(), workers=1, prefer="binary") as pool:
            yield pool
