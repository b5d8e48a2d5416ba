"""Kustomizations of strangers."""

from __future__ import annotations

from tests.hostile.writing import CHART, HONEST, LINK, STOPPED, Rows, beside, bomb, chart, kustomization

FUNCTION = "apiVersion: v1\nkind: F\nmetadata:\n  name: f\n  annotations:\n    config.kubernetes.io/function: '%s'\n"
BUILTIN = "apiVersion: builtin\nkind: %s\nmetadata: {name: x}\n"
LISTED = "apiVersion: v1\nkind: List\nitems:\n- %s"

ESCAPES: Rows = {
    f"{key}: {target}": (kustomization(f"{key}: [{target}]\n"), "leads out of the repository")
    for key in ("resources", "components", "generators", "transformers", "crds")
    for target in ("../../other", "/etc/passwd", "../../../../stolen.yaml")
} | {
    f"{text[:40]}…": (kustomization(text), "leads out of the repository")
    for text in (
        "resources: [../base/../../other]\n",
        "resources: [$ROOM/stolen.yaml]\n",
        "configMapGenerator: [{name: a, files: [../../other/stolen.yaml]}]\n",
        "configMapGenerator: [{name: a, files: [/etc/passwd]}]\n",
        "configMapGenerator: [{name: a, envs: [/proc/self/environ]}]\n",
        "secretGenerator: [{name: a, files: ['x=../../other/stolen.yaml']}]\n",
        "patches: [{path: ../../other/stolen.yaml}]\n",
        "patchesStrategicMerge: [../../other/stolen.yaml]\n",
        "replacements: [{path: ../../other/stolen.yaml}]\n",
        "openapi: {path: ../../other/stolen.yaml}\n",
        "configurations: [../../other/stolen.yaml]\n",
        "resources: ['a\\0b', \"../../other/\\u0000\"]\n",
    )
}

LINKS: Rows = {
    "a link to a file outside": (
        kustomization("resources: [a.yaml]\n", a_yaml=(LINK, "../../../../stolen.yaml")),
        "leads out",
    ),
    "a link to a neighbour's file": (
        kustomization("resources: [a.yaml]\n", a_yaml=(LINK, "../../other/stolen.yaml")),
        "leads out",
    ),
    "a link by its whole path": (
        kustomization("configMapGenerator: [{name: a, files: [a.txt]}]\n", a_txt=(LINK, "/etc/passwd")),
        "leads out",
    ),
    "a link to a directory outside": (
        kustomization("resources: [a]\n") | {"prod/a": (LINK, "../../other")},
        "leads out",
    ),
    "a chain of links": (
        kustomization("resources: [a.yaml]\n", a_yaml=(LINK, "b"))
        | {"prod/b": (LINK, "../c"), "c": (LINK, "../other/stolen.yaml")},
        "leads out",
    ),
    "a loop of links": (
        kustomization("resources: [a.yaml]\n", a_yaml=(LINK, "b")) | {"prod/b": (LINK, "a.yaml")},
        "a.yaml",
    ),
    "a way out behind a link within": (
        kustomization("resources: [deep/link]\n")
        | {"prod/deep/link": (LINK, "../../top"), "top/kustomization.yaml": "resources: [../../other]\n"},
        "leads out",
    ),
    "a directory that is a link to the one above": (
        kustomization("resources: [a/a/a/a.yaml]\n", a_yaml=HONEST) | {"prod/a": (LINK, ".")},
        "",
    ),
    "a kustomization that is a link": ({"prod/kustomization.yaml": (LINK, "../../other/kustomization.yaml")}, ""),
    "an environment that is a link": ({"prod": (LINK, "../other")}, ""),
    "a link in plain manifests": ({"prod/x.yaml": HONEST, "prod/a.yaml": (LINK, "/etc/passwd")}, ""),
    "a link to what processes know": ({"prod/x.yaml": HONEST, "prod/a.yaml": (LINK, "/proc/self/environ")}, ""),
}

