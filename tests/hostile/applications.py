"""What strangers have Argo CD deploy."""

from __future__ import annotations

from tests.git.conftest import Files
from tests.hostile.place import VARIABLE
from tests.hostile.writing import (
    CHART,
    HONEST,
    LINK,
    Rows,
    application_set,
    argo,
    bomb,
    deep,
)

WEB: Files = {"web/Chart.yaml": CHART, "web/templates/a.yaml": "{{ toYaml .Values }}"}
X: Files = {"x/a.yaml": HONEST}
HANGS = "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}"
SELF = """{{- range $i := until %d }}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: "a{{ $.Values.v }}{{ $i }}"}
spec:
  destination: {}
  source:
    repoURL: https://github.com/acme/shop
    path: prod
    helm: {parameters: [{name: v, value: "x{{ $.Values.v }}{{ $i }}"}]}
{{- end }}
"""


def go(name: str) -> object:
    """Return a template of Go for Applications of that name."""
    source = {"repoURL": "https://github.com/acme/shop", "path": "x"}
    return {"metadata": {"name": name}, "spec": {"source": source, "destination": {}}}


def listed(count: int, key: str = "name") -> dict[str, object]:
    return {"list": {"elements": [{key: f"a{n}"} for n in range(count)]}}


APPLICATIONS: Rows = {
    **{
        f"an Application of {name}": ({"prod/a.json": argo(source), **WEB, **X}, words)
        for name, source, words in (
            ("a neighbour", {"path": "../../other"}, "leads out"),
            ("a whole path", {"path": "/etc"}, ""),
            ("an address within", {"repoURL": "$SERVER/x.git", "path": "a"}, "neither this one"),
            ("the metadata of a cloud", {"repoURL": "http://169.254.169.254/x", "path": "a"}, "neither this one"),
            ("a file address", {"repoURL": "file:///$ROOM", "path": "a"}, "neither this one"),
            ("a chart within", {"repoURL": "$SERVER", "chart": "x", "targetRevision": "1"}, "renders offline"),
            ("values out", {"path": "web", "helm": {"valueFiles": ["../../other/stolen.yaml"]}}, "stolen.yaml"),
            ("values of the machine", {"path": "web", "helm": {"valueFiles": ["/etc/passwd"]}}, "passwd"),
            ("values to be fetched", {"path": "web", "helm": {"valueFiles": ["$SERVER/values.yaml"]}}, "fetched"),
            (
                "a pattern of values",
                {"path": "web", "helm": {"valueFiles": ["../**/*"], "ignoreMissingValueFiles": True}},
                "",
            ),
            (
                "a file for a parameter",
                {"path": "web", "helm": {"fileParameters": [{"name": "a", "path": "../../other/stolen.yaml"}]}},
                "stolen.yaml",
            ),
            (
                "values that are a bomb",
                {"path": "web", "helm": {"values": bomb(12)}},
                "expand|excessive|memory|stopped",
            ),
            (
                "an index without an end",
                {"path": "web", "helm": {"parameters": [{"name": "a[2000000000]", "value": "x"}]}},
                "",
            ),
            (
                "a remote component",
                {"path": "x", "kustomize": {"components": ["$SERVER/x"]}},
                "",
            ),
            (
                "a patch that is a bomb",
                {"path": "x", "kustomize": {"patches": [{"patch": bomb(12)}]}},
                "",
            ),
            (
                "a plugin",
                {"path": "x", "plugin": {"name": "sh", "env": [{"name": "A", "value": "$(id)"}]}},
                "only Argo CD",
            ),
            ("jsonnet", {"path": "x", "directory": {"jsonnet": {"libs": ["../../other"]}, "recurse": True}}, ""),
            ("a pattern without an end", {"path": "x", "directory": {"include": "{a,b}" * 40 + "*" * 40}}, ""),
            ("a revision that is an option", {"path": "x", "targetRevision": "--upload-pack=touch x"}, ""),
        )
    },
    "Applications in a circle": (
        {"prod/a.json": argo({"path": "b"}, "a"), "b/b.json": argo({"path": "prod"}, "b")},
        "",
    ),
    "an Application of itself": ({"prod/a.json": argo({"path": "prod"})}, ""),
    "sixty Applications of themselves": (
        {"prod/a.yaml": "\n---\n".join(argo({"path": "prod"}, f"a{n}") for n in range(60))},
        "",
    ),
    "Applications of Applications": (
        {
            "prod/a.json": argo({"path": "d0"}, "a"),
            **{f"d{n}/a.json": argo({"path": f"d{n + 1}"}, f"a{n}") for n in range(12)},
        },
        "levels deep",
    ),
    "a chart that declares itself, twice as often on each level": (
        {"prod/Chart.yaml": CHART, "prod/templates/a.yaml": SELF % 2, "prod/values.yaml": "v: r\n"},
        "levels deep",
    ),
    "an Application that is a deep one": (
        {"prod/a.json": argo({"path": "x"})[:-1] + ',"z":' + deep(150) + "}"},
        "deeper",
    ),
    "an environment declared by a link": ({"prod/a.json": argo({"path": "l"}), "l": (LINK, "../other")}, ""),
}

