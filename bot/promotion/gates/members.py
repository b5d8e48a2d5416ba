"""What do the gates of several environments come to, where one pull request promotes into all of them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.model.promotion import Gate
from bot.promotion.gates.facts import GateFacts

_ORDER = ("fail", "wait", "pass")


def of_members(facts: GateFacts) -> tuple[GateFacts, ...]:
    """Return the facts as each member of the target reads them; the facts alone where the target is no group."""
    members = facts.hop.target.members
    return tuple(replace(facts, hop=replace(facts.hop, target=one)) for one in members) or (facts,)


def worst(judged: Sequence[tuple[str, Gate]]) -> Gate:
    """Return one gate for the same gate of several environments, each with the environment's name.

    It is open when all are. Of those that are not, the worst are told; where all say the same, it is said once, and
    without names. Where they wait for different people, it is said who of them waits for whom.
    """
    state = min((gate.state for _, gate in judged), key=_ORDER.index)
    told = [(name, gate) for name, gate in judged if gate.state == state]
    again = min((gate.again for _, gate in judged if gate.again is not None), default=None)
    return Gate(
        name=judged[0][1].name,
        state=state,
        reason=_said([(name, gate.reason) for name, gate in told], len(judged)),
        owner=_said([(name, gate.owner) for name, gate in told if gate.owner], len(told)),
        next=_said([(name, gate.next) for name, gate in told if gate.next], len(told)),
        again=again,
        overridden=", ".join(dict.fromkeys(gate.overridden for _, gate in told if gate.overridden)),
    )


def _said(texts: Sequence[tuple[str, str]], all_of_them: int) -> str:
    """Return what is said, by whom where not all say the same."""
    by_text: dict[str, list[str]] = {}
    for name, text in texts:
        by_text.setdefault(text, []).append(name)
    if len(by_text) == 1 and len(texts) == all_of_them:
        return next(iter(by_text))
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in by_text.items())
