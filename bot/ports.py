"""What do the flows need from the world outside? Protocols that list only what flows call.

Reads return the values of `bot.model`; writes named `ensure_*` find before they create, so that carrying one
out again changes nothing. Every method may raise `TransientError` (try again later), `NotFoundError` or
`RefusedError` (repeating will not help).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from bot.model.environment import People
from bot.model.health import ApplicationHealth
from bot.model.manifest import Rendered
from bot.model.repository import (
    CheckState,
    Comment,
    Commit,
    Conclusion,
    Deployment,
    Permission,
    PullRequest,
    Push,
    Repository,
    Review,
)
from bot.model.scanner import NotScanned
from bot.model.source import Source
from bot.model.tree import Tree

Reaction = Literal["eyes", "rocket", "+1", "-1", "confused"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """One check run annotation; `line` is 1-based."""

    path: str
    line: int
    level: Literal["notice", "warning", "failure"]
    title: str
    message: str


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A check run as we want it to be. `conclusion` None means in progress. Texts are already within limits."""

    name: str
    sha: str
    title: str
    summary: str
    conclusion: Conclusion | None
    text: str = ""
    annotations: tuple[Annotation, ...] = ()
    external_id: str = ""
    details_url: str = ""


class GitHub(Protocol):
    """One repository's GitHub, as the App installation sees it. One instance serves one job, and reads things once."""

    @property
    def app_id(self) -> int: ...
    @property
    def bot_login(self) -> str: ...  # for example "lockkeeper[bot]"

    # reads
    def refresh(self, repository: Repository) -> None: ...  # time has passed: what was read is read anew
    def default_branch(self, repository: Repository) -> str: ...
    def repository_id(self, repository: Repository) -> int: ...  # the same after it was renamed or transferred
    def branch_sha(self, repository: Repository, branch: str) -> str | None: ...
    def pull(self, repository: Repository, number: int) -> PullRequest: ...
    def pulls(
        self,
        repository: Repository,
        *,
        state: Literal["open", "closed", "all"],
        base: str = "",
        head: str = "",
        limit: int = 100,
    ) -> Sequence[PullRequest]: ...  # newest first; `head` is a branch of the same repository
    def reviews(self, repository: Repository, number: int) -> Sequence[Review]: ...
    def foresee(
        self, repository: Repository, ways: Sequence[tuple[str, str]], sources: Sequence[str]
    ) -> None: ...  # what will be asked: pull requests by (head, base), and what was merged into `sources`
    def foresee_comments(
        self, repository: Repository, numbers: Sequence[int]
    ) -> None: ...  # what will be asked: the comments of these
    def open_pulls(self, repository: Repository) -> Sequence[PullRequest]: ...  # beyond 100, those last updated
    def pulls_by_number(
        self, repository: Repository, numbers: Sequence[int]
    ) -> Mapping[int, PullRequest]: ...  # without `merged_by`; what is not there is left out
    def pulls_by_commit(
        self, repository: Repository, base: str, shas: Sequence[str]
    ) -> Mapping[str, PullRequest]: ...  # by the commit with which each came into the branch `base`
    def commit(self, repository: Repository, sha: str) -> Commit: ...
    def checks(
        self, repository: Repository, sha: str, *, ours: bool = False
    ) -> Sequence[CheckState]: ...  # runs and statuses, newest per name; `ours`: only the runs of this App
    def comments(self, repository: Repository, number: int) -> Sequence[Comment]: ...
    def comment(self, repository: Repository, comment_id: int) -> Comment | None: ...
    def permission(self, repository: Repository, login: str) -> Permission: ...  # error is never "yes"
    def is_member(self, repository: Repository, people: People, login: str) -> bool: ...  # named, or active in a team
    def unknown_teams(
        self, repository: Repository, teams: Sequence[str]
    ) -> Sequence[str]: ...  # slugs that GitHub has no team for: renamed, deleted, never there
    def members(self, repository: Repository, team: str) -> frozenset[str]: ...  # logins in lower case, at most 500
    def deployments(
        self, repository: Repository, environment: str, sha: str = ""
    ) -> Sequence[Deployment]: ...  # the newest first, at most 30, whoever made them; without their states
    def deployment_state(self, repository: Repository, deployment: Deployment) -> Deployment: ...  # with its state
    def pushes(self, repository: Repository, branch: str) -> Sequence[Push]: ...  # the newest 100, newest first

    # writes, each find-or-create; they return True when something was written
    def ensure_check(self, repository: Repository, report: CheckReport) -> bool: ...
    def ensure_comment(self, repository: Repository, number: int, marker: str, body: str) -> bool: ...
    def ensure_reaction(self, repository: Repository, comment_id: int, reaction: Reaction) -> bool: ...
    def ensure_label(
        self, repository: Repository, number: int, label: str, *, colour: str, description: str
    ) -> bool: ...
    def ensure_no_label(self, repository: Repository, number: int, label: str) -> bool: ...
    def ask_reviewers(self, repository: Repository, number: int, people: People) -> People: ...  # who is asked now
    def ensure_assignees(self, repository: Repository, number: int, logins: Sequence[str]) -> Sequence[str]: ...
    def ensure_pull(
        self, repository: Repository, *, head: str, base: str, title: str, body: str
    ) -> PullRequest: ...  # open one for (head, base) is updated, else created
    def ensure_closed(self, repository: Repository, number: int) -> bool: ...
    def ensure_deployment(
        self, repository: Repository, *, environment: str, sha: str, source_sha: str, description: str
    ) -> Deployment: ...
    def merge(
        self,
        repository: Repository,
        number: int,
        *,
        sha: str,
        method: Literal["merge", "squash", "rebase"],
        message: str = "",
    ) -> str: ...  # the merge commit; `message` is its body, '' for GitHub's own; a rebase has none


