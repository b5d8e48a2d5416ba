"""How does Argo CD render a chart: with which release, values, parameters and capabilities?

Sources: helmTemplate and getResolvedValueFiles in reposerver/repository/, util/helm/cmd.go and
docs/user-guide/helm.md of argoproj/argo-cd.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Sequence

from bot.checks.applications.argocd_asked import Asked
from bot.checks.applications.argocd_fields import Fields
from bot.checks.applications.argocd_ground import Ground, Refused
from bot.checks.applications.globs import doublestar, fixed, is_pattern
from bot.checks.closure import normal
from bot.model.quoting import quoted
from bot.model.source import FileParameter, HelmOptions, Parameter, Values, ValuesFile, ValuesText

_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_COMMA = re.compile(r"(?<!\\),")


def helm_options(helm: Fields, asked: Asked) -> HelmOptions | None:
    """Return how the chart of a source is rendered; None, and a problem said, when a file it asks for is not there.

    Parameters come as for `--set`: commas that divide nothing are escaped, as Argo CD escapes them.
    """
    files = _values_files(helm, asked)
    if files is None:
        return None
    if helm.flag("skipSchemaValidation"):
        asked.said.note("`skipSchemaValidation` is not heeded: values are held against the chart's schema")
    set_files = _file_parameters(helm, asked)
    if set_files is None:
        return None
    return HelmOptions(
        release=helm.text("releaseName") or asked.name,
        namespace=helm.text("namespace") or asked.namespace or "default",
        values=(*files, *_values(helm), *_parameters(helm, asked), *set_files),
        kube_version=helm.text("kubeVersion"),
        api_versions=helm.texts("apiVersions"),
        crds=not helm.flag("skipCrds"),
        tests=not helm.flag("skipTests"),
    )


def set_text(value: str) -> str:
    """Return a value as `--set` takes it. Source: cleanSetParameters in util/helm/cmd.go of argoproj/argo-cd."""
    return value if value.startswith("{") and value.endswith("}") else _COMMA.sub(r"\\,", value)


def located(raw: str, asked: Asked) -> tuple[Ground, str] | None:
    """Return where a file lies that a chart is rendered with; None, and a problem said, when it cannot be read."""
    name, slash, rest = raw.partition("/")
    referenced = asked.refs.get(name[1:]) if name.startswith("$") else None
    if isinstance(referenced, Refused):
        asked.refuse(f"not rendered: the values file {quoted(raw, 80)} is out of reach: ", referenced)
        return None
    if referenced is not None:
        path = normal(asked.fill(rest).lstrip("/"))
        if slash and path:
            return referenced, path
    else:
        text = asked.fill(raw)
        if _REMOTE.match(text):
            how = "commit a copy to this repository and name its path"
            asked.problem(f"not rendered: the values file {quoted(text, 80)} would be fetched", how, remote=True)
            return None
        path = normal(text.lstrip("/") if text.startswith("/") else posixpath.join(asked.path, text))
        if path:
            return asked.ground, path
    asked.problem(f"not rendered: {quoted(raw, 80)} names no file of the repository")
    return None


def _values(helm: Fields) -> Iterator[Values]:
    """Yield the values written into the Application: `valuesObject`, else `values`."""
    if helm.has("valuesObject"):
        yield ValuesText(json.dumps(dict(helm.inner("valuesObject").value), ensure_ascii=False))
    elif text := helm.text("values"):
        yield ValuesText(text)


def _parameters(helm: Fields, asked: Asked) -> Iterator[Parameter]:
    """Yield parameters in Helm's order: all of `--set`, then all of `--set-string`; of equal names the last counts."""
    found: dict[tuple[bool, str], str] = {}
    for one in helm.each("parameters"):
        key = (one.flag("forceString"), one.text("name"))
        found.pop(key, None)
        found[key] = asked.fill(one.text("value"))
    for as_text in (False, True):
        for (forced, name), value in found.items():
            if forced is as_text and name:
                yield Parameter(name, set_text(value), text=as_text)


def _file_parameters(helm: Fields, asked: Asked) -> list[FileParameter] | None:
    found = []
    for one in helm.each("fileParameters"):
        place = located(one.text("path"), asked)
        if place is None:
            return None
        ground, path = place
        if not ground.same(asked.ground):
            asked.problem(f"not rendered: the file {quoted(path, 80)} lies in another tree than the chart")
            return None
        if not _there(ground, path, asked):
            return None
        found.append(FileParameter(one.text("name"), path))
    return found


def _values_files(helm: Fields, asked: Asked) -> list[Values] | None:
    """Return the values files in order, patterns expanded; what is listed by name keeps its own place."""
    lenient = helm.flag("ignoreMissingValueFiles")
    entries = []
    for raw in helm.texts("valueFiles"):
        place = located(raw, asked)
        if place is None:
            return None
        entries.append((raw, *place))
    explicit = {(ground.repository, ground.revision, path) for _, ground, path in entries if not is_pattern(path)}
    found: dict[tuple[str, str, str], Values] = {}
    for raw, ground, path in entries:
        paths: Sequence[str] = [path]
        if is_pattern(path):
            listed = _expanded(raw, ground, path, asked, lenient=lenient)
            if listed is None:
                return None
            paths = [one for one in listed if (ground.repository, ground.revision, one) not in explicit]
        for one in paths:
            layer = _layer(ground, one, asked, lenient=lenient)
            if layer is None:
                return None
            found.setdefault((ground.repository, ground.revision, one), layer)
    return list(found.values())


def _expanded(raw: str, ground: Ground, pattern: str, asked: Asked, *, lenient: bool) -> list[str] | None:
    """Return the files a pattern names: those of a directory before those below it, each in order of their names."""
    if ground.tree is None:
        asked.problem(f"not rendered: what {quoted(raw, 80)} names cannot be seen from here", remote=True)
        return None
    if ground.at_hand:
        asked.said.reads[pattern] = None
    paths = [one for one in ground.tree.files(fixed(pattern)) if doublestar(pattern, one)]
    if not paths and not lenient:
        asked.problem(f"not rendered: the values files {quoted(raw, 80)} match no file")
        return None
    return sorted(paths, key=lambda one: [*((1, part) for part in one.split("/")[:-1]), (0, one.split("/")[-1])])


def _layer(ground: Ground, path: str, asked: Asked, *, lenient: bool) -> Values | None:
    """Return a values file as the chart can be given it: by path in its own tree, as text from another."""
    if ground.same(asked.ground):
        if not lenient and not _there(ground, path, asked):
            return None
        return ValuesFile(path, optional=lenient)
    if ground.tree is None:
        asked.problem(f"not rendered: the values file {quoted(path, 80)} lies out of reach", remote=True)
        return None
    if ground.at_hand:
        asked.said.reads[path] = None
    text = ground.tree.read(path)
    if text is None and not lenient:
        asked.problem(f"not rendered: the values file {quoted(path, 80)} does not exist")
        return None
    return ValuesText((text or b"").decode("utf-8", "replace"))


def _there(ground: Ground, path: str, asked: Asked) -> bool:
    """Say whether a file exists, as far as one can see; where it does not, that is said."""
    if ground.tree is None or ground.tree.blob(path) is not None:
        return True
    asked.problem(
        f"not rendered: the values file {quoted(path, 80)} does not exist",
        "mend its path, or let it be absent with `ignoreMissingValueFiles: true`",
    )
    return False
