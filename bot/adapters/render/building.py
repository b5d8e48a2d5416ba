"""Where do engines, sparse directories and outcomes live below one data directory?"""

from __future__ import annotations

from pathlib import Path

from bot.adapters.remote.sources import RemoteSources
from bot.adapters.render.cache import RenderCache
from bot.adapters.render.materialise import SparseCheckouts
from bot.adapters.render.pool import EnginePool
from bot.adapters.render.renderer import Renderer


def build_renderer(data: Path, *, workers: int = 2, keep: bool = True, remote: RemoteSources | None = None) -> Renderer:
    """Return a renderer that keeps what it writes below `data`; with `keep` False outcomes stay in memory only.

    `remote` fetches remote bases; without it there are none.
    """
    checkouts = data / "checkouts"
    checkouts.mkdir(parents=True, exist_ok=True, mode=0o700)
    pool = EnginePool(root=checkouts, workers=workers)
    cache = RenderCache(data / "renders" if keep else None)
    return Renderer(pool, SparseCheckouts(checkouts), cache, remote.base if remote else lambda _: None)
