"""Do the words after a command fit it, and if not, what was probably meant?"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import get_args

from bot.intake.command_registry import Argument, CommandSpec
from bot.model.gates import OVERRIDABLE, GateName
from bot.model.quoting import quoted

GATES: tuple[str, ...] = get_args(GateName)
_SHA = re.compile(r"[0-9a-fA-F]{7,40}")
_SHA_OPTION = re.compile(r"(?:--?|[\u2010-\u2015\u2212])sha(?:=(.*))?", re.IGNORECASE | re.DOTALL)
_OPTION = re.compile(r"[-\u2010-\u2015\u2212].*", re.DOTALL)
_PLACE = re.compile(r"#[1-9]\d{0,9}|(?![-.])(?!.*\.\.)[A-Za-z0-9._/-]{1,200}")
_LISTED = 20
_LEAST = 3  # letters from which the beginning of a name is taken for the name
_JOINS = ",:;"  # may stand between a name and what follows it
_ALL = ("all", "everything")


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a command, judged and normal: configured environments, a SHA in lower case, a gate there is.

    `to` is a ref or `#12`; `reason` one line as it was written.
    """

    environment: str | None = None
    sha: str | None = None
    environments: tuple[str, ...] = ()
    gate: str | None = None
    to: str | None = None
    reason: str = ""

    def written(self, spec: CommandSpec) -> str:
        """Return the line that gives the command these arguments."""
        option, place = f"--sha {self.sha}" if self.sha else "", f"to {self.to}" if self.to else ""
        parts = (f"/{spec.name}", self.gate, self.environment, *self.environments, option, place, self.reason)
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, in Markdown that is safe to post, and a line to copy."""

    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """One command's words as they are read: what the command takes, and which names there are."""

    spec: CommandSpec
    environments: Sequence[str]

    def written(self, so_far: Arguments) -> str:
        return so_far.written(self.spec)


_Step = Callable[[_Reading, str, list[str], Arguments], Arguments | Mistake | None]


def read_arguments(spec: CommandSpec, rest: str, environments: Sequence[str]) -> Arguments | Mistake:
    """Read the words after the command's name; `environments` are the configured names."""
    reading = _Reading(spec, environments)
    words = [word for word in re.split(r"[ \t]+", rest) if word]
    found = Arguments()
    while words:
        word = words.pop(0)
        steps = (step(reading, word, words, found) for step in _STEPS)
        read = next((one for one in steps if one is not None), None)
        if read is None:
            return _too_much(reading, [word, *words], found)
        if isinstance(read, Mistake):
            return read
        found = read
    missing = next((one for one in spec.required if not _has(found, one)), None)
    return _missing(reading, missing, found) if missing else found


def is_about_us(rest: str, environments: Sequence[str]) -> bool:
    """Say whether what follows a word that other bots know, too, begins with a name of ours, or a slip of one."""
    first, *_ = [*re.split(r"[ \t]+", rest.strip(" \t"), maxsplit=1), ""]
    return bool(first) and (first.lower() in GATES or _named(first, environments) is not None)


def _option(reading: _Reading, word: str, words: list[str], found: Arguments) -> Arguments | Mistake | None:
    """Read `--sha`; where a reason may stand, another word that begins with a hyphen is the reason's."""
    spec = reading.spec
    option = _SHA_OPTION.fullmatch(word)
    if option and spec.takes("sha"):
        value = words.pop(0) if option[1] is None and words else option[1] or ""
        wrong = _sha_mistake(reading, word, value, found)
        return wrong or replace(found, sha=value.lower())
    if not _OPTION.fullmatch(word) or spec.takes("reason"):
        return None
    others = (_exact(one, reading.environments) for one in words if spec.takes("environment"))
    environment = found.environment or next((one for one in others if one), None)
    takes = "The only one is `--sha`." if spec.takes("sha") else "It has none."
    message = f"{quoted(word)} is not an option of `/{spec.name}`. {takes}"
    return Mistake(message, reading.written(replace(found, environment=environment)))


