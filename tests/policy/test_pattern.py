"""Patterns over maps and lists: every anchor, what is skipped, where a failure lies.

Rows come from the Kyverno documentation (validate rules: "Validation patterns", "Anchors") and from the
behaviour of `pkg/engine/validate` and `pkg/engine/anchor`; those for `^()` and `<()` are written from the
documentation alone.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from bot.policy.kyverno.anchors import Anchor, Key, parse_key
from bot.policy.kyverno.pattern import PatternError, compile_pattern


def verdict(pattern: object, resource: object) -> str:
    misfit = compile_pattern(pattern)(resource)
    return "pass" if misfit is None else "skip" if misfit.skip else "fail"


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("name", Key("name", Anchor.NONE)),
        ("(name)", Key("name", Anchor.CONDITION)),
        ("=(name)", Key("name", Anchor.EQUALITY)),
        ("^(name)", Key("name", Anchor.EXISTENCE)),
        ("X(name)", Key("name", Anchor.NEGATION)),
        ("<(name)", Key("name", Anchor.GLOBAL)),
        ("+(name)", Key("name", Anchor.ADDITION)),
        ("=(a.b/c-d)", Key("a.b/c-d", Anchor.EQUALITY)),
        ("x(name)", Key("x(name)", Anchor.NONE)),
        ("=(name", Key("=(name", Anchor.NONE)),
        ("()", Key("()", Anchor.NONE)),
    ],
)
def test_key(key: str, expected: Key) -> None:
    assert parse_key(key) == expected


TABLE: list[tuple[str, str, str, str]] = [
    # name, pattern, resource, expected
    ("plain equal", "{a: 1}", "{a: 1, b: 2}", "pass"),
    ("plain unequal", "{a: 1}", "{a: 2}", "fail"),
    ("plain absent", "{a: 1}", "{b: 2}", "fail"),
    ("star wants presence", "{a: '*'}", "{a: {b: 1}}", "pass"),
    ("star, absent", "{a: '*'}", "{}", "fail"),
    ("star, null is absent", "{a: '*'}", "{a: null}", "fail"),
    ("star, empty text is present", "{a: '*'}", "{a: ''}", "pass"),
    ("star under equality fails on a map", "{=(a): '*'}", "{a: {b: 1}}", "fail"),
    ("map against scalar", "{a: {b: 1}}", "{a: x}", "fail"),
    ("map against list", "{a: {b: 1}}", "{a: [{b: 1}]}", "fail"),
    ("scalar against map", "{a: x}", "{a: {b: 1}}", "fail"),
    ("null pattern, absent", "{a: null}", "{}", "pass"),
    ("null pattern, present", "{a: null}", "{a: 1}", "fail"),
    # lists
    ("every element", "{a: [{b: 1}]}", "{a: [{b: 1}, {b: 1}]}", "pass"),
    ("one element wrong", "{a: [{b: 1}]}", "{a: [{b: 1}, {b: 2}]}", "fail"),
    ("empty list has nothing wrong", "{a: [{b: 1}]}", "{a: []}", "pass"),
    ("list absent", "{a: [{b: 1}]}", "{}", "fail"),
    ("list is a map", "{a: [{b: 1}]}", "{a: {b: 1}}", "fail"),
    ("list of scalars", "{a: ['x*']}", "{a: [x1, x2]}", "pass"),
    ("list of scalars, one wrong", "{a: ['x*']}", "{a: [x1, y]}", "fail"),
    ("scalar pattern over a list", "{a: 'x*'}", "{a: [x1, x2]}", "pass"),
    ("scalar pattern over a list, one wrong", "{a: 'x | y'}", "{a: [x, z]}", "fail"),
    ("negated scalar over a list", "{a: '!ALL'}", "{a: [CHOWN, ALL]}", "fail"),
    ("empty pattern list", "{a: []}", "{a: []}", "fail"),
    ("list of lists by place", "{a: [[1], [2]]}", "{a: [[1], [2], [3]]}", "pass"),
    ("list of lists too short", "{a: [[1], [2]]}", "{a: [[1]]}", "fail"),
    # =() equality: checked where present
    ("equality, absent", "{=(a): 1}", "{}", "pass"),
    ("equality, null is absent", "{=(a): {b: 1}}", "{a: null}", "pass"),
    ("equality, equal", "{=(a): 1}", "{a: 1}", "pass"),
    ("equality, unequal", "{=(a): 1}", "{a: 2}", "fail"),
    ("equality, nested absent", "{=(a): {b: 1}}", "{a: {}}", "fail"),
    # () condition: the rest of the map applies only if it holds
    ("condition holds, rest holds", "{(a): 1, b: 2}", "{a: 1, b: 2}", "pass"),
    ("condition holds, rest fails", "{(a): 1, b: 2}", "{a: 1, b: 3}", "fail"),
    ("condition fails", "{(a): 1, b: 2}", "{a: 5, b: 3}", "skip"),
    ("condition absent", "{(a): 1, b: 2}", "{b: 3}", "skip"),
    ("condition in every element fails", "{l: [{(n): x, b: 2}]}", "{l: [{n: y}, {n: z}]}", "skip"),
    ("condition holds for one element", "{l: [{(n): x, b: 2}]}", "{l: [{n: y}, {n: x, b: 2}]}", "pass"),
    ("condition holds, element fails", "{l: [{(n): x, b: 2}]}", "{l: [{n: y}, {n: x, b: 3}]}", "fail"),
    ("condition over an empty list", "{l: [{(n): x, b: 2}]}", "{l: []}", "pass"),
    ("condition nested skips all", "{s: {(a): 1, b: 2}}", "{s: {a: 2}}", "skip"),
    ("condition before a failing sibling", "{z: 1, s: {(a): 1}}", "{z: 2, s: {a: 2}}", "skip"),
    ("condition with a map", "{(m): {k: v}, b: 2}", "{m: {k: v}, b: 2}", "pass"),
    ("condition with a list", "{(l): [{k: v}], b: 2}", "{l: [{k: w}], b: 3}", "skip"),
    # X() negation: must be absent
    ("negation, absent", "{X(a): null}", "{b: 1}", "pass"),
    ("negation, present", "{X(a): null}", "{a: 1}", "fail"),
    ("negation, null is absent", "{X(a): null}", "{a: null}", "pass"),
    ("negation in a list", "{l: [{X(a): 'null'}]}", "{l: [{b: 1}, {a: 1}]}", "fail"),
    ("condition, then negation", "{(a): 1, X(b): null}", "{a: 2, b: 1}", "skip"),
    # ^() existence: at least one element
    ("existence, one fits", "{^(l): [{n: x}]}", "{l: [{n: y}, {n: x}]}", "pass"),
    ("existence, none fits", "{^(l): [{n: x}]}", "{l: [{n: y}, {n: z}]}", "fail"),
    ("existence, absent", "{^(l): [{n: x}]}", "{}", "pass"),
    ("existence, empty list", "{^(l): [{n: x}]}", "{l: []}", "fail"),
    ("existence, not a list", "{^(l): [{n: x}]}", "{l: {n: x}}", "fail"),
    ("existence, two wanted", "{^(l): [{n: x}, {n: y}]}", "{l: [{n: y}, {n: x}]}", "pass"),
    ("existence, one of two wanted missing", "{^(l): [{n: x}, {n: y}]}", "{l: [{n: y}]}", "fail"),
    ("existence of an operator", "{^(l): [{p: '>80'}]}", "{l: [{p: 22}, {p: 443}]}", "pass"),
    # <() global: the whole rule applies only if it holds where present
    ("global holds", "{l: [{<(n): x}], b: 1}", "{l: [{n: x}], b: 1}", "pass"),
    ("global holds, rest fails", "{l: [{<(n): x}], b: 1}", "{l: [{n: x}], b: 2}", "fail"),
    ("global fails, rest not looked at", "{l: [{<(n): x}], b: 1}", "{l: [{n: y}], b: 2}", "skip"),
    ("global absent, rest holds", "{<(n): x, b: 1}", "{b: 1}", "pass"),
    ("global absent, rest fails", "{<(n): x, b: 1}", "{b: 2}", "fail"),
    ("global fails beside the rest", "{<(n): x, b: 1}", "{n: y, b: 2}", "skip"),
    (
        "global: pull secrets only for the corporate registry, at home",
        "{c: [{<(image): 'corp/*'}], secrets: [{name: pull}]}",
        "{c: [{image: corp/a}], secrets: [{name: pull}]}",
        "pass",
    ),
    (
        "global: pull secrets only for the corporate registry, missing",
        "{c: [{<(image): 'corp/*'}], secrets: [{name: pull}]}",
        "{c: [{image: corp/a}]}",
        "fail",
    ),
    (
        "global: pull secrets only for the corporate registry, elsewhere",
        "{c: [{<(image): 'corp/*'}], secrets: [{name: pull}]}",
        "{c: [{image: else/a}]}",
        "skip",
    ),
    # wildcards in the keys of labels and annotations, nowhere else
    (
        "label key",
        "{metadata: {labels: {'app*/name': '?*'}}}",
        "{metadata: {labels: {app.k8s.io/name: x}}}",
        "pass",
    ),
    ("label key absent", "{metadata: {labels: {'app*/name': '?*'}}}", "{metadata: {labels: {b: x}}}", "fail"),
    ("one of two keys", "{metadata: {labels: {'a*': x}}}", "{metadata: {labels: {a1: y, a2: x}}}", "pass"),
    (
        "anchored key",
        "{metadata: {=(annotations): {=(x/*): a}}}",
        "{metadata: {annotations: {x/b: a}}}",
        "pass",
    ),
    (
        "anchored key, one wrong",
        "{metadata: {annotations: {=(x/*): a}}}",
        "{metadata: {annotations: {x/b: a, x/c: b}}}",
        "fail",
    ),
    ("negated key", "{metadata: {annotations: {X(x/*): a}}}", "{metadata: {annotations: {x/b: a}}}", "fail"),
    (
        "negated key absent",
        "{metadata: {annotations: {X(x/*): a}}}",
        "{metadata: {annotations: {y: a}}}",
        "pass",
    ),
    (
        "template's labels",
        "{t: {metadata: {labels: {'a?': x}}}}",
        "{t: {metadata: {labels: {ab: x}}}}",
        "pass",
    ),
    ("no wildcard elsewhere", "{spec: {'a*': x}}", "{spec: {ab: x}}", "fail"),
]


@pytest.mark.parametrize(("pattern", "resource", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_verdict(pattern: str, resource: str, expected: str) -> None:
    assert verdict(yaml.safe_load(pattern), yaml.safe_load(resource)) == expected


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("{spec: {a: 1}}", "{spec: {a: 2}}", ["spec.a"]),
        ("{spec: {a: {b: 1}}}", "{spec: {}}", ["spec.a"]),
        (
            "{spec: {c: [{image: 'x'}]}}",
            "{spec: {c: [{image: y}, {image: x}, {image: z}]}}",
            ["spec.c[0].image", "spec.c[2].image"],
        ),
        (
            "{spec: {=(i): [{a: 1}], c: [{a: 1}]}}",
            "{spec: {i: [{a: 2}], c: [{a: 3}]}}",
            ["spec.i[0].a", "spec.c[0].a"],
        ),
        ("{spec: {add: 'x'}}", "{spec: {add: [x, y]}}", ["spec.add[1]"]),
        (
            "{spec: {v: [{X(hostPath): null}]}}",
            "{spec: {v: [{e: {}}, {hostPath: {}}]}}",
            ["spec.v[1].hostPath"],
        ),
        ("{metadata: {labels: {a.b/c: x}}}", "{metadata: {labels: {}}}", ['metadata.labels["a.b/c"]']),
        ("{^(l): [{n: x}]}", "{l: []}", ["l"]),
    ],
)
def test_every_failing_field_is_named(pattern: str, resource: str, expected: list[str]) -> None:
    misfit = compile_pattern(yaml.safe_load(pattern))(yaml.safe_load(resource))
    assert misfit is not None
    assert [one.path for one in (misfit, *misfit.also)] == expected


@pytest.mark.parametrize(
    ("pattern", "key"),
    [
        ({"spec": {"+(a)": 1}}, 'spec["+(a)"]'),
        ({"^(a)": {"b": 1}}, '["^(a)"]'),
        ({"^(a)": ["b"]}, '["^(a)"]'),
    ],
)
def test_broken_patterns_are_refused(pattern: Any, key: str) -> None:
    with pytest.raises(PatternError) as raised:
        compile_pattern(pattern)
    assert raised.value.key == key
