"""Is a built-in function that fails undefined, as in Gatekeeper's OPA, and nothing else another than before?

https://www.openpolicyagent.org/docs/policy-language ("Errors"): a built-in function that fails makes its expression
undefined.
"""

from __future__ import annotations

import pytest

from bot.adapters.rego import WalledRego
from bot.policy.gatekeeper.forgiving import _TAKES, forgiving
from bot.policy.gatekeeper.program import compile_program
from bot.policy.gatekeeper.rego import Question, Said
from tests.policy.gatekeeper.written import rule

REVIEW = b'{"text": "1Gi", "number": 7, "list": [1, "a"], "null": null, "name": "web"}'


def said(rego: WalledRego, body: str, before: str = "") -> Said:
    program = compile_program(rule(body, before), [], "rego")
    (answer,) = rego.ask([Question(program, b"{}", (0,))], [REVIEW])
    return answer.said[0]


FAILS = [
    'startswith(input.review.number, "a")',
    'endswith("a", input.review.list)',
    'contains(input.review.null, "a")',
    "to_number(input.review.text) > 1",
    "to_number(input.review.list) > 1",
    'split(input.review.number, ",")[_]',
    'concat(",", input.review.list) == "x"',
    'concat(",", input.review.text) == "x"',
    "count(input.review.number) > 0",
    "sum(input.review.list) > 0",
    'regex.match("(", input.review.text)',
    'regex.match("a", input.review.number)',
    're_match("a", input.review.number)',
    'replace(input.review.text, "a", input.review.number)',
    "substring(input.review.number, 0, 1)",
    'object.get(input.review.null, "a", "b")',
    "json.unmarshal(input.review.text)",
    "units.parse_bytes(input.review.name) > 1",
    'semver.compare(input.review.text, "1.0.0") == 0',
    'net.cidr_contains(input.review.text, "10.0.0.1")',
    "lower(input.review.number)",
]


@pytest.mark.parametrize("call", FAILS)
def test_what_fails_is_undefined(rego: WalledRego, call: str) -> None:
    """So is not what it stands in a negation: that holds, as in OPA; and what else the policy says is said."""
    other = 'violation[{"msg": "other"}] { input.review.name == "web" }'
    assert said(rego, f'{call}\nmsg := "x"', other) == Said(("other",))
    if ">" not in call and "==" not in call and "[" not in call:
        assert said(rego, f'not {call}\nmsg := "x"', other) == Said(("other", "x"))


HOLDS = [
    ('startswith(input.review.name, "w")', True),
    ("to_number(input.review.number) == 7", True),
    ('to_number("7.5e1") == 75', True),
    ('to_number("-7") == -7', True),
    ("to_number(true) == 1", True),
    ("to_number(null) == 0", True),
    ("count(input.review.list) == 2", True),
    ("count(input.review) == 5", True),
    ('concat(",", {"b", "a"}) == "a,b"', True),
    ('endswith(input.review.name, "w")', False),
    ('object.get(input.review, "gone", "b") == "b"', True),
    ("units.parse_bytes(input.review.text) == 1073741824", True),
    ('units.parse("100m") == 0.1', True),
    ("abs(-7) == 7", True),
]


@pytest.mark.parametrize(("call", "holds"), HOLDS)
def test_the_rest_says_what_it_said(rego: WalledRego, call: str, holds: bool) -> None:
    """`lower` of a number fails in the same evaluation, so it is the forgiving form that is asked."""
    failing = 'violation[{"msg": "never"}] { lower(input.review.number) }'
    assert said(rego, f'{call}\nmsg := "x"', failing) == Said(("x",) if holds else ())


@pytest.mark.parametrize("v1", [False, True], ids=["v0", "v1"])
@pytest.mark.parametrize("name", _TAKES)
def test_every_form_is_sound(rego: WalledRego, name: str, v1: bool) -> None:
    """Each is called with what it does not take, so that the forgiving form must be asked, and compiles."""
    bad = ", ".join("input.review" for _ in _TAKES[name])
    head = 'violation contains {"msg": msg} if' if v1 else 'violation[{"msg": msg}]'
    code = f'package p\n{head} {{ msg := sprintf("%v", [{name}({bad})]) }}\n{head} {{ lower(7); msg := "never" }}\n'
    code += f'{head} {{ input.review.name; msg := "last" }}'
    program = compile_program(code, [], "rego", v1=v1)
    (answer,) = rego.ask([Question(program, b"{}", (0,))], [REVIEW])
    assert answer.said[0].trouble is None
    assert "last" in answer.said[0].messages


WRITTEN = [
    ("a { upper(x.y) }", "a { lk_upper(x.y) }"),
    ("a { x.upper(y) }", "a { x.upper(y) }"),
    ('a { "upper(x)" } # upper(x)', 'a { "upper(x)" } # upper(x)'),
    ("upper(x) = x\na { upper(y) }", "upper(x) = x\na { upper(y) }"),
    ("a { is_string(x) }", "a { is_string(x) }"),
]


@pytest.mark.parametrize(("module", "expected"), WRITTEN)
def test_written(module: str, expected: str) -> None:
    assert forgiving(module).split("\nlk_")[0] == expected
