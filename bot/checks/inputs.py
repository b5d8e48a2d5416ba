"""Which files does rendering a source read, so that it is rendered again when one of them changes, and only then?

Answered from a tree, without building anything: the closure of a kustomization, all of a chart and its values files,
the manifests of a directory.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.checks.applications.directories import walked
from bot.checks.applications.globs import glob
from bot.checks.closure import KUSTOMIZATION_FILES, Closure, OutsideError, closure, normal
from bot.checks.references import forget as forget_parsed
from bot.checks.scope import inside
from bot.errors import UserError
from bot.model.manifest import RenderProblem
from bot.model.source import FileParameter, PlainOptions, Source, ValuesFile
from bot.model.tree import Tree

SUFFIXES = (".yaml", ".yml", ".json")
MOST_FILES = 20_000
_MOST_REMEMBERED = 4_000


@dataclass(frozen=True, slots=True)
class Inputs:
    """What rendering one source reads. All paths are from the top of the tree.

    `files` exist and are read; `below` are directories of which every file counts; `absent` are paths that are not
    there and would count. `directories` exist as far as the engine looks. `missing` are references to what is not
    there, with the line that asks; `problems` are reasons not to render at all.
    """

    files: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    missing: tuple[RenderProblem, ...] = ()
    problems: tuple[RenderProblem, ...] = ()

    def touched_by(self, changed: Collection[str]) -> bool:
        """Say whether one of the changed paths can make a difference."""
        return not touching(changed).isdisjoint(self.triggers())

    def triggers(self) -> Iterator[tuple[str, bool]]:
        """Yield the paths that count, each with True where everything below it counts as well."""
        yield from ((path, False) for path in self.files)
        yield from ((path, True) for path in (*self.below, *self.absent))


_memory: dict[tuple[str, Source], Inputs] = {}


def touching(changed: Collection[str]) -> set[tuple[str, bool]]:
    """Return everything a source may have named (see `Inputs.triggers`) that a change of these paths touches."""
    found: set[tuple[str, bool]] = {("", True)} if changed else set()
    for path in changed:
        found.add((path, False))
        place = path
        while place and (place, True) not in found:
            found.add((place, True))
            place = posixpath.dirname(place)
    return found


def inputs(source: Source, tree: Tree) -> Inputs:
    """Return what rendering a source reads from a tree, never raising for what the tree holds.

    What was found last is remembered by the tree's id: a survey asks, and then whoever renders.
    """
    key = (tree.id, source)
    found = _memory.get(key)
    if found is None:
        if len(_memory) >= _MOST_REMEMBERED:
            _memory.clear()
        found = _memory[key] = _looked_up(source, tree)
    return found


def forget() -> None:
    """Know nothing of any tree any more, for whoever measures."""
    _memory.clear()
    forget_parsed()


def _looked_up(source: Source, tree: Tree) -> Inputs:
    path = normal(source.path)
    if path is None or tree.canonical(path) is None:
        words = f"not rendered: {source.path} leads out of the repository"
        return Inputs(problems=(RenderProblem(source.path, words),))
    try:
        match source.engine:
            case "kustomize":
                return _kustomization(path, source, tree)
            case "helm":
                return _chart(path, source, tree)
            case "plain":
                return _manifests(path, source.plain, tree)
    except UserError as error:  # more than anybody reads
        return Inputs(below=(path,), problems=(RenderProblem(path, f"not rendered: {error.what}"),))


def kustomization_of(tree: Tree, directory: str) -> str | None:
    """Return the path of a directory's kustomization file, None when it has none."""
    paths = (posixpath.join(directory, name) for name in KUSTOMIZATION_FILES)
    return next((path for path in paths if tree.blob(path) is not None), None)


def is_chart(tree: Tree, directory: str) -> bool:
    """Say whether a directory holds a Helm chart."""
    return tree.blob(posixpath.join(directory, "Chart.yaml")) is not None


