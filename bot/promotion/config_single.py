"""What does one value of the file hold, judged by its setting, and where are mistakes noted?"""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches

from bot.model.environment import ConfigProblem
from bot.model.quoting import quoted
from bot.promotion.config_scalars import sort_of, surprise
from bot.promotion.config_setting import Setting
from bot.promotion.config_yaml import Node, Scalar

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def join(at: str, name: str) -> str:
    """Return the dotted path of a key inside another, shortened and without characters that do not print."""
    return f"{at}.{printable(name)}" if at else printable(name)


class SingleReader:
    """Reads single values.

    `problems` grows; `lines` remembers the line of each dotted key, `begins` the line on which its text begins.
    """

    def __init__(self) -> None:
        self.problems: list[ConfigProblem] = []
        self.lines: dict[str, int] = {}
        self.begins: dict[str, int] = {}

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

    def text(self, node: Node, setting: Setting, key: str) -> str | None:
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
            self.begins[key] = node.line
            return node.text
        mended = form.mended(node.text)
        meant = f"did you mean `{mended}`? " if mended else ""
        self.problem(key, f"{quoted(node.text)} is not {form.words}", meant + form.rule, node.line)
        return None

    def number(self, node: Node, setting: Setting, key: str) -> int | None:
        rng = str(setting.least) if setting.least == setting.most else f"{setting.least} to {setting.most}"
        if isinstance(node, Scalar) and is_missing(node):
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

    def flag(self, node: Node, key: str) -> bool | None:
        if isinstance(node, Scalar) and node.plain and node.text in ("true", "false"):
            return node.text == "true"
        text = quoted(node.text) if isinstance(node, Scalar) and not is_missing(node) else "this"
        self.problem(key, f"{text} is neither true nor false", "write `true` or `false`, without quotes", node.line)
        return None

    def choice(self, node: Node, setting: Setting, key: str) -> str | None:
        *others, last = (f"`{value}`" for value in setting.values)
        words = f"{', '.join(others)} or {last}" if others else last
        if not isinstance(node, Scalar) or is_missing(node):
            self.problem(key, "one word is expected here", f"write {words}", node.line)
        elif node.text in setting.values and sort_of(node) == "text":
            return node.text
        else:
            close = get_close_matches(node.text.lower(), setting.values, 1, 0.6)
            meant = f"did you mean `{close[0]}`? " if close and len(setting.values) > 1 else ""
            self.problem(key, f"{quoted(node.text)} is not possible here", f"{meant}write {words}", node.line)
        return None

    def day(self, node: Node, setting: Setting, key: str) -> str | None:
        """Read a day, in quotes or not: all readers of YAML take one for the other without harm."""
        if not isinstance(node, Scalar) or is_missing(node):
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


def is_missing(node: Node) -> bool:
    """Say whether nothing is written after the key."""
    return isinstance(node, Scalar) and sort_of(node) == "nothing"


def printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:60])
