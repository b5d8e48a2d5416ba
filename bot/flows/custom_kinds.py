"""Which custom kinds does a tree define, for resources whose definition is not rendered beside them?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.checks.crd import NONE, CustomKinds, custom_kinds, joined
from bot.checks.definitions import Definitions
from bot.checks.documents import parse
from bot.checks.inputs import SUFFIXES
from bot.checks.scalars import DocumentError
from bot.checks.schema import crds
from bot.flows.workbench import Workbench
from bot.model.manifest import Resource
from bot.model.tree import Tree

_WORD = b"CustomResourceDefinition"
_TEMPLATES = "/templates/"  # of charts: no YAML
MOST_BYTES = 32 * 1024 * 1024  # of files in which definitions are looked for; the others are not read


class TreeKinds:
    """The custom kinds of one tree: those in the configured `paths`, and those found anywhere in it.

    Nothing is looked for before a resource asks for it.
    """

    def __init__(self, bench: Workbench, tree: Tree, paths: Sequence[str], minor: Definitions) -> None:
        self._bench, self._tree, self._paths, self._minor = bench, tree, paths, minor
        self._configured: CustomKinds | None = None
        self._found: CustomKinds | None = None
        self._left = MOST_BYTES

    def for_resources(self, resources: Sequence[Resource]) -> CustomKinds:
        """Return the custom kinds that count for these resources: their own, then configured ones, then any."""
        own = custom_kinds(crds(resources), self._minor)
        if not self._lacks(resources, own):
            return own
        if self._configured is None:
            files = [one for path in self._paths for one in self._below(path)]
            self._configured = self._kinds(files) if files else NONE
        known = joined((self._configured, own))
        if not self._lacks(resources, known):
            return known
        if self._found is None:
            self._found = self._kinds(self._below(""))
        return joined((self._found, known))

    def _lacks(self, resources: Iterable[Resource], known: CustomKinds) -> bool:
        """Say whether a kind of an API group that Kubernetes does not have is not among those that are known."""
        asked = {(one.api_version, one.kind) for one in resources}
        return any(
            version.rpartition("/")[0] not in self._minor.groups and (version, kind) not in known.schemas
            for version, kind in asked
        )

    def _below(self, path: str) -> Sequence[str]:
        return (path,) if path and self._tree.blob(path) is not None else self._tree.files(path)

    def _kinds(self, files: Iterable[str]) -> CustomKinds:
        return custom_kinds((body for path in files for body in self._definitions(path)), self._minor)

    def _definitions(self, path: str) -> Iterable[Mapping[str, Any]]:
        if not path.endswith(SUFFIXES) or _TEMPLATES in path or not self._mentions(path):
            return ()
        text = self._tree.read(path) or b""
        self._left -= len(text)
        if self._left < 0:
            return ()
        try:
            documents = parse(text)
        except DocumentError:
            return ()  # told where it is rendered
        return crds(Resource(one.value) for one in documents if isinstance(one.value, Mapping))

    def _mentions(self, path: str) -> bool:
        blob = self._tree.blob(path)
        if blob is None:
            return False
        return self._bench.memory.mentioned(blob, "definitions", lambda: _WORD in (self._tree.read(path) or b""))
