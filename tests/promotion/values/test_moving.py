"""Which versions travel, which stay, which are told?"""

from __future__ import annotations

import textwrap

import pytest

from bot.promotion.values.moving import Past, Versions, move
from bot.promotion.values.recognised import recognise

OLD, NEW, OTHER = (f"sha256:{letter * 64}" for letter in "abc")


def versions(text: str, *keys: str) -> Versions:
    return Versions("file.yaml", textwrap.dedent(text), keys)


def kustomization(tag: str, digest: str = "", *, name: str = "web") -> str:
    pinned = f"\n  digest: {digest}" if digest else ""
    return f"resources: [../base]\nimages:\n- name: {name}\n  newTag: {tag}  # ours{pinned}\n"


MOVES = [
    ("changed in the source", kustomization("v2"), kustomization("v1"), kustomization("v1"),
     ["web: image tag v1 → v2"], kustomization("v2"), [], []),
    ("nothing changed", kustomization("v1"), kustomization("v1"), kustomization("v1"), [], kustomization("v1"), [], []),
    ("only the target changed", kustomization("v1"), kustomization("v1"), kustomization("v9"),
     [], kustomization("v9"), ["images[name=web].newTag"], []),
    ("both changed alike", kustomization("v2"), kustomization("v1"), kustomization("v2"),
     [], kustomization("v2"), [], []),
    ("both changed differently", kustomization("v2"), kustomization("v1"), kustomization("v9"),
     [], kustomization("v9"), [], ["changed in both since the last promotion, when it was v1"]),
    ("back again", kustomization("v1"), kustomization("v2"), kustomization("v2"),
     ["web: image tag v2 → v1"], kustomization("v1"), [], []),
    ("never promoted", kustomization("v2"), None, kustomization("v1"),
     ["web: image tag v1 → v2"], kustomization("v2"), [], []),
    ("a digest comes with its tag", kustomization("v2", NEW), kustomization("v1"), kustomization("v1"),
     ["web: image tag v1 → v2", "web: image digest none → sha256:bbbbbbb"], kustomization("v2", NEW), [], []),
    ("a digest goes with its tag", kustomization("v2"), kustomization("v1", OLD), kustomization("v1", OLD),
     ["web: image tag v1 → v2", "web: image digest sha256:aaaaaaa → none"], kustomization("v2"), [], []),
    ("a digest of the target's own holds it up", kustomization("v2"), kustomization("v1"), kustomization("v1", OTHER),
     [], kustomization("v1", OTHER), [], ["it pins an image of its own beside the tag"]),
    ("an image that the target lacks, and that moved", kustomization("v2"), kustomization("v1"),
     kustomization("v1", name="api"), [], kustomization("v1", name="api"), [], ["no item has name `web`"]),
    ("an image that the target lacks, and that stands still", kustomization("v1"), kustomization("v1"),
     kustomization("v1", name="api"), [], kustomization("v1", name="api"), [], []),
]  # fmt: skip


@pytest.mark.parametrize("row", MOVES, ids=[row[0] for row in MOVES])
def test_three_states_decide(row: tuple[str, str, str | None, str, list[str], str, list[str], list[str]]) -> None:
    _, source, base, target, moves, text, kept, told = row
    moved = move("web", versions(source), Past(versions(base)) if base else None, versions(target))
    assert [str(one) for one in moved.moves] == moves
    assert moved.text == text
    assert list(moved.kept) == kept
    assert len(moved.collisions) == len(told)
    assert all(words in one.reason for one, words in zip(moved.collisions, told, strict=True))


def test_of_an_image_in_one_text_only_the_version_travels() -> None:
    source, target = "image: ghcr.io/dev/web:1.5\n", "image: registry.example.com/prod/web:1.4\n"
    moved = move("web", versions(source), Past(versions("image: ghcr.io/dev/web:1.4\n")), versions(target))
    assert moved.text == "image: registry.example.com/prod/web:1.5\n"
    assert str(moved.moves[0]) == ("web: image registry.example.com/prod/web:1.4 → registry.example.com/prod/web:1.5")


def test_named_keys_alone_travel() -> None:
    source, old = "image: {tag: v2}\nreplicas: 5\n", "image: {tag: v1}\nreplicas: 1\n"
    moved = move("web", versions(source, "replicas"), Past(versions(old, "replicas")), versions(old))
    assert moved.text == "image: {tag: v1}\nreplicas: 5\n"
    assert str(moved.moves[0]) == "web: value 1 → 5"


def test_a_file_that_cannot_be_read_is_told_with_file_and_line() -> None:
    moved = move("web", versions("a: [\n"), None, versions("tag: v1\n"))
    (told,) = moved.collisions
    assert (told.file, told.line, moved.text) == ("file.yaml", 2, "tag: v1\n")


