"""A change is looked at as far as it reaches, and no further: neither more nor less than looking at everything."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.adapters.render.building import build_renderer
from bot.flows.environments import reached_by
from bot.flows.evaluation import Evaluation, evaluate_change
from bot.flows.packs import Packs
from bot.flows.question import Question, Sides
from bot.flows.survey import survey
from bot.flows.surveyed import Ground, Survey
from bot.flows.workbench import Workbench
from bot.model.environment import Configuration, Environment, PolicyPack
from bot.model.finding import Finding
from bot.model.tree import Tree
from tests.applications.trees import MemoryTree

Files = dict[str, str]
ENVIRONMENTS = (Environment("staging", "main", "clusters/staging"), Environment("production", "main", "apps"))
CONFIGURATION = Configuration(environments=ENVIRONMENTS, policies=())


def config_map(name: str, value: str = "1") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{a: '{value}'}}\n"


def repository() -> Files:
    """Return a repository that holds a bit of everything."""
    files: Files = {"README.md": "hello\n", "common/values.yaml": "size: 1\n"}
    for app in ("web", "api"):
        files[f"apps/{app}/base/kustomization.yaml"] = "resources: [map.yaml]\n"
        files[f"apps/{app}/base/map.yaml"] = config_map(app)
        for environment in ("staging", "production"):
            here = f"apps/{app}/overlays/{environment}"
            files[f"{here}/kustomization.yaml"] = f"resources: [../../base]\nnameSuffix: -{environment}\n"
    files |= {
        "apps/job/Chart.yaml": "apiVersion: v2\nname: job\nversion: 1.0.0\n",
        "apps/job/values.yaml": "size: 1\n",
        "apps/job/values-production.yaml": "size: 3\n",
        "apps/job/templates/map.yaml": config_map("job").replace("'1'", "'{{ .Values.size }}'"),
        "apps/notes/a.yaml": config_map("note"),
        "clusters/staging/apps.yaml": APPLICATION,
        "clusters/staging/sets.yaml": APPLICATION_SET,
        "clusters/staging/flux.yaml": FLUX,
        "teams/red/map.yaml": config_map("red"),
        "teams/blue/map.yaml": config_map("blue"),
        "infra/map.yaml": config_map("infra", "v${size}"),
        "edited/kustomization.yaml": "resources: [map.yaml]\n",
        "edited/map.yaml": config_map("edited"),
        "clusters/staging/more.yaml": MORE,
        "values/staging.yaml": "size: 1\n",
    }
    return files


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: job}
spec:
  source:
    repoURL: https://github.com/acme/gitops
    path: apps/job
    helm: {valueFiles: [values.yaml, ../../common/values.yaml]}
  destination: {namespace: job, name: in-cluster}
"""
APPLICATION_SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: teams}
spec:
  generators:
    - git: {repoURL: https://github.com/acme/gitops, directories: [{path: teams/*}]}
  template:
    metadata: {name: "{{path.basename}}"}
    spec:
      source: {repoURL: https://github.com/acme/gitops, path: "{{path}}"}
      destination: {namespace: "{{path.basename}}", name: in-cluster}
"""
FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: infra, namespace: flux-system}
spec:
  path: ./infra
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild: {substitute: {size: "5"}}
"""


MORE = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: edited, namespace: flux-system}
spec:
  path: ./edited
  namePrefix: flux-
  sourceRef: {kind: GitRepository, name: flux-system}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: flux-system, namespace: flux-system}
