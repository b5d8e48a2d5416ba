"""Is this a name that git, and the file system, may be given?"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from bot.adapters import process
from bot.errors import UserError
from bot.model.repository import Repository

_OBJECT_ID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})")
_ABBREVIATION = re.compile(r"[0-9a-f]{7,64}")
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,100}")


def is_object_id(text: str) -> bool:
    """Say whether this is a full object id."""
    return _OBJECT_ID.fullmatch(text) is not None


def is_abbreviation(text: str) -> bool:
    """Say whether this may be an object id, full or shortened to no less than 7 characters."""
    return _ABBREVIATION.fullmatch(text) is not None


def mirror_path(directory: Path, repository: Repository) -> Path:
    """Return where a repository's mirror lies; UserError when its name would lead elsewhere.

    Case is folded, as GitHub does with names.
    """
    for part in (repository.owner, repository.name):
        if not _REPOSITORY.fullmatch(part) or part in (".", ".."):
            raise UserError(f"{repository.full_name!r} is not the name of a repository on GitHub")
    return directory / "mirrors" / repository.owner.lower() / f"{repository.name.lower()}.git"


def branch_ref(branch: str) -> str:
    """Return the full ref of a branch; UserError when git would not have a branch of that name."""
    return checked_ref(f"refs/heads/{branch}", branch)


@lru_cache(maxsize=4096)  # what is refused raises, and is asked again
def checked_ref(ref: str, called: str = "") -> str:
    """Return a fully qualified ref unchanged; UserError when its name is not well formed.

    git itself decides (git-check-ref-format(1)); a component that starts with a dash is refused as well,
    because git's own porcelain will not make one and another tool could read it as an option.
    """
    bad = not ref.startswith("refs/") or "\0" in ref or any(part.startswith("-") for part in ref.split("/"))
    if bad or process.run(["git", "check-ref-format", ref], cwd=Path("/"), timeout=30).status:
        raise UserError(f"{called or ref!r} is not a well-formed branch name or ref")
    return ref


def is_safe_path(path: str) -> bool:
    """Say whether a path from a tree may be written below a directory, or looked up in a tree."""
    return bool(path) and all(
        part not in ("", ".", "..") and part.rstrip(". ").lower() not in (".git", "git~1") and "\0" not in part
        for part in path.split("/")
    )
