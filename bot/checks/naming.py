"""Would the API server take the names, labels and annotations of a resource? No schema says so.

Sources: "Object Names and IDs", "Labels and Selectors" and "Annotations" in the Kubernetes documentation. A text that
something fills in later (`${NAME}`, `<path:…>`) is not judged. A Secret's own data are never read here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from bot.checks.fieldpath import Path, dotted
from bot.checks.wording import Remark
from bot.model.manifest import Resource

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_FILLED_LATER = re.compile(r"[$<{]")
_FREE = frozenset(  # kinds whose names follow rules of their own, or those of a segment of a path
    {
        "APIService", "CSIDriver", "CSINode", "ClusterTrustBundle", "ClusterRole", "ClusterRoleBinding", "Role",
        "RoleBinding", "StorageVersion",
    }
)  # fmt: skip
_TEMPLATES: tuple[Path, ...] = (
    ("spec", "template"),
    ("spec", "jobTemplate"),
    ("spec", "jobTemplate", "spec", "template"),
)
_WORKLOADS = frozenset(
    {"CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"}
)
_LONGEST = {"CronJob": 52}  # characters of a name, where that is less than the form allows
_MOST_ANNOTATIONS = 256 * 1024  # bytes of all keys and values together


def misnamed(resource: Resource) -> Iterator[Remark]:
    """Yield what the API server would refuse of a resource's metadata, and of the templates within it."""
    metadata = resource.metadata
    yield from _name(resource.kind, resource.api_version, metadata.get("name"))
    yield from _namespace(metadata.get("namespace"))
    yield from _labelled(metadata, ("metadata",))
    if resource.kind in _WORKLOADS and resource.api_version in ("apps/v1", "batch/v1", "v1"):
        for path in _TEMPLATES:
            yield from _labelled(_at(resource.body, (*path, "metadata")), (*path, "metadata"))


def _name(kind: str, api_version: str, name: Any) -> Iterator[Remark]:
    if not isinstance(name, str) or not name or _FILLED_LATER.search(name) or kind in _FREE:
        return
    form, longest, words = (
        _SUBDOMAIN,
        253,
        "lower case letters, digits, `-` and `.`, and a letter or digit at both ends",
    )
    if (api_version, kind) == ("v1", "Namespace"):
        form, longest, words = _LABEL, 63, "lower case letters, digits and `-`, and a letter or digit at both ends"
    elif (api_version, kind) == ("v1", "Service"):
        form, longest = _SERVICE, 63
        words = "lower case letters, digits and `-`, a letter first and a letter or digit last"
    longest = min(longest, _LONGEST.get(kind, longest))
    place: Path = ("metadata", "name")
    if kind.endswith("List"):
        return
    if len(name) > longest:
        yield Remark(
            "invalid-name", place, f"the name of a {kind} may have {longest} characters, and this has {len(name)}"
        )
    elif not form.fullmatch(name):
        yield Remark(
            "invalid-name", place, f"`{_short(name)}` is no name for a {kind}: it takes {words}{_meant(name, form)}"
        )


def _meant(name: str, form: re.Pattern[str]) -> str:
    likely = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")
    return f"; for example `{_short(likely)}`" if form.fullmatch(likely) else ""


def _namespace(namespace: Any) -> Iterator[Remark]:
    if not isinstance(namespace, str) or not namespace or _FILLED_LATER.search(namespace):
        return
    if len(namespace) > 63 or not _LABEL.fullmatch(namespace):
        words = "at most 63 lower case letters, digits and `-`, and a letter or digit at both ends"
        message = f"`{_short(namespace)}` is no name for a namespace: it takes {words}"
        yield Remark("invalid-name", ("metadata", "namespace"), message)


def _labelled(metadata: Any, above: Path) -> Iterator[Remark]:
    if not isinstance(metadata, Mapping):
        return
    for field in ("labels", "annotations"):
        entries = metadata.get(field)
        for key, value in entries.items() if isinstance(entries, Mapping) else ():
            path = (*above, field, key)
            if isinstance(key, str) and (reason := _key(key if field == "labels" else key.lower())):
                yield Remark("invalid-name", path, f"`{_short(key)}` is no key for {dotted((*above, field))}: {reason}")
            elif field == "labels" and isinstance(value, str) and (reason := _value(value)):
                yield Remark(
                    "invalid-name", path, f"`{_short(value)}` is no value for the label `{_short(key)}`: {reason}"
                )
    annotations = metadata.get("annotations")
    if isinstance(annotations, Mapping) and annotations and _size(annotations) > _MOST_ANNOTATIONS:
        message = f"the annotations are {_size(annotations)} bytes long together, and may be {_MOST_ANNOTATIONS}"
        yield Remark("invalid-name", (*above, "annotations"), message)


@lru_cache(maxsize=8192)
def _key(key: str) -> str:
    prefix, slash, name = key.rpartition("/")
    if _FILLED_LATER.search(key):
        return ""
    if slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix)):
        return "what stands before the `/` must be a DNS name in lower case, such as example.com"
    if len(name) > 63:
        return f"the name may have 63 characters, and this has {len(name)}"
    if not _QUALIFIED.fullmatch(name):
        return "it takes letters, digits, `-`, `_` and `.`, and a letter or digit at both ends"
    return ""


@lru_cache(maxsize=8192)
def _value(value: str) -> str:
    if not value or _FILLED_LATER.search(value):
        return ""
    if len(value) > 63:
        return f"it may have 63 characters, and this has {len(value)}"
    if not _QUALIFIED.fullmatch(value):
        return "it takes letters, digits, `-`, `_` and `.`, and a letter or digit at both ends"
    return ""


def _size(entries: Mapping[Any, Any]) -> int:
    texts = (part for pair in entries.items() for part in pair if isinstance(part, str))
    return sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"
