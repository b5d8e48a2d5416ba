"""Which commands does a comment hold?

A command is the first word of a line of plain text. Other people's slash commands are none of our business, a
slip in one of ours is answered with what was probably meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.intake.command_arguments import Arguments, Mistake, is_about_us, read_arguments
from bot.intake.command_lines import plain_lines, split
from bot.intake.command_names import FOREIGN, distance, folded, nearest
from bot.intake.command_registry import ALIAS, COMMANDS, NAMES, PLANNED, CommandSpec, spec_of
from bot.model.quoting import quoted

__all__ = ["COMMANDS", "MOST_COMMANDS", "Command", "CommandSpec", "Parsed", "UsageError", "parse", "spec_of"]

MOST_COMMANDS = 10


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it was meant. `line` is what the person wrote (at most 200 characters), `number` its line.

    `sha` has 7 to 40 lower-case hexadecimal digits; `environment` and `environments` are configured names; `gate` is
    one there is; `to` a ref or `#12`; `reason` one line of somebody's text.
    """

    name: str
    environment: str | None
    sha: str | None
    line: str
    number: int = 1
    environments: tuple[str, ...] = ()
    gate: str | None = None
    to: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class UsageError:
    """A command of ours that cannot be carried out as written.

    `message` is Markdown that is safe to post; `hint` is a line to copy, '' when there is none.
    """

    line: str
    message: str
    hint: str = ""
    number: int = 1


