"""What can be queued, and how does it travel as JSON?

A key names what is to be converged: `owner/name` a repository, `owner/name#12` a pull request.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from typing import Any

from bot.model.repository import Repository

SWEEP = "@sweep"  # the one key that is not GitHub's: mark every known repository

# Logins: letters, digits, hyphens (underscores in managed-user logins). Names: also dots.
_KEY = re.compile(r"(?P<owner>[A-Za-z0-9_-]{1,100})/(?P<name>[A-Za-z0-9._-]{1,100})(?:#(?P<number>[1-9][0-9]{0,9}))?")


@dataclass(frozen=True, slots=True)
class Target:
    """What a key names: a repository, and the number of a pull request or None."""

    repository: Repository
    pull: int | None = None

    @property
    def key(self) -> str:
        """Return the key that names this target."""
        return self.repository.full_name if self.pull is None else pull_key(self.repository.full_name, self.pull)


@dataclass(frozen=True, slots=True)
class PendingCommand:
    """A comment that may hold a command, kept until it was carried out.

    `repository` is `owner/name`, `created_at` is GitHub's text (ISO 8601, UTC). `sha` is the head commit the
    command was first bound to, '' before that.
    """

    repository: str
    pull: int
    comment_id: int
    actor: str
    actor_is_bot: bool
    body: str
    created_at: str = ""
    comment_url: str = ""
    sha: str = ""

    @property
    def key(self) -> str:
        """Return the key of the pull request the comment stands on."""
        return pull_key(self.repository, self.pull)

    def to_json(self) -> str:
        """Return the command as one ASCII JSON object."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> PendingCommand:
        """Return the command that `to_json` wrote; ValueError for anything else."""
        found: Any = json.loads(text)
        names = {field.name for field in fields(cls)}
        if not isinstance(found, dict) or not set(found) <= names:
            raise ValueError("this is no queued command")
        try:
            command = cls(**found)
        except TypeError as error:
            raise ValueError(f"this is no queued command: {error}") from error
        for field in fields(cls):
            if type(getattr(command, field.name)).__name__ != field.type:
                raise ValueError(f"this is no queued command: {field.name} is no {field.type}")
        return command


def pull_key(full_name: str, number: int) -> str:
    """Return the key of a pull request."""
    return f"{full_name}#{number}"


def is_key(text: str) -> bool:
    """Say whether the text is the key of a repository or pull request."""
    return _KEY.fullmatch(text) is not None


def parse_key(text: str) -> Target:
    """Return what the key names; ValueError when it names nothing."""
    found = _KEY.fullmatch(text)
    if found is None:
        raise ValueError(f"a key is written owner/name or owner/name#12, not {text!r}")
    number = found["number"]
    return Target(Repository(found["owner"], found["name"]), int(number) if number else None)
