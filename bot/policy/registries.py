"""Which image references belong to a registry, or to a part of one, as a Kyverno pattern?

An entry such as `registry.example.com/team` stands for every image below it and for the image of that name.
The pattern must not be fooled: `registry.example.com.evil.io/x` and `registry.example.com@evil` lie
elsewhere, and an image without a registry (`nginx`, `team/app`) comes from Docker Hub. Source: the reference
grammar of github.com/distribution/reference, which container runtimes share.
"""

from __future__ import annotations

import re

_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_ENTRY = re.compile(rf"{_LABEL}(?:\.{_LABEL})*(?::\d{{1,5}})?(?:/{_PART})*", re.ASCII)

# No runtime resolves `..`, but a pattern must not vouch for what merely starts right.
_SANE = "!*/../* & !*//*"
# A first part with a dot or a colon, or the word localhost, names a registry; all else is Docker Hub's.
_NO_REGISTRY = "!*.*/* & !*:*/* & !localhost/*"


def check_registry(entry: str) -> str:
    """Return what to write instead of a bad entry, or the empty string when the entry is good."""
    host = entry.partition("/")[0]
    if _ENTRY.fullmatch(entry) and ("." in host or ":" in host or host == "localhost"):
        return ""
    bare = re.sub(r"^[a-z]+://", "", entry.strip()).strip("/*")
    if bare != entry and not check_registry(bare):
        return f"write `{bare}`"
    if _ENTRY.fullmatch(bare):
        return f"name the registry too: `docker.io/{bare}` or `registry.example.com/{bare}`"
    return "write a registry and, if you like, a path: `registry.example.com/team`"


def image_pattern(entry: str) -> str:
    """Return the pattern of all images at or below a good entry; alternatives are joined by ` | `."""
    host, _, path = entry.partition("/")
    if host not in _HUB:
        return " | ".join(_at_or_below(entry))
    if not path:
        return " | ".join([f"{hub}/* & {_SANE}" for hub in _HUB] + ["!*/*", f"{_NO_REGISTRY} & {_SANE}"])
    choices = [choice for hub in _HUB for choice in _at_or_below(f"{hub}/{path}")]
    choices += [f"{choice} & {_NO_REGISTRY}" for choice in _at_or_below(path)]
    if path == "library":
        choices += ["!*/*", *(f"{hub}/* & !{hub}/*/* & {_SANE}" for hub in _HUB)]
    elif path.startswith("library/"):
        choices += _at(path.removeprefix("library/"))
    return " | ".join(choices)


def _at_or_below(entry: str) -> list[str]:
    """Images below an entry and, where the entry has a path, the image of that very name."""
    return [f"{entry}/* & {_SANE}", *(_at(entry) if "/" in entry else ())]


def _at(image: str) -> list[str]:
    """One image with any tag, with a digest, or with neither."""
    return [f"{image}:* & !{image}:*/*", f"{image}@sha256:*", image]
