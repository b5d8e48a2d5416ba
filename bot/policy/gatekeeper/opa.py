"""How does OPA read a Rego module, where the engine here reads it otherwise?

Gatekeeper is built with OPA, so a module is put into words that mean to the engine what the module means to OPA:

- `not f(input.x)` is undefined where `input.x` is: OPA looks at arguments first, outside of the negation
  (https://github.com/open-policy-agent/opa/issues/1877, /4743, /8387). Only sides of `==` stay inside.
- A bracket on a new line opens no call.
- `sprintf` with too few or too many values prints what Go prints.

What cannot be read with certainty is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from typing import NamedTuple

from bot.policy.gatekeeper.words import Word, words_of

_OPEN, _CLOSE = "([{", ")]}"
_KEYWORDS = frozenset(
    ["as", "contains", "default", "else", "every", "if", "import", "in", "not", "package", "some", "with"]
)
_VERB = re.compile(r"%(?:%|[-+# 0]*\d*(?:\.\d*)?[a-zA-Z])")
_EQUAL = ("==", "=")
_FAR = 1000  # words of what is looked at as one: more is left as it is, so that the time is bounded


class Edit(NamedTuple):
    """Replace what lies between two places."""

    start: int
    end: int
    text: str


Words = Sequence[Word]


def as_opa_reads(module: str) -> str:
    """Return a module that means to the engine what the given one means to OPA."""
    words = words_of(module)
    numbers = count()
    edits = [*_on_new_lines(module, words), *_formats(words), *_negations(module, words, numbers)]
    pieces: list[str] = []
    done = 0
    for edit in sorted(edits):
        if edit.start < done:
            return module  # one within another: leave it
        pieces += (module[done : edit.start], edit.text)
        done = edit.end
    return "".join((*pieces, module[done:]))


def _on_new_lines(module: str, words: Words) -> Iterator[Edit]:
    for word, after in pairwise(words):
        ends = word.kind in ("name", "text", "number") or word.text in ("]", ")")
        if after.text == "(" and ends and word.text not in _KEYWORDS and "\n" in module[word.end : after.start]:
            yield Edit(word.end, word.end, ";")


def _formats(words: Words) -> Iterator[Edit]:
    for at, word in enumerate(words):
        if word == ("name", "sprintf", word.start) and [one.text for one in words[at + 1 : at + 2]] == ["("]:
            written = words[at + 2] if len(words) > at + 5 else word
            if written.kind == "text" and words[at + 3].text == "," and words[at + 4].text == "[":
                yield from _format(written, words, at + 4)


def _format(written: Word, words: Words, opening: int) -> Iterator[Edit]:
    parts, closing = _within(words, opening)
    after = words[closing + 1].text if closing + 1 < len(words) else ""
    verbs = [one for one in _VERB.finditer(written.text) if one.group() != "%%"]
    if after != ")" or "%[" in written.text or any(_outside(part, "|") for part in parts) or len(verbs) == len(parts):
        return
    if len(verbs) < len(parts):
        more = ", ".join("%v" for _ in parts[len(verbs) :])
        yield Edit(written.end - 1, written.end - 1, f"%%!(EXTRA {more})")
    for verb in verbs[len(parts) :]:
        start = written.start + verb.start()
        yield Edit(start, start + len(verb.group()), f"%%!{verb.group()[-1]}(MISSING)")


def _negations(module: str, words: Words, numbers: Iterator[int]) -> Iterator[Edit]:
    for at, word in enumerate(words):
        if word.kind == "name" and word.text == "not":
            expression = _expression(module, words, at + 1)
            if expression:
                yield from _negation(module, words, at, expression, numbers)


def _negation(module: str, words: Words, at: int, expression: Words, numbers: Iterator[int]) -> Iterator[Edit]:
    """Take what OPA takes out of a negated expression, in front of it."""
    hoisted = list(_hoisted(expression))
    if not hoisted:
        return
    names = {start: f"lk_{next(numbers)}" for start, _ in hoisted}
    before = "".join(f"{names[start]} := {module[start:end]}; " for start, end in hoisted)
    place = words[at].start
    alone = at > 0 and words[at - 1].kind == "name" and words[at - 1].text == "if"
    yield Edit(place, place, f"{{ {before}" if alone else before)
    for start, end in hoisted:
        yield Edit(start, end, names[start])
    if alone:
        yield Edit(expression[-1].end, expression[-1].end, " }")


def _hoisted(expression: Words) -> Iterator[tuple[int, int]]:
    """Where the parts are that OPA looks at first."""
    operator, sides = _sides(expression)
    if operator and operator not in _EQUAL:
        yield from (_span(side) for side in sides if _is_worth(side))
        return
    for side in sides:
        if operator and _is_call(side):
            yield _span(side)
        elif _is_call(side):
            yield from (_span(part) for part in _within(side, 1)[0] if _is_worth(part))
        else:
            yield from _indexes(side)


def _indexes(side: Words) -> Iterator[tuple[int, int]]:
    """The brackets of a reference: what they hold is looked at first."""
    if not side or side[0].kind != "name" or len(side) < 3:
        return
    at = 1
    while at < len(side):
        if side[at].text != "[":
            at += 1
            continue
        parts, closing = _within(side, at)
        if len(parts) == 1 and _is_worth(parts[0]):
            yield _span(parts[0])
        at = closing + 1


def _is_worth(part: Words) -> bool:
    """Say whether a part may be undefined: it is neither a literal nor a variable."""
    return len(part) > 1 or (len(part) == 1 and part[0].kind == "name" and "." in part[0].text)


def _is_call(side: Words) -> bool:
    if len(side) < 3 or side[0].kind != "name" or side[1].text != "(":
        return False
    return _within(side, 1)[1] == len(side) - 1


def _sides(expression: Words) -> tuple[str, list[Words]]:
    """The operator of an expression and its sides; with more than one operator, the first that is no comparison."""
    operators: list[tuple[int, int, str]] = []
    depth = 0
    at = 0
    while at < len(expression):
        word = expression[at]
        depth += (word.text in _OPEN) - (word.text in _CLOSE) if word.kind == "sign" else 0
        if depth == 0 and ((word.kind == "sign" and word.text not in "([{)]}.,") or word.text == "in"):
            end = at + 1
            while (
                end < len(expression)
                and expression[end].text == "="
                and expression[end].start == expression[end - 1].end
            ):
                end += 1
            operators.append((at, end, "".join(one.text for one in expression[at:end])))
            at = end
            continue
        at += 1
    if not operators:
        return "", [expression]
    if len(operators) > 1:
        return "?", []  # arithmetic within a comparison, or the like
    start, end, operator = operators[0]
    return operator, [expression[:start], expression[end:]]


def _expression(module: str, words: Words, at: int) -> Words:
    """The words of an expression that begins there; none where it is not for us to take apart."""
    depth = 0
    for place in range(at, min(len(words), at + _FAR)):
        word = words[place]
        if word.kind == "name" and word.text in ("not", "with"):
            return ()
        if word.kind == "sign" and word.text in _CLOSE:
            if depth == 0:
                return words[at:place]
            depth -= 1
        elif depth == 0 and place > at and (word.text == ";" or _ends_before(module, words[place - 1], word)):
            return words[at:place]
        if word.kind == "sign" and word.text in _OPEN:
            depth += 1
    return words[at:] if len(words) <= at + _FAR else ()


def _ends_before(module: str, word: Word, after: Word) -> bool:
    """Say whether a line ends between two words, and an expression with it."""
    if "\n" not in module[word.end : after.start]:
        return False
    goes_on = word.kind == "sign" and word.text not in _CLOSE
    return not goes_on and not (after.kind == "sign" and after.text in "=<>!+-*/%&|.")


def _within(words: Words, opening: int) -> tuple[list[Words], int]:
    """The parts between brackets, and where they close; the end of the words where that is too far away."""
    depth, start = 0, opening + 1
    parts: list[Words] = []
    for at in range(opening, min(len(words), opening + _FAR)):
        word = words[at]
        if word.kind != "sign":
            continue
        depth += (word.text in _OPEN) - (word.text in _CLOSE)
        if depth == 0 or (depth == 1 and word.text == ","):
            if at > start:
                parts.append(words[start:at])
            start = at + 1
        if depth == 0:
            return parts, at
    return parts, len(words) - 1


def _outside(words: Words, sign: str) -> bool:
    depth = 0
    for word in words:
        if word.kind == "sign":
            depth += (word.text in _OPEN) - (word.text in _CLOSE)
            if depth == 0 and word.text == sign:
                return True
    return False


def _span(words: Words) -> tuple[int, int]:
    return words[0].start, words[-1].end
