"""How hostile commits are written down: in a table of what is committed, and what has to be said of it."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Mapping
from typing import Any

from tests.git.conftest import Files, Origin
from tests.hostile.place import CONFIGMAP, Commit

# `words` must be in a finding that is no pass; "" where it is harmless. $SERVER is the address that nobody may speak
# to, $ROOM the directory in which the canaries lie.
Rows = Mapping[str, tuple[Commit, str]]
Written = dict[str, bytes | str | tuple[str, str]]

LINK = "120000"
HONEST = CONFIGMAP % ("honest", "b")
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
STOPPED = "stopped|memory|died|larger"  # whichever limit it meets first


def kustomization(text: str, **more: bytes | str | tuple[str, str]) -> Written:
    """Return a kustomization in prod/ with files beside it."""
    return {"prod/kustomization.yaml": text, **beside(more)}


def chart(template: str, **more: bytes | str | tuple[str, str]) -> Written:
    """Return a chart in prod/ with one template, and files in it."""
    return {"prod/Chart.yaml": CHART, "prod/templates/a.yaml": template, **beside(more)}


def beside(more: dict[str, Any]) -> Written:
    """Return files of prod/ whose names are written as keywords: `__` for a slash, `_` for the last dot."""
    return {f"prod/{'.'.join(name.replace('__', '/').rsplit('_', 1))}": one for name, one in more.items()}


def config(data: str) -> str:
    """Return a template of a ConfigMap with one value that Go makes."""
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  x: " + data + "\n"


def bomb(levels: int = 9) -> str:
    """Return a ConfigMap whose aliases stand for 9 to the power of `levels` items."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\n" + "\n".join(lines) + "\n"


def deep(levels: int, *, of: str = "[]") -> str:
    """Return JSON that is nested so many levels deep, of lists or of mappings."""
    before, after = ("[", "]") if of == "[]" else ('{"a":', "}")
    return before * levels + "1" + after * levels


def manifest(group: str, kind: str, name: str, spec: object, **more: object) -> str:
    """Return one resource as JSON."""
    metadata = {"name": name, "namespace": "flux-system"} if "fluxcd" in group else {"name": name}
    return json.dumps({"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec, **more})


def argo(source: Mapping[str, object], name: str = "evil") -> str:
    """Return an Argo CD Application of this repository."""
    spec = {"source": {"repoURL": "https://github.com/acme/shop", **source}, "destination": {}}
    return manifest("argoproj.io/v1alpha1", "Application", name, spec)


def application_set(generators: list[object], template: object = None, **more: object) -> str:
    """Return an ApplicationSet, of Applications of `x` unless a template is given."""
    source = {"repoURL": "https://github.com/acme/shop", "path": "x"}
    plain = {"metadata": {"name": "{{name}}"}, "spec": {"source": source, "destination": {}}}
    spec = {"generators": generators, "template": template or plain, **more}
    return manifest("argoproj.io/v1alpha1", "ApplicationSet", "set", spec)


def flux(path: str, name: str = "evil", **more: object) -> str:
    """Return a Flux Kustomization of this repository."""
    spec = {"path": path, "sourceRef": {"kind": "GitRepository", "name": "flux-system"}, **more}
    return manifest("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name, spec)


def release(chart_spec: dict[str, object], **more: object) -> str:
    """Return a Flux HelmRelease."""
    source = {"kind": "GitRepository", "name": "flux-system"}
    spec = {"chart": {"spec": {"sourceRef": source, **chart_spec}}, **more}
    return manifest("helm.toolkit.fluxcd.io/v2", "HelmRelease", "evil", spec)


def definition(schema: object) -> str:
    """Return the CustomResourceDefinition of kind Bomb."""
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "Bomb", "plural": "bombs"}
    spec = {"group": "evil.io", "names": names, "scope": "Namespaced", "versions": [version]}
    return manifest("apiextensions.k8s.io/v1", "CustomResourceDefinition", "bombs.evil.io", spec)


def custom(schema: object, spec: object) -> Files:
    """Return the definition of kind Bomb, what its `spec` has to be, and a Bomb."""
    outline = {"type": "object", "properties": {"spec": schema}}
    return {"prod/c.json": definition(outline), "prod/r.json": manifest("evil.io/v1", "Bomb", "b", spec)}


def archive(entries: Mapping[str, bytes | str]) -> bytes:
    """Return a packed chart; a text is where a symbolic link of that name leads, `=` in front makes it a hard one."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type = tarfile.LNKTYPE if content.startswith("=") else tarfile.SYMTYPE
                entry.linkname = content.removeprefix("=")
                tar.addfile(entry)
            else:
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def zeros(size: int) -> bytes:
    """Return a packed chart with so many MB of zeros, made without holding them."""
    entry = tarfile.TarInfo("db/x.bin")
    entry.size = size << 20
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9) as packed:
        packed.write(entry.tobuf())
        for _ in range(size):
            packed.write(bytes(1 << 20))
    return buffer.getvalue()


def named(name: bytes, text: str = HONEST) -> Callable[[Origin], str]:
    """Return what writes a file of any name into prod/."""

    def write(origin: Origin) -> str:
        inner = origin.raw_tree(("100644", name, origin.blob(text)))
        return origin.raw_tree(("40000", b"prod", inner))

    return write


def beside_prod(name: bytes) -> Callable[[Origin], str]:
    """Return what writes a file of any name beside an honest prod/."""

    def write(origin: Origin) -> str:
        honest = origin.tree({"a.yaml": HONEST})
        return origin.raw_tree(("100644", name, origin.blob(HONEST)), ("40000", b"prod", honest))

    return write


def nested(levels: int) -> Callable[[Origin], str]:
    """Return what writes an honest file so many directories deep."""

    def write(origin: Origin) -> str:
        tree = origin.raw_tree(("100644", b"a.yaml", origin.blob(HONEST)))
        for _ in range(levels):
            tree = origin.raw_tree(("40000", b"abcdefghij", tree))
        return origin.raw_tree(("40000", b"prod", tree))

    return write
