"""Which directories and files of a repository are named for environments?"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from bot.checks.applications.words import LAYOUT, canonical, is_environment
from bot.model.tree import Tree
from bot.promotion.values.editing import lookup, read
from bot.promotion.values.problem import ValueProblem
from bot.promotion.values.recognised import Versioned, recognise

Files = dict[str, str]  # by environment

PLACES = ("overlays", "environments", "envs", "env", "clusters")
DEEPEST = 5
MOST_FILES = 20_000
_LARGEST = 200_000  # bytes
_SUFFIX = re.compile(r"\.ya?ml$")
_SPLIT = re.compile(r"[-_.]")
_WORDS_OF_FILES = {"values", "kustomization", "release", "helmrelease", "application", "app", "apps", "applications"}
_NUMBERED = re.compile(r"v?[0-9]")
_WORKLOAD = re.compile(rb"(?m)^kind:\s*[\"']?(?:Deployment|StatefulSet|DaemonSet|Job|CronJob|Pod|Rollout)\b")


def directories(tree: Tree) -> Mapping[str, tuple[str, ...]]:
    """Return the directories that hold one for each environment, with those, by their path ('' is the top).

    Two of the inner ones at least speak of an environment; in `overlays`, `clusters` and the like any two will do.
    """
    inner: dict[str, set[str]] = {}
    for path in tree.files()[:MOST_FILES]:
        parts = path.split("/")
        for depth in range(min(len(parts) - 1, DEEPEST)):
            inner.setdefault("/".join(parts[:depth]), set()).add(parts[depth])
    found: dict[str, tuple[str, ...]] = {}
    for parent in sorted(inner, key=lambda one: (one.count("/"), one)):
        names = {one for one in inner[parent] if not one.startswith((".", "_")) and one not in LAYOUT}
        spoken = {one for one in names if _speaks(one)}
        is_place = posixpath.basename(parent) in PLACES
        within = any(_is_below(parent, f"{other}/{name}".strip("/")) for other in found for name in found[other])
        if not within and (len(spoken) >= 2 or (is_place and len(names) >= 2)):
            found[parent] = tuple(sorted(names if is_place else spoken))
    return found


def file_sets(tree: Tree, places: Sequence[str]) -> Mapping[str, str]:
    """Return the files that lie in every one of some directories and hold versions there, by application.

    Where workloads lie in them, it is their directories that are promoted: then there are none.
    """
    first, *others = places
    shared = [path[len(first) + 1 :] for path in tree.files(first)[:MOST_FILES] if _SUFFIX.search(path)]
    if any(_WORKLOAD.search(tree.read(f"{first}/{inner}") or b"") for inner in shared):
        return {}
    found: dict[str, str] = {}
    for inner in shared:
        if all(_has_versions(tree, f"{place}/{inner}") for place in (first, *others)):
            found.setdefault(_called(inner, found), inner)
    return found


def named_sets(tree: Tree) -> dict[str, Files]:
    """Return the files with versions that are named for environments, or lie in directories that are, by application.

    `charts/web/values-prod.yaml` and `charts/web/values-staging.yaml` are a set, as are `web/overlays/prod/a.yaml` and
    `web/overlays/staging/a.yaml`.
    """
    sets: dict[str, Files] = {}
    for path in tree.files()[:MOST_FILES]:
        if _SUFFIX.search(path) and not path.startswith("."):
            for pattern, name in _patterns(path):
                sets.setdefault(pattern, {}).setdefault(name, path)
    found: dict[str, Files] = {}
    for pattern, files in sets.items():
        if len({canonical(name) for name in files}) < 2:
            continue
        versioned = {name: path for name, path in files.items() if _has_versions(tree, path)}
        if len(versioned) >= 2:
            found.setdefault(_called(pattern, found), versioned)
    return found


def _patterns(path: str) -> list[tuple[str, str]]:
    """Return the path with a star in place of the environment's name, and that name; none where it names none."""
    parts = path.split("/")
    stem = _SUFFIX.sub("", parts[-1])
    words = _SPLIT.split(stem)
    for word in (words[-1], words[0]):
        if is_environment(word) and (len(words) > 1 or len(parts) > 1):
            return [("/".join((*parts[:-1], stem.replace(word, "*", 1))), word.lower())]
    for number in range(len(parts) - 2, -1, -1):
        if is_environment(parts[number]):
            return [("/".join((*parts[:number], "*", *parts[number + 1 :])), parts[number].lower())]
    return []


def _has_versions(tree: Tree, path: str) -> bool:
    data = tree.read(path)
    if data is None or len(data) > _LARGEST or _WORKLOAD.search(data):
        return False
    try:
        text = read(data)
        return any(_is_pinned(text, one) for one in recognise(text))
    except ValueProblem:
        return False


def _is_pinned(text: str, one: Versioned) -> bool:
    """Say whether a value is a version, and not a branch that an agent follows."""
    if one.role != "revision":
        return True
    values = (found.value for found in lookup(text, one.key))
    return any(value is not None and _NUMBERED.match(value.text) for value in values)


def _called(path: str, taken: Mapping[str, object]) -> str:
    """Return what people would call the application that a file is about."""
    words = [_SUFFIX.sub("", part) for part in path.split("/")]
    parts = [re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-") for word in words]
    known = LAYOUT | _WORDS_OF_FILES
    named = [part for part in parts if part and part not in known and not is_environment(part)]
    kept = [
        re.sub(r"^(?:values|application|helmrelease|app)-|-(?:values|application|helmrelease)$", "", one)
        for one in named
    ]
    name = next((one for one in reversed(kept) if one and one not in known), "app")[:40].strip("-")
    number = 2
    while (name if number == 2 else f"{name}-{number - 1}") in taken:
        number += 1
    return name if number == 2 else f"{name}-{number - 1}"


def _speaks(name: str) -> bool:
    words = _SPLIT.split(name.lower())
    return is_environment(name) or is_environment(words[0]) or is_environment(words[-1])


def _is_below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")
