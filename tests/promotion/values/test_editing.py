"""Does an edit change what it shall, and not one byte more?"""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.promotion.values.editing import Edit, Value, edited, lookup, read
from bot.promotion.values.keys import parse_key
from bot.promotion.values.nodes import resolves_to
from bot.promotion.values.problem import ValueProblem

DIGEST = "sha256:" + "a1" * 32
FLOAT = "tag:yaml.org,2002:float"
INT = "tag:yaml.org,2002:int"

EDITS = [
    ("plain", "image:\n  tag: 1.4.0  # pinned\n", "image.tag", Value("1.5.0"), "image:\n  tag: 1.5.0  # pinned\n"),
    ("double quotes stay", 'tag: "1.4"\n', "tag", Value("1.5"), 'tag: "1.5"\n'),
    ("single quotes stay", "tag: '1.4'\n", "tag", Value("1.5"), "tag: '1.5'\n"),
    ("single quotes hold one", "tag: '1.4'\n", "tag", Value("it's"), "tag: 'it''s'\n"),
    ("a text that reads as a number gets quotes", "tag: v1\n", "tag", Value("1.10"), 'tag: "1.10"\n'),
    ("as the source quotes it", "tag: v1\n", "tag", Value("1.10", style="'"), "tag: '1.10'\n"),
    ("a text that reads as a power", "tag: v1\n", "tag", Value("1e3"), "tag: 1e3\n"),
    ("a text that reads as a switch", "tag: v1\n", "tag", Value("on"), 'tag: "on"\n'),
    ("a text that reads as an octal number", "tag: v1\n", "tag", Value("0123"), 'tag: "0123"\n'),
    ("a text that reads as sixty", "tag: v1\n", "tag", Value("12:30"), 'tag: "12:30"\n'),
    ("a number stays one", "tag: 1.4\n", "tag", Value("1.50", FLOAT), "tag: 1.50\n"),
    ("a digest", f"digest: {DIGEST}\n", "digest", Value("sha256:" + "b2" * 32), f"digest: sha256:{'b2' * 32}\n"),
    ("in a flow map", "image: {name: web, tag: v1}\n", "image.tag", Value("v2"), "image: {name: web, tag: v2}\n"),
    ("windows line ends", "a: 1\r\ntag: v1\r\nb: 2\r\n", "tag", Value("v2"), "a: 1\r\ntag: v2\r\nb: 2\r\n"),
    ("byte order mark", "\ufefftag: v1\n", "tag", Value("v2"), "\ufefftag: v2\n"),
    ("no line end", "tag: v1", "tag", Value("v2"), "tag: v2"),
    ("behind an anchor nobody uses", "tag: &t v1\n", "tag", Value("v2"), "tag: &t v2\n"),
    ("behind a type", "tag: !!str 1\n", "tag", Value("2"), 'tag: !!str "2"\n'),
    ("empty", "tag:\nname: web\n", "tag", Value("v2"), "tag: v2\nname: web\n"),
    ("by name", "images:\n- name: a\n  newTag: v1\n- name: b\n  newTag: v1\n", "images[name=b].newTag", Value("v2"),
     "images:\n- name: a\n  newTag: v1\n- name: b\n  newTag: v2\n"),
    ("by number", "s: [{r: a}, {r: b}]\n", "s[1].r", Value("c"), "s: [{r: a}, {r: c}]\n"),
    ("a key with dots", "data:\n  app.tag: v1\n", 'data."app.tag"', Value("v2"), "data:\n  app.tag: v2\n"),
    ("one document of several", "kind: A\nmetadata: {name: x}\nt: 1a\n---\nkind: B\nmetadata: {name: y}\nt: 1a\n",
     "B/y:t", Value("2a"), "kind: A\nmetadata: {name: x}\nt: 1a\n---\nkind: B\nmetadata: {name: y}\nt: 2a\n"),
    ("yaml in a text", "v: |\n  image:\n    tag: v1  # here\n  more: 1\nw: 2\n", "v|image.tag", Value("v2"),
     "v: |\n  image:\n    tag: v2  # here\n  more: 1\nw: 2\n"),
    ("umlauts before it", "ä: ö\ntag: v1\n", "tag", Value("v2"), "ä: ö\ntag: v2\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "key", "value", "expected"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS]
)
def test_edits(text: str, key: str, value: Value, expected: str) -> None:
    result = edited(text, [Edit(parse_key(key), value)])
    assert result == expected
    (found,) = lookup(result, parse_key(key))
    assert found.value is not None and found.value.means(value)


ENTRIES = [
    ("below the tag", "images:\n- name: a\n  newTag: v1  # x\n  newName: b\n", "images[name=a].digest", ("newTag",),
     "images:\n- name: a\n  newTag: v1  # x\n  digest: new\n  newName: b\n"),
    ("below the last line", "image:\n  tag: v1", "image.digest", ("tag",), "image:\n  tag: v1\n  digest: new"),
    ("before the first", "image:\n  a: [1]\n", "image.digest", ("tag",), "image:\n  digest: new\n  a: [1]\n"),
    ("first of a list's item", "images:\n- a: [1]\n", "images[0].digest", (), "images:\n- digest: new\n  a: [1]\n"),
    ("in braces", "image: {tag: v1, a: b}\n", "image.digest", ("tag",), "image: {tag: v1, digest: new, a: b}\n"),
    ("windows line ends", "i:\r\n  tag: v1\r\n", "i.digest", ("tag",), "i:\r\n  tag: v1\r\n  digest: new\r\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "key", "after", "expected"), [row[1:] for row in ENTRIES], ids=[row[0] for row in ENTRIES]
)
def test_new_entries(text: str, key: str, after: tuple[str, ...], expected: str) -> None:
    assert edited(text, [Edit(parse_key(key), Value("new"), after)]) == expected


REMOVALS = [
    ("a line of its own", "i:\n  tag: v1\n  digest: x  # old\n  a: b\n", "i.digest", "i:\n  tag: v1\n  a: b\n"),
    ("the last line", "i:\n  tag: v1\n  digest: x\n", "i.digest", "i:\n  tag: v1\n"),
    ("the first of an item", "l:\n- digest: x\n  name: y\n", "l[0].digest", "l:\n- name: y\n"),
    ("in braces", "i: {tag: v1, digest: x}\n", "i.digest", "i: {tag: v1}\n"),
    ("first in braces", "i: {digest: x, tag: v1}\n", "i.digest", "i: {tag: v1}\n"),
]


@pytest.mark.parametrize(("text", "key", "expected"), [row[1:] for row in REMOVALS], ids=[row[0] for row in REMOVALS])
def test_removed_entries(text: str, key: str, expected: str) -> None:
    assert edited(text, [Edit(parse_key(key), None)]) == expected


PROBLEMS = [
    ("shared by an alias", "a: &x {tag: v1}\nb: *x\n", "a.tag", 1, "anchor"),
    ("an alias itself", "a: &x v1\nb: *x\n", "b", 2, "anchor"),
    ("a scalar others use", "a: &x v1\nb: *x\n", "a", 1, "anchor"),
    ("a block of text", "tag: |\n  v1\n", "tag", 1, "block"),
    ("no map", "a: 1\n", "a.b", 1, "no map"),
    ("no list", "a: 1\n", "a[0]", 1, "no list"),
    ("no such way", "spec: {source: {}}\n", "spec.sorce.targetRevision", 1, "is not there"),
    ("no such item", "images: [{name: web}]\n", "images[name=wep].newTag", 1, "is not there"),
    ("given twice", "tag: v1\ntag: v2\n", "tag", 2, "twice"),
    ("no YAML", "a: [\n", "a", 2, ""),
    ("a map", "a: {b: c}\n", "a", 1, "no single value"),
    ("no such document", "kind: A\n", "B/x:a", 0, "no document"),
    ("too deep", "[" * 200 + "]" * 200, "a", 1, "deep"),
]


@pytest.mark.parametrize(
    ("text", "key", "line", "words"), [row[1:] for row in PROBLEMS], ids=[row[0] for row in PROBLEMS]
)
def test_problems_name_the_line(text: str, key: str, line: int, words: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        edited(text, [Edit(parse_key(key), Value("new"))])
    assert words in caught.value.message
    assert caught.value.line == line


@pytest.mark.parametrize("text", ["", ".", "a..b", "[", "a[b", "a[=x]", "a b[c=d", "|a", 'a."b', "a[*"])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(ValueProblem):
        parse_key(text)


@pytest.mark.parametrize(
    "text",
    [
        "image.tag",
        "images[name=ghcr.io/acme/web].newTag",
        "s[0].r",
        "s[*].r",
        'data."app.tag"',
        "App/web:spec.x",
        "v|a.b",
    ],
)
def test_a_key_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_key(text)) == text


def test_a_file_in_another_encoding_is_told_with_its_line() -> None:
    with pytest.raises(ValueProblem) as caught:
        read(b"a: 1\nb: \xff\n")
    assert caught.value.line == 2


TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=12)
DOCUMENTS = st.recursive(
    TEXTS | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, DOCUMENTS, max_size=4), TEXTS, TEXTS, st.booleans(), st.sampled_from([None, "'", '"']))
