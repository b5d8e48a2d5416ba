"""How is an expression written so that the engine understands all that Kubernetes does?

The engine knows CEL's core and Google's extensions. What Kubernetes and Kyverno have beyond it, and what cannot be
said by a function, is rewritten word by word: composed variables become lazily bound names, comprehensions over two
variables become comprehensions over pairs, and functions whose names the engine has already get names of their own.
Sources: https://kubernetes.io/docs/reference/using-api/cel/ and
https://pkg.go.dev/github.com/google/cel-go/ext#TwoVarComprehensions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bot.policy.cel.optionals import without_doubt
from bot.policy.cel.problem import DEEP, CelError, ElsewhereError
from bot.policy.cel.tokens import Token, after, arguments, before, deepest, joined, tokens_of

# Rewritten expressions of variables, and the variables those name, in order of declaration.
Definitions = Mapping[str, tuple[str, tuple[str, ...]]]

LONGEST = 20_000  # characters of an expression
MOST_BRACKETS = 100  # within each other
VARIABLE = "variable__"  # before the name of a composed variable
NOW = "now__"

# Functions of lists whose names the engine has for texts, functions whose results are to have bounds, and functions
# that answer with an optional value.
_RENAMED = {
    "indexOf": "indexOf__",
    "lastIndexOf": "lastIndexOf__",
    "reverse": "reverse__",
    "replace": "replace__",
    "join": "join__",
}
_OPTIONAL = {"validate": ("validate__", "errors"), "named": ("named__", "format")}
_PAIRED = {
    "all": "all",
    "exists": "exists",
    "existsOne": "exists_one",
    "exists_one": "exists_one",
    "transformList": "map",
    "transformMap": "map",
    "transformMapEntry": "map",
}
_CONVERTED = frozenset(["ip", "cidr", "quantity", "url", "semver"])

_EMPTY = Token("space", "")


def rewrite(expression: str, variables: Collection[str] = ()) -> tuple[str, tuple[str, ...]]:
    """Return the expression in the engine's words, and the composed variables it names, in order.

    `variables` are the names known at this point. Raises `CelError` for `variables.x` when x is none of them,
    `ElsewhereError` for what is too long or nested too deeply.
    """
    if len(expression) > LONGEST:
        raise ElsewhereError(f"the expression is longer than {LONGEST} characters")
    tokens = tokens_of(expression)
    if deepest(tokens) > MOST_BRACKETS:
        raise ElsewhereError(DEEP)
    try:
        used = _variables(tokens, variables)
        _members(tokens)
        return _pairs(without_doubt(tokens)), tuple(dict.fromkeys(used))
    except RecursionError:
        raise ElsewhereError(DEEP) from None


def needed(used: Sequence[str], definitions: Definitions) -> set[str]:
    """Return the variables that an expression needs which names these: they, and those that they name."""
    found: set[str] = set()
    asked = list(used)
    while asked:
        name = asked.pop()
        if name not in found:
            found.add(name)
            asked.extend(definitions[name][1])
    return found


def with_variables(expression: str, used: Sequence[str], definitions: Definitions) -> str:
    """Bind the variables an expression needs around it; each is evaluated once, when first asked for."""
    wanted = needed(used, definitions)
    for name in reversed(tuple(definitions)):
        if name in wanted:
            expression = f"cel.bind({VARIABLE}{name}, {definitions[name][0]}\n, {expression}\n)"
    return expression


def _variables(tokens: list[Token], known: Collection[str]) -> list[str]:
    """Replace `variables.x` by a name, in place; return the names that were used."""
    used: list[str] = []
    for index, token in enumerate(tokens):
        if token != ("name", "variables") or before(tokens, index) == ".":
            continue
        dot = after(tokens, index)
        named = after(tokens, dot)
        maybe = named < len(tokens) and tokens[named].text == "?"
        if maybe:
            named = after(tokens, named)
        if named >= len(tokens) or tokens[dot].text != "." or tokens[named].kind != "name":
            raise CelError("", "`variables` is asked for as a whole; name one of them: variables.NAME")
        name = tokens[named].text
        if name not in known:
            raise CelError("", f"there is no variable `{name}` before this expression")
        used.append(name)
        text = f"optional.of({VARIABLE}{name})" if maybe else VARIABLE + name
        first = index
        if before(tokens, index) == "(" and _closes(tokens, named) and (has := _called(tokens, index)) is not None:
            first, text, named = has, "true", after(tokens, named)  # has(variables.x): a declared one is there
        tokens[first : named + 1] = [Token("name", text), *[_EMPTY] * (named - first)]
    return used


def _closes(tokens: Sequence[Token], index: int) -> bool:
    following = after(tokens, index)
    return following < len(tokens) and tokens[following].text == ")"


def _called(tokens: Sequence[Token], index: int) -> int | None:
    """The index of the `has` that directly calls the word at `index`, or None."""
    opening = next(at for at in range(index - 1, -1, -1) if tokens[at].kind != "space")
    for at in range(opening - 1, -1, -1):
        if tokens[at].kind != "space":
            return at if tokens[at] == ("name", "has") else None
    return None


def _members(tokens: list[Token]) -> None:
    """Rename functions, in place."""
    called = {token.text for index, token in enumerate(tokens) if _is_call(tokens, index)}
    for index, token in enumerate(tokens):
        if not _is_call(tokens, index):
            continue
        member = before(tokens, index) == "."
        if token.text == "matches":
            tokens[index] = Token("name", "matches__")
        elif member and token.text in _RENAMED:
            tokens[index] = Token("name", _RENAMED[token.text])
        elif member and token.text in _OPTIONAL:
            name, field = _OPTIONAL[token.text]
            opening = after(tokens, index)
            _, closing = arguments(tokens, opening)
            tokens[index] = Token("name", name)
            if closing < len(tokens):
                tokens[closing] = Token("sign", f')[?"{field}"]')
        elif not member and token.text == "string" and called & _CONVERTED:
            tokens[index] = Token("name", "string__")
        elif member and token.text == "now" and joined(tokens[max(0, index - 2) : index]) == "time.":
            closing = after(tokens, after(tokens, index))
            tokens[index - 2 : closing + 1] = [Token("name", NOW), *[_EMPTY] * (closing - index + 2)]


def _is_call(tokens: Sequence[Token], index: int) -> bool:
    if tokens[index].kind != "name":
        return False
    following = after(tokens, index)
    return following < len(tokens) and tokens[following].text == "("


def _pairs(tokens: Sequence[Token], depth: int = 0) -> str:
    """Write comprehensions over two variables as comprehensions over pairs, from the outermost in."""
    if depth > 30:
        raise ElsewhereError(DEEP)
    written: list[str] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.text in _PAIRED and _is_call(tokens, index) and before(tokens, index) == ".":
            found, closing = arguments(tokens, after(tokens, index))
            pair = f"pair{depth}__"
            if closing < len(tokens) and _over_two(token.text, found):
                written.append(_paired(token.text, found, pair, depth))
                index = closing + 1
                continue
        written.append(token.text)
        index += 1
    return "".join(written)


def _over_two(name: str, found: Sequence[Sequence[Token]]) -> bool:
    names = [joined(one).strip() for one in found[:2]]
    return len(found) in ((3, 4) if name.startswith("transform") else (3,)) and all(map(str.isidentifier, names))


def _paired(name: str, found: Sequence[Sequence[Token]], pair: str, depth: int) -> str:
    key, value = (joined(one).strip() for one in found[:2])

    def bound(tokens: Sequence[Token], around: str = "{}") -> str:
        inner = around.format(_pairs(tokens, depth + 1))
        return f"cel.bind({key}, {pair}[0], cel.bind({value}, {pair}[1], {inner}))"

    chosen = f"filter({pair}, {bound(found[2])})." if len(found) == 4 else ""
    match name:
        case "transformMap":
            last = f"map({pair}, [{pair}[0], {bound(found[-1])}]).mapOf__()"
        case "transformMapEntry":
            last = f"map({pair}, {bound(found[-1])}).merged__()"
        case _:
            last = f"{_PAIRED[name]}({pair}, {bound(found[-1])})"
    return f"pairs__().{chosen}{last}"
