"""Which of the applications that were found and declared count, each under a name of its own?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.model.manifest import RenderProblem
from bot.model.source import Application


def settled(found: Sequence[Application]) -> Iterator[Application]:
    """Yield applications by name, each name once; a directory that is also declared counts as declared only."""
    claimed = {source.path for one in found if one.declared_as for source in one.sources}
    kept = [
        one
        for one in found
        if one.declared_as or not one.sources or any(each.path not in claimed for each in one.sources)
    ]
    names: dict[str, int] = {}
    for one in sorted(kept, key=lambda one: (one.name, bool(one.declared_as))):
        number = names[one.name] = names.get(one.name, 0) + 1
        if number == 1:
            yield one
        elif one.declared_as:
            yield replace(one, name=f"{one.name} ({one.declared_as})" if number == 2 else f"{one.name} ({number})")
        else:
            words = f"two applications are called {one.name}; this one is left out"
            yield replace(one, name=f"{one.name} ({number})", problems=(RenderProblem(one.path, words),))
