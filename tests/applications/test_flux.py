"""Does a Flux Kustomization become what Flux would build?"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.checks.applications import flux
from bot.checks.applications.substitution import UNKNOWN
from bot.model.manifest import Resource
from bot.model.source import Application, Source
from tests.applications.flux_place import FILES, GIT, kustomization, place, resources
from tests.applications.trees import MemoryTree

OWN = yaml.safe_load(FILES["apps/web/kustomization.yaml"])


def edited(spec: str, **more: Any) -> dict[str, Any]:
    """Return what the kustomization becomes; only what differs from the file's own."""
    ((path, text),) = kustomization(spec, **more).sources[0].overrides
    assert path == "apps/web/kustomization.yaml"
    value = json.loads(text)
    assert (value.pop("apiVersion"), value.pop("kind")) == ("kustomize.config.k8s.io/v1beta1", "Kustomization")
    return {key: one for key, one in value.items() if OWN.get(key) != one}


def test_a_plain_one_is_the_directory_itself() -> None:
    assert kustomization() == Application(
        "web", (Source("apps/web", "kustomize"),), "Flux Kustomization", "clusters/prod/web.yaml", 3
    )


EDITS = [
    ("targetNamespace: shop", {"namespace": "shop"}),
    ("namePrefix: a-, nameSuffix: -b", {"namePrefix": "a-", "nameSuffix": "-b"}),
    ("images: [{name: web, newTag: '2'}, {name: new, digest: 'sha256:1'}]",
     {"images": [{"name": "web", "newTag": "2"}, {"name": "db"}, {"name": "new", "digest": "sha256:1"}]}),
    ("patches: [{patch: '- op: remove', target: {kind: Deployment, unknown: 1, labelSelector: a=b}}, {patch: 'a: b'}]",
     {"patches": [{"patch": "- op: remove", "target": {"kind": "Deployment", "labelSelector": "a=b"}},
                  {"patch": "a: b"}]}),
    ("patchesStrategicMerge: [{kind: Deployment}]", {"patchesStrategicMerge": ['{"kind": "Deployment"}']}),
    ("patchesJson6902: [{patch: [{op: remove, path: /a}], target: {kind: Service}}]",
     {"patchesJson6902": [{"patch": '[{"op": "remove", "path": "/a"}]', "target": {"kind": "Service"}}]}),
    ("components: [../missing]", {"components": ["../missing"]}),
    ("components: [../missing, ../web], ignoreMissingComponents: true", {"components": ["../web"]}),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "expected"), EDITS, ids=[row[0].partition(":")[0] for row in EDITS])
def test_options_are_edited_in(spec: str, expected: dict[str, Any]) -> None:
    assert edited(spec) == expected


def test_lists_are_appended_to_and_names_found_in_whatever_case() -> None:
    files = {**FILES, "apps/web/kustomization.yaml": "Namespace: a\npatches: [{path: x}]\n"}
    found = edited("targetNamespace: b, patches: [{patch: y}]", where=place(files=files))
    assert found == {"Namespace": "b", "patches": [{"path": "x"}, {"patch": "y"}]}


def test_common_metadata_is_set_on_resources_alone() -> None:
    labels, annotations = edited("commonMetadata: {labels: {a: $x}, annotations: {b: c}}")["transformers"]
    assert json.loads(labels) == {
        "apiVersion": "builtin",
        "kind": "LabelTransformer",
        "metadata": {"name": "common-labels"},
        "labels": {"a": "$x"},
        "fieldSpecs": [{"path": "metadata/labels", "create": True}],
    }
    assert json.loads(annotations)["annotations"] == {"b": "c"}
    (escaped,) = edited("commonMetadata: {labels: {a: '${x}'}}, postBuild: {substitute: {x: y}}")["transformers"]
    assert json.loads(escaped)["labels"] == {"a": "$${x}"}


GENERATED = {
    ".sourceignore": "/apps/left-out\n*.txt\n",
    "apps/b.yaml": "",
    "apps/a.yml": "",
    "apps/c.json": "",
    "apps/.sops.yaml": "",
    "apps/.hidden.yaml": "",
    "apps/deep/er/d.yaml": "",
    "apps/overlay/kustomization.yml": "",
    "apps/overlay/ignored.yaml": "",
    "apps/left-out/e.yaml": "",
    "apps/own/.sourceignore": "f*\n!fine.yaml\n",
    "apps/own/f.yaml": "",
    "apps/own/fine.yaml": "",
    "apps/tests/g.yaml": "",
}


