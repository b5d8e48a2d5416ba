"""What lies elsewhere and may be fetched: which base or chart is named, is it pinned, and why is it not to be had?

Only what cannot become something else is fetched: a git base at a full commit id, a chart by its digest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import parse_qs, urlsplit

from bot.checks.scope import CONFIGURATION
from bot.model.address import address_of
from bot.model.environment import ChartPin
from bot.model.quoting import quoted
from bot.model.tree import Tree

ROOT = ".lockkeeper-remote"  # where remote things are grafted into the tree that names them

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_GITHUB = re.compile(r"(?:https?://)?(?:www\.)?github\.com/", re.IGNORECASE)
_PART = re.compile(r"(?!\.\.?\Z)[\w.@+~=-]+")
_CHART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99}){0,5}")
_VERSION = re.compile(r"v?\d{1,9}\.\d{1,9}\.\d{1,9}(?:[-+][0-9A-Za-z.+-]{1,100})?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_FILES = (".yaml", ".yml", ".json")
_SEGMENTS = 2  # of a repository's path where nothing marks its end

Because = Literal["closed", "passing", "wrong"]


@dataclass(frozen=True, slots=True)
class NotFetched:
    """Why something remote is not to be had, and what to do about it.

    It is "closed" (not allowed, not pinned, not public), or it may be had another time ("passing"), or what lies there
    is not what was asked for ("wrong"), which somebody has to mend.
    """

    reason: str
    how: str = ""
    because: Because = "closed"

    @property
    def remote(self) -> bool:
        """Say whether it is nobody's mistake."""
        return self.because != "wrong"

    @property
    def passing(self) -> bool:
        """Say whether it may be had another time."""
        return self.because == "passing"

    def or_else(self, vendor: str) -> str:
        """Return what to do, `vendor` being how to do without fetching."""
        if self.because != "closed":
            return self.how
        return f"{vendor}; or {self.how}" if self.how else vendor


OFFLINE = NotFetched(
    "Lockkeeper renders offline", "pin it, where whoever runs Lockkeeper allows its address (LOCKKEEPER_REMOTE_SOURCES)"
)


@dataclass(frozen=True, slots=True)
class RemoteBase:
    """A directory `path` of the git repository at an https `url`, at a full commit id."""

    url: str
    path: str
    commit: str


@dataclass(frozen=True, slots=True)
class RemoteChart:
    """A chart of an https Helm repository or an oci:// registry.

    `digest` ("sha256:…") is that of its archive; in a registry that of its manifest, which `helm pull` tells.
    """

    repository: str
    name: str
    version: str
    digest: str

    @property
    def revision(self) -> str:
        """Name it within its repository."""
        return f"{self.name}@{self.version}@{self.digest}"

    @classmethod
    def named(cls, repository: str, revision: str) -> RemoteChart:
        """Return what a repository and a `revision` of before name."""
        name, version, digest = (*revision.split("@", 2), "", "")[:3]
        return cls(repository, name, version, digest)


class Remotes(Protocol):
    """Whoever fetches what is allowed and pinned."""

    def allows(self, url: str) -> bool: ...
    def base(self, base: RemoteBase) -> Tree | NotFetched: ...
    def chart(self, chart: RemoteChart) -> Tree | NotFetched: ...


class Nothing:
    """`Remotes` that fetch nothing."""

    def allows(self, url: str) -> bool:  # noqa: ARG002 - the protocol's
        return False

    def base(self, base: RemoteBase) -> Tree | NotFetched:  # noqa: ARG002
        return OFFLINE

    def chart(self, chart: RemoteChart) -> Tree | NotFetched:  # noqa: ARG002
        return OFFLINE


NOTHING: Remotes = Nothing()


def base_of(target: str, remotes: Remotes) -> tuple[RemoteBase, Tree] | NotFetched:
    """Return what an entry of `resources`, `bases` or `components` names, if it can be had."""
    url, path, commit = _parts(target)
    if not url or not remotes.allows(url):
        return OFFLINE
    if path.endswith(_FILES):
        return NotFetched(
            "it is a single file, which nothing pins",
            "build on its directory at a commit: https://…//directory?ref=<40 hex digits>",
        )
    if not _COMMIT.fullmatch(commit):
        return NotFetched("it is not pinned to a commit", "pin it to a commit: ?ref=<40 hex digits>")
    if path and not all(_PART.fullmatch(part) for part in path.split("/")):
        return NotFetched("its directory is not a plain path", "write the directory without .. and odd signs")
    base = RemoteBase(url, path, commit)
    found = remotes.base(base)
    return found if isinstance(found, NotFetched) else (base, found)


