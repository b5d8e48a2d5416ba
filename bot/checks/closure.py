"""Which files does a kustomization read, and does it ask for anything Lockkeeper will not fetch or run?

The answer is static: kustomization files are parsed, nothing is built. It serves three ends: refuse a build
that would leave the repository, use the network or start programs; know which environments a change touches;
and name the file and line behind an error.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bot.checks.references import Reference, parsed, plugin_references, references
from bot.checks.scalars import DocumentError
from bot.model.manifest import RenderProblem

KUSTOMIZATION_FILES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
MAX_FILES = 5000

Read = Callable[[str], bytes | None]


class OutsideError(Exception):
    """Raised by a `canonical` function for a path that leads out of the repository."""


@dataclass(frozen=True, slots=True)
class Closure:
    """What a kustomization root reads. All paths are from the repository's root, sorted.

    `files` exist; `missing` are references to files or directories that do not, with the place that asks for
    them, `absent` the paths they lead to; `directories` are those that are built on; `problems` are reasons not to
    build at all.
    """

    root: str
    files: tuple[str, ...] = ()
    missing: tuple[RenderProblem, ...] = ()
    problems: tuple[RenderProblem, ...] = ()
    directories: tuple[str, ...] = field(default=(), compare=False)
    absent: tuple[str, ...] = field(default=(), compare=False)


def kustomization_file(directory: str, read: Read) -> str | None:
    """Return the path of the kustomization file in a directory, or None."""
    names = (posixpath.join(directory, name) for name in KUSTOMIZATION_FILES)
    return next((name for name in names if read(name) is not None), None)


def closure(
    root: str,
    read: Read,
    *,
    exists: Callable[[str], bool] | None = None,
    canonical: Callable[[str], str] | None = None,
) -> Closure:
    """Walk everything that building the kustomization in directory `root` may read.

    `read` returns a file's bytes, None when the path is no file. `exists` says whether a path is a file, when
    that is cheaper than reading it. `canonical` maps a path to the one it really is where there are symbolic
    links, and raises OutsideError when it leads out of the repository.
    """
    walk = _Walk(read, exists or (lambda path: read(path) is not None), canonical or (lambda path: path))
    start = normal(root)
    try:
        start = None if start is None else walk.canonical(start)
    except OutsideError:
        start = None
    if start is None:
        return Closure(root, problems=(RenderProblem(root, "not rendered: it lies outside the repository"),))
    walk.directory(start, Reference("kustomization.yaml", "directory", None), "")
    return Closure(
        start,
        tuple(sorted(walk.files)),
        tuple(walk.missing),
        tuple(walk.problems),
        tuple(sorted({here for here, _ in walk.seen})),
        tuple(sorted(walk.absent)),
    )


def normal(path: str) -> str | None:
    """Return a path relative to the repository without `.` and `..` ('' is its root); None if it leaves."""
    clean = posixpath.normpath(path or ".")
    if clean == ".." or clean.startswith(("../", "/")):
        return None
    return "" if clean == "." else clean


@dataclass(slots=True)
class _Walk:
    read: Read
    exists: Callable[[str], bool]
    canonical: Callable[[str], str]
    files: set[str] = field(default_factory=set)
    missing: list[RenderProblem] = field(default_factory=list)
    problems: list[RenderProblem] = field(default_factory=list)
    seen: set[tuple[str, bool]] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)

    def directory(self, path: str, asked: Reference, by: str, *, plugins: bool = False) -> None:
        """Walk one kustomization directory and, with a list of its own, all it refers to."""
        pending = [(path, asked, by, plugins)]
        while pending and len(self.files) <= MAX_FILES:
            here, reference, source, inherited = pending.pop()
            if (here, inherited) in self.seen:
                continue
            self.seen.add((here, inherited))
            name = kustomization_file(here, self.read)
            if name is None:
                self.absent.add(here)
                self._miss(reference, source or here)
                continue
            pending.extend(self._file(here, name, inherited))
        if len(self.files) > MAX_FILES:
            self.problems.append(RenderProblem(path, f"not rendered: it reads more than {MAX_FILES} files"))

    def _file(self, here: str, name: str, plugins: bool) -> Iterator[tuple[str, Reference, str, bool]]:
        """Look at one kustomization file; yield the directories it builds on."""
        self.files.add(name)
        try:
            documents = parsed(self.read(name) or b"")
        except DocumentError as error:
            self.problems.append(RenderProblem(name, error.message, error.line))
            return
        for document in documents:
            for reference in references(document):
                yield from self._reference(here, name, reference, plugins)

    def _reference(
        self, here: str, name: str, reference: Reference, inherited: bool
    ) -> Iterator[tuple[str, Reference, str, bool]]:
        if reference.refused:
            self._refuse(RenderProblem(name, reference.refused, reference.line, reference.how, remote=reference.remote))
            return
        path = self._inside(here, name, reference)
        if path is None:
            return
        plugins = inherited or reference.plugin
        if self.exists(path):
            self.files.add(path)
            if plugins and reference.kind != "file":
                yield from self._plugins(here, path)
        elif reference.kind == "file":
            self.absent.add(path)
            self._miss(reference, name)
        else:
            yield path, reference, name, plugins

    def _plugins(self, here: str, path: str) -> Iterator[tuple[str, Reference, str, bool]]:
        """Look into a generator's or transformer's own configuration for what it would run and read."""
        try:
            documents = parsed(self.read(path) or b"")
        except DocumentError as error:
            self.problems.append(RenderProblem(path, error.message, error.line))
            return
        for document in documents:
            for reference in plugin_references(document):
                yield from self._reference(here, path, reference, False)

    def _inside(self, here: str, name: str, reference: Reference) -> str | None:
        """Return where a reference really leads; None, and a problem, if out of the repository."""
        path = None if reference.target.startswith("/") else normal(posixpath.join(here, reference.target))
        try:
            found = None if path is None else self.canonical(path)
        except OutsideError:
            found = None
        if found is None:
            words = f"not rendered: {reference.target} leads out of the repository"
            how = "keep everything a kustomization builds on inside its repository"
            self._refuse(RenderProblem(name, words, reference.line, how))
        return found

    def _refuse(self, problem: RenderProblem) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def _miss(self, reference: Reference, by: str) -> None:
        self.missing.append(RenderProblem(by, f"{reference.target} does not exist", reference.line))
