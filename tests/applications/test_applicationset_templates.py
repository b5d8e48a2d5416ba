"""How the templates of an ApplicationSet are filled in, in both of their languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from bot.checks.applications.filling import FillError, Filling
from bot.checks.applications.go_fields import FieldError, of_fields
from bot.checks.applications.parameters import filled_up, flattened, go_text, merged, sanitized
from bot.checks.applications.place import TemplateError
from bot.checks.applications.template_patch import PatchError, patched
from bot.model.source import Source, ValuesFile
from tests.applications.argo import CHART, KUSTOMIZATION, generated, messages, place

FILES = {
    "apps/web/kustomization.yaml": KUSTOMIZATION,
    "charts/web/Chart.yaml": CHART,
    "charts/web/large.yaml": "",
    "charts/web/debug.yaml": "",
}


def engine(texts: Sequence[str], parameters: Mapping[str, Any], *, strict: bool = False) -> Sequence[str]:
    """Stand for a template engine: it knows one function, and says whom it was asked for."""
    if any("broken" in text for text in texts):
        raise TemplateError('function "broken" not defined')
    return [text.replace("{{ shout .name }}", parameters["name"].upper()) for text in texts]


FAST = [
    ("{{a}}", "1"),
    ("{{ a }}-{{b.c}}", "1-2"),
    ("{{unknown}}", "{{unknown}}"),
    ("{{list}}", "{{list}}"),  # not a text
    ("{{}}", "{{}}"),
    ("{{ {{a}} }}", "{{ {{a}} }}"),  # a tag ends at the first }}
    ("no template", "no template"),
    ("{{", "{{"),
    ("a: {{a}}\nb: {{b.c}}", "a: 1\nb: 2"),
]


@pytest.mark.parametrize(("text", "expected"), FAST)
def test_fasttemplate(text: str, expected: str) -> None:
    filling = Filling(False, False, None, {})
    assert filling.text(text, {"a": "1", "b.c": "2", "list": ["x"]}) == expected


def test_a_tag_that_does_not_end() -> None:
    with pytest.raises(FillError) as caught:
        Filling(False, False, None, {}).text("{{a}} {{b", {"a": "1"})
    assert caught.value.message == "`{{a}} {{b` is no template: a `{{` is not closed"


def test_keys_are_filled_in_too_and_other_values_stay() -> None:
    value = {"{{a}}": ["{{a}}", 1, None, True, {"x{{a}}": 2.5}]}
    filling = Filling(False, False, None, {})
    assert filling.value(value, {"a": "A"}) == {"A": ["A", 1, None, True, {"xA": 2.5}]}
    assert filling.value(value, {}) is value


PARAMETERS: dict[str, Any] = {
    "name": "Web_1",
    "path": {"path": "apps/web", "segments": ["apps", "web"]},
    "metadata": {"labels": {"app.kubernetes.io/name": "web"}},
    "size": 1000000,
    "on": True,
    "none": None,
    "inner": {"a": {"b": "deep"}},
}
FIELDS = [
    ("{{.name}}", "Web_1"),
    ("{{ .name }}-{{ .path.path }}", "Web_1-apps/web"),
    ("{{.name | normalize}} {{ normalize .name }}", "web-1 web-1"),
    ("{{ index .path.segments 1 }}", "web"),
    ('{{ index .metadata.labels "app.kubernetes.io/name" }}', "web"),
    ('{{ index .metadata.labels "none" }}', ""),
    ('{{ index .inner "none" }}', "<no value>"),
    ('{{ index .inner "a" "b" }}', "deep"),
    ("{{.size}} {{.on}}", "1e+06 true"),
    ("{{.missing}}", "<no value>"),
    ("plain", "plain"),
    # What an engine is needed for.
    ("{{ .name | upper }}", None),
    ("{{- .name -}}", None),
    ("{{ if .on }}x{{ end }}", None),
    ("{{ .path }}", None),
    ("{{ .none }}", None),
    ("{{/* .name */}}", None),
    ('{{ "{{.name}}" }}', None),
    ("{{ .name.first }}", None),
    ("{{ normalize .size }}", None),
    ("{{.name}} {{", None),
]


@pytest.mark.parametrize(("text", "expected"), FIELDS)
def test_go_templates_of_fields(text: str, expected: str | None) -> None:
    assert of_fields(text, PARAMETERS, strict=False) == expected


MISSING = [
    ("{{.missing}}", True, '<.missing>: map has no entry for key "missing"'),
    ("{{.inner.x.b}}", True, '<.inner.x.b>: map has no entry for key "x"'),
    ("{{.inner.x.b}}", False, "<.inner.x.b>: nil pointer evaluating interface {}.b"),
    (
        "{{index .path.segments 7}}",
        False,
        "<index .path.segments 7>: error calling index: index out of range: 7",
    ),
]


@pytest.mark.parametrize(("text", "strict", "message"), MISSING)
def test_go_templates_of_fields_that_are_not_there(text: str, strict: bool, message: str) -> None:
    with pytest.raises(FieldError) as caught:
        of_fields(text, PARAMETERS, strict=strict)
    assert str(caught.value) == message


def test_the_engine_is_asked_once_for_all_it_is_needed_for() -> None:
    asked: list[list[str]] = []

    def counting(texts: Sequence[str], parameters: Mapping[str, Any], *, strict: bool = False) -> Sequence[str]:
        asked.append(list(texts))
        return engine(texts, parameters, strict=strict)

    filling = Filling(True, False, counting, {})
    value = {"a": "{{ shout .name }}", "b": ["x{{ shout .name }}", "{{.name}}", "plain", "{{ shout .name }}"]}
    assert filling.value(value, {"name": "web"}) == {"a": "WEB", "b": ["xWEB", "web", "plain", "WEB"]}
    assert [sorted(one) for one in asked] == [["x{{ shout .name }}", "{{ shout .name }}"]]


SPEC = """
    goTemplate: true
    goTemplateOptions: [missingkey=error]
    generators: [{list: {elements: [{name: web}]}}]
    template: {metadata: {name: '%s'}, spec: {source: {repoURL: HERE, path: apps/web}}}
