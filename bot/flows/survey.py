"""What is there to render for an environment at one tree, and which of it does a change touch?

A survey of the base is made once. That of the head is the same but for what the changed paths touch, so its cost is
that of the change and not of the repository.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from bot.checks.applications.declared import declared, listings, may_declare
from bot.checks.applications.found import MOST, applications, built_on
from bot.checks.applications.patience import Patience
from bot.checks.applications.place import Cluster, Place
from bot.checks.closure import KUSTOMIZATION_FILES
from bot.checks.inflation import needs
from bot.checks.inputs import Inputs
from bot.errors import UserError
from bot.flows.settled import settled
from bot.flows.surveyed import Ground, Survey, Trigger
from bot.flows.workbench import Workbench
from bot.model.environment import ChartPin
from bot.model.manifest import RenderProblem, Resource
from bot.model.source import Application, Source, ValuesText
from bot.model.tree import Tree

DEEPEST = 8  # applications that declare applications that declare …
_LAYOUT_FILES = re.compile(r"Chart\.yaml|helmfile\.ya?ml(?:\.gotmpl)?|jx-requirements\.ya?ml|requirements\.yaml")
_LAYOUT_PLACES = re.compile(r"(?:^|/)(?:helmfile\.d|config-root|helmfiles)/")


def survey(
    bench: Workbench, ground: Ground, tree: Tree, *, near: Survey | None = None, changed: Sequence[str] = ()
) -> Survey:
    """Survey an environment at a tree; `near` is a survey of another tree that differs in the `changed` paths."""
    key = (ground.identity, tree.id)
    if key in bench.memory.surveys:
        return replace(bench.memory.surveys[key], tree=tree)
    if near is None:
        return bench.memory.keep(key, _Surveyor(bench, ground, tree).survey())
    touched = near.touched(changed)
    surveyor = _Surveyor(bench, ground, tree, {one: near.reads[one] for one in near.reads if one not in touched})
    if _changes_what_there_is(near, tree, touched, changed):
        return bench.memory.keep(key, surveyor.survey())
    return bench.memory.keep(key, surveyor.renewed(near, touched))


def _changes_what_there_is(near: Survey, tree: Tree, touched: Collection[Source], changed: Sequence[str]) -> bool:
    """Say whether a change may do more than alter what known sources read: add, remove, or declare applications."""
    if any(one in near.declaring or _was_made_from(one, changed) for one in touched):
        return True
    return any(_may_move_walls(near, tree, path) for path in changed)


def _was_made_from(source: Source, changed: Sequence[str]) -> bool:
    """Say whether what changed was read when the source was declared, and is written down in it: an edited
    kustomization, or values."""
    laid = {path for path, _ in source.overrides}
    written = source.engine == "helm" and any(isinstance(one, ValuesText) for one in source.helm.values)
    return written or any(path in laid for path in changed)


def _may_move_walls(near: Survey, tree: Tree, path: str) -> bool:
    name = posixpath.basename(path)
    if (near.tree.blob(path) is None) != (tree.blob(path) is None):
        return True
    if any(_lies_in(path, pattern) for pattern in near.listed):
        return True
    if name in KUSTOMIZATION_FILES:
        directory = posixpath.dirname(path)
        if built_on(near.tree, directory) != built_on(tree, directory):
            return True
    if _LAYOUT_FILES.fullmatch(name) or _LAYOUT_PLACES.search(path):
        return True
    return any(may_declare(side.read(path) or b"") for side in (near.tree, tree))


def _lies_in(path: str, pattern: str) -> bool:
    """Say whether a path may match a pattern, by the part of the pattern that is no pattern."""
    fixed = pattern
    for sign in "*?[{":
        fixed = fixed.partition(sign)[0]
    return path.startswith(fixed)


class _Surveyor:
    """Makes one survey. `known` are reads that still hold."""

    def __init__(
        self, bench: Workbench, ground: Ground, tree: Tree, known: Mapping[Source, Inputs] | None = None
    ) -> None:
        self._bench, self._ground, self._tree, self._known = bench, ground, tree, known or {}
        self._reads: dict[Source, Inputs] = {}
        self._resources: list[Resource] = []
        self._declaring: set[Source] = set()
        self._template = Patience(bench.renderer.template)

    def survey(self) -> Survey:
        """Look for everything, and for what it declares."""
        found = [self._fitted(one) for one in self._found()]
        every = list(found)
        waiting: Sequence[Application] = found
        seen: set[tuple[str, tuple[Source, ...]]] = {(one.name, one.sources) for one in found}
        for _ in range(DEEPEST):
            declared_now = [self._fitted(one) for one in self._declared(waiting)]
            waiting = [one for one in declared_now if (one.name, one.sources) not in seen]
            if len(every) + len(waiting) > MOST:
                every.append(self._not_looked_at(f"more than {MOST} applications are declared"))
                waiting = waiting[: max(0, MOST - len(every))]
            seen |= {(one.name, one.sources) for one in waiting}
            every += waiting
            if not waiting:
                break
        else:
            if any(self._may_declare(source) for one in waiting for source in one.sources):
                every.append(self._not_looked_at(f"applications declare each other, more than {DEEPEST} levels deep"))
        for one in waiting:
            for source in one.sources:
                self._read(source)
        return self._done(tuple(settled(every)))

    def _not_looked_at(self, words: str) -> Application:
        """Return what stands for all applications beyond a limit."""
        path = self._ground.environment.path
        problem = RenderProblem(path, f"not rendered: {words}; the others are not looked at")
        return Application("beyond the limit", declared_as="application", path=path, problems=(problem,))

    def _found(self) -> tuple[Application, ...]:
        ground = self._ground
        return applications(ground.environment, self._tree, ground.others, self._template)

    def renewed(self, near: Survey, touched: Collection[Source]) -> Survey:
        """Return the survey of a tree with the same applications, of which only some sources read anew."""
        if not touched:
            return replace(near, tree=self._tree)
        reads = dict(near.reads)
        index = dict(near.index)
        for source in touched:
            reads[source] = needs(source, self._tree)[0]
            for trigger in set(near.reads[source].triggers()) - set(reads[source].triggers()):
                index[trigger] = index[trigger] - {source}
            for trigger in set(reads[source].triggers()) - set(near.reads[source].triggers()):
                index[trigger] = index.get(trigger, frozenset()) | {source}
        return replace(near, tree=self._tree, reads=reads, index=index)

    def _done(self, found: tuple[Application, ...]) -> Survey:
        used = {source for one in found for source in one.sources}
        reads = {source: reads for source, reads in self._reads.items() if source in used}
        index: dict[Trigger, set[Source]] = {}
        for source, one in reads.items():
            for trigger in one.triggers():
                index.setdefault(trigger, set()).add(source)
        return Survey(
            self._tree,
            found,
            reads,
            {trigger: frozenset(sources) for trigger, sources in index.items()},
            frozenset(self._declaring),
            tuple(dict.fromkeys(listings(self._resources, self._place()))),
        )

    def _fitted(self, application: Application) -> Application:
        """Return an application whose charts see the environment's Kubernetes version, and are what the rules say."""
        minor, charts = self._ground.kubernetes, self._ground.configuration.render.charts
        return replace(application, sources=tuple(fitted(one, minor, charts) for one in application.sources))

    def _declared(self, waiting: Iterable[Application]) -> Iterator[Application]:
        """Render what may declare applications, and return what it declares."""
        each = dict.fromkeys(source for one in waiting for source in one.sources)
        wanted = [one for one in each if one not in self._declaring and self._may_declare(one)]
        self._declaring.update(wanted)
        before = len(self._resources)
        trees = [(self._tree, one) for one in wanted]
        outcomes = dict(self._bench.renderer.render(trees))
        for number in sorted(outcomes):
            self._resources += outcomes[number].resources
        yield from declared(self._resources[before:], self._place())

    def _read(self, source: Source) -> Inputs | None:
        """Return what a source of this tree reads; None for one of another tree."""
        if source.repository or source.revision:
            return None
        if source not in self._reads:
            known = self._known.get(source)
            self._reads[source] = needs(source, self._tree)[0] if known is None else known
        return self._reads[source]

    def _may_declare(self, source: Source) -> bool:
        reads = self._read(source)
        if reads is None or any(not one.remote for one in reads.problems):
            return False  # where something is remote only, it may be had when it is rendered
        return any(self._mentions(path) for path in reads.files) or any(
            may_declare(text.encode("utf-8", "replace")) for _, text in source.overrides
        )

    def _mentions(self, path: str) -> bool:
        blob = self._tree.blob(path)
        try:
            return blob is not None and self._bench.memory.mentioned(
                blob, "applications", lambda: may_declare(self._tree.read(path) or b"")
            )
        except UserError:
            return False  # too large to be read; told where it is rendered

    def _place(self) -> Place:
        ground, rules = self._ground, self._ground.configuration.render
        return Place(
            repository=ground.repository,
            branch=ground.environment.branch,
            tree=self._tree,
            default_branch=ground.default_branch,
            host=ground.host,
            addresses=rules.addresses,
            others=rules.repositories,
            clusters=tuple(Cluster(one.name, one.server, one.labels, one.annotations) for one in rules.clusters),
            resources=tuple(self._resources),
            template=self._template,
            charts=rules.charts,
            remotes=self._bench.remotes,
            trees=lambda repository, revision: self._bench.other_tree(
                Source("", "plain", repository=repository, revision=revision)
            ),
        )


def fitted(source: Source, kubernetes: str, charts: tuple[ChartPin, ...]) -> Source:
    """Return a source whose charts see that Kubernetes version, and whose remote charts are what the pins say."""
    match source.engine:
        case "helm" if not source.helm.kube_version:
            return replace(source, helm=replace(source.helm, kube_version=kubernetes))
        case "kustomize" if charts:
            return replace(source, charts=charts)
    return source
