"""Which directories look like environments in a repository that has no configuration?"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from bot.checks.closure import KUSTOMIZATION_FILES

PLACES = ("overlays", "environments", "envs", "clusters")
MOST = 20


def discover(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the render roots that a list of all file paths suggests, sorted, at most `MOST`.

    Kustomizations directly below a directory named like `overlays` or `environments`; else every kustomization
    that stands alone at the top; else directories of those names with manifests; else nothing.
    """
    roots = {posixpath.dirname(path) for path in paths if posixpath.basename(path) in KUSTOMIZATION_FILES}
    overlays = {root for root in roots if posixpath.basename(posixpath.dirname(root)) in PLACES}
    if overlays:
        return tuple(sorted(overlays)[:MOST])
    if roots:
        return tuple(sorted(roots, key=lambda root: (root.count("/"), root))[:1])
    plain = {"/".join(parts[: index + 2]) for parts, index in _below(paths)}
    return tuple(sorted(plain)[:MOST])


def _below(paths: Sequence[str]) -> list[tuple[list[str], int]]:
    found = []
    for path in paths:
        if not path.endswith((".yaml", ".yml", ".json")):
            continue
        parts = path.split("/")
        for index, part in enumerate(parts[:-2]):
            if part in PLACES:
                found.append((parts, index))
                break
    return found
