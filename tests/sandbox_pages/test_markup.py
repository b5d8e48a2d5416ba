"""Does Markdown of strangers look as on GitHub, and can none of it act?"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup, escape

from bot.sandbox.deliveries import Deliveries
from bot.sandbox.pages.markup import rendered
from bot.sandbox.pages.mermaid import drawing
from bot.sandbox.pages.references import References
from bot.sandbox.pages.sanitizer import ALLOWED, Sanitizer, safe_address
from bot.sandbox.state import Links
from bot.sandbox.world import World
from tests.sandbox_pages.conftest import REPOSITORY, Visitor

NOWHERE = References(World(Path("/nonexistent"), Links("http://127.0.0.1:1"), Deliveries()), None)
TAG = re.compile(r'</?([a-z0-9]+)((?: [a-z-]+="[^"<>]*")*)>')
DRAWN = re.compile(r'<div class="chart".*?</svg></div>', re.DOTALL)
ATTRIBUTES = frozenset(
    ["href", "rel", "title", "open", "start", "type", "disabled", "checked", "colspan", "rowspan", "class", "tabindex"]
)


def show(text: str) -> str:
    return str(rendered(text, NOWHERE))


def complaint(html: str) -> str:
    """What in HTML of ours could not have been written by us; "" when nothing."""
    rest = DRAWN.sub("", html)
    for tag, attributes in TAG.findall(rest):
        names = set(re.findall(r' ([a-z-]+)="', attributes))
        if tag not in ALLOWED or not names <= ATTRIBUTES:
            return f"{tag} {names}"
    for address in re.findall(r'href="([^"]*)"', rest):
        # as browsers read addresses: entities resolved, control characters and spaces left out
        if re.match(r"(javascript|data|vbscript):", re.sub(r"[\x00-\x20]", "", unescape(address)), re.IGNORECASE):
            return address
    stray = re.search(r"[<>]", TAG.sub("", rest))
    return rest[max(0, stray.start() - 20) : stray.end() + 20] if stray else ""


ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src='javascript:alert(1)' alt='\"><script>alert(1)</script>'>",
    "<svg onload=alert(1)><circle/></svg>",
    "<svg><script>alert(1)</script></svg>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="java&#10;script:alert(1)">x</a>',
    '<a href="&#1;javascript:alert(1)">x</a>',
    '<a href=" data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="x" onclick="alert(1)" style="position:fixed">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "![x](javascript:alert(1))",
    "<javascript:alert(1)>",
    "<details ontoggle=alert(1) open><summary onclick=alert(1)>x</summary></details>",
    "<b/onmouseover=alert(1)>x</b>",
    "<iframe src=//evil.example></iframe>",
    "<style>*{display:none}</style>",
    "<form action=//evil.example><input name=x><button>Go</button></form>",
    '<input type="text" value="x"><input type="checkbox" onchange=alert(1)>',
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<base href=//evil.example/>",
    "<textarea></textarea><title>x</title><xmp><script>alert(1)</script></xmp>",
    "</div></article></main><h1>Merged</h1>",
    "<!-- --!><script>alert(1)</script> -->",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?><!DOCTYPE html>",
    '<pre lang="diff">+<script>alert(1)</script></pre>',
    "```diff\n+</code></pre><script>alert(1)</script>\n```",
    '```"><script>alert(1)</script>\nx\n```',
    '```mermaid\nflowchart LR\n  a["</text><script>alert(1)</script>"]\n```',
    "```mermaid\nflowchart LR\n  a-->|<img src=x onerror=alert(1)>|b\n```",
    "`<script>alert(1)</script>`",
    '<td align="left&quot; onclick=alert(1)">x</td>',
    "https://a.example/\"onmouseover=alert(1)",
    "http://a.example/<script>alert(1)</script>",
    "@<script>alert(1)</script> #1<img src=x onerror=alert(1)>",
    "<scr<script>ipt>alert(1)</script>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<a title=\"'><script>alert(1)</script>\" href=x>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<a href='//x' title=`<img src=x onerror=alert(1)>`>",
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_stay_text(attack: str) -> None:
    for text in (
        attack,
        f"| a |\n| --- |\n| {attack} |",
        f"<details>\n<summary>{attack}</summary>\n\n{attack}\n\n</details>",
    ):
        assert complaint(show(text)) == ""


PIECES = st.sampled_from(
    [
        "<", ">", "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "<?", "'", '"', "=", "&", "&lt;", "&#60;", ";", "\0",
        "script", "img", "a", "details", "summary", "table", "pre", "style", "textarea", "svg", "onerror=x", "x\n",
        ' href="', "javascript:", " lang=diff", "```", "```mermaid\n", "flowchart LR\n", "-->", "|", "[", "](", ")",
        "\n\n", "  ", "@alice", "#1", "https://a.example/", "é", "\u200b", "- [ ] ", "\\",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES | st.text(max_size=4), max_size=24).map("".join))
def test_nothing_foreign_survives(text: str) -> None:
    assert complaint(show(text)) == ""
    block = Sanitizer(escape, lambda _, code: Markup("<pre>{}</pre>").format(code))
    assert complaint(str(block.clean(text))) == ""


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from("javscript:dt/\t\n\x00\x01 &#xA;JAV"), max_size=24))
def test_addresses_have_a_known_scheme_or_none(address: str) -> None:
    safe = safe_address(address)
    assert safe is None or ":" not in safe.split("/")[0].split("?")[0].split("#")[0]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("hidden", "<!-- marker -->\nHello", "<p>Hello</p>"),
        ("line breaks", "a\nb", "<p>a<br>b</p>"),
        ("table", "| a | b |\n|:-:|--:|\n| 1 | `2` |", '<th class="align-center">a</th> <th class="align-right">'),
        ("raw tags", "<b>b</b> <i>i</i> <sub>s</sub><br>x", "<p><b>b</b> <i>i</i> <sub>s</sub><br>x</p>"),
        ("details", "<details><summary><b>s</b></summary>\n\nx\n\n</details>", "<details><summary><b>s</b></summary>"),
        ("unclosed", "<details><summary>s", "<details><summary>s</summary></details>"),
        ("diff", "```diff\n-a\n+b\n```", '<span class="del">-a</span> <span class="add">+b</span>'),
        ("tasks", "- [ ] a\n- [x] b", '<input type="checkbox" disabled="" checked=""> b'),
        ("strike", "~~a~~", "<s>a</s>"),
        ("address", "see https://a.example/x, ok", '<a href="https://a.example/x" rel="nofollow noopener">'),
        ("emoji", "✅ ⏳", "<p>✅ ⏳</p>"),
        ("shown", "<marquee>x</marquee>", "<p>&lt;marquee&gt;x&lt;/marquee&gt;</p>"),
        ("images", "![logo](https://a.example/l.png)", '<a class="image" href="https://a.example/l.png"'),
    ],
)  # fmt: skip
def test_looks(name: str, text: str, expected: str) -> None:
    assert expected in " ".join(show(text).replace("<br>\n", "<br>").split())


def test_references(visitor: Visitor) -> None:
    sha = visitor.head
    seen = References(visitor.world, visitor.world.repository(REPOSITORY))

    def look(text: str) -> str:
        return str(rendered(text, seen))

    assert '<a class="mention" href="/carol">@carol</a>' in look("ask @carol.")
    assert '<a class="mention" href="/orgs/acme/teams/reviewers">@acme/reviewers</a>' in look("@acme/reviewers")
    assert f'<a class="issue" href="{visitor.here}" title="Raise the image">#1</a>' in look("(#1)")
    assert f'href="{visitor.here}"' in look(f"{REPOSITORY}#1")
    assert f'<a class="sha" href="/{REPOSITORY}/commit/{sha}"><code>{sha[:7]}</code></a>' in look(f"on {sha[:8]}")
    assert ">#1</a>" in look(f"{visitor.sandbox.url}{visitor.here}")
    for plain in (
        "@nobody",
        "bob@carol",
        "#99",
        "a#1",
        "@\u200bcarol",
        "`@carol #1`",
        "deadbeef1",
        "```\n@carol #1\n```",
    ):
        assert "<a " not in look(plain), plain
    assert look("[@carol](https://a.example)").count("<a ") == 1


@pytest.mark.parametrize(
    ("name", "text", "drawn"),
    [
        ("ours", 'flowchart LR\n  e0["dev"]\n  e1["prod"]\n  e0 ==>|this| e1\n  style e1 stroke-width:3px', True),
        ("chain", "graph LR\na[One] --> b(Two) -.-> c", True),
        ("skipping", "flowchart LR\na --> b --> c\na --> c", True),
        ("top down", "flowchart TD\na --> b", False),
        ("circle", "flowchart LR\na --> b --> a", False),
        ("other kind", "sequenceDiagram\na->>b: hello", False),
        ("click", 'flowchart LR\na --> b\nclick a "javascript:alert(1)"', False),
        ("group", 'flowchart LR\nsubgraph g["x"]\na --> b\nend\nclassDef odd fill:#fff\nclass a,b odd', True),
        ("link style", "flowchart LR\na --> b\nlinkStyle 0 stroke:red", False),
        ("nothing", "", False),
        ("too many", "flowchart LR\n" + "\n".join(f"n{i} --> n{i + 1}" for i in range(80)), False),
    ],
)
def test_charts(name: str, text: str, drawn: bool) -> None:
    picture = drawing(text)
    assert (picture is not None) is drawn
    html = show(f"```mermaid\n{text}\n```")
    assert ("<svg" in html) is drawn
    if not drawn and text:
        assert text.split("\n", maxsplit=1)[0] in html


def test_a_chart_says_what_it_shows() -> None:
    picture = str(drawing('flowchart LR\n  a["dev"] ==>|this pull request| b["<prod>"]\n  style b stroke-width:3px'))
    assert "<title>dev to &lt;prod&gt; (this pull request)</title>" in picture
    assert picture.count('class="node strong"') == 1
    assert picture.count('class="edge thick"') == 1
