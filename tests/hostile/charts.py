"""Charts of strangers."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.git.conftest import Files, Origin
from tests.hostile.place import VARIABLE, Commit
from tests.hostile.writing import CHART, HONEST, LINK, STOPPED, Rows, archive, bomb, chart, config, deep, zeros

RECURSION = '{{ define "r" }}{{ include "r" . }}{{ end }}'
DB = {"db/Chart.yaml": b"apiVersion: v2\nname: db\nversion: 1.0.0\n"}
NEEDS_DB = CHART + "dependencies: [{name: db, version: 1.0.0}]\n"

ENDLESS: Rows = {
    name: (chart(template, **more), words)
    for name, template, words, more in (
        ("an endless include", '{{ include "r" . }}', "prod", {"templates___r_tpl": RECURSION}),
        (
            "an endless template",
            '{{ template "r" . }}',
            "prod",
            {"templates___r_tpl": RECURSION.replace("include", "template")},
        ),
        (
            "includes of each other",
            '{{ include "a" . }}',
            "prod",
            {"templates___r_tpl": '{{define "a"}}{{include "b" .}}{{end}}{{define "b"}}{{include "a" .}}{{end}}'},
        ),
        ("a template of itself", "{{ tpl .Values.t . }}", "prod", {"values_yaml": "t: '{{ tpl .Values.t . }}'\n"}),
        ("a template of templates", '{{ tpl (repeat 100000 "{{ .Values | toYaml }}") . }}', "", {}),
        ("an endless range", "{{ range until 2000000000 }}x{{ end }}", STOPPED, {}),
        ("ranges in ranges", "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}", STOPPED, {}),
        ("a repeated word", 'a: {{ repeat 1000000000 "x" }}', STOPPED, {}),
        ("a sequence without an end", "a: {{ seq 1 1000000000 }}", STOPPED, {}),
        ("a text that doubles", "{{ $x := `x` }}{{ range until 40 }}{{ $x = print $x $x }}{{ end }}", STOPPED, {}),
        ("a wide number", 'a: {{ printf "%1000000000d" 1 }}', "", {}),
        ("a long random word", "a: {{ randAlphaNum 1000000000 }}", STOPPED, {}),
        ("keys and keys", "{{ range until 500 }}{{ genPrivateKey `rsa` | sha256sum }}{{ end }}", STOPPED, {}),
        ("values that hold themselves", '{{ $_ := set .Values "a" .Values }}{{ toYaml .Values }}', "", {}),
        ("an expression without an end", config('{{ regexMatch "(a+)+$" (repeat 50000 "a") | quote }}'), "", {}),
        ("much output", config("{{ repeat 30000000 `x` }}"), STOPPED, {}),
        ("many manifests", "{{ range until 400000 }}\n---\n" + HONEST + "{{ end }}", STOPPED, {}),
        ("endless notes", HONEST, STOPPED, {"templates__NOTES_txt": "{{ range until 2000000000 }}x{{ end }}"}),
        ("a manifest that is a bomb", bomb(12), f"{STOPPED}|excessive|alias|expand", {}),
        (
            "a file that is a bomb",
            config('{{ fromYaml (.Files.Get "b.yaml") | toJson | quote }}'),
            "",
            {"b_yaml": bomb(12)},
        ),
        ("brackets without an end in a template", HONEST + "x: " + "[" * 100_000, "prod", {}),
        ("a deep manifest", HONEST + "x: " + deep(5000), "nested deeper|depth", {}),
    )
}

READING: Rows = {
    **{
        f"the file {path}": (chart(config(f'{{{{ .Files.Get "{path}" | quote }}}}')), "")
        for path in ("../../other/stolen.yaml", "/etc/passwd", "..", "$ROOM/stolen.yaml", "templates/../../x")
    },
    **{
        f"the files {path}": (chart(config(f'{{{{ (.Files.Glob "{path}").AsConfig | quote }}}}')), "")
        for path in ("../**", "/**", "**/../../**", "{a,{a,{a,{a,**}}}}")
    },
    **{
        f"the function {call}": (chart(config("{{ " + call + " | quote }}")), "not defined")
        for call in (f'env "{VARIABLE}"', f'expandenv "${VARIABLE}"', 'readFile "/etc/passwd"', 'exec "sh" (list)')
    },
    "a lookup": (chart(config('{{ lookup "v1" "Secret" "a" "b" | toJson | quote }}')), ""),
    "a name to be looked up": (chart(config('{{ getHostByName "canary.example.com" | quote }}')), ""),
    **{
        f"the link {name}": ({**chart(HONEST), f"prod/{name}": (LINK, target)}, words)
        for name, target, words in (
            ("templates/b.yaml", "../../../other/stolen.yaml", ""),
            ("templates/more", "../../../other/templates", ""),
            ("values.yaml", "../../other/stolen.yaml", ""),
            ("charts/other", "../../../other", ""),
            ("crds", "../../other/templates", ""),
            ("Chart.yaml", "../../other/Chart.yaml", ""),
            ("templates/self", ".", ""),
            (".helmignore", "/etc/passwd", ""),
        )
    },
}

SCHEMAS: Rows = {
    f"the schema {schema[:44]}": (
        chart(HONEST) | {"prod/values.schema.json": schema, "prod/values.yaml": "a: 1\n"},
        words,
    )
    for schema, words in (
        ('{"$ref": "$SERVER/schema.json"}', "prod"),
        ('{"$schema": "$SERVER/schema.json"}', "prod"),
        ('{"properties": {"a": {"$ref": "$SERVER/a.json"}}}', "prod"),
        ('{"$ref": "file:///$ROOM/stolen.yaml"}', "the schema refers to"),
        ('{"$ref": "../../other/stolen.yaml"}', "the schema refers to"),
        ('{"$id": "file:///", "$ref": "etc/passwd"}', "the schema refers to"),
        ('{"$ref": "#"}', ""),
        ('{"properties": {"a": {"$ref": "#"}}, "allOf": [{"$ref": "#"}, {"$ref": "#"}]}', ""),
        ('{"properties": {"a": {"pattern": "(a+)+$", "type": "string"}}}', "prod"),
        (deep(5000, of="{}"), "prod"),
        ("[" * 100_000, "prod"),
    )
}


def holding(data: bytes | Callable[[], bytes]) -> Commit:
    """Return what commits a chart with an archive in it; one that takes long to make is made when it is asked for."""

    def files(_: Origin) -> Files:
        packed = data if isinstance(data, bytes) else data()
        return chart(HONEST) | {"prod/Chart.yaml": NEEDS_DB, "prod/charts/db-1.0.0.tgz": packed}

    return files


ARCHIVES: Rows = {
    f"an archive: {name}": (holding(data), words)
    for name, data, words in (
        ("none", b"not an archive", "prod"),
        ("cut off", archive(DB)[:60], "prod"),
        ("300 MB of zeros", lambda: zeros(300), "too large|memory"),
        ("names that lead out", archive({**DB, "db/../../../x.yaml": b"a: b"}), "outside|prod"),
        ("a whole path", archive({"/etc/x": b"a"}), "prod"),
        ("a link", archive({**DB, "db/values.yaml": "/etc/passwd", "db/templates/a.yaml": "/etc/passwd"}), ""),
        ("a hard link", archive({**DB, "db/values.yaml": "=/etc/passwd"}), ""),
        ("20,000 files", lambda: archive({f"db/templates/{n}.yaml": b"" for n in range(20_000)}), "prod"),
        ("in an archive", lambda: archive({**DB, "db/charts/x-1.tgz": zeros(200)}), "too large|memory"),
        (
            "an endless template",
            archive({**DB, "db/templates/a.yaml": b"{{ range until 2000000000 }}x{{ end }}"}),
            STOPPED,
        ),
        (
            "a schema of other files",
            archive({**DB, "db/values.schema.json": b'{"$ref": "file:///etc/passwd"}'}),
            "the schema refers to",
        ),
    )
}

WRITTEN: Rows = {
    "values that are a bomb": (chart("{{ toYaml .Values }}") | {"prod/values.yaml": bomb(12)}, f"{STOPPED}|excessive"),
    "a Chart.yaml that is a bomb": (chart(HONEST) | {"prod/Chart.yaml": CHART + bomb(12)}, f"{STOPPED}|excessive"),
    "values with a number without an end": (chart(HONEST) | {"prod/values.yaml": "x: " + "9" * 5000}, ""),
    "a name that leads out": (chart(HONEST) | {"prod/Chart.yaml": CHART.replace("web", "../../other")}, "prod"),
    "an alias that leads out": (
        chart(HONEST)
        | {"prod/Chart.yaml": CHART + "dependencies: [{name: db, version: 1.0.0, alias: ../../other}]\n"}
        | {"prod/charts/db-1.0.0.tgz": archive(DB)},
        "prod",
    ),
    "a dependency to be fetched": (
        chart(HONEST) | {"prod/Chart.yaml": CHART + "dependencies: [{name: x, version: 1.0.0, repository: $SERVER}]\n"},
        "missing",
    ),
    "a dependency of a neighbour": (
        chart(HONEST)
        | {
            "prod/Chart.yaml": CHART
            + "dependencies: [{name: other, version: 1.0.0, repository: 'file://../../other'}]\n"
        },
        "missing",
    ),
    **{
        f"the patterns {text[:20]}": (chart(HONEST) | {"prod/.helmignore": text}, "")
        for text in ("*a" * 300 + "\n", "[\n", "!\n", "**/**\n", "x\n" * 100_000)
    },
    "a definition that is a bomb": (chart(HONEST) | {"prod/crds/a.yaml": bomb(12)}, f"{STOPPED}|excessive"),
    "a library that is a bomb": (chart(json.dumps({"a": "b"})) | {"prod/templates/_a.tpl": "{{" * 50_000}, "prod"),
}

ROWS: Rows = {**ENDLESS, **READING, **SCHEMAS, **ARCHIVES, **WRITTEN}
