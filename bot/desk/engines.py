"""Where do the engines of a terminal's command come from, and what is kept for the next one?"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bot.adapters.git.worktree import WorkTree
from bot.adapters.rego import WalledRego
from bot.adapters.remote.sources import RemoteSources
from bot.adapters.render.building import build_renderer
from bot.adapters.render.cache import RenderCache
from bot.adapters.render.renderer import Renderer
from bot.adapters.scanners.sandboxed import SandboxedScanners
from bot.errors import UserError
from bot.flows.workbench import Workbench
from bot.model.source import Source
from bot.model.tree import Tree
from bot.policy.builtin import builtin_packs, default_directory
from bot.scanners import scanners
from bot.settings import remote_sources

MOST_ENGINES = 4
DAY = 24 * 60 * 60.0
KEPT = 30 * DAY  # outcomes that nobody asked for again


def cache_directory() -> Path:
    """Return where outcomes are kept: `LOCKKEEPER_CACHE`, else `lockkeeper` in the user's cache directory."""
    named = os.environ.get("LOCKKEEPER_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(named) if named else Path(home) / "lockkeeper"


@contextlib.contextmanager
def workbench(work: WorkTree, *, keep: bool) -> Iterator[Workbench]:
    """Yield what rendering and judging works with; `keep` says that outcomes are kept for the next time."""
    allowed, problem = remote_sources(os.environ)
    enabled, wrong = scanners(os.environ)
    if problem or wrong:
        raise UserError(problem or wrong)
    with _data(keep) as data, contextlib.closing(RemoteSources(data / "remotes", allowed)) as remote:
        with (
            build_renderer(data, workers=_engines(), keep=keep, remotes=remote) as renderer,
            WalledRego() as rego,
            SandboxedScanners(enabled, data, kept=data / "scans" if keep else None) as scanning,
        ):
            yield Workbench(
                renderer,
                lambda name: _packs().get(name),
                lambda one: _other_tree(work, one),
                remotes=remote,
                rego=rego,
                scanners=scanning,
            )
        if keep:
            _tidy(data)


def missing_tools(bench: Workbench) -> dict[str, str]:
    """Return which tools cannot be had here, by name, and why."""
    renderer = bench.renderer
    assert isinstance(renderer, Renderer)
    return {name: tool.reason for name, tool in renderer.capabilities().tools if tool.engine == "none"}


@cache
def _packs() -> dict[str, dict[str, bytes]]:
    return builtin_packs(default_directory())


@contextlib.contextmanager
def _data(keep: bool) -> Iterator[Path]:
    if not keep:
        with tempfile.TemporaryDirectory(prefix="lockkeeper-renders-") as directory:
            yield Path(directory)
        return
    kept = cache_directory()
    try:
        kept.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        how = "name another directory by LOCKKEEPER_CACHE, or use --no-cache"
        raise UserError(f"cannot keep outcomes: {error.strerror}", where=str(kept), how=how) from error
    yield kept


def _engines() -> int:
    return max(1, min(MOST_ENGINES, os.cpu_count() or 1))


def _other_tree(work: WorkTree, source: Source) -> Tree | None:
    """Open another revision of this repository; other repositories are not here."""
    if source.repository and source.repository != getattr(work.origin, "full_name", ""):
        return None
    for revision in (f"refs/remotes/origin/{source.revision}", source.revision) if source.revision else ("HEAD",):
        if work.resolve(revision):
            return work.open(revision)
    return None


def _tidy(data: Path) -> None:
    """Once a day, remove what was not used in a long time."""
    mark = data / "tidied"
    with contextlib.suppress(OSError):
        if mark.exists() and time.time() - mark.stat().st_mtime < DAY:
            return
        mark.touch()
        RenderCache(data / "renders").prune(KEPT)
        SandboxedScanners((), data, kept=data / "scans").prune(KEPT)