def _gate(reading: _Reading, word: str, words: list[str], found: Arguments) -> Arguments | Mistake | None:
    if not reading.spec.takes("gate") or found.gate is not None:
        return None
    if word.lower() in GATES:
        return replace(found, gate=word.lower())
    name = _exact(word, reading.environments)
    if name is not None and words and words[0].lower() in GATES:
        swapped = replace(found, gate=words[0].lower(), environment=name, reason=" ".join(words[1:]) or "why it can be")
        return Mistake("The gate comes first, then the environment.", reading.written(swapped))
    close = get_close_matches(word.lower(), OVERRIDABLE, 1, 0.6)
    meant = f" Did you mean `{close[0]}`?" if close else ""
    known = ", ".join(f"`{one}`" for one in OVERRIDABLE)
    hint = reading.written(
        replace(found, gate=close[0] if close else "soak", reason=" ".join(words) or "why it can be")
    )
    return Mistake(f"There is no gate {quoted(word)}.{meant} There are: {known}.", hint)


def _environment(reading: _Reading, word: str, words: list[str], found: Arguments) -> Arguments | Mistake | None:
    spec, environments = reading.spec, reading.environments
    if not spec.takes("environment") or found.environment is not None:
        return None
    if (name := _exact(word.rstrip(_JOINS) if spec.takes("reason") else word, environments)) is not None:
        return replace(found, environment=name)
    if not spec.takes("reason") or spec.required == ("environment",):
        return _unknown(reading, word, words, found)
    return _close(reading, word, words, found)


def _several(reading: _Reading, word: str, words: list[str], found: Arguments) -> Arguments | Mistake | None:
    if not reading.spec.takes("environments"):
        return None
    if not found.environments and word.lower() in _ALL and _exact(word, reading.environments) is None:
        return found
    if (name := _exact(word.rstrip(_JOINS), reading.environments)) is not None:
        return replace(found, environments=tuple(dict.fromkeys((*found.environments, name))))
    if reading.spec.takes("reason"):
        return _close(reading, word, words, found) if not found.environments else None
    return _unknown(reading, word, words, found)


def _close(reading: _Reading, word: str, words: list[str], found: Arguments) -> Mistake | None:
    """Ask again where a reason begins with what is probably a name: all would be shut instead of one."""
    name = _named(word, reading.environments)
    if name is None:
        return None
    several = reading.spec.takes("environments")
    meant = replace(found, environments=(name,)) if several else replace(found, environment=name)
    hint = reading.written(replace(meant, reason=" ".join(words)))
    return Mistake(f"There is no environment {quoted(word)}. Did you mean `{name}`?", hint)


def _to(reading: _Reading, word: str, words: list[str], found: Arguments) -> Arguments | Mistake | None:
    spec = reading.spec
    if not spec.takes("to") or found.to is not None:
        return None
    if word.lower() == "to" and words and _PLACE.fullmatch(words[0]):
        return replace(found, to=words.pop(0))
    if word.lower() != "to" and spec.takes("reason"):
        return None
    good = next((one for one in ([*words, word] if word.lower() == "to" else [word]) if _PLACE.fullmatch(one)), "")
    to = good if good and good.lower() != "to" else "#12"
    message = f"Write `to` and a commit, a tag or the number of a promotion pull request, not {quoted(word)}."
    return Mistake(message, reading.written(replace(found, to=to)))


def _reason(reading: _Reading, word: str, words: list[str], found: Arguments) -> Arguments | Mistake | None:
    if not reading.spec.takes("reason"):
        return None
    if reading.spec.name == "hold" and word.lower() == "cancel" and not words:
        hint = f"/resume {found.environment or ''}".rstrip()
        return Mistake("A hold is ended by `/resume`.", hint)
    text = " ".join([word, *words])
    words.clear()
    return replace(found, reason=text)


_STEPS: tuple[_Step, ...] = (_option, _gate, _environment, _several, _to, _reason)


def _has(found: Arguments, argument: Argument) -> bool:
    return bool(getattr(found, argument))


def _exact(word: str, environments: Sequence[str]) -> str | None:
    """Return the configured name; letter case does not matter when only one name is meant."""
    if word in environments:
        return word
    same = [name for name in environments if word.isascii() and name.lower() == word.lower()]
    return same[0] if len(same) == 1 else None


