"""Policies that are broken, or take very long, or very much memory: each as the text of a file, and what is said of it.

Where `words` is None the policy is sound for all its looks, and its own verdict is all that is asked for.
"""

# ruff: noqa: E501 - a bomb stays in one piece

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import indent

LONG = "a" * 50_000 + "!"
MANY = 1_000


@dataclass(frozen=True)
class Bomb:
    """A policy file, and words that a finding about it holds."""

    text: str | bytes
    words: str | None


def things() -> str:
    """Return the manifests that make it hard: a long text, and a long list."""
    numbers = ", ".join(map(str, range(MANY)))
    return (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-settings}\n"
        f"data:\n  text: {LONG}\n  colour: red\n  bomb: |\n{indent(ALIASES, '    ')}---\n"
        "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: things}\n"
        f"spec: {{numbers: [{numbers}]}}\n"
    )


def kyverno(validate: str, *, kinds: str = "ConfigMap", before: str = "", spec: str = "") -> str:
    """Return a Kyverno policy; `validate` stands below the rule's `validate`, `before` beside it."""
    return (
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: bomb}\nspec:\n"
        f"{indent(spec, '  ')}  rules:\n    - name: bomb\n"
        f"      match: {{any: [{{resources: {{kinds: [{kinds}]}}}}]}}\n{indent(before, '      ')}"
        f"      validate:\n        failureAction: Enforce\n        message: boom\n{indent(validate, '        ')}\n"
    )


def deny(key: str, **options: str) -> str:
    """Return a policy that refuses where a JMESPath expression is true."""
    condition = (
        f"deny:\n  conditions:\n    any:\n      - key: {yaml_text(f'{{{{ {key} }}}}')}\n        operator: Equals\n"
    )
    return kyverno(f"{condition}        value: true", **options)


def cel(expression: str, *, variables: Mapping[str, str] | None = None, kind: str = "ConfigMap") -> str:
    """Return a ValidatingAdmissionPolicy about one kind."""
    group, plural = ("", "configmaps") if kind == "ConfigMap" else ("example.com", "things")
    given = "".join(
        f"    - {{name: {name}, expression: {yaml_text(one)}}}\n" for name, one in (variables or {}).items()
    )
    return (
        "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: bomb}\nspec:\n"
        "  matchConstraints:\n    resourceRules:\n"
        f'      - {{apiGroups: ["{group}"], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [{plural}]}}\n'
        + (f"  variables:\n{given}" if given else "")
        + f"  validations:\n    - expression: {yaml_text(expression)}\n      message: boom\n"
    )


def yaml_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def laughs(levels: int = 40) -> str:
    """Return context variables each of which holds the one before twice."""
    lines = ["context:", "  - {name: v0, variable: {value: aaaaaaaaaaaaaaaa}}"]
    lines += [
        f"  - {{name: v{n}, variable: {{value: '{{{{ v{n - 1} }}}}{{{{ v{n - 1} }}}}'}}}}" for n in range(1, levels)
    ]
    return "\n".join(lines) + "\n"


ALIASES = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)
GROWN = f"replace_all(request.object.data.text, 'a', '{'a' * 40}')"
_NUMBERS = "list: request.object.spec.numbers"
NESTED = (
    f"foreach:\n  - {_NUMBERS}\n    foreach:\n      - {_NUMBERS}\n        foreach:\n          - {_NUMBERS}\n"
    "            deny: {conditions: {any: [{key: '{{ element }}', operator: Equals, value: 9999999}]}}"
)
DOUBLED = {"v0": "['aaaaaaaaaaaaaaaa']"} | {f"v{n}": f"variables.v{n - 1} + variables.v{n - 1}" for n in range(1, 40)}
DOUBLED_TEXT = {"v0": "'aaaaaaaaaaaaaaaa'"} | {
    f"v{n}": f"variables.v{n - 1} + variables.v{n - 1}" for n in range(1, 40)
}
ALL = "object.spec.numbers.all(a, object.spec.numbers.all(b, object.spec.numbers.all(c, a + b + c < 99999)))"

