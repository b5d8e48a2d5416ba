"""Does a path lie at or below another, and where do a repository's rules stand?"""

from __future__ import annotations

CONFIGURATION = ".github/lockkeeper.yaml"


def inside(path: str, directory: str) -> bool:
    """Say whether a path is a directory (or file) itself or lies below it; everything lies below ''."""
    place = normal(directory)
    return not place or path == place or path.startswith(f"{place}/")


def normal(path: str) -> str:
    """Return a repository path without `./` in front and `/` at the end; the repository itself is ''."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))
