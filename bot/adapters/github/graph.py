"""How is much asked of GitHub in one GraphQL call, and what do its answers mean in our words?

Fields: docs.github.com/graphql/reference/objects#pullrequest. One call costs a point of GraphQL's own hourly limit for
every hundred connections that GitHub has to follow for it ("Rate limits and query limits for the GraphQL API").
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog

from bot.adapters.github.client import Client
from bot.adapters.github.errors import translated
from bot.adapters.github.values import GHOST, utc
from bot.errors import LockkeeperError, RefusedError, TransientError
from bot.model.repository import Actor, PullRequest, Repository

BARE = (
    "number title url state isDraft mergedAt updatedAt mergeCommit { oid } author { __typename login } "
    "baseRefName baseRefOid headRefName headRefOid headRepository { nameWithOwner }"
)
LABELLED = f"{BARE} labels(first: 100) {{ nodes {{ name }} }}"
FULL = (
    f"{LABELLED} body assignees(first: 100) {{ nodes {{ login }} }} reviewRequests(first: 100) "
    "{ nodes { requestedReviewer { __typename ... on User { login } ... on Team { slug } } } }"
)
_log = structlog.get_logger("bot.github")
_ABOUT = "databaseId defaultBranchRef { name }"
_BOTH = "secondary rate limit"  # that of REST and GraphQL together, told with status 200, 403 or 429
_PAUSE = 60.0  # seconds, where GitHub names none ("Best practices for using the REST API")
_PART = 2  # steps from the top of an answer to a part of the document: the repository, the part's alias


class Document:
    """One query about one repository, in parts that are told apart by their aliases."""

    def __init__(self) -> None:
        self.variables: dict[str, str] = {}
        self._parts: list[str] = []

    def value(self, text: str) -> str:
        """Take a text as a variable, so that no name is ever read as GraphQL; return its name."""
        name = f"v{len(self.variables)}"
        self.variables[name] = text
        return f"${name}"

    def add(self, part: str) -> str:
        """Take a part, and return the alias of its answer."""
        alias = f"p{len(self._parts)}"
        self._parts.append(f"{alias}: {part}")
        return alias

    @property
    def text(self) -> str:
        names = ("$owner", "$name", *(f"${name}" for name in self.variables))
        declared = ", ".join(f"{name}: String!" for name in names)
        parts = " ".join((_ABOUT, *self._parts))
        which = "owner: $owner, name: $name, followRenames: false"  # as REST: branches are found by owner
        return f"query({declared}) {{ repository({which}) {{ {parts} }} }}"


def ask(client: Client, repository: Repository, document: Document) -> Mapping[str, Any]:
    """Ask; return what is said of the repository, by field and alias, None where there is no such thing.

    TransientError when anything else could not be answered: half an answer is none.
    """
    doing = f"ask about the pull requests of {repository} at once"
    variables = {"owner": repository.owner, "name": repository.name, **document.variables}
    requester = client.api.requester
    with translated(doing):
        body = {"query": document.text, "variables": variables}
        _, answer = requester.requestJsonAndCheck("POST", requester.graphql_url, input=body)
    return told(answer, doing)


def told(answer: object, doing: str) -> Mapping[str, Any]:
    """Return what an answer says of the repository. That there is no such thing counts where it was asked about itself.

    Beneath that, as of the commit by which something was merged, GitHub owes us what it did not find.
    """
    data = answer if isinstance(answer, dict) else {}
    errors = data.get("errors") or ()
    wrong = [one for one in errors if one.get("type") != "NOT_FOUND" or len(one.get("path") or ()) != _PART]
    found = (data.get("data") or {}).get("repository")
    if wrong or not isinstance(found, dict):
        why = str(wrong[0].get("message")) if wrong else "GitHub knows no such thing"
        raise TransientError(f"cannot {doing}: {why}", retry_after=_PAUSE if _BOTH in why.lower() else 0.0)
    return found


def answered(client: Client, repository: Repository, document: Document) -> Mapping[str, Any] | None:
    """Ask; None where GitHub does not answer, and then it is not asked again in this job: REST can tell as well.

    TransientError where it wants to be asked nothing at all for a while.
    """
    failed = ("not asked at once", repository)
    if client.seen.knows(failed):
        return None
    try:
        return ask(client, repository, document)
    except LockkeeperError as error:
        if (isinstance(error, RefusedError) and error.status == 401) or _BOTH in str(error).lower():
            raise
        _log.warning("not_asked_at_once", repo=str(repository), reason=str(error))
        client.seen.note(failed, True)
        return None


def pulls_in(connection: Mapping[str, Any] | None) -> list[PullRequest]:
    """Return the pull requests of a connection."""
    return [pull_of(one) for one in (connection or {}).get("nodes") or () if one]


def has_more(connection: Mapping[str, Any]) -> bool:
    """Say whether a connection, asked for its `pageInfo`, has more than it shows."""
    return bool(connection["pageInfo"]["hasNextPage"])


def pull_of(node: Mapping[str, Any]) -> PullRequest:
    """Translate a pull request; what was not asked for (labels, people, its body) is empty."""
    asked = [one["requestedReviewer"] or {} for one in _nodes(node, "reviewRequests")]
    home = node["headRepository"]
    return PullRequest(
        number=node["number"],
        title=node["title"],
        body=node.get("body") or "",
        author=actor_of(node["author"]),
        url=node["url"],
        state="open" if node["state"] == "OPEN" else "closed",
        draft=node["isDraft"],
        merged=node["mergedAt"] is not None,
        merged_at=_time(node["mergedAt"]),
        merged_by=None,
        merge_commit=(node["mergeCommit"] or {}).get("oid") if node["mergedAt"] else None,
        base_ref=node["baseRefName"],
        base_sha=node["baseRefOid"],
        head_ref=node["headRefName"],
        head_sha=node["headRefOid"],
        head_repository=home["nameWithOwner"] if home else None,
        labels=tuple(one["name"] for one in _nodes(node, "labels")),
        assignees=tuple(one["login"] for one in _nodes(node, "assignees")),
        requested_users=tuple(one["login"] for one in asked if "login" in one),
        requested_teams=tuple(one["slug"] for one in asked if "slug" in one),
        updated_at=_time(node["updatedAt"]),
    )


def _nodes(node: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [one for one in (node.get(name) or {}).get("nodes") or () if one]


def actor_of(author: Mapping[str, Any] | None) -> Actor:
    """Translate an account: GraphQL shows a bot's login without the `[bot]` by which REST knows it."""
    if author is None:
        return Actor(GHOST)
    is_bot = author["__typename"] == "Bot"
    login = author["login"]
    return Actor(f"{login}[bot]" if is_bot and not login.endswith("[bot]") else login, is_bot=is_bot)


def _time(text: str | None) -> datetime | None:
    return None if text is None else utc(datetime.fromisoformat(text))
