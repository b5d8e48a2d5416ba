"""What does a repository look like in which every way to describe a cluster is used?

Four environments of one repository: kustomize overlays that are found, charts that Argo CD Applications and an
ApplicationSet declare, overlays and charts that Flux Kustomizations and HelmReleases declare, and plain manifests.
"""

from __future__ import annotations

from tools.bench import charts, overlays
from tools.bench.repositories import CONFIGURATION, URL, Change, Generated, Root, configuration, numbered

_SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata:
  name: charts
  namespace: argocd
spec:
  generators:
    - git:
        repoURL: {url}
        revision: main
        directories:
          - path: charts/*
  template:
    metadata:
      name: "{{{{path.basename}}}}-staging"
    spec:
      project: default
      source:
        repoURL: {url}
        targetRevision: main
        path: "{{{{path}}}}"
        helm:
          releaseName: "{{{{path.basename}}}}"
          valueFiles:
            - values-staging.yaml
      destination:
        server: https://kubernetes.default.svc
        namespace: staging
"""
_SOURCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 5m
  url: {url}
  ref:
    branch: main
"""
_KUSTOMIZATION = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: {name}
  namespace: flux-system
spec:
  interval: 10m
  prune: true
  path: ./{path}
  commonMetadata:
    labels:
      agent: flux
  sourceRef:
    kind: GitRepository
    name: flux-system
"""
_RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {name}
  namespace: flux-system
spec:
  interval: 10m
  releaseName: {name}
  targetNamespace: development
  chart:
    spec:
      chart: ./{path}
      valuesFiles:
        - {path}/values.yaml
        - {path}/values-development.yaml
      sourceRef:
        kind: GitRepository
        name: flux-system
"""
_PLAIN = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}-settings
  namespace: {name}
data:
  level: {level}
---
apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {name}
spec:
  selector:
    app: {name}
  ports:
    - name: http
      port: 80
"""


def mixed(size: int = 10, seed: int = 1) -> Generated:
    """Return a repository with `2 * size` overlays, `size` charts and `size` directories of plain manifests.

    The first half of the overlays is found, the other half declared by Flux. Heads: `one-01` a found overlay,
    `one-02` a chart's production values, `one-03` a plain manifest, `one-04` an overlay of Flux; `base` with the
    overlays' base changed; `all` with all of it, and `other` with the same changed otherwise.
    """
    found, flux = numbered("web", size), numbered("flux", size)
    apps, teams = numbered("app", size), numbered("team", size)
    files = {CONFIGURATION: configuration(_PLACES), **overlays.base_files()}
    files |= {_overlay("overlays", name): overlays.overlay_file(name, seed) for name in found}
    files |= {_overlay("flux", name): _deeper(overlays.overlay_file(name, seed)) for name in flux}
    for path in [*files]:
        if path.endswith("/kustomization.yaml") and path != "base/kustomization.yaml":
            files[path.replace("kustomization.yaml", "autoscaler.yaml")] = overlays.PATCH.format(most=8)
    for name in apps:
        files |= charts.chart_files(f"charts/{name}", name, seed)
    files |= _declared(apps, flux)
    files |= {f"plain/{name}/manifests.yaml": _PLAIN.format(name=name, level="info") for name in teams}
    roots = (
        *(Root("kustomize", f"overlays/{name}") for name in found),
        *(Root("kustomize", f"flux/apps/{name}") for name in flux),
        *(charts.root(name, environment, f"charts/{name}") for name in apps for environment in charts.ENVIRONMENTS),
        *(Root("plain", f"plain/{name}") for name in teams),
    )
    return Generated("mixed", files, _heads(found, flux, apps, teams, seed), roots)


_PLACES = {"web": "overlays", "argo": "argocd", "flux": "clusters/production", "plain": "plain"}


def _overlay(directory: str, name: str) -> str:
    return f"{'flux/apps' if directory == 'flux' else directory}/{name}/kustomization.yaml"


def _deeper(text: str) -> str:
    return text.replace("../../base", "../../../base")


def _declared(apps: list[str], flux: list[str]) -> dict[str, str]:
    """Return what Argo CD and Flux are told."""
    files = {f"argocd/{name}.yaml": charts.application(name, "production", f"charts/{name}") for name in apps}
    files["argocd/charts.yaml"] = _SET.format(url=URL)
    files["clusters/production/source.yaml"] = _SOURCE.format(url=URL)
    for name in flux:
        files[f"clusters/production/{name}.yaml"] = _KUSTOMIZATION.format(name=name, path=f"flux/apps/{name}")
    for name in apps:
        files[f"clusters/production/{name}.yaml"] = _RELEASE.format(name=name, path=f"charts/{name}")
    return files


def _heads(found: list[str], flux: list[str], apps: list[str], teams: list[str], seed: int) -> dict[str, Change]:
    own = {_overlay("overlays", name): overlays.overlay_file(name, seed, "2.0.0") for name in found}
    theirs = {_overlay("flux", name): _deeper(overlays.overlay_file(name, seed, "2.0.0")) for name in flux}
    values = {
        f"charts/{name}/values-{environment}.yaml": charts.own_values(name, environment, seed, "2.0.0")
        for name in apps
        for environment in charts.ENVIRONMENTS
    }
    plain = {f"plain/{name}/manifests.yaml": _PLAIN.format(name=name, level="debug") for name in teams}
    production = f"charts/{apps[0]}/values-production.yaml"
    one = [own, {production: values[production]}, plain, theirs]
    heads: dict[str, Change] = {
        f"one-{number:02}": dict([next(iter(part.items()))]) for number, part in enumerate(one, 1)
    }
    heads["base"] = {"base/deployment.yaml": overlays.changed_base()}
    heads["all"] = {**own, **theirs, **values, **plain}
    moved = {**own, **theirs, **values}
    heads["other"] = {path: text.replace("2.0.0", "2.1.0") for path, text in moved.items()} | {
        path: text.replace("level: debug", "level: warn") for path, text in plain.items()
    }
    return heads