PROGRAMS: Rows = {
    "a function in a container": (
        kustomization("transformers: [f.yaml]\n", f_yaml=FUNCTION % "container: {image: evil}"),
        "runs a program or container",
    ),
    "a function that is a program": (
        kustomization("generators: [f.yaml]\n", f_yaml=FUNCTION % "exec: {path: /bin/sh}"),
        "runs a program or container",
    ),
    "a function that is a script": (
        kustomization("validators: [f.yaml]\n", f_yaml=FUNCTION % "starlark: {url: $SERVER/x.star, name: x}"),
        "runs a program or container",
    ),
    "a function in a list": (
        kustomization(
            "transformers: [f.yaml]\n",
            f_yaml=LISTED % (FUNCTION % "exec: {path: /bin/sh}").replace("\n", "\n  "),
        ),
        "prod",
    ),
    "a remote patch in a list": (
        kustomization(
            "resources: [a.yaml]\ntransformers: [f.yaml]\n",
            a_yaml=HONEST,
            f_yaml=LISTED % (BUILTIN % "PatchTransformer" + "path: $SERVER/x.yaml").replace("\n", "\n  "),
        ),
        "prod",
    ),
    "a neighbour's patch in a list": (
        kustomization(
            "resources: [a.yaml]\ntransformers: [f.yaml]\n",
            a_yaml=HONEST,
            f_yaml=LISTED % (BUILTIN % "PatchTransformer" + "path: ../../other/stolen.yaml").replace("\n", "\n  "),
        ),
        "prod",
    ),
    "a neighbour's chart": (kustomization("helmGlobals: {chartHome: ../../other}\nhelmCharts: [{name: x}]\n"), "prod"),
    "a neighbour's values for a chart": (
        kustomization("helmCharts: [{name: web, valuesFile: ../../other/stolen.yaml}]\n")
        | {"prod/charts/web/Chart.yaml": CHART, "prod/charts/web/templates/a.yaml": HONEST},
        "prod",
    ),
    "an endless chart of a kustomization": (
        kustomization("helmCharts: [{name: web}]\n")
        | {
            f"prod/charts/web/{name[5:]}": text
            for name, text in chart("{{ range until 2000000000 }}x{{ end }}", values_yaml="{}").items()
        },
        STOPPED,
    ),
}

CIRCLES: Rows = {
    "kustomizations in a circle": (
        kustomization("resources: [../b]\n") | {"b/kustomization.yaml": "resources: [../prod]\n"},
        "cycle",
    ),
    "components in a circle": (
        kustomization("components: [../b]\n")
        | {
            "b/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
            "components: [../b]\n"
        },
        "prod",
    ),
    "a kustomization of itself": (kustomization("resources: [.]\n"), "prod"),
    "variables of each other": (
        kustomization(
            "resources: [a.yaml]\nvars:\n- {name: A, objref: {apiVersion: v1, kind: ConfigMap, name: honest},"
            " fieldref: {fieldpath: data.a}}\n",
            a_yaml=HONEST.replace("b}", "$(A)}"),
        ),
        "",
    ),
    "replacements of each other": (
        kustomization(
            "resources: [a.yaml]\nreplacements:\n"
            + "- {source: {kind: ConfigMap, fieldPath: data.a, options: {delimiter: ''}}, targets: [{select: {kind: "
            "ConfigMap}, fieldPaths: [data.a, metadata.name]}]}\n" * 200,
            a_yaml=HONEST,
        ),
        "",
    ),
    "bases twice as many on each level": (
        kustomization("resources: [d0/a, d0/b]\n")
        | {
            f"prod/d{level}/{side}/kustomization.yaml": f"namePrefix: {side}\nresources: "
            + (f"[../../d{level + 1}/a, ../../d{level + 1}/b]\n" if level < 21 else "[a.yaml]\n")
            for level in range(22)
            for side in "ab"
        }
        | {f"prod/d21/{side}/a.yaml": HONEST for side in "ab"},
        STOPPED,
    ),
    "a thousand bases on top of each other": (
        kustomization("resources: [d0]\n")
        | {f"prod/{'d0/' * level}kustomization.yaml": "resources: [d0]\n" for level in range(1, 300)}
        | {f"prod/{'d0/' * 300}kustomization.yaml": "namePrefix: a\n"},
        "",
    ),
    "more files than anybody has": (
        kustomization(f"resources: [{', '.join(f'a{n}.yaml' for n in range(6000))}]\n")
        | {f"prod/a{n}.yaml": HONEST for n in range(6000)},
        "more than 5000 files",
    ),
}

