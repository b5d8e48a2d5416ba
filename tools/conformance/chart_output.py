"""Which charts show what templates may say and read, what becomes of it, and what is refused?"""

from __future__ import annotations

from bot.model.source import HelmOptions, Parameter
from tools.conformance.written import Written, about, chart, settings

_SCHEMA = '{"type": "object", "properties": {"a": {"type": "integer", "maximum": 5}}, "required": ["a"]}\n'

OUTPUT: tuple[Written, ...] = (
    Written(
        "twice the same key in the output",
        chart({"c.yaml": settings("a: first\na: second")}),
    ),
    Written(
        "files of the chart",
        {
            **chart(
                {
                    "c.yaml": settings(
                        'one: {{ .Files.Get "data/one.txt" | quote }}\nnone: {{ .Files.Get "nope" | quote }}\n'
                        'outside: {{ .Files.Get "../secret.txt" | quote }}\n'
                        'ignored: {{ .Files.Get "data/secret.bak" | quote }}\n'
                        'lines: {{ .Files.Lines "data/two.ini" | toJson | quote }}'
                    ),
                    "g.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: glob}\ndata:\n"
                    '{{ (.Files.Glob "data/**.txt").AsConfig | indent 2 }}\n',
                    "s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: glob}\ndata:\n"
                    '{{ (.Files.Glob "data/*").AsSecrets | indent 2 }}\n',
                }
            ),
            "chart/data/one.txt": "one\n",
            "chart/data/deep/three.txt": "three: é\n",
            "chart/data/two.ini": "a=1\nb=2\n",
            "chart/data/secret.bak": "no\n",
            "chart/.helmignore": "*.bak\n# a comment\n/templates/ignored.yaml\n",
            "chart/templates/ignored.yaml": settings("never: shown"),
            "secret.txt": "outside of the chart\n",
        },
    ),
    Written(
        "templates of templates",
        chart(
            {
                "_h.tpl": '{{ define "n" }}{{ .Release.Name }}-{{ tpl .Values.t . }}{{ end }}',
                "c.yaml": settings(
                    'n: {{ include "n" . }}\nt: {{ tpl "{{ tpl .Values.t . | upper }}" . }}\nb: {{ template "n" . }}'
                ),
                "NOTES.txt": "Thank you for {{ .Release.Name }}\n",
            },
            't: "{{ .Chart.Name }}"\n',
        ),
    ),
    Written(
        "functions",
        chart(
            {
                "c.yaml": settings(
                    'a: {{ list 3 1 2 | toJson | quote }}\nb: {{ dict "k" (list 1 "2") | toYaml | quote }}\n'
                    'c: {{ merge (dict "a" 1) (dict "a" 2 "b" 3) | toJson | quote }}\n'
                    'd: {{ regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W" }}\ne: {{ "x" | b64enc | sha256sum }}\n'
                    'f: {{ fromYaml "a: [1, 2]" | toJson | quote }}\n'
                    'g: {{ fromJson "{\\"a\\": 1.5}" | toJson | quote }}\n'
                    'h: {{ printf "%05d %v %q" 42 true "s" | quote }}\ni: {{ until 3 | join "," | quote }}\n'
                    'j: {{ semver "1.2.3-rc.1" | toJson | quote }}\n'
                    'k: {{ dig "a" "b" "none" (dict "a" (dict "b" 1)) | quote }}\n'
                    'l: {{ "A long name that goes on" | trunc 10 | kebabcase | quote }}\n'
                    'm: {{ ternary "y" "n" (empty "") }}\n'
                    'n: {{ toToml (dict "a" (dict "b" 1)) | quote }}\no: {{ 1000000 | quote }}\n'
                    "p: {{ 1234567.0 | quote }}\n"
                    "q: {{ add 1 2.6 | quote }}\nr: {{ div 7 2 | quote }}\ns: {{ mulf 1.5 3 | quote }}\n"
                    't: {{ "3" | int | quote }}\n'
                    'u: {{ get (fromYamlArray "[1]" | first | dict "x") "x" | quote }}\nv: {{ coalesce 0 "" "z" }}\n'
                    'w: {{ "1h30m" | duration | quote }}\nx: {{ urlParse "https://u@h:8/p?q#f" | toJson | quote }}\n'
                    'y: {{ adler32sum "a" | quote }}\nz: {{ deepEqual (list 1) (list 1) | quote }}'
                )
            }
        ),
    ),
    Written(
        "asks a cluster or the network",
        chart(
            {
                "c.yaml": settings(
                    'look: {{ lookup "v1" "Secret" "default" "x" | toJson | quote }}\n'
                    'host: {{ getHostByName "localhost" | quote }}'
                )
            }
        ),
    ),
    Written("a key that is missing", chart({"c.yaml": settings("a: {{ .Values.none.deeper }}")})),
    Written(
        "a value that is missing",
        chart({"c.yaml": settings("a: x{{ .Values.none }}\nb: {{ .Values.none | default 1 | quote }}")}),
    ),
    Written(
        "required",
        chart({"c.yaml": settings('a: {{ required "give me a" .Values.a }}')}),
        {"not given": HelmOptions(), "given": HelmOptions(values=(Parameter("a", "b"),))},
    ),
    Written("fail", chart({"c.yaml": '{{ fail "no, never" }}'})),
    Written("a template that is broken", chart({"c.yaml": "a: {{ if }}\n"})),
    Written("a function that is none", chart({"c.yaml": "a: {{ nonesuch 1 }}\n"})),
    Written("output that is no YAML", chart({"c.yaml": "a: b: c\n"})),
    Written("output without a kind", chart({"c.yaml": "apiVersion: v1\nmetadata: {name: a}\n"})),
    Written("output that is a list", chart({"c.yaml": "- a\n- b\n"})),
    Written("nothing at all", chart({"c.yaml": "{{ if false }}\na: b\n{{ end }}\n", "d.yaml": "# only words\n"})),
    Written("no templates", {"chart/Chart.yaml": about(), "chart/values.yaml": "a: 1\n"}),
    Written(
        "several documents",
        chart(
            {
                "c.yaml": "---\n"
                + settings("a: b", "one")
                + "---\n\n---\n# no\n---\n"
                + settings("a: |\n  ---\n  x", "two")
                + "...\n"
            }
        ),
    ),
    Written("carriage returns", chart({"c.yaml": settings("a: b\nc: |\n  x\n  y").replace("\n", "\r\n")})),
    Written("a byte order mark", chart({"c.yaml": "\ufeff" + settings("a: b")}, "\ufeffa: 1\n")),
    Written(
        "JSON",
        chart(
            {
                "c.json": '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "j"}, "data": {"a": "b"}}\n',
            }
        ),
    ),
    Written(
        "directories of templates",
        chart({"a/b/c.yaml": settings("a: b", "deep"), "a/_x.yaml": settings("never: shown")}),
    ),
    Written(
        "a list of resources",
        chart(
            {
                "c.yaml": "apiVersion: v1\nkind: List\nitems:\n"
                "- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
                "- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n"
            }
        ),
    ),
    Written(
        "the order of kinds",
        chart(
            {
                "z.yaml": settings("a: b", "z"),
                "s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n",
                "n.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: ns}\n",
                "a.yaml": "apiVersion: example.com/v1\nkind: Odd\nmetadata: {name: o}\n",
            }
        ),
    ),
    Written(
        "a schema of values",
        {
            **chart({"c.yaml": settings("a: {{ .Values.a }}")}, "a: 1\n"),
            "chart/values.schema.json": _SCHEMA,
        },
        {
            "kept": HelmOptions(values=(Parameter("a", "3"),)),
            "broken": HelmOptions(values=(Parameter("a", "7"),)),
            "of another type": HelmOptions(values=(Parameter("a", "x", text=True),)),
        },
    ),
    Written(
        "a Chart.yaml without a name",
        {**chart({"c.yaml": settings("a: b")}), "chart/Chart.yaml": "apiVersion: v2\nversion: 1.0.0\n"},
    ),
    Written(
        "a version that is none",
        {**chart({"c.yaml": settings("a: b")}), "chart/Chart.yaml": "apiVersion: v2\nname: a\nversion: one\n"},
    ),
    Written(
        "no version at all", {**chart({"c.yaml": settings("a: b")}), "chart/Chart.yaml": "apiVersion: v2\nname: a\n"}
    ),
    Written(
        "a key in Chart.yaml that is none",
        {**chart({"c.yaml": settings("a: b")}), "chart/Chart.yaml": about(more="nonesuch: 1\n")},
    ),
    Written(
        "a template that calls itself",
        chart({"_h.tpl": '{{ define "r" }}{{ include "r" . }}{{ end }}', "c.yaml": settings('a: {{ include "r" . }}')}),
    ),
    Written(
        "random values",
        chart(
            {
                "s.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n"
                "  p: {{ randAlphaNum 20 | b64enc }}\nstringData:\n  same: text\n",
                "c.yaml": settings("id: {{ uuidv4 }}\nsum: {{ randNumeric 12 | sha256sum }}\nsame: text"),
            }
        ),
        random=True,
    ),
    Written(
        "random certificates",
        chart(
            {
                "s.yaml": '{{ $ca := genCA "ca" 10 }}{{ $c := genSignedCert "x" nil (list "x.example.com") 10 $ca }}'
                "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ntype: kubernetes.io/tls\ndata:\n"
                "  tls.crt: {{ $c.Cert | b64enc }}\n  tls.key: {{ $c.Key | b64enc }}\n"
                "  ca.crt: {{ $ca.Cert | b64enc }}\n"
                "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: p\n"
                "  annotations: {sum: {{ $ca.Cert | sha256sum }}}\n"
                'stringData:\n  auth: {{ htpasswd "u" "p" | quote }}\n  hash: {{ bcrypt "p" | quote }}\n'
            }
        ),
        random=True,
    ),
)
