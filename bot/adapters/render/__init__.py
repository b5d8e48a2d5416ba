"""How do the sources in a checkout become manifests, safely, even when strangers wrote them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.adapters.render.pool import Capabilities, EnginePool, Order
    from bot.adapters.render.roots import PooledRenderer

__all__ = ["Capabilities", "EnginePool", "Order", "PooledRenderer"]


def __getattr__(name: str) -> object:
    """Import the pool only when asked for it: an engine process passes here before its walls are up."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "PooledRenderer":
        from bot.adapters.render.roots import PooledRenderer

        return PooledRenderer
    from bot.adapters.render import pool

    return getattr(pool, name)