RECOGNISED = [
    ("kustomization", "images:\n- name: web\n  newTag: v1\n- name: api\n  digest: x\nresources: [a]\n",
     ["images[name=web].newTag", "images[name=api].digest"]),
    ("kustomization's charts", "kind: Kustomization\nhelmCharts:\n- name: web\n  version: 1.2.3\n",
     ["helmCharts[name=web].version"]),
    ("Argo CD of git", """
     apiVersion: argoproj.io/v1alpha1
     kind: Application
     metadata: {name: web}
     spec: {source: {repoURL: x, path: y, targetRevision: v1}}
     """, ["spec.source.targetRevision"]),
    ("Argo CD of charts", """
     apiVersion: argoproj.io/v1alpha1
     kind: Application
     metadata: {name: web}
     spec:
       sources:
         - repoURL: x
           chart: web
           targetRevision: 1.2.3
           helm: {parameters: [{name: image.tag, value: v1}, {name: a, value: b}]}
         - {repoURL: y, helm: {valuesObject: {image: {repository: a, tag: v1}}}}
     """, ["spec.sources[0].targetRevision", "spec.sources[0].helm.parameters[name=image.tag].value",
           "spec.sources[1].helm.valuesObject.image.tag"]),
    ("ApplicationSet", """
     apiVersion: argoproj.io/v1alpha1
     kind: ApplicationSet
     metadata: {name: web}
     spec:
       generators: [{list: {elements: [{name: eu, version: v1, url: a}]}}]
       template: {spec: {source: {targetRevision: '{{version}}'}}}
     """, ["spec.generators[0].list.elements[name=eu].version"]),
    ("Flux HelmRelease", """
     apiVersion: helm.toolkit.fluxcd.io/v2
     kind: HelmRelease
     metadata: {name: web}
     spec: {chart: {spec: {chart: web, version: 1.2.3}}, values: {replicas: 2, image: {tag: v1}}}
     """, ["spec.chart.spec.version", "spec.values.image.tag"]),
    ("Flux Kustomization", """
     apiVersion: kustomize.toolkit.fluxcd.io/v1
     kind: Kustomization
     metadata: {name: web}
     spec: {path: ./x, images: [{name: web, newTag: v1}]}
     """, ["spec.images[name=web].newTag"]),
    ("Flux OCIRepository", """
     apiVersion: source.toolkit.fluxcd.io/v1
     kind: OCIRepository
     metadata: {name: web}
     spec: {url: oci://x, ref: {tag: 1.2.3}}
     """, ["spec.ref.tag"]),
    ("values of a chart", """
     image: {repository: x, tag: v1, digest: abc}
     sidecar: {image: proxy:1.2}
     git: {tag: x}
     tag: y
     """, ["image.tag", "image.digest", "sidecar.image"]),
    ("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\ndependencies: [{name: web, version: 1.2.3}]\n",
     ["dependencies[name=web].version"]),
    ("helmfile", "releases: [{name: web, chart: dev/web, version: 1.2.3}]\n", ["releases[name=web].version"]),
    ("a workload", """
     apiVersion: apps/v1
     kind: Deployment
     metadata: {name: web}
     spec: {template: {spec: {containers: [{name: web, image: 'registry:5000/web:v1'}, {name: b, image: bare}]}}}
     """, ["spec.template.spec.containers[name=web].image"]),
    ("several documents", """
     apiVersion: argoproj.io/v1alpha1
     kind: Application
     metadata: {name: a}
     spec: {source: {targetRevision: v1}}
     ---
     apiVersion: argoproj.io/v1alpha1
     kind: Application
     metadata: {name: b}
     spec: {source: {targetRevision: v2}}
     """, ["Application/a:spec.source.targetRevision", "Application/b:spec.source.targetRevision"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "keys"), [row[1:] for row in RECOGNISED], ids=[row[0] for row in RECOGNISED])
def test_versions_are_known_by_what_a_file_is(text: str, keys: list[str]) -> None:
    assert [str(one.key) for one in recognise(textwrap.dedent(text))] == keys


def test_a_target_that_is_behind_follows_and_one_with_a_version_of_its_own_does_not() -> None:
    now, base, history = (versions(kustomization(one)) for one in ("v4", "v3", "v1"))
    for there, moves in (("v1", ["web: image tag v1 → v4"]), ("v2-fix", [])):
        moved = move("web", now, Past(base, history=(base, history)), versions(kustomization(there)))
        assert [str(one) for one in moved.moves] == moves
        assert len(moved.collisions) == 1 - len(moves)


def test_what_the_target_had_when_the_pair_was_configured_is_nobodys_decision() -> None:
    """A fix made in the target before its first promotion was taken for what it had had, and overwritten."""
    now, base, there = (versions(kustomization(one)) for one in ("v4", "v3", "v2"))
    moved = move("web", now, Past(base, adopted=there), there)
    assert [str(one) for one in moved.moves] == ["web: image tag v2 → v4"]
    fixed = move("web", now, Past(base, adopted=versions(kustomization("v1"))), there)
    assert not fixed.moves
    assert [one.reason for one in fixed.collisions] == ["changed in both since they were configured, when it was v3"]
