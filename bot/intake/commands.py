"""Which commands does a comment hold?

One declarative registry drives the parser, `/help` and docs/commands.md. A command is the first word of a line of
plain text: not in code, quotes or HTML. Other people's slash commands are none of our business.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from markdown_it import MarkdownIt

from bot.model.repository import Permission


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command: how it is written, what it does, and who may use it.

    `permission` is the least repository permission; `author_may` lets the pull request's author use it without;
    `promotes` says that an environment's `promoters` decide instead where it names some.
    """

    name: str
    usage: str
    summary: str
    who: str
    example: str
    permission: Permission
    environment: Literal["none", "optional"] = "none"
    takes_sha: bool = False
    author_may: bool = False
    promotes: bool = False


COMMANDS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "promote",
        "/promote [environment] [--sha SHA]",
        "Opens or moves on the promotion into an environment; the next one when none is named. `--sha` pins it to "
        "that commit of the source branch. Before the merge it is remembered and happens afterwards.",
        "the environment's promoters, else write permission",
        "/promote staging",
        "write",
        environment="optional",
        takes_sha=True,
        promotes=True,
    ),
    CommandSpec(
        "status",
        "/status",
        "Shows where every environment stands, and which gate waits for whom.",
        "everyone with read permission",
        "/status",
        "read",
    ),
    CommandSpec(
        "diff",
        "/diff [environment]",
        "Shows what this pull request changes in the rendered manifests of one environment, or of all.",
        "everyone with read permission",
        "/diff production",
        "read",
        environment="optional",
    ),
    CommandSpec(
        "check",
        "/check",
        "Renders and checks this pull request again.",
        "its author, else write permission",
        "/check",
        "write",
        author_may=True,
    ),
    CommandSpec("help", "/help", "Lists the commands.", "everyone with read permission", "/help", "read"),
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it was meant; `line` is what the person wrote."""

    name: str
    environment: str | None
    sha: str | None
    line: str


@dataclass(frozen=True, slots=True)
class UsageError:
    """A command of ours that cannot be carried out as written; `hint` is a line to copy, '' without one."""

    line: str
    message: str
    hint: str = ""


Parsed = Command | UsageError

ALIAS = "lockkeeper"
_WORD = re.compile(r"^ {0,3}/([A-Za-z][A-Za-z-]*)(?=\s|$)")
_SHA = re.compile(r"[0-9a-fA-F]{7,40}")
_MARKDOWN = MarkdownIt("commonmark")
MOST_COMMANDS = 10


def spec_of(name: str) -> CommandSpec:
    """Return the registry's entry; KeyError for a name that is not in it."""
    return _SPECS[name]


_SPECS = {spec.name: spec for spec in COMMANDS}


def parse(body: str, environments: Sequence[str]) -> tuple[Parsed, ...]:
    """Return the commands of a comment in order, at most ten; `environments` are the configured names."""
    found = (_line(line, environments) for line in _plain_lines(body))
    return tuple(one for one in found if one is not None)[:MOST_COMMANDS]


def _plain_lines(body: str) -> Iterator[str]:
    """Yield the lines of top-level paragraphs: no quotes, lists, code or HTML (CommonMark block structure)."""
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    depth = 0
    for token in _MARKDOWN.parse(text):
        depth += token.nesting if token.type != "paragraph_open" and token.type != "paragraph_close" else 0
        if token.type == "paragraph_open" and depth == 0 and token.map:
            paragraph = lines[token.map[0] : token.map[1]]
            yield from _outside_inline(paragraph)


def _outside_inline(paragraph: Sequence[str]) -> Iterator[str]:
    """Yield the lines that do not begin inside a code span or an HTML comment of an earlier line."""
    before = ""
    for line in paragraph:
        if not _open_span(before):
            yield line
        before += line + "\n"


def _open_span(text: str) -> bool:
    rest = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    if "<!--" in rest:
        return True
    rest = re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", rest, flags=re.S)
    return "`" in rest


def _line(line: str, environments: Sequence[str]) -> Parsed | None:
    match = _WORD.match(line)
    if match is None:
        return None
    name, words = match[1].lower(), line[match.end() :].split()
    said = line.strip()
    if name == ALIAS:
        if not words:
            return UsageError(said, "Say which command.", "/lockkeeper help")
        name, words = words[0].lower().removeprefix("/"), words[1:]
        if name not in _SPECS:
            close = difflib.get_close_matches(name, _SPECS, 1, 0.6)
            meant = f" Did you mean `{close[0]}`?" if close else f" There are: {', '.join(_SPECS)}."
            return UsageError(
                said, f"There is no command `{name[:40]}`.{meant}", _example(close[0] if close else "help")
            )
    if name not in _SPECS:
        nearest = _misspelt(name)
        if nearest is None:
            return None
        hint = " ".join([f"/{nearest}", *words])
        return UsageError(said, f"There is no command `/{name[:40]}`. Did you mean `/{nearest}`?", hint)
    return _arguments(_SPECS[name], words, said, environments)


def _misspelt(name: str) -> str | None:
    """Return the command that a word misses by one slip, None otherwise: other bots have commands, too.

    Short words are too near to each other to guess; a slip is one letter missing, added, changed or swapped.
    """
    return next((known for known in _SPECS if len(known) >= 5 and _one_slip(name, known)), None)


def _one_slip(word: str, known: str) -> bool:
    if abs(len(word) - len(known)) > 1 or word[0] != known[0]:
        return False
    for index in range(len(known) + 1):
        head, tail = known[:index], known[index:]
        if tail and word in (head + tail[1:], head + tail[1:2] + tail[:1] + tail[2:]):
            return True
        if word.startswith(head) and (word[index + 1 :] == tail or (tail and word[index + 1 :] == tail[1:])):
            return True
    return False


def _example(name: str) -> str:
    return _SPECS[name].example


def _arguments(spec: CommandSpec, words: Sequence[str], line: str, environments: Sequence[str]) -> Parsed:
    left = list(words)
    sha = None
    if spec.takes_sha and "--sha" in left:
        at = left.index("--sha")
        value = left[at + 1] if at + 1 < len(left) else ""
        if not _SHA.fullmatch(value):
            return UsageError(
                line, "`--sha` takes 7 to 40 hexadecimal digits of a commit.", f"{spec.example} --sha 1a2b3c4"
            )
        sha = value.lower()
        del left[at : at + 2]
    environment = None
    if spec.environment == "optional" and left:
        environment = left.pop(0)
        if environment not in environments:
            return _unknown(spec, environment, line, environments)
    if left:
        extra = " ".join(left)[:60]
        return UsageError(
            line, f"`{extra}` is too much: write `{spec.usage}`, alone on its line.", spec.example
        )
    return Command(spec.name, environment, sha, line)


def _unknown(spec: CommandSpec, word: str, line: str, environments: Sequence[str]) -> UsageError:
    if not environments:
        return UsageError(line, "No environment is configured in `.github/lockkeeper.yaml`.")
    close = [name for name in environments if name.lower().startswith(word.lower())]
    close = close[:1] or difflib.get_close_matches(word.lower(), environments, 1, 0.6)
    meant = f" Did you mean `{close[0]}`?" if close else ""
    known = ", ".join(f"`{name}`" for name in environments)
    hint = f"/{spec.name} {close[0] if close else environments[-1]}"
    return UsageError(line, f"There is no environment `{word[:60]}`.{meant} There are: {known}.", hint)
