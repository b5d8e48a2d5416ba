"""What does a kustomization build on once its remote bases and charts have been fetched?

Each is grafted into the tree below a directory of its own, and the kustomization names that directory in the place of
the address, on the same line. So what is said of a file is still said of its own lines.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bot.checks.closure import KUSTOMIZATION_FILES, normal
from bot.checks.documents import Document
from bot.checks.grafted_tree import GraftedTree
from bot.checks.inflation import Named, charts_of
from bot.checks.inputs import Inputs, read_closure
from bot.checks.references import Reference, parsed, references
from bot.checks.remote import OFFLINE, ROOT, NotFetched, Remotes, base_of, chart_of
from bot.checks.scalars import DocumentError
from bot.checks.scope import inside
from bot.model.manifest import Rendered, RenderProblem, Resource
from bot.model.source import Source
from bot.model.tree import Tree

DEEPEST = 5  # remote bases that build on remote bases
MOST = 100  # remote things that one kustomization builds on

_ENDS = r"[^\s\[\]{},'\"]"  # what an address does not end before
_GRAFT = re.compile(rf"(?:\.\./)*{re.escape(ROOT)}/([0-9a-f]{{12}})")
_ODDLY = NotFetched(
    "its address is written in a way that cannot be followed", "write it as one word on a line of its own"
)
_TOO_DEEP = NotFetched(f"remote bases build on remote bases more than {DEEPEST} deep")
_TOO_MANY = NotFetched(f"it is one of more than {MOST} remote things")
_VENDOR = "commit a copy to the repository and refer to it by a relative path"

_Line = tuple[str, int | None, str]  # path, line, and the address or chart that is named there


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a graft comes from, in words, and which line of which file of the tree at hand leads to it."""

    words: str
    path: str
    line: int | None


@dataclass(slots=True)
class Grafted:
    """A source whose remote bases and charts lie in its tree as far as they can be had.

    `charts` says where each chart of a `helmCharts` entry lies. `origins` tells of each graft by its place; `refused`
    why what a line names was not fetched; `problems` what is wrong with what was.
    """

    tree: Tree
    source: Source
    charts: dict[Named, str] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    refused: dict[_Line, NotFetched] = field(default_factory=dict)
    problems: list[RenderProblem] = field(default_factory=list)

    def told(self, reads: Inputs) -> Inputs:
        """Return what is read, with the problems in words that a person can act on."""
        problems = [*(self._why(one) for one in reads.problems), *self.problems]
        return replace(reads, problems=tuple(dict.fromkeys(self._here(one) for one in problems)))

    def rendered(self, found: Rendered) -> Rendered:
        """Return an outcome that speaks of the tree at hand, never of where a graft was put."""
        return replace(
            found,
            resources=tuple(self._placed(one) for one in found.resources),
            problems=tuple(self._here(one) for one in found.problems),
            files=tuple(one for one in found.files if not inside(one, ROOT)),
        )

    def _why(self, problem: RenderProblem) -> RenderProblem:
        """Put the reason into a problem that says that something is remote."""
        what, offline, _ = problem.message.partition(f": {OFFLINE.reason}")
        for (path, line, target), why in self.refused.items() if problem.remote and offline else ():
            if (path, line) == (problem.path, problem.line) and target in what and why is not OFFLINE:
                vendor = _VENDOR if " base " in what else problem.how
                return RenderProblem(path, f"{what}: {why.reason}", line, why.or_else(vendor), why.remote, why.passing)
        return problem

    def _here(self, problem: RenderProblem) -> RenderProblem:
        message = _GRAFT.sub(self._words, problem.message)
        origin, inner = self._origin(problem.path)
        if origin is None:
            return replace(problem, message=message)
        where = posixpath.join(origin.words, inner) + (f":{problem.line}" if problem.line else "")
        return replace(problem, path=origin.path, line=origin.line, message=f"{message} (in {where})")

    def _placed(self, resource: Resource) -> Resource:
        origin, _ = self._origin(resource.path)
        return resource if origin is None else replace(resource, path=origin.path, line=origin.line)

    def _origin(self, path: str) -> tuple[Origin | None, str]:
        found = _GRAFT.match(path)
        return (None, "") if found is None else (self.origins.get(found[0]), path[found.end() + 1 :])

    def _words(self, found: re.Match[str]) -> str:
        origin = self.origins.get(f"{ROOT}/{found[1]}")
        return found[0] if origin is None else origin.words


def grafted(source: Source, tree: Tree, remotes: Remotes) -> Grafted:
    """Return a kustomization with every remote base and chart grafted that can be had."""
    work = _Grafting(source, tree, remotes)
    for _ in range(DEEPEST):
        if not work.step():
            break
    else:
        work.give_up()
    return work.done()


