"""What does the world look like, apart from ids, times and commit ids? Equal worlds have equal fingerprints."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from bot.sandbox.records import CheckRun, Issue, Repository
from tests.flows.world import BOT, MANIFESTS, POLICIES, Town

LOOKED_AT = (MANIFESTS, POLICIES)  # on a head that was overwritten, only if the look was quicker

_HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{7,40}(?![0-9a-f])")
_TIME = re.compile(
    r"(?:[A-Z][a-z]{2} )?\d{4}-\d\d-\d\d \d\d:\d\d [A-Za-z]+(?:/\w+)*(?: \((?:just now|\d+ (?:min|h|days) ago)\))?"
)
_REPLY = re.compile(r"(lockkeeper:reply:)\d+")
_OUTPUT = re.compile(r"/output/[0-9a-f]{40}")


class Words:
    """Turns texts of repositories into texts that two runs of the same story share."""

    def __init__(self, *repositories: Repository) -> None:
        self._names: dict[str, str] = {}
        self.trees: dict[str, str] = {}
        for repository in repositories:
            shas = {*repository.git.refs("refs/").values(), *(suite.head_sha for suite in repository.suites)}
            for line in repository.git.text("log", "--format=%H %T %s", *shas).splitlines():
                sha, tree, subject = line.split(" ", 2)
                self._names[sha], self.trees[sha] = f"<{tree[:8]} {subject}>", tree

    def commit(self, sha: str) -> str:
        return self._names.get(sha, "?")

    def plain(self, text: str | None) -> str:
        text = _OUTPUT.sub("/output/<id>", text or "")
        text = _TIME.sub("<time>", _REPLY.sub(r"\1<id>", text))
        return _HEX.sub(self._named, text)

    def _named(self, found: re.Match[str]) -> str:
        return next((name for sha, name in self._names.items() if sha.startswith(found[0])), found[0])


def fingerprint(town: Town) -> Mapping[str, object]:
    """Return what GitHub shows of the repositories."""
    with town.world.lock:
        repositories = [town.world.repository(name) for name in town.repositories]
        words = Words(*repositories)
        return {one.name: _shown(one, words) for one in repositories}


def differences(one: object, other: object, where: str = "") -> Iterator[str]:
    """Yield where two fingerprints differ, and what stands there in each."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted(one.keys() | other.keys(), key=str):
            yield from differences(one.get(key), other.get(key), f"{where}/{key}")
    elif one != other:
        yield f"{where}: {one!r} and {other!r}"


def _shown(repository: Repository, words: Words) -> Mapping[str, object]:
    git = repository.git
    alive = {*git.text("rev-list", "--all").split()}
    return {
        "branches": {name: words.trees[sha] for name, sha in git.refs("refs/heads/").items()},
        "tags": {name: words.commit(git.resolve(name) or "") for name in git.refs("refs/tags/")},
        "pulls": {number: issue_of(issue, words) for number, issue in repository.issues.items()},
        "checks": checks_of(repository, words, lambda sha, name: sha in alive or name not in LOOKED_AT),
        "deployments": sorted(
            (one.environment, words.commit(one.sha), words.plain(one.description)) for one in repository.deployments
        ),
    }


def issue_of(issue: Issue, words: Words) -> dict[str, object]:
    """Return what a pull request shows."""
    pull = issue.pull
    assert pull is not None
    return {
        "title": words.plain(issue.title),
        "body": words.plain(issue.body),
        "state": issue.state,
        "merged": pull.merged_at is not None,
        "branches": (pull.head_ref, pull.base_ref),
        "head": words.commit(pull.head_sha),
        "asked": sorted([*(one.login for one in pull.requested_users), *(one.slug for one in pull.requested_teams)]),
        "assigned": sorted(one.login for one in issue.assignees),
        "labels": sorted(one.name for one in issue.labels),
        "comments": sorted(
            (one.user.login, words.plain(one.body), sorted(react.content for react in one.reactions))
            for one in issue.comments
        ),
    }


def checks_of(
    repository: Repository, words: Words, wanted: Callable[[str, str], bool] = lambda *_: True
) -> dict[str, object]:
    """Return the newest check run of each name that is wanted on a commit."""
    newest: dict[tuple[str, str], CheckRun] = {}
    for suite in repository.suites:
        for run in (one for one in suite.runs if wanted(suite.head_sha, one.name)):
            key = (words.commit(suite.head_sha), run.name)
            if key not in newest or newest[key].id < run.id:
                newest[key] = run
    return {
        f"{name} on {commit}": (
            run.status,
            run.conclusion,
            words.plain(run.title),
            words.plain(run.summary),
            words.plain(run.text),
            [(one["path"], one["start_line"], one["title"]) for one in run.annotations],
        )
        for (commit, name), run in sorted(newest.items())
    }


def flaws(town: Town) -> list[str]:
    """Return what must never be: two promotion pull requests of a pair, two comments of a kind, a repeated check."""
    found: list[str] = []
    for name in town.repositories:
        found += _flaws(town, name)
    return found


def _flaws(town: Town, name: str) -> list[str]:
    found = []
    with town.world.lock:
        repository = town.world.repository(name)
        pulls = [one.head_ref for one in town.world.open_pulls(name)]
        open_heads = [head for head in pulls if head.startswith(("promote/", "rollback/", "back/"))]
        found += [f"two open pull requests from {head}" for head in set(open_heads) if open_heads.count(head) > 1]
        for number, issue in repository.issues.items():
            markers = [one.body.partition("-->")[0] for one in issue.comments if one.user.login == BOT]
            found += [f"#{number}: two comments {one}" for one in set(markers) if markers.count(one) > 1]
        for suite in repository.suites:
            if suite.app is not town.app:
                continue
            runs = sorted(suite.runs, key=lambda one: (one.name, one.id))
            found += [
                f"check {one.name!r} was made twice on {suite.head_sha[:7]}, with the same words"
                for one, after in pairwise(runs)
                if (one.name, one.external_id) == (after.name, after.first_id)  # a gate that shut again has a new run
            ]
    return found
