"""Do labels satisfy a Kubernetes label selector, with the wildcards Kyverno adds?

Source: `LabelSelector` of the Kubernetes API; wildcards in `matchLabels` as in `pkg/engine/wildcards`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.policy.kyverno.wildcard import compile_wildcard, has_wildcard

Labels = Mapping[str, str]
LabelTest = Callable[[Labels], bool]


class SelectorError(ValueError):
    """The selector is broken: `key` is the dotted place in it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def compile_selector(selector: object) -> LabelTest:
    """Turn a label selector (JSON values) into a test of labels; raises `SelectorError`."""
    if not isinstance(selector, Mapping):
        raise SelectorError("", "a label selector is a map with matchLabels, matchExpressions or both")
    for key in selector:
        if key not in ("matchLabels", "matchExpressions"):
            raise SelectorError(str(key), f"`{key}` is no field of a label selector")
    tests = [*_labels(selector.get("matchLabels")), *_expressions(selector.get("matchExpressions"))]
    return lambda labels: all(test(labels) for test in tests)


def compile_pairs(wanted: object, key: str = "") -> LabelTest:
    """Turn a map of wildcards into a test that each of its pairs is found; raises `SelectorError`."""
    if not isinstance(wanted, Mapping):
        raise SelectorError(key, "expected a map of names to values")
    tests = [_pair(str(name), _text(value)) for name, value in wanted.items()]
    return lambda labels: all(test(labels) for test in tests)


def _labels(wanted: object) -> list[LabelTest]:
    if wanted is None:
        return []
    return [compile_pairs(wanted, "matchLabels")]


def _pair(name: str, value: str) -> LabelTest:
    if not has_wildcard(name):
        fits = compile_wildcard(value)
        return lambda labels: name in labels and fits(labels[name])
    named, fits = compile_wildcard(name), compile_wildcard(value)
    return lambda labels: any(named(key) and fits(found) for key, found in labels.items())


def _expressions(expressions: object) -> list[LabelTest]:
    if expressions is None:
        return []
    if not isinstance(expressions, list):
        raise SelectorError("matchExpressions", "matchExpressions is a list")
    return [_expression(one, f"matchExpressions[{index}]") for index, one in enumerate(expressions)]


def _expression(expression: object, at: str) -> LabelTest:
    if not isinstance(expression, Mapping) or not isinstance(expression.get("key"), str):
        raise SelectorError(at, "an expression needs a key and an operator")
    key: str = expression["key"]
    found = expression.get("values") or []
    values = frozenset(map(_text, found)) if isinstance(found, list) else frozenset[str]()
    match expression.get("operator"):
        case "In":
            return lambda labels: labels.get(key) in values
        case "NotIn":
            return lambda labels: labels.get(key) not in values
        case "Exists":
            return lambda labels: key in labels
        case "DoesNotExist":
            return lambda labels: key not in labels
        case other:
            raise SelectorError(f"{at}.operator", f"`{other}` is none of In, NotIn, Exists and DoesNotExist")


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