BOMBS: Rows = {
    "a bomb among resources": (kustomization("resources: [a.yaml]\n", a_yaml=bomb()), "expand to too much"),
    "a bomb as a kustomization": (kustomization(bomb().replace("ConfigMap", "Kustomization")), "expand to too much"),
    "a bomb in an inline patch": (
        kustomization(
            "resources: [a.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |\n    "
            + bomb(12).replace("\n", "\n    ")
            + "\n",
            a_yaml=HONEST,
        ),
        f"{STOPPED}|alias|excessive",
    ),
    "a bomb of merges": (
        kustomization(
            "resources: [a.yaml]\n",
            a_yaml=HONEST
            + "a0: &a0 {x: 1}\n"
            + "".join(
                f"a{n}: &a{n} {{{', '.join(f'k{i}: *a{n - 1}' for i in range(9))}, <<: *a{n - 1}}}\n"
                for n in range(1, 9)
            ),
        ),
        "expand to too much",
    ),
    "copies of copies": (
        kustomization(
            "resources: [a.yaml]\npatches:\n- target: {kind: ConfigMap}\n  patch: |\n"
            + "".join(f"    - {{op: copy, from: /data, path: /data/b{n}}}\n" for n in range(40)),
            a_yaml=HONEST,
        ),
        STOPPED,
    ),
    "a prefix of a megabyte": (
        kustomization("namePrefix: " + "x" * 200_000 + "\nresources: [a.yaml]\n")
        | beside({"a_yaml": "---\n".join(HONEST.replace("honest", f"h{n}") for n in range(50))}),
        "larger",
    ),
    "a hundred thousand literals": (
        kustomization("resources: [a]\n")
        | {
            f"prod/{'a/' * n}kustomization.yaml": "resources: [a]\nconfigMapGenerator:\n"
            + f"- {{name: g{n}, literals: [{', '.join(f'k{i}=v' for i in range(5000))}]}}\n"
            for n in range(1, 12)
        }
        | {f"prod/{'a/' * 12}kustomization.yaml": "namePrefix: a\n"},
        "",
    ),
    "a regular expression without an end": (
        kustomization(
            "resources: [a.yaml]\npatches:\n- {target: {name: '(a+)+(a+)+$'}, patch: '[]'}\n",
            a_yaml=HONEST.replace("honest", "a" * 5000),
        ),
        "",
    ),
    "deep nesting in a kustomization": (kustomization("resources: " + "[" * 50_000), "nested deeper"),
    "deep nesting in a resource": (
        kustomization("resources: [a.yaml]\n", a_yaml=HONEST + "x: " + "[" * 5000 + "]" * 5000),
        "nested deeper",
    ),
    "brackets without an end in a resource": (
        kustomization("resources: [a.yaml]\n", a_yaml=HONEST + "x: " + "[" * 100_000),
        "prod",
    ),
    "deep nesting in an inline patch": (
        kustomization("patches:\n- target: {kind: A}\n  patch: '" + "[" * 50_000 + "'\n"),
        "prod",
    ),
    "a huge kustomization": (kustomization("resources: []\n" + "# x\n" * 100_000), "larger than"),
    "a kustomization of zero bytes": (kustomization("resources: []\n\0\0\0"), "not valid YAML"),
    "a kustomization that is not UTF-8": ({"prod/kustomization.yaml": b"resources: []\n# \xff\xfe"}, "not UTF-8"),
    "a kustomization in UTF-16": ({"prod/kustomization.yaml": "resources: [$SERVER]".encode("utf-16")}, "not UTF-8"),
    "a kustomization with a number of five thousand digits": (
        kustomization("resources: []\nx: " + "9" * 5000 + "\n"),
        "prod",
    ),
    "too much output": (
        kustomization("resources: [a.yaml]\n", a_yaml=HONEST.replace("b}", "x" * 5_000_000 + "}")),
        "larger than|more than 500 MB",
    ),
    "a resource whose name has an end of line": (kustomization('resources: ["a\\nb.yaml"]\n'), "prod"),
}

ROWS: Rows = {**ESCAPES, **LINKS, **PROGRAMS, **CIRCLES, **BOMBS}
