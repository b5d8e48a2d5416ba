"""Do the words after a command fit it, and if not, what was probably meant?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.intake.command_registry import CommandSpec
from bot.model.quoting import quoted

_SHA = re.compile(r"[0-9a-fA-F]{7,40}")
_SHA_OPTION = re.compile(r"(?:--?|[\u2010-\u2015\u2212])sha(?:=(.*))?", re.IGNORECASE | re.DOTALL)
_OPTION = re.compile(r"[-\u2010-\u2015\u2212].*", re.DOTALL)
_LISTED = 20


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a command, judged and normal: a configured environment, a SHA in lower case."""

    environment: str | None = None
    sha: str | None = None

    def written(self, spec: CommandSpec) -> str:
        """Return the line that gives the command these arguments."""
        option = f"--sha {self.sha}" if self.sha else ""
        return " ".join(part for part in (f"/{spec.name}", self.environment, option) if part)


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong, in Markdown that is safe to post, and a line to copy."""

    message: str
    hint: str


def read_arguments(spec: CommandSpec, rest: str, environments: Sequence[str]) -> Arguments | Mistake:
    """Read the words after the command's name; `environments` are the configured names."""
    words = [word for word in re.split(r"[ \t]+", rest) if word]
    environment = sha = None
    while words:
        word = words.pop(0)
        so_far = Arguments(environment, sha)
        option = _SHA_OPTION.fullmatch(word)
        if option and spec.takes("sha"):
            value = words.pop(0) if option[1] is None and words else option[1] or ""
            wrong = _sha_mistake(spec, word, value, so_far)
            if wrong:
                return wrong
            sha = value.lower()
        elif _OPTION.fullmatch(word):
            others = (_environment(one, environments) for one in words if spec.takes("environment"))
            environment = environment or next((one for one in others if one), None)
            return Mistake(_no_option(spec, word), Arguments(environment, sha).written(spec))
        elif spec.takes("environment") and environment is None:
            environment = _environment(word, environments)
            if environment is None:
                return _unknown(spec, word, sha, environments)
        else:
            return _too_much(spec, [word, *words], so_far)
    return Arguments(environment, sha)


def _environment(word: str, environments: Sequence[str]) -> str | None:
    """Return the configured name; letter case does not matter when only one name is meant."""
    if word in environments:
        return word
    same = [name for name in environments if word.isascii() and name.lower() == word.lower()]
    return same[0] if len(same) == 1 else None


def _sha_mistake(spec: CommandSpec, word: str, value: str, so_far: Arguments) -> Mistake | None:
    if so_far.sha is not None:
        return Mistake("`--sha` can be given once.", so_far.written(spec))
    good = _SHA.fullmatch(value) is not None
    hint = Arguments(so_far.environment, value.lower() if good else "1a2b3c4").written(spec)
    if not good:
        what = f"{quoted(value)} is not a commit" if value else "the commit is missing"
        return Mistake(f"`--sha` takes 7 to 40 hexadecimal digits: {what}.", hint)
    if not word.lower().startswith("--sha"):
        return Mistake(f"{quoted(word)} is not an option. Did you mean `--sha`, with two hyphens?", hint)
    return None


def _no_option(spec: CommandSpec, word: str) -> str:
    takes = "The only one is `--sha`." if spec.takes("sha") else "It has none."
    return f"{quoted(word)} is not an option of `/{spec.name}`. {takes}"


def _unknown(spec: CommandSpec, word: str, sha: str | None, environments: Sequence[str]) -> Mistake:
    if not environments:
        message = (
            f"There is no environment {quoted(word)}: `.github/lockkeeper.yaml` on the default branch "
            "is missing or has mistakes."
        )
        return Mistake(message, "/help")
    names = [f"`{name}`" for name in environments[:_LISTED]]
    known = ", ".join(names) + (" …" if len(environments) > _LISTED else "")
    if spec.takes("sha") and _SHA.fullmatch(word):
        hint = Arguments(None, word.lower()).written(spec)
        return Mistake(f"There is no environment {quoted(word)}. A commit is given with `--sha`.", hint)
    asked = word.lower().strip(".,:;!?*_`'\"()<>[]")
    starting = [name for name in environments if len(asked) >= 2 and name.startswith(asked)]
    close = starting[:1] or get_close_matches(asked, environments, 1, 0.6)
    meant = f" Did you mean `{close[0]}`?" if close else ""
    example = environments[min(1, len(environments) - 1)]  # never the last, which is production
    hint = Arguments(close[0] if close else example, sha).written(spec)
    return Mistake(f"There is no environment {quoted(word)}.{meant} There are: {known}.", hint)


def _too_much(spec: CommandSpec, words: Sequence[str], so_far: Arguments) -> Mistake:
    if spec.takes("sha") and so_far.sha is None and _SHA.fullmatch(words[0]):
        hint = Arguments(so_far.environment, words[0].lower()).written(spec)
        return Mistake(f"A commit is given with `--sha`, not by itself: {quoted(words[0])}.", hint)
    extra = quoted(" ".join(words[:20]), 60)
    return Mistake(f"{extra} is too much. Write `{spec.usage}`, alone on its line.", so_far.written(spec))
