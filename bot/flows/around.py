"""What of an environment lies around one application: labels of namespaces, and what only moved from one to another?

Each application is judged as it comes, and let go. Two things have to wait for the others: policies that ask for the
labels of namespaces, which another application may define; and an application that resources come to or go from,
because one that only moves between them is an update to the cluster, and what was wrong with it still is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
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
    def leaving(self) -> frozenset[ResourceKey]:
        """What the change takes out of the application."""
        return frozenset(one.key for one in self.old.resources) - frozenset(one.key for one in self.new.resources)

    @property
    def coming(self) -> frozenset[ResourceKey]:
        """What the change brings into the application."""
        return frozenset(one.key for one in self.new.resources) - frozenset(one.key for one in self.old.resources)


@dataclass(slots=True)
class Around:
    """What is known of an environment beside the application at hand.

    `wide` says that policies ask for more than the resources of one application, `moves` that resources may move, as
    there is more than one application.
    """

    wide: bool = False
    moves: bool = False
    waiting: list[Both] = field(default_factory=list)
    _namespaces: dict[tuple[bool, str], dict[str, Labels]] = field(default_factory=dict)
    _resources: dict[tuple[bool, str], list[Resource]] = field(default_factory=dict)
    _inventories: dict[tuple[bool, str], bytes] = field(default_factory=dict)
    _left: dict[tuple[str, ResourceKey], Both] | None = None

    @classmethod
    def of(cls, pairs: Sequence[Pair], *, wide: bool) -> Around:
        """Return what there is around the applications that a change may make another of."""
        return cls(wide, len(pairs) > 1)

    def note(self, one: Both) -> None:
        """Take down the labels that both sides of an application give to namespaces."""
        for is_head, side in ((False, one.old), (True, one.new)):
            known = self._namespaces.setdefault((is_head, side.application.cluster), {})
            known.update(_namespaces(side.resources))
            if self.wide:
                self._resources.setdefault((is_head, side.application.cluster), []).extend(side.resources)

    def waits(self, one: Both) -> bool:
        """Say whether an application can only be judged once all others are known; then it is kept in `waiting`."""
        waits = self.wide or (self.moves and bool(one.coming or one.leaving))
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
        there = [*one.old.resources, *self._moved(one)]
        return [each for each in there if each.key in now and each.body != now[each.key]]

    def _moved(self, one: Both) -> Iterator[Resource]:
        for other, keys in self._moves(one):
            yield from (each for each in other.old.resources if each.key in keys)

    def _moves(self, one: Both) -> Iterator[tuple[Both, frozenset[ResourceKey]]]:
        """Yield the applications of the same cluster from which resources move to one, and which."""
        cluster = one.new.application.cluster
        places = [(cluster, key) for key in one.coming] if self.moves else ()
        left = self._left_behind() if places else {}
        others = {id(left[place]): left[place] for place in places if place in left}
        yield from ((other, one.coming & other.leaving) for other in others.values())

    def _left_behind(self) -> Mapping[tuple[str, ResourceKey], Both]:
        """What leaves an application, by cluster; all that may move are waiting by now."""
        if self._left is None:
            self._left = {}
            for one in self.waiting:
                for key in one.leaving:
                    self._left.setdefault((one.old.application.cluster, key), one)
        return self._left

    def sources(self) -> Sequence[Both]:
        """Return the waiting applications from which resources move to others."""
        found = {id(other): other for one in self.waiting for other, _ in self._moves(one)}
        return tuple(found.values())

    def moved_findings(self, one: Both, judged: Mapping[str, Sequence[Finding]]) -> Iterator[Finding]:
        """Yield what was found, by the application they come from, about resources that move to one, in its name."""
        for other, keys in self._moves(one):
            yield from _in_the_name(one.pair.name, judged.get(other.pair.name, ()), keys)


def _in_the_name(application: str, findings: Iterable[Finding], keys: Collection[ResourceKey]) -> Iterator[Finding]:
    return (replace(one, application=application) for one in findings if one.resource in keys)


def _namespaces(resources: Iterable[Resource]) -> Iterator[tuple[str, Labels]]:
    for one in resources:
        if one.kind == "Namespace" and one.api_version == "v1":
            labels = one.metadata.get("labels")
            given = labels if isinstance(labels, Mapping) else {}
            yield one.name, {str(key): value for key, value in given.items() if isinstance(value, str)}
