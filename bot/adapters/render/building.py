"""Where do engines, sparse directories and outcomes live below one data directory?"""

from __future__ import annotations

from pathlib import Path

from bot.adapters.render.cache import RenderCache
from bot.adapters.render.materialise import SparseCheckouts
from bot.adapters.render.pool import EnginePool
from bot.adapters.render.renderer import Renderer
from bot.adapters.render.scratch import scratch_directory
from bot.checks.remote import NOTHING, Remotes


def build_renderer(
    data: Path,
    *,
    workers: int = 2,
    keep: bool = True,
    remotes: Remotes = NOTHING,
    scratch: Path | None = None,
) -> Renderer:
    """Return a renderer that keeps outcomes below `data`; with `keep` False they stay in memory only.

    `remotes` fetches what is remote; without it nothing is. `scratch` is where files are written for the engines;
    without it, a directory of this process that goes when the renderer is closed.
    """
    place = scratch_directory(data) if scratch is None else scratch
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Renderer(
        EnginePool(root=place, workers=workers),
        SparseCheckouts(place),
        RenderCache(data / "renders" if keep else None),
        remotes=remotes,
        forget=place if scratch is None else None,
    )
