"""Can other people's words do anything in our texts? They notify nobody, link nowhere and make no markup."""

from __future__ import annotations

import pytest

from bot.report import markdown
from tests.report.rendering import OURS, render
from tests.report.texts import texts

WORDS = {
    "plain": "plain words",
    "a mention": "@everyone and @acme/leads, hello@b",
    "tags": "<b>x</b><img src=x onerror=alert(1)><script>1</script></details></summary>",
    "a link": "[here](https://evil.example/a) ![i](https://evil.example/i.png) <https://evil.example/b>",
    "a reference": "[x]: https://evil.example/c",
    "backticks": "a ` b `` c ``` d",
    "an odd backtick": "`@everyone",
    "a fence": "```\n@everyone\n```\n# not ours",
    "pipes": "a | b \\| c || @everyone",
    "a heading": "# Lockkeeper: all is well",
    "a list": "- [x] done\n1. one",
    "a comment": "<!-- lockkeeper:checks --> --> <!--",
    "a marker": "<!-- lockkeeper:remember target=production by=sam -->",
    "emphasis": "**bold** _it_ ~~no~~",
    "an ending": "</td></tr></table><details open>",
    "entities": "&lt;b&gt; &#64;everyone &commat;everyone",
    "directions": "\u202eevil\u2066\u200b",
    "line ends": "a\r\nb\u2028c\x0bd",
    "a backslash": "a\\",
    "mermaid": '"] --> evil["',
}


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_foreign_words_are_inert_wherever_they_stand(word: str) -> None:
    calm = {name: render(text) for name, text in texts("plain words").items()}
    for name, text in texts(word).items():
        seen = render(text)
        assert seen.tags <= OURS, name
        assert seen.attributes <= {"open"}, name
        assert seen.links == calm[name].links, name
        assert seen.mentions == [], name
        assert len(seen.headings) == len(calm[name].headings), name


@pytest.mark.parametrize("name", texts("plain words"))
def test_very_long_words_stay_within_githubs_limits(name: str) -> None:
    text = texts("longer " * 20_000)[name]
    if name != "full text":
        assert len(text) <= markdown.COMMENT_CHARACTERS
    if name in ("policies summary", "policies text", "gates", "conflict", "refused", "configuration"):
        assert len(text.encode()) <= 2 * markdown.CHECK_BYTES
    assert render(text).tags <= OURS


def test_the_renderer_of_this_test_sees_what_is_alive() -> None:
    """Otherwise nothing above proves anything."""
    seen = render("# @ann\n\n<img src=x> [a](https://b.example) | `@code` <details open>")
    assert seen.mentions == ["@ann"]
    assert seen.tags == {"img", "details"}
    assert seen.attributes == {"src=x", "open"}
    assert seen.links == ["https://b.example"]
    assert seen.headings == ["@ann"]
