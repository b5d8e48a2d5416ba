"""Which environments can a change of files touch, so that only these are rendered?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

CONFIGURATION = ".github/lockkeeper.yaml"


class ReadsFiles(Protocol):
    """What rendering a root reads: paths from the repository's root, with `/`."""

    @property
    def files(self) -> Collection[str]: ...


def affected(
    changed_paths: Iterable[str],
    roots: Mapping[str, str],
    closures: Mapping[str, ReadsFiles | Sequence[ReadsFiles]],
    *,
    always: Sequence[str] = (CONFIGURATION,),
) -> tuple[str, ...]:
    """Return the names of the environments to render, in the order of `roots`.

    `roots` maps environments to their directories ('' is the whole repository), `closures` maps directories
    to what rendering them reads: give those of base and head, as a deleted file is in one and a new file in
    the other only. A directory without a closure counts as touched: nobody knows what it reads. So does every
    directory when a path in `always`, or below it, has changed: the configuration and the directories of
    policy packs belong there.
    """
    changed = {normal(path) for path in changed_paths}
    if any(inside(path, place) for path in changed for place in always):
        return tuple(roots)
    return tuple(name for name, root in roots.items() if _touched(changed, normal(root), closures.get(root)))


def inside(path: str, directory: str) -> bool:
    """Say whether a path is a directory (or file) itself or lies below it; everything lies below ''."""
    place = normal(directory)
    return not place or path == place or path.startswith(f"{place}/")


def normal(path: str) -> str:
    """Return a repository path without `./` in front and `/` at the end; the repository itself is ''."""
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def _touched(changed: set[str], root: str, closure: ReadsFiles | Sequence[ReadsFiles] | None) -> bool:
    if not changed:
        return False
    if closure is None or any(inside(path, root) for path in changed):
        return True
    every = closure if isinstance(closure, Sequence) else (closure,)
    return any(not changed.isdisjoint(one.files) for one in every)
