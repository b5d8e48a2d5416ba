"""How is one root of a checkout rendered, once the process is shut in?

A root is refused before kustomize sees it when its files ask for the network, for programs, or for anything
outside the checkout. kustomize's own words are kept, with the place that they are about.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
import time
from collections.abc import Sequence
from pathlib import Path

import orjson

from bot.adapters.render import plain
from bot.adapters.render.kustomize import Kustomize, KustomizeError
from bot.checks.closure import KUSTOMIZATION_FILES, Closure, OutsideError, closure, kustomization_file, normal
from bot.checks.documents import MAX_SIZE, parse
from bot.checks.scalars import DocumentError, TooMuchError
from bot.model.manifest import RenderProblem

_ALIAS = re.compile(rb"(?:^|[\s\[{,:?-])\*[^\s*/,\]}]", re.MULTILINE)
_YAML_LINE = re.compile(r"\byaml: line (\d+)")
_MAX_WORDS = 4000


class Checkout:
    """Reads files of one checkout, and nothing that a symbolic link leads to outside of it."""

    def __init__(self, path: Path) -> None:
        self.given, self.path = str(path), os.path.realpath(path)

    def canonical(self, path: str) -> str:
        """Return where a repository path really is. Raises OutsideError when that is elsewhere."""
        real = os.path.realpath(os.path.join(self.path, path))  # noqa: PTH118 - hot, and text in, text out
        if real == self.path:
            return ""
        if not real.startswith(self.path + os.sep):
            raise OutsideError
        return real[len(self.path) + 1 :]

    def read(self, path: str) -> bytes | None:
        """Return the bytes of a regular file, None when there is none inside the checkout."""
        try:
            found = Path(self.path, self.canonical(path))
            if not stat.S_ISREG(found.stat().st_mode):
                return None
            with found.open("rb") as file:
                return file.read(MAX_SIZE + 1)
        except (OSError, OutsideError, ValueError):
            return None

    def exists(self, path: str) -> bool:
        """Say whether a path is a regular file inside the checkout."""
        try:
            return stat.S_ISREG(Path(self.path, self.canonical(path)).stat().st_mode)
        except (OSError, OutsideError, ValueError):
            return False

    def trim(self, words: str) -> str:
        """Name files as the repository does, not as this disk does."""
        for prefix in {self.path, self.given}:
            words = words.replace(prefix + os.sep, "").replace(prefix, ".")
        return words.strip()[:_MAX_WORDS]


def render(checkout: Path, root: str, kustomize: Kustomize | None, *, missing: str, output: int) -> bytes:
    """Render one root into a JSON message.

    `kustomize` None means that no engine could be loaded; `missing` then says what to install. `output` is
    the largest message in bytes. The message has `kind`, `problems`, `files`, `seconds`, and either
    `resources` (each with body, path, line) or `built` (kustomize's own JSON) with the `path` it comes from.
    """
    started = time.monotonic()
    place = Checkout(checkout)
    message = _render(place, root, kustomize, missing)
    message["seconds"] = time.monotonic() - started
    data = orjson.dumps(message)
    if len(data) > output:
        words = f"not rendered: the manifests are larger than {output // 1024 // 1024} MB"
        return orjson.dumps(_outcome(str(message["kind"]), [RenderProblem(root, words)]))
    return data


def _render(place: Checkout, root: str, kustomize: Kustomize | None, missing: str) -> dict[str, object]:
    clean = normal(root)
    try:
        inside = None if clean is None else place.canonical(clean)
    except (OutsideError, ValueError):
        inside = None
    if clean is None or inside is None:
        words = f"not rendered: {root} leads out of the repository"
        return _outcome("kustomize", [RenderProblem(root, words)])
    if kustomization_file(inside, place.read) is not None:
        return _kustomize(place, inside, kustomize, missing)
    path = Path(place.path, inside)
    if path.is_dir():
        paths = list(plain.listing(str(path), inside))
    elif place.exists(inside):
        paths = [inside]
    else:
        return _outcome("absent", [])
    return _plain(place, inside, paths)


def _plain(place: Checkout, root: str, paths: list[str]) -> dict[str, object]:
    if len(paths) > plain.MAX_FILES:
        words = f"not rendered: it holds more than {plain.MAX_FILES} files"
        return _outcome("plain", [RenderProblem(root, words)])
    found = plain.manifests(paths, place.read)
    message = _outcome("plain", found.problems, found.files)
    if not found.problems:
        message["resources"] = [{"body": body, "path": path, "line": line} for body, path, line in found.resources]
    return message


def _kustomize(place: Checkout, root: str, kustomize: Kustomize | None, missing: str) -> dict[str, object]:
    reads = closure(root, place.read, exists=place.exists, canonical=place.canonical)
    problems = [*reads.problems, *_bombs(place, reads)]
    if kustomize is None and not problems:
        problems.append(RenderProblem(root, "not rendered: there is no kustomize here", how=missing))
    if problems or kustomize is None:
        return _outcome("kustomize", problems, reads.files)
    try:
        built = kustomize.build(Path(place.path, root))
    except KustomizeError as error:
        return _outcome("kustomize", _explain(place, reads, str(error)), reads.files)
    message = _outcome("kustomize", [], reads.files)
    message["built"] = orjson.Fragment(built)
    message["path"] = kustomization_file(root, place.read) or root
    return message


def _bombs(place: Checkout, reads: Closure) -> list[RenderProblem]:
    """Find files whose aliases expand to too much: kustomize has no guard of its own."""
    found = []
    for path in reads.files:
        text = place.read(path) or b""
        if b"&" in text and _ALIAS.search(text):
            try:
                parse(text)
            except TooMuchError as error:
                found.append(RenderProblem(path, f"not rendered: {error.message}", error.line))
            except DocumentError:
                continue  # not every file is YAML; kustomize says so where it must be
    return found


def _explain(place: Checkout, reads: Closure, words: str) -> list[RenderProblem]:
    """Put kustomize's words where they belong: at a missing file's entry, a broken file, or the root."""
    words = place.trim(words)
    if reads.missing:
        first, *others = reads.missing
        return [RenderProblem(first.path, words, first.line), *others]
    for path in reads.files:
        if path.endswith(plain.SUFFIXES) or path.endswith("Kustomization"):
            try:
                parse(place.read(path) or b"")
            except DocumentError as error:
                if path.rpartition("/")[2] in words or _YAML_LINE.search(words):
                    return [RenderProblem(path, words, error.line)]
    named = sorted((path for path in reads.files if path in words), key=len, reverse=True)
    return [RenderProblem(named[0] if named else _own(reads), words)]


def _own(reads: Closure) -> str:
    """Return the root's kustomization file."""
    names = (posixpath.join(reads.root, name) for name in KUSTOMIZATION_FILES)
    return next((name for name in names if name in reads.files), reads.root)


def _outcome(kind: str, problems: Sequence[RenderProblem], files: Sequence[str] = ()) -> dict[str, object]:
    return {
        "kind": kind,
        "problems": [{"path": one.path, "message": one.message, "line": one.line, "how": one.how} for one in problems],
        "files": files,
    }
