"""Which parameters does the git generator make of the directories or files of a repository?

Source: applicationset/generators/git.go, GetGitDirectories and GetGitFiles in reposerver/repository/repository.go, and
docs/operator-manual/applicationset/Generators-Git.md of argoproj/argo-cd.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.checks.applications.argocd_fields import Fields
from bot.checks.applications.argocd_ground import Refused, ground
from bot.checks.applications.generating import Generating, GeneratorError
from bot.checks.applications.globs import doublestar, fixed, pathspec, segment_match
from bot.checks.applications.parameters import Parameters, flattened, go_text, of_path
from bot.checks.documents import parse
from bot.checks.scalars import DocumentError
from bot.model.quoting import quoted
from bot.model.tree import Tree

_SPECIAL = re.compile(r"[*?\[\\]")
_TAG = re.compile(r"\{\{.*?\}\}|\{\{.*")
_GLOBBING = (
    "the files {} are found as Argo CD does by default, where `*` crosses directories; "
    "with --enable-new-git-file-globbing there are fewer"
)


class GitFiles:
    """One git generator, over the files of the repository it names."""

    def __init__(self, generator: Fields, context: Generating) -> None:
        """Find the repository's files. Raises GeneratorError when they cannot be read."""
        self._generator, self._context = generator, context
        self._prefix = generator.text("pathParamPrefix")
        found = ground(generator.text("repoURL"), generator.text("revision"), context.place)
        if isinstance(found, Refused):
            raise GeneratorError(
                f"not evaluable here: a git generator: {found.message}", found.how, remote=found.remote
            )
        if found.tree is None:
            raise GeneratorError(
                "not evaluable here: a git generator reads another repository or revision than this one", remote=True
            )
        self._tree: Tree = found.tree

    def sets(self) -> Sequence[Parameters]:
        """Return the sets of parameters in the order of paths. `directories` win over `files`."""
        generator = self._generator
        if directories := generator.each("directories"):
            return list(self._of_directories(directories))
        if files := generator.each("files"):
            return list(self._of_files(files))
        raise GeneratorError(f"`{generator.at}` has neither `directories` nor `files`")

    def _of_directories(self, entries: Sequence[Fields]) -> Iterator[Parameters]:
        wanted, left_out = _sorted_out(entries)
        excluded = {path for pattern in left_out for path in self._directories(pattern)}
        found = {path for pattern in wanted for path in self._directories(pattern)} - excluded
        for path in sorted(found, key=lambda one: one.split("/")):
            parameters = of_path(path, prefix=self._prefix, go=self._context.filling.go)
            yield self._context.with_values(self._generator, parameters)

    def _directories(self, pattern: str) -> list[str]:
        """Return the directories a pattern of path.Match names; none whose name, or that of one above, has a dot first.

        A link to a directory is none.
        """
        parts = pattern.split("/")
        if not all(part not in ("", ".", "..") for part in parts):
            return []
        places = [""]
        for part in parts:
            places = [place for above in places for place in self._below(above, part)]
        return [one for one in places if self._tree.canonical(one) == one]

    def _below(self, above: str, part: str) -> Iterator[str]:
        names: Iterable[str] = [part]
        if _SPECIAL.search(part):
            names = self._tree.names(above)
            self._context.look(len(names))
        for name in names:
            place = posixpath.join(above, name)
            if (
                not name.startswith(".")
                and self._tree.is_directory(place)
                and (name == part or segment_match(part, name))
            ):
                yield place

    def _of_files(self, entries: Sequence[Fields]) -> Iterator[Parameters]:
        wanted, left_out = _sorted_out(entries)
        found = {path for pattern in wanted for path in self._files(pattern)}
        found -= {path for pattern in left_out for path in self._files(pattern)}
        self._context.limit(len(found))
        for path in sorted(found):
            for value in self._values(path):
                yield self._context.with_values(self._generator, {**value, **self._path(path)})

    def _files(self, pattern: str) -> list[str]:
        plain = pattern.removeprefix("./").rstrip("/")
        if not plain:
            return []
        if not _SPECIAL.search(plain):
            return [plain] if self._tree.blob(plain) is not None else list(self._tree.files(plain))
        paths = self._tree.files(fixed(plain))
        self._context.look(len(paths))
        found = [one for one in paths if pathspec(plain, one)]
        if any(not doublestar(plain, one) for one in found):
            self._context.notes[_GLOBBING.format(quoted(pattern, 80))] = None
        return found

    def _path(self, path: str) -> dict[str, Any]:
        directory = posixpath.dirname(path) or "."
        return of_path(directory, prefix=self._prefix, go=self._context.filling.go, filename=posixpath.basename(path))

    def _values(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield what a file says: one mapping, or each of a list of them."""
        text = self._tree.read(path) or b""
        self._context.look(len(text) // 100)
        try:
            documents = parse(text)
        except DocumentError as error:
            where = f" on line {error.line}" if error.line else ""
            raise GeneratorError(f"the file {quoted(path, 80)} cannot be read: {error.message}{where}") from error
        value = documents[0].value if documents else {}
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(one, dict) for one in listed):
            raise GeneratorError(f"the file {quoted(path, 80)} is neither a mapping nor a list of mappings")
        for one in listed:
            go = self._context.filling.go
            yield one if go else {name: go_text(leaf) for name, leaf in flattened(one).items()}


def listings(generator: Fields) -> Iterator[str]:
    """Yield patterns, in doublestar's language, of all paths whose coming, going or change may count.

    They name more rather than less: a `*` that crosses directories becomes `**`, a parameter of a matrix anything.
    """
    for one in generator.each("directories"):
        path = _TAG.sub("*", one.text("path"))
        yield f"{path}/**" if "\\" not in path else f"{fixed(path)}/**".lstrip("/")
    for one in generator.each("files"):
        path = _TAG.sub("*", one.text("path")).removeprefix("./").rstrip("/")
        if not path:
            continue
        if not _SPECIAL.search(path):
            yield path
            yield f"{path}/**"
            continue
        tail = re.split(r"[*?\[\]\\]", path.rpartition("/")[2])[-1]
        whole = tail if tail == path.rpartition("/")[2] else f"*{tail}"
        yield "/".join(part for part in (fixed(path), "**", whole) if part)


def _sorted_out(entries: Sequence[Fields]) -> tuple[list[str], list[str]]:
    """Return the patterns of what is wanted, and of what is left out."""
    found: tuple[list[str], list[str]] = ([], [])
    for one in entries:
        found[one.flag("exclude")].append(one.text("path"))
    return found
