"""Where do the files of a Flux source lie, and which sources are not rendered?"""

from __future__ import annotations

import pytest

from bot.model.source import Source
from tests.applications.flux_place import FILES, GIT, kustomization, place

HERE = Source("apps/web", "kustomize")


def git(ref: str = "{branch: main}", url: str = "https://github.com/Acme/shop") -> str:
    return GIT.replace("{branch: main}", ref).replace('"ssh://git@github.com/acme/shop.git"', url)


REVISIONS = [
    ("{branch: main}", ""),
    ("{branch: release}", "release"),
    ("{name: refs/heads/main}", ""),
    ("{name: refs/pull/7/head, branch: main}", "refs/pull/7/head"),
    ("{tag: v1, branch: main}", "refs/tags/v1"),
    ("{commit: 0123abc, branch: main}", "0123abc"),
    ("{}", "master"),
]


@pytest.mark.parametrize(("ref", "revision"), REVISIONS)
def test_revisions(ref: str, revision: str) -> None:
    (source,) = kustomization(where=place(git(ref))).sources
    assert source == Source("apps/web", "kustomize", revision=revision)


def test_a_configured_repository() -> None:
    where = place(git(url="https://github.com/acme/other.git"), others=("acme/other",))
    assert kustomization(where=where).sources == (
        Source("apps/web", "kustomize", repository="acme/other", revision="main"),
    )
    (problem,) = kustomization("targetNamespace: x", where).problems
    assert problem.remote and problem.message == (
        "not rendered: its options are edited into a kustomization of acme/other, which is not read here"
    )


REFUSED = [
    ("{kind: GitRepository, name: shop}", git(url="https://github.com/else/where"),
     "not rendered: its source is https://github.com/else/where, neither this repository nor one that is configured"),
    ("{kind: GitRepository, name: shop}", git("{semver: '>1'}"),
     "not rendered: GitRepository shop follows a range of versions (semver), which only Flux resolves"),
    ("{kind: GitRepository, name: none}", GIT,
     "not rendered: its source, GitRepository flux-system/none, is not among what this environment holds"),
    ("{kind: GitRepository, name: shop, namespace: other}", GIT,
     "not rendered: its source, GitRepository other/shop, is not among what this environment holds"),
    ("{kind: OCIRepository, name: shop}", GIT.replace("GitRepository", "OCIRepository"),
     "not rendered: its source is an OCI artifact, OCIRepository shop (ssh://git@github.com/acme/shop.git); "
     "Lockkeeper renders offline"),
    ("{kind: Bucket, name: shop}", GIT,
     "not rendered: its source is a bucket, Bucket shop; Lockkeeper renders offline"),
    ("{kind: ExternalArtifact, name: shop}", GIT,
     "not rendered: its source is ExternalArtifact shop, which no ArtifactGenerator of this environment makes"),
    ("{kind: Floppy, name: shop}", GIT, "not rendered: Floppy is no kind of source that Flux knows"),
]  # fmt: skip


@pytest.mark.parametrize(("reference", "text", "message"), REFUSED)
def test_refused(reference: str, text: str, message: str) -> None:
    found = kustomization(f"sourceRef: {reference}", place(text))
    assert ([one.message for one in found.problems], found.sources) == ([message], ())


def test_the_repository_of_the_bootstrap_is_this_one() -> None:
    """`flux bootstrap` writes it to gotk-sync.yaml, which an environment need not hold."""
    assert kustomization("sourceRef: {kind: GitRepository, name: flux-system}", place("")).sources == (HERE,)


def test_what_a_repository_includes_is_not_followed() -> None:
    found = kustomization(where=place(GIT.replace("spec: {", "spec: {include: [{repository: {name: x}}], ")))
    assert found.notes == ("the GitRepository's `include` is not followed",)


def artifact(copy: str, sources: str = "{alias: repo, kind: GitRepository, name: shop}") -> str:
    return f"""{GIT}---
apiVersion: source.extensions.fluxcd.io/v1beta1
kind: ArtifactGenerator
metadata: {{name: parts, namespace: flux-system}}
spec:
  sources: [{sources}]
  artifacts:
  - name: other
  - name: web
    copy: [{copy}]
"""


ARTIFACTS = [
    ("./web", "{from: '@repo/apps/**', to: '@artifact/'}"),
    ("", "{from: '@repo/apps/web/**', to: '@artifact/'}"),
    ("apps/web", "{from: '@repo/**', to: '@artifact/'}"),
    ("web", "{from: '@repo/apps/web/**', to: '@artifact/web/'}, {from: '@repo/apps/base/**', to: '@artifact/base'}"),
    ("web", "{from: '@repo/apps/web', to: '@artifact/'}"),
    ("web", "{from: '@repo/apps/web/kustomization.yaml', to: '@artifact/web/'}"),
    ("web", "{from: '@repo/apps/web/a.yaml', to: '@artifact/web/a.yaml'}"),
    ("apps/web", "{from: '@repo/apps/*/a.yaml', to: '@artifact/'}"),
]


@pytest.mark.parametrize(("path", "copy"), ARTIFACTS)
def test_an_artifact_that_keeps_a_directory_as_it_is(path: str, copy: str) -> None:
    spec = f"path: '{path}', sourceRef: {{kind: ExternalArtifact, name: web}}"
    assert kustomization(spec, place(artifact(copy))).sources == (HERE,)


COMPOSED = [
    ("{from: '@repo/apps/web/**', to: '@artifact/sub/'}", "lays the files of web out anew"),
    ("{from: '@repo/apps/web/**', to: 'sub/'}", "lays the files of web out anew"),
    ("{from: '@repo/x.tgz', to: '@artifact/', strategy: Extract}", "lays the files of web out anew"),
    ("{from: '@repo/a/**', to: '@artifact/'}, {from: '@repo/b/**', to: '@artifact/'}",
     "composes web from several places"),
    ("{from: '@none/a/**', to: '@artifact/'}", "has no source none"),
    ("", "composes web from several places"),
]  # fmt: skip


@pytest.mark.parametrize(("copy", "words"), COMPOSED)
def test_an_artifact_that_is_composed(copy: str, words: str) -> None:
    found = kustomization("sourceRef: {kind: ExternalArtifact, name: web}", place(artifact(copy)))
    assert [one.message for one in found.problems] == [f"not rendered: ArtifactGenerator parts {words}"]


def test_an_artifact_of_a_remote_source() -> None:
    text = artifact("{from: '@repo/a/**', to: '@artifact/'}", "{alias: repo, kind: Bucket, name: b}")
    (problem,) = kustomization("sourceRef: {kind: ExternalArtifact, name: web}", place(text)).problems
    assert problem.remote and (problem.path, problem.line) == ("clusters/prod/web.yaml", 3)


def test_the_same_files_for_all() -> None:
    assert kustomization(where=place(files=FILES)).sources == (HERE,)
