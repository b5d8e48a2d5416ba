"""What strangers have Flux, Jenkins X and helmfile deploy."""

from __future__ import annotations

from tests.git.conftest import Files
from tests.hostile.place import VARIABLE
from tests.hostile.writing import (
    CHART,
    HONEST,
    LINK,
    STOPPED,
    Rows,
    bomb,
    deep,
    flux,
    manifest,
    release,
)

WEB: Files = {"web/Chart.yaml": CHART, "web/templates/a.yaml": "{{ toYaml .Values }}"}
X: Files = {"x/a.yaml": HONEST}
HANGS = "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}"

FLUX: Rows = {
    **{
        f"a Kustomization of {name}": ({"prod/f.json": made, **X}, words)
        for name, made, words in (
            ("a neighbour", flux("../../other"), ""),
            ("a whole path", flux("/etc"), "no directory"),
            ("itself", flux("./prod"), ""),
            ("a neighbour's component", flux("./x", components=["../../other"]), "leads out|not there|prod"),
            ("a remote component", flux("./x", components=["$SERVER/x"]), "no path"),
            ("a patch that is a bomb", flux("./x", patches=[{"patch": bomb(12), "target": {"kind": "A"}}]), ""),
            ("a remote patch", flux("./x", patchesStrategicMerge=[{"a": "$SERVER"}]), ""),
            ("a source that is none", flux("./x", sourceRef={"kind": "Bucket", "name": "x"}), "bucket"),
            (
                "values of a Secret that is not here",
                flux("./x", postBuild={"substituteFrom": [{"kind": "Secret", "name": "../x"}]}),
                "not among",
            ),
        )
    },
    "a repository within": (
        {
            "prod/f.json": flux("./x", sourceRef={"kind": "GitRepository", "name": "evil"}),
            "prod/g.json": manifest("source.toolkit.fluxcd.io/v1", "GitRepository", "evil", {"url": "$SERVER/x.git"}),
        },
        "neither this repository",
    ),
    **{
        f"variables: {name}": (
            {
                "prod/f.json": flux("./x", postBuild={"substitute": given}),
                "x/a.yaml": HONEST.replace("b}", f"'{text}'}}"),
            },
            words,
        )
        for name, given, text, words in (
            ("of themselves", {"a": "${a}", "b": "${b:=${b}}"}, "${a}${b}${c:=${c}}", ""),
            ("that grow", {"a": "x" * 100_000}, "${a}" * 500, "too long"),
            ("within each other", {"a": "b"}, "${z:=" * 1000 + "}" * 1000, "deeper than"),
            ("patterns without an end", {"a": "a" * 100_000}, "${a##" + "*a" * 1000 + "b}", "too long"),
            ("that open brackets", {"a": "[" * 100_000}, "${a}", ""),
            ("that are no names", {"../x": "y"}, "${a}", "refuses the name"),
            ("that are not closed", {"a": "b"}, "${a", "cannot be substituted"),
        )
    },
    "a value that breaks out of its text": (
        {
            "prod/f.json": flux("./x", postBuild={"substitute": {"a": "1}\nkind: Secret\nx: {"}}),
            "x/a.yaml": HONEST.replace("b}", "${a}}"),
        },
        "",
    ),
    "Kustomizations that wait for each other": (
        {
            "prod/a.json": flux("./x", "a", dependsOn=[{"name": "b"}]),
            "prod/b.json": flux("./y", "b", dependsOn=[{"name": "a"}]),
            **X,
            "y/a.yaml": HONEST.replace("honest", "other"),
        },
        "",
    ),
    "a Kustomization that waits for itself": ({"prod/a.json": flux("./x", "a", dependsOn=[{"name": "a"}]), **X}, ""),
    "patterns of what is left out": (
        {"prod/f.json": flux("./x"), **X, "x/.sourceignore": "**/" * 160 + "a\n" + "*a" * 240 + "\n" + "x\n" * 5000},
        "",
    ),
    **{
        f"a HelmRelease of {name}": ({"prod/f.json": made, **WEB}, words)
        for name, made, words in (
            ("a neighbour", release({"chart": "../../other"}), "prod"),
            ("values out", release({"chart": "./web", "valuesFiles": ["../../other/stolen.yaml"]}), "stolen.yaml"),
            ("values that are a bomb", release({"chart": "./web"}, values={"a": "@"}).replace('"@"', deep(190)), ""),
            (
                "a registry",
                release({"chart": "x", "sourceRef": {"kind": "HelmRepository", "name": "x"}}),
                "remote chart x",
            ),
            (
                "values from nowhere",
                release({"chart": "./web"}, valuesFrom=[{"kind": "Secret", "name": "a", "valuesKey": "../../b"}]),
                "not among",
            ),
            (
                "a renderer after it",
                release({"chart": "./web"}, postRenderers=[{"kustomize": {"patches": [{"patch": bomb(12)}]}}]),
                "",
            ),
        )
    },
}

