"""What of a Pod do the Pod Security Standards look at, and what is a violation of them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Json = Mapping[str, object]
Minor = int  # of Kubernetes 1.x; LATEST for the newest

LATEST: Minor = 10_000

_CONTAINERS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(frozen=True, slots=True)
class Violation:
    """One place that breaks a control; `path` starts at the Pod, `image` is that of the container, if in one."""

    control: str
    path: str
    value: object = None
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """A container and its place."""

    path: str
    body: Json
    image: str
    security: Json

    def break_at(self, control: str, below: str, value: object = None) -> Violation:
        """Return a violation at a field of this container."""
        return Violation(control, f"{self.path}.{below}", value, self.image)


@dataclass(frozen=True, slots=True)
class Pod:
    """A Pod, or what a controller makes Pods from, with the version of the standard."""

    spec: Json
    annotations: Json
    minor: Minor
    containers: tuple[Container, ...] = field(default=())

    @property
    def security(self) -> Json:
        """The Pod's own security context."""
        return mapping(self.spec.get("securityContext"))

    @property
    def windows(self) -> bool:
        """Whether the Pod says that it is for Windows, which exempts it since 1.25."""
        return self.minor >= 25 and mapping(self.spec.get("os")).get("name") == "windows"


def mapping(found: object) -> Json:
    """Return a map, empty for what is none."""
    return found if isinstance(found, Mapping) else {}


def listed(found: object) -> list[object]:
    """Return a list, empty for what is none."""
    return found if isinstance(found, list) else []


def pod_of(spec: Json, annotations: Json, minor: Minor) -> Pod:
    """Make a Pod of its parts."""
    containers = tuple(
        Container(f"spec.{name}[{index}]", body, str(body.get("image") or ""), mapping(body.get("securityContext")))
        for name in _CONTAINERS
        for index, body in enumerate(map(mapping, listed(spec.get(name))))
    )
    return Pod(spec, annotations, minor, containers)
