"""Which kustomization does Argo CD build, once the options of an Application are edited into it?

Source: util/kustomize/kustomize.go and docs/user-guide/kustomize.md of argoproj/argo-cd.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.checks.applications.argocd_asked import Asked
from bot.checks.applications.argocd_fields import Fields, kind_of
from bot.checks.applications.kustomize_options import EditError, KustomizeOptions, edited
from bot.checks.closure import KUSTOMIZATION_FILES, normal
from bot.checks.documents import parse
from bot.checks.scalars import DocumentError
from bot.model.quoting import quoted
from bot.model.source import Source
from bot.model.tree import Tree

_COUNT = re.compile(r"-?\d{1,9}")


def kustomize_source(kustomize: Fields, asked: Asked) -> Source | None:
    """Return what kustomize builds for a source; None, and a problem said, when its options cannot be edited in."""
    ground = asked.ground
    plain = Source(asked.path, "kustomize", repository=ground.repository, revision=ground.revision)
    options = _options(kustomize, asked)
    if not options.any:
        return plain
    if ground.tree is None:
        asked.problem(
            "not rendered: its options are edited into a kustomization that cannot be read from here", remote=True
        )
        return None
    path = _kustomization(asked.path, ground.tree)
    if path is None:
        asked.problem(
            f"not rendered: {quoted(asked.path or '.', 80)} holds no kustomization to edit its options into",
            "add a kustomization.yaml there",
        )
        return None
    if ground.at_hand:
        asked.said.reads[path] = None
    value = _parsed(ground.tree.read(path) or b"")
    if value is None:
        return plain  # kustomize itself says best what is wrong with the file
    try:
        found = edited(value, options)
    except EditError as error:
        asked.problem(f"not rendered: {quoted(path, 80)} and the Application do not fit: {error}")
        return None
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    return Source(
        asked.path, "kustomize", overrides=((path, text),), repository=ground.repository, revision=ground.revision
    )


def _options(kustomize: Fields, asked: Asked) -> KustomizeOptions:
    if version := kustomize.text("version"):
        asked.said.note(f"kustomize {quoted(version)} is asked for; Lockkeeper's own builds")
    annotations = kustomize.labels("commonAnnotations")
    if kustomize.flag("commonAnnotationsEnvsubst"):
        annotations = {name: asked.fill(value) for name, value in annotations.items()}
    return KustomizeOptions(
        name_prefix=kustomize.text("namePrefix"),
        name_suffix=kustomize.text("nameSuffix"),
        namespace=kustomize.text("namespace"),
        images=tuple(asked.fill(one) for one in kustomize.texts("images")),
        replicas=tuple(_replicas(kustomize)),
        labels={name: asked.fill(value) for name, value in kustomize.labels("commonLabels").items()},
        labels_without_selector=kustomize.flag("labelWithoutSelector"),
        labels_in_templates=kustomize.flag("labelIncludeTemplates"),
        force_labels=kustomize.flag("forceCommonLabels"),
        annotations=annotations,
        force_annotations=kustomize.flag("forceCommonAnnotations"),
        patches=tuple(one.value for one in kustomize.each("patches")),
        components=tuple(_components(kustomize, asked)),
    )


def _replicas(kustomize: Fields) -> Iterator[tuple[str, int]]:
    for one in kustomize.each("replicas"):
        count = one.value.get("count")
        text = str(count) if isinstance(count, int | str) and not isinstance(count, bool) else ""
        if _COUNT.fullmatch(text):
            yield one.text("name"), int(text)
        else:
            said = quoted(count) if isinstance(count, str) else kind_of(count)
            one.wrong.append(f"`{one.at}.count` must be a whole number, not {said}")


def _components(kustomize: Fields, asked: Asked) -> Iterator[str]:
    """Yield the components to add; those that are not there only when they may not be missing."""
    lenient = kustomize.flag("ignoreMissingComponents")
    tree = asked.ground.tree
    for one in kustomize.texts("components"):
        path = normal(posixpath.join(asked.path, one))
        if not lenient or tree is None or (path is not None and tree.is_directory(path)):
            yield one
        elif path is not None and asked.ground.at_hand:
            asked.said.reads[f"{path}/**"] = None


def _kustomization(directory: str, tree: Tree) -> str | None:
    paths = (posixpath.join(directory, name) for name in KUSTOMIZATION_FILES)
    return next((path for path in paths if tree.blob(path) is not None), None)


def _parsed(text: bytes) -> Mapping[str, Any] | None:
    """Return the one mapping that a kustomization file is, None when it is something else."""
    try:
        documents = parse(text)
    except DocumentError:
        return None
    if not documents:
        return {}
    value = documents[0].value
    return value if len(documents) == 1 and isinstance(value, Mapping) else None
