"""Manifests, names and definitions of strangers."""

from __future__ import annotations

import json

from tests.hostile.place import CONFIGMAP
from tests.hostile.writing import (
    HONEST,
    LINK,
    Rows,
    beside_prod,
    bomb,
    custom,
    deep,
    definition,
    manifest,
    named,
    nested,
)

PLAIN: Rows = {
    "a bomb": ({"prod/a.yaml": bomb()}, "expand to too much"),
    "an alias of itself": ({"prod/a.yaml": HONEST + "x: &x [*x]\n"}, "contains itself"),
    "brackets without an end": ({"prod/a.yaml": "a: " + "[" * 100_000}, "nested deeper"),
    "dashes without an end": ({"prod/a.yaml": "- " * 100_000}, "nested deeper"),
    "deep JSON": ({"prod/a.json": manifest("v1", "ConfigMap", "a", "@").replace('"@"', deep(600))}, "nested deeper"),
    "deeper JSON": ({"prod/a.json": deep(100_000)}, "prod"),
    "not UTF-8": ({"prod/a.yaml": b"a: \xff\xfe"}, "not UTF-8"),
    "zero bytes": ({"prod/a.yaml": "a: \0b\n"}, "not valid YAML"),
    "half a character": ({"prod/a.yaml": HONEST.replace("b}", '"\\ud800"}')}, "not valid YAML"),
    "half a character in JSON": ({"prod/a.json": '{"apiVersion": "v1", "kind": "\\ud800"}'}, "not valid JSON"),
    "a key given twice": ({"prod/a.yaml": HONEST + "kind: Secret\n"}, "stands twice"),
    "a number of five thousand digits": ({"prod/a.yaml": HONEST + "x: " + "9" * 5000 + "\n"}, "unknown field"),
    "a number without an end": ({"prod/a.json": '{"apiVersion": "v1", "kind": "A", "x": 1e999}'}, "not valid JSON"),
    "too much": ({"prod/a.yaml": HONEST.replace("b}", "x" * 5_000_000 + "}")}, "larger than"),
    "a file of eleven megabytes": ({"prod/a.yaml": "# x\n" * 2_800_000}, "larger than"),
    "a file of seventy megabytes": ({"prod/a.yaml": b"# x\n" * 17_500_000}, "reads files up to"),
    "many documents": ({"prod/a.yaml": "---\n" * 200_000 + HONEST}, ""),
    "a thousand of one name": ({"prod/a.yaml": "---\n".join([HONEST] * 1000)}, "1000 times"),
    "ten thousand unknown fields": (
        {"prod/a.json": manifest("v1", "Pod", "a", {f"containerss{n}": 1 for n in range(10_000)})},
        "did you mean",
    ),
    "an unknown field of a megabyte": (
        {
            "prod/a.json": json.dumps(
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "d" * 10**6: 1}
            )
        },
        "unknown field",
    ),
    "a hundred thousand wrong values": (
        {
            "prod/a.json": json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "a"},
                    "data": {f"k{n}": n for n in range(250_000)},
                }
            )
        },
        "too large to say where",
    ),
    "a list of lists of lists": (
        {"prod/a.json": '{"apiVersion": "v1", "kind": "List", "items": [' * 60 + "]}" * 60},
        "",
    ),
    "a word of a hundred thousand letters": ({"prod/a.yaml": CONFIGMAP % ("a", "a" * 100_000)}, ""),
    "tags of programs": ({"prod/a.yaml": HONEST.replace("b}", "!!python/object/apply:os.system [id]}")}, ""),
    "@mentions and <tags>": (
        {"prod/a.yaml": CONFIGMAP % ("'@acme/all'", "'```\\n</details><script>@acme/all</script>'")},
        "",
    ),
}

