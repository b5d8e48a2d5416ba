"""What is a rendered Kubernetes resource, and where did it come from?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, order=True)
class ResourceKey:
    """The identity of a resource within one environment: API group (no version), kind, namespace, name."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        namespace = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {namespace}{self.name}"


@dataclass(frozen=True, slots=True)
class Resource:
    """One rendered resource. `body` is the whole object as parsed JSON values; never mutate it.

    `path` is the file (or kustomization directory) it came from, from the repository's root with `/`.
    `line` is 1-based, None when unknown.
    """

    body: Mapping[str, Any]
    path: str = ""
    line: int | None = None

    @property
    def api_version(self) -> str:
        return str(self.body.get("apiVersion") or "")

    @property
    def kind(self) -> str:
        return str(self.body.get("kind") or "")

    @property
    def metadata(self) -> Mapping[str, Any]:
        found = self.body.get("metadata")
        return found if isinstance(found, (dict, Mapping)) else {}  # the first is nearly always so, and soon told

    @property
    def name(self) -> str:
        return str(self.metadata.get("name") or self.metadata.get("generateName") or "")

    @property
    def namespace(self) -> str:
        return str(self.metadata.get("namespace") or "")

    @property
    def key(self) -> ResourceKey:
        group, slash, _ = self.api_version.partition("/")
        metadata = self.metadata
        namespace, name = metadata.get("namespace"), metadata.get("name") or metadata.get("generateName")
        return ResourceKey(group if slash else "", self.kind, str(namespace or ""), str(name or ""))


@dataclass(frozen=True, slots=True)
class RenderProblem:
    """Why a render root, or one file of it, could not be rendered: the tool's own words, with the place.

    `remote` says that it is nobody's mistake: it would have to be fetched, and is not. `passing` says that it may be
    there another time.
    """

    path: str
    message: str
    line: int | None = None
    how: str = ""
    remote: bool = False
    passing: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """The outcome of rendering one root at one commit: resources, or problems, never both silently.

    `files` are all repository paths that were (or may have been) read, the closure of the root.
    """

    root: str
    resources: tuple[Resource, ...] = ()
    problems: tuple[RenderProblem, ...] = ()
    files: tuple[str, ...] = ()
    kind: str = "kustomize"  # or "helm", "plain", "absent"
    seconds: float = field(default=0.0, compare=False)
    notes: tuple[str, ...] = ()  # said, and do no harm: for example that random values are masked
