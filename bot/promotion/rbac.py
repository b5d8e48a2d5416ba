"""Does a repository's `rbac:` let somebody do something to an environment?

What decides is casbin, with the model that Argo CD gives it: any rule that allows, and none that denies. This is the
only room that knows it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from bot.promotion.rbac_text import ACTIONS, RESOURCE, Action, Mistake, Policy, Rule, fits, read_policy

__all__ = [
    "ACTIONS",
    "Action",
    "Allowed",
    "Mistake",
    "Policy",
    "Refused",
    "Rule",
    "Who",
    "decide",
    "read_policy",
    "who_may",
]

MOST_ASKED = 50  # subjects that `who_may` looks at
_MODEL = """
[request_definition]
r = sub, res, act, obj
[policy_definition]
p = sub, res, act, obj, eft
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = g(r.sub, p.sub) && fits(p.res, r.res) && fits(p.act, r.act) && fits(p.obj, r.obj)
"""
_SOMEBODY = "whoever asks"  # with a space in it: no subject of a rule is written so


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody: the login ('' for nobody in particular), and the teams they are in, as `organisation:slug`.

    `unknown` are teams that GitHub does not know (any more): whether they are in these, nobody can tell.
    """

    login: str
    teams: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowed:
    """A rule allows it, and none denies it."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why not, as the rest of a sentence; `line` is that of the rule which denies it, 0 where none allows it.

    `mend` says what is to be changed, where it is that the policy names a team which GitHub does not know.
    """

    why: str
    line: int = 0
    mend: str = ""


def decide(policy: Policy, who: Who, action: Action, environment: str) -> Allowed | Refused:
    """Say whether somebody may do something to an environment. Nobody may what no rule allows; a denial wins.

    So does one for a team that GitHub does not know: such a team gives nothing, and may take everything away.
    """
    judge = _Judge(policy)
    found = judge.decide(who, action, environment)
    for team in who.unknown:
        other = judge.decide(replace(who, teams=(*who.teams, team)), action, environment)
        if type(other) is not type(found):
            return _undecided(policy, team, other, found)
    return found


def _undecided(policy: Policy, team: str, inside: Allowed | Refused, outside: Allowed | Refused) -> Refused:
    """Return the refusal where it depends on a team that GitHub does not know."""
    lines = policy.lines_of(team)
    named = (
        f"line {lines[0]} of `rbac` names" if len(lines) == 1 else f"lines {', '.join(map(str, lines))} of `rbac` name"
    )
    slug = team.partition(":")[2]
    unknown = f"GitHub knows no team {slug}, which {named}"
    mend = f"write there what the team {slug} is called now, or take it out of `rbac`"
    if isinstance(inside, Refused):
        denies = inside.why.replace(" denies it", " may deny it", 1)
        return Refused(f"{denies}; {unknown}", inside.line, mend)
    why = outside.why if isinstance(outside, Refused) else ""
    return Refused(f"{why}; {unknown}", 0, mend)


def who_may(policy: Policy, action: Action, environment: str) -> tuple[str, ...]:
    """Return the users and teams, as they are written in lower case, that the policy lets do it."""
    judge = _Judge(policy)
    return tuple(
        one
        for one in policy.subjects[:MOST_ASKED]
        if isinstance(judge.decide(Who("", (one,)) if ":" in one else Who(one), action, environment), Allowed)
    )


class _Judge:
    """Casbin's enforcer with one policy in it."""

    def __init__(self, policy: Policy) -> None:
        import casbin  # 0.2 s, which only repositories with a policy pay
        from casbin.model import Model

        self._policy, self._model = policy, Model()
        self._model.load_model_from_text(_MODEL)
        self._casbin: Any = casbin.Enforcer(self._model)
        self._casbin.add_function("fits", fits)
        for rule in policy.rules:
            words = [rule.subject, rule.resource, rule.action, rule.object, rule.effect]
            self._model.add_policy("p", "p", words)
        for one in policy.grants:
            self._model.add_policy("g", "g", [one.member, one.role])

    def decide(self, who: Who, action: Action, environment: str) -> Allowed | Refused:
        held = _held(who, self._policy.default)
        links = [[_SOMEBODY, one] for one in held]
        for link in links:
            self._model.add_policy("g", "g", link)
        self._casbin.build_role_links()
        allowed, found = self._casbin.enforce_ex(_SOMEBODY, RESOURCE, action, environment)
        for link in links:
            self._model.remove_policy("g", "g", link)
        if allowed:
            return Allowed()
        rule = next((one for one in self._policy.rules if found and _words(one) == found), None)
        if rule is None:
            return Refused(f"no rule of `rbac` lets them {action} {environment}")
        where = f"line {rule.line} of `rbac` denies it" if rule.line else "a built-in rule denies it"
        return Refused(f"{where}: `{rule.text}`", rule.line)


def _words(rule: Rule) -> list[str]:
    return [rule.subject, rule.resource, rule.action, rule.object, rule.effect]


def _held(who: Who, default: str) -> Iterable[str]:
    """Return the subjects that somebody is; what only looks like a role, or like a team, is none."""
    login = [who.login.lower()] if who.login and ":" not in who.login else []
    teams = [one.lower() for one in who.teams if ":" in one and not one.startswith("role:")]
    return dict.fromkeys([*login, *teams, *filter(None, [default])])
