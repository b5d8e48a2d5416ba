"""What does Lockkeeper make of a source: from a tree, with only the files that it reads, and from a full directory?"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from bot.adapters.git import GitMirrors
from bot.adapters.git.names import mirror_path
from bot.adapters.process import run
from bot.adapters.render.cache import RenderCache
from bot.adapters.render.materialise import SparseCheckouts
from bot.adapters.render.order import Order
from bot.adapters.render.pool import EnginePool
from bot.adapters.render.renderer import Renderer
from bot.checks.inflation import Inflation, needs
from bot.model.manifest import Rendered
from bot.model.repository import Repository
from bot.model.source import Source
from bot.model.tree import Tree


@dataclass(frozen=True, slots=True)
class Place:
    """A repository to render from: its files in a directory, and the same as a git tree."""

    directory: Path
    tree: Tree


class Ours:
    """Renders with the engines of the bot; keeps everything in one directory."""

    def __init__(self, room: Path) -> None:
        """Take an empty directory."""
        self._room = room
        self._git = GitMirrors(room, lambda _: "", lambda _: "")
        self._pool = EnginePool(root=room)
        self._renderer = Renderer(self._pool, SparseCheckouts(room / "checkouts"), RenderCache())
        self._places = 0

    def place(self, files: Path) -> Place:
        """Copy a directory, and make a git repository of it; nothing is left out but `.git`."""
        self._places += 1
        directory = self._room / "full" / str(self._places)
        shutil.copytree(files, directory, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        repository = Repository("conformance", f"place-{self._places}")
        bare = mirror_path(self._room, repository)
        bare.mkdir(parents=True)
        _git(bare, directory, "init", "--bare", "--quiet", "--template=")
        _git(bare, directory, "-c", "core.autocrlf=false", "add", "--all", "--force", ".")
        tree = _git(bare, directory, "write-tree").strip()
        return Place(directory, self._git.open(repository, tree))

    def sparse(self, place: Place, source: Source) -> Rendered:
        """Render from the tree: the engine sees no file but those that the source reads."""
        ((_, rendered),) = self._renderer.render([(place.tree, source)])
        return rendered

    def full(self, place: Place, source: Source) -> Rendered:
        """Render in the full directory, where nothing that the source may want is missing."""
        reads, inflated = needs(source, place.tree)
        if reads.problems:
            return Rendered(source.path, problems=reads.problems, files=reads.files, kind=source.engine)
        order = Order(place.directory, source, reads.files, reads.missing)
        if inflated is not None:
            order = self._laid_over(order, inflated)
        ((_, rendered),) = self._pool.run([order])
        return rendered

    def _laid_over(self, order: Order, inflated: Inflation) -> Order:
        """Return an order in a copy of its directory, with the files that stand for charts laid over it."""
        self._places += 1
        directory = self._room / "full" / str(self._places)
        shutil.copytree(order.checkout, directory, symlinks=True)
        for path, text in inflated.source.overrides:
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(text, "utf-8", "surrogateescape")
        laid = tuple(path for path, _ in inflated.source.overrides)
        files = tuple(dict.fromkeys((*order.files, *laid)))
        return replace(order, checkout=directory, source=inflated.source, files=files, charts=inflated.charts)

    def __enter__(self) -> Ours:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()
        self._git.close()


def _git(bare: Path, work: Path, *arguments: str) -> str:
    environment = {"GIT_DIR": str(bare), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}
    if arguments[0] != "init":
        environment["GIT_WORK_TREE"] = str(work)
    done = run(["git", *arguments], cwd=work, timeout=120, env=environment)
    if done.status:
        raise RuntimeError(f"git: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode()
