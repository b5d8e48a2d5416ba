"""Which checks does a commit carry, and how does ours become what we want it to be?

Behind the caller's `external_id` we append ` #<report>.<annotations>`, two short digests of what we last
wrote in full. They tell cheaply whether anything differs, and whether a crash left a check run half written.
Reading takes them off again. GitHub adds annotations and never removes one, so changed annotations ask for a
new run of the same name; GitHub shows and counts the newest.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from github.CheckRun import CheckRun
from github.CommitStatus import CommitStatus
from github.PaginatedList import PaginatedList

from bot.adapters.github import values
from bot.adapters.github.client import Client, quoted
from bot.adapters.github.errors import translated
from bot.errors import TransientError
from bot.model.repository import CheckState, Repository
from bot.ports import Annotation, CheckReport

ANNOTATIONS_PER_REQUEST = 50  # docs.github.com, "Create a check run"
_Digests = tuple[str, str]
_DIGESTS = re.compile(r"(?:^| )#([0-9a-f]{12})\.([0-9a-f]{12})$")


def checks(client: Client, repository: Repository, sha: str, *, ours: bool = False) -> Sequence[CheckState]:
    """Return the check runs and statuses of a commit, the newest for each name and App; or only the runs by us."""
    with translated(f"read the checks of {sha[:12]} in {repository}"):
        runs = _of_ours(client, repository, sha) if ours else _of_all(client, repository, sha)
        statuses = () if ours else _statuses(client, repository, sha)
        newest: dict[tuple[str, int | None], CheckState] = {}
        for run in sorted(runs, key=lambda one: one.id):
            state = values.run_state(run, _plain(run.external_id or ""))
            newest[state.name, state.app_id] = state
        for status in sorted(statuses, key=lambda one: (one.updated_at, one.id)):
            newest[status.context, None] = values.status_state(status)
    return list(newest.values())


def ensure_check(client: Client, repository: Repository, report: CheckReport) -> bool:
    """Make our check run of that name on that commit say what the report says; return whether we wrote."""
    wanted = _digests(report)
    with translated(f"write the check {report.name!r} of {repository}"):
        current = _ours(client, repository, report)
        if current is not None and _says(current, report, wanted):
            return False
        if current is not None and _can_become(current, report, wanted):
            current.edit(**_properties(report, wanted))
            return True
    try:
        with translated(f"create the check {report.name!r} of {repository}"):
            _create(client, repository, report, wanted)
    except TransientError:  # the answer may be lost, and the work done
        client.seen.forget()
        with translated(f"read the check {report.name!r} of {repository}"):
            current = _ours(client, repository, report)
        if current is None or not _says(current, report, wanted):
            raise
    return True


def _create(client: Client, repository: Repository, report: CheckReport, wanted: _Digests) -> None:
    """Create a run. It stays in progress, and without digests, until its last annotations are there."""
    batches = [
        report.annotations[start : start + ANNOTATIONS_PER_REQUEST]
        for start in range(0, len(report.annotations), ANNOTATIONS_PER_REQUEST)
    ] or [()]
    first = _properties(report, wanted if len(batches) == 1 else None, batches[0])
    run = client.repository(repository).create_check_run(name=report.name, head_sha=report.sha, **first)
    for known in ("runs", "our runs"):
        client.seen.add((known, repository, report.sha), run)
    for number, batch in enumerate(batches[1:], start=2):
        run.edit(**_properties(report, wanted if number == len(batches) else None, batch))


def _properties(report: CheckReport, wanted: _Digests | None, annotations: Sequence[Annotation] = ()) -> dict[str, Any]:
    """Return the properties of one request; without digests it is one of several, and not the last."""
    output: dict[str, Any] = {"title": report.title, "summary": report.summary, "text": report.text}
    if annotations:
        output["annotations"] = [
            {
                "path": one.path,
                "start_line": one.line,
                "end_line": one.line,
                "annotation_level": one.level,
                "title": one.title,
                "message": one.message,
            }
            for one in annotations
        ]
    found: dict[str, Any] = {"status": "in_progress", "external_id": report.external_id, "output": output}
    if wanted is not None:
        found["external_id"] = f"{report.external_id} #{wanted[0]}.{wanted[1]}".lstrip()
        if report.conclusion is not None:
            found |= {"status": "completed", "conclusion": report.conclusion}
    if report.details_url:
        found["details_url"] = report.details_url
    return found


def _says(run: CheckRun, report: CheckReport, wanted: _Digests) -> bool:
    """Say whether a run already is what we want; its state may have been changed by a person's re-run."""
    finished = run.conclusion if run.status == "completed" else None
    return _written(run) == wanted and finished == report.conclusion


def _can_become(run: CheckRun, report: CheckReport, wanted: _Digests) -> bool:
    """Say whether an update will do: no annotation to take away, and nothing finished to be opened again."""
    written = _written(run)
    reopens = run.status == "completed" and report.conclusion is None
    return written is not None and written[1] == wanted[1] and not reopens


def _ours(client: Client, repository: Repository, report: CheckReport) -> CheckRun | None:
    if client.seen.keeps:
        runs = _of_ours(client, repository, report.sha)
    else:
        parameters = {"check_name": report.name, "filter": "latest", "app_id": client.app_id}
        runs = list(_runs(client, repository, report.sha, parameters))
    ours = [run for run in runs if run.name == report.name and run.app and run.app.id == client.app_id]
    return max(ours, key=lambda one: one.id, default=None)


def _of_all(client: Client, repository: Repository, sha: str) -> list[CheckRun]:
    return client.seen.once(
        ("runs", repository, sha), lambda: list(_runs(client, repository, sha, {"filter": "latest"}))
    )


def _of_ours(client: Client, repository: Repository, sha: str) -> list[CheckRun]:
    if client.seen.knows(("runs", repository, sha)):
        return [one for one in _of_all(client, repository, sha) if one.app and one.app.id == client.app_id]
    parameters = {"filter": "latest", "app_id": client.app_id}
    return client.seen.once(("our runs", repository, sha), lambda: list(_runs(client, repository, sha, parameters)))


def _statuses(client: Client, repository: Repository, sha: str) -> list[CommitStatus]:
    url = f"{client.repository(repository).url}/commits/{quoted(sha)}/status"
    listed = PaginatedList(CommitStatus, client.api.requester, url, {}, list_item="statuses")
    return client.seen.once(("statuses", repository, sha), lambda: list(listed))


def _runs(client: Client, repository: Repository, sha: str, parameters: dict[str, Any]) -> PaginatedList[CheckRun]:
    """List check runs; PyGithub's own call cannot ask for those of one App."""
    url = f"{client.repository(repository).url}/commits/{quoted(sha)}/check-runs"
    return PaginatedList(CheckRun, client.api.requester, url, parameters, list_item="check_runs")


def _digests(report: CheckReport) -> _Digests:
    everything = asdict(report)
    return _digest(everything), _digest(everything["annotations"])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def _written(run: CheckRun) -> _Digests | None:
    found = _DIGESTS.search(run.external_id or "")
    return (found[1], found[2]) if found else None


def _plain(external_id: str) -> str:
    return _DIGESTS.sub("", external_id)
