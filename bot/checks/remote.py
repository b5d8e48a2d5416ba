"""Which remote base does a kustomization name, may it be fetched, and is it pinned?

What forms a remote base has: kustomize's api/internal/git/repospec.go. Only https is fetched, only from where the
operator allows, and only what a full commit id names: anything else may be something else tomorrow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_GITHUB = re.compile(r"(?:https://)?(?:www\.)?github\.com/", re.IGNORECASE)
PIN = "pin it to a commit: ?ref=<40 hexadecimal digits>"


@dataclass(frozen=True, slots=True)
class RemoteBase:
    """A directory `path` of the git repository at an https `url`, at a full commit id."""

    url: str
    path: str
    commit: str


@dataclass(frozen=True, slots=True)
class Unpinned:
    """Why a remote base is not fetched, and what to do about it."""

    reason: str
    how: str


def remote_base(target: str) -> RemoteBase | Unpinned:
    """Return what an entry of `resources`, `bases` or `components` names."""
    text = target.removeprefix("git::")
    if _GITHUB.match(text):
        text = _GITHUB.sub("https://github.com/", text, count=1)
    parts = urlsplit(text)
    if not _is_web(parts.scheme.lower(), parts.hostname) or "@" in parts.netloc:
        return Unpinned("only https addresses without a user are fetched", "name it by its https address")
    repository, path = _split(parts.hostname or "", parts.path)
    if not repository:
        return Unpinned("it is not plain where its repository ends", "write // between repository and directory")
    if any(part in ("", ".", "..") for part in path.split("/") if path):
        return Unpinned("its directory is not a plain path", "write the directory without . and ..")
    query = parse_qs(parts.query)
    commit = (query.get("ref") or query.get("version") or [""])[0]
    if not _COMMIT.fullmatch(commit):
        return Unpinned("it is not pinned to a commit", PIN)
    return RemoteBase(f"{parts.scheme.lower()}://{parts.netloc.lower()}{repository}", path, commit)


def is_allowed(url: str, prefixes: Iterable[str]) -> bool:
    """Say whether an address lies at or below one of the operator's: same host and port, whole parts of the path."""
    asked = urlsplit(url)
    if asked.username is not None or not _is_web(asked.scheme, asked.hostname):
        return False
    if any(part in (".", "..") for part in asked.path.split("/")):
        return False
    for prefix in prefixes:
        known = urlsplit(prefix)
        if (asked.scheme, asked.netloc.lower()) != (known.scheme, known.netloc.lower()):
            continue
        place = known.path.rstrip("/")
        if not place or asked.path.removesuffix(".git") == place.removesuffix(".git"):
            return True
        if asked.path.startswith(f"{place}/"):
            return True
    return False


def _is_web(scheme: str, host: str | None) -> bool:
    """Say whether this is https, or http to this very machine."""
    return bool(host) and (scheme == "https" or (scheme == "http" and host in ("127.0.0.1", "localhost")))


def _split(host: str, path: str) -> tuple[str, str]:
    """Return the repository's part of a path and the directory in it; ('', '') where that cannot be told."""
    if "//" in path:
        repository, _, inner = path.partition("//")
    elif ".git/" in path:
        repository, _, inner = path.partition(".git/")
        repository += ".git"
    elif path.endswith(".git"):
        repository, inner = path, ""
    elif host in ("github.com", "gitlab.com", "bitbucket.org") and path.count("/") >= 2:
        _, owner, name, *rest = path.split("/")
        repository, inner = f"/{owner}/{name}", "/".join(rest)
    else:
        return "", ""
    return repository.rstrip("/"), inner.strip("/")
