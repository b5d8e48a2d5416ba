"""How do our comments, reactions and labels on an issue or pull request become what we want them to be?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from github.IssueComment import IssueComment

from bot.adapters.github.client import Client, quoted
from bot.adapters.github.errors import found_or_made, translated
from bot.adapters.github.graph import Document, actor_of, answered, has_more
from bot.adapters.github.seen import Question
from bot.errors import NotFoundError, RefusedError
from bot.model.repository import Repository
from bot.ports import Reaction


def comments(client: Client, repository: Repository, number: int) -> list[IssueComment]:
    """Return the comments of an issue or pull request, oldest first; within `translated`."""
    return client.seen.once(_said(repository, number), lambda: list(client.issue(repository, number).get_comments()))


def foresee(client: Client, repository: Repository, numbers: Sequence[int]) -> None:
    """Read what was said on several pull requests, a page of it on each, with one call for all of them.

    Of what has more comments than that, and of all where GitHub does not answer, nothing is known beforehand.
    """
    unread = [one for one in dict.fromkeys(numbers) if not client.seen.knows(_said(repository, one))]
    if not client.seen.keeps or len(unread) < 2:
        return
    fields = "fullDatabaseId body url author { __typename login }"
    document = Document()
    asked = f"comments(first: 100) {{ nodes {{ {fields} }} pageInfo {{ hasNextPage }} }}"
    aliases = {one: document.add(f"pullRequest(number: {one:d}) {{ {asked} }}") for one in unread}
    answer = answered(client, repository, document)
    if answer is None:
        return
    for number, alias in aliases.items():
        connection = (answer[alias] or {}).get("comments")
        nodes = (connection or {}).get("nodes")
        if connection and nodes is not None and not has_more(connection) and all(map(_is_known, nodes)):
            found = [_as_by_rest(client, repository, one) for one in nodes]
            client.seen.note(_said(repository, number), found)


def _is_known(node: Mapping[str, Any] | None) -> bool:
    """Say whether GitHub tells a comment, and the number it needs to be edited by: both may be null."""
    return node is not None and node["fullDatabaseId"] is not None


def _as_by_rest(client: Client, repository: Repository, node: Mapping[str, Any]) -> IssueComment:
    """Return PyGithub's comment for one of GraphQL; it reads by itself what we did not ask for."""
    number, author = int(node["fullDatabaseId"]), actor_of(node["author"])
    user = {"login": author.login, "type": "Bot" if author.is_bot else "User"} if node["author"] else None
    url = f"{client.repository(repository).url}/issues/comments/{number}"
    known = {"id": number, "body": node["body"], "user": user, "url": url, "html_url": node["url"]}
    return IssueComment(client.api.requester, {}, known, completed=False)


def ensure_comment(client: Client, repository: Repository, number: int, marker: str, body: str) -> bool:
    """Make the one comment of ours whose first line is `marker` say `body`; return whether we wrote.

    The marker is put before a body that lacks it. Should a race have left several such comments, the oldest
    stays and the others go.
    """
    text = body if _first_line(body) == marker else f"{marker}\n{body}"
    issue = client.issue(repository, number)

    def find() -> list[IssueComment] | None:
        with translated(f"read the comments of #{number} in {repository}"):
            ours = [
                one
                for one in comments(client, repository, number)
                if one.user and client.is_ours(one.user.login) and _first_line(one.body or "") == marker
            ]
        return sorted(ours, key=lambda one: one.id) or None

    def make() -> list[IssueComment]:
        with translated(f"comment on #{number} in {repository}"):
            made = issue.create_comment(text)
        client.seen.add(_said(repository, number), made)
        return [made]

    found, wrote = found_or_made(find, make, client.seen.forget)
    oldest, *others = found
    with translated(f"edit our comment on #{number} in {repository}"):
        if not same_text(oldest.body or "", text):
            oldest.edit(text)
            wrote = True
        for other in others:
            other.delete()
            client.seen.remove(_said(repository, number), other)
            wrote = True
    return wrote


def ensure_reaction(client: Client, repository: Repository, comment_id: int, reaction: Reaction) -> bool:
    """Put our reaction on a comment; return whether it was missing."""
    with translated(f"react to comment {comment_id} in {repository}"):
        comment = client.comment(repository, comment_id)
        for one in comment.get_reactions():
            if one.content == reaction and one.user and client.is_ours(one.user.login):
                return False
        comment.create_reaction(reaction)
    return True


def ensure_label(  # noqa: PLR0913 - what a label is made of
    client: Client, repository: Repository, number: int, label: str, *, colour: str, description: str
) -> bool:
    """Put a label on an issue or pull request, and make it first if the repository lacks it.

    `colour` is six hexadecimal digits, a leading # is taken off. A label that exists keeps its looks.
    """
    with translated(f"label #{number} in {repository} {label!r}"):
        if _has_label(client, repository, number, label):
            return False
        home = client.repository(repository)
        if client.get(home.get_label(label).url, f"read the label {label!r} of {repository}") is None:
            try:
                with translated(f"create the label {label!r} in {repository}"):
                    home.create_label(label, colour.removeprefix("#"), description)
            except RefusedError as error:
                if "already_exists" not in error.reason:  # another worker was faster
                    raise
        client.send("POST", f"{client.issue(repository, number).url}/labels", {"labels": [label]})
    return True


def ensure_no_label(client: Client, repository: Repository, number: int, label: str) -> bool:
    """Take a label off an issue or pull request; return whether it was there."""
    try:
        with translated(f"take the label {label!r} off #{number} in {repository}"):
            if not _has_label(client, repository, number, label):
                return False
            client.send("DELETE", f"{client.issue(repository, number).url}/labels/{quoted(label)}")
    except NotFoundError as error:
        if "Label does not exist" in error.reason:
            return False
        raise
    return True


def _said(repository: Repository, number: int) -> Question:
    return "comments", repository, number


def same_text(one: str, other: str) -> bool:
    """Compare texts as GitHub keeps them: line ends and surrounding blanks do not count."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def _first_line(text: str) -> str:
    return text.lstrip().split("\n", 1)[0].strip()


def _has_label(client: Client, repository: Repository, number: int, label: str) -> bool:
    return any(one.name.lower() == label.lower() for one in client.issue(repository, number).get_labels())
