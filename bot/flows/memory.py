"""What has this job read from the mirror already?

Each read is a git process, and one job asks the same things often. Between two fetches nothing in the mirror
changes but by our own writes, so an answer holds until the job fetches or pushes. It also makes a job see one
state: another job's fetch moves nothing under its hands. What full object ids alone decide never changes, and is
kept from job to job.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar, cast

from bot.model.repository import Commit, Repository
from bot.model.tree import Tree
from bot.ports import Git, MergeOutcome, RefMove, RefRecord

T = TypeVar("T")
Question = tuple[object, ...]
MOST = 32 * 2**20  # bytes of facts that one process keeps
_LARGEST = 100_000  # bytes of one answer worth keeping
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Facts:
    """What full object ids alone decide, kept from job to job: what was used last, up to so many bytes.

    The bytes are reckoned, not measured: the texts in question and answer, and what Python needs to hold them.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most, self._held = most, 0
        self._answers: OrderedDict[Question, tuple[object, int]] = OrderedDict()

    def get(self, question: Question) -> object:
        """Return the answer, None where it is not known."""
        found = self._answers.get(question)
        if found is None:
            return None
        self._answers.move_to_end(question)
        return found[0]

    def keep(self, question: Question, answer: object) -> None:
        """Keep an answer unless it is too large; what was not used for longest goes for it."""
        weight = _weight(answer)
        if weight > _LARGEST:
            return
        weight += _weight(question)
        self._held += weight - self._answers.get(question, (None, 0))[1]
        self._answers[question] = answer, weight
        while self._held > self._most:
            self._held -= self._answers.popitem(last=False)[1][1]


def _weight(value: object) -> int:
    """Reckon how many bytes a question or an answer takes."""
    match value:
        case str() | bytes():
            return 64 + len(value)
        case Commit():
            return 256 + len(value.message) + _weight(value.parents)
        case tuple() | list():
            return 64 + sum(map(_weight, value))
        case _:
            return 64


