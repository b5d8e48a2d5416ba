"""When did a branch come to which commit? GitHub's own clock says, unlike the dates in commits, which anybody sets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.adapters.github import values
from bot.adapters.github.client import Client
from bot.adapters.github.errors import translated
from bot.model.repository import Push, Repository

_MOST = 100  # of one page; docs.github.com, "List repository activities"


def pushes(client: Client, repository: Repository, branch: str) -> Sequence[Push]:
    """Return the newest moves of a branch, newest first: pushes, merges, its creation and deletion.

    GitHub Enterprise Server before 3.9 does not know them: NotFoundError.
    """
    url = f"{client.repository(repository).url}/activity"
    asked = {"ref": f"refs/heads/{branch}", "per_page": _MOST}
    with translated(f"read the pushes to {branch} of {repository}"):
        _, data = client.api.requester.requestJsonAndCheck("GET", url, parameters=asked)
        found = [(str(one["after"]), values.utc(datetime.fromisoformat(one["timestamp"]))) for one in data or ()]
    return [Push(after if after.strip("0") else "", at) for after, at in found if at is not None]
