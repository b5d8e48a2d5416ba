"""Where do engines, sparse directories and outcomes live below one data directory?"""

from __future__ import annotations

from pathlib import Path

from bot.adapters.remote.sources import RemoteSources
from bot.adapters.render.cache import RenderCache
from bot.adapters.render.materialise import SparseCheckouts
from bot.adapters.render.pool import EnginePool
from bot.adapters.render.renderer import Renderer
from bot.adapters.render.scratch import scratch_directory


def build_renderer(
    data: Path,
    *,
    workers: int = 2,
    keep: bool = True,
    remote: RemoteSources | None = None,
    scratch: Path | None = None,
) -> Renderer:
    """Return a renderer that keeps outcomes below `data`; with `keep` False they stay in memory only.

    `remote` fetches remote bases; without it there are none. `scratch` is where files are written for the engines;
    without it, a directory of this process that goes when the renderer is closed.
    """
    place = scratch_directory(data) if scratch is None else scratch
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Renderer(
        EnginePool(root=place, workers=workers),
        SparseCheckouts(place),
        RenderCache(data / "renders" if keep else None),
        fetch=remote.base if remote else lambda _: None,
        forget=place if scratch is None else None,
    )
