"""What JMESPath expressions find, as Kyverno reads them.

Sources: https://jmespath.org/specification.html and https://kyverno.io/docs/policy-types/cluster-policy/jmespath/.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy.kyverno.answers import NotFound, NotKnown, QueryError, TooLargeError, Unknown
from bot.policy.kyverno.functions import FUNCTIONS
from bot.policy.kyverno.query import compile_query
from bot.policy.kyverno.times import at_time

DOCUMENT: dict[str, Any] = {
    "a": {"b": [{"x": "1", "m": "2Gi"}, {"x": "2"}], "c": None, "d.e/f": 5, "t": "text"},
    "n": {"one": 1, "two": 2},
    "list": [3, 1, 2],
    "empty": [],
    "true": True,
    "away": Unknown("it is elsewhere"),
    "deep": [[1], [2, 3], 4],
}
MISSING = "a missing key"
WRONG = "an error"
AWAY = "not known"


def found(expression: str, document: Any = DOCUMENT) -> Any:
    try:
        return compile_query(expression).find(document)
    except NotFound:
        return MISSING
    except QueryError:
        return WRONG
    except NotKnown:
        return AWAY


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("a.t", "text"),
        ('a."d.e/f"', 5),
        ("a.b[0].x", "1"),
        ("a.b[-1].x", "2"),
        ("a.b[].m", ["2Gi"]),
        ("a.b[?x=='2'].x | [0]", "2"),
        ("a.b[*].{k: x}", [{"k": "1"}, {"k": "2"}]),
        ("n.*", [1, 2]),
        ("deep[]", [1, 2, 3, 4]),
        ("list[1:]", [1, 2]),
        ("list[::-1]", [2, 1, 3]),
        ("[list[0], n.one]", [3, 1]),
        ("list[?@ > `1`]", [3, 2]),
        ("@.a.t", "text"),
        ('`{"k": [1.0, true, null]}`', {"k": [1.0, True, None]}),
        ("'raw'", "raw"),
        # a missing key is an error …
        ("nothing", MISSING),
        ("a.nothing", MISSING),
        ("a.nothing.more", MISSING),
        ("a.b[0].nothing", MISSING),
        ("n.one && nothing", MISSING),
        # … but null in a comparison, ||, !, a function, a projection, a filter, a pipe, a multi-select
        ("a.nothing == null", True),
        ("a.nothing != 'x'", True),
        ("a.nothing || 'else'", "else"),
        ("nothing || nowhere", None),
        ("nothing && a", None),
        ("!nothing", True),
        ("not_null(nothing, 'x')", "x"),
        ("a.b[].nothing", []),
        ("nothing[].x", None),
        ("a.b[?nothing == 'x']", []),
        ("a.nothing | to_array(@)", [None]),
        ("[nothing, list[0]]", [None, 3]),
        ("{k: nothing}", {"k": None}),
        # a field of what is no map, and an element that is not there, are null
        ("a.c.more", None),
        ("a.t.more", None),
        ("a.b[7]", None),
        ("a.b[7].x", None),
        ("list.x", None),
        # comparisons
        ("n.one < n.two", True),
        ("n.two >= `2`", True),
        ("'a' < 'b'", None),
        ("true == `1`", False),
        ("n.one == `1.0`", True),
        ("deep == `[[1], [2, 3], 4]`", True),
        ("empty || 'none'", "none"),
        ("n.one || 'none'", 1),
        # what nobody knows stays unknown, whatever is around it
        ("away", AWAY),
        ("away.x", AWAY),
        ("away || 'x'", AWAY),
        ("length(away)", AWAY),
        ("[a.t, away]", AWAY),
        ("a.t || away", "text"),
        # wrong arguments
        ("length(n.one)", WRONG),
        ("length(nothing)", WRONG),
        ("to_upper(n.one)", WRONG),
        ("join(',', list)", WRONG),
    ],
)
def test_expressions(expression: str, expected: Any) -> None:
    assert found(expression) == expected
    assert type(found(expression)) is type(expected)


@pytest.mark.parametrize(
    "expression",
    ["", "a..b", "a[", "nosuch(a)", "length(a, b)", "a[::0]", "`{`", "a[?b == `x`]", "(" * 500, "a." * 3000 + "a"],
)
def test_what_is_no_expression(expression: str) -> None:
    with pytest.raises(QueryError):
        compile_query(expression)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # of the specification
        ("abs(`-2`)", 2),
        ("avg(list)", 2),
        ("ceil(`1.2`)", 2),
        ("contains('abc', 'b')", True),
        ("contains(list, `3`)", True),
        ("contains(`[true]`, `1`)", False),
        ("ends_with('abc', 'bc')", True),
        ("floor(`1.8`)", 1),
        ("join('-', ['a', 'b'])", "a-b"),
        ("keys(n)", ["one", "two"]),
        ("length('äb')", 2),
        ("map(&x, a.b)", ["1", "2"]),
        ("max(list)", 3),
        ("max_by(a.b, &x).x", "2"),
        ("merge(n, {two: `3`})", {"one": 1, "two": 3}),
        ("min(['b', 'a'])", "a"),
        ("min_by(a.b, &x).x", "1"),
        ("reverse(list)", [2, 1, 3]),
        ("sort(list)", [1, 2, 3]),
        ("sort_by(a.b, &x)[0].x", "1"),
        ("sort_by(a.b, &m)", WRONG),
        ("starts_with('abc', 'ab')", True),
        ("to_array('x')", ["x"]),
        ("to_number('2.50')", 2.5),
        ("to_number('x')", None),
        ("to_string(n)", '{"one":1,"two":2}'),
        ("type(empty)", "array"),
        ("values(n)", [1, 2]),
        # Kyverno's: texts
        ("compare('a', 'b')", -1),
        ("equal_fold('Go', 'GO')", True),
        ("replace('aaa', 'a', 'b', `2`)", "bba"),
        ("replace('aaa', 'a', 'b', `-1`)", "bbb"),
        ("replace_all('a.b.c', '.', '-')", "a-b-c"),
        ("to_upper('x')", "X"),
        ("to_lower('X')", "x"),
        ("trim('¡¡x!', '!¡')", "x"),
        ("trim_prefix('v1', 'v')", "1"),
        ("split('a,b', ',')", ["a", "b"]),
        ("split('ab', '')", ["a", "b"]),
        ("truncate('abcdef', `3`)", "abc"),
        ("truncate('abc', `-1`)", ""),
        ("to_boolean('TRUE')", True),
        ("to_boolean('yes')", WRONG),
        ("path_canonicalize('///a/../b//c/')", "/b/c"),
        ("pattern_match('pro*', 'prod')", True),
        ("regex_match('^v[0-9]$', 'v1')", True),
        ("regex_match('^[1-3]$', `2`)", True),
        ("regex_match('(', 'x')", WRONG),
        ("regex_replace_all('(a)(?P<n>b)', 'xab', '${n}$1$$$9')", "xba$"),
        ("regex_replace_all_literal('a+', 'xaay', '$1')", "x$1y"),
        ("label_match({app: 'x'}, {app: 'x', tier: 'y'})", True),
        ("label_match({app: 'x'}, {app: 'z'})", False),
        ("base64_encode('hi')", "aGk="),
        ("base64_decode('aGk=')", "hi"),
        ("base64_decode('!')", WRONG),
        ("regex_match('^.a$', base64_decode('/2E='))", True),  # a byte that is no UTF-8
        ("sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("parse_json('{\"a\": 1}').a", 1),
        ("parse_json('{')", WRONG),
        ("parse_yaml('a: [1]').a", [1]),
        ("parse_yaml('[1, 2')", WRONG),
        ("semver_compare('1.2.3', '>=1.0.0 <2.0.0')", True),
        ("semver_compare('2.1.0', '1.x || >=3.0.0')", False),
        ("semver_compare('1.2.3-rc.1', '<1.2.3')", True),
        ("semver_compare('1.0.0', 'x y z')", WRONG),
        ("image_normalize('nginx')", "docker.io/nginx:latest"),
        ("image_normalize('localhost:5000/a/b:1')", "localhost:5000/a/b:1"),
        ("image_normalize('A b')", WRONG),
        ("lookup(n, 'two')", 2),
        ("lookup(n, 'six')", None),
        ("lookup(list, `1`)", 1),
        ("lookup(list, `9`)", None),
        ("lookup(list, 'x')", WRONG),
        ("items({b: 'y', a: 'x'}, 'k', 'v')", [{"k": "a", "v": "x"}, {"k": "b", "v": "y"}]),
        ("items(['x'], 'i', 'v')", [{"i": 0, "v": "x"}]),
        ("object_from_lists(['a', 'b'], ['x'])", {"a": "x", "b": None}),
        ("random('[a-z]')", AWAY),
        ("is_external_url('https://x')", AWAY),
        ("x509_decode('x')", WRONG),
        # numbers, quantities, durations
        ("add(`1`, `2`)", 3),
        ("add('1Gi', '512Mi')", "1536Mi"),
        ("add('500m', '500m')", "1"),
        ("add('1h', '90s')", "1h1m30s"),
        ("add('1h', `1`)", WRONG),
        ("add('5m', '1h')", WRONG),  # 5m is a quantity
        ("sum(['1Gi', '1Gi', '1Mi'])", "2049Mi"),
        ("sum(`[1, 2, 3.5]`)", 6.5),
        ("sum(empty)", WRONG),
        ("subtract('1', '1500m')", "-500m"),
        ("multiply('1.5Gi', `2`)", "3Gi"),
        ("multiply(`2`, '45s')", "1m30s"),
        ("multiply('1Gi', '1Gi')", WRONG),
        ("divide('4Gi', '2Gi')", 2),
        ("divide('1', '3')", 1 / 3),
        ("divide('1h', `2`)", "30m0s"),
        ("divide('1500m', `2`)", "750m"),
        ("divide(`1`, `0`)", WRONG),
        ("modulo(`-7`, `3`)", -1),
        ("modulo('7', '4')", "3"),
        ("modulo('90s', '60s')", "30s"),
        ("modulo(`1.5`, `1`)", WRONG),
        ("round(`2.345`, `2`)", 2.35),
        ("round(`-0.5`, `0`)", -1),
        ("round(`1`, `-1`)", WRONG),
        # times
        ("time_now()", "2024-05-06T07:08:09Z"),
        ("time_add('2024-02-28T23:00:00Z', '2h')", "2024-02-29T01:00:00Z"),
        ("time_add('x', '2h')", WRONG),
        ("time_since('', '2024-05-06T07:08:00Z', '')", "9s"),
        ("time_since('2006-01-02', '2024-05-05', '2024-05-06')", "24h0m0s"),
        ("time_diff('2024-01-01T00:00:00Z', '2024-01-01T00:00:00.25Z')", "250ms"),
        ("time_parse('02 Jan 06 15:04 MST', '03 Apr 20 10:00 UTC')", "2020-04-03T10:00:00Z"),
        ("time_parse('1', '86400')", "1970-01-02T00:00:00Z"),
        ("time_to_cron('2024-05-05T07:08:09+02:00')", "8 7 5 5 0"),
        ("time_utc('2024-05-05T07:08:09+02:00')", "2024-05-05T05:08:09Z"),
        ("time_truncate('2024-05-05T07:48:09Z', '1h')", "2024-05-05T07:00:00Z"),
        ("time_before('2024-01-01T00:00:00Z', '2024-01-02T00:00:00Z')", True),
        ("time_after('2024-01-01T00:00:00Z', '2024-01-02T00:00:00Z')", False),
        ("time_between('2024-01-02T00:00:00Z', '2024-01-01T00:00:00Z', '2024-01-03T00:00:00Z')", True),
    ],
)  # fmt: skip
def test_functions(expression: str, expected: Any) -> None:
    with at_time(datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)):
        assert found(expression) == expected


def test_who_is_not_told_the_time_does_not_know_it() -> None:
    assert found("time_now_utc()") == AWAY


def test_a_regular_expression_never_takes_for_ever() -> None:
    """Python's own engine would try two to the power of forty ways."""
    start = time.process_time()
    assert found("regex_match('^(a+)+$', @)", "a" * 40 + "b") is False
    assert found("regex_replace_all('(x+x+)+y', @, '')", "x" * 5000) == "x" * 5000
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "expression",
    [
        "replace_all(@, 'a', @)",
        "join(@, [@, @, @, @, @, @, @, @, @, @, @, @])",
        "regex_replace_all('a', @, '$0$0$0$0$0$0$0$0$0$0$0$0')",
    ],
)
def test_a_text_does_not_grow_without_bounds(expression: str) -> None:
    with pytest.raises(TooLargeError):
        found(expression, "a" * 100_000)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1h", "5Gi", "1.2.3", "2024-01-01T00:00:00Z", "(a", "[a]*"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(VALUES, max_size=4))
@settings(max_examples=1500, deadline=None)
def test_no_argument_breaks_a_function(name: str, arguments: list[Any]) -> None:
    expression = f"{name}({', '.join(f'@[{at}]' for at in range(len(arguments)))})"
    found(expression, arguments)
