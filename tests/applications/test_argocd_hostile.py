"""Whatever stands in an Application or ApplicationSet, it is answered in words, and soon."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.checks.applications import applicationset, argocd
from bot.checks.applications.place import TemplateError
from bot.model.manifest import Resource
from tests.applications.argo import CHART, CLUSTERS, HERE, KUSTOMIZATION, messages, place

FILES = {
    "web/kustomization.yaml": KUSTOMIZATION,
    "chart/Chart.yaml": CHART,
    "chart/.argocd-source.yaml": "helm: {parameters: [1, {name: [a]}], valueFiles: {a: b}}\n",
    "plain/a.yaml": "a: 1\n",
    "plain/b.json": "[{}, {}]\n",
}
TEXTS = st.sampled_from(
    [
        "",
        HERE,
        "web",
        "chart",
        "plain",
        "*",
        "{{a}}",
        "{{.a}}",
        "{{",
        "HEAD",
        "$ref/x",
        "[",
        "../..",
        "a=b",
        "\x00",
        "ü",
    ]
)
WORDS = """
    spec source sources sourceHydrator drySource repoURL path chart ref targetRevision helm kustomize directory plugin
    valueFiles values valuesObject parameters fileParameters name value forceString images replicas count commonLabels
    patches components env recurse include exclude jsonnet destination namespace metadata generators list elements
    elementsYaml git directories files revision matrix merge mergeKeys clusters selector matchLabels matchExpressions
    key operator template templatePatch goTemplate goTemplateOptions pathParamPrefix flatList
"""
NAMES = st.sampled_from(WORDS.split())
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS, st.text(max_size=8))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(NAMES, TEXTS), inner, max_size=6)),
    max_leaves=40,
)


LEAK = "helm: {releaseName: leaked}\n"


def refusing(texts: Any, parameters: Any, *, strict: bool = False) -> Any:
    raise TemplateError("no")


WHERE = place(FILES, clusters=CLUSTERS, template=refusing)


def answered(body: Any) -> None:
    resource = Resource(body, "apps/web.yaml", 1)
    for found in (argocd.applications(resource, WHERE), applicationset.applications(resource, WHERE)):
        assert found
        for one in found:
            assert one.sources or one.problems or one.notes
            assert all(problem.message and problem.path == "apps/web.yaml" for problem in one.problems)
    argocd.reads(resource, WHERE)
    applicationset.reads(resource, WHERE)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_any_value(body: dict[str, Any]) -> None:
    answered(body)


@settings(max_examples=200, deadline=None)
@given(
    source=st.dictionaries(NAMES, VALUES, max_size=8),
    path=st.sampled_from(["web", "chart", "plain", ".", "gone"]),
    generator=st.sampled_from(["list", "git", "clusters", "matrix", "merge"]),
    inside=VALUES,
)
def test_any_value_where_it_counts(source: dict[str, Any], path: str, generator: str, inside: Any) -> None:
    spec = {"source": {**source, "repoURL": HERE, "path": path}}
    answered({"metadata": {"name": "web"}, "spec": spec})
    body = {"generators": [{generator: inside}], "template": {"metadata": {"name": "{{a}}"}, "spec": spec}}
    answered({"metadata": {"name": "set"}, "spec": body})


def deep(levels: int) -> Any:
    value: Any = "end"
    for _ in range(levels):
        value = {"spec": value}
    return value


MONSTERS = [
    ("as deep as may be", {"metadata": {"name": "a"}, "spec": {"template": deep(95), "source": deep(90)}}),
    ("deep", {"metadata": {"name": "a"}, "spec": deep(100_000)}),
    (
        "a deep template",
        {
            "metadata": {"name": "a"},
            "spec": {"generators": [{"list": {"elements": [{"a": "b"}]}}], "template": deep(100_000)},
        },
    ),
    (
        "a deep patch",
        {
            "metadata": {"name": "a"},
            "spec": {"source": {"repoURL": HERE, "path": "web", "kustomize": {"patches": [deep(100_000)]}}},
        },
    ),
    ("wide", {"metadata": {"name": "a"}, "spec": {"sources": [{}] * 300_000}}),
    ("no mapping within", {"metadata": [], "spec": "a"}),
]


@pytest.mark.parametrize("body", [row[1] for row in MONSTERS], ids=[row[0] for row in MONSTERS])
def test_monsters(body: dict[str, Any]) -> None:
    before = time.process_time()
    answered(body)
    assert time.process_time() - before < 10


def test_a_matrix_that_explodes() -> None:
    """Matrices within each other make more than any tree holds; the end is told, not waited for."""
    many = {"list": {"elements": [{f"k{number}": "v"} for number in range(70)]}}
    generator: Any = many
    for _ in range(8):
        generator = {"matrix": {"generators": [generator, many]}}
    resource = Resource({"metadata": {"name": "a"}, "spec": {"generators": [generator]}}, "apps/web.yaml", 1)
    before = time.process_time()
    assert messages(applicationset.applications(resource, WHERE)) == [
        "not evaluated: the generators make more than 5000 applications"
    ]
    assert time.process_time() - before < 20


def test_text_that_explodes() -> None:
    """A long parameter in a long template, 5,000 times, is not written."""
    elements = [{"a": "x" * 1000, "n": str(number)} for number in range(2000)]
    template = {"metadata": {"name": "{{n}}"}, "spec": {"source": {"helm": {"values": "{{a}}" * 1000}}}}
    body = {"metadata": {"name": "a"}, "spec": {"generators": [{"list": {"elements": elements}}], "template": template}}
    before = time.process_time()
    found = applicationset.applications(Resource(body, "apps/web.yaml", 1), WHERE)
    assert "an application is not made: its templates make more text than any honest one does" in messages(found)
    assert time.process_time() - before < 20


def test_a_name_is_no_path() -> None:
    """The name of an Application names a file of overrides; it must not lead out of its directory."""
    files = {**FILES, "secret/x.yaml": LEAK, "chart/.argocd-source-../../secret/x.yaml": LEAK}
    body = {"metadata": {"name": "../../secret/x"}, "spec": {"source": {"repoURL": HERE, "path": "chart"}}}
    (found,) = argocd.applications(Resource(body, "a.yaml", 1), place(files))
    assert [one.helm.release for one in found.sources] == ["../../secret/x"]