"""
FAILING = [
    (
        "{{ .nome }}",
        "an application is not made: the template `{{ .nome }}` cannot be carried out: "
        '<.nome>: map has no entry for key "nome"',
    ),
    (
        "{{ broken .name }}",
        'an application is not made: a template cannot be carried out: function "broken" not defined',
    ),
    (
        "{{ shout .name }}<no value>",
        "an application is not made: the template `{{ shout .name }}<no value>` names a parameter that is not there",
    ),
]


@pytest.mark.parametrize(("name", "message"), FAILING)
def test_a_template_that_fails(name: str, message: str) -> None:
    assert messages(generated(SPEC % name, place(FILES, template=engine))) == [message]


def test_without_an_engine() -> None:
    (found,) = generated(SPEC % "{{ shout .name }}", place(FILES))
    assert messages([found]) == [
        "an application is not made: the template `{{ shout .name }}` cannot be carried out: "
        "no engine for Go templates is here"
    ]
    assert found.problems[0].how == "see `lockkeeper doctor` for how to get one"
    (found,) = generated(SPEC % "{{ .name }}", place(FILES))
    assert (found.name, found.problems) == ("web", ())


def test_what_is_no_parameter_is_noted() -> None:
    """A template of Alertmanager's in values stood in Argo CD's template: it stays, as Argo CD leaves it."""
    spec = """
        generators: [{list: {elements: [{name: web}]}}]
        template:
          metadata: {name: '{{name}}'}
          spec: {source: {repoURL: HERE, path: charts/web, helm: {values: 'a: "{{ $labels.x }}"'}}}
    """
    (found,) = generated(spec, place(FILES))
    assert found.problems == ()
    assert found.notes == ("its template names what is no parameter, and stays so: `$labels.x`",)


GENERATOR_TEMPLATE = """
    generators:
    - list:
        elements: [{cluster: dev}]
        template:
          metadata: {labels: {a: own}}
          spec: {source: {path: 'apps/web', targetRevision: ''}, destination: {}}
    - list: {elements: [{cluster: prod}]}
    template:
      metadata: {name: '{{cluster}}', labels: {a: outer, b: outer}}
      spec:
        source: {repoURL: HERE, targetRevision: HEAD, path: charts/web}
        destination: {namespace: shop}
