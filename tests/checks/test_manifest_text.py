"""Resources are written as PyYAML would write them, whatever they hold, and mean the same to who reads them."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.checks.documents import parse
from bot.checks.manifest_text import arranged, dumped, manifest_text, manifest_texts

NASTY = [
    "", "a: b", "a #b", " a", "a ", "- a", "-", "yes", "No", "null", "~", "1", "1.5", "2020-01-01", "12:30:45", "a\nb",
    "a\n\nb", "a\n", " a\nb", "\n", "\na", "a\tb", "é", "\x07", "\u2028", "x" * 300, "*a", "&a", "!a", "%a", "@a", "`a",
    "{a}", "[a]", "a,b", "a:", "'a'", '"a"', "a\n  b\n", "=", "<<", "0x1f", "1e3", ".5", "+1", "a\r\nb", "a b", "  ",
    "a\n \nb", "|", "> ", "? a", "key:with:colons", "a\x85b", "\ufeffa", "registry.example.com/web:1.4", "y", "Off",
    "a\n\n", "a\n\n\nb\n", "a \nb", "a\nb ", "a\n\tb", "a\né", "# a\nb", "a: 1\nb: 2\n", "x" * 4100, "x y " * 1100,
    "a" * 3000 + "\n" + "b " * 1000 + "c\n", "a\n" * 2500, "\x7f\na", "a\n\u2029", "---\na", "...\n", "%a\nb",
]  # fmt: skip
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=12), st.text("ab \n:#-", max_size=12))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=20,
)


@settings(max_examples=600, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_it_is_what_pyyaml_writes(body: dict[str, Any]) -> None:
    text = manifest_text(body)
    assert text == dumped(arranged(body))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*NASTY[:8], "spec", "name"]), VALUES, max_size=5))
def test_it_reads_back_as_what_it_was(body: dict[str, Any]) -> None:
    assert yaml.safe_load(manifest_text(body)) == body


# No digit and no word that Kubernetes takes for a number or a truth and PyYAML for a text: `1e3` and `y` stand bare.
_SPEAKING = st.text("ab :#-\n\t'\"\\é\u2028*&!%@`{}[],|>?~=", max_size=14)


@settings(max_examples=600, deadline=None)
@given(st.dictionaries(st.one_of(_SPEAKING, st.sampled_from(["No", "null", "Off", "1", "<<"])), _SPEAKING, min_size=1))
def test_kubernetes_reads_it_as_what_it_was(body: dict[str, Any]) -> None:
    for value in (body, {"a": [body, {"b": [[body]]}]}):
        (document,) = parse(manifest_text(value).encode())
        assert document.value == value


@settings(max_examples=600, deadline=None)
@given(VALUES, VALUES, VALUES, TEXTS)
def test_two_that_share_parts_are_written_as_each_alone(shared: Any, one: Any, other: Any, name: str) -> None:
    base = {"a": shared, "b": {"c": one, "d": [shared, {"e": shared}]}, "f": [[shared, one], shared]}
    head = {"a": other, "aa": [shared], "b": {"c": shared, "d": [[shared], shared]}, "f": [[shared], one], name: base}
    assert manifest_texts(base, head) == (manifest_text(base), manifest_text(head))
    assert manifest_texts(head, base) == (manifest_text(head), manifest_text(base))
    assert manifest_texts(shared, shared) == (manifest_text(shared),) * 2


def test_a_part_is_not_taken_from_a_text_that_was_given_up() -> None:
    shared = {"x": 1}
    base, head = {"a": shared, "b": "\u2028"}, {"a": shared, "b": 1}
    assert manifest_texts(base, head) == (dumped(base), "a:\n  x: 1\nb: 1\n")


def test_what_everybody_looks_for_comes_first() -> None:
    body = {
        "status": {},
        "spec": {"b": 1, "a": [{"z": 1, "name": "x"}]},
        "kind": "K",
        "metadata": {},
        "apiVersion": "v1",
    }
    assert manifest_text(body) == (
        "apiVersion: v1\nkind: K\nmetadata: {}\nspec:\n  a:\n  - name: x\n    z: 1\n  b: 1\nstatus: {}\n"
    )