def test_everything_else_stays_as_it_was(
    document: dict[str, object], old: str, new: str, flow: bool, style: str | None
) -> None:
    document = {**document, "the tag": old}
    text = "# first\n" + yaml.safe_dump(document, allow_unicode=True, default_flow_style=flow, default_style=style)
    key = parse_key("the tag")
    (before,) = lookup(text, key)
    assert before.value is not None
    if before.value.style in ("|", ">"):
        return
    result = edited(text, [Edit(key, Value(new))])
    assert yaml.safe_load(result) == {**document, "the tag": new}
    lead = next(n for n in range(len(text)) if n >= len(result) or text[n] != result[n]) if text != result else 0
    assert text == result or text[:lead] == result[:lead]
    assert edited(result, [Edit(key, Value(old, style=before.value.style))]).splitlines()[0] == "# first"


@given(TEXTS)
def test_what_is_written_reads_as_what_was_meant(new: str) -> None:
    for text in ("t: v\n", "t: 'v'\n", 't: "v"\n', "{t: v}\n", "- t: v\n  u: w\n"):
        key = parse_key("[0].t" if text.startswith("-") else "t")
        loaded = yaml.safe_load(edited(text, [Edit(key, Value(new))]))
        assert (loaded[0] if isinstance(loaded, list) else loaded)["t"] == new
    assert resolves_to("1") == INT
