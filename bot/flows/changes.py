"""Which changes does a stretch of a source branch hold, traced back to the pull requests people wrote?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from bot.errors import NotFoundError
from bot.flows.tools import Tools
from bot.model.environment import Environment
from bot.model.promotion import Change
from bot.model.repository import Commit, PullRequest, Repository
from bot.promotion.places import Place, changed_by, lies_in, repository_of
from bot.promotion.trailers import Trailers, parse_trailers, requalified

MAX_COMMITS = 250  # as many as GitHub lists for a pull request
CARRIES = ("promote/", "back/")  # branches whose pull requests stand for what they carry


def read_trailers(tools: Tools, repository: Repository, pull: PullRequest) -> Trailers | None:
    """Return the trailers of a promotion pull request's own commit, None when it has none."""
    commit = promotion_commit(tools, repository, pull)
    return parse_trailers(commit.message) if commit else None


def promotion_commit(tools: Tools, repository: Repository, pull: PullRequest) -> Commit | None:
    """Return our newest commit on a promotion pull request: its head, unless people went on from there.

    They do so by a push, or by GitHub's button "Update branch". What the base branch has is not looked at: an
    earlier promotion that was squashed into it reads like ours.
    """
    head = read_commit(tools, repository, pull.head_sha)
    if head is None or is_ours(tools, head):
        return head
    if tools.git.resolve(repository, pull.base_sha) is None:
        return None
    found = tools.git.commits(repository, since=pull.base_sha, until=pull.head_sha, limit=MAX_COMMITS)
    return next((one for one in _first_parents(found, pull.head_sha) if is_ours(tools, one)), None)


def is_ours(tools: Tools, commit: Commit) -> bool:
    """Say whether a commit reads like a promotion commit of ours; whoever may push can write the like."""
    return commit.author == tools.github.bot_login and parse_trailers(commit.message) is not None


def read_commit(tools: Tools, repository: Repository, sha: str) -> Commit | None:
    """Return one commit from the mirror, or None."""
    if tools.git.resolve(repository, sha) is None:
        return None
    found = tools.git.commits(repository, since=None, until=sha, limit=1)
    return found[0] if found else None


