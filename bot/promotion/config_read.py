"""Which plain values do the nodes of the file hold, judged against the table of settings?

Nothing stops at the first mistake: a value that cannot be used is reported and left out, and reading goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from difflib import get_close_matches

from bot.model.environment import ConfigProblem
from bot.model.quoting import quoted
from bot.promotion.config_forms import NAME
from bot.promotion.config_scalars import Value, free, sort_of, surprise
from bot.promotion.config_setting import Setting
from bot.promotion.config_yaml import Entries, Items, Node, Scalar

Table = dict[str, Value]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def did_you_mean(word: str, known: Iterable[str], also: Mapping[str, str] | None = None) -> str:
    """Return the suggestion for a word that is not known: the nearest one, else all of them.

    `also` maps other words people use to the known ones.
    """
    also = also or {}
    names = list(known)
    folded = word.lower().replace("-", "_")
    close = get_close_matches(folded, [*(name.lower().replace("-", "_") for name in names), *also], 1, 0.7)
    by_fold = {name.lower().replace("-", "_"): name for name in names}
    if close:
        return f"did you mean {quoted(by_fold.get(close[0]) or also[close[0]])}?"
    listed = ", ".join(quoted(name) for name in names[:20]) + (" …" if len(names) > 20 else "")
    return f"there {'is' if len(names) == 1 else 'are'}: {listed}" if names else ""


def join(at: str, name: str) -> str:
    """Return the dotted path of a key inside another, shortened and without characters that do not print."""
    return f"{at}.{_printable(name)}" if at else _printable(name)


class Reader:
    """Reads nodes by the table of settings. `problems` grows; `lines` remembers the line of each dotted key."""

    def __init__(self) -> None:
        self.problems: list[ConfigProblem] = []
        self.lines: dict[str, int] = {}

    def problem(self, key: str, message: str, suggestion: str = "", line: int | None = None) -> None:
        """Note a mistake; without a line it is that of the key, or of the nearest key around it."""
        place = key
        while line is None and place:
            line = self.lines.get(place)
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        self.problems.append(ConfigProblem(key, line or 1, message, suggestion))

    def is_sound(self, *keys: str) -> bool:
        """Say whether no problem has been noted for these keys or inside them."""
        return not any(
            one.key == key or one.key.startswith((f"{key}.", f"{key}[")) for one in self.problems for key in keys
        )

    def table(self, node: Node, setting: Setting, at: str) -> Table | None:
        """Read a map with the setting's keys; None when it is no map."""
        found: Table = {}
        given: set[str] = set()
        if not (_missing(node) and at) and not isinstance(node, Entries):
            self.problem(at, "keys with values are expected here", "write lines like `key: value`", node.line)
            return None
        for name, value in self._entries(node, at):
            given.add(name)
            key = join(at, name)
            inner = setting.keys.get(name)
            if inner is not None:
                read = self.value(value, inner, key)
                if read is not None:
                    found[name] = read
            else:
                self._unknown(name, setting, key)
        for name, inner in setting.keys.items():
            if inner.required and name not in given:
                example = f"`{name}: {inner.example}`" if inner.example else f"`{name}:` with what belongs to it"
                self.problem(at, f"`{name}` is missing", f"add {example}")
        if setting.one_of and len(given & set(setting.one_of)) != 1:
            both = "one of them, not both," if given & set(setting.one_of) else "one of them"
            choices = " or ".join(f"`{name}`" for name in setting.one_of)
            self.problem(at, f"{choices}: {both} is needed", "give exactly one")
        if setting.some_of and not given & set(setting.some_of):
            choices = " or ".join(f"`{name}`" for name in setting.some_of)
            self.problem(at, f"{choices} is needed", "give at least one")
        return found

    def value(self, node: Node, setting: Setting, key: str) -> Value:
        """Read one value by its setting; None when it is missing or cannot be used, which has been reported."""
        match setting.kind:
            case "map":
                return self.table(node, setting, key)
            case "named":
                return self._named(node, setting, key)
            case "entries":
                return [
                    read for at, one in self._items(node, key, "") if (read := self.table(one, setting, at)) is not None
                ]
            case "texts":
                if setting.single and isinstance(node, Scalar) and not _missing(node):
                    node = Items((node,), node.line)
                return self._texts(node, setting, key)
            case "free":
                return self._free(node, key)
            case "text":
                return self._text(node, setting, key)
            case "number":
                return self._number(node, setting, key)
            case "flag":
                return self._flag(node, key)
            case "choice":
                return self._choice(node, setting, key)
            case "chosen":
                return self._chosen(node, setting, key)
            case "date":
                return self._date(node, setting, key)

    def _entries(self, node: Node, at: str) -> Iterator[tuple[str, Node]]:
        """Yield the keys of a map once each, and note those that are no text or are repeated."""
        seen: dict[str, int] = {}
        for name, value in node.entries if isinstance(node, Entries) else ():
            if not isinstance(name, Scalar) or not name.text.strip():
                self.problem(at, "a key must be text", "write lines like `key: value`", name.line)
                continue
            key = join(at, name.text)
            if name.text == "<<" and name.plain:
                self.problem(key, "merge keys (`<<`) are not supported", "write the keys out", name.line)
            elif name.text in seen:
                message = f"{quoted(name.text)} is given twice, first on line {seen[name.text]}"
                self.problem(key, message, "keep one of them", name.line)
            else:
                message, suggestion = surprise(name)
                if message:
                    self.problem(key, message, suggestion, name.line)
                seen[name.text] = self.lines[key] = name.line
                yield name.text, value

    def _unknown(self, name: str, setting: Setting, key: str) -> None:
        if name in setting.planned:
            message = f"{quoted(name)} ({setting.planned[name]}) is not available in this version of Lockkeeper"
            self.problem(key, message, "remove it: nothing would act on it")
            return
        also = {word.lower(): known for known, inner in setting.keys.items() for word in inner.also}
        self.problem(key, f"{quoted(name)} is not a known key", did_you_mean(name, setting.keys, also))

    def _named(self, node: Node, setting: Setting, key: str) -> Table | None:
        if not isinstance(node, Entries) and not _missing(node):
            suggestion = "write the name of each environment as a key, with its `branch` below it"
            self.problem(key, "environments by name are expected here", suggestion, node.line)
            return None
        found: Table = {}
        for name, value in self._entries(node, key):
            place = join(key, name)
            if not NAME.fits(name) and self.lines[place] not in (one.line for one in self.problems):
                mended = NAME.mended(name)
                meant = f"did you mean `{mended}`? " if mended else ""
                self.problem(place, f"{quoted(name)} is not {NAME.words}", meant + NAME.rule)
            found[name] = self.table(value, setting, place) or {}
        if not found:
            self.problem(key, "the pipeline is empty", "name at least one environment, with its `branch`")
        return found

    def _items(self, node: Node, key: str, example: str) -> list[tuple[str, Node]]:
        if not isinstance(node, Items):
            if isinstance(node, Scalar) and not _missing(node):
                example = f"[{_printable(node.text)}]"
            suggestion = f"write {example}" if example else "write lines that begin with `- `, or `[]` for none"
            self.problem(key, "a list is expected here", suggestion, node.line)
            return []
        listed = [(f"{key}[{index}]", item) for index, item in enumerate(node.items)]
        self.lines.update((at, item.line) for at, item in listed)
        return listed

    def _texts(self, node: Node, setting: Setting, key: str) -> list[Value]:
        found: list[Value] = []
        for at, item in self._items(node, key, setting.example):
            text = self._text(item, setting, at)
            if text is None:
                continue
            if text in found:
                self.problem(at, f"{quoted(text)} is listed twice", "keep one of them", item.line)
            else:
                found.append(text)
        return found

    def _text(self, node: Node, setting: Setting, key: str) -> str | None:
        """Read one text of the setting's form."""
        if not isinstance(node, Scalar):
            suggestion = f"write it like {setting.example}" if setting.kind == "text" and setting.example else ""
            self.problem(key, "one text is expected here", suggestion, node.line)
            return None
        message, suggestion = surprise(node)
        if message:
            self.problem(key, message, suggestion, node.line)
            return None
        form = setting.form
        if form is None or form.fits(node.text):
            return node.text
        mended = form.mended(node.text)
        meant = f"did you mean `{mended}`? " if mended else ""
        self.problem(key, f"{quoted(node.text)} is not {form.words}", meant + form.rule, node.line)
        return None

    def _number(self, node: Node, setting: Setting, key: str) -> int | None:
        rng = str(setting.least) if setting.least == setting.most else f"{setting.least} to {setting.most}"
        if isinstance(node, Scalar) and _missing(node):
            self.problem(key, "the value is missing", f"write {rng}", node.line)
        elif not isinstance(node, Scalar):
            self.problem(key, "a whole number is expected here", f"write {rng}", node.line)
        elif not node.plain and node.text.isascii() and node.text.isdecimal():
            self.problem(key, f'"{node.text[:20]}" is text', f"write {node.text[:20]} without quotes", node.line)
        elif not (len(node.text) < 10 and node.text.isascii() and node.text.isdecimal()):
            self.problem(key, f"{quoted(node.text)} is not a whole number", f"write {rng}", node.line)
        elif not setting.least <= int(node.text) <= setting.most:
            self.problem(key, f"{int(node.text)} is not possible here", f"write {rng}", node.line)
        else:
            return int(node.text)
        return None

    def _flag(self, node: Node, key: str) -> bool | None:
        if isinstance(node, Scalar) and node.plain and node.text in ("true", "false"):
            return node.text == "true"
        text = quoted(node.text) if isinstance(node, Scalar) and not _missing(node) else "this"
        self.problem(key, f"{text} is neither true nor false", "write `true` or `false`, without quotes", node.line)
        return None

    def _choice(self, node: Node, setting: Setting, key: str) -> str | None:
        *others, last = (f"`{value}`" for value in setting.values)
        words = f"{', '.join(others)} or {last}" if others else last
        if not isinstance(node, Scalar) or _missing(node):
            self.problem(key, "one word is expected here", f"write {words}", node.line)
        elif node.text in setting.values and sort_of(node) == "text":
            return node.text
        elif node.text in setting.later:
            message = f"{quoted(node.text)} is not available in this version of Lockkeeper"
            self.problem(key, message, f"write {words}", node.line)
        else:
            close = get_close_matches(node.text.lower(), setting.values, 1, 0.6)
            meant = f"did you mean `{close[0]}`? " if close and len(setting.values) > 1 else ""
            self.problem(key, f"{quoted(node.text)} is not possible here", f"{meant}write {words}", node.line)
        return None

    def _chosen(self, node: Node, setting: Setting, key: str) -> Table | None:
        """Read a map from texts of the setting's form to its choices."""
        if not isinstance(node, Entries) and not _missing(node):
            self.problem(key, "keys with values are expected here", f"write it like {setting.example}", node.line)
            return None
        found: Table = {}
        for name, value in self._entries(node, key):
            place = join(key, name)
            if setting.form and not setting.form.fits(name):
                self.problem(place, f"{quoted(name)} is not {setting.form.words}", setting.form.rule)
            read = self._choice(value, setting, place)
            if read is not None:
                found[name] = read
        return found

    def _date(self, node: Node, setting: Setting, key: str) -> str | None:
        """Read a day, in quotes or not: all readers of YAML take one for the other without harm."""
        if not isinstance(node, Scalar) or _missing(node):
            self.problem(key, "a date is expected here", f"write it like {setting.example}", node.line)
            return None
        if _DAY.fullmatch(node.text):
            try:
                return date.fromisoformat(node.text).isoformat()
            except ValueError:
                self.problem(key, f"there is no day {quoted(node.text)}", "look at the calendar", node.line)
                return None
        self.problem(key, f"{quoted(node.text)} is not a date", f"write it like {setting.example}", node.line)
        return None

    def _free(self, node: Node, key: str) -> Value:
        """Return the plain values of a part that a policy pack describes."""
        match node:
            case Scalar():
                value, message = free(node)
                if message:
                    self.problem(key, message, surprise(node)[1], node.line)
                return value
            case Items():
                return [self._free(item, at) for at, item in self._items(node, key, "")]
            case Entries():
                return {name: self._free(value, join(key, name)) for name, value in self._entries(node, key)}


def _missing(node: Node) -> bool:
    """Say whether nothing is written after the key."""
    return isinstance(node, Scalar) and sort_of(node) == "nothing"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:60])