@dataclass(frozen=True, slots=True)
class MergeConflict:
    """One file changed on both sides: its path, the text of both sides ('' when deleted), git's own word for it."""

    path: str
    kind: str
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class MergeOutcome:
    """A three-way merge of trees: the resulting tree id, or the conflicts (then `tree` is '')."""

    tree: str
    conflicts: tuple[MergeConflict, ...] = ()


@dataclass(frozen=True, slots=True)
class RefRecord:
    """A ref below `refs/lockkeeper/`, the id it holds, and that commit's message.

    The message is '' where there is no short commit or no record belongs, None where there are too many to read.
    """

    ref: str
    commit: str
    message: str | None


@dataclass(frozen=True, slots=True)
class RefMove:
    """A ref goes from `expected` (None: absent) to `commit` (None: away)."""

    ref: str
    expected: str | None
    commit: str | None


class Git(Protocol):
    """The mirror of one repository: reads by object id, merges trees, writes branches. No work tree."""

    def fetch(self, repository: Repository, refs: Sequence[str] = ()) -> None: ...  # branches; refs/pull/N/head named
    def resolve(self, repository: Repository, revision: str) -> str | None: ...  # commit id or None
    def tree(self, repository: Repository, commit: str) -> str: ...  # tree id
    def directory(self, repository: Repository, revision: str, path: str) -> str | None: ...  # tree id; '' is the top
    def bring(self, repository: Repository, source: Repository, tree: str) -> str: ...  # from another mirror; its id
    def merge_base(self, repository: Repository, one: str, two: str) -> str | None: ...
    def is_ancestor(self, repository: Repository, ancestor: str, descendant: str) -> bool: ...
    def commits(
        self, repository: Repository, *, since: str | None, until: str, limit: int = 250, paths: Sequence[str] = ()
    ) -> Sequence[Commit]: ...  # newest first, reachable from until and not from since

    # with paths: those of the first-parent line that made something else of one
    def changed_paths(self, repository: Repository, base: str, head: str) -> Sequence[str]: ...  # tree-ish, both sides
    def read(self, repository: Repository, revision: str, path: str) -> bytes | None: ...
    def list(self, repository: Repository, revision: str, path: str = "") -> Sequence[str]: ...  # regular files, deep
    def merge_trees(  # noqa: PLR0913 - the sides of one merge, by name
        self,
        repository: Repository,
        *,
        base: str | None,
        source: str,
        target: str,
        protect: Sequence[str],
        prefix: str = "",
    ) -> MergeOutcome: ...  # commits or trees in, tree out; what `protect` matches below `prefix` stays the target's
    def overlay(
        self, repository: Repository, *, source: str, target: str, protect: Sequence[str], prefix: str = ""
    ) -> str: ...  # the target's tree with all files of the source laid over it
    def put(self, repository: Repository, revision: str, files: Mapping[str, bytes]) -> str: ...  # tree with them
    def graft(self, repository: Repository, revision: str, path: str, tree: str) -> str: ...  # tree with it at the path
    def write_commit(
        self, repository: Repository, *, tree: str, parents: Sequence[str], message: str, time: datetime
    ) -> str: ...  # deterministic: same input, same commit id
    def push(self, repository: Repository, *, branch: str, commit: str, expected: str | None) -> bool: ...
    # moves the branch on GitHub from `expected` (None: must not exist) to commit; False when already there
    def tags(self, repository: Repository) -> Mapping[str, str]: ...  # fetched with `refs/tags/*`: name to commit
    def tag_message(self, repository: Repository, name: str) -> str: ...  # of an annotated tag, else ''
    def push_tag(
        self, repository: Repository, *, name: str, commit: str, message: str, time: datetime
    ) -> bool: ...  # an annotated one; False when it is there, TransientError when it is there and differs
    def records(self, repository: Repository) -> Sequence[RefRecord]: ...  # as they were fetched
    def push_records(self, repository: Repository, moves: Sequence[RefMove]) -> None: ...
    # all of them or none; TransientError when one is not where it was expected
    def open(self, repository: Repository, revision: str) -> Tree: ...  # of a revision or tree id; nothing is written


