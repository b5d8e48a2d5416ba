"""How is one order rendered, once the process is shut in?

kustomize's own words are kept, with the place that they are about.
"""

from __future__ import annotations

import os
import posixpath
import re
import time
from pathlib import Path
from typing import Any

import orjson

from bot.adapters.render import plain
from bot.adapters.render.directory import Checkout
from bot.adapters.render.kustomize import Kustomize, KustomizeError
from bot.adapters.render.order import TOO_DEEP, Order, outcome
from bot.checks.closure import KUSTOMIZATION_FILES
from bot.checks.documents import parse
from bot.checks.scalars import DocumentError, TooMuchError
from bot.model.manifest import RenderProblem

_ALIAS = re.compile(rb"(?:^|[\s\[{,:?-])\*[^\s*/,\]}]", re.MULTILINE)
_MOST_SOUND = 10_000
_sound: set[tuple[int, ...]] = set()
_YAML_LINE = re.compile(r"\byaml: (?:unmarshal errors:\s*)?line (\d+)")


def finish(order: Order, answer: dict[str, Any], started: float, output: int) -> bytes:
    """Return an answer as a message, or as a problem when it is larger than `output` bytes."""
    answer["seconds"] = time.monotonic() - started
    try:
        data = orjson.dumps(answer)
    except TypeError:  # deeper than it goes; all else is made of JSON
        return orjson.dumps(outcome([RenderProblem(order.source.path, TOO_DEEP)]))
    if len(data) > output:
        words = f"not rendered: the manifests are larger than {output // 1024 // 1024} MB"
        return orjson.dumps(outcome([RenderProblem(order.source.path, words)]))
    return data


def read_plain(order: Order) -> dict[str, Any]:
    """Read an order's files as manifests."""
    place = Checkout(order.checkout)
    paths = [path for path in order.files if path.endswith(plain.SUFFIXES)]
    found = plain.manifests(paths, place.read)
    answer = outcome(found.problems)
    if not found.problems:
        answer["resources"] = [{"body": body, "path": path, "line": line} for body, path, line in found.resources]
    return answer


def build(order: Order, kustomize: Kustomize) -> dict[str, Any]:
    """Build the kustomization of an order, unless its files expand to too much."""
    place = Checkout(order.checkout)
    problems = bombs(place, order.files)
    if problems:
        return outcome(problems)
    root = order.source.path
    try:
        built = kustomize.build(Path(place.path, root))
    except KustomizeError as error:
        return outcome(_explain(place, order, str(error)))
    answer = outcome()
    answer["built"] = orjson.Fragment(built)
    answer["path"] = _own(order)
    return answer


def bombs(place: Checkout, files: tuple[str, ...]) -> list[RenderProblem]:
    """Find files whose aliases expand to too much: kustomize has no guard of its own.

    A file that was found sound is not read again while it stays as it is; many kustomizations share a base.
    """
    found = []
    for path in files:
        seen = _state(f"{place.path}/{path}")
        if seen in _sound:
            continue
        text = place.read(path) or b""
        if b"&" in text and _ALIAS.search(text):
            try:
                parse(text)
            except TooMuchError as error:
                found.append(RenderProblem(path, f"not rendered: {error.message}", error.line))
                continue
            except DocumentError:
                pass  # not every file is YAML; kustomize says so where it must be
        if len(_sound) >= _MOST_SOUND:
            _sound.clear()
        if seen is not None:
            _sound.add(seen)
    return found


def _state(path: str) -> tuple[int, ...] | None:
    """Return what tells a file from any other, and from itself with another content; None when it is not there."""
    try:
        found = os.stat(path)  # noqa: PTH116 - hot
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _explain(place: Checkout, order: Order, words: str) -> list[RenderProblem]:
    """Put kustomize's words where they belong: at a missing file's entry, a broken file, or the root."""
    words = place.trim(words)
    if order.missing:
        first, *others = order.missing
        return [RenderProblem(first.path, words, first.line), *others]
    for path in order.files:
        if path.endswith(plain.SUFFIXES) or path.endswith("Kustomization"):
            try:
                parse(place.read(path) or b"")
            except DocumentError as error:
                if path.rpartition("/")[2] in words or _YAML_LINE.search(words):
                    return [RenderProblem(path, words, error.line)]
    named = sorted((path for path in order.files if path in words), key=len, reverse=True)
    return [RenderProblem(named[0] if named else _own(order), words)]


def _own(order: Order) -> str:
    """Return the root's kustomization file."""
    names = (posixpath.join(order.source.path, name) for name in KUSTOMIZATION_FILES)
    return next((name for name in names if name in order.files), order.source.path)
