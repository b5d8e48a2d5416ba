"""What of an environment lies around one application: labels of namespaces, and what only moved from one to another?

Each application is judged as it comes, and let go. Two things have to wait for the others: policies that ask for the
labels of namespaces, which another application may define; and an application that is new where another one goes,
because a resource that only moves between them is an update to the cluster, and what was wrong with it still is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.flows.side import Pair, Side
from bot.model.finding import Finding
from bot.model.manifest import Resource, ResourceKey
from bot.policy.gatekeeper import inventory_of

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Both:
    """An application with both its sides."""

    pair: Pair
    old: Side
    new: Side

    @property
    def is_gone(self) -> bool:
        return not self.pair.head.sources

    @property
    def is_fresh(self) -> bool:
        return not self.pair.base.sources


@dataclass(slots=True)
class Around:
    """What is known of an environment beside the application at hand.

    `wide` says that policies ask for more than the resources of one application, `moves` that some applications go
    while others come.
    """

    wide: bool = False
    moves: bool = False
    waiting: list[Both] = field(default_factory=list)
    _namespaces: dict[tuple[bool, str], dict[str, Labels]] = field(default_factory=dict)
    _resources: dict[tuple[bool, str], list[Resource]] = field(default_factory=dict)
    _inventories: dict[tuple[bool, str], bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, pairs: Sequence[Pair], *, wide: bool) -> Around:
        """Return what there is around the applications that a change may make another of."""
        ends = {(bool(one.base.sources), bool(one.head.sources)) for one in pairs}
        return cls(wide, (True, False) in ends and (False, True) in ends)

    def note(self, one: Both) -> None:
        """Take down the labels that both sides of an application give to namespaces."""
        for is_head, side in ((False, one.old), (True, one.new)):
            known = self._namespaces.setdefault((is_head, side.application.cluster), {})
            known.update(_namespaces(side.resources))
            if self.wide:
                self._resources.setdefault((is_head, side.application.cluster), []).extend(side.resources)

    def waits(self, one: Both) -> bool:
        """Say whether an application can only be judged once all others are known; then it is kept in `waiting`."""
        waits = self.wide or (self.moves and (one.is_gone or one.is_fresh))
        if waits:
            self.waiting.append(one)
        return waits

    def namespaces(self, side: Side, *, is_head: bool) -> Mapping[str, Labels]:
        """Return the labels of the namespaces of the cluster that a side goes to, as far as they are known."""
        return self._namespaces.get((is_head, side.application.cluster), {})

    def inventory(self, side: Side, *, is_head: bool) -> Callable[[], bytes] | None:
        """Return what makes the inventory of the cluster that a side goes to; None where it is not asked for."""
        key = is_head, side.application.cluster

        def made() -> bytes:
            if key not in self._inventories:  # all applications are known by now: they waited for each other
                self._inventories[key] = inventory_of(self._resources.get(key, ()))
            return self._inventories[key]

        return made if self.wide else None

    def beside(self, side: Side, *, is_head: bool) -> Sequence[Resource] | None:
        """Return all resources of the cluster that a side goes to; None where nobody asks for them."""
        return self._resources.get((is_head, side.application.cluster), ()) if self.wide else None

    def before(self, one: Both) -> Sequence[Resource]:
        """Return the resources that an application updates, as they were: those that are the same are not updated."""
        now = {each.key: each.body for each in one.new.resources}
        there = [*one.old.resources, *self._moved(one, now)]
        return [each for each in there if each.key in now and each.body != now[each.key]]

    def _moved(self, one: Both, now: Mapping[ResourceKey, object]) -> Iterator[Resource]:
        if one.is_fresh:
            for gone in self._gone_to(one):
                yield from (each for each in gone.old.resources if each.key in now)

    def _gone_to(self, one: Both) -> Iterator[Both]:
        """Yield the applications that go, from the cluster that a fresh one comes to."""
        cluster = one.new.application.cluster
        yield from (each for each in self.waiting if each.is_gone and each.old.application.cluster == cluster)

    def moved_findings(self, one: Both, judged: Mapping[str, Sequence[Finding]]) -> Iterator[Finding]:
        """Yield what was found, by application that goes, about resources that a fresh one has now, in its name."""
        if not one.is_fresh:
            return
        keys = {each.key for each in one.new.resources}
        for gone in self._gone_to(one):
            yield from _in_the_name(one.pair.name, judged.get(gone.pair.name, ()), keys)


def _in_the_name(application: str, findings: Iterable[Finding], keys: set[ResourceKey]) -> Iterator[Finding]:
    return (replace(one, application=application) for one in findings if one.resource in keys)


def _namespaces(resources: Iterable[Resource]) -> Iterator[tuple[str, Labels]]:
    for one in resources:
        if one.kind == "Namespace" and one.api_version == "v1":
            labels = one.metadata.get("labels")
            given = labels if isinstance(labels, Mapping) else {}
            yield one.name, {str(key): value for key, value in given.items() if isinstance(value, str)}