def _kustomization(path: str, source: Source, tree: Tree) -> Inputs:
    found = read_closure(path, tree, dict(source.overrides))
    overridden = {name for name, _ in source.overrides}
    candidates = [posixpath.join(one, name) for one in found.directories for name in KUSTOMIZATION_FILES]
    absent = {one for one in candidates if one not in found.files and tree.blob(one) is None}
    return Inputs(
        files=tuple(one for one in found.files if one not in overridden or tree.blob(one) is not None),
        absent=tuple(sorted(absent.union(found.absent) - overridden)),
        directories=tuple(one for one in (*found.directories, *found.absent) if tree.is_directory(one)),
        missing=found.missing,
        problems=found.problems,
    )


def read_closure(path: str, tree: Tree, overrides: Mapping[str, str]) -> Closure:
    """Return the closure of a kustomization directory of a tree over which some files are laid."""

    def read(name: str) -> bytes | None:
        text = overrides.get(name)
        return tree.read(name) if text is None else text.encode("utf-8", "surrogateescape")

    def canonical(name: str) -> str:
        found = tree.canonical(name)
        if found is None:
            raise OutsideError
        return found

    return closure(
        path, read, exists=lambda name: name in overrides or tree.blob(name) is not None, canonical=canonical
    )


def _chart(path: str, source: Source, tree: Tree) -> Inputs:
    files = dict.fromkeys(tree.files(path))
    missing, absent = [], []
    for layer in source.helm.values:
        if not isinstance(layer, ValuesFile | FileParameter):
            continue
        name = normal(layer.path)
        if name is not None and tree.blob(name) is not None:
            files[name] = None
            continue
        absent.append(name or layer.path)
        if isinstance(layer, FileParameter) or not layer.optional:
            what = "values file" if isinstance(layer, ValuesFile) else "file"
            missing.append(RenderProblem(posixpath.join(path, "Chart.yaml"), f"the {what} {layer.path} does not exist"))
    if not is_chart(tree, path):
        missing.append(RenderProblem(path, f"not rendered: {path or 'the repository'} holds no Chart.yaml"))
    return Inputs(tuple(files), below=(path,), absent=tuple(absent), missing=(), problems=tuple(missing))


def _manifests(path: str, options: PlainOptions, tree: Tree) -> Inputs:
    if tree.blob(path) is not None:
        return Inputs((path,))
    files = tuple(_counting(path, options, tree))
    if len(files) > MOST_FILES:
        problem = RenderProblem(path, f"not rendered: it holds more than {MOST_FILES} files")
        return Inputs(below=(path,), problems=(problem,))
    return Inputs(files, below=(path,))


def _counting(path: str, options: PlainOptions, tree: Tree) -> Iterator[str]:
    """Yield the manifest files of a directory; without `hidden` none below a dot, or in Helm charts."""

    def is_chart_of(names: Sequence[str]) -> bool:
        return "Chart.yaml" in names and not options.hidden

    def below(here: str, names: Sequence[str]) -> Iterator[str]:
        if options.recurse and not is_chart_of(names):
            yield from (posixpath.join(here, name) for name in names if options.hidden or not name.startswith("."))

    for here, names in walked(tree, path, below):
        for name in () if is_chart_of(names) else names:
            place = posixpath.join(here, name)
            if (
                name.endswith(SUFFIXES)
                and not tree.is_directory(place)
                and _wanted(place[len(path) + 1 if path else 0 :], options)
            ):
                yield place


def _wanted(name: str, options: PlainOptions) -> bool:
    """Apply Argo CD's `include` and `exclude`. Source: its user guide, "Directory"."""
    if options.exclude and glob(options.exclude, name):
        return False
    return not options.include or glob(options.include, name)


def within(path: str, directories: Collection[str]) -> bool:
    """Say whether a path lies at or below one of the directories."""
    return any(inside(path, one) for one in directories)
