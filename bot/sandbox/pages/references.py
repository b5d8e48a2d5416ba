"""What in plain words does GitHub turn into a link? People, teams, issues, commits and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from bot.sandbox.records import Organization, Repository
from bot.sandbox.world import World

_FOUND = re.compile(
    r"""(?P<url>https?://[^\s<>"]+)
      | (?<![\w/@.`-])@(?P<person>[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38})(?:/(?P<team>[\w-]+))?(?![\w-])
      | (?<![\w/\#&-])(?P<where>[\w-]+/[\w.-]+)?\#(?P<number>[0-9]{1,9})(?!\w)
      | (?<![\w/@\#.-])(?P<sha>[0-9a-f]{7,40})(?![\w@-])""",
    re.VERBOSE,
)
_TRAILING = ".,:;!?'*_~"


class References:
    """What names lead to, seen from one repository. A name that leads nowhere stays plain text, as on GitHub."""

    def __init__(self, world: World, repository: Repository | None) -> None:
        self.world, self.repository = world, repository
        self._commits: dict[str, str | None] = {}

    def linked(self, text: str) -> Markup:
        """Return plain text as HTML in which everything that leads somewhere is a link."""
        return Markup("").join(self._pieces(text))

    def _pieces(self, text: str) -> Iterator[Markup]:
        end = 0
        for match in _FOUND.finditer(text):
            if match.start() < end:
                continue
            yield escape(text[end : match.start()])
            end = match.end()
            kind = match.lastgroup if match.lastgroup != "team" else "person"
            if kind == "url":
                address = _trimmed(match["url"])
                end = match.start() + len(address)
                yield self._address(address)
            elif kind == "person":
                yield self._person(match)
            elif kind == "number":
                yield self._issue(match)
            else:
                yield self._commit(match["sha"])
        yield escape(text[end:])

    def _person(self, match: re.Match[str]) -> Markup:
        who = self.world.accounts.get(match["person"].lower())
        if who is None or who.kind == "Bot":
            return escape(match[0])
        if match["team"]:
            if not isinstance(who, Organization) or match["team"].lower() not in who.teams:
                return escape(match[0])
            return Markup('<a class="mention" href="/orgs/{}/teams/{}">{}</a>').format(
                who.login, match["team"].lower(), match[0]
            )
        return Markup('<a class="mention" href="/{}">{}</a>').format(who.login, match[0])

    def _issue(self, match: re.Match[str]) -> Markup:
        place = self.repository
        if match["where"]:
            place = self.world.repositories.get(match["where"].lower())
        issue = place.issues.get(int(match["number"])) if place else None
        if place is None or issue is None:
            return escape(match[0])
        page = f"/{place.full_name}/{'pull' if issue.pull else 'issues'}/{issue.number}"
        return Markup('<a class="issue" href="{}" title="{}">{}</a>').format(page, issue.title, match[0])

    def _commit(self, sha: str) -> Markup:
        full = self.commit(sha)
        if full is None or self.repository is None:
            return escape(sha)
        page = f"/{self.repository.full_name}/commit/{full}"
        return Markup('<a class="sha" href="{}"><code>{}</code></a>').format(page, sha[:7])

    def commit(self, sha: str) -> str | None:
        """Return the full id of the commit a (short) id names in this repository, or None."""
        if sha not in self._commits and self.repository is not None:
            self._commits[sha] = self.repository.git.resolve(sha)
        return self._commits.get(sha)

    def _address(self, address: str) -> Markup:
        return Markup('<a href="{}" rel="nofollow noopener">{}</a>').format(address, self._short(address))

    def _short(self, address: str) -> str:
        """Return how GitHub shows an address of its own pages: `#7`, `owner/name#7`, or itself."""
        root = urlsplit(self.world.links.root)
        parts = urlsplit(address)
        match parts.path.split("/")[1:] if (parts.scheme, parts.netloc) == (root.scheme, root.netloc) else []:
            case [owner, name, "pull" | "issues", number] if number.isdigit() and not parts.query:
                here = self.repository is not None and self.repository.full_name == f"{owner}/{name}"
                short = f"#{number}" if here else f"{owner}/{name}#{number}"
                return f"{short} (comment)" if parts.fragment.startswith("issuecomment-") else short
        return address


def _trimmed(address: str) -> str:
    """Return the address without what ends the sentence around it (GitHub Flavored Markdown, extended autolinks)."""
    while address:
        if address[-1] in _TRAILING or (address[-1] == ")" and address.count(")") > address.count("(")):
            address = address[:-1]
        else:
            break
    return address
