"""Is what a chart makes anew by every render masked, always by the same words, and nothing else?"""

from __future__ import annotations

import base64
from typing import Any

import pytest

from bot.adapters.render.editing import with_other_time
from bot.adapters.render.pool import EnginePool
from bot.adapters.render.volatile import MASK, masked
from bot.model.source import ValuesText
from tests.render.charts import CHART, CONFIG, NEEDS_DB, SUB, Scenario, options, packed
from tests.render.conftest import Write
from tests.render.test_charts import render

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\n"
RANDOM = {
    "password": ("data: {p: {{ randAlphaNum 20 | b64enc }}}", {"p": base64.b64encode(MASK.encode()).decode()}),
    "plain": ("stringData: {p: 'user:{{ randAscii 9 | b64enc }}', q: same}", {"p": MASK, "q": "same"}),
    "bcrypt": ("stringData: {p: '{{ bcrypt `x` }}'}", {"p": MASK}),
    "htpasswd": ("stringData: {p: '{{ htpasswd `me` `x` }}'}", {"p": MASK}),
    "uuid": ("stringData: {p: '{{ uuidv4 }}'}", {"p": MASK}),
    "derived": ("stringData: {p: '{{ uuidv4 | sha256sum }}'}", {"p": MASK}),
    "lines": (
        "stringData:\n  p: |\n    a: 1\n    b: {{ uuidv4 }}\n    c: {{ uuidv4 }}\n    d: 2",
        {"p": f"a: 1\n{MASK}\nd: 2\n"},
    ),
    "certificate": (
        "{{ $ca := genCA `x` 9 }}\nstringData: {p: {{ $ca.Cert | quote }}}",
        {"p": f"-----BEGIN CERTIFICATE-----\n{MASK}\n-----END CERTIFICATE-----\n"},
    ),
    "private key": (
        "stringData: {p: {{ genPrivateKey `ecdsa` | quote }}}",
        {"p": f"-----BEGIN EC PRIVATE KEY-----\n{MASK}\n-----END EC PRIVATE KEY-----\n"},
    ),
    "time": ("stringData: {p: '{{ now | date `2006-01-02` }}', q: '{{ now.Year }} now'}", {"p": MASK, "q": MASK}),
    "number": ("stringData: {p: {{ randNumeric 9 | int }}}", {"p": 0}),
    "only a word": ("stringData: {p: now, q: '{{ `now` }}'}", {"p": "now", "q": "now"}),
    "a certain date": ("stringData: {p: '{{ toDate `2006` `2020` | date `2006-01` }}'}", {"p": "2020-01"}),
}


@pytest.mark.parametrize("name", RANDOM)
def test_what_is_made_anew_is_masked(renderer: EnginePool, write: Write, name: str) -> None:
    text, expected = RANDOM[name]
    scenario = Scenario({"a.yaml": SECRET + text + "\n", "b.yaml": CONFIG % "same" + "data: {a: b}\n"})
    checkout = write(scenario.files)
    first, second = (render(renderer, checkout, scenario.options) for _ in range(2))
    assert first.problems == ()
    assert first == second
    (secret,) = (one.body for one in first.resources if one.kind == "Secret")
    assert secret.get("data", secret.get("stringData")) == expected
    assert (first.notes != ()) == (MASK in repr(expected) or name in ("password", "number"))
    for note in first.notes:
        assert note.startswith("made anew by every render and therefore masked: Secret keys: ")


def test_names_and_what_refers_to_them(renderer: EnginePool, write: Write) -> None:
    job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: 'migrate-{{ randAlpha 5 | lower }}'}\n"
    pod = "spec: {template: {metadata: {annotations: {checksum: '{{ uuidv4 }}', kept: a}}}}\n"
    scenario = Scenario({"a.yaml": job + pod})
    (one,) = render(renderer, write(scenario.files), scenario.options).resources
    assert one.name == f"migrate-{MASK}"
    assert one.body["spec"]["template"]["metadata"]["annotations"] == {"checksum": MASK, "kept": "a"}


