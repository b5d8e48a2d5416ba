"""How are `/lock`, `/freeze` and `/hold` carried out, and what opens again?

Whoever shut something may open it. A lock or a freeze of somebody else takes maintain permission, because it says that
its owner relies on it; a hold is a question of everybody who works here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.flows.content import Rule
from bot.flows.locks import Word, keep, read_kept, require_read, take_away
from bot.flows.renamed import shut_before
from bot.flows.request import Asked
from bot.flows.tools import Tools
from bot.intake.commands import Command
from bot.intake.tasks import pull_key
from bot.model.repository import PERMISSION_ORDER
from bot.promotion.locks import Kept, Lock, LockKind, one_line
from bot.report import locks as words
from bot.report import replies
from bot.report.replies import Answer

_SHUTS: dict[str, LockKind] = {"lock": "lock", "freeze": "freeze", "hold": "hold"}
_OPENS: dict[str, LockKind] = {"unlock": "lock", "unfreeze": "freeze", "resume": "hold"}
COMMANDS = frozenset((*_SHUTS, *_OPENS))


def shut_or_open(tools: Tools, asked: Asked, parsed: Command) -> Answer:
    """Carry out one of the commands that shut and open; whoever asks has been authorised to shut."""
    things = _things(tools, asked, parsed)
    if not things:
        names = [one.name for one in asked.rules.configuration.environments]
        hint = "\n".join(f"/{parsed.name} {name}" for name in names[:5])
        return Answer(parsed.line, replies.misunderstood("Say which environment.", hint), "misunderstood")
    with asked.alone(asked.house.home) as alone:
        carry_out = _shut if parsed.name in _SHUTS else _open
        answers = [carry_out(alone, asked, parsed, thing) for thing in things]
    tools.mark(asked.house.home.full_name)  # gates have to be looked at again
    worst = "refused" if any(one.outcome == "refused" for one in answers) else "done"
    return Answer(parsed.line, "\n\n".join(one.text for one in answers), worst)


def _things(tools: Tools, asked: Asked, parsed: Command) -> Sequence[Lock]:
    """Return what is to be shut or opened, as the records of whoever asks; () where nobody can tell."""
    kind = _SHUTS.get(parsed.name) or _OPENS[parsed.name]
    command = asked.command
    name, pull = parsed.environment or "", ""
    if kind == "hold" and not name:
        hop = asked.own_hop(tools.github.bot_login)
        if hop is None:
            return ()
        name, pull = hop.target.name, pull_key(asked.repository.full_name, asked.pull.number)
    names = parsed.environments or ("",) if kind == "freeze" else (name,)
    reason, at = one_line(parsed.reason), asked.written() or tools.clock()
    return [Lock(kind, one, command.actor, reason, at, command.comment_url, pull) for one in names]


def _shut(tools: Tools, asked: Asked, parsed: Command, wanted: Lock) -> Answer:
    there = keep(tools, asked.house.home, wanted, _word(tools, asked))
    assert isinstance(there, Lock)  # its ref is that of a lock
    now = tools.clock()
    if there == wanted:
        return Answer(parsed.line, words.placed(there))
    if there.owner.lower() == wanted.owner.lower():
        return Answer(parsed.line, words.standing(there, now))
    return Answer(parsed.line, words.taken(there, now), "refused")


def _open(tools: Tools, asked: Asked, parsed: Command, wanted: Lock) -> Answer:
    home, now = asked.house.home, tools.clock()
    tools.git.fetch(home)
    kept = read_kept(tools, home)
    there = kept.find(wanted.kind, wanted.environment, wanted.pull)
    if there is None and wanted.pull:  # the environment is what is held, then
        there = kept.find(wanted.kind, wanted.environment)
    there = there or _under_another_name(tools, asked, kept, wanted)
    if there is None:
        require_read(home, kept, wanted.kind)
        return Answer(parsed.line, words.not_there(wanted))
    named = there if there.pull else replace(there, environment=wanted.environment)
    if there.kind != "hold" and there.owner.lower() != wanted.owner.lower():
        permission = tools.github.permission(home, wanted.owner)
        if PERMISSION_ORDER.index(permission) < PERMISSION_ORDER.index("maintain"):
            return Answer(parsed.line, words.not_yours(named, permission, now), "refused")
    take_away(tools, home, there, parsed.name, _word(tools, asked))
    return Answer(parsed.line, words.opened(named, now))


def _under_another_name(tools: Tools, asked: Asked, kept: Kept, wanted: Lock) -> Lock | None:
    """Return the record of an environment that was called otherwise when it was shut."""
    rule = Rule(asked.house.home, asked.rules.sha, asked.rules.configuration)
    before = (one for one, name in shut_before(tools, rule, kept) if name == wanted.environment)
    return next((one for one in before if one.kind == wanted.kind), None)


def _word(tools: Tools, asked: Asked) -> Word:
    return Word(asked.command.actor, asked.written() or tools.clock(), asked.command.comment_url)