def test_a_directory_without_kustomization_gets_one() -> None:
    where = place(GIT.replace("spec: {", "spec: {ignore: 'tests/', "), GENERATED)
    (source,) = kustomization("path: apps, targetNamespace: shop", where).sources
    ((path, text),) = source.overrides
    assert (source.path, path) == ("apps", "apps/kustomization.yaml")
    assert json.loads(text) == {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [
            "./.hidden.yaml", "./a.yml", "./b.yaml", "./deep/er/d.yaml", "./overlay", "./own/fine.yaml",
        ],
        "namespace": "shop",
    }  # fmt: skip


def test_symbolic_links_are_no_part_of_what_flux_fetches() -> None:
    class Linked(MemoryTree):
        def canonical(self, path: str) -> str | None:
            found = super().canonical(path)
            return found and found.replace("apps/link", "elsewhere")

    where = replace(place(), tree=Linked({"apps/a.yaml": "", "apps/link/b.yaml": "", "apps/link.yaml": ""}))
    ((_, text),) = kustomization("path: apps", where).sources[0].overrides
    assert json.loads(text)["resources"] == ["./a.yaml"]


PATHS = [("", ""), ("./", ""), ("/apps/web", "apps/web"), ("apps/../apps/web/", "apps/web"), ("../../apps", "apps")]


@pytest.mark.parametrize(("path", "expected"), PATHS)
def test_paths_never_leave_the_source(path: str, expected: str) -> None:
    assert kustomization(f"path: '{path}'").sources[0].path == expected


NOTES = [
    ("suspend: true", "suspended: Flux applies no change until it is resumed"),
    ("prune: false", "prune is off: what is removed here stays in the cluster"),
    ("decryption: {provider: sops}", "what SOPS encrypted is shown as it is, encrypted"),
    ("kubeConfig: {secretRef: {name: x}}", "applied to another cluster than the one it is declared on (kubeConfig)"),
]


@pytest.mark.parametrize(("spec", "words"), NOTES)
def test_notes(spec: str, words: str) -> None:
    found = kustomization(spec)
    assert (found.notes, len(found.sources), found.problems) == ((words,), 1, ())


def test_what_it_depends_on() -> None:
    found = kustomization("dependsOn: [{name: infra}, {name: db, namespace: data}, {namespace: x}, 5]")
    assert found.after == ("infra", "data/db")


def test_one_of_a_namespace_of_its_own_is_called_so() -> None:
    body = {"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization"}
    (found,) = flux.applications(Resource({**body, "metadata": {"name": "a", "namespace": "team"}}), place())
    assert found.name == "team/a"


MISTAKES = [
    ("path: apps/wob", "not rendered: its path apps/wob is no directory, apps/wob is not there",
     "did you mean apps/web?"),
    ("path: nothing", "not rendered: its path nothing is no directory, nothing is not there",
     "the repository holds apps"),
    ("patches: [{target: {}}]", "not rendered: an entry of spec.patches has no patch, which is a text", ""),
    ("images: [{newTag: x}]", "not rendered: an entry of spec.images has no name", ""),
    ("components: ['https://x.example/y']",
     "not rendered: component https://x.example/y is no path relative to spec.path", ""),
    ("sourceRef: {name: shop}",
     "not rendered: Kustomization flux-system/web does not say its source (sourceRef: kind and name)", ""),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "message", "how"), MISTAKES)
def test_mistakes_are_told(spec: str, message: str, how: str) -> None:
    found = kustomization(spec)
    (problem,) = found.problems
    assert found.sources == ()
    assert (problem.message, problem.how, problem.path, problem.line) == (message, how, "clusters/prod/web.yaml", 3)


def test_a_broken_kustomization_is_told_with_its_line() -> None:
    where = place(files={**FILES, "apps/web/kustomization.yaml": "a: b\nc: [\n"})
    (problem,) = kustomization("targetNamespace: x", where).problems
    assert (problem.path, problem.line) == ("apps/web/kustomization.yaml", 3)


VARIABLES = """
apiVersion: v1
kind: ConfigMap
metadata: {name: vars, namespace: flux-system}
data: {zone: "a\\nb", size: "3", both: one}
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: flux-system}
data: {token: aHVudGVyMg==, both: Mg==, flag: dHJ1ZQ==}
stringData: {port: "5432"}
---
apiVersion: v1
kind: Secret
metadata: {name: sealed, namespace: flux-system}
data: {token: "ENC[AES256_GCM,data:abc]"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: elsewhere, namespace: other}
data: {zone: c}
"""


