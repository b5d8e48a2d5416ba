"""What may be fetched, and what of it lies here already?

Nothing is fetched that is not below one of the operator's addresses and pinned. What was fetched is kept for ever under
its pin; what could not be had is not asked for again at once. No credentials are sent, ever. Fetching is done by the
bot's own process; engines have no network.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from bot.adapters.git.channel import PerProcess
from bot.adapters.git.command import GitError
from bot.adapters.remote import bases
from bot.adapters.remote.archive import ArchiveError, ArchiveTree, unpacked
from bot.adapters.remote.bases import BaseRepositories
from bot.adapters.remote.blobs import Blobs
from bot.adapters.remote.charts import ChartArchives
from bot.adapters.remote.web import DEADLINE, FetchError, Resolve, Web, resolve
from bot.checks.documents import parse
from bot.checks.remote import OFFLINE, NotFetched, RemoteBase, RemoteChart, Remotes
from bot.checks.scalars import DocumentError
from bot.errors import LockkeeperError
from bot.model.address import address_of, is_allowed
from bot.model.tree import Tree

_REMEMBERED = 300.0  # seconds for which a refusal holds
_MOST_OPEN = 16
_MOST_BYTES = 64 * 1024 * 1024  # of charts in memory, but for the one that was opened last

_log = structlog.get_logger("bot.remote")


@dataclass(frozen=True, slots=True)
class _Opened:
    tree: Tree
    close: Callable[[], None] = lambda: None
    size: int = 0


class RemoteSources:
    """`bot.checks.remote.Remotes` by git, HTTPS and registries. Safe to use from several threads."""

    def __init__(
        self,
        directory: Path,
        allowed: Sequence[str],
        *,
        deadline: float = DEADLINE,
        resolver: Resolve = resolve,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the directory to keep them in, and the operator's addresses; without any nothing is ever fetched.

        `deadline` in seconds holds for each address that is asked.
        """
        self._allowed, self._clock = tuple(allowed), clock
        self._bases = BaseRepositories(directory, deadline=min(deadline, bases.DEADLINE), resolver=resolver)
        self._charts = ChartArchives(Web(deadline, resolver), Blobs(directory / "blobs"), self.allows)
        self._opened: OrderedDict[str, _Opened] = OrderedDict()
        self._refused: dict[str, tuple[float, NotFetched]] = {}
        self._lock = PerProcess(threading.Lock)

    def allows(self, url: str) -> bool:
        """Say whether something at an address may be fetched."""
        return is_allowed(url, self._allowed)

    def base(self, base: RemoteBase) -> Tree | NotFetched:
        """Return the tree of the repository of a remote base at its commit."""
        if not self.allows(base.url):
            return OFFLINE

        def opened() -> _Opened:
            found = self._bases.open(base)
            return _Opened(found.tree, found.close)

        return self._had(f"{base.url}@{base.commit}", base.url, opened)

    def chart(self, chart: RemoteChart) -> Tree | NotFetched:
        """Return the tree of a chart, the chart itself at its top."""
        oci = chart.repository.startswith("oci://")
        if not self.allows(f"{chart.repository}/{chart.name}" if oci else chart.repository):
            return OFFLINE

        def opened() -> _Opened:
            files = unpacked(self._charts.archive(chart))
            _check(files.get("Chart.yaml", b""), chart)
            return _Opened(ArchiveTree(chart.digest, files), size=sum(map(len, files.values())))

        return self._had(f"{chart.repository} {chart.revision}", chart.repository, opened)

    def close(self) -> None:
        """End the processes that read; they start again when they are needed."""
        with self._lock.get():
            every = [*self._opened.values()]
            self._opened.clear()
        for one in every:
            one.close()

    def _had(self, key: str, url: str, opened: Callable[[], _Opened]) -> Tree | NotFetched:
        """Return what a key names, from memory, else opened; a host that is silent is not asked again for a while."""
        host = address_of(url)
        asked = (key, "" if host is None else host.origin)
        with self._lock.get():
            if key in self._opened:
                self._opened.move_to_end(key)
                return self._opened[key].tree
            for one in asked:
                until, why = self._refused.get(one, (0.0, OFFLINE))
                if self._clock() < until:
                    return why
        try:
            found = opened()
        except (LockkeeperError, ArchiveError, GitError, OSError) as error:
            return self._refuse(asked, error)
        _log.info("remote_opened", what=key)
        return self._keep(key, found)

    def _refuse(self, asked: tuple[str, str], error: Exception) -> NotFetched:
        _log.warning("remote_not_fetched", what=asked[0], reason=str(error))
        if isinstance(error, FetchError):
            why = error.why
        elif isinstance(error, ArchiveError):
            why = NotFetched(str(error), because="wrong")
        else:
            why = NotFetched(f"it cannot be kept here: {error}", "ask for the check again later", "passing")
        with self._lock.get():
            now = self._clock()
            self._refused = {name: one for name, one in self._refused.items() if now < one[0]}
            for name in asked if why.passing else asked[:1]:
                self._refused[name] = (now + _REMEMBERED, why)
        return why

    def _keep(self, key: str, found: _Opened) -> Tree:
        gone = []
        with self._lock.get():
            self._opened[key] = found
            while len(self._opened) > 1 and (
                len(self._opened) > _MOST_OPEN or sum(one.size for one in self._opened.values()) > _MOST_BYTES
            ):
                gone.append(self._opened.popitem(last=False)[1])
        for one in gone:
            one.close()
        return found.tree


def as_remotes(sources: RemoteSources) -> Remotes:
    """Return the sources as the core knows them; mypy checks here that they keep that contract."""
    return sources


def _check(text: bytes, chart: RemoteChart) -> None:
    """Raise FetchError when an archive is not the chart that it is pinned as."""
    try:
        value = next((one.value for one in parse(text)), None)
    except DocumentError:
        value = None
    name, version = (value.get("name"), str(value.get("version"))) if isinstance(value, dict) else ("", "")
    if name == chart.name.rpartition("/")[2] and chart.version in (
        "",
        version,
        f"v{version}",
        version.replace("+", "_"),
    ):
        return
    words = f"what is pinned as {chart.name} {chart.version} is {str(name)[:100]} {version[:100]}"
    raise FetchError(NotFetched(words, "pin the digest of that version", "wrong"))
