"""Does the table divide the right way round, and hold numbers against their bars?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.bench.__main__ import END, START, quote
from tools.bench.parts import rows
from tools.bench.table import Bar, Row, Samples, as_json, written


@pytest.mark.parametrize(
    ("row", "ratio", "verdict"),
    [
        (Row("faster", 0.5, 20.0, bar=Bar(least=40)), 40.0, "PASS"),
        (Row("not fast enough", 0.5, 19.9, bar=Bar(least=40)), 39.8, "short"),
        (Row("slower", 20.0, 0.5, bar=Bar(least=40)), 0.025, "short"),
        (Row("much the same", 1.3, 1.0, bar=Bar(most=1.3), inverse=True), 1.3, "PASS"),
        (Row("more", 1.4, 1.0, bar=Bar(most=1.3), inverse=True), 1.4, "short"),
        (Row("small", 0.29, bar=Bar(most=0.3)), None, "PASS"),
        (Row("large", 401.0, unit="MB", bar=Bar(most=400)), None, "short"),
        (Row("no bar", 1.0, 3.0), 3.0, ""),
    ],
    ids=lambda one: one.name if isinstance(one, Row) else "",
)
def test_a_row(row: Row, ratio: float | None, verdict: str) -> None:
    assert row.ratio == (None if ratio is None else pytest.approx(ratio))
    assert row.verdict == verdict


def test_rows_are_of_medians_and_only_of_what_was_measured() -> None:
    samples = Samples()
    for value in (9.0, 1.0, 2.0):
        samples.add("ours", value)
    samples.add("theirs", 10.0)
    (row,) = samples.row("both", "ours", "theirs")
    assert (row.ours, row.theirs, row.ratio) == (2.0, 10.0, 5.0)
    assert [*samples.row("half", "ours", "nobody")] == []
    assert [*samples.row("none", "nobody")] == []


def test_each_bar_is_in_the_table_once_its_parts_were_measured() -> None:
    samples = Samples()
    names = ("overlays-100 cold", "overlays-100 warm", "overlays-100 pipeline", "one of 10 warm", "one of 1000 warm")
    for name in (*names, "memory worker"):
        samples.add(name, 0.2)
    bars = [row.bar for row in rows(samples) if row.bar]
    assert bars == [Bar(least=40), Bar(least=60), Bar(most=1.3), Bar(most=0.3), Bar(most=400)]
    samples.taken["overlays-100 pipeline"] = [9.0]
    verdicts = [row.verdict for row in rows(samples) if row.bar]
    assert verdicts == ["PASS", "short", "PASS", "PASS", "PASS"]


def test_the_table_in_words() -> None:
    table = written(
        [
            Row("a hundred, cold", 0.75, 33.0, bar=Bar(least=40)),
            Row("one of many", 0.11, 0.1, bar=Bar(most=1.3), inverse=True),
            Row("memory", 412.4, unit="MB", bar=Bar(most=400)),
            Row("alone", 1.5),
        ]
    )
    assert table == (
        "| what            | Lockkeeper | beside  | ratio | bar      |       |\n"
        "|-----------------|------------|---------|-------|----------|-------|\n"
        "| a hundred, cold | 750 ms     | 33.00 s | 44×   | ≥ 40×    | PASS  |\n"
        "| one of many     | 110 ms     | 100 ms  | 1.10× | ≤ 1.3×   | PASS  |\n"
        "| memory          | 412 MB     |         |       | ≤ 400 MB | short |\n"
        "| alone           | 1.50 s     |         |       |          |       |"
    )


def test_a_page_quotes_the_table(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{START}\nold\n{END}\nafter\n")
    for words in ("first", "second"):
        quote(page, words)
    assert page.read_text() == f"before\n{START}\nsecond\n{END}\nafter\n"
    page.write_text("no marks\n")
    with pytest.raises(ValueError, match="no place for a table"):
        quote(page, "words")


def test_json_holds_each_measurement() -> None:
    samples = Samples({"ours": [1.0, 2.0]})
    found = as_json([*samples.row("alone", "ours", bar=Bar(most=1.0))], samples, {"machine": "m"})
    assert found == {
        "about": {"machine": "m"},
        "rows": [{"what": "alone", "ours": 1.5, "theirs": None, "unit": "s", "ratio": None, "verdict": "short"}],
        "samples": {"ours": [1.0, 2.0]},
    }