SETS: Rows = {
    f"an ApplicationSet: {name}": ({"prod/a.json": made, **X, "x/c.json": "[{}]"}, words)
    for name, made, words in (
        ("6,000 elements", application_set([listed(6000)]), "more than 5000"),
        (
            "a matrix of a million",
            application_set([{"matrix": {"generators": [listed(1000, "name"), listed(1000, "b")]}}]),
            "more than 5000",
        ),
        (
            "matrices in matrices",
            application_set(
                [
                    {
                        "matrix": {
                            "generators": [{"matrix": {"generators": [listed(70), listed(70, "b")]}}, listed(70, "c")]
                        }
                    }
                ]
            ),
            "more than 5000",
        ),
        (
            "a merge of all with all",
            application_set([{"merge": {"mergeKeys": ["q"], "generators": [listed(99)] * 9}}]),
            "twice",
        ),
        (
            "files of a neighbour",
            application_set(
                [{"git": {"repoURL": "https://github.com/acme/shop", "files": [{"path": "../../other/*.yaml"}]}}]
            ),
            "",
        ),
        (
            "directories of a neighbour",
            application_set(
                [{"git": {"repoURL": "https://github.com/acme/shop", "directories": [{"path": "../../*"}]}}]
            ),
            "",
        ),
        (
            "another repository",
            application_set([{"git": {"repoURL": "$SERVER/x.git", "files": [{"path": "*"}]}}]),
            "not evaluable",
        ),
        (
            "a code host",
            application_set([{"scmProvider": {"gitea": {"api": "$SERVER", "owner": "x"}}}]),
            "not evaluable",
        ),
        (
            "pull requests",
            application_set([{"pullRequest": {"github": {"api": "$SERVER", "owner": "x", "repo": "y"}}}]),
            "not evaluable",
        ),
        (
            "a plugin",
            application_set([{"plugin": {"configMapRef": {"name": "x"}, "input": {"parameters": {}}}}]),
            "not evaluable",
        ),
        ("elements that are a bomb", application_set([{"list": {"elementsYaml": bomb()}}]), "expand"),
        (
            "patches that are a bomb",
            application_set([listed(1)], go("{{ .name }}"), goTemplate=True, templatePatch=bomb()),
            "expand",
        ),
        (
            "copies of copies",
            application_set(
                [listed(1)],
                go("{{ .name }}"),
                goTemplate=True,
                templatePatch=str([{"op": "copy", "from": "/spec", "path": f"/spec/b{n}"} for n in range(40)]),
            ),
            "templatePatch|larger",
        ),
        ("braces without an end", application_set([listed(1)], go("{{" * 60_000)), "no source|not closed|prod"),
        ("a hundred endless templates", application_set([listed(100)], go(HANGS), goTemplate=True), "stopped"),
        (
            "a template that reads files",
            application_set([listed(1)], go('{{ .Files.Get "/etc/passwd" }}'), goTemplate=True),
            "prod",
        ),
        (
            "a template of the environment",
            application_set([listed(1)], go(f'{{{{ env "{VARIABLE}" }}}}'), goTemplate=True),
            "not defined",
        ),
        (
            "a template of names",
            application_set([listed(1)], go('{{ getHostByName "canary.example.com" }}'), goTemplate=True),
            "",
        ),
        (
            "a deep one",
            application_set([{"list": {"elements": [{"name": "a", "b": "@"}]}}]).replace('"@"', deep(150)),
            "deeper",
        ),
    )
}

ROWS: Rows = {**APPLICATIONS, **SETS}