@pytest.mark.parametrize("place", ["a packed subchart", "values", "a text", "a helper"])
def test_functions_are_found_wherever_they_are_called(renderer: EnginePool, write: Write, place: str) -> None:
    called = "{{ randAlphaNum 9 }}-{{ now | unixEpoch }}"
    template = {"a.yaml": CONFIG % "a" + "data: {x: '{{ tpl .Values.text . }}'}\n"}
    subchart = {f"db/{name}": text for name, text in SUB.items()} | {
        "db/templates/a.yaml": CONFIG % "a" + f"data: {{x: '{called}'}}\n"
    }
    scenario = {
        "a packed subchart": Scenario(metadata=NEEDS_DB % "", more={f"{CHART}/charts/db-0.3.0.tgz": packed(subchart)}),
        "values": Scenario(template, f"text: '{called}'\n"),
        "a text": Scenario(template, options=options(ValuesText(f"text: '{called}'\n"))),
        "a helper": Scenario(
            {
                "a.yaml": CONFIG % "a" + "data: {x: '{{ include `x` . }}'}\n",
                "_x.tpl": '{{ define "x" }}' + called + "{{ end }}",
            }
        ),
    }[place]
    rendered = render(renderer, write(scenario.files), scenario.options)
    assert rendered.problems == ()
    assert [one.body["data"] for one in rendered.resources] == [{"x": MASK}]


def test_a_chart_that_asks_for_neither_is_rendered_once(renderer: EnginePool, write: Write) -> None:
    scenario = Scenario({"a.yaml": CONFIG % "a"})
    assert render(renderer, write(scenario.files), scenario.options).notes == ()


TIMES = [
    ("{{ now }}", "{{ (toDate"),
    ("{{ now | date `2006` }}", "{{ (toDate"),
    ('{{ printf "now" }}', '{{ printf "now" }}'),
    ("{{ .now }} {{ $now }} {{ `now` }} now {{ nowhere }}", None),
    ("{{ dateInZone `15` (now) `UTC` }}", "{{ dateInZone `15` ((toDate"),
]


@pytest.mark.parametrize(("text", "beginning"), TIMES)
def test_only_calls_of_now_are_another_time(text: str, beginning: str | None) -> None:
    found = with_other_time(text.encode()).decode()
    assert found.startswith(beginning or text)
    assert (found == text) == (beginning is None or "printf" in text)


def body(**data: Any) -> dict[str, Any]:
    return {"kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}


MASKED = [
    ("equal", body(a="x"), [body(a="x")], body(a="x")),
    ("text", body(a="x", b="y"), [body(a="z", b="y")], body(a=MASK, b="y")),
    ("one of several renders", body(a="x"), [body(a="x"), body(a="z")], body(a=MASK)),
    ("number and text", body(a=1), [body(a="1")], body(a=0)),
    ("truth", body(a=True), [body(a=False)], body(a=MASK)),
    ("entry of a list", body(a=["x", "y"]), [body(a=["x", "z"])], body(a=["x", MASK])),
    ("lists of several lengths", body(a=["x"]), [body(a=["x", "z"])], body(a=MASK)),
    ("another key", body(a={"x1": 1, "b": 2}), [body(a={"x2": 1, "b": 2})], body(a={MASK: MASK, "b": 2})),
    ("more lines", body(a="a\nb\nc"), [body(a="a\nx\ny\nc")], body(a=f"a\n{MASK}\nc")),
]


@pytest.mark.parametrize(("name", "first", "others", "expected"), MASKED, ids=[one[0] for one in MASKED])
def test_masking(name: str, first: dict[str, Any], others: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    found, notes = masked([first], [[one] for one in others])
    assert found == [expected]
    assert bool(notes) == (name != "equal")


def test_many_places_are_counted() -> None:
    first, other = (body(**{f"k{n}": f"{letter}{n}" for n in range(13)}) for letter in "ab")
    (note,) = masked([first], [[other]])[1]
    assert note.endswith(" and 3 more")