def _parts(target: str) -> tuple[str, str, str]:
    """Return repository, directory and revision that a remote base names; '' for a repository of no https address.

    Source: kustomize, api/internal/git/repospec.go: a repository ends at `_git/<name>`, `//` or `.git`, else after two
    parts of the path.
    """
    text = target.removeprefix("git::")
    if _GITHUB.match(text):
        text = _GITHUB.sub("https://github.com/", text, count=1)
    address = address_of(text)
    if address is None or address.scheme == "oci":
        return "", "", ""
    parts = urlsplit(text)
    repository, path = _split(parts.path.removeprefix("/"))
    query = parse_qs(parts.query)
    revision = (query.get("ref") or query.get("version") or [""])[0]
    return (f"{address.origin}/{repository}" if repository else ""), path.strip("/"), revision


def _split(path: str) -> tuple[str, str]:
    before, marker, after = path.partition("_git/")
    if marker:
        name, _, inner = after.partition("/")
        return f"{before}{marker}{name}", inner.removeprefix("/")
    if "//" in path:
        repository, _, inner = path.partition("//")
        return repository, inner
    if found := re.match(r"(.*?\.git)(?:/(.*))?\Z", path):
        return found[1], found[2] or ""
    names = path.split("/")
    return "/".join(names[:_SEGMENTS]), "/".join(names[_SEGMENTS:])


def chart_of(
    repository: str, name: str, version: str, pins: Iterable[ChartPin], remotes: Remotes
) -> tuple[RemoteChart, Tree] | NotFetched:
    """Return the chart that a declaration names, if it is pinned and can be had.

    `pins` are what the configuration says that remote charts are. An address without a scheme is a registry, as for
    Argo CD.
    """
    place = repository_of(repository)
    whole = f"{place}/{name}" if place.startswith("oci://") else place
    if not place or not remotes.allows(whole):
        return OFFLINE
    for one in pins:
        if (repository_of(one.repository), one.chart, one.version) == (place, name, version):
            return pinned_chart(RemoteChart(place, name, version, one.digest), remotes)
    return unpinned(place, name, version)


def pinned_chart(chart: RemoteChart, remotes: Remotes) -> tuple[RemoteChart, Tree] | NotFetched:
    """Return a chart that is pinned, if it can be had."""
    if not _CHART.fullmatch(chart.name) or not _DIGEST.fullmatch(chart.digest):
        return NotFetched(f"{quoted(chart.revision, 120)} names no chart", "name it as its repository does", "wrong")
    found = remotes.chart(chart)
    return found if isinstance(found, NotFetched) else (chart, found)


def repository_of(url: str) -> str:
    """Return the address of a Helm repository or registry in one way of writing it; '' for none that is fetched."""
    text = url.strip().rstrip("/")
    address = address_of(text if "://" in text else f"oci://{text}")
    return "" if address is None else str(address)


def unpinned(repository: str, name: str, version: str) -> NotFetched:
    """Return the words for a chart that may be fetched, but that no digest pins."""
    if not _VERSION.fullmatch(version) or not _CHART.fullmatch(name):
        return NotFetched(f"its version {quoted(version)} is no exact one", "name one exact version, and pin it")
    entry = f"repository: {json.dumps(repository)}, chart: {json.dumps(name)}, version: {json.dumps(version)}"
    if repository.startswith("oci://"):
        tells = f"`helm pull {repository}/{name} --version {version}` tells it"
    else:
        tells = f"`helm pull {name} --repo {repository} --version {version}` and `sha256sum {_archive(name, version)}`"
    return NotFetched(
        "it is not pinned by digest",
        f'add to {CONFIGURATION}: `render: {{charts: [{{{entry}, digest: "sha256:…"}}]}}`; the digest: {tells}',
    )


def _archive(name: str, version: str) -> str:
    return f"{name.rpartition('/')[2]}-{version}.tgz"
