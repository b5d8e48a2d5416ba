"""Which functions does a Rego module call, what does it read, and what of that is known in a cluster only?

A module is only cut into words here, never parsed: the engine does that. Sources:
https://www.openpolicyagent.org/docs/policy-reference (grammar, built-in functions) and
https://open-policy-agent.github.io/gatekeeper/website/docs/constrainttemplates/ (what a template may read).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

NOW = "time.now_ns"

_WORDS = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<text>"(?:[^"\\\n]|\\.)*+"|`[^`]*`)
    |(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
    |(?P<sign>[^\s\w])
    |(?P<number>\d[\w.]*)""",
    re.VERBOSE | re.ASCII,
)
_PATH = re.compile(r'\.(\w+)|\[\s*"([^"\\]*)"\s*\]', re.ASCII)

_INDENT = 200  # characters that may be before the first word of a line

_OUTSIDE = {
    "http.send": "it asks a server (`http.send`)",
    "external_data": "it asks a provider of external data (`external_data`)",
    "net.lookup_ip_addr": "it asks a name server (`net.lookup_ip_addr`)",
    "opa.runtime": "it looks at the server it runs in (`opa.runtime`)",
    "rand.intn": "its answer is a matter of chance (`rand.intn`)",
    "uuid.rfc4122": "its answer is a matter of chance (`uuid.rfc4122`)",
}
_LACKING_ROOMS = ("crypto", "graphql", "io", "providers", "rego")
_LACKING = frozenset(
    [
        "cast_array",
        "cast_boolean",
        "cast_null",
        "cast_object",
        "cast_set",
        "cast_string",
        "net.cidr_contains_matches",
        "net.cidr_intersects",
        "net.cidr_merge",
        "net.cidr_overlap",
        "regex.globs_match",
        "set_diff",
        "strings.render_template",
    ]
)
# Functions that OPA has for version 0 of the language and the engine has not, in terms of others.
_OLD = {
    "re_match": "re_match(lk_p, lk_v) = lk_r { lk_r := regex.match(lk_p, lk_v) }",
    "any": "any(lk_xs) = lk_r { lk_r := count([1 | lk_xs[_] == true]) > 0 }",
    "all": "all(lk_xs) = lk_r { lk_r := count([1 | lk_x := lk_xs[_]; lk_x != true]) == 0 }",
}


class Word(NamedTuple):
    """A name (with its dots), a sign, a text or a number, and where it starts."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def words_of(module: str) -> list[Word]:
    """Cut a module into words, without its comments."""
    return [
        Word(found.lastgroup or "", found.group(), found.start())
        for found in _WORDS.finditer(module)
        if found.lastgroup != "comment"
    ]


def package_of(words: Sequence[Word]) -> str:
    """Return the dotted package, empty when the module names none."""
    if len(words) > 1 and words[0] == ("name", "package", words[0].start):
        return words[1].text if words[1].kind == "name" else ""
    return ""


def calls(words: Sequence[Word]) -> Iterator[Word]:
    """Yield the names of the functions that are called (or defined)."""
    for word, after in pairwise(words):
        if word.kind == "name" and after.text == "(":
            yield word


def elsewhere(words: Sequence[Word], *, has_time: bool) -> str:
    """Say why a module has no answer here, as the end of a sentence; empty when it may have one."""
    for word in calls(words):
        if why := _OUTSIDE.get(word.text):
            return why
        if word.text == NOW and not has_time:
            return "what holds depends on the time of day (`time.now_ns`)"
        if word.text in _LACKING or ("." in word.text and word.text.partition(".")[0] in _LACKING_ROOMS):
            return f"the Rego engine here has no function `{word.text}`"
    return ""


def at_time(module: str, nanoseconds: int) -> str:
    """Return the module with the time in the place of every question for it."""
    pieces: list[str] = []
    done = 0
    for word in calls(words_of(module)):
        if word.text == NOW and (closing := re.compile(r"\s*\(\s*\)").match(module, word.start + len(NOW))):
            pieces += (module[done : word.start], str(nanoseconds))
            done = closing.end()
    return "".join((*pieces, module[done:]))


def completed(module: str) -> str:
    """Return a module of version 0 with those old functions defined that it calls and the engine has not."""
    words = words_of(module)
    wanted = {word.text for word in calls(words)} & _OLD.keys() - set(defined(module, words))
    return "\n".join((module, *(_OLD[name] for name in sorted(wanted)))) if wanted else module


def defined(module: str, words: Sequence[Word]) -> Iterator[str]:
    """Yield the names of functions that are defined: they begin a line, within no braces."""
    depth = 0
    for word, after in pairwise(words):
        depth += (word.text == "{") - (word.text == "}") if word.kind == "sign" else 0
        before = module[max(0, word.start - _INDENT) : word.start]
        begins = not before.rpartition("\n")[2].strip() and ("\n" in before or len(before) < _INDENT)
        if depth == 0 and begins and word.kind == "name" and after.text == "(":
            yield word.text


def reads(module: str, words: Sequence[Word], root: str) -> Iterator[tuple[str, ...]]:
    """Yield the paths that are read below `data` or `input`, as far as they are written out."""
    for word in words:
        if word.kind == "name" and word.text.partition(".")[0] == root and not _is_field(module, word.start):
            path = list(word.text.split(".")[1:])
            place = word.start + len(word.text)
            while found := _PATH.match(module, place):
                path.append(found[1] or found[2] or "")
                place = found.end()
            yield tuple(path)


def _is_field(module: str, start: int) -> bool:
    return start > 0 and module[start - 1] == "."


def mentions(words: Sequence[Word], *names: str) -> bool:
    """Say whether any of the names is a part of a path, or a text, of the module."""
    return any(
        (word.kind == "name" and not set(word.text.split(".")).isdisjoint(names))
        or (word.kind == "text" and word.text[1:-1] in names)
        for word in words
    )
