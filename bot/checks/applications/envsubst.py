"""What does a text say once its `${variables}` are replaced, as Flux replaces them?

Grammar and functions are those of github.com/fluxcd/pkg/envsubst (a fork of drone/envsubst): parse/parse.go,
parse/scan.go, funcs.go and template.go; its oddities are kept, as manifests rely on them. `$var` without braces is
no variable. Work and output are limited, so that no text takes long or grows without end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.checks.applications.prefix_pattern import prefix_length

MAX_OUTPUT = 10 * 1024 * 1024  # characters that one text may become, and of all values on the way there
MAX_STEPS = 2_000_000  # of matching patterns
MAX_DEPTH = 50  # variables within each other

_NUMBER = re.compile(r"[+-]?[0-9]{1,19}")


class SubstitutionError(Exception):
    """A text holds a variable expression that Flux would refuse; the message says why, in Flux's words where it can."""


def expanded(text: str, variables: Mapping[str, str], *, keep_unknown: bool = False) -> str:
    """Return a text with its variables replaced.

    A variable that is not given is empty. With `keep_unknown` its expression is left as it is written instead, unless
    the expression has a default. Raises SubstitutionError.
    """
    return _Expansion(text, variables, keep_unknown).whole()


@dataclass(slots=True)
class _Expansion:
    text: str
    variables: Mapping[str, str]
    keep_unknown: bool
    at: int = 0
    output: int = MAX_OUTPUT
    steps: int = MAX_STEPS

    def whole(self) -> str:
        """Read the text to its end: plain text, `$$` for one `$`, and expressions."""
        parts: list[str] = []
        while (dollar := self.text.find("$", self.at)) >= 0:
            parts.append(self.text[self.at : dollar])
            follows = self.text[dollar + 1 : dollar + 2]
            self.at = dollar + (2 if follows and follows in "${" else 1)
            parts.append(self._limited(self._expression(dollar, 0) if follows == "{" else "$"))
        parts.append(self.text[self.at :])
        return self._limited("".join(parts))

    def _limited(self, text: str, times: int = 1) -> str:
        self.output -= len(text) * times
        if self.output < 0:
            raise SubstitutionError("it becomes too long")
        return text

    def _expression(self, start: int, depth: int) -> str:
        """Read one expression, from behind its `${`; `start` is where that stands."""
        if depth > MAX_DEPTH:
            raise SubstitutionError(f"variables within each other deeper than {MAX_DEPTH}")
        length = self._peek() == "#"
        self.at += length
        name = self._take(_is_name)
        if not name:
            raise SubstitutionError("bad substitution" if length else "unable to parse variable name")
        value = self.variables.get(name, "")
        if length:
            found, has_default = str(len(value.encode())), False
            self._close()
        else:
            found, has_default = self._operation(value, depth)
        if self.keep_unknown and name not in self.variables and not has_default:
            return self.text[start : self.at]
        return self._limited(found)

    def _operation(self, value: str, depth: int) -> tuple[str, bool]:
        """Read what follows a name, to the closing brace; return the result, and whether it is a default."""
        match self._peek():
            case "}":
                self.at += 1
                return value, False
            case "=":
                return self._default(value, 1, depth), True
            case ":" if self._peek(1) and self._peek(1) in "=-?+":
                return self._default(value, 2, depth), True
            case ":":
                return self._substring(value, depth), False
            case "," | "^":
                return self._casing(value), False
            case "/":
                return self._replacement(value, depth), False
            case "#" | "%":
                return self._removal(value, depth), False
        raise SubstitutionError("missing closing brace")

    def _default(self, value: str, sign: int, depth: int) -> str:
        """Carry out `=`, `:=` and `:-`; upstream `:?` and `:+` mean the same."""
        self.at += sign
        parts = []
        while self._peek() != "}":
            parts.append(self._parameter("}", depth))
        self.at += 1
        return value or "".join(parts)

    def _substring(self, value: str, depth: int) -> str:
        if not self._peek(1).isascii():
            raise SubstitutionError("bad substitution")
        self.at += 1
        position = self._parameter(":}", depth)
        length = None
        if self._peek() == ":":
            self._take(lambda one: one == ":")
            length = self._parameter("}", depth)
        self._close()
        return _part(value, position, length)

    def _casing(self, value: str) -> str:
        sign = self._take(lambda one: one in ",^", most=2)
        self._close()
        match sign:
            case "," | "^":
                return _cased(value[:1], sign) + value[1:]
            case ",," | "^^":
                return _cased(value, sign[0])
        return value

    def _replacement(self, value: str, depth: int) -> str:
        self.at += 1
        where = self._take(lambda one: one in "/#%", most=1)
        old = "" if self._peek() == "/" else self._parameter("/", depth, escapes=True)
        if not self._take(lambda one: one == "/"):
            raise SubstitutionError("bad substitution")
        new = None if self._peek() == "}" else self._parameter("}", depth, escapes=True)
        self._close()
        if where == "#":
            return new + value[len(old) :] if new is not None and value.startswith(old) else value
        if where == "%":
            return value[: len(value) - len(old)] + new if new is not None and value.endswith(old) else value
        times = (value.count(old) if old else len(value) + 1) if where else 1
        self._limited(new or "", times)
        return value.replace(old, new or "", -1 if where else 1)

    def _removal(self, value: str, depth: int) -> str:
        sign = self._peek()
        greedy = len(self._take(lambda one: one == sign, most=2)) == 2
        pattern = self._parameter("}", depth)
        self._close()
        self.steps -= len(value) * len(pattern)
        if self.steps < 0:
            raise SubstitutionError("its patterns take too long")
        if sign == "#":
            return value[prefix_length(value, pattern, greedy) :]
        backwards = value[::-1]
        return backwards[prefix_length(backwards, pattern[::-1], greedy) :][::-1]

    def _parameter(self, ends: str, depth: int, *, escapes: bool = False) -> str:
        """Read one operand up to a character of `ends`, or one expression in its place."""
        if self.text.startswith("${", self.at):
            start = self.at
            self.at += 2
            return self._expression(start, depth + 1)
        found = self._take(lambda one: one not in ends, opens=True, escapes=escapes)
        if not found:
            raise SubstitutionError("unable to parse substitution within function")
        return found

    def _take(
        self, accept: Callable[[str], bool], *, most: int = MAX_OUTPUT, opens: bool = False, escapes: bool = False
    ) -> str:
        """Read accepted characters; with `opens` up to the next `${`, with `escapes` `$$`, `\\/` and `\\\\` as one."""
        found: list[str] = []
        while self.at < len(self.text) and len(found) < most:
            one, two = self.text[self.at], self.text[self.at : self.at + 2]
            if opens and two == "${":
                break
            if escapes and two in ("$$", "\\/", "\\\\"):
                found.append(two[1])
                self.at += 2
            elif accept(one):
                found.append(one)
                self.at += 1
            else:
                break
        return "".join(found)

    def _peek(self, further: int = 0) -> str:
        return self.text[self.at + further : self.at + further + 1]

    def _close(self) -> None:
        if self._peek() != "}":
            raise SubstitutionError("bad substitution")
        self.at += 1


def _is_name(one: str) -> bool:
    return one.isalpha() or one.isdecimal() or one == "_"


def _cased(text: str, sign: str) -> str:
    """Change the case character by character, as Go does: one never becomes two."""
    changed = (one.lower() if sign == "," else one.upper() for one in text)
    return "".join(new if len(new) == 1 else old for old, new in zip(text, changed, strict=True))


def _part(value: str, position: str, length: str | None) -> str:
    """Return a part of a value by bytes; the whole where position or length is no number (toSubstr in funcs.go)."""
    if not _NUMBER.fullmatch(position) or (length is not None and not _NUMBER.fullmatch(length)):
        return value
    whole = value.encode()
    start = int(position)
    start = max(0, len(whole) + start) if start < 0 else start
    if length is None:
        return whole[start:].decode("utf-8", "replace")
    end = start + int(length) if int(length) >= 0 else len(whole) + int(length)
    return whole[start : max(start, end)].decode("utf-8", "replace")