BOMBS: Mapping[str, Bomb] = {
    # broken
    "no YAML": Bomb("apiVersion: kyverno.io/v1\nkind: [ClusterPolicy\n", "did not find expected"),
    "not UTF-8": Bomb(b"kind: ClusterPolicy\nmetadata: {name: \xff}\n", "invalid leading UTF-8"),
    "an unknown field": Bomb(kyverno("pattern: {data: {a: b}}", spec="failurePolicie: Fail\n"), "failurePolicie"),
    "an unknown field of a rule": Bomb(kyverno("patern: {data: {a: b}}"), "patern"),
    "an unknown field of a CEL policy": Bomb(cel("true").replace("validations:", "validatons:"), "validatons"),
    "no rules": Bomb("apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: bomb}\nspec: {}\n", "rules"),
    "JMESPath that is none": Bomb(deny("request.object.[[["), "is no JMESPath expression"),
    "CEL that is none": Bomb(cel("object.spec.("), "Syntax error"),
    "a function that there is not": Bomb(deny("no_such_function(request.object)"), "no_such_function"),
    "a regular expression that is none": Bomb(deny("regex_match('(((', request.object.data.text)"), "no regular expression"),
    "a pattern of a text": Bomb(kyverno("pattern: boom"), "boom"),
    # of a size
    "ten megabytes of rules": Bomb(
        kyverno("pattern: {data: {a: b}}") + kyverno("pattern: {data: {a: b}}").partition("  rules:\n")[2] * 48_000, "larger than"
    ),
    "ten megabytes of one text": Bomb(kyverno(f"pattern: {{data: {{text: '{'a' * 10_000_000}'}}}}"), "larger than"),
    "ten megabytes of nothing": Bomb(kyverno("pattern: {data: {a: b}}") + "#" * 10_000_000, "larger than"),
    "aliases": Bomb(kyverno("pattern: {data: {a: b}}").replace("spec:\n", f"{ALIASES}spec:\n"), "more than 50000 nodes"),
    "an alias to itself": Bomb(kyverno("pattern: &a {data: *a}"), "contains itself"),
    "deep": Bomb(kyverno("pattern: " + "{a: " * 5_000 + "b" + "}" * 5_000), "nested deeper"),
    "deep brackets": Bomb("[" * 100_000, "nested deeper"),
    "deep JMESPath": Bomb(deny("(" * 5_000 + "request" + ")" * 5_000), "more than 4000 characters"),
    "deep CEL": Bomb(cel("(" * 5_000 + "true" + ")" * 5_000), "nested deeper"),
    "deep variables": Bomb(deny("{{ " * 500 + "request" + " }}" * 500), "more than 500 variables"),
    # of a time
    "an endless regular expression": Bomb(deny("regex_match('^(a|aa|a*)+$', request.object.data.text)"), None),
    "an endless regular expression in CEL": Bomb(cel("object.data.text.matches('^(a|aa|a*)+$')"), "boom"),
    "a regular expression of a size": Bomb(deny("regex_match('((((a{100}){100}){100}){100})', request.object.data.text)"), "no regular expression"),
    "a regular expression of a size in CEL": Bomb(cel("object.data.text.matches('((((a{100}){100}){100}){100})')"), "breaks"),
    "stars": Bomb(kyverno(f"pattern: {{data: {{text: '{'*a' * 200}*b'}}}}"), "boom"),
    "variables that double": Bomb(deny("v39 == 'a'", before=laughs()), "too large to work with"),
    "CEL lists that double": Bomb(cel("size(variables.v39) > 0", variables=DOUBLED), "could grow"),
    "CEL texts that double": Bomb(cel("size(variables.v39) > 0", variables=DOUBLED_TEXT), "could grow"),
    "CEL in loops": Bomb(cel(ALL, kind="Thing"), "could not be evaluated"),
    "CEL in loops that map": Bomb(
        cel(
            "object.spec.numbers.map(a, object.spec.numbers.map(b, object.spec.numbers.map(c, [a, b, c]))).size() > 0",
            kind="Thing",
        ),
        "could not be evaluated",
    ),
    "loops in loops": Bomb(kyverno(NESTED, kinds="Thing"), "more than 20000 elements"),
    "random text of a size": Bomb(deny("random('[a-z]{999999999}')"), "another text each time"),
    "a text many times": Bomb(
        deny("length(replace_all(replace_all(replace_all(request.object.data.text, 'a', request.object.data.text), 'a', "
             "request.object.data.text), 'a', request.object.data.text)) > `0`"), "a text of more than"
    ),
    "YAML in a text": Bomb(deny("length(to_string(parse_yaml(request.object.data.bomb))) > `9`"), "too large"),
    "a loop over too much": Bomb(
        kyverno(f"foreach:\n  - list: \"split({GROWN}, 'a')\"\n    deny: {{}}"), "a text of more than"
    ),
    "too much, with a default": Bomb(
        deny("v == 'fine'", before=f"context:\n  - name: v\n    variable: {{jmesPath: \"length({GROWN})\", default: fine}}\n").replace("Equals", "NotEquals"),
        "a text of more than",
    ),
    "too much, or else": Bomb(deny(f"length({GROWN}) < `0` || `false`"), "a text of more than"),
    "numbers of a size": Bomb(deny("multiply('1e999999999', '1e999999999')"), "could not be evaluated"),
    "a quantity of a size": Bomb(kyverno("pattern: {data: {colour: '<1e999999999'}}"), "boom"),
    "a quantity of a size in CEL": Bomb(cel("quantity('1e999999999').isGreaterThan(quantity('1'))"), "is no quantity"),
}  # fmt: skip
