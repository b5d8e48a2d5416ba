"""What does the text under `rbac:` say, and what is wrong with it?

It has the format of Argo CD's policy.csv (argo-cd.readthedocs.io, "RBAC Configuration"), one rule a line, with a
resource and actions of our own. Parsing is strict: a rule that could never do anything is a mistake.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Literal

from bot.model.quoting import quoted

Action = Literal["promote", "approve", "lock", "override", "rollback"]
Effect = Literal["allow", "deny"]

RESOURCE = "promotions"
ACTIONS: tuple[Action, ...] = ("promote", "approve", "lock", "override", "rollback")
READONLY, ADMIN = "role:readonly", "role:admin"
MOST_RULES = 500
LONGEST_CHAIN = 8  # of roles in roles; what decides follows ten
_MEANT: dict[str, Action] = {
    **dict.fromkeys(("unlock", "freeze", "unfreeze", "hold", "resume"), "lock"),
    **dict.fromkeys(("merge", "sync", "deploy", "create", "update"), "promote"),
    **dict.fromkeys(("review", "approvals"), "approve"),
    "action": "override",
    "roll-back": "rollback",
}
_LOGIN = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}(?:_[A-Za-z0-9]{1,8})?")
_TEAM = re.compile(r"([A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}):([A-Za-z0-9._-]{1,100})")
_ROLE = re.compile(r"role:[A-Za-z0-9._-]{1,100}")
_DEFAULT = re.compile(r"policy\.default\s*:\s*(.*)")
_OBJECT = re.compile(r"[a-z0-9*?-]{1,63}")


@dataclass(frozen=True, slots=True)
class Rule:
    """`p`: a subject may, or may not, do something to the environments that a pattern fits; `line` is 1-based."""

    subject: str
    action: str
    object: str
    effect: Effect
    line: int
    text: str = ""
    resource: str = RESOURCE


@dataclass(frozen=True, slots=True)
class Grant:
    """`g`: somebody, a team, or a role has a role."""

    member: str
    role: str
    line: int


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules; users and teams in lower case, teams as `organisation:slug`. `default` is everybody's role."""

    rules: tuple[Rule, ...] = ()
    grants: tuple[Grant, ...] = ()
    default: str = ""

    @property
    def subjects(self) -> tuple[str, ...]:
        """Return the users and teams that are named, in the order written."""
        named = [*(one.subject for one in self.rules), *(one.member for one in self.grants)]
        return tuple(dict.fromkeys(one for one in named if not one.startswith("role:")))

    def lines_of(self, subject: str) -> tuple[int, ...]:
        """Return the lines that name a user or a team."""
        rules = (one.line for one in self.rules if one.subject == subject)
        return tuple(sorted({*rules, *(one.line for one in self.grants if one.member == subject)}))

    @property
    def teams(self) -> tuple[str, ...]:
        """Return the slugs of the teams that are named."""
        return tuple(one.partition(":")[2] for one in self.subjects if ":" in one)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong on a line of the text (1-based), and what to write instead."""

    line: int
    message: str
    suggestion: str = ""


BUILT_IN = (Rule(ADMIN, "*", "*", "allow", 0, f"p, {ADMIN}, {RESOURCE}, *, *, allow"),)


@lru_cache(maxsize=64)
def read_policy(
    text: str, *, organisation: str = "", environments: tuple[str, ...] = ()
) -> Policy | tuple[Mistake, ...]:
    """Return the policy that the text says, or everything that is wrong with it, in the order of its lines.

    `organisation` owns the repository; without it, teams of any are taken. `environments` are the names that objects
    are judged by; without them, any will do.
    """
    reading = _Reading(organisation.lower(), environments)
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if words and not words.startswith("#"):
            reading.read(words, number)
    reading.finish()
    if reading.mistakes:
        return tuple(sorted(reading.mistakes, key=lambda one: one.line))
    return Policy((*BUILT_IN, *reading.rules), tuple(reading.grants), reading.default)


@dataclass(slots=True)
class _Reading:
    organisation: str
    environments: Sequence[str]
    rules: list[Rule] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)
    default: str = ""
    default_line: int = 0
    mistakes: list[Mistake] = field(default_factory=list)

    def mistake(self, line: int, message: str, suggestion: str = "") -> None:
        self.mistakes.append(Mistake(line, message, suggestion))

    def read(self, words: str, line: int) -> None:
        if len(self.rules) + len(self.grants) >= MOST_RULES:
            if len(self.rules) + len(self.grants) == MOST_RULES and not any(
                "too many" in x.message for x in self.mistakes
            ):
                self.mistake(line, f"these are too many rules: {MOST_RULES} are read", "use patterns and roles")
            return
        if default := _DEFAULT.fullmatch(words):
            self._default(default[1].strip(), line)
            return
        kind, *parts = (part.strip() for part in words.split(","))
        if kind == "p":
            self._rule(parts, line, words)
        elif kind == "g":
            self._grant(parts, line)
        else:
            how = "a line begins with `p,` (a rule), `g,` (who has which role) or `policy.default:`"
            self.mistake(line, f"{quoted(kind)} begins no rule", how)

    def _default(self, role: str, line: int) -> None:
        if self.default_line:
            self.mistake(
                line, f"`policy.default` is given twice, first on line {self.default_line}", "keep one of them"
            )
        elif not _ROLE.fullmatch(role):
            self.mistake(line, f"{quoted(role)} is no role", f"write `policy.default: {READONLY}`")
        else:
            self.default, self.default_line = role, line

    def _rule(self, parts: list[str], line: int, words: str) -> None:
        form = f"write `p, role:NAME, {RESOURCE}, promote, staging, allow`"
        if len(parts) != 5:
            short = (
                "the effect is missing" if len(parts) == 4 else f"a rule has 5 parts after `p`, this has {len(parts)}"
            )
            self.mistake(line, short, f"write `{words}, allow`" if len(parts) == 4 else form)
            return
        subject, resource, action, environment, effect = parts
        before = len(self.mistakes)
        subject = self._subject(subject, line)
        self._word(line, "resource", resource, (RESOURCE,), {"applications": RESOURCE, "promotion": RESOURCE})
        self._word(line, "action", action, ACTIONS, _MEANT)
        self._object(environment, line)
        if effect not in ("allow", "deny"):
            self.mistake(line, f"{quoted(effect)} is no effect", _near(effect, ("allow", "deny")))
        if len(self.mistakes) == before:
            self.rules.append(
                Rule(subject, action, environment, "deny" if effect == "deny" else "allow", line, words, resource)
            )

    def _grant(self, parts: list[str], line: int) -> None:
        if len(parts) != 2:
            what = f"`g` has 2 parts, this has {len(parts)}"
            self.mistake(
                line, what, f"write `g, {self.organisation or 'acme'}:team, role:NAME` or `g, login, role:NAME`"
            )
            return
        before = len(self.mistakes)
        member = self._subject(parts[0], line)
        if not _ROLE.fullmatch(parts[1]):
            self.mistake(line, f"{quoted(parts[1])} is no role", f"write `g, {parts[0]}, role:NAME`")
        if len(self.mistakes) == before:
            self.grants.append(Grant(member, parts[1], line))

    def _subject(self, word: str, line: int) -> str:
        """Return a user or a team in lower case, or a role as it is."""
        if _ROLE.fullmatch(word):
            return word
        if team := _TEAM.fullmatch(word):
            if self.organisation and team[1].lower() != self.organisation:
                meant = f"did you mean `role:{team[2]}`?" if get_close_matches(team[1].lower(), ["role"]) else ""
                what = f"the team {quoted(word)} belongs to another organisation than the repository"
                self.mistake(
                    line, what, meant or f"name a team of {self.organisation}: `{self.organisation}:{team[2]}`"
                )
            return word.lower()
        if not _LOGIN.fullmatch(word):
            slash = word.lstrip("@").replace("/", ":")
            fits = _TEAM.fullmatch(slash) or _LOGIN.fullmatch(slash)
            how = f"did you mean `{slash}`?" if fits else "write a login, `organisation:team` or `role:NAME`"
            self.mistake(line, f"{quoted(word)} is neither a user, nor a team, nor a role", how)
        return word.lower()

    def _word(
        self, line: int, kind: str, word: str, known: Sequence[str], meant: dict[str, str] | dict[str, Action]
    ) -> None:
        if word in known or (("*" in word or "?" in word) and any(fits(word, one) for one in known)):
            return
        self.mistake(line, f"there is no {kind} {quoted(word)}", _near(word, known, dict(meant)))

    def _object(self, word: str, line: int) -> None:
        if not _OBJECT.fullmatch(word):
            tail = word.rpartition("/")[2]
            meant = (
                f"did you mean `{tail}`?"
                if _OBJECT.fullmatch(tail)
                else "write its name, or a pattern with `*` and `?`"
            )
            self.mistake(line, f"{quoted(word)} is no environment, nor a pattern of names", meant)
        elif self.environments and word != "*" and not any(fits(word, one) for one in self.environments):
            what = "no environment fits" if "*" in word or "?" in word else "there is no environment"
            self.mistake(line, f"{what} {quoted(word)}", _near(word, self.environments))

    def finish(self) -> None:
        """Look for roles that lead nowhere, and for those that hold themselves."""
        known = {READONLY, ADMIN, *(one.subject for one in self.rules), *(one.member for one in self.grants)}
        roles = sorted(one for one in known if one.startswith("role:"))
        asked = [(one.role, one.line) for one in self.grants]
        if self.default:
            asked.append((self.default, self.default_line))
        for role, line in asked:
            if role not in known and not self.mistakes:
                self.mistake(line, f"nothing is said of {quoted(role)}", _near(role, roles))
        for one in self.grants:
            if (length := self._chain(one.role)) is None or length > LONGEST_CHAIN:
                what = f"{quoted(one.role)} holds itself" if length is None else f"roles are nested {length} deep"
                self.mistake(one.line, what, "give the role straight to those who shall have it")
                return

    def _chain(self, role: str) -> int | None:
        """Return how deep a role leads into others, None for ever."""
        above: dict[str, set[str]] = {}
        for one in self.grants:
            above.setdefault(one.member, set()).add(one.role)
        reached, depth = {role}, 1
        while reached := {each for one in reached for each in above.get(one, ())}:
            depth += 1
            if depth > len(above) + 1:
                return None
        return depth


def fits(pattern: str, word: str) -> bool:
    """Say whether a pattern, in which `*` is any text and `?` any letter, fits a whole word.

    Only the last star is ever tried anew, so no pattern takes long.
    """
    at = here = 0
    star, resume = -1, 0
    while here < len(word):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", word[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            resume += 1
            at, here = star + 1, resume
        else:
            return False
    return not pattern[at:].strip("*")


def _near(word: str, known: Sequence[str], meant: dict[str, str] | None = None) -> str:
    meant = meant or {}
    close = get_close_matches(word.lower(), [*known, *meant], 1, 0.6)
    if close:
        return f"did you mean `{meant.get(close[0], close[0])}`?"
    listed = ", ".join(f"`{one}`" for one in known[:20]) + (" …" if len(known) > 20 else "")
    return f"there {'is' if len(known) == 1 else 'are'}: {listed}" if known else ""