HELMFILES: Rows = {
    f"a helmfile: {name}": (
        {
            "prod/helmfile.yaml.gotmpl" if "{{" in text else "prod/helmfile.yaml": text,
            **WEB,
            "prod/web/Chart.yaml": CHART,
        },
        words,
    )
    for name, text, words in (
        ("a program", 'releases: [{name: "{{ exec "sh" (list "-c" "cat /etc/passwd") }}", chart: ./web}]\n', "prod"),
        ("the environment", f'releases: [{{name: "{{{{ requiredEnv "{VARIABLE}" }}}}", chart: ./web}}]\n', "prod"),
        (
            "a variable",
            f'releases: [{{name: a, chart: ./web, values: [{{a: "{{{{ env "{VARIABLE}" }}}}"}}]}}]\n',
            "prod",
        ),
        (
            "a file",
            'releases: [{name: a, chart: ./web, values: [{a: {{ readFile "../../other/stolen.yaml" | quote }}}]}]\n',
            "prod",
        ),
        (
            "a secret store",
            'releases: [{name: a, chart: ./web, values: [{a: {{ fetchSecretValue "ref+file:///etc/passwd" }}}]}]\n',
            "prod",
        ),
        ("an endless template", f"releases: [{{name: a{HANGS}, chart: ./web}}]\n", STOPPED),
        ("a reference to a file", "releases: [{name: a, chart: ./web, values: [{a: 'ref+file:///etc/passwd'}]}]\n", ""),
        ("remote helmfiles", "helmfiles: ['git::$SERVER/x.git@helmfile.yaml']\n", "prod"),
        ("a neighbour's helmfiles", "helmfiles: [../../other/helmfile.yaml]\n", "prod"),
        ("helmfiles of themselves", "helmfiles: [helmfile.yaml]\n", "prod"),
        ("bases of themselves", "bases: [helmfile.yaml]\nreleases: []\n", "prod"),
        ("a remote chart", "repositories: [{name: x, url: $SERVER}]\nreleases: [{name: a, chart: x/y}]\n", "prod"),
        ("a neighbour's chart", "releases: [{name: a, chart: ../../other}]\n", "prod"),
        ("a neighbour's values", "releases: [{name: a, chart: ./web, values: [../../other/stolen.yaml]}]\n", "prod"),
        ("values to be fetched", "releases: [{name: a, chart: ./web, values: ['$SERVER/x.yaml']}]\n", "prod"),
        (
            "hooks",
            "releases: [{name: a, chart: ./web, hooks: [{events: [prepare], command: sh, args: [-c, id]}]}]\n",
            "",
        ),
        ("a bomb", bomb(), "expand"),
        ("releases without an end", "releases:\n" + "- {name: a, chart: ./web}\n" * 6000, ""),
    )
}

JENKINS: Rows = {
    "the root of Jenkins X is a link": (
        {"prod/jx-requirements.yml": "environments: [{key: x}]\n", "prod/config-root": (LINK, "../../other")},
        "",
    ),
    "requirements that are a bomb": ({"jx-requirements.yml": bomb(), "prod/a.yaml": HONEST}, ""),
    "a remote chart of Jenkins X": (
        {
            "prod/env/Chart.yaml": CHART,
            "prod/env/requirements.yaml": "dependencies: [{name: x, version: 1.0.0, repository: $SERVER}]\n",
        },
        "remote chart",
    ),
}

ROWS: Rows = {**FLUX, **HELMFILES, **JENKINS}
