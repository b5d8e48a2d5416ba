"""Which files of a repository does Flux leave out of what it deploys?

Patterns are those of `.gitignore`, in `.sourceignore` files and in a GitRepository's `spec.ignore`, after a list of
Flux's own (github.com/fluxcd/pkg/sourceignore, and go-git's gitignore behind it: of all patterns that match a path,
the last one counts, even below a directory that is left out).
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.model.tree import Tree

FILE = ".sourceignore"
MAX_PATTERNS = 1000
MAX_LENGTH = 500  # characters of one pattern

_OWN = (
    ".git/", ".gitignore", ".gitmodules", ".gitattributes", "*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv",
    "*.tar.gz", "*.zip", ".github/", ".circleci/", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml",
    "cloudbuild.yaml", "codeship-services.yml", "codeship-steps.yml", "**/.goreleaser.yml", "**/.sops.yaml",
    "**/.flux.yaml",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One pattern, and the directory whose paths it is about. `parts` are its names; one alone matches anywhere."""

    domain: str
    parts: tuple[str, ...]
    anchored: bool
    directory: bool
    keeps: bool

    def matches(self, path: str) -> bool:
        if self.domain and not path.startswith(f"{self.domain}/"):
            return False
        names = tuple(path[len(self.domain) :].strip("/").split("/"))
        if self.directory:
            names = names[:-1]
        if not self.anchored:
            return any(fnmatch.fnmatchcase(name, self.parts[0]) for name in names)
        return any(_matches(self.parts, names[:count]) for count in range(1, len(names) + 1))


class Ignored:
    """Says which paths are left out."""

    def __init__(self, patterns: Iterable[_Pattern]) -> None:
        self._patterns = tuple(patterns)[-MAX_PATTERNS - len(_OWN) :]

    def __contains__(self, path: object) -> bool:
        for pattern in reversed(self._patterns):
            if isinstance(path, str) and pattern.matches(path):
                return not pattern.keeps
        return False


def ignored(tree: Tree, directory: str, own: str = "") -> Ignored:
    """Return what is left out of a directory: by Flux, by `.sourceignore` above and below it, and by `own` patterns.

    `own` is a GitRepository's `spec.ignore`.
    """
    patterns = list(_patterns("\n".join(_OWN), ""))
    above = [directory[:end] for end in range(len(directory)) if directory[end] == "/"]
    places = ["", *above, *([directory] if directory else [])]
    below = f"{directory}/" if directory else ""
    nested = [posixpath.dirname(one) for one in tree.files(directory) if one.startswith(below) and _is_file(one)]
    for place in dict.fromkeys([*places, *nested]):
        text = tree.read(posixpath.join(place, FILE))
        if text is not None:
            patterns += _patterns(text.decode("utf-8", "replace"), place)
    return Ignored([*patterns, *_patterns(own, "")])


def _is_file(path: str) -> bool:
    return posixpath.basename(path) == FILE


def _patterns(text: str, domain: str) -> Iterable[_Pattern]:
    for line in text.splitlines():
        plain = line.rstrip() if not line.endswith("\\ ") else line
        if not plain.strip() or plain.startswith("#") or len(plain) > MAX_LENGTH:
            continue
        keeps = plain.startswith("!")
        plain = plain[keeps:].replace("[^", "[!")
        directory = plain.endswith("/")
        plain = plain.rstrip("/")
        if plain:
            yield _Pattern(domain, tuple(plain.strip("/").split("/")), "/" in plain, directory, keeps)


def _matches(pattern: Sequence[str], names: Sequence[str]) -> bool:
    """Say whether all names match a pattern in which `**` stands for any number of them."""
    return _matching(tuple(pattern), tuple(names))


@lru_cache(maxsize=4096)
def _matching(pattern: tuple[str, ...], names: tuple[str, ...]) -> bool:
    reached = {0}
    for part in pattern:
        if part == "**":
            reached = set(range(min(reached), len(names) + 1)) if reached else reached
        else:
            reached = {at + 1 for at in reached if at < len(names) and fnmatch.fnmatchcase(names[at], part)}
    return len(names) in reached
