"""What may be fetched, and what of it lies here already?

Nothing is fetched that is not below one of the operator's addresses and pinned: a git base to a full commit id, a chart
to the digest of its archive. What was fetched is kept for ever under its pin. No credentials are sent, redirects are
not followed. Fetching is done by the bot's own process; engines have no network.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urljoin

import requests
import structlog

from bot.adapters.git.command import GitError, GitProgram, Remote
from bot.adapters.git.objects import Caches, Objects
from bot.adapters.git.tree import GitTree
from bot.adapters.remote.archive import ArchiveError, ArchiveTree, unpacked
from bot.checks.documents import parse
from bot.checks.remote import RemoteBase, is_allowed
from bot.checks.scalars import DocumentError
from bot.errors import TransientError, UserError
from bot.model.tree import Tree

_TIMEOUT = 60.0  # seconds for one git fetch
_HTTP_TIMEOUT = (5.0, 30.0)
_LARGEST_CHART = 32 * 1024 * 1024
_LARGEST_INDEX = 64 * 1024 * 1024

_log = structlog.get_logger("bot.remote")


class RemoteSources:
    """Trees of remote bases and charts; None for what may not be, or cannot be, had."""

    def __init__(self, directory: Path, allowed: Sequence[str]) -> None:
        """Take the directory to keep them in, and the operator's addresses; without any nothing is ever fetched."""
        self._directory, self._allowed = directory, tuple(allowed)
        self._caches = Caches()
        self._open: dict[str, Tree] = {}

    def base(self, base: RemoteBase) -> Tree | None:
        """Return the tree of a remote base at its commit."""
        if not is_allowed(base.url, self._allowed):
            return None
        name = f"{hashlib.sha256(base.url.encode()).hexdigest()[:16]}-{base.commit}.git"
        try:
            return self._opened(name, base)
        except (UserError, TransientError, GitError) as error:
            _log.warning("remote_base_not_fetched", url=base.url, commit=base.commit, reason=str(error))
            return None

    def chart(self, repository: str, pinned: str) -> Tree | None:
        """Return the tree of a chart; `pinned` is "name@version@sha256:digest"."""
        name, version, digest = ([*pinned.split("@"), "", ""])[:3]
        if not is_allowed(repository, self._allowed) or not digest.startswith("sha256:"):
            return None
        kept = self._directory / f"chart-{digest.removeprefix('sha256:')}.tgz"
        key = kept.name
        if key not in self._open:
            try:
                if not kept.is_file():
                    self._keep(kept, self._download(repository, name, version), digest)
                self._open[key] = ArchiveTree(digest, unpacked(kept.read_bytes()))
            except (ArchiveError, UserError, requests.RequestException, OSError) as error:
                _log.warning("chart_not_fetched", repository=repository, chart=pinned, reason=str(error))
                return None
        return self._open[key]

    def _opened(self, name: str, base: RemoteBase) -> Tree:
        if name not in self._open:
            place = self._directory / name
            if not (place / "HEAD").is_file():
                self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
                temporary = Path(tempfile.mkdtemp(dir=self._directory, prefix=".new-"))
                try:
                    self._fetch(base, temporary)
                    if not place.exists():
                        temporary.rename(place)
                finally:
                    shutil.rmtree(temporary, ignore_errors=True)
            objects = Objects(GitProgram(place), self._caches)
            tree = objects.find(base.commit, "tree")
            if tree is None:
                raise UserError(f"there is no commit {base.commit}")
            self._open[name] = GitTree(objects, tree, name)
        return self._open[name]

    def _fetch(self, base: RemoteBase, place: Path) -> None:
        program = GitProgram(place, _TIMEOUT)
        program.run("init", "--quiet", "--bare", "--template=", str(place))
        arguments = ("fetch", "--quiet", "--no-tags", "--depth=1", "--no-recurse-submodules", "--end-of-options")
        program.run(*arguments, base.url, base.commit, remote=Remote(base.url), timeout=_TIMEOUT)
        _log.info("remote_base_fetched", url=base.url, commit=base.commit)

    def _download(self, repository: str, name: str, version: str) -> bytes:
        """Return the archive of a chart as the repository's index names it."""
        root = repository.rstrip("/") + "/"
        try:
            documents = parse(_get(root + "index.yaml", _LARGEST_INDEX))
        except DocumentError as error:
            raise UserError(f"the index of {repository} cannot be read: {error.message}") from error
        index = documents[0].value if documents else None
        entries = index.get("entries") if isinstance(index, dict) else None
        listed = entries.get(name) if isinstance(entries, dict) else None
        for entry in listed if isinstance(listed, list) else ():
            urls = entry.get("urls") if isinstance(entry, dict) and str(entry.get("version")) == version else None
            if isinstance(urls, list) and urls:
                url = urljoin(root, str(urls[0]))
                if not is_allowed(url, self._allowed):
                    raise UserError(f"{url} is not among the addresses that may be fetched from")
                return _get(url, _LARGEST_CHART)
        raise UserError(f"{repository} has no chart {name} {version}")

    def _keep(self, place: Path, data: bytes, digest: str) -> None:
        found = f"sha256:{hashlib.sha256(data).hexdigest()}"
        if found != digest:
            raise UserError(f"the archive has the digest {found}, and {digest} was asked for")
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=self._directory, prefix=".new-", delete=False) as file:
            file.write(data)
        Path(file.name).replace(place)


def _get(url: str, largest: int) -> bytes:
    """Fetch an address, without credentials, without following redirects, up to a size."""
    with requests.Session() as session:
        session.trust_env = False  # no proxies that a caller's environment names, no netrc
        with session.get(url, timeout=_HTTP_TIMEOUT, allow_redirects=False, stream=True) as answer:
            if answer.status_code != 200:
                raise UserError(f"{url} answered {answer.status_code}")
            data = bytearray()
            for chunk in answer.iter_content(1 << 16):
                data += chunk
                if len(data) > largest:
                    raise UserError(f"{url} is larger than {largest} bytes")
            return bytes(data)