class ChangeReader:
    """Reads changes for the pipeline of `home` during one job; remembers the pull requests it has seen."""

    def __init__(self, tools: Tools, home: Repository, environments: Sequence[Environment] = ()) -> None:
        self._tools, self._home, self._environments = tools, home, environments
        self._known = {home, *(repository_of(one, home) for one in environments)}
        self._pulls: dict[tuple[Repository, int], PullRequest] = {}
        self._came: dict[tuple[Repository, str], dict[str, PullRequest | None]] = {}

    def known(self, references: Iterable[str]) -> tuple[str, ...]:
        """Return the references that lead into repositories of the pipeline, each once.

        Whoever may push to a promotion branch can write any into a commit, and what they name is read and commented.
        """
        return tuple(one for one in dict.fromkeys(references) if self._split(one)[0] in self._known)

    def pull(self, reference: str) -> PullRequest:
        """Return a pull request (`#12`, `owner/name#12`), read at most once."""
        return self._pull(*self._split(reference))

    def named(self, references: Iterable[str]) -> tuple[Change, ...]:
        """Return the changes that references name, their pull requests read all together.

        A number that is no pull request's is left out: whoever may push can write one into a commit.
        """
        split = [self._split(one) for one in references]
        for repository in dict.fromkeys(where for where, _ in split):
            unread = [number for where, number in split if where == repository and (where, number) not in self._pulls]
            if len(unread) > 1:
                for number, pull in self._tools.github.pulls_by_number(repository, unread).items():
                    self._pulls[repository, number] = pull
        found: list[Change] = []
        for where, number in split:
            with suppress(NotFoundError):
                found.append(self._change(where, self._pull(where, number)))
        return tuple(found)

    def between(
        self, source: Place, since: str | None, until: str, wanted: Callable[[str], bool] = lambda _: True
    ) -> tuple[Change, ...]:
        """Return the changes that `until` has and `since` has not, newest first, each once.

        Only the first-parent line counts, and on it what changed the source's directory or files and is `wanted`: what
        a merge commit brought belongs to its pull request. A promotion pull request stands for the changes it carried.
        """
        git, repository = self._tools.git, source.repository
        commits = git.commits(repository, since=since, until=until, limit=MAX_COMMITS, paths=source.scope)
        changes: dict[str, Change] = {}
        line = [one for one in (commits if source.scope else _first_parents(commits, until)) if wanted(one.sha)]
        came = self._came_by(source, [one.sha for one in line])
        for commit in line:
            pull = came[commit.sha]
            for change in self._originals(repository, pull) if pull else (self._pushed(source, commit),):
                changes.setdefault(change.reference or change.sha, change)
        return tuple(changes.values())

    def _split(self, reference: str) -> tuple[Repository, int]:
        where, _, number = reference.partition("#")
        return Repository.parse(where) if where else self._home, int(number)

    def _pull(self, repository: Repository, number: int) -> PullRequest:
        if (repository, number) not in self._pulls:
            found = self._tools.github.pulls_by_number(repository, [number]).get(number)
            self._pulls[repository, number] = found or self._tools.github.pull(repository, number)
        return self._pulls[repository, number]

    def _came_by(self, source: Place, shas: Sequence[str]) -> dict[str, PullRequest | None]:
        """Return the pull request that brought each commit into the source's branch, None where none did."""
        repository = source.repository
        known = self._came.setdefault((repository, source.branch), {})
        unread = [one for one in shas if one not in known]
        if unread:
            merged = self._tools.github.pulls_by_commit(repository, source.branch, unread)
            known.update({sha: merged.get(sha) for sha in unread})
            self._pulls |= {(repository, one.number): one for one in merged.values()}
        return known

    def _originals(self, repository: Repository, pull: PullRequest) -> tuple[Change, ...]:
        if pull.head_ref.startswith(CARRIES) and pull.author.login == self._tools.github.bot_login:
            trailers = read_trailers(self._tools, repository, pull)
            named = (
                self.known(requalified(one, repository, self._home) for one in trailers.includes) if trailers else ()
            )
            if found := self.named(named):
                return found
            if trailers:  # pushes alone: it stands for them, and did not begin where it went
                pushed = read_commit(self._tools, repository, trailers.source_sha)
                change = self._change(repository, pull)
                return (replace(change, author=pushed.author if pushed else change.author, into=()),)
        return (self._change(repository, pull),)

    def _pushed(self, source: Place, commit: Commit) -> Change:
        """Return the change that somebody made without a pull request; it changed what it is read from."""
        here = [one for one in self._environments if lies_in(one, source.repository, self._home)]
        own = [one for one in here if one.branch == source.branch and not one.tag]
        into = changed_by(own, source.branch, source.scope) if source.scope else own if len(own) == 1 else ()
        return Change(
            number=0,
            title=commit.message.partition("\n")[0],
            author=commit.author,
            url="",
            sha=commit.sha,
            merged_at=commit.time,
            into=tuple(one.name for one in into),
        )

    def _change(self, repository: Repository, pull: PullRequest) -> Change:
        return Change(
            number=pull.number,
            title=pull.title,
            author=pull.author.login,
            url=pull.url,
            sha=pull.merge_commit or pull.head_sha,
            merged_at=pull.merged_at,
            base=pull.base_ref,
            repository="" if repository == self._home else repository.full_name,
            into=tuple(one.name for one in self._changed(repository, pull)),
        )

    def _changed(self, repository: Repository, pull: PullRequest) -> Sequence[Environment]:
        """Return the environments that a merged pull request changed by itself."""
        here = [one for one in self._environments if lies_in(one, repository, self._home)]
        own = [one for one in here if one.branch == pull.base_ref and not one.tag]
        if len(own) < 2 or not pull.merged or not pull.merge_commit:
            return own
        merged = read_commit(self._tools, repository, pull.merge_commit)
        if merged is None or not merged.parents:
            return own
        touched = self._tools.git.changed_paths(repository, merged.parents[0], merged.sha)
        return changed_by(own, pull.base_ref, touched)


def changes_as_told(changes: Sequence[Change], home: Repository, repository: Repository) -> tuple[Change, ...]:
    """Return changes as they are named on the pages of a repository; they are counted from `home`."""
    if home == repository:
        return tuple(changes)
    told = (requalified(one.reference, home, repository).partition("#")[0] if one.number else "" for one in changes)
    return tuple(replace(one, repository=where) for one, where in zip(changes, told, strict=True))


def _first_parents(commits: Sequence[Commit], until: str) -> list[Commit]:
    by_sha = {commit.sha: commit for commit in commits}
    line, sha = [], until
    while commit := by_sha.get(sha):
        line.append(commit)
        sha = commit.parents[0] if commit.parents else ""
    return line
