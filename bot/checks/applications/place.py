"""Where do declarations stand: in which repository, on which branch, beside which clusters and resources?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.checks.remote import NOTHING, NotFetched, RemoteChart, Remotes, chart_of
from bot.model.environment import ChartPin
from bot.model.manifest import Resource
from bot.model.tree import Tree

_SCP = re.compile(r"(?:[^@/\s]+@)?(?P<host>[^:/\s]+):(?P<path>[^\s]+)")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^@/\s]*@)?(?P<host>[^:/\s]+)(?::\d+)?/(?P<path>[^\s?#]+)", re.IGNORECASE)


class TemplateError(Exception):
    """A Go template could not be carried out; the message is the template engine's own words."""


class EngineEndedError(TemplateError):
    """The template engine had to be stopped, or died: it took too long, or too much memory."""


class Template(Protocol):
    """Carries out Go templates: texts and parameters in, what they make out, in order. Raises TemplateError.

    `strict` is the option `missingkey=error`.
    """

    def __call__(
        self, texts: Sequence[str], parameters: Mapping[str, Any], *, strict: bool = False
    ) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster as the configuration describes it, for the cluster generator of an ApplicationSet."""

    name: str
    server: str
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """What a declaration is read against.

    `repository` is "owner/name", `branch` the branch the environment is deployed from, `tree` its files. `addresses`
    are further addresses of this repository (mirrors, ssh aliases); `others` the repositories ("owner/name") that may
    be read beside it. `resources` are all that the environment renders to so far, for values and variables that lie
    in ConfigMaps. `template` carries out Go templates, None where no engine can. `trees` gives the files of another
    repository ('' is this one) or revision, None for what may not be read. `charts` say what remote charts are,
    `remotes` fetches them.
    """

    repository: str
    branch: str
    tree: Tree
    default_branch: str = ""
    host: str = "github.com"
    addresses: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    resources: tuple[Resource, ...] = ()
    template: Template | None = None
    trees: Callable[[str, str], Tree | None] | None = None
    charts: tuple[ChartPin, ...] = ()
    remotes: Remotes = NOTHING

    def is_here(self, url: str) -> bool:
        """Say whether a git URL is this repository, in whatever way it is written."""
        return _address(url) in {self._own(), *(_address(one) for one in self.addresses)}

    def other(self, url: str) -> str | None:
        """Return the configured repository ("owner/name") that a git URL names, None when it is none of them."""
        host, path = _address(url)
        known = {one.lower(): one for one in self.others}
        return known.get(path) if host == self.host.lower() else None

    def chart(self, url: str, name: str, version: str) -> tuple[RemoteChart, Tree] | NotFetched:
        """Return a chart of a Helm repository or registry that the configuration pins, if it can be had."""
        return chart_of(url, name, version, self.charts, self.remotes)

    def is_current(self, revision: str) -> bool:
        """Say whether a revision of this repository means the tree at hand: '', HEAD of the branch, or the branch."""
        plain = revision.removeprefix("refs/heads/")
        return plain in ("", self.branch) or (plain == "HEAD" and self.default_branch in ("", self.branch))

    def _own(self) -> tuple[str, str]:
        return self.host.lower(), self.repository.lower()


def _address(url: str) -> tuple[str, str]:
    """Return host and path of a git URL, without user, port, `.git` and case."""
    found = _URL.fullmatch(url.strip()) or _SCP.fullmatch(url.strip())
    if not found:
        return "", url.strip().lower()
    path = found["path"].strip("/").removesuffix(".git").lower()
    host = found["host"].lower()
    return ("github.com" if host == "ssh.github.com" else host), path
