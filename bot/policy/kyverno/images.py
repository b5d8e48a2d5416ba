"""What are the parts of an image's name, and which images does a resource run?

Sources: the reference grammar of github.com/distribution/reference; `GetImageInfo` and the image extractors of
kyverno/kyverno: an image without a registry is Docker Hub's, one without tag and digest has the tag `latest`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.policy.kyverno.answers import QueryError

HUB = "docker.io"

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DOMAIN = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*(?::[0-9]+)?"
_REFERENCE = re.compile(
    rf"(?P<registry>{_DOMAIN})/(?P<path>{_PART}(?:/{_PART})*)(?::(?P<tag>\w[\w.-]{{0,127}}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)
_LISTS = ("initContainers", "containers", "ephemeralContainers")
_POD_SPECS: Mapping[str, tuple[str, ...]] = {
    "Pod": ("spec",),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    **dict.fromkeys(
        ("DaemonSet", "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "Job"),
        ("spec", "template", "spec"),
    ),
}

Infos = dict[str, dict[str, dict[str, object]]]


@dataclass(frozen=True, slots=True)
class Image:
    """The parts of an image's name; `tag` or `digest` may be empty, not both."""

    registry: str
    path: str
    tag: str
    digest: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def normal(self) -> str:
        """The whole name: registry, path and digest, or else tag."""
        end = f"@{self.digest}" if self.digest else f":{self.tag}"
        return f"{self.registry}/{self.path}{end}"

    def values(self) -> dict[str, object]:
        """Return what Kyverno's variable `images` says of an image."""
        said = {
            "registry": self.registry,
            "name": self.name,
            "path": self.path,
            "tag": self.tag,
            "digest": self.digest,
            "reference": self.normal,
            "referenceWithTag": f"{self.registry}/{self.path}:{self.tag}",
        }
        return {name: value for name, value in said.items() if value or name in ("name", "path")}


def parse_image(text: str) -> Image:
    """Take an image's name apart; raises `QueryError` when it is none."""
    host, slash, _ = text.partition("/")
    named = bool(slash) and ("." in host or ":" in host or host == "localhost" or host.lower() != host)
    found = _REFERENCE.fullmatch(text if named else f"{HUB}/{text}") if len(text) <= 1000 else None
    if found is None:
        raise QueryError(f"`{text[:80]}` is no name of an image")
    tag, digest = found["tag"] or "", found["digest"] or ""
    return Image(found["registry"], found["path"], tag or ("" if digest else "latest"), digest)


@dataclass(frozen=True, slots=True)
class Extractor:
    """Where a rule says that a kind keeps images: `path` with `*` for every element, `key` names them."""

    path: tuple[str, ...]
    value: str
    name: str = "custom"
    key: str = ""


def images_of(body: Mapping[str, object], extractors: Mapping[str, Sequence[Extractor]] | None = None) -> Infos:
    """Return the images of a resource: kind of container to name to parts; raises `QueryError` for a bad one."""
    kind = str(body.get("kind") or "")
    chosen = (extractors or {}).get(kind)
    if chosen is None:
        lists = _LISTS if kind in _POD_SPECS else ()
        chosen = [Extractor((*_POD_SPECS[kind], name, "*"), "image", name, "name") for name in lists]
    found: Infos = {}
    for extractor in chosen:
        for place, holder in _holders(body, extractor.path, ""):
            text = holder.get(extractor.value)
            if not isinstance(text, str) or not text.strip():
                continue
            key = holder.get(extractor.key) if extractor.key else f"{place}/{extractor.value}"
            found.setdefault(extractor.name, {})[str(key)] = parse_image(text).values()
    return found


def _holders(value: object, path: Sequence[str], place: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    if not path:
        if isinstance(value, Mapping):
            yield place, value
    elif path[0] == "*":
        pairs = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, Mapping) else ()
        for key, one in pairs:
            yield from _holders(one, path[1:], f"{place}/{key}")
    elif isinstance(value, Mapping):
        yield from _holders(value.get(path[0]), path[1:], f"{place}/{path[0]}")
