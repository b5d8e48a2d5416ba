"""What happens when a person comments a command?

Every comment gets at most one reply, tied to it by a hidden marker: finding the reply means the comment is dealt
with, whatever crashed in between.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import TransientError, UserError
from bot.flows import shutting, speaking
from bot.flows.assigning import assign_approvers
from bot.flows.check_pull import check_pull
from bot.flows.content import Rule
from bot.flows.converge import converge
from bot.flows.diff import diff
from bot.flows.house import House, environments_of, read_house
from bot.flows.locks import read_kept, read_lost
from bot.flows.promote import promote
from bot.flows.renamed import as_named_today
from bot.flows.request import Alone, Asked
from bot.flows.rights import Rights
from bot.flows.rollback import rollback
from bot.flows.status import status_picture, status_rows
from bot.flows.tools import Tools
from bot.flows.why import explain
from bot.intake.command_access import Allowed, Refused
from bot.intake.commands import Command, UsageError, parse, spec_of
from bot.intake.tasks import PendingCommand
from bot.model.environment import Environment
from bot.model.repository import Repository
from bot.ports import Reaction
from bot.promotion.pipeline import environment_named, environment_names, pairs
from bot.promotion.places import lies_in, target_of
from bot.report import help as help_words
from bot.report import locks as lock_words
from bot.report import replies
from bot.report.replies import Answer

REACTIONS: dict[str, Reaction] = {"done": "rocket", "refused": "-1", "misunderstood": "confused"}


def answer_comment(
    tools: Tools,
    repository: Repository,
    command: PendingCommand,
    *,
    bind: Callable[[int, str], str],
    alone: Alone,
) -> None:
    """Carry out the commands of one comment and reply. Doing it again finds the reply and does nothing.

    TransientError rises and the whole comment is tried again; everything else a person can mend is told there.
    """
    if command.actor_is_bot or command.actor == tools.github.bot_login:
        return
    tools.git.fetch(repository, [f"refs/pull/{command.pull}/head"])
    house = read_house(tools, repository)
    names = environment_names(house.configuration)
    if not parse(command.body, names, ours=True) or tools.github.comment(repository, command.comment_id) is None:
        return
    marker = replies.marker(command.comment_id)
    if _replied(tools, repository, command.pull, marker):
        return
    heads = _bound(tools, house, command, bind)
    pull = tools.github.pull(repository, command.pull)
    promotion = house.promotion(pull, tools.github.bot_login) is not None
    parsed = parse(command.body, names, ours=promotion)
    if not parsed:  # the words of other bots, which are ours on promotion pull requests only
        return
    tools.github.ensure_reaction(repository, command.comment_id, "eyes")
    into = tuple(one.name for one in environments_of(tools, house, pull))
    asked = Asked(house, command, pull, heads, into, alone)
    answers = [_answer(tools, asked, one) for one in parsed]
    body = replies.reply(command.comment_id, command.actor, answers)
    worst = max((one.outcome for one in answers), key=["done", "misunderstood", "refused"].index)
    tools.github.ensure_reaction(repository, command.comment_id, REACTIONS[worst])
    tools.github.ensure_comment(repository, command.pull, marker, body)  # last: once it is there, all is done


def _bound(tools: Tools, house: House, command: PendingCommand, bind: Callable[[int, str], str]) -> dict[str, str]:
    """Return what each branch of an environment held when the comment was first read, so that a retry means the same.

    One comment may ask for several promotions. Promotion branches are there as `@` and their name.
    """
    heads = {
        one.name: tools.git.resolve(house.home, f"refs/heads/{one.branch}")
        for one in house.configuration.environments
        if lies_in(one, house.home, house.home)
    }
    fetched = (house.home, house.repository)
    for hop in pairs(house.configuration):
        where = target_of(hop, house.home).repository
        heads[f"@{hop.branch}"] = tools.git.resolve(where, f"refs/heads/{hop.branch}") if where in fetched else None
    words = bind(command.comment_id, " ".join(f"{one}:{sha}" for one, sha in heads.items() if sha))
    return dict(word.split(":", 1) for word in words.split() if ":" in word)


def _replied(tools: Tools, repository: Repository, number: int, marker: str) -> bool:
    return any(
        one.author.login == tools.github.bot_login and one.body.startswith(marker)
        for one in tools.github.comments(repository, number)
    )


def _answer(tools: Tools, asked: Asked, parsed: Command | UsageError) -> Answer:
    broken = asked.rules.problems
    if broken and not (isinstance(parsed, Command) and parsed.name in ("help", "check")):
        return Answer(parsed.line, replies.broken_configuration(broken), "refused")
    if isinstance(parsed, UsageError):
        return Answer(parsed.line, replies.misunderstood(parsed.message, parsed.hint), "misunderstood")
    refusal = _refusal(tools, asked, parsed)
    if refusal:
        return Answer(parsed.line, refusal, "refused")
    try:
        return _carry_out(tools, asked, parsed)
    except TransientError:
        raise
    except UserError as error:
        return Answer(parsed.line, replies.failed(error), "refused")


def _refusal(tools: Tools, asked: Asked, parsed: Command) -> str:
    """Return why the person may not, '' when they may. An error on the way is never a yes."""
    named = [environment_named(asked.rules.configuration, one) for one in _meant(tools, asked, parsed)]
    each = [member for one in named for member in (one.members or (one,) if one else (None,))]
    verdicts = [_verdict(tools, asked, parsed, one) for one in each]
    refusals = [one for one in verdicts if isinstance(one, Refused)]
    enough = 1 if parsed.name == "approve" else len(verdicts)  # an approval counts for those members that it may
    if len(verdicts) - len(refusals) >= enough:
        return ""
    verdict = refusals[0]
    what = f"`{parsed.line.strip()}` is not for you"
    return replies.refused(what, required=verdict.required, has=verdict.has, following=verdict.next)


def _meant(tools: Tools, asked: Asked, parsed: Command) -> tuple[str, ...]:
    """Return the names of the environments that a command is about; '' where it is about none or all."""
    if parsed.environments or parsed.environment:
        return parsed.environments or (parsed.environment or "",)
    own = asked.own_hop(tools.github.bot_login)
    return (own.target.name if own and parsed.name != "promote" else asked.default_target(),)


def _verdict(tools: Tools, asked: Asked, parsed: Command, environment: Environment | None) -> Allowed | Refused:
    actor, home = asked.command.actor, asked.house.home  # the pipeline's: it is there that rights are given
    everywhere = parsed.name in ("freeze", "unfreeze") and not parsed.environments
    return Rights(tools, home, asked.rules.configuration).allows(
        spec_of(parsed.name), actor, environment, everywhere=everywhere, is_author=asked.pull.author.login == actor
    )


def _carry_out(tools: Tools, asked: Asked, parsed: Command) -> Answer:
    match parsed.name:
        case "help":
            return Answer(parsed.line, help_words.text(asked.rules.configuration))
        case "check":
            checked = check_pull(tools, asked.repository, asked.pull.number)
            if checked.trouble:
                raise checked.trouble
            return Answer(parsed.line, replies.checked(checked.checks))
        case "diff":
            return diff(tools, asked, parsed)
        case "status":
            converged = converge(tools, asked.house.home, write=False)
            home, kept = asked.house.home, read_kept(tools, asked.house.home)
            today = as_named_today(tools, Rule(home, asked.rules.sha, asked.rules.configuration), kept)
            shut = lock_words.listing(today, tools.clock(), read_lost(tools, home, kept))
            rows = replies.status(status_rows(asked.house, converged.all))
            drawn = status_picture(asked.house, converged.hops)
            return Answer(parsed.line, "\n\n".join(filter(None, [rows, shut, drawn])))
        case "promote":
            return promote(tools, asked, parsed)
        case "rollback":
            return rollback(asked, parsed)
        case "why":
            return explain(tools, asked, parsed)
        case "approve":
            return speaking.approve(asked, parsed)
        case "override":
            return speaking.override(asked, parsed)
        case "assign-approvers":
            return assign_approvers(tools, asked, parsed)
        case name if name in shutting.COMMANDS:
            return shutting.shut_or_open(tools, asked, parsed)
        case other:
            raise AssertionError(f"{other} is in the registry but nowhere carried out")
