"""How is git run so that neither a repository nor this machine's configuration can make it do anything else?

git reads no configuration but ours, asks nobody, runs no hooks, filters or helpers, follows no redirects and
speaks no protocol but that of the one URL it is given. A token travels in the environment, as git's own
`GIT_CONFIG_*` variables (git-config(1)), so it is in no argument, no URL and no file.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from bot.adapters import process
from bot.errors import LockkeeperError, UserError
from bot.model.tree import EMPTY_TREE

__all__ = ["EMPTY_TREE", "OLDEST", "GitError", "GitProgram", "Remote", "environment", "require_git", "words"]

OLDEST = (2, 38)  # the first with merge-tree --write-tree and cat-file -z
_SCHEMES = ("https", "http", "file")
_NOTHING: Mapping[str, str] = MappingProxyType({})
_OK = (0,)

_ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "HOME": "/dev/null",  # nothing to find there, and cheaper than a directory for each command
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_ATTR_SOURCE": EMPTY_TREE,  # newer git would read .gitattributes of a bare repository's HEAD
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_ALLOW_PROTOCOL": "none",
    }
)
_CONFIGURATION = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("credential.helper", ""),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("submodule.recurse", "false"),
    ("http.followRedirects", "false"),
    ("http.lowSpeedLimit", "1000"),
    ("http.lowSpeedTime", "30"),
    ("merge.renames", "true"),
    ("merge.directoryRenames", "false"),
)
_DAMAGE = re.compile(
    r"corrupt|unable to (?:read|unpack|find|parse)|bad (?:object|tree|blob|commit|signature)"
    r"|not a git repository|object file|inflate|packfile|does not point to a valid object"
    r"|[Cc]ould not (?:parse|read)"
    r"|not a valid object|missing (?:blob|tree|commit|object)|invalid sha1|broken|did not send all"
    r"|unresolved deltas|garbage at end|could not be found|cannot read",
)


class GitError(LockkeeperError):
    """git failed in a way nobody foresaw: `words` is what it said, `status` how it ended."""

    def __init__(self, command: str, status: int, words: str) -> None:
        super().__init__(f"git {command} ended with {status}: {words}")
        self.status, self.words = status, words

    @property
    def damage(self) -> bool:
        """Say whether git speaks of a repository it cannot read."""
        return _DAMAGE.search(self.words) is not None


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a repository is fetched from and pushed to, and the token for it ('' for none)."""

    url: str
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in _SCHEMES or "@" in parts.netloc or self.url.startswith("-"):
            raise ValueError(f"a remote is a plain {', '.join(_SCHEMES)} URL without credentials: {self.url!r}")

    @property
    def environment(self) -> Mapping[str, str]:
        """Let this scheme through, and no other."""
        return {"GIT_ALLOW_PROTOCOL": urlsplit(self.url).scheme}

    @property
    def configuration(self) -> Sequence[tuple[str, str]]:
        """Return the settings that authenticate requests below this URL and no other."""
        if not self.token:
            return ()
        basic = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        return ((f"http.{self.url}.extraHeader", f"Authorization: Basic {basic}"),)


@dataclass(frozen=True, slots=True)
class GitProgram:
    """git at work on one repository, bare unless it has a work tree. `timeout` in seconds is for local commands."""

    git_dir: Path
    timeout: float = 120.0
    work_tree: Path | None = None

    def environment(self, extra: Mapping[str, str] = _NOTHING, remote: Remote | None = None) -> dict[str, str]:
        """Return the environment its commands run in."""
        found = environment(self.git_dir, extra, remote)
        if self.work_tree is not None:
            found["GIT_WORK_TREE"] = str(self.work_tree)
            del found["GIT_ATTR_SOURCE"]  # what lies in a work tree may say which of its files have ends of lines
        return found

    def run(  # noqa: PLR0913 - everything but the arguments goes by name
        self,
        *arguments: str,
        input: bytes | None = None,
        ok: Collection[int] = _OK,
        env: Mapping[str, str] = _NOTHING,
        remote: Remote | None = None,
        timeout: float | None = None,
        max_output: int = process.MAX_OUTPUT,
    ) -> process.Completed:
        """Run one git command and return how it went.

        GitError when the exit status is not in `ok`; TransientError at the deadline.
        """
        completed = process.run(
            ["git", *arguments],
            cwd=self.git_dir,
            timeout=timeout or self.timeout,
            env=self.environment(env, remote),
            input=input,
            max_output=max_output,
        )
        if completed.status not in ok:
            raise GitError(arguments[0], completed.status, words(completed, remote))
        return completed

    def line(self, *arguments: str, input: bytes | None = None, env: Mapping[str, str] = _NOTHING) -> str:
        """Run one git command that answers with one line, and return it."""
        return self.run(*arguments, input=input, env=env).stdout.decode().strip()


def environment(git_dir: Path, extra: Mapping[str, str] = _NOTHING, remote: Remote | None = None) -> dict[str, str]:
    """Return the environment of a git process: ours, with the remote's token where one is given."""
    settings = [*_CONFIGURATION, *(remote.configuration if remote else ())]
    numbered = {
        f"GIT_CONFIG_{word}_{index}": text
        for index, setting in enumerate(settings)
        for word, text in zip(("KEY", "VALUE"), setting, strict=True)
    }
    return {
        **_ENVIRONMENT,
        "GIT_DIR": str(git_dir.absolute()),  # named, so that nothing is searched for and ownership is not asked
        "GIT_CONFIG_COUNT": str(len(settings)),
        **numbered,
        **(remote.environment if remote else {}),
        **extra,
    }


def words(completed: process.Completed, remote: Remote | None = None) -> str:
    """Return what git said about a failure, short and without the token."""
    text = (completed.stderr or completed.stdout).decode(errors="replace").strip()
    if remote and remote.token:
        text = text.replace(remote.token, "***")
    return text[-2000:]


def require_git() -> tuple[int, ...]:
    """Return git's version; UserError when git is missing or older than we can work with."""
    said = process.run(["git", "version"], cwd=Path("/"), timeout=30).stdout.decode(errors="replace")
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", said)
    version = tuple(int(part) for part in found.groups(default="0")) if found else ()
    if version < OLDEST:
        raise UserError(
            f"git {'.'.join(map(str, version)) or said.strip()} is too old",
            how=f"install git {'.'.join(map(str, OLDEST))} or newer",
        )
    return version
