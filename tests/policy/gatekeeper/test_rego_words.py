"""Does the engine read a module as OPA does, and is it seen beforehand what nobody here can answer?

What OPA does with `not` is in https://github.com/open-policy-agent/opa/issues/1877, /4743 and /8387, what `sprintf`
prints in https://pkg.go.dev/fmt ("Format errors").
"""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime

import pytest

from bot.adapters.rego import WalledRego
from bot.policy.cel.problem import ElsewhereError
from bot.policy.gatekeeper.opa import as_opa_reads
from bot.policy.gatekeeper.program import asks_time, compile_program, told_time
from bot.policy.gatekeeper.rego import Question
from bot.policy.kyverno.shape import ShapeError
from tests.policy.gatekeeper.written import rule

REWRITTEN = [
    ("a call", "a { not f(x.y) }", "a { lk_0 := x.y; not f(lk_0) }"),
    (
        "two arguments",
        'a { not f(x.y, "z", _, v, d[k]) }',
        'a { lk_0 := x.y; lk_1 := d[k]; not f(lk_0, "z", _, v, lk_1) }',
    ),
    ("a dotted function", "a { not strings.f(x.y) }", "a { lk_0 := x.y; not strings.f(lk_0) }"),
    ("variables stay", "a { not f(x, _, 3) }", "a { not f(x, _, 3) }"),
    ("sides of == stay", "a { not x.y == z.w }", "a { not x.y == z.w }"),
    ("calls beside == do not", "a { not count(x.y) == 0 }", "a { lk_0 := count(x.y); not lk_0 == 0 }"),
    ("other operators", "a { not x.y > 3 }", "a { lk_0 := x.y; not lk_0 > 3 }"),
    ("membership", "a { not x in input.y }", "a { lk_0 := input.y; not x in lk_0 }"),
    ("an index", "a { not d[h.a][i] }", "a { lk_0 := h.a; not d[lk_0][i] }"),
    ("plain references stay", "a { not input.x.y }", "a { not input.x.y }"),
    ("without braces", "a if not f(input.x)", "a if { lk_0 := input.x; not f(lk_0) }"),
    ("in a comprehension", "[c | c := x[_]; not f(c.d)]", "[c | c := x[_]; lk_0 := c.d; not f(lk_0)]"),
    ("several lines", "a {\n  not f(\n    x.y\n  )\n  b\n}", "a {\n  lk_0 := x.y; not f(\n    lk_0\n  )\n  b\n}"),
    ("with `with`", "a { not f(x.y) with input as {} }", "a { not f(x.y) with input as {} }"),
    ("in a text", 'a { "not f(x.y)" }', 'a { "not f(x.y)" }'),
    ("in a raw text", "a { `not f(x.y)` }", "a { `not f(x.y)` }"),
    ("in a comment", "a { b } # not f(x.y)", "a { b } # not f(x.y)"),
    ("a bracket on a new line", "a {\n  x.y\n  (z - w) > 1\n}", "a {\n  x.y;\n  (z - w) > 1\n}"),
    ("an operator before the bracket", "a {\n  x.y >\n  (z - w)\n}", "a {\n  x.y >\n  (z - w)\n}"),
    ("too few values", 'sprintf("%v %d%%", [a])', 'sprintf("%v %%!d(MISSING)%%", [a])'),
    ("too many values", 'sprintf("%v", [a, b[0]])', 'sprintf("%v%%!(EXTRA %v)", [a, b[0]])'),
    ("as many values", 'sprintf("%5.2f %v", [a, f(b, c)])', 'sprintf("%5.2f %v", [a, f(b, c)])'),
    ("values that are no list", 'sprintf("%v", xs)', 'sprintf("%v", xs)'),
    ("a comprehension", 'sprintf("%v %v", [x | x := y[_]])', 'sprintf("%v %v", [x | x := y[_]])'),
]


@pytest.mark.parametrize(("written", "expected"), [one[1:] for one in REWRITTEN], ids=[one[0] for one in REWRITTEN])
def test_rewritten(written: str, expected: str) -> None:
    assert as_opa_reads(written) == expected


EVALUATED = [
    ("not f(undefined)", 'not f("a", input.review.gone)\nmsg := "x"', []),
    ("not f(defined)", 'not f("b", input.review.name)\nmsg := "x"', ["x"]),
    ("not undefined", 'not input.review.gone\nmsg := "x"', ["x"]),
    ("not undefined == value", 'not input.review.gone == 1\nmsg := "x"', ["x"]),
    ("not undefined > value", 'not input.review.gone > 1\nmsg := "x"', []),
    ("not d[undefined]", 'not input.review.labels[input.review.gone]\nmsg := "x"', []),
    ("not d[defined]", 'not input.review.labels[input.review.name]\nmsg := "x"', ["x"]),
    ("a new line", 'input.review.name\n("a" == "a")\nmsg := "x"', ["x"]),
    ("missing values", 'msg := sprintf("%v %v", [input.review.name])', ["web %!v(MISSING)"]),
    ("values too many", 'msg := sprintf("%v", [input.review.name, "b"])', ["web%!(EXTRA b)"]),
    ("re_match", 're_match("^w", input.review.name)\nmsg := "x"', ["x"]),
    ("any", 'any([false, input.review.name == "web"])\nnot any([])\nmsg := "x"', ["x"]),
    ("all", 'all([true, true])\nnot all([true, false])\nmsg := "x"', ["x"]),
    ("each message once", 'msg := ["b", "a", "b"][_]', ["a", "b"]),
]