Parsed = Command | UsageError


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads single lines: the configured names, and whether the comment is on a promotion pull request of ours."""

    environments: Sequence[str]
    ours: bool

    def is_for_us(self, spec: CommandSpec, rest: str) -> bool:
        """Say whether a word that other bots may know as well is meant for us."""
        return self.ours or not spec.shared or is_about_us(rest, self.environments)


def parse(body: str, environments: Sequence[str], *, ours: bool = False) -> tuple[Parsed, ...]:
    """Return the commands of a comment in the order of its lines; `environments` are the configured names.

    `ours` says that the comment is on a promotion pull request: there, words that other bots know as well
    (`/hold`) are ours by themselves; elsewhere only where they go on with a name of ours, or after the alias.
    After ten, one usage error stands for the rest. Never raises, whatever the text.
    """
    lines = split(body)
    reader = _Reader(environments, ours)
    meant = {index: found for index, line in enumerate(lines) if (found := _line(line, index + 1, reader))}
    if not meant:
        return ()
    plain = plain_lines(lines)
    given = tuple(one for index, one in meant.items() if index in plain)
    if len(given) <= MOST_COMMANDS:
        return given
    rest = given[MOST_COMMANDS]
    message = f"One comment takes {MOST_COMMANDS} commands; this one and what follows was left out."
    return (*given[:MOST_COMMANDS], UsageError(rest.line, message, "", rest.number))


_LINE = re.compile(r" {0,3}(/[^ \t]*)[ \t]*(.*)", re.DOTALL)
_NAME = re.compile(r"/([a-z][a-z-]{1,29})([.,:;!?*_)'\"]*)")
_JOINED = re.compile(r"/([a-z]+)[:=/]([a-z0-9-]+)")


def _line(line: str, number: int, reader: _Reader) -> Parsed | None:
    """Understand one line by itself; None when it is no command of ours."""
    match = _LINE.match(line)
    if match is None or not (match[1].isascii() and match[1].isprintable()):
        return _disguised(line, number, reader)
    word, rest = match[1].lower(), match[2]
    named = _NAME.fullmatch(word)
    if named is None or named[1] not in (*NAMES, ALIAS) or named[2]:
        return _slip(line, number, word, rest, reader)
    if named[1] == ALIAS:
        return _aliased(line, number, rest, reader.environments)
    spec = spec_of(named[1])
    return _command(spec, line, number, rest, reader.environments) if reader.is_for_us(spec, rest) else None


def _command(spec: CommandSpec, line: str, number: int, rest: str, environments: Sequence[str]) -> Parsed:
    match read_arguments(spec, rest, environments):
        case Arguments(environment, sha, several, gate, to, reason):
            return Command(spec.name, environment, sha, _said(line), number, several, gate, to, reason)
        case Mistake(message, hint):
            return UsageError(_said(line), message, hint, number)


def _aliased(line: str, number: int, rest: str, environments: Sequence[str]) -> Parsed:
    """Read what follows the alias: there, a word that is no command is answered."""
    first, *words = re.split(r"[ \t]+", rest, maxsplit=1)
    name, more = first.lower().removeprefix("/"), "".join(words)
    if name in NAMES:
        read = _command(spec_of(name), line, number, more, environments)
        return replace(read, hint=_under_alias(read.hint)) if isinstance(read, UsageError) else read
    known = ", ".join(f"`{one}`" for one in NAMES)
    if not name:
        return UsageError(_said(line), f"Say which command: {known}.", f"/{ALIAS} help", number)
    if name in PLANNED:
        message = f"`{name}` is not available in this version. There are: {known}."
        return UsageError(_said(line), message, f"/{ALIAS} help", number)
    close = min(NAMES, key=lambda one: distance(name[:20], one))
    if distance(name[:20], close) > 2:
        message = f"There is no command {quoted(name)}. There are: {known}."
        return UsageError(_said(line), message, f"/{ALIAS} help", number)
    message = f"There is no command {quoted(name)}. Did you mean `{close}`?"
    return UsageError(_said(line), message, _under_alias(_hint(close, more, environments)), number)


def _slip(line: str, number: int, word: str, rest: str, reader: _Reader) -> UsageError | None:
    """Answer a near miss of one of our names, and nothing else."""
    environments = reader.environments
    joined = _JOINED.fullmatch(word)
    named = _NAME.fullmatch(word)
    if joined and joined[1] in NAMES and spec_of(joined[1]).takes("environment") and joined[2] in environments:
        meant, rest = joined[1], f"{joined[2]} {rest}"
    elif named is None:
        return None
    elif named[1] in (*NAMES, ALIAS):  # with punctuation behind it
        meant = named[1]
    elif (close := nearest(named[1], NAMES) or _near_alias(named[1])) is not None:
        meant = close
    elif (
        named[1] not in FOREIGN
        and named[1][0] == "p"
        and rest.split(" ")[0] in environments
        and distance(named[1], "promote") <= 2
    ):
        meant = "promote"
    else:
        return None
    if meant != ALIAS and not reader.is_for_us(spec_of(meant), rest):
        return None
    shown = "/" + (joined or named or [""])[0].removeprefix("/")
    message = f"There is no command {quoted(shown)}. Did you mean `/{meant}`?"
    hint = f"/{ALIAS} {rest.strip(' ')[:100] or 'help'}" if meant == ALIAS else _hint(meant, rest, environments)
    return UsageError(_said(line), message, hint, number)


def _near_alias(word: str) -> str | None:
    return ALIAS if word.startswith("lock") and len(word) >= 8 and distance(word, ALIAS) <= 2 else None


def _disguised(line: str, number: int, reader: _Reader) -> UsageError | None:
    """Answer a line that looks like a command of ours, but holds characters that only look like its letters.

    An invisible character around the slash was put there on purpose, to name a command without giving it.
    """
    start = line[:200].lstrip(" ")
    match = _LINE.match(folded(line[:200]))
    if match is None or folded(start[:1]) != "/" or not folded(start[1:2]):
        return None
    named = _NAME.fullmatch(match[1])
    if named is None or named[1] not in (*NAMES, ALIAS):
        return None
    if named[1] != ALIAS and not reader.is_for_us(spec_of(named[1]), match[2]):
        return None
    message = f"This looks like `/{named[1]}`, but holds a character that only looks right. Please type it again."
    hint = f"/{ALIAS} help" if named[1] == ALIAS else _hint(named[1], match[2], reader.environments)
    return UsageError(_said(line), message, hint, number)


def _hint(name: str, rest: str, environments: Sequence[str]) -> str:
    """Return the line to copy for a command with these arguments, as far as they make sense."""
    spec = spec_of(name)
    match read_arguments(spec, rest, environments):
        case Arguments() as arguments:
            return arguments.written(spec)
        case Mistake(_, hint):
            return hint or f"/{name}"


def _under_alias(hint: str) -> str:
    return f"/{ALIAS} {hint.removeprefix('/')}" if hint else ""


def _said(line: str) -> str:
    text = line.strip()
    return text if len(text) <= 200 else text[:199] + "…"