def variables(post_build: str) -> tuple[dict[str, str], Application]:
    found = kustomization(f"postBuild: {{{post_build}}}", place(f"{GIT}---{VARIABLES}"))
    return dict(found.substitute or ()), found


def test_variables_given_win_over_those_of_a_configmap() -> None:
    found, application = variables(
        "substitute: {both: two, 'on': true, n: 5}, substituteFrom: [{kind: ConfigMap, name: vars}]"
    )
    assert found == {"zone": "ab", "size": "3", "both": "two", "on": "true", "n": "5"}
    assert (application.problems, application.notes) == ((), ())


def test_without_variables_nothing_is_substituted() -> None:
    assert kustomization("postBuild: {}").substitute is None
    assert kustomization("postBuild: {substitute: {}}").substitute is None


def test_values_of_secrets_count_and_never_show() -> None:
    found, application = variables("substituteFrom: [{kind: ConfigMap, name: vars}, {kind: Secret, name: keys}]")
    assert "hunter2" not in str(application) and "5432" not in str(application)
    assert found["token"].startswith("secret") and found["token"].isalnum() and len(found["token"]) % 4 == 0
    assert len(found["port"]) == 4 and found["port"].isdigit() and found["flag"] == "true"
    assert found["both"] != "one"  # the later reference wins
    assert application.notes == ("variables from Secret keys are replaced by words that stand for their values",)
    changed = place(f"{GIT}---{VARIABLES}".replace("aHVudGVyMg==", "aHVudGVyMw=="))
    again = dict(kustomization("postBuild: {substituteFrom: [{kind: Secret, name: keys}]}", changed).substitute or ())
    assert again["token"] != found["token"] and again["port"] == found["port"]


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("{kind: ConfigMap, name: elsewhere}",
         "ConfigMap flux-system/elsewhere is not among what this environment holds"),
        ("{kind: Secret, name: none}", "Secret flux-system/none is not among what this environment holds"),
        ("{kind: Secret, name: sealed}", "Secret flux-system/sealed is encrypted by SOPS"),
    ],
)  # fmt: skip
def test_variables_that_are_not_here_stay_as_they_are_written(reference: str, words: str) -> None:
    found, application = variables(f"substituteFrom: [{reference}], substitute: {{a: b}}")
    assert found == {"a": "b", UNKNOWN: ""}
    (problem,) = application.problems
    assert problem.message == f"not rendered in full: {words}; its variables are left as they are written"
    assert problem.remote and len(application.sources) == 1
    found, application = variables(f"substituteFrom: [{reference[:-1]}, optional: true}}], substitute: {{a: b}}")
    assert (found, application.problems, application.notes) == ({"a": "b"}, (), (f"{words}; it is optional",))


def test_names_that_flux_refuses() -> None:
    found, application = variables("substitute: {a-b: c, d: e}")
    assert found == {"d": "e"}
    assert application.problems[0].message == (
        "Flux refuses the name of the variable 'a-b': letters, digits and _ only"
    )


def test_other_resources_declare_nothing() -> None:
    for one in resources(GIT + "---\nkind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\n"):
        assert flux.applications(one, place()) == ()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=4), below, max_size=3),
    max_leaves=8,
)
fields = (
    "path", "sourceRef", "targetNamespace", "namePrefix", "patches", "images", "components", "commonMetadata",
    "postBuild", "dependsOn", "patchesStrategicMerge", "patchesJson6902", "decryption", "suspend", "chart", "chartRef",
    "values", "valuesFrom", "releaseName", "install", "test", "postRenderers",
)  # fmt: skip
KNOWN: dict[str, Any] = {
    "sourceRef": {"kind": "GitRepository", "name": "shop"},
    "chart": {"spec": {"chart": "charts/web", "sourceRef": {"kind": "GitRepository", "name": "shop"}}},
}


@given(
    st.sampled_from(["Kustomization", "HelmRelease"]),
    st.dictionaries(st.sampled_from(fields), anything) | anything,
    st.booleans(),
)
def test_hostile_resources_never_raise(kind: str, spec: Any, known: bool) -> None:
    group = "kustomize" if kind == "Kustomization" else "helm"
    if known and isinstance(spec, dict):
        spec = {**spec, **KNOWN}
    body = {"apiVersion": f"{group}.toolkit.fluxcd.io/v1", "kind": kind, "metadata": {"name": "x"}, "spec": spec}
    (found,) = flux.applications(Resource(body), place(files={**FILES, "charts/web/Chart.yaml": "name: web"}))
    assert found.sources or found.problems