class Renderer(Protocol):
    """Renders sources of trees in sandboxed engine processes, and keeps what it rendered."""

    def render(self, wanted: Iterable[tuple[Tree, Source]]) -> Iterator[tuple[int, Rendered]]: ...

    # each outcome with the number of what was wanted, as they come
    def start(self) -> None: ...  # something will be rendered soon
    def key(self, tree: Tree, source: Source) -> str: ...  # equal keys, equal outcomes; '' when it is not rendered
    def template(
        self, texts: Sequence[str], parameters: Mapping[str, Any], *, strict: bool = False
    ) -> Sequence[str]: ...  # Go templates; strict: a missing key is an error


class Scanners(Protocol):
    """Runs the scanners that the operator enabled, shut in."""

    def scan(self, name: str, files: Mapping[str, bytes]) -> bytes | NotScanned: ...

    # files by name, without directories; the SARIF log, or why there is none


class Agent(Protocol):
    """The API of the GitOps agent that rolls out what environments hold."""

    def application(self, name: str) -> ApplicationHealth: ...  # `name`, or `namespace/name`; `holds_source` is False


class Outputs(Protocol):
    """Keeps long texts for the page the bot serves."""

    def keep(self, repository: Repository, title: str, text: str) -> str: ...

    # Markdown in, link out; '' when no public address is configured. The same text gives the same link.


class CheckedHeads(Protocol):
    """Remembers which head of which pull request was looked at last."""

    def note(self, repository: Repository, number: int, sha: str) -> None: ...
    def stale(self, repository: Repository, heads: dict[int, str], *, whole: bool = True) -> Sequence[int]: ...

    # of open pull requests (number to head) those that were not looked at; `whole`: there are no others


class Notes(Protocol):
    """Remembers for a day what was read and cannot have changed; to lose it costs a read."""

    def read(self, key: str) -> str: ...  # '' when nothing is noted
    def write(self, key: str, text: str) -> None: ...


class Told(Protocol):
    """Remembers for a day, by digest, what each pull request was told last."""

    def is_told(self, repository: Repository, number: int, digest: str) -> bool: ...
    def note(self, repository: Repository, number: int, digest: str) -> None: ...
