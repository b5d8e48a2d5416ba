"""Write the Kubernetes schemas that `bot.checks` validates with, from the package kubernetes-validate.

    python3 -m venv /tmp/schemas
    /tmp/schemas/bin/pip install kubernetes-validate==1.37.0
    /tmp/schemas/bin/python tools/schemas.py bot/checks/data/kubernetes-schemas.json.xz

The package carries the strict definitions of every Kubernetes minor it knows (108 MB). Here they become one
compact file of some 30 kB: descriptions and everything else that validation does not read are left out, and a
definition that several minors share is stored once:

    {"definitions": [schema, …], "versions": {"1.25": {"io.k8s.api.core.v1.Pod": index, …}, …}}

Two corrections are made. `IntOrString` and `Quantity` are written upstream as a `oneOf` whose branches both
allow null, so that null, which the API server takes as absent, fits twice and fails; here they are one list
of types. `$ref` stays local (`#/$defs/…`).
"""

from __future__ import annotations

import json
import lzma
import re
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

KEEP = (
    "$ref", "additionalProperties", "allOf", "anyOf", "enum", "items", "not", "oneOf", "properties",
    "required", "type", "x-kubernetes-group-version-kind",
)  # fmt: skip
UNIONS = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": ["string", "integer", "null"]},
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": ["string", "number", "null"]},
}


def lean(schema: Any) -> Any:
    """Return the schema with only the keywords that validation reads; a property may bear any name."""
    if isinstance(schema, list):
        return [lean(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for keyword in KEEP:
        if keyword not in schema:
            continue
        value = schema[keyword]
        if keyword == "properties":
            kept[keyword] = {name: lean(value[name]) for name in sorted(value)}
        elif keyword in ("enum", "required", "type", "x-kubernetes-group-version-kind"):
            kept[keyword] = value
        else:
            kept[keyword] = lean(value)
    return kept


def collect(root: Any) -> dict[str, Any]:
    """Return the compact document for all strict definitions below `root`."""
    pool: dict[str, int] = {}
    versions: dict[str, dict[str, int]] = {}
    for folder in sorted(root.iterdir(), key=lambda one: one.name):
        found = re.fullmatch(r"v(\d+\.\d+)\.\d+-local-strict", folder.name)
        if not found:
            continue
        definitions = json.loads(folder.joinpath("_definitions.json").read_text("utf-8"))["$defs"]
        versions[found[1]] = dict.fromkeys(sorted(definitions), 0)
        for name in versions[found[1]]:
            text = json.dumps(UNIONS.get(name) or lean(definitions[name]), separators=(",", ":"), sort_keys=True)
            versions[found[1]][name] = pool.setdefault(text, len(pool))
    ordered = sorted(versions, key=lambda version: tuple(int(part) for part in version.split(".")))
    return {
        "definitions": [json.loads(text) for text in pool],
        "versions": {version: versions[version] for version in ordered},
    }


def main() -> None:
    target = Path(sys.argv[1])
    document = collect(files("kubernetes_validate").joinpath("kubernetes-json-schema"))
    text = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
    packed = lzma.compress(text, preset=9 | lzma.PRESET_EXTREME)
    target.write_bytes(packed)
    sys.stdout.write(
        f"{target}: {len(document['versions'])} minors, {len(document['definitions'])} definitions,"
        f" {len(text)} bytes of JSON, {len(packed)} bytes packed\n"
    )


if __name__ == "__main__":
    main()