@pytest.mark.parametrize(("body", "expected"), [one[1:] for one in EVALUATED], ids=[one[0] for one in EVALUATED])
def test_evaluated(rego: WalledRego, body: str, expected: list[str]) -> None:
    program = compile_program(rule(body, 'f("a", _) = true'), [], "rego")
    (answer,) = rego.ask([Question(program, b"{}", (0,))], [b'{"name": "web", "labels": {"a": 1}}'])
    assert answer.trouble is None
    assert [list(one.messages) for one in answer.said] == [expected]


def test_a_function_of_its_own_is_left_alone(rego: WalledRego) -> None:
    own = 'any(xs) {\n  xs == "mine"\n}'
    program = compile_program(rule('any("mine")\nmsg := "x"', own), [], "rego")
    (answer,) = rego.ask([Question(program, b"{}", (0,))], [b"{}"])
    assert answer.said[0].messages == ("x",)


def test_the_time_is_told(rego: WalledRego) -> None:
    program = compile_program(rule('msg := sprintf("%v", [time.now_ns( )])'), [], "rego")
    assert asks_time(program)
    told = told_time(program, datetime(2026, 11, 25, 12, 30, 0, 250, tzinfo=UTC))
    (answer,) = rego.ask([Question(told, b"{}", (0,))], [b"{}"])
    assert answer.said[0].messages == ("1795609800000250000",)
    assert not asks_time(compile_program(rule('msg := "time.now_ns()" # time.now_ns()'), [], "rego"))


ELSEWHERE = [
    ('http.send({"method": "get", "url": "http://127.0.0.1"})', "it asks a server (`http.send`)"),
    ('external_data({"provider": "p", "keys": []})', "it asks a provider of external data (`external_data`)"),
    ("opa.runtime()", "it looks at the server it runs in (`opa.runtime`)"),
    ('rand.intn("a", 3)', "its answer is a matter of chance (`rand.intn`)"),
    ('net.lookup_ip_addr("a")', "it asks a name server (`net.lookup_ip_addr`)"),
    ('io.jwt.decode("a")', "the Rego engine here has no function `io.jwt.decode`"),
    ('regex.globs_match("a", "b")', "the Rego engine here has no function `regex.globs_match`"),
]


@pytest.mark.parametrize(("call", "why"), ELSEWHERE)
def test_what_only_a_cluster_knows(call: str, why: str) -> None:
    with pytest.raises(ElsewhereError) as caught:
        compile_program(rule(f'{call}\nmsg := "x"'), [], "rego")
    assert caught.value.why == why
    compile_program(rule('msg := "http.send(1)" # external_data(1)'), [], "rego")


WRONG = [
    ("violation[{}] { true }", (), "rego.rego", "the code does not begin with a package"),
    ("package p\ndeny[{}] { true }", (), "rego.rego", "the code has no rule `violation`"),
    (
        rule("data.secrets.x"),
        (),
        "rego.rego",
        "`data.secrets` is not there for a template, only data.inventory and data.lib",
    ),
    (
        rule("msg := 1"),
        ("package helpers",),
        "rego.libs[0]",
        "the package of a library begins with `lib.`, not `helpers`",
    ),
]


@pytest.mark.parametrize(
    ("code", "libs", "key", "message"), WRONG, ids=[one[2] + str(at) for at, one in enumerate(WRONG)]
)
def test_what_gatekeeper_refuses(code: str, libs: tuple[str, ...], key: str, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        compile_program(code, libs, "rego")
    assert (caught.value.key, str(caught.value)) == (key, message)


def test_what_a_program_asks_for() -> None:
    asks = compile_program(rule('data["inventory"].cluster\ninput.review.userInfo.username\nmsg := "x"'), [], "rego")
    assert (asks.inventory, asks.user, asks.namespace) == (True, True, False)
    asks = compile_program(rule('input.review["namespaceObject"].metadata\nmsg := "x"'), [], "rego")
    assert (asks.inventory, asks.user, asks.namespace) == (False, False, True)
    asks = compile_program("package p\nimport data.inventory\n" + rule('inventory.x\nmsg := "x"')[10:], [], "rego")
    assert asks.inventory


LONG = [
    ("negations in one line", "a { " + "not b " * 30_000 + "}"),
    ("negations within each other", "not f(" * 25_000),
    ("calls within each other", 'sprintf("%v %v", [' * 10_000),
    ("brackets", "not a" + "[" * 190_000),
    ("brackets that close", "not a" + "[" * 90_000 + "]" * 90_000),
    ("one expression", "a { not b" + " + b" * 45_000 + " }"),
    ("names in one line", "f( " * 60_000),
    ("a text that does not end", '"' + "\\a" * 90_000),
    ("texts that do not end", '"a\n' * 60_000),
    ("comments", "#" * 190_000),
    ("dots", "a." * 90_000),
]


@pytest.mark.parametrize("code", [one[1] for one in LONG], ids=[one[0] for one in LONG])
def test_words_are_read_in_a_time_that_grows_as_they_do(code: str) -> None:
    """Reading happens outside of the walls, so it must end by itself: thirty negations and thirty thousand of them."""
    started = time.process_time()
    with contextlib.suppress(ShapeError):
        compile_program(f"package p\nviolation[x] {{ any(x) }}\n{code}", [], "rego")
    assert time.process_time() - started < 10


def test_code_has_a_bound() -> None:
    with pytest.raises(ShapeError, match="longer than 200000 characters"):
        compile_program("package p\n" + "#" * 200_000, [], "rego")