class RememberingGit:
    """`bot.ports.Git` for one job; asks the git behind it the same thing once. What is not there is asked again.

    `facts` outlives the job. It holds no answer whose objects the mirror would have to hold: merges, commits made.
    """

    def __init__(self, git: Git, facts: Facts | None = None) -> None:
        self._git = git
        self._facts = Facts() if facts is None else facts
        self._known: dict[Question, object] = {}

    def _once(self, read: Callable[[], T], *question: object) -> T:
        if question in self._known:
            return cast(T, self._known[question])
        answer = read()
        if answer is not None:
            self._known[question] = answer
        return answer

    def _fact(self, read: Callable[[], T], what: str, repository: Repository, *ids: str, about: str = "") -> T:
        """Answer from what is known for good where all ids are full, else as `_once` does."""
        question = (what, repository, *ids, about)
        known = self._facts.get(question)
        if known is not None:
            return cast(T, known)
        answer = self._once(read, *question)
        if answer is not None and all(_ID.fullmatch(one) for one in ids):
            self._facts.keep(question, answer)
        return answer

    def fetch(self, repository: Repository, refs: Sequence[str] = ()) -> None:
        self._known.clear()
        self._git.fetch(repository, refs)

    def push(self, repository: Repository, *, branch: str, commit: str, expected: str | None) -> bool:
        self._known.clear()
        return self._git.push(repository, branch=branch, commit=commit, expected=expected)

    def records(self, repository: Repository) -> Sequence[RefRecord]:
        return self._once(lambda: self._git.records(repository), "records", repository)

    def push_records(self, repository: Repository, moves: Sequence[RefMove]) -> None:
        self._known.clear()
        self._git.push_records(repository, moves)

    def tags(self, repository: Repository) -> Mapping[str, str]:
        return self._once(lambda: self._git.tags(repository), "tags", repository)

    def tag_message(self, repository: Repository, name: str) -> str:
        return self._once(lambda: self._git.tag_message(repository, name), "tag message", repository, name)

    def push_tag(self, repository: Repository, *, name: str, commit: str, message: str, time: datetime) -> bool:
        self._known.clear()
        return self._git.push_tag(repository, name=name, commit=commit, message=message, time=time)

    def resolve(self, repository: Repository, revision: str) -> str | None:
        return self._once(lambda: self._git.resolve(repository, revision), "resolve", repository, revision)

    def tree(self, repository: Repository, commit: str) -> str:
        return self._once(lambda: self._git.tree(repository, commit), "tree", repository, commit)

    def directory(self, repository: Repository, revision: str, path: str) -> str | None:
        return self._once(
            lambda: self._git.directory(repository, revision, path), "directory", repository, revision, path
        )

    def bring(self, repository: Repository, source: Repository, tree: str) -> str:
        return self._once(lambda: self._git.bring(repository, source, tree), "bring", repository, source, tree)

    def merge_base(self, repository: Repository, one: str, two: str) -> str | None:
        if one == two and _ID.fullmatch(one):
            return one
        return self._fact(lambda: self._git.merge_base(repository, one, two), "base", repository, one, two)

    def is_ancestor(self, repository: Repository, ancestor: str, descendant: str) -> bool:
        if ancestor == descendant and _ID.fullmatch(ancestor):
            return True
        read = partial(self._git.is_ancestor, repository, ancestor, descendant)
        return self._fact(read, "ancestor", repository, ancestor, descendant)

    def commits(
        self, repository: Repository, *, since: str | None, until: str, limit: int = 250, paths: Sequence[str] = ()
    ) -> Sequence[Commit]:
        read = partial(self._git.commits, repository, since=since, until=until, limit=limit, paths=paths)
        about = "\0".join((str(limit), *paths))
        return self._fact(read, "commits", repository, *filter(None, (since,)), until, about=about)

    def changed_paths(self, repository: Repository, base: str, head: str) -> Sequence[str]:
        return self._fact(lambda: self._git.changed_paths(repository, base, head), "paths", repository, base, head)

    def read(self, repository: Repository, revision: str, path: str) -> bytes | None:
        return self._fact(lambda: self._git.read(repository, revision, path), "read", repository, revision, about=path)

    def list(self, repository: Repository, revision: str, path: str = "") -> Sequence[str]:
        return self._once(lambda: self._git.list(repository, revision, path), "list", repository, revision, path)

    def merge_trees(  # noqa: PLR0913 - the sides of one merge, by name
        self,
        repository: Repository,
        *,
        base: str | None,
        source: str,
        target: str,
        protect: Sequence[str],
        prefix: str = "",
    ) -> MergeOutcome:
        return self._once(
            lambda: self._git.merge_trees(
                repository, base=base, source=source, target=target, protect=protect, prefix=prefix
            ),
            *("merge", repository, base, source, target, tuple(protect), prefix),
        )

    def overlay(
        self, repository: Repository, *, source: str, target: str, protect: Sequence[str], prefix: str = ""
    ) -> str:
        return self._once(
            lambda: self._git.overlay(repository, source=source, target=target, protect=protect, prefix=prefix),
            *("overlay", repository, source, target, tuple(protect), prefix),
        )

    def put(self, repository: Repository, revision: str, files: Mapping[str, bytes]) -> str:
        question = ("put", repository, revision, *sorted(files.items()))
        return self._once(lambda: self._git.put(repository, revision, files), *question)

    def graft(self, repository: Repository, revision: str, path: str, tree: str) -> str:
        return self._once(
            lambda: self._git.graft(repository, revision, path, tree), "graft", repository, revision, path, tree
        )

    def write_commit(
        self, repository: Repository, *, tree: str, parents: Sequence[str], message: str, time: datetime
    ) -> str:
        question = ("commit", repository, tree, tuple(parents), message, time)
        return self._once(
            lambda: self._git.write_commit(repository, tree=tree, parents=parents, message=message, time=time),
            *question,
        )

    def open(self, repository: Repository, revision: str) -> Tree:
        return self._once(lambda: self._git.open(repository, revision), "open", repository, revision)
