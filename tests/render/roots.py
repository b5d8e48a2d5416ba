"""What lies at a directory of a checkout on disk, and how is it rendered? For callers that have no tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.adapters.render import plain
from bot.adapters.render.directory import Checkout
from bot.adapters.render.order import Order
from bot.adapters.render.pool import EnginePool
from bot.checks.closure import OutsideError, closure, kustomization_file, normal
from bot.model.manifest import Rendered, RenderProblem
from bot.model.source import Source


class PooledRenderer(EnginePool):
    """Renders roots of checkouts; implements `bot.ports.Renderer`."""

    def render(self, checkout: Path, roots: Sequence[str]) -> Mapping[str, Rendered]:
        """Render each root (a directory from the repository's root, '' is the whole) and return them by root.

        A root with a kustomization is built; one without is read as plain manifests; one that does not exist
        is "absent", without a problem. What cannot be rendered is a problem in its `Rendered`, never an
        exception. Raises ValueError when the checkout does not lie below the renderer's `root`.
        """
        place = Checkout(checkout.resolve())
        wanted = {root: order_of(place, root) for root in roots}
        orders = {id(one): root for root, one in wanted.items() if isinstance(one, Order)}
        found = {root: one for root, one in wanted.items() if isinstance(one, Rendered)}
        for order, outcome in self.run(one for one in wanted.values() if isinstance(one, Order)):
            found[orders[id(order)]] = outcome
        return {root: found[root] for root in wanted}


def order_of(place: Checkout, root: str) -> Order | Rendered:
    """Return what to order for one root, or the outcome where no engine is needed to know it."""
    clean = normal(root)
    try:
        inside = None if clean is None else place.canonical(clean)
    except (OutsideError, ValueError):
        inside = None
    if inside is None:
        return _refused(root, "kustomize", f"not rendered: {root} leads out of the repository")
    if kustomization_file(inside, place.read) is not None:
        reads = closure(inside, place.read, exists=place.exists, canonical=place.canonical)
        if reads.problems:
            return Rendered(root, problems=reads.problems, files=reads.files)
        return Order(Path(place.path), Source(inside, "kustomize"), reads.files, reads.missing)
    path = Path(place.path, inside)
    if path.is_dir():
        paths = list(plain.listing(str(path), inside))
    elif place.exists(inside):
        paths = [inside]
    else:
        return Rendered(root, kind="absent")
    if len(paths) > plain.MAX_FILES:
        return _refused(root, "plain", f"not rendered: it holds more than {plain.MAX_FILES} files")
    return Order(Path(place.path), Source(inside, "plain"), tuple(paths))


def _refused(root: str, kind: str, words: str) -> Rendered:
    return Rendered(root, problems=(RenderProblem(root, words),), kind=kind)