class _Grafting:
    """A source on its way: what is grafted so far, and which of its files were edited for that."""

    def __init__(self, source: Source, tree: Tree, remotes: Remotes) -> None:
        self._source, self._own, self._remotes = source, tree, remotes
        self._grafts: dict[str, Tree] = {}
        self._edited = dict(source.overrides)
        self._seen: set[_Line] = set()
        self._found = Grafted(tree, source)

    def done(self) -> Grafted:
        """Return what came of it."""
        self._found.problems += dict.fromkeys(self._leading_out())
        self._found.tree = self._tree
        self._found.source = replace(self._source, overrides=tuple(self._edited.items()))
        return self._found

    def step(self) -> bool:
        """Graft what the files name that can be reached so far; say whether there was any."""
        before = len(self._grafts)
        for path, document in self._files():
            for entry in references(document):
                if entry.remote:
                    self._base(path, document, entry)
            self._charts(path)
        return len(self._grafts) > before

    def give_up(self) -> None:
        """Say of what is still remote that it is too deep."""
        for path, document in self._files():
            for entry in references(document):
                if entry.remote:
                    self._found.refused.setdefault((path, entry.line, entry.target), _TOO_DEEP)

    @property
    def _tree(self) -> Tree:
        return GraftedTree(self._own, self._grafts) if self._grafts else self._own

    def _files(self) -> Iterator[tuple[str, Document]]:
        tree = self._tree
        for path in read_closure(self._source.path, tree, self._edited).files:
            if posixpath.basename(path) in KUSTOMIZATION_FILES:
                try:
                    yield from ((path, one) for one in parsed(self._bytes(path)))
                except DocumentError:
                    continue  # told where it is built

    def _bytes(self, path: str) -> bytes:
        text = self._edited.get(path)
        return (self._tree.read(path) or b"") if text is None else text.encode("utf-8", "surrogateescape")

    def _base(self, path: str, document: Document, entry: Reference) -> None:
        key = (path, entry.line, entry.target)
        if key in self._seen:
            return
        self._seen.add(key)
        got = base_of(entry.target, self._remotes) if len(self._grafts) < MOST else _TOO_MANY
        if isinstance(got, NotFetched):
            self._found.refused[key] = got
            return
        base, tree = got
        place = self._graft(tree, f"{base.url}@{base.commit}", f"{base.url}@{base.commit[:12]}", path, entry.line)
        there = posixpath.relpath(f"/{posixpath.join(place, base.path)}", f"/{posixpath.dirname(path)}")
        text = _renamed(self._bytes(path), document, entry, there)
        if text is None:
            self._found.refused[key] = _ODDLY
        else:
            self._edited[path] = text

    def _charts(self, path: str) -> None:
        for named, line in charts_of(path, self._tree, self._bytes):
            key = (path, line, named.name)
            if named in self._found.charts or key in self._found.refused:
                continue
            got = chart_of(named.repository, named.name, named.version, self._source.charts, self._remotes)
            if len(self._grafts) >= MOST:
                got = _TOO_MANY
            if isinstance(got, NotFetched):
                self._found.refused[key] = got
                continue
            chart, tree = got
            words = f"{chart.repository}/{chart.name}@{chart.version}"
            self._found.charts[named] = self._graft(tree, f"{words}@{chart.digest}", words, path, line)

    def _graft(self, tree: Tree, id: str, words: str, path: str, line: int | None) -> str:
        """Return where a tree lies; what a graft names was led to by the line that named the graft."""
        place = f"{ROOT}/{hashlib.sha256(id.encode()).hexdigest()[:12]}"
        self._grafts[place] = tree
        by = _GRAFT.match(path)
        above = self._found.origins.get(by[0]) if by else None
        if place not in self._found.origins:
            self._found.origins[place] = Origin(words, path, line) if above is None else replace(above, words=words)
        return place

    def _leading_out(self) -> Iterator[RenderProblem]:
        """Yield what is wrong with bases that build on what lies outside of their own repository."""
        for path, document in self._files() if self._grafts else ():
            place = _GRAFT.match(path)
            for entry in references(document) if place else ():
                target = normal(posixpath.join(posixpath.dirname(path), entry.target))
                own = place is not None and (target is None or not inside(target, place[0]))
                if own and not entry.refused and (target is None or not _GRAFT.match(target)):
                    words = f"not rendered: {entry.target} leads out of the repository"
                    yield RenderProblem(path, words, entry.line, "build on what lies in the same repository")


def _renamed(text: bytes, document: Document, entry: Reference, path: str) -> str | None:
    """Return a kustomization with another path in the place of an entry, on its line; None where that cannot be."""
    lines = text.decode("utf-8", "surrogateescape").split("\n")
    number = (entry.line or 0) - 1
    if not 0 <= number < len(lines):
        return None
    same = sum(one.line == entry.line and one.target == entry.target for one in references(document))
    pattern = rf"(?<!{_ENDS}){re.escape(entry.target)}(?!{_ENDS})"
    lines[number], times = re.subn(pattern, lambda _: path, lines[number])
    return "\n".join(lines) if times == same else None
