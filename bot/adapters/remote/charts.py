"""Where does a Helm repository keep the archive of a chart, and a registry its layers; and are they what is pinned?

The index of a repository: https://helm.sh/docs/topics/chart_repository/. Charts in registries: the OCI distribution
specification, https://helm.sh/docs/topics/registries/, and for anonymous tokens
https://distribution.github.io/distribution/spec/auth/token/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode, urljoin

from bot.adapters.remote.blobs import Blobs, digest_of
from bot.adapters.remote.web import Answer, FetchError, Web, not_allowed
from bot.checks.documents import parse
from bot.checks.remote import NotFetched, RemoteChart
from bot.checks.scalars import DocumentError
from bot.model.address import address_of

LARGEST_ARCHIVE = 32 * 1024 * 1024
_LARGEST_INDEX = 64 * 1024 * 1024
_LARGEST_MANIFEST = 4 * 1024 * 1024
_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CHALLENGE = re.compile(r'([a-z]+)="([^"]{0,1000})"')


class ChartArchives:
    """The archives of remote charts, from here where they are kept, else fetched, and held against their digests."""

    def __init__(self, web: Web, blobs: Blobs, allows: Callable[[str], bool]) -> None:
        self._web, self._blobs, self._allows = web, blobs, allows

    def archive(self, chart: RemoteChart) -> bytes:
        """Return the archive of a chart. Raises FetchError."""
        if not chart.repository.startswith("oci://"):
            return self._kept(chart.digest, lambda: self._listed(chart))
        registry = _Registry(self._web, f"{chart.repository}/{chart.name}", self._allows)
        manifest = self._kept(chart.digest, lambda: registry.get(f"manifests/{chart.digest}", _LARGEST_MANIFEST))
        layer = _layer(manifest, chart)
        return self._kept(layer, lambda: registry.get(f"blobs/{layer}", LARGEST_ARCHIVE))

    def _kept(self, digest: str, fetch: Callable[[], bytes]) -> bytes:
        kept = self._blobs.read(digest)
        if kept is not None:
            return kept
        data = fetch()
        try:
            self._blobs.keep(digest, data)
        except ValueError:
            words = f"what lies there has the digest {digest_of(data)}, and {digest} is pinned"
            raise FetchError(
                NotFetched(words, "look whether it was changed, before you pin another one", "wrong")
            ) from None
        return data

    def _listed(self, chart: RemoteChart) -> bytes:
        """Fetch the archive of a chart from where the repository's index says that it lies."""
        root = f"{chart.repository}/"
        index = _found(self._web.get(f"{root}index.yaml", _LARGEST_INDEX, self._allows), f"{root}index.yaml")
        for entry in _entries(index, chart.name):
            urls = entry.get("urls")
            if str(entry.get("version")) == chart.version and isinstance(urls, list) and urls:
                url = urljoin(root, str(urls[0]))
                if url.startswith("oci://"):
                    how = "name that registry, and pin the digest of the manifest there"
                    raise FetchError(NotFetched(f"the repository says that it lies in a registry, {url[:200]}", how))
                return _found(self._web.get(url, LARGEST_ARCHIVE, self._allows), url)
        words = f"{chart.repository} has no chart {chart.name} {chart.version}"
        raise FetchError(NotFetched(words, "name a version that it has", "wrong"))


class _Registry:
    """One repository of a registry, by the oci:// address of it."""

    def __init__(self, web: Web, address: str, allows: Callable[[str], bool]) -> None:
        found = address_of(address)
        if found is None:
            raise FetchError(not_allowed(address, "it lies at"))
        self._web, self._allows = web, allows
        scheme = "http" if found.is_here else "https"
        self._origin = found.origin.replace("oci://", f"{scheme}://", 1)
        self._name = found.path.strip("/")
        self._token = ""

    def get(self, what: str, largest: int) -> bytes:
        """Fetch a manifest or blob; where the registry asks for one, with a token that anybody gets."""
        url = f"{self._origin}/v2/{quote(self._name)}/{what}"
        answer = self._asked(url, largest)
        if answer.status == 401 and not self._token:
            self._token = self._anonymous(answer.headers.get("www-authenticate", ""))
            answer = self._asked(url, largest)
        return _found(answer, url)

    def _asked(self, url: str, largest: int) -> Answer:
        token = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return self._web.get(url, largest, self._permits, {"Accept": f"{_MANIFEST}, */*;q=0.1", **token})

    def _permits(self, url: str) -> bool:
        return url == self._origin or url.startswith(f"{self._origin}/") or self._allows(url)

    def _anonymous(self, challenge: str) -> str:
        kind, _, rest = challenge.partition(" ")
        asked = dict(_CHALLENGE.findall(rest))
        realm = asked.get("realm", "")
        if kind.lower() != "bearer" or not realm:
            raise FetchError(_closed(self._origin))
        if not self._permits(realm):
            raise FetchError(not_allowed(realm, "its registry gives out tokens at"))
        query = {"service": asked.get("service", ""), "scope": f"repository:{self._name}:pull"}
        url = f"{realm}?{urlencode({name: one for name, one in query.items() if one})}"
        found = _json(_found(self._web.get(url, _LARGEST_MANIFEST, self._permits), realm))
        token = found.get("token") or found.get("access_token")
        if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]{1,16000}", token):
            raise FetchError(_closed(self._origin))
        return token


def _found(answer: Answer, url: str) -> bytes:
    shown = url.partition("?")[0][:200]
    if answer.status == 200:
        return answer.body
    if answer.status in (401, 403):
        raise FetchError(_closed(shown))
    because = f"{shown} answered {answer.status}"
    raise FetchError(NotFetched(because, "look whether the address is right", "wrong"))


def _closed(where: str) -> NotFetched:
    return NotFetched(f"{where} is not public, and no credentials are sent", "name a source that is public")


def _layer(manifest: bytes, chart: RemoteChart) -> str:
    """Return the digest of the layer that is the chart's archive."""
    layers = _json(manifest).get("layers")
    for one in layers if isinstance(layers, list) else ():
        if isinstance(one, dict) and one.get("mediaType") == _LAYER:
            digest = str(one.get("digest"))
            if re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
                return digest
    words = f"{chart.digest} is no chart"
    raise FetchError(NotFetched(words, "pin the digest that `helm pull` tells", "wrong"))


def _json(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _entries(index: bytes, name: str) -> Iterator[Mapping[str, Any]]:
    """Yield what an index says of a chart. Of an index as Helm writes it only that part is parsed: they are long."""
    part = re.compile(rb"^  " + re.escape(name).encode() + rb":[ ]*\r?\n(?:(?:  - |    ).*\n|[ ]{0,3}\r?\n)+", re.M)
    found = list(part.finditer(index if index.endswith(b"\n") else index + b"\n"))
    try:
        documents = parse(found[0][0] if len(found) == 1 else index)
        value = documents[0].value if documents else None
    except DocumentError as error:
        words = f"the index of its repository cannot be read: {error.message}"
        raise FetchError(NotFetched(words, because="wrong")) from error
    top = value if isinstance(value, dict) else {}
    entries = top.get("entries") if "entries" in top else top
    listed = entries.get(name) if isinstance(entries, dict) else None
    yield from (one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict))
