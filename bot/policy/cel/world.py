"""What may an expression look at?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

Json = Mapping[str, Any]


class TypeOfResource(Protocol):
    """Group (empty for the core), version and kind."""

    @property
    def group(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def kind(self) -> str: ...


class View(Protocol):
    """One resource as an admission request would carry it; `bot.policy.kyverno.subject.Subject` is one.

    `namespace_labels` is None when nobody knows the labels of its namespace, `old` the object before an UPDATE.
    `given` are values from outside by dotted path, such as `request.userInfo`.
    """

    @property
    def body(self) -> Json: ...
    @property
    def type(self) -> TypeOfResource: ...
    @property
    def name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def namespace_labels(self) -> Mapping[str, str] | None: ...
    @property
    def operation(self) -> str: ...
    @property
    def old(self) -> Json | None: ...
    @property
    def given(self) -> Mapping[str, object]: ...


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What a cluster, a registry or a clock would tell, where somebody wrote it down (a test's context file).

    `resources` are what `resource.Get` and `resource.List` find, `images` maps references to what
    `image.GetMetadata` returns, `entries` are those of `globalContext.Get`, `params`
    may be parameters of policies. None means that nobody knows. Two worlds are never the same.
    """

    resources: Sequence[Json] | None = None
    images: Mapping[str, Json] | None = None
    entries: Mapping[str, Any] | None = None
    params: Sequence[Json] | None = None
    now: Callable[[], datetime | None] | None = None
