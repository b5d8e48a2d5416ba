"""Which plain values do the nodes of the file hold, judged against the table of settings?

Nothing stops at the first mistake: a value that cannot be used is reported and left out, and reading goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from bot.model.quoting import quoted
from bot.promotion.config_forms import NAME
from bot.promotion.config_scalars import Value, free, surprise
from bot.promotion.config_setting import Setting
from bot.promotion.config_single import SingleReader, is_missing, join, printable
from bot.promotion.config_yaml import Entries, Items, Node, Scalar

Table = dict[str, Value]


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


def _meant(name: str, node: Node, setting: Setting) -> str:
    """Return the key that a misspelt one stands for, so that what is below it is read in the same run; '' for none."""
    written = {one.text for one, _ in node.entries if isinstance(one, Scalar)} if isinstance(node, Entries) else set()
    close = get_close_matches(name, setting.keys, 1, 0.8)
    return close[0] if close and close[0] not in written else ""


class Reader(SingleReader):
    """Reads nodes by the table of settings."""

    def table(self, node: Node, setting: Setting, at: str) -> Table | None:
        """Read a map with the setting's keys; None when it is no map."""
        found: Table = {}
        given: set[str] = set()
        if setting.alone and isinstance(node, Scalar) and not is_missing(node):
            node = Entries(((Scalar(setting.alone, False, node.line), node),), node.line)
        if not (is_missing(node) and at) and not isinstance(node, Entries):
            self.problem(at, "keys with values are expected here", "write lines like `key: value`", node.line)
            return None
        for name, value in self._entries(node, at):
            known = name
            if name not in setting.keys:
                self._unknown(name, setting, join(at, name))
                known = _meant(name, node, setting)
            given.add(known)
            inner = setting.keys.get(known)
            if inner is not None:
                key = join(at, known)
                self.lines.setdefault(key, self.lines[join(at, name)])
                read = self.value(value, inner, key)
                if read is not None:
                    found[known] = read
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
                return [self.table(one, setting, at) or {} for at, one in self._items(node, key, "")]
            case "texts":
                if setting.single and isinstance(node, Scalar) and not is_missing(node):
                    node = Items((node,), node.line)
                return self._texts(node, setting, key)
            case "free":
                return self._free(node, key)
            case "text":
                return self.text(node, setting, key)
            case "number":
                return self.number(node, setting, key)
            case "flag":
                return self.flag(node, key)
            case "choice":
                return self.choice(node, setting, key)
            case "chosen":
                return self._chosen(node, setting, key)
            case "date":
                return self.day(node, setting, key)

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
        also = {word.lower(): known for known, inner in setting.keys.items() for word in inner.also}
        self.problem(key, f"{quoted(name)} is not a known key", did_you_mean(name, setting.keys, also))

    def _named(self, node: Node, setting: Setting, key: str) -> Table | None:
        """Read a map from names of the setting's form to entries with its keys."""
        if not isinstance(node, Entries) and not is_missing(node):
            self.problem(key, f"{setting.expects} are expected here", setting.how, node.line)
            return None
        found: Table = {}
        form = setting.form or NAME
        for name, value in self._entries(node, key):
            place = join(key, name)
            if not form.fits(name) and self.lines[place] not in (one.line for one in self.problems):
                mended = form.mended(name)
                meant = f"did you mean `{mended}`? " if mended else ""
                self.problem(place, f"{quoted(name)} is not {form.words}", meant + form.rule)
            found[name] = self.table(value, setting, place) or {}
        return found

    def _items(self, node: Node, key: str, example: str) -> list[tuple[str, Node]]:
        if not isinstance(node, Items):
            if isinstance(node, Scalar) and not is_missing(node):
                example = f"[{printable(node.text)}]"
            suggestion = f"write {example}" if example else "write lines that begin with `- `, or `[]` for none"
            self.problem(key, "a list is expected here", suggestion, node.line)
            return []
        listed = [(f"{key}[{index}]", item) for index, item in enumerate(node.items)]
        self.lines.update((at, item.line) for at, item in listed)
        return listed

    def _texts(self, node: Node, setting: Setting, key: str) -> list[Value]:
        found: list[Value] = []
        for at, item in self._items(node, key, setting.example):
            text = self.text(item, setting, at)
            if text is None:
                continue
            if text in found:
                self.problem(at, f"{quoted(text)} is listed twice", "keep one of them", item.line)
            else:
                found.append(text)
        return found

    def _chosen(self, node: Node, setting: Setting, key: str) -> Table | None:
        """Read a map from texts of the setting's form to its choices."""
        if not isinstance(node, Entries) and not is_missing(node):
            self.problem(key, "keys with values are expected here", f"write it like {setting.example}", node.line)
            return None
        found: Table = {}
        for name, value in self._entries(node, key):
            place = join(key, name)
            if setting.form and not setting.form.fits(name):
                self.problem(place, f"{quoted(name)} is not {setting.form.words}", setting.form.rule)
            read = self.choice(value, setting, place)
            if read is not None:
                found[name] = read
        return found

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