"""


def test_a_generator_with_a_template_of_its_own() -> None:
    dev, prod = generated(GENERATOR_TEMPLATE, place(FILES))
    assert (dev.name, dev.sources) == ("dev", (Source("apps/web", "kustomize"),))
    assert (prod.name, prod.sources[0].path, prod.sources[0].helm.namespace) == ("prod", "charts/web", "shop")


FILLED_UP: list[tuple[Any, Any, Any]] = [
    ({"a": 1}, {"a": 2, "b": 3}, {"a": 1, "b": 3}),
    ({"a": ""}, {"a": 2}, {"a": 2}),
    ({"a": {"b": 1}}, {"a": {"b": 2, "c": 3}}, {"a": {"b": 1, "c": 3}}),
    ({"a": [1]}, {"a": [2, 3]}, {"a": [1]}),
    ({"a": []}, {"a": [2, 3]}, {"a": [2, 3]}),
    ({"valuesObject": {"a": 1}}, {"valuesObject": {"b": 1}}, {"valuesObject": {"a": 1}}),
    (None, {"a": 1}, {"a": 1}),
]


@pytest.mark.parametrize(("own", "outer", "expected"), FILLED_UP)
def test_filled_up(own: Any, outer: Any, expected: Any) -> None:
    assert filled_up(own, outer) == expected


PATCH = """
    goTemplate: true
    generators:
    - list: {elements: [{name: web, files: [large.yaml, debug.yaml]}]}
    template:
      metadata: {name: '{{.name}}'}
      spec: {project: default, source: {repoURL: HERE, path: charts/web}}
    templatePatch: |
      PATCH
