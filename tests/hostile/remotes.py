"""Kustomizations of strangers that name what lies elsewhere."""

from __future__ import annotations

from tests.hostile.writing import Rows, kustomization

BUILTIN = "apiVersion: builtin\nkind: %s\nmetadata: {name: x}\n"
REMOTE: Rows = {
    f"remote {key} {target}": (kustomization(f"{key}: ['{target}']\n"), words)
    for key, words, targets in (
        (
            "resources",
            "remote base",
            (
                "$SERVER/x//y?ref=main",
                "$SERVER/x.git",
                "git::$SERVER/x",
                "$SERVER/map.yaml",
                "https://127.0.0.1/x",
                "git@127.0.0.1:x/y",
                "ssh://127.0.0.1/x/y",
                "github.com/acme/x",
                "file:///$ROOM",
                "http://[::1]/x",
                "HTTP://$ADDRESS/x.yaml",
                "www.github.com/acme/x",
                "git://127.0.0.1/x",
                "http://user:pass@$ADDRESS/x",
            ),
        ),
        ("bases", "remote base", ("$SERVER/x.git",)),
        ("components", "remote base", ("$SERVER/x.git//c?ref=main",)),
        ("generators", "remote base", ("$SERVER/x.yaml",)),
        ("transformers", "remote base", ("$SERVER/x.yaml",)),
        ("validators", "remote base", ("$SERVER/x.yaml",)),
        ("RESOURCES", "remote base", ("$SERVER/x.yaml",)),
        ("reſources", "remote base", ("$SERVER/x.yaml",)),
        ("crds", "remote file", ("$SERVER/x.json",)),
        ("configurations", "remote file", ("$SERVER/x.yaml",)),
        ("patchesStrategicMerge", "remote file", ("$SERVER/x.yaml",)),
    )
    for target in targets
}

REMOTE_MEMBERS: Rows = {
    f"remote in {text[:48].strip()}…": (kustomization(text), words)
    for text, words in (
        ("openapi: {path: $SERVER/x.json}\n", "remote file"),
        ("patches: [{path: $SERVER/x.yaml}]\n", "remote file"),
        ("patchesJson6902: [{path: $SERVER/x.yaml, target: {kind: A}}]\n", "remote file"),
        ("replacements: [{path: $SERVER/x.yaml}]\n", "remote file"),
        ("configMapGenerator: [{name: a, files: ['k=$SERVER/x']}]\n", "remote file"),
        ("secretGenerator: [{name: a, envs: [$SERVER/x]}]\n", "remote file"),
        ("secretGenerator: [{name: a, env: $SERVER/x}]\n", "remote file"),
        ("helmCharts: [{name: x, repo: $SERVER, version: 1.0.0}]\n", "not rendered"),
        ("helmCharts: [{name: x, repo: 'oci://$ADDRESS/x', version: 1.0.0}]\n", "not rendered"),
        ("helmChartInflationGenerator: [{chartName: x, chartRepoUrl: $SERVER}]\n", "not rendered"),
        ("generators: ['" + BUILTIN.replace("\n", "\n\n  ") % "ConfigMapGenerator" + "files: [k=$SERVER/x]']\n", ""),
    )
}

ROWS: Rows = {**REMOTE, **REMOTE_MEMBERS}
