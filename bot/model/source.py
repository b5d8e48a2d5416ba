"""What does an engine render as one, and what belongs together as an application?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.model.environment import ChartPin
from bot.model.manifest import RenderProblem

Engine = Literal["kustomize", "helm", "plain"]


@dataclass(frozen=True, slots=True)
class ValuesFile:
    """A values file of the repository, like Helm's `--values`. One that is `optional` may be missing."""

    path: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ValuesText:
    """Values written down elsewhere, as YAML or JSON text, laid over what stands before them."""

    text: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value by its Helm path, like `--set` (`text` False) or `--set-string` (`text` True)."""

    name: str
    value: str
    text: bool = False


@dataclass(frozen=True, slots=True)
class FileParameter:
    """One value that is the content of a file of the repository, like `--set-file`."""

    name: str
    path: str


Values = ValuesFile | ValuesText | Parameter | FileParameter


@dataclass(frozen=True, slots=True)
class HelmOptions:
    """How a chart is rendered; the defaults are those of `helm template`, with CRDs.

    `kube_version` ("1.33") and `api_versions` are what the chart's `.Capabilities` say; '' is the engine's own.
    """

    release: str = "release-name"
    namespace: str = "default"
    values: tuple[Values, ...] = ()
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    crds: bool = True
    hooks: bool = True
    tests: bool = True


@dataclass(frozen=True, slots=True)
class PlainOptions:
    """Which manifest files of a directory count: patterns of Argo CD's `directory:`; '' is all, and none left out.

    `hidden` are directories with a dot in front, and charts.
    """

    recurse: bool = True
    include: str = ""
    exclude: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What one engine renders at once. Equal sources over equal files render to the same.

    `path` is a kustomization's or chart's directory, or a directory or file of manifests, from the top of the tree.
    `overrides` are files (path, text) that are laid over the tree first, for example a kustomization with the
    options of an Argo CD Application edited in. `repository` ("owner/name") and `revision` name another tree than the
    one at hand, '' is this one. `charts` say what remote charts of a kustomization are.
    """

    path: str
    engine: Engine
    helm: HelmOptions = HelmOptions()
    plain: PlainOptions = PlainOptions()
    overrides: tuple[tuple[str, str], ...] = ()
    repository: str = ""
    revision: str = ""
    charts: tuple[ChartPin, ...] = ()


@dataclass(frozen=True, slots=True)
class Application:
    """What is deployed together under one name: '' for all that an environment's own directory is.

    `declared_as` says what declares it ("Argo CD Application", "Flux Kustomization", …), '' for a directory that was
    found or configured; `path` and `line` say where. `problems` are why it, or a part of it, is not rendered; `notes`
    are said and do no harm. `substitute` are Flux's post-build variables, None when it substitutes nothing. `after`
    names applications that are applied first. `cluster` and `namespace` are where its resources go, '' where that is
    not said.
    """

    name: str
    sources: tuple[Source, ...] = ()
    declared_as: str = ""
    path: str = ""
    line: int | None = None
    problems: tuple[RenderProblem, ...] = ()
    notes: tuple[str, ...] = ()
    substitute: tuple[tuple[str, str], ...] | None = None
    after: tuple[str, ...] = ()
    cluster: str = ""
    namespace: str = ""
