"""Does YAML mean to us what it means to Kubernetes, and does an error name its line?"""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.process import run
from bot.checks.documents import parse
from bot.checks.scalars import DocumentError

KUBECTL = shutil.which("kubectl")

SCALARS = [
    ("y", True),
    ("yes", True),
    ("On", True),
    ("off", False),
    ("N", False),
    ("'yes'", "yes"),
    ("yEs", "yEs"),
    ("010", 8),
    ("0o10", 8),
    ("09", 9),
    ("0x1f", 31),
    ("0b11", 3),
    ("1_000", 1000),
    ("-0x10", -16),
    ("12:30:45", "12:30:45"),
    ("2020-01-01", "2020-01-01"),
    ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
    ("1e3", 1000),
    ("1.0", 1),
    ("1.5", 1.5),
    (".5", 0.5),
    ("._5", "._5"),
    ("1e400", "1e400"),
    ("=", "="),
    ("~", None),
    ("", None),
    ("'~'", "~"),
    ("18446744073709551615", 18446744073709551615),
    ("!!str 1", "1"),
    ("!other 1", "1"),
    ("!!int '3'", 3),
    ("!!binary aGk=", "hi"),
    ("|\n  text\n", "text\n"),
]


@pytest.mark.parametrize(("text", "meaning"), SCALARS)
def test_scalars(text: str, meaning: object) -> None:
    (document,) = parse(f"key: {text}".encode())
    assert document.value == {"key": meaning}
    assert type(document.value["key"]) is type(meaning)


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is the oracle here, and is not on PATH")
def test_scalars_equal_to_kubectl(tmp_path: Path) -> None:
    """Three thousand words made of what numbers and booleans are made of, read by kubectl and by us."""
    dice = random.Random(7)
    long = ["yes", "no", "on", "off", "true", "TRUE", "null", "nan", "0x", "0b", "0o", "08", "1e"]
    parts = [*"-+0123456789._eExXoObByY~", *long]
    words = ["".join(dice.choices(parts, k=dice.randint(1, 6))) for _ in range(3000)]
    words = [word for word in words if not word.startswith(("---", "...", "0b-", "0b+")) and word not in "-."]
    text = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nspec:\n"
    path = tmp_path / "a.yaml"
    path.write_text(text + "".join(f"- {word}\n" for word in words))
    done = run([KUBECTL or "", "annotate", "--local", "-f", str(path), "a=b", "-o", "json"], cwd=tmp_path, timeout=30)
    theirs = orjson.loads(done.stdout)["spec"]
    ours = parse(path.read_bytes())[0].value["spec"]
    assert len(theirs) == len(words)
    pairs = zip(words, theirs, ours, strict=True)
    assert [one for one in pairs if not same(one[1], one[2])] == []


def same(one: object, other: object) -> bool:
    """Compare as JSON does: 1 is 1.0, but true is not 1. kubectl prints large integers as floats."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return isinstance(one, bool) == isinstance(other, bool) and float(one) == float(other)
    return one == other


def test_documents_and_their_lines() -> None:
    text = b"# words\n---\n\na: 1\n---\n# nothing here\n---\nb: |\n  ---\n  x\n...\n---\n- c\n"
    found = [(one.value, one.line) for one in parse(text)]
    assert found == [({"a": 1}, 4), ({"b": "---\nx\n"}, 8), (["c"], 13)]


def test_nothing_is_no_document() -> None:
    for text in (b"", b"---\n", b"# only words\n", b"---\n---\n~\n"):
        assert parse(text) == []


def test_places() -> None:
    (document,) = parse(b"a:\n- b: 1\n  c: [x,\n    {d: 1}]\n- e\n", lines=True)
    assert document.lines == {
        ("a",): 1,
        ("a", 0): 2,
        ("a", 0, "b"): 2,
        ("a", 0, "c"): 3,
        ("a", 0, "c", 0): 3,
        ("a", 0, "c", 1): 4,
        ("a", 0, "c", 1, "d"): 4,
        ("a", 1): 5,
    }


def test_aliases_and_merge_keys() -> None:
    text = b"one: &one {a: 1, b: 2}\ntwo: &two {b: 3, c: 4}\nboth: {<<: [*one, *two], a: 9}\nlist: [*one]\n"
    (document,) = parse(text)
    assert document.value["both"] == {"a": 9, "b": 2, "c": 4}
    assert document.value["list"] == [{"a": 1, "b": 2}]


def test_keys_become_text() -> None:
    assert parse(b"{1: a, on: b, 1.5: d}")[0].value == {"1": "a", "true": "b", "1.5": "d"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (b"a: 1\nb:\n\tc: 1\n", 3, "cannot start any token"),
        (b"a: b: c\n", 1, "mapping values are not allowed"),
        (b"a: 1\nb: [\n", 3, "not valid YAML"),
        (b"a: {b: 1, b: 2}\n", 1, "'b' stands twice"),
        (b"on: 1\ntrue: 2\n", 2, "'true' stands twice"),
        (b"a: *b\n", 1, "no anchor"),
        (b"? [a]\n: 1\n", 1, "a key must be"),
        (b"a: .nan\n", 1, "JSON cannot hold"),
        (b"a: !!int x\n", 1, "not of the type !!int"),
        (b"<<: 1\n", 1, "merges mappings only"),
        (b"a: 1\nb: \xfe\n", 2, "not UTF-8"),
    ],
)
def test_errors_name_their_line(text: bytes, line: int, words: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(text)
    assert caught.value.line == line
    assert words in caught.value.message


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#?,~<% \n\t0", max_size=60))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        for document in parse(text.encode(), lines=True):
            orjson.dumps(document.value)
    except DocumentError as error:
        assert error.message


# YAML breaks lines where JSON does not (U+0085, U+2028, U+2029), and takes no control characters.
TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)


@given(st.dictionaries(st.text(alphabet="abc"), JSON, min_size=1, max_size=4))
def test_json_is_yaml(value: dict[str, object]) -> None:
    (document,) = parse(orjson.dumps(value))
    assert document.value == value
