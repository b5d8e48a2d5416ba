"""Which charts show how values are laid over one another, and what YAML makes of them?"""

from __future__ import annotations

import textwrap

from bot.model.source import FileParameter, HelmOptions, Parameter, ValuesFile, ValuesText
from tools.conformance.written import SCALARS, Written, chart, settings

_ALL = "all: {{ toJson .Values | quote }}"
_LAYERS = {
    "chart/values.yaml": "a: 1\nmap: {x: 1, w: {z: 2}}\nlist: [1, 2, 3]\ngone: here\nempty: {}\n",
    "chart/other.yaml": "a: 2\nmap: {x: null, w: {v: 3}}\nlist: [9]\ngone: null\n",
    "values/top.yaml": "a: 3\nmap: {w: {z: null}}\nnew: {m: true, n: true}\n",
    "files/text.txt": "line one\nline 'two'\n",
}

_OWN_SCALARS = textwrap.dedent(SCALARS.partition("spec:\n")[2].replace("  huge: 1e400\n  inf: .inf\n", ""))

VALUES: tuple[Written, ...] = (
    Written(
        "values laid over one another",
        {**chart({"c.yaml": settings(_ALL)}), **_LAYERS},
        {
            "own": HelmOptions(),
            "files": HelmOptions(values=(ValuesFile("chart/other.yaml"), ValuesFile("values/top.yaml"))),
            "the other way round": HelmOptions(values=(ValuesFile("values/top.yaml"), ValuesFile("chart/other.yaml"))),
            "a text": HelmOptions(values=(ValuesFile("chart/other.yaml"), ValuesText("a: text\nlist: []\n"))),
            "parameters": HelmOptions(
                values=(
                    Parameter("a", "5"),
                    Parameter("map.w.z", "null"),
                    Parameter("list[1]", "x"),
                    Parameter("list[4]", "last"),
                    Parameter("new.deep[0].k", "v"),
                    Parameter("many", "{a,b,1}"),
                    Parameter("escaped\\.key", "a\\,b"),
                    Parameter("bool", "true"),
                    Parameter("number", "1.50"),
                    Parameter("zeros", "007"),
                    Parameter("big", "123456789012"),
                )
            ),
            "parameters as text": HelmOptions(
                values=(
                    Parameter("a", "5", text=True),
                    Parameter("t", "true", text=True),
                    Parameter("n", "null", text=True),
                )
            ),
            "commas in a parameter": HelmOptions(values=(Parameter("a", "1,b=2,c.d=3"),)),
            "a file's text": HelmOptions(values=(FileParameter("file.text", "files/text.txt"),)),
            "all kinds": HelmOptions(
                values=(
                    ValuesFile("values/top.yaml"),
                    Parameter("a", "8"),
                    Parameter("s", "9", text=True),
                    FileParameter("f", "files/text.txt"),
                )
            ),
            "a parameter on a list of maps": HelmOptions(
                values=(ValuesText("l: [{a: 1, b: 2}, {a: 3}]\n"), Parameter("l[0].a", "9"), Parameter("l[1].c", "x"))
            ),
        },
    ),
    Written(
        "values that are no values",
        {**chart({"c.yaml": settings(_ALL)}), "bad.yaml": "a: [\n", "list.yaml": "- a\n"},
        {
            "broken YAML": HelmOptions(values=(ValuesFile("bad.yaml"),)),
            "a list": HelmOptions(values=(ValuesFile("list.yaml"),)),
            "twice the same key": HelmOptions(values=(ValuesText("a: 1\na: 2\n"),)),
            "empty": HelmOptions(values=(ValuesText(""),)),
            "a bad index": HelmOptions(values=(Parameter("a[x]", "1"),)),
        },
    ),
    Written(
        "YAML of values",
        chart(
            {"c.yaml": settings(_ALL + "\nyaml: |\n  {{- toYaml .Values | nindent 2 }}")},
            _OWN_SCALARS,
        ),
    ),
    Written("YAML of the output", chart({"c.yaml": SCALARS.replace("  huge: 1e400\n  inf: .inf\n", "")})),
    Written("infinite numbers", chart({"c.yaml": settings("a: b").replace("data:\n  a: b", "spec:\n  a: .inf")})),
)
