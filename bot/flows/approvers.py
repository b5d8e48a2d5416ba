"""Who is asked to look at a pull request, and who is told of it as an assignee?

Whom GitHub will not let us ask is told once on the pull request; the comment remembers them, so that no later look
asks in vain. `/assign-approvers` asks everybody anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from bot.errors import NotFoundError
from bot.flows.owners import Span, read_owners
from bot.flows.rights import Rights
from bot.flows.tools import Tools
from bot.model.environment import Approvers, People
from bot.model.repository import PullRequest, Repository
from bot.promotion import reviewers as rules
from bot.promotion.gates.approvals import excluded
from bot.promotion.plan import Snapshot
from bot.promotion.rbac import Allowed
from bot.promotion.reviewers import Standing
from bot.report import approvers as words

MOST_PULLS = 300  # open pull requests that somebody's load is counted on
_SPEAKS = ("APPROVED", "CHANGES_REQUESTED", "COMMENTED")


def anybody(_: str) -> bool:
    """Let everybody approve: where no policy is asked, the names alone decide."""
    return True


@dataclass(frozen=True, slots=True)
class Wish:
    """Whose review is wanted on a pull request.

    `approvers` are those who may approve, owners among them; `others` are owners whom nobody can ask. `excluded` are
    lower-case logins whose word would not count. Where `sha` is given, a review of another commit has to be given
    again. `may` says whether the rules let a user approve.
    """

    repository: Repository
    pull: PullRequest
    approvers: Approvers
    others: tuple[str, ...] = ()
    excluded: frozenset[str] = frozenset()
    sha: str = ""
    may: Callable[[str], bool] = anybody


def wish_of(tools: Tools, snapshot: Snapshot, pull: PullRequest, rights: Rights, where: Repository) -> Wish:
    """Return whose review is wanted on a promotion pull request, which is in the repository `where`."""
    facts = snapshot.facts
    approvers, target = facts.hop.target.approvers, facts.hop.target
    each = target.members or (target,)
    others: tuple[str, ...] = ()
    if approvers.codeowners and snapshot.commit:
        others = read_owners(tools, where, Span(snapshot.target_head, snapshot.commit)).others

    def may(login: str) -> bool:
        return any(isinstance(rights.may(login, "approve", one), Allowed) for one in each)

    return Wish(where, pull, approvers, others, excluded(facts), facts.head_sha, may if rights.is_asked else anybody)


@dataclass(frozen=True, slots=True)
class AskedFor:
    """Who was asked just now, who could not be (reviewers, assignees), and who was assigned."""

    people: People = field(default_factory=People)
    refused: tuple[str, ...] = ()
    assigned: tuple[str, ...] = ()
    unassigned: tuple[str, ...] = ()


def ask_approvers(tools: Tools, wish: Wish, *, again: bool = False) -> AskedFor:
    """Ask for the reviews that are missing and assign whom the configuration names.

    Whoever is asked already stays asked; doing it again asks nobody. `again` tries those anew who could not be asked.
    """
    standing = _standing(tools, wish)
    to_assign = rules.assignees(wish.approvers.assign, wish.pull.assignees, frozenset())
    if not _left(wish, standing) and not to_assign and not wish.others:
        return AskedFor()
    told = _told(tools, wish)
    memory = words.remembered("" if again else told)
    closed = {one.partition("/")[2] for one in memory[0]}
    standing = replace(standing, excluded=standing.excluded | memory[0], closed=frozenset(closed))
    asked, refused = _ask(tools, wish, standing)
    assigned, unassigned = _assign(tools, wish, memory[1])
    found = AskedFor(asked, (*refused, *wish.others), assigned, unassigned)
    _tell(tools, wish, found, told, again)
    return found


def _standing(tools: Tools, wish: Wish) -> Standing:
    """Read how things stand, as far as it matters: where everybody named is asked already, there is nothing to read."""
    pull, people = wish.pull, wish.approvers.people
    asked = People(_lower(pull.requested_users), _lower(pull.requested_teams))
    standing = Standing(asked, excluded=wish.excluded | {pull.author.login.lower()})
    if not _left(wish, standing):
        return standing
    reviews = tools.github.reviews(wish.repository, pull.number)
    spoken = {one.author.login.lower() for one in reviews if one.state in _SPEAKS and wish.sha in ("", one.sha)}
    standing = replace(standing, spoken=frozenset(spoken))
    teams = people.teams if wish.approvers.ask or spoken else ()
    standing = replace(standing, members={one.lower(): tools.github.members(wish.repository, one) for one in teams})
    barred = {one for one in _lower(rules.candidates(people, standing)) if not wish.may(one)}
    standing = replace(standing, excluded=standing.excluded | barred)
    if wish.approvers.ask and _left(wish, standing):
        open_pulls = tools.github.pulls(wish.repository, state="open", limit=MOST_PULLS)
        standing = replace(standing, load=rules.loads(open_pulls, pull.number))
    return standing


def _left(wish: Wish, standing: Standing) -> People:
    """Return whom to ask. As long as their members are not known, teams stand for somebody who may be chosen."""
    found = rules.wanted(wish.approvers.people, wish.approvers.ask, wish.pull.number, standing)
    unknown = [one for one in wish.approvers.people.teams if one.lower() not in standing.members]
    return People(teams=tuple(unknown)) if wish.approvers.ask and unknown and not found else found


def _ask(tools: Tools, wish: Wish, standing: Standing) -> tuple[People, tuple[str, ...]]:
    """Ask, and where somebody cannot be, ask the next; return who was asked and who could not be."""
    users: list[str] = []
    teams: list[str] = []
    refused: list[str] = []
    while people := rules.wanted(wish.approvers.people, wish.approvers.ask, wish.pull.number, standing):
        done = tools.github.ask_reviewers(wish.repository, wish.pull.number, people)
        users += done.users
        teams += done.teams
        no_users = [one for one in people.users if one not in done.users]
        no_teams = [one for one in people.teams if one not in done.teams]
        refused += [*no_users, *(f"{wish.repository.owner}/{one}" for one in no_teams)]
        asked = People(
            (*standing.asked.users, *_lower(done.users)),
            (*standing.asked.teams, *_lower(done.teams)),
        )
        standing = replace(
            standing,
            asked=asked,
            excluded=standing.excluded | {*_lower(no_users)},
            closed=standing.closed | {*_lower(no_teams)},
        )
    return People(tuple(users), tuple(teams)), tuple(refused)


def _assign(tools: Tools, wish: Wish, memory: frozenset[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    missing = rules.assignees(wish.approvers.assign, wish.pull.assignees, memory)
    if not missing:
        return (), ()
    done = tools.github.ensure_assignees(wish.repository, wish.pull.number, missing)
    return tuple(done), tuple(one for one in missing if one not in done)


def _told(tools: Tools, wish: Wish) -> str:
    """Return our comment about people who could not be asked, '' where there is none."""
    try:
        comments = tools.github.comments(wish.repository, wish.pull.number)
    except NotFoundError:
        return ""
    ours = (one.body for one in comments if one.author.login == tools.github.bot_login)
    return next((one for one in ours if one.startswith(words.MARKER)), "")


def _tell(tools: Tools, wish: Wish, found: AskedFor, told: str, again: bool) -> None:
    """Tell who cannot be asked, once; whoever was told of before stays told, until everybody is asked anew."""
    before = words.remembered("" if again else told)
    reviewers, assignees = (
        (*(one for one in new if one.lower() not in old), *sorted(old))
        for new, old in ((found.refused, before[0]), (found.unassigned, before[1]))
    )
    known = words.remembered(told)
    if (frozenset(_lower(reviewers)), frozenset(_lower(assignees))) == known:
        return
    if reviewers or assignees or told:
        text = words.unasked(sorted(reviewers, key=str.lower), sorted(assignees, key=str.lower))
        tools.github.ensure_comment(wish.repository, wish.pull.number, words.MARKER, text)


def _lower(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(one.lower() for one in names)