spec: {url: https://github.com/acme/gitops, ref: {branch: main}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: released, namespace: flux-system}
spec:
  chart:
    spec:
      chart: ./apps/job
      sourceRef: {kind: GitRepository, name: flux-system}
      valuesFiles: [./apps/job/values.yaml, ./values/staging.yaml]
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with build_renderer(tmp_path_factory.mktemp("data"), workers=1) as renderer:
        yield Workbench(renderer, lambda _: None)


def ground(environment: Environment) -> Ground:
    return Ground("acme/gitops", environment, CONFIGURATION, "main")


def evaluate(bench: Workbench, base: Tree, head: Tree, touched: list[str], *, whole: bool) -> Evaluation:
    reached = reached_by(CONFIGURATION, "main", "main", base, head)
    sides = Sides(base, head, touched)
    return evaluate_change(
        bench, Question("acme/gitops", CONFIGURATION, Packs(()), reached, sides, "main", whole=whole)
    )


def names(found: Survey) -> list[str]:
    return [one.name for one in found.applications]


def test_what_a_repository_of_everything_holds(bench: Workbench) -> None:
    tree = MemoryTree(repository())
    staging, production = (survey(bench, ground(one), tree) for one in ENVIRONMENTS)
    assert names(staging) == ["", "blue", "edited", "infra", "job", "red", "released"]
    assert names(production) == ["api", "job", "notes", "web"]
    result = evaluate(bench, MemoryTree({}), tree, sorted(repository()), whole=False)
    maps = {(one.application, one.key.name) for each in result.results for one in each.diff.changes}
    assert {("infra", "infra"), ("red", "red"), ("job", "job"), ("web", "web-production")} <= maps
    infra = next(one for one in result.results[0].diff.changes if one.application == "infra")
    assert "+  a: v5" in infra.lines, "Flux's variables are substituted"
    assert not [one for one in result.findings if one.state == "error"]


TOUCHES: dict[str, tuple[Mapping[str, str | None], set[tuple[str, str]]]] = {
    "one overlay": (
        {"apps/web/overlays/production/kustomization.yaml": "resources: [../../base]\nnameSuffix: -p\n"},
        {("production", "web")},
    ),
    "a base": ({"apps/api/base/map.yaml": config_map("api", "2")}, {("production", "api")}),
    "a values file that a declaration names": ({"common/values.yaml": "size: 7\n"}, {("staging", "job")}),
    "a chart's template": (
        {"apps/job/templates/map.yaml": config_map("job", "{{ .Values.size }}0")},
        {("staging", "job"), ("staging", "released"), ("production", "job")},
    ),
    "a kustomization that Flux edits": (
        {"edited/kustomization.yaml": "resources: [map.yaml]\nnameSuffix: -new\n"},
        {("staging", "edited")},
    ),
    "a values file beside the chart that Flux merges": (
        {"values/staging.yaml": "size: 9\n"},
        {("staging", "released")},
    ),
    "the chart's own values that Flux merges": (
        {"apps/job/values.yaml": "size: 8\nnew: 1\n", "values/staging.yaml": "other: 1\n"},
        {("staging", "released")},
    ),
    "a directory that a generator finds": ({"teams/green/map.yaml": config_map("green")}, {("staging", "green")}),
    "a directory that goes": ({"teams/red/map.yaml": None}, {("staging", "red")}),
    "a new overlay": (
        {
            "apps/new/overlays/production/kustomization.yaml": "resources: [m.yaml]\n",
            "apps/new/overlays/production/m.yaml": config_map("new"),
        },
        {("production", "new")},
    ),
    "nothing that is deployed": ({"README.md": "bye\n", "docs/a.yaml": config_map("no")}, set()),
    "another environment's overlay": (
        {"apps/web/overlays/staging/kustomization.yaml": "resources: [../../base]\n"},
        set(),
    ),
    "variables of Flux": (
        {"clusters/staging/flux.yaml": FLUX.replace('"5"', '"6"')},
        {("staging", ""), ("staging", "infra")},
    ),
}


@pytest.mark.parametrize("words", TOUCHES)
def test_what_a_change_touches(bench: Workbench, words: str) -> None:
    changes, expected = TOUCHES[words]
    base = repository()
    head = changed(base, changes)
    result = evaluate(bench, MemoryTree(base), MemoryTree(head), sorted(changes), whole=False)
    differ = {(each.name, one.application) for each in result.results for one in each.diff.changes}
    assert differ == expected


def changed(files: Files, changes: Mapping[str, str | None]) -> Files:
    merged = {**files, **{path: text for path, text in changes.items() if text is not None}}
    return {path: text for path, text in merged.items() if changes.get(path, "") is not None}


def mutate(files: Files, dice: random.Random) -> Files:
    """Change a repository in one to three ways that people change repositories."""
    found = dict(files)
    for _ in range(dice.randint(1, 3)):
        path = dice.choice(sorted(found))
        match dice.randrange(6):
            case 0:
                del found[path]
            case 1:
                found[path.replace("web", "shop").replace("red", "pink")] = found.pop(path)
            case 2 | 3:
                found[path] = found[path].replace("'1'", f"'{dice.randint(2, 9)}'").replace("size: 1", "size: 4") + "\n"
            case 4:
                place = dice.choice(
                    ["apps/extra", "teams/extra", "clusters/staging", "apps/web/base", "infra", "edited"]
                )
                found[f"{place}/extra.yaml"] = config_map("extra", str(dice.randint(1, 9)))
            case _:
                name = dice.choice(["web", "api"])
                found[f"apps/{name}/overlays/production/kustomization.yaml"] = (
                    f"resources: [../../base, {dice.choice(['../../../notes', '../../../../teams/red', 'x.yaml'])}]\n"
                )
    return found


@pytest.mark.parametrize("seed", range(25))
def test_looking_at_what_is_touched_finds_what_looking_at_everything_finds(bench: Workbench, seed: int) -> None:
    """Several changes in a row, each surveyed from the one before, as a bot that runs for long does."""
    dice = random.Random(seed)
    files = repository()
    before = MemoryTree(files)
    known = {one.name: survey(bench, ground(one), before) for one in ENVIRONMENTS}
    for _ in range(3):
        files = mutate(files, dice)
        head = MemoryTree(files)
        touched = sorted(path for path in {*before.files(), *head.files()} if before.blob(path) != head.blob(path))
        for one in ENVIRONMENTS:
            near = known[one.name]
            bench.memory.surveys.clear()
            derived = survey(bench, ground(one), head, near=near, changed=touched)
            bench.memory.surveys.clear()
            fresh = survey(bench, ground(one), head)
            assert derived.applications == fresh.applications
            assert derived.reads == fresh.reads
            assert {k: v for k, v in derived.index.items() if v} == dict(fresh.index)
            known[one.name] = derived
        bench.memory.surveys.clear()
        few = evaluate(bench, before, head, touched, whole=False)
        everything = evaluate(bench, before, head, touched, whole=True)
        assert differences(few) == differences(everything)
        assert new(few) == new(everything)
        before = head


def differences(found: Evaluation) -> set[tuple[str, str, str, str]]:
    return {
        (each.name, one.application, str(one.key), one.lines) for each in found.results for one in each.diff.changes
    }


def new(found: Evaluation) -> set[Finding]:
    """Return what is new of findings; an error is always new where it is looked at, so it is left out here."""
    return {one for one in found.findings if one.new and one.state != "error"}


def test_a_policy_pack_of_the_repository_makes_everything_be_looked_at(bench: Workbench) -> None:
    configuration = Configuration(environments=ENVIRONMENTS, policies=(PolicyPack(path="rules"),))
    files = repository()
    base, head = MemoryTree(files), MemoryTree({**files, "rules/a.yaml": "a: 1\n"})
    seen: list[tuple[int, int]] = []
    question = Question(
        "acme/gitops",
        configuration,
        Packs(()),
        reached_by(configuration, "main", "main", base, head),
        Sides(base, head, ["rules/a.yaml"]),
        progress=lambda done, total: seen.append((done, total)),
    )
    evaluate_change(bench, question)
    assert seen[-1] == (11, 11), "every application of both environments, and told as it went on"


def test_the_data_directory_holds_no_more_than_was_read(tmp_path: Path) -> None:
    with build_renderer(tmp_path, scratch=tmp_path / "checkouts") as renderer:
        own = Workbench(renderer, lambda _: None)
        files = repository()
        head = changed(files, TOUCHES["one overlay"][0])
        evaluate(own, MemoryTree(files), MemoryTree(head), sorted(TOUCHES["one overlay"][0]), whole=False)
    written = {one.relative_to(tmp_path).parts[2:] for one in (tmp_path / "checkouts").rglob("*") if one.is_file()}
    assert ("apps", "web", "base", "map.yaml") in written
    assert ("apps", "api", "base", "map.yaml") not in written
