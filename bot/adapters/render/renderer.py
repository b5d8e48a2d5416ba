"""How does a source of a tree become manifests, with nothing rendered twice and nothing written that is not read?

What a source reads is known before it is rendered. So equal inputs are answered from the cache, only the files that
are read are written for the engine, and the engine finds no others.
"""

from __future__ import annotations

import shutil
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from bot.adapters.pruning import prune
from bot.adapters.render.cache import Kept, RenderCache, key_of
from bot.adapters.render.materialise import SparseCheckouts
from bot.adapters.render.pool import EnginePool, Order
from bot.adapters.render.worker import Capabilities
from bot.checks.grafting import Grafted, grafted
from bot.checks.inflation import Inflation, needs
from bot.checks.inputs import Inputs
from bot.checks.remote import NOTHING, Remotes
from bot.errors import UserError
from bot.model.manifest import Rendered, RenderProblem
from bot.model.source import Source
from bot.model.tree import Tree

Wanted = tuple[Tree, Source]
_SCRATCH_AGE = 3600.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """One order under way: the key of its outcome, the numbers of those who want it, and what was grafted for it."""

    key: str
    numbers: list[int]
    graft: Grafted | None


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A source in its tree, what it reads, how its charts are inflated, and what was grafted for it, if anything."""

    tree: Tree
    source: Source
    reads: Inputs
    inflated: Inflation | None = None
    graft: Grafted | None = None


class Renderer:
    """`bot.ports.Renderer`: a pool of engines behind a cache. Safe to use from several threads."""

    def __init__(
        self,
        pool: EnginePool,
        checkouts: SparseCheckouts,
        cache: RenderCache,
        *,
        remotes: Remotes = NOTHING,
        forget: Path | None = None,
    ) -> None:
        """Take the engines, the directory they may read, where outcomes are kept, and who fetches remote things.

        `forget` is a directory that goes when this is closed.
        """
        self._pool, self._checkouts, self._cache, self._remotes = pool, checkouts, cache, remotes
        self._forget = forget

    def render(self, wanted: Iterable[Wanted]) -> Iterator[tuple[int, Rendered]]:
        """Render sources of trees; yield each outcome with the number of what was wanted, as they come.

        `wanted` is read as engines become free. What cannot be rendered is a problem in its `Rendered`.
        """
        ready: deque[tuple[int, Rendered | Kept]] = deque()
        asked: dict[Order, _Asked] = {}
        by_key: dict[str, _Asked] = {}

        def orders() -> Iterator[Order]:
            for number, one in enumerate(wanted):
                try:
                    made = self._prepared(*one)
                    if made.reads.problems:
                        ready.append((number, _refused(made)))
                        continue
                    key = self._key(made)
                    if key in by_key:
                        by_key[key].numbers.append(number)
                    elif (kept := self._cache.find(key)) is not None:
                        ready.append((number, kept))
                    else:
                        order = self._order(made)
                        asked[order] = by_key[key] = _Asked(key, [number], made.graft)
                        yield order
                except UserError as error:  # a file too large to be read, say: it costs this source and no other
                    ready.append((number, _failed(one[1], error)))

        for order, outcome in self._pool.run(orders()):
            done = asked.pop(order)
            del by_key[done.key]
            rendered = outcome if done.graft is None else done.graft.rendered(outcome)
            if _is_lasting(rendered):
                self._cache.save(done.key, rendered)
            for number in done.numbers:
                yield number, rendered
            while ready:
                yield _opened(ready.popleft())
        while ready:
            yield _opened(ready.popleft())

    def start(self) -> None:
        """Start engines that do not run yet, without waiting for them."""
        self._pool.start()

    def key(self, tree: Tree, source: Source) -> str:
        """Return what decides the outcome of a source, '' when it is not rendered: equal keys, equal outcomes."""
        made = self._prepared(tree, source)
        return "" if made.reads.problems else self._key(made)

    def template(self, texts: Sequence[str], parameters: Mapping[str, Any], *, strict: bool = False) -> Sequence[str]:
        """Carry out Go templates in an engine; see `bot.checks.applications.place.Template`."""
        return self._pool.template(texts, parameters, strict=strict)

    def capabilities(self) -> Capabilities:
        """Say which engines work here and which walls stand around them; starts one if none runs."""
        return self._pool.capabilities()

    def prune(self, max_age: float) -> int:
        """Forget outcomes older than `max_age` seconds, and files that no engine asked for in an hour; count both."""
        return self._cache.prune(max_age) + (prune(self._forget, _SCRATCH_AGE) if self._forget else 0)

    def close(self) -> None:
        """End the engines, and remove what was written for them."""
        self._pool.close()
        if self._forget is not None:
            shutil.rmtree(self._forget, ignore_errors=True)

    def __enter__(self) -> Renderer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _prepared(self, tree: Tree, source: Source) -> _Prepared:
        """Return what a source reads, what is remote grafted into its tree where it may be had."""
        reads, inflated = needs(source, tree)
        if odd := next((one for one in (source.path, *reads.files, *reads.directories) if not _is_utf8(one)), None):
            raise UserError(f"the name {odd} is not UTF-8", how="give it another name")
        if source.engine != "kustomize" or not any(one.remote for one in reads.problems):
            return _Prepared(tree, source, reads, inflated)
        graft = grafted(source, tree, self._remotes)
        reads, inflated = needs(graft.source, graft.tree, graft.charts)
        return _Prepared(graft.tree, graft.source, graft.told(reads), inflated, graft)

    def _key(self, made: _Prepared) -> str:
        contents = [(path, made.tree.blob(path) or "") for path in made.reads.files]
        directories = ((path, "directory") for path in made.reads.directories)
        return key_of(self._pool.identity, made.source, [*contents, *directories])

    def _order(self, made: _Prepared) -> Order:
        built = made.source if made.inflated is None else made.inflated.source
        place = self._checkouts.place(made.tree, made.reads.files, built.overrides, made.reads.directories)
        laid = (path for path, _ in built.overrides)
        files = tuple(dict.fromkeys((*made.reads.files, *laid)))
        charts = () if made.inflated is None else made.inflated.charts
        return Order(place, built, files, made.reads.missing, charts)


def _opened(one: tuple[int, Rendered | Kept]) -> tuple[int, Rendered]:
    number, outcome = one
    return number, outcome if isinstance(outcome, Rendered) else outcome.rendered()


def _failed(source: Source, error: UserError) -> Rendered:
    words = f"not rendered: {error.what}".encode("utf-8", "replace").decode()
    path = source.path.encode("utf-8", "replace").decode()
    return Rendered(path, problems=(RenderProblem(path, words, how=error.how),), kind=source.engine)


def _is_utf8(name: str) -> bool:
    """Say whether an engine can be told a name: to git any bytes are one."""
    return name.isascii() or name.encode("utf-8", "replace").decode() == name


def _refused(made: _Prepared) -> Rendered:
    found = Rendered(made.source.path, problems=made.reads.problems, files=made.reads.files, kind=made.source.engine)
    return found if made.graft is None else made.graft.rendered(found)


def _is_lasting(rendered: Rendered) -> bool:
    """Say whether an outcome would be the same another time: what a deadline or a lack of memory ended may not be."""
    return not rendered.problems