"""


def test_a_patch_of_the_template() -> None:
    def ranging(texts: Sequence[str], parameters: Mapping[str, Any], *, strict: bool = False) -> Sequence[str]:
        return [text.replace("{{ toJson .files }}", str(parameters["files"])) for text in texts]

    patch = "{spec: {project: evil, source: {helm: {valueFiles: {{ toJson .files }}}}}}"
    (found,) = generated(PATCH.replace("PATCH", patch), place(FILES, template=ranging))
    assert found.problems == ()
    assert found.sources[0].helm.values == (ValuesFile("charts/web/large.yaml"), ValuesFile("charts/web/debug.yaml"))


def test_a_patch_that_is_of_no_use() -> None:
    found = generated(PATCH.replace("PATCH", "just words"), place(FILES))
    assert messages(found) == [
        "an application is not made: its `templatePatch` is of no use: it is neither a mapping nor a list"
    ]


APPLICATION: dict[str, Any] = {
    "spec": {"project": "a", "source": {"path": "x"}, "sources": [{"path": "y"}, {"path": "z"}]}
}
PATCHES: list[tuple[str, str, dict[str, Any]]] = [
    ("a value", "spec: {source: {path: new}}", {"source": {"path": "new"}}),
    ("a value more", "spec: {source: {ref: r}}", {"source": {"path": "x", "ref": "r"}}),
    ("a list is replaced", "spec: {sources: [{ref: r}]}", {"sources": [{"ref": "r"}]}),
    ("null takes away", "spec: {sources: null}", {"sources": None}),
    ("the project stays", "spec: {project: b}", {}),
    ("all of it", "spec: {source: {$patch: replace, ref: r}}", {"source": {"ref": "r"}}),
    (
        "an operation",
        '[{"op": "replace", "path": "/spec/sources/1/path", "value": "n"}]',
        {"sources": [{"path": "y"}, {"path": "n"}]},
    ),
    (
        "adding at the end",
        '[{"op": "add", "path": "/spec/sources/-", "value": {}}]',
        {"sources": [{"path": "y"}, {"path": "z"}, {}]},
    ),
    (
        "adding in front",
        '[{"op": "add", "path": "/spec/sources/0", "value": {}}]',
        {"sources": [{}, {"path": "y"}, {"path": "z"}]},
    ),
    ("removing", '[{"op": "remove", "path": "/spec/sources/0"}]', {"sources": [{"path": "z"}]}),
    (
        "moving",
        '[{"op": "move", "from": "/spec/sources/0", "path": "/spec/source"}]',
        {"source": {"path": "y"}, "sources": [{"path": "z"}]},
    ),
    (
        "testing and copying",
        '[{"op": "test", "path": "/spec/source/path", "value": "x"}, '
        '{"op": "copy", "from": "/spec/sources/0", "path": "/spec/source"}]',
        {"source": {"path": "y"}},
    ),
]


@pytest.mark.parametrize(("patch", "changed"), [row[1:] for row in PATCHES], ids=[row[0] for row in PATCHES])
def test_patched(patch: str, changed: dict[str, Any]) -> None:
    before = repr(APPLICATION)
    expected = {key: value for key, value in {**APPLICATION["spec"], **changed}.items() if value is not None}
    assert patched(APPLICATION, patch) == {"spec": expected}
    assert repr(APPLICATION) == before


UNFIT = [
    ('[{"op": "remove", "path": "/spec/none"}]', "its operation 1 does not fit"),
    ('[{"op": "test", "path": "/spec/project", "value": "b"}]', "its operation 1 does not fit"),
    ('[{"op": "replace", "path": "/spec/sources/7", "value": 1}]', "its operation 1 does not fit"),
    ('[{"op": "what", "path": "/spec"}]', "its operation 1 does not fit"),
    ("[1]", "its operation 1 does not fit"),
    ('[{"op": "replace", "path": "", "value": 1}]', "it leaves no Application"),
    ("a: 1\na: 2", "the key 'a' stands twice in one mapping on line 2"),
    (f"spec: {{sources: [{'{}, ' * 10_000}]}}", "it is larger than any honest one"),
    (
        str([{"op": "copy", "from": "/spec", "path": f"/spec/s{n}"} for n in range(40)]).replace("'", '"'),
        "its operations copy more than any Application holds",
    ),
]


@pytest.mark.parametrize(("patch", "message"), UNFIT)
def test_patches_that_do_not_fit(patch: str, message: str) -> None:
    with pytest.raises(PatchError) as caught:
        patched(APPLICATION, patch)
    assert str(caught.value) == message


def test_a_patch_is_read_once_and_stays_as_it_is() -> None:
    """What is remembered of a patch became a part of the first Application, and the next one found it changed."""
    whole = (
        '[{"op": "replace", "path": "", "value": {"spec": {"sources": []}}},'
        ' {"op": "add", "path": "/spec/sources/-", "value": {}}]'
    )
    for _ in range(3):
        assert patched(APPLICATION, whole) == {"spec": {"sources": [{}], "project": "a"}}
    for _ in range(3):
        with pytest.raises(PatchError):
            patched(APPLICATION, "a: 1\na: 2")


GO_TEXT: list[tuple[Any, str]] = [
    ("a", "a"),
    (True, "true"),
    (None, "<nil>"),
    (3, "3"),
    (-3, "-3"),
    (0, "0"),
    (0.5, "0.5"),
    (100000, "100000"),
    (1000000, "1e+06"),
    (1234567, "1.234567e+06"),
    (123456.5, "123456.5"),
    (0.0001, "0.0001"),
    (0.00001, "1e-05"),
    (-0.000012, "-1.2e-05"),
    (1e300, "1e+300"),
    ([1, "a"], "[1 a]"),
    ({"b": 1, "a": [2]}, "map[a:[2] b:1]"),
]


@pytest.mark.parametrize(("value", "expected"), GO_TEXT, ids=lambda one: str(one)[:20])
def test_values_as_go_writes_them(value: Any, expected: str) -> None:
    assert go_text(value) == expected


def test_flattened() -> None:
    assert flattened({"a": {"b": [1, {"c": 2}]}, "d": [], "e": {}, "f": None}) == {
        "a.b.0": 1,
        "a.b.1.c": 2,
        "f": None,
    }


@pytest.mark.parametrize(
    ("name", "expected"), [("Web_1", "web-1"), ("-a.", "a"), ("a" * 300, "a" * 253), ("ü", ""), ("a.b-c", "a.b-c")]
)
def test_sanitized(name: str, expected: str) -> None:
    assert sanitized(name) == expected


def test_merged() -> None:
    assert merged({"a": {"b": 1, "c": 2}, "d": 1}, {"a": {"b": 3}, "d": {"e": 1}}) == {
        "a": {"b": 3, "c": 2},
        "d": {"e": 1},
    }