def _named(word: str, environments: Sequence[str]) -> str | None:
    """Return the environment that a word names or very nearly names."""
    asked = word.lower().strip(".,:;!?*_`'\"()<>[]")
    if (exact := _exact(asked, environments)) is not None:
        return exact
    starting = [name for name in environments if len(asked) >= _LEAST and name.startswith(asked)]
    close = starting[:1] or get_close_matches(asked, environments, 1, 0.8)
    return close[0] if close else None


def _sha_mistake(reading: _Reading, word: str, value: str, so_far: Arguments) -> Mistake | None:
    if so_far.sha is not None:
        return Mistake("`--sha` can be given once.", reading.written(so_far))
    good = _SHA.fullmatch(value) is not None
    hint = reading.written(replace(so_far, sha=value.lower() if good else "1a2b3c4"))
    if not good:
        what = f"{quoted(value)} is not a commit" if value else "the commit is missing"
        return Mistake(f"`--sha` takes 7 to 40 hexadecimal digits: {what}.", hint)
    if not word.lower().startswith("--sha"):
        return Mistake(f"{quoted(word)} is not an option. Did you mean `--sha`, with two hyphens?", hint)
    return None


def _unknown(reading: _Reading, word: str, words: Sequence[str], found: Arguments) -> Mistake:
    spec, environments = reading.spec, reading.environments
    if not environments:
        message = (
            f"There is no environment {quoted(word)}: `.github/lockkeeper.yaml` on the default branch "
            "is missing or has mistakes."
        )
        return Mistake(message, "/help")
    if spec.takes("sha") and _SHA.fullmatch(word):
        hint = reading.written(Arguments(sha=word.lower()))
        return Mistake(f"There is no environment {quoted(word)}. A commit is given with `--sha`.", hint)
    asked = word.lower().strip(".,:;!?*_`'\"()<>[]")
    starting = [name for name in environments if len(asked) >= 2 and name.startswith(asked)]
    close = starting[:1] or get_close_matches(asked, environments, 1, 0.6)
    meant = f" Did you mean `{close[0]}`?" if close else ""
    name = close[0] if close else _example(environments)
    reason = " ".join(words if close else [word, *words]) if spec.takes("reason") else ""
    several = (*found.environments, name) if spec.takes("environments") else ()
    fitting = replace(found, environment=None if several else name, environments=several, reason=reason)
    message = f"There is no environment {quoted(word)}.{meant} There are: {_known(environments)}."
    return Mistake(message, reading.written(fitting))


def _missing(reading: _Reading, argument: Argument, found: Arguments) -> Mistake:
    """Ask for what a command cannot do without."""
    if argument == "gate":
        known = ", ".join(f"`{one}`" for one in OVERRIDABLE)
        return Mistake(
            f"Say which gate: {known}.", reading.written(replace(found, gate="soak", reason="why it can be"))
        )
    if argument == "reason":
        return Mistake("Say why: it is kept.", reading.written(replace(found, reason="why it can be")))
    if not reading.environments:
        return _unknown(reading, "", [], found)
    hint = reading.written(replace(found, environment=_example(reading.environments)))
    return Mistake(f"Say which environment: {_known(reading.environments)}.", hint)


def _example(environments: Sequence[str]) -> str:
    return environments[min(1, len(environments) - 1)]  # never the last, which is production


def _known(environments: Sequence[str]) -> str:
    names = [f"`{name}`" for name in environments[:_LISTED]]
    return ", ".join(names) + (" …" if len(environments) > _LISTED else "")


def _too_much(reading: _Reading, words: Sequence[str], so_far: Arguments) -> Mistake:
    spec = reading.spec
    if spec.takes("sha") and so_far.sha is None and _SHA.fullmatch(words[0]):
        hint = reading.written(replace(so_far, sha=words[0].lower()))
        return Mistake(f"A commit is given with `--sha`, not by itself: {quoted(words[0])}.", hint)
    extra = quoted(" ".join(words[:20]), 60)
    return Mistake(f"{extra} is too much. Write `{spec.usage}`, alone on its line.", reading.written(so_far))
