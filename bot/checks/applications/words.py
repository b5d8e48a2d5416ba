"""Which environment does a directory or file name speak of: `prod`, `values-staging.yaml`, `overlays/dev`?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

ALIASES = {
    "development": ("development", "dev", "develop"),
    "test": ("test", "testing", "tst"),
    "integration": ("integration", "int"),
    "qa": ("qa", "quality"),
    "uat": ("uat", "acceptance"),
    "staging": ("staging", "stage", "stg"),
    "preproduction": ("preproduction", "preprod", "pre-production", "pre-prod"),
    "production": ("production", "prod", "prd", "live"),
}
LAYOUT = frozenset(
    {
        "overlays", "environments", "envs", "env", "clusters", "base", "bases", "kustomize", "kustomization", "k8s",
        "kubernetes", "manifests", "deploy", "deployment", "helm", "chart", "charts",
    }
)  # fmt: skip
_CANONICAL = {alias: name for name, aliases in ALIASES.items() for alias in aliases}
_PARTS = re.compile(r"[-_.]")


def canonical(word: str) -> str:
    """Return the usual name of an environment for one of its aliases, the word itself where it is none."""
    return _CANONICAL.get(word.lower(), word.lower())


def is_environment(word: str) -> bool:
    """Say whether a word is a usual name of an environment."""
    return word.lower() in _CANONICAL


def spoken_of(path: str, known: Collection[str]) -> str | None:
    """Return the environment a path speaks of, by its last directory that names one; None when none does.

    `known` are the environments' own names: they win over the usual ones, and are returned as they are written.
    A part of a name counts where nothing else does: `web-prod` speaks of production.
    """
    names = {canonical(one): one for one in known} | {one.lower(): one for one in known}
    parts = path.split("/")
    for part in reversed(parts):
        if found := _whole(part, names):
            return found
    for part in reversed(parts):
        words = _PARTS.split(part.lower())
        for word in (words[-1], words[0]) if len(words) > 1 else ():
            if found := _whole(word, names):
                return found
    return None


def speaks_of_another(path: str, name: str, known: Collection[str]) -> bool:
    """Say whether a path belongs to an environment other than `name`."""
    found = spoken_of(path, [*known, name])
    return found is not None and canonical(found) != canonical(name) and found != name


def called(path: str, top: str, environment: str) -> str:
    """Return what people call what lies at `path` below `top`: the path without words of layout and environment."""
    inner = path[len(top) :].strip("/") if top else path
    parts = inner.split("/")
    kept = [one for one in parts if one.lower() not in LAYOUT and canonical(one) != canonical(environment)]
    return "/".join(kept) or inner


def values_files(environment: str, paths: Iterable[str]) -> Sequence[str]:
    """Return those of some values files that are meant for an environment, sorted.

    Names like `values-prod.yaml`, `values.production.yaml`, `production.yaml`, `prod/values.yaml`, `values/prod.yaml`.
    """
    return sorted(one for one in paths if _is_for(one, environment))


def _is_for(path: str, environment: str) -> bool:
    wanted = {canonical(environment), environment.lower(), *ALIASES.get(canonical(environment), ())}
    directory, _, name = path.lower().rpartition("/")
    stem = re.sub(r"\.ya?ml$", "", name)
    if stem == "values":
        return directory.rpartition("/")[2] in wanted
    found = re.sub(r"^values[-_.]|[-_.]values$", "", stem)
    return found in wanted


def _whole(word: str, names: dict[str, str]) -> str | None:
    lower = word.lower()
    if lower in names:
        return names[lower]
    if lower in _CANONICAL:
        return names.get(_CANONICAL[lower], _CANONICAL[lower])
    return None