NAMES: Rows = {
    **{
        f"the name {name!r}": (beside_prod(name), "")
        for name in (b"..", b".git", b"a/b", b".GIT", b"git~1", b".git ", b".")
    },
    "a name that is not UTF-8": (named(b"\xff.yaml"), "not UTF-8"),
    "a name that is not UTF-8, of JSON": (
        named(b"\xe9.json", json.dumps({"apiVersion": "v1", "kind": "A"})),
        "not UTF-8",
    ),
    "a name with an end of line": (named(b"a\nb.yaml"), ""),
    "a name with signs for a terminal": (named(b"a\x1b[31m\x07.yaml"), ""),
    "a name that is written backwards": (named("a\u202e.yaml".encode()), ""),
    "a name with code": (named(b"`x`@here<b>$(id).yaml"), ""),
    "a name that is an option": (named(b"--output=x.yaml"), ""),
    "a name of three hundred letters": (named(b"a" * 300 + b".yaml"), "too long to be written"),
    "a name of five thousand letters": (named(b"a" * 5000 + b".yaml"), ""),
    "three hundred directories": (nested(300), ""),
    "four hundred directories": (nested(400), ""),
    "a submodule": ({"prod/a.yaml": HONEST, "prod/sub": ("160000", "1" * 40)}, ""),
    "a submodule with an address": (
        {
            "prod/a.yaml": HONEST,
            "sub": ("160000", "1" * 40),
            ".gitmodules": '[submodule "sub"]\n\tpath = sub\n\turl = $SERVER/x.git\n',
        },
        "",
    ),
    "attributes and filters": (
        {
            "prod/a.yaml": HONEST,
            ".gitattributes": "*.yaml filter=lfs diff=lfs merge=lfs -text\n",
            ".lfsconfig": "[lfs]\n\turl = $SERVER\n",
        },
        "",
    ),
    "a link to everything": ({"prod/a.yaml": HONEST, "prod/all": (LINK, "..")}, ""),
    "directories that lead to each other": (
        {
            **{f"prod/d{n}/a.yaml": HONEST.replace("honest", f"h{n}") for n in range(9)},
            **{f"prod/d{n}/l{m}": (LINK, f"../d{m}") for n in range(9) for m in range(9) if n != m},
        },
        "more than",
    ),
    "links to everything": (
        {"prod/a.yaml": HONEST, **{f"prod/d{n}": (LINK, ".") for n in range(20)}},
        "",
    ),
}

DEFINITIONS: Rows = {
    f"a schema: {name}": (files, words)
    for name, files, words in (
        (
            "as many forms as items",
            custom(
                {"type": "array", "items": {"anyOf": [{"type": "object", "required": [f"q{n}"]} for n in range(3000)]}},
                [{}] * 3000,
            ),
            "too large to say where",
        ),
        (
            "more comparisons than anybody has time for",
            custom({"type": "array", "items": {"anyOf": [{"minimum": n} for n in range(30_000)]}}, [0] * 30_000),
            "too large to be compared",
        ),
        (
            "an expression without an end",
            custom({"type": "string", "pattern": "^(a+)+$"}, "a" * 50_000 + "b"),
            "pattern",
        ),
        (
            "an expression too large",
            custom({"type": "string", "pattern": "(a{1000}){1000}{1000}"}, "a"),
            "cannot be used",
        ),
        ("itself", custom({"$ref": "#"}, {"a": 1}), ""),
        ("of the network", custom({"$ref": "$SERVER/x.json", "$schema": "$SERVER/y.json"}, {"a": 1}), ""),
        ("words of other types", custom({"required": [1], "enum": [{}], "pattern": "(", "multipleOf": 0}, {}), "prod"),
        (
            "ten thousand long fields",
            custom(
                {"type": "object", "properties": {f"{'p' * 150}{n}": {} for n in range(10_000)}},
                {f"{'p' * 150}x{n}": 1 for n in range(30)},
            ),
            "unknown field",
        ),
        (
            "deep",
            {
                "prod/c.json": definition("@").replace(
                    '"@"', '{"type":"object","properties":{"a":' * 90 + "{}" + "}}" * 90
                ),
                "prod/r.json": manifest("evil.io/v1", "Bomb", "b", {}),
            },
            "",
        ),
        (
            "deeper",
            {
                "prod/c.json": definition("@").replace('"@"', '{"not":' * 300 + "{}" + "}" * 300),
                "prod/r.json": manifest("evil.io/v1", "Bomb", "b", {}),
            },
            "nested deeper",
        ),
        (
            "files that only look like definitions",
            {
                "prod/r.json": manifest("evil.io/v1", "Bomb", "b", {}),
                "x/a.yaml": "# CustomResourceDefinition\n" + bomb(),
            },
            "no schema",
        ),
    )
}

ROWS: Rows = {**PLAIN, **NAMES, **DEFINITIONS}
