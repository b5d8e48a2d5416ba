"""Resources are written as PyYAML would write them, whatever they hold, and mean the same to who reads them."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.checks.manifest_text import arranged, dumped, manifest_text

NASTY = [
    "", "a: b", "a #b", " a", "a ", "- a", "-", "yes", "No", "null", "~", "1", "1.5", "2020-01-01", "12:30:45", "a\nb",
    "a\n\nb", "a\n", " a\nb", "\n", "\na", "a\tb", "é", "\x07", "\u2028", "x" * 300, "*a", "&a", "!a", "%a", "@a", "`a",
    "{a}", "[a]", "a,b", "a:", "'a'", '"a"', "a\n  b\n", "=", "<<", "0x1f", "1e3", ".5", "+1", "a\r\nb", "a b", "  ",
    "a\n \nb", "|", "> ", "? a", "key:with:colons", "a\x85b", "\ufeffa", "registry.example.com/web:1.4", "y", "Off",
]  # fmt: skip
TEXTS = st.one_of(st.sampled_from(NASTY), st.text(max_size=12))
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


@settings(max_examples=1500, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_it_is_what_pyyaml_writes(body: dict[str, Any]) -> None:
    text = manifest_text(body)
    assert text == dumped(arranged(body))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from([*NASTY[:8], "spec", "name"]), VALUES, max_size=5))
def test_it_reads_back_as_what_it_was(body: dict[str, Any]) -> None:
    assert yaml.safe_load(manifest_text(body)) == body


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
