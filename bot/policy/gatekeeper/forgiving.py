"""What does a module say where a built-in function fails?

To OPA, as Gatekeeper runs it, the expression is then undefined; to the engine here the whole evaluation fails. So a
module is kept in a second form, slower, for the reviews in which that happens: each built-in function is only called
with what it takes. Source: https://www.openpolicyagent.org/docs/policy-language ("Errors") and the types in
https://www.openpolicyagent.org/docs/policy-reference ("Built-in functions").
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.policy.gatekeeper.words import calls, defined, words_of

_ARGUMENTS = ("lk_a", "lk_b", "lk_c")
_TEXT, _NUMBER, _ANY = "is_string({0})", "is_number({0})", ""
_SIZED = '{{"string", "array", "object", "set"}}[type_name({0})]'
_SEVERAL = '{{"array", "set"}}[type_name({0})]'
_TEXTS = _SEVERAL + "; count([1 | lk_x := {0}[_]; not is_string(lk_x)]) == 0"
_NUMBERS = _SEVERAL + "; count([1 | lk_x := {0}[_]; not is_number(lk_x)]) == 0"
_PATTERN = _TEXT + "; regex.is_valid({0})"
_NUMERAL = r"regex.match(`^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$`, {0})"
_VERSION = _TEXT + "; semver.is_valid({0})"
_QUANTITY = _TEXT + r"; regex.match(`^[0-9]*\.?[0-9]+(m|[kKMGTPE]i?[bB]?)?$`, {0})"

# What each argument of a function must be, so that it does not fail.
_TAKES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("lower", "upper", "trim_space"), (_TEXT,)),
    **dict.fromkeys(
        (
            *("startswith", "endswith", "contains", "split", "indexof"),
            *("trim", "trim_left", "trim_right", "trim_prefix", "trim_suffix"),
        ),
        (_TEXT, _TEXT),
    ),
    **dict.fromkeys(("abs", "ceil", "floor", "round"), (_NUMBER,)),
    **dict.fromkeys(("units.parse", "units.parse_bytes"), (_QUANTITY,)),
    **dict.fromkeys(("sum", "product"), (_NUMBERS,)),
    "array.concat": ("is_array({0})", "is_array({0})"),
    "base64.decode": (_TEXT + "; base64.is_valid({0})",),
    "concat": (_TEXT, _TEXTS),
    "count": (_SIZED,),
    "format_int": (_NUMBER, _NUMBER),
    "glob.match": (_TEXT, _ANY, _TEXT),
    "json.unmarshal": (_TEXT + "; json.is_valid({0})",),
    "net.cidr_contains": (_TEXT + "; net.cidr_is_valid({0})", _TEXT),
    "numbers.range": (_NUMBER, _NUMBER),
    "object.get": ("is_object({0})", _ANY, _ANY),
    "regex.match": (_PATTERN, _TEXT),
    "regex.replace": (_TEXT, _PATTERN, _TEXT),
    "regex.split": (_PATTERN, _TEXT),
    "regex.find_n": (_PATTERN, _TEXT, _NUMBER),
    "replace": (_TEXT, _TEXT, _TEXT),
    "semver.compare": (_VERSION, _VERSION),
    "substring": (_TEXT, _NUMBER + "; {0} >= 0", _NUMBER),
    "to_number": (_TEXT + "; " + _NUMERAL,),
    "yaml.unmarshal": (_TEXT + "; yaml.is_valid({0})",),
}
# Other arguments that a function takes as well.
_ALSO: dict[str, tuple[str, ...]] = {
    "to_number": ('{{"number", "boolean", "null"}}[type_name({0})]',),
}


def forgiving(module: str, *, v1: bool = False) -> str:
    """Return a module in which a built-in function that would fail is undefined."""
    words = words_of(module)
    own = set(defined(module, words))
    pieces: list[str] = []
    used: dict[str, None] = {}
    done = 0
    for word in calls(words):
        if word.text in _TAKES and word.text not in own and module[word.start - 1 : word.start] != ".":
            pieces += (module[done : word.start], _renamed(word.text))
            done = word.end
            used[word.text] = None
    return "\n".join(("".join((*pieces, module[done:])), *(line for name in used for line in _wrapped(name, v1))))


def _renamed(name: str) -> str:
    return f"lk_{name.replace('.', '_')}"


def _wrapped(name: str, v1: bool) -> Iterator[str]:
    for takes in (_TAKES[name], *([_ALSO[name]] if _ALSO.get(name) else [])):
        arguments = _ARGUMENTS[: len(takes)]
        tests = [test.format(argument) for test, argument in zip(takes, arguments, strict=True) if test]
        given = ", ".join(arguments)
        body = "; ".join((*tests, f"lk_r := {name}({given})"))
        yield f"{_renamed(name)}({given}) {':=' if v1 else '='} lk_r {'if ' if v1 else ''}{{ {body} }}"
