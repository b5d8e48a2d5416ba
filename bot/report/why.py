"""Why is a promotion where it is: what does every gate say, of whom, by which rule, and when is it looked at again?"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass

from bot.model.environment import Environment
from bot.model.gates import NEVER
from bot.model.promotion import Gate, Hop
from bot.promotion.gates import names as approver_names
from bot.promotion.gates import people_names
from bot.promotion.hours import shown
from bot.promotion.times import duration_words, window_words
from bot.report import markdown
from bot.report.promotion import GATE_ICONS
from bot.report.words import among, listed

_MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Reasons:
    """One way into an environment: how it stands in a sentence, and all gates there are; none where nothing moves.

    `zone` is the time zone that people of the target read, `pull` the promotion pull request as a page links it.
    """

    hop: Hop
    state: str
    gates: tuple[Gate, ...] = ()
    zone: str = "UTC"
    pull: str = ""


def why(reasons: Sequence[Reasons]) -> str:
    """Return the answer to `/why`."""
    return "\n\n".join(part for one in reasons for part in _way(one))


def _way(one: Reasons) -> list[str]:
    hop = one.hop
    name = f"{hop.target.name}: {hop.application}" if hop.application else hop.target.name
    way = f"{name} (rollback)" if hop.way == "rollback" else f"{hop.source.name} → {name}"
    head = f"**{markdown.escape(way)}** "
    head += f"by {one.pull}{markdown.prose(one.state)}" if one.pull else markdown.prose(one.state)
    if not one.gates:
        return [head]
    rows = [
        [
            f"{GATE_ICONS[gate.state]}\u00a0{gate.name}",
            markdown.prose(gate.reason),
            markdown.prose(gate.owner) or "–",
            markdown.prose(gate.next) or "–",
            shown(gate.again, one.zone) if gate.again else "–",
            markdown.prose(rule(gate.name, hop)),
        ]
        for gate in one.gates
    ]
    head_row = ["gate", "what it says", "waits for", "next step", "looked at again", "by which rule"]
    return [head, markdown.table(head_row, rows), *_overrides(hop, {gate.name for gate in one.gates})]


def _overrides(hop: Hop, asked: Container[str]) -> list[str]:
    told = []
    for one in _members(hop):
        allowed = [gate for gate in one.gates.overridable if gate not in NEVER and gate in asked]
        if allowed:
            gates = listed([f"`{gate}`" for gate in allowed])
            who = people_names(one.overriders) or "nobody, because nobody is named"
            told.append(f"{gates}{f' of {one.name}' if hop.target.members else ''} by {who}")
    return [f"`/override` may open {markdown.prose('; '.join(told))}."] if told else []


def rule(gate: str, hop: Hop) -> str:
    """Return where a gate's rule stands in the configuration, and what is written there, for each member of a group."""
    told = _RULES.get(gate)
    if told is None:
        return _ALWAYS[gate]
    found = {one.name: text for one in _members(hop) if (text := told(one))}
    keys = [f"`environments.{name}.{text}`" for name, text in found.items()]
    return ", ".join(keys[:_MOST_NAMES]) + (" …" if len(keys) > _MOST_NAMES else "") or "none is written"


def _members(hop: Hop) -> Sequence[Environment]:
    return hop.target.members or (hop.target,)


def _names(key: str, names: Sequence[str]) -> str:
    return f"{key}: {among(names, _MOST_NAMES)}" if names else ""


def _health(one: Environment) -> str:
    health = one.gates.health
    said = [*(["deployment"] if health.deployment else []), *health.statuses, *health.argocd]
    return _names("gates.health", said)


def _approvals(one: Environment) -> str:
    approvers = one.approvers
    owners = " and code owners" if approvers.codeowners and approvers.people else ""
    return f"approvers: {approvers.required} of {approver_names(approvers)}{owners}" if approvers.required else ""


_RULES: Mapping[str, Callable[[Environment], str]] = {
    "checks": lambda one: _names("gates.checks", one.gates.checks),
    "health": _health,
    "approvals": _approvals,
    "soak": lambda one: f"gates.soak: {duration_words(one.gates.soak)}" if one.gates.soak else "",
    "window": lambda one: _names("gates.window", [window_words(each) for each in one.gates.windows]),
    "drift": lambda one: f"on_drift: {one.on_drift}",
    "test": lambda one: _names("gates.test", one.gates.test),
    "order": lambda one: _names("after", one.after),
}
_ALWAYS = {
    "policy": "`policies` and `checks`",
    "freeze": "`freeze`, and what people say by `/freeze`",
    "lock": "what people say by `/lock` and `/hold`",
}
