"""Are variables replaced as Flux replaces them, oddities included?"""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checks.applications.envsubst import SubstitutionError, expanded

VALUES = {
    "case": "abcdEFGH28ij",
    "CASE": "ABCDEFGH28IJ",
    "path": "/srv/data/2024/report.tar.gz",
    "name": "one.two.three",
    "words": "abcABC123ABCabc",
    "empty": "",
    "umlaut": "größe",
}

TABLE = [
    ("plain text", "no variables here: $5, 100%", "no variables here: $5, 100%"),
    ("a variable", "a ${name} b", "a one.two.three b"),
    ("one that is not given is empty", "[${nothing}]", "[]"),
    ("without braces it is no variable", "$name $(name)", "$name $(name)"),
    ("two dollars are one", "$${name} $$name $$$$", "${name} $name $$"),
    ("a dollar before an expression", "$$${name}", "$one.two.three"),
    ("backslashes outside of expressions are text", "\\\\x ${empty:=y} \\/", "\\\\x y \\/"),
    ("length, in bytes", "${#case} ${#umlaut} ${#nothing}", "12 7 0"),
    ("first letter", "${case^} ${CASE,}", "AbcdEFGH28ij aBCDEFGH28IJ"),
    ("all letters", "${case^^} ${CASE,,}", "ABCDEFGH28IJ abcdefgh28ij"),
    ("a letter stays one letter", "${umlaut^^}", "GRÖßE"),
    ("default", "${nothing:-x} ${nothing:=x} ${nothing=x} ${name:-x}", "x x x one.two.three"),
    ("an empty value takes the default, with or without colon", "${empty=x} ${empty:-x}", "x x"),
    ("upstream, `:+` and `:?` are defaults, too", "${nothing:+x} ${name:+x} ${nothing:?x}", "x one.two.three x"),
    ("an empty default", "[${nothing:-}${nothing:=}]", "[]"),
    ("variables in defaults", "${nothing:-a-${name}-b}", "a-one.two.three-b"),
    ("variables in variables", "${nothing:=${none:-${case^^}}}", "ABCDEFGH28IJ"),
    ("dollars in a default are no escapes", "${nothing:-a$$b}", "a$$b"),
    ("position", "${path:5} ${path:99}|", "data/2024/report.tar.gz |"),
    ("position and length", "${path:5:4} ${path:5:0}| ${path:15:99}", "data | report.tar.gz"),
    ("negative length", "${path:1:-1} ${path:9:-25}|", "srv/data/2024/report.tar.g |"),
    ("a position from the end", "${path:-7}", "/srv/data/2024/report.tar.gz"),
    ("no number, the whole", "${path:x} ${path:1:x}", "/srv/data/2024/report.tar.gz /srv/data/2024/report.tar.gz"),
    ("replace the first", "${words/abc/x}", "xABC123ABCabc"),
    ("replace all", "${words//abc/x}", "xABC123ABCx"),
    ("replace in front", "${words/#abc/x} ${words/#ABC/x}", "xABC123ABCabc abcABC123ABCabc"),
    ("replace at the end", "${words/%abc/x} ${words/%ABC/x}", "abcABC123ABCx abcABC123ABCabc"),
    ("set in front and behind", "${name/#/a-} ${name/%/-z}", "a-one.two.three one.two.three-z"),
    ("replace by nothing", "${name/./} ${name//./}", "onetwo.three onetwothree"),
    ("a slash is escaped", r"${path/\//-} ${path//\//-}", "-srv/data/2024/report.tar.gz -srv-data-2024-report.tar.gz"),
    ("shortest in front", "${name#*.} ${path#*/}", "two.three srv/data/2024/report.tar.gz"),
    ("longest in front", "${name##*.} ${path##*/}", "three report.tar.gz"),
    ("shortest behind", "${name%.*}", "one.two"),
    ("longest behind", "${name%%.*}", "one"),
    ("patterns", "${case#[a-b]?} ${case#[^b]b} ${name#\\one}", "cdEFGH28ij cdEFGH28ij .two.three"),
    ("a pattern that does not match, or is none", "${name#x} ${name#[o} ${name#one[}",
     "one.two.three one.two.three one.two.three"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_replaced(text: str, expected: str) -> None:
    assert expanded(text, VALUES) == expected


REFUSED = [
    ("${}", "unable to parse variable name"),
    ("${!name}", "unable to parse variable name"),
    ("${name", "missing closing brace"),
    ("${name-x}", "missing closing brace"),
    ("${a b}", "missing closing brace"),
    ("${name:=x", "unable to parse substitution within function"),
    ("${name:}", "unable to parse substitution within function"),
    ("${name#}", "unable to parse substitution within function"),
    ("${name/x}", "bad substitution"),
    ("${name//x/y", "bad substitution"),
    ("${#}", "bad substitution"),
    ("${name^^^}", "bad substitution"),
    ("${name:ü}", "bad substitution"),
]


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_refused_in_the_words_of_flux(text: str, words: str) -> None:
    with pytest.raises(SubstitutionError, match=words):
        expanded(text, VALUES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${nothing} ${nothing^^} ${#nothing}", "${nothing} ${nothing^^} ${#nothing}"),
        ("${nothing/a/${name}} ${name}", "${nothing/a/${name}} one.two.three"),
        ("${nothing:-x} ${nothing:=}", "x "),
        ("$${name}", "${name}"),
    ],
)
def test_unknown_variables_may_be_kept(text: str, expected: str) -> None:
    assert expanded(text, VALUES, keep_unknown=True) == expected


@pytest.mark.parametrize(
    "text",
    [
        "${long//a/" + "b" * 100_000 + "}",
        "${long}" * 200,
        "${long#" + "*a" * 1000 + "}",
        "${x:=" * 100_000,
        "${long//a/${long//a/${long}}}",
    ],
)
def test_no_text_grows_or_takes_long(text: str) -> None:
    start = time.monotonic()
    with pytest.raises(SubstitutionError):
        expanded(text, {"long": "a" * 100_000})
    assert time.monotonic() - start < 10


@given(st.text("${}abc:=-#%/^,*[]\\ \nä0", max_size=60), st.dictionaries(st.sampled_from("abc"), st.text(max_size=9)))
def test_any_text_is_replaced_or_refused(text: str, variables: dict[str, str]) -> None:
    try:
        assert isinstance(expanded(text, variables), str)
    except SubstitutionError:
        assert "${" in text
