"""A corpus of comments as people, bots and tricksters write them, and what each of them means to us.

Expected: commands as `promote staging 1a2b3c4`, answers to slips as `? ` and the line to copy, in order.
"""

from __future__ import annotations

import pytest

from bot.intake.commands import Command, UsageError, parse

ENVIRONMENTS = ("development", "staging", "production", "eu-west-1")

Row = tuple[str, str | tuple[str, ...]]

PLAIN: list[Row] = [
    ("/promote", "promote"),
    ("/promote staging", "promote staging"),
    ("/promote production", "promote production"),
    ("/promote eu-west-1", "promote eu-west-1"),
    ("/promote staging --sha 1a2b3c4", "promote staging 1a2b3c4"),
    ("/promote --sha 1a2b3c4 staging", "promote staging 1a2b3c4"),
    ("/promote staging --sha=1a2b3c4", "promote staging 1a2b3c4"),
    ("/promote --sha 1a2b3c4", "promote 1a2b3c4"),
    ("/promote staging --sha 1A2B3C4", "promote staging 1a2b3c4"),
    ("/promote staging --SHA 1a2b3c4", "promote staging 1a2b3c4"),
    (f"/promote staging --sha {'a' * 40}", f"promote staging {'a' * 40}"),
    ("/status", "status"),
    ("/diff", "diff"),
    ("/diff production", "diff production"),
    ("/check", "check"),
    ("/help", "help"),
    ("/Promote staging", "promote staging"),
    ("/PROMOTE Staging", "promote staging"),
    ("/Status", "status"),
    ("/promote  staging", "promote staging"),
    ("/promote\tstaging", "promote staging"),
    ("/promote staging   ", "promote staging"),
    ("/promote staging\t", "promote staging"),
    (" /promote staging", "promote staging"),
    ("   /promote staging", "promote staging"),
    ("\n\n/promote staging\n\n", "promote staging"),
    ("/promote staging\r\n", "promote staging"),
    ("/promote staging\r\n/status\r\n", ("promote staging", "status")),
    ("/promote staging\r/status", ("promote staging", "status")),
    ("/promote staging\n/status", ("promote staging", "status")),
    ("/check\n\n/promote staging\n\n/status", ("check", "promote staging", "status")),
    ("/status\n/status", ("status", "status")),
    ("Looks good, let us go.\n/promote staging", "promote staging"),
    ("/promote staging\nLet us see how it does.", "promote staging"),
    ("Thanks!  \n/promote staging  \nBye", "promote staging"),
    ("Thanks!\\\n/promote staging", "promote staging"),
    ("# Release\n/promote staging", "promote staging"),
    ("- tested\n- reviewed\n\n/promote staging", "promote staging"),
    ("- tested\n- reviewed\n/promote staging", "promote staging"),
    ("1. tested\n   /promote staging", "promote staging"),
    ("---\n/promote staging", "promote staging"),
    ("/promote staging\n---\nsent from my phone", "promote staging"),
    ("/promote staging\n-- \nAnn", "promote staging"),
    ("/promote staging\n===", "promote staging"),
    ("[notes]: https://example.com\n/promote staging", "promote staging"),
    ("**Ready**\n/promote staging", "promote staging"),
    ("@ann please look\n/diff staging", "diff staging"),
    ("![shot](https://example.com/a.png)\n/check", "check"),
    ("> are we ready?\n\nYes.\n\n/promote staging", "promote staging"),
    ("> are we ready?\n\n/promote staging", "promote staging"),
    ("```yaml\na: 1\n```\n/check", "check"),
    ("`kubectl diff` says so\n/check", "check"),
    ("a stray ` backtick\n/check", "check"),
    ("two `` stray ` runs\n/check", "check"),
    ("a < b\n/check", "check"),
    ("text <!-- never closed\n/check", "check"),
    ("<!-- a note --> \n\n/check", "check"),
    ("<details>\n<summary>log</summary>\n\nlong\n\n</details>\n\n/check", "check"),
    ("<br>\n\n/check", "check"),
    ("<!-- a note -->\n/check", "check"),
    ("<!-- <details> -->\n\n/check", "check"),
    ("| a | b |\n|---|---|\n| 1 | 2 |\n\n/check", "check"),
    ("Обновил образ.\n/promote staging", "promote staging"),
    ("本番へ\n/promote production", "promote production"),
    ("🚀🚀🚀\n/promote production", "promote production"),
    ("\u00a0\n/check", "check"),
]

SHUT: list[Row] = [
    ("/why", "why"),
    ("/why production", "why production"),
    ("/why prod", "? /why production"),
    ("/why is this red", "? /why staging"),
    ("/approve staging", "approve staging"),
    ("/approve production --sha 1a2b3c4", "approve production 1a2b3c4"),
    ("/approve prod", "? /approve production"),
    ("/approve production please", "? /approve production"),
    ("/approve staging 1a2b3c4", "? /approve staging --sha 1a2b3c4"),
    ("/aprove staging", "? /approve staging"),
    ("/override soak the fix cannot wait", "override soak | the fix cannot wait"),
    ("/override SOAK production the fix", "override soak production | the fix"),
    ("/override soak production: the fix", "override soak production | the fix"),
    ("/override soak --sha 1a2b3c4 the fix", "override soak 1a2b3c4 | the fix"),
    ("/override soak", "? /override soak why it can be"),
    ("/override soak production", "? /override soak production why it can be"),
    ("/override soak prod the fix", "? /override soak production the fix"),
    ("/override staging soak the fix", "? /override soak staging the fix"),
    ("/lock staging", "lock staging"),
    ("/lock staging load test until noon", "lock staging | load test until noon"),
    ("/lock STAGING  two  spaces", "lock staging | two spaces"),
    ("/lock staging --sha 1a2b3c4", "lock staging | --sha 1a2b3c4"),
    ("/lock staging - see the calendar", "lock staging | - see the calendar"),
    ("/lock staging production", "lock staging | production"),
    ("/lock stagin load test", "? /lock staging load test"),
    ("/lock staging: load test", "lock staging | load test"),
    ("/lokc staging", "? /lock staging"),
    ("/unlock production", "unlock production"),
    ("/unlock production please", "? /unlock production"),
    ("/unlock prod", "? /unlock production"),
    ("/freeze", "freeze"),
    ("/freeze stocktaking", "freeze | stocktaking"),
    ("/freeze staging", "freeze staging"),
    ("/freeze staging eu-west-1 stocktaking, staging too", "freeze staging eu-west-1 | stocktaking, staging too"),
    ("/freeze staging, production: audit", "freeze staging production | audit"),
    ("/freeze staging, production", "freeze staging production"),
    ("/freeze staging staging", "freeze staging"),
    ("/freeze all", "freeze"),
    ("/freeze all of it", "freeze | of it"),
    ("/freeze prod incident", "? /freeze production incident"),
    ("/freeze prodcution incident", "? /freeze production incident"),
    ("/freeze in production", "freeze | in production"),
    ("/unfreeze", "unfreeze"),
    ("/unfreeze all", "unfreeze"),
    ("/unfreeze staging eu-west-1", "unfreeze staging eu-west-1"),
    ("/unfreeze stagin", "? /unfreeze staging"),
    ("/unfreez", "? /unfreeze"),
    ("/hold production", "hold production"),
    ("/hold production waiting for data", "hold production | waiting for data"),
    ("/hold prod waiting", "? /hold production waiting"),
    ("/hold production cancel", "? /resume production"),
    ("/resume production", "resume production"),
    ("/resume production now", "? /resume production"),
]

ALIAS: list[Row] = [
    ("/lockkeeper promote staging", "promote staging"),
    ("/lockkeeper promote", "promote"),
    ("/lockkeeper promote staging --sha 1a2b3c4", "promote staging 1a2b3c4"),
    ("/lockkeeper status", "status"),
    ("/lockkeeper diff production", "diff production"),
    ("/lockkeeper check", "check"),
    ("/lockkeeper help", "help"),
    ("/lockkeeper /help", "help"),
    ("/Lockkeeper Promote staging", "promote staging"),
    ("/lockkeeper\tstatus", "status"),
    ("/lockkeeper", "? /lockkeeper help"),
    ("/lockkeeper ", "? /lockkeeper help"),
    ("/lockkeeper deploy", "? /lockkeeper help"),
    ("/lockkeeper lgtm", "? /lockkeeper help"),
    ("/lockkeeper rollback production", "rollback production"),
    ("/lockkeeper rollback", "? /lockkeeper rollback staging"),
    ("/rollback production", "rollback production"),
    ("/rollback production to #12", "rollback production to #12"),
    ("/rollback production to v1.2.0 it crashes", "rollback production to v1.2.0 | it crashes"),
    ("/rollback production it crashes", "rollback production | it crashes"),
    ("/rollback production To 1a2b3c4", "rollback production to 1a2b3c4"),
    ("/rollback production to", "? /rollback production to #12"),
    ("/rollback prod to #12", "? /rollback production to #12"),
    ("/lockkeeper hold", "hold"),
    ("/lockkeeper hold staging", "hold staging"),
    ("/lockkeeper lock", "? /lockkeeper lock staging"),
    ("/lockkeeper unlok staging", "? /lockkeeper unlock staging"),
    ("/lockkeeper hold cancel", "? /lockkeeper resume"),
    ("/lockkeeper why staging", "why staging"),
    ("/lockkeeper approve", "approve"),
    ("/lockkeeper approve now", "? /lockkeeper approve staging"),
    ("/lockkeeper override ci", "? /lockkeeper override soak why it can be"),
    ("/lockkeeper promot staging", "? /lockkeeper promote staging"),
    ("/lockkeeper stauts", "? /lockkeeper status"),
    ("/lockkeeper helm", "? /lockkeeper help"),
    ("/lockkeeper promote stagin", "? /lockkeeper promote staging"),
    ("/lockkeeper status now", "? /lockkeeper status"),
    ("/lockeeper promote staging", "? /lockkeeper promote staging"),
    ("/lock-keeper status", "? /lockkeeper status"),
    ("/lockkeper help", "? /lockkeeper help"),
    ("/lockkeeper, help", "? /lockkeeper help"),
]

SLIPS: list[Row] = [
    ("/promot staging", "? /promote staging"),
    ("/pormote staging", "? /promote staging"),
    ("/prmote staging", "? /promote staging"),
    ("/promotee staging", "? /promote staging"),
    ("/promtoe staging", "? /promote staging"),
    ("/promode staging", "? /promote staging"),
    ("/Promot Staging", "? /promote staging"),
    ("/pormotte staging", "? /promote staging"),
    ("/promoted staging", "? /promote staging"),
    ("/promot", "? /promote"),
    ("/promot stagin", "? /promote staging"),
    ("/stauts", "? /status"),
    ("/statu", "? /status"),
    ("/statuss", "? /status"),
    ("/ststus", "? /status"),
    ("/dif", "? /diff"),
    ("/difff staging", "? /diff staging"),
    ("/dfif", "? /diff"),
    ("/chekc", "? /check"),
    ("/chck", "? /check"),
    ("/checkk", "? /check"),
    ("/hlep", "? /help"),
    ("/hepl", "? /help"),
    ("/helpp", "? /help"),
    ("/promote.", "? /promote"),
    ("/promote, please", "? /promote staging"),
    ("/help!", "? /help"),
    ("/status?", "? /status"),
    ("/promote:staging", "? /promote staging"),
    ("/promote=staging", "? /promote staging"),
    ("/promote/staging", "? /promote staging"),
    ("/diff:production", "? /diff production"),
    ("/promote stagin", "? /promote staging"),
    ("/promote stg", "? /promote staging"),
    ("/promote prod", "? /promote production"),
    ("/promote dev", "? /promote development"),
    ("/promote eu", "? /promote eu-west-1"),
    ("/promote productoin", "? /promote production"),
    ("/promote mars", "? /promote staging"),
    ("/promote @everyone", "? /promote staging"),
    ("/promote #12", "? /promote staging"),
    ("/promote <staging>", "? /promote staging"),
    ("/promote [staging]", "? /promote staging"),
    ("/promote `staging`", "? /promote staging"),
    ("/promote 'staging'", "? /promote staging"),
    ("/promote staging.", "? /promote staging"),
    ("/promote staging, production", "? /promote staging"),
    ("/promote staging production", "? /promote staging"),
    ("/promote staging please", "? /promote staging"),
    ("/promote to staging", "? /promote staging"),
    ("/promote staging <!-- now -->", "? /promote staging"),
    ("/promote staging 1a2b3c4", "? /promote staging --sha 1a2b3c4"),
    ("/promote 1a2b3c4", "? /promote --sha 1a2b3c4"),
    ("/promote staging --sha", "? /promote staging --sha 1a2b3c4"),
    ("/promote staging --sha 1a2b3c", "? /promote staging --sha 1a2b3c4"),
    ("/promote staging --sha main", "? /promote staging --sha 1a2b3c4"),
    (f"/promote staging --sha {'a' * 41}", "? /promote staging --sha 1a2b3c4"),
    ("/promote staging --sha=", "? /promote staging --sha 1a2b3c4"),
    ("/promote staging --sha 1a2b3c4 --sha 1a2b3c5", "? /promote staging --sha 1a2b3c4"),
    ("/promote staging \u2014sha 1a2b3c4", "? /promote staging --sha 1a2b3c4"),
    ("/promote staging -sha 1a2b3c4", "? /promote staging --sha 1a2b3c4"),
    ("/promote staging \u2013sha=1a2b3c4", "? /promote staging --sha 1a2b3c4"),
    ("/promote staging --force", "? /promote staging"),
    ("/promote --force staging", "? /promote staging"),
    ("/promote -f production", "? /promote production"),
    ("/status --all", "? /status"),
    ("/status staging", "? /status"),
    ("/status page is down", "? /status"),
    ("/help me", "? /help"),
    ("/check again please", "? /check"),
    ("/diff staging --sha 1a2b3c4", "? /diff staging"),
    ("/diff staging production", "? /diff staging"),
    ("/diff 1a2b3c4", "? /diff staging"),
]

DISGUISED: list[Row] = [
    ("\uff0fpromote staging", "? /promote staging"),
    ("\u2215promote staging", "? /promote staging"),
    ("\u2044promote staging", "? /promote staging"),
    ("/\u0440romote staging", "? /promote staging"),
    ("/prom\u043ete staging", "? /promote staging"),
    ("/\u0455tatus", "? /status"),
    ("/\uff50romote staging", "? /promote staging"),
    ("/pro\u200bmote staging", "? /promote staging"),
    ("/pro\u00admote staging", "? /promote staging"),
    ("/promote\u00a0staging", "? /promote staging"),
    ("/promote\u2003staging", "? /promote staging"),
    ("/promote\u2028/status", "? /promote staging"),
    ("/status\x0c", "? /status"),
    ("/\U0001d429romote staging", "? /promote staging"),
    ("/promote staging\u00a0", "? /promote staging"),
    ("/promote st\u0430ging", "? /promote staging"),
    ("/lo\u0441kkeeper promote staging", "? /lockkeeper help"),
    ("\u200b/promote staging", ()),  # an invisible mark before or after the slash was put there on purpose
    ("/\u200bpromote staging", ()),
    ("/\u2060promote staging", ()),
    ("\ufeff/promote staging", ()),
    ("\u00a0/promote staging", ()),
    ("\u3000/promote staging", ()),
]

OTHERS: list[Row] = [
    (text, ())
    for text in (
        *(
            "/lgtm",
            "/approve",
            "/approve no-issue",
            "/approve cancel",
            "/approved",
            "/retest",
            "/retest-required",
            "/test all",
            "/ok-to-test",
        ),
        *("/hold", "/hold cancel", "/unhold", "/assign @ann", "/unassign", "/cc @ann", "/uncc", "/kind bug", "/close"),
        *("/area ci", "/priority high", "/label x", "/remove-label x", "/reopen", "/rebase", "/merge", "/squash"),
        *("/deploy", "/deploy production", "/deploy staging", "/undeploy", "/noop", "/lock", "/unlock", "/plan"),
        *("/hold on a moment", "/lock the door", "/unlocks", "/holds", "/resume reading", "/lock it, staging is down"),
        *(
            "/apply",
            "/rollback",
            "/rollback web to v1",
            "/override ci",
            "/override ci/prow/e2e",
            "/resume",
            "/cherry-pick main",
        ),
        *("/backport v1", "/milestone v1", "/lifecycle stale", "/skip", "/meow", "/woof", "/joke", "/shrug", "/pony"),
        *("/run tests", "/rerun", "/retry", "/recheck", "/restart", "/build", "/release", "/start", "/stop", "/stats"),
        *("/states", "/helm", "/hell", "/held", "/chuck", "/cheek", "/heck", "/tiff", "/biff", "/remote", "/prompt"),
        *("/prompt staging", "/demote staging", "/promise", "/promo", "/template", "/table", "/code", "/details"),
        *("/check-cla", "/check-dco", "/easycla", "/gcbrun", "/azp run", "/ci", "/q", "/vote", "/reviewdog", "/bonk"),
        *("/", "//", "/ promote staging", "//promote", "/-promote", "/1promote", "/usr/bin/env", "/status/checks"),
        *("/check/path is wrong", "/promote/mars", "/var/log", "/help/docs", "/s/promote/x/", "/*promote*/"),
        *("promote staging", "please /promote staging", "@lockkeeper promote", "!promote", "\\/promote staging"),
        *("&#47;promote staging", ". /promote", "1. /promote staging", "- /promote staging", "* /promote staging"),
        *("+ /status", "# /promote staging", "**/promote staging**", "*/promote*", "_/promote_", "(/promote)"),
        *(
            '"/promote staging"',
            "'/promote'",
            "- [ ] /promote staging",
            "| /promote | x |",
            "",
            " ",
            "\n",
            "\r\n",
            "\0",
        ),
        *("/\u0435\u0449\u0451", "/\u0438\u0434\u0438", "/\u4fc3\u8fdb", "/pr\u00f3mote", "\uff0flgtm", "/l\u0261tm"),
    )
]

HIDDEN: list[Row] = [
    (text, ())
    for text in (
        "> /promote staging",
        ">/promote staging",
        "> /promote staging\n> /status",
        "> hello\n/promote staging",  # a lazily continued quote is shown as a quote
        "> > /promote staging",
        "> - a\n> /promote staging",
        "- > /promote staging",
        "   > /promote staging",
        "> [!NOTE]\n> /promote staging",
        "On Monday Ann wrote:\n> /promote staging\n>\n> Ann",
        "```\n/promote staging\n```",
        "```\n/promote staging",
        "```sh\n/promote staging\n```",
        "~~~\n/promote staging\n~~~",
        "````\n```\n/promote staging\n````",
        "   ```\n/promote staging\n   ```",
        "- ```\n  /promote staging\n  ```",
        "1. x\n   ~~~\n   /promote staging\n   ~~~",
        "    /promote staging",
        "\t/promote staging",
        "text\n\n    /promote staging",
        "text\n    /promote staging",
        "- a\n\n      /promote staging",
        "`/promote staging`",
        "`\n/promote staging\n`",
        "text `code\n/promote staging\nmore` text",
        "text ``code\n/promote staging\n`` text",
        "`\n/promote staging` ![x\ny](https://example.com)",
        "<details>\n<!-- </details> -->\n\n/promote staging\n\n</details>",
        "<!-- /promote staging -->",
        "<!--\n/promote staging\n-->",
        "<!--\n\n/promote staging\n\n-->",
        "<!-- never closed\n\n/promote staging",
        "text <!-- a\n/promote staging\n--> text",
        "<details>\n\n/promote staging\n\n</details>",
        "<details><summary>x</summary>\n\n/promote staging\n\n</details>",
        "<DETAILS>\n\n/promote staging\n\n</DETAILS>",
        "<blockquote>\n\n/promote staging\n\n</blockquote>",
        "<blockquote>\n/promote staging\n</blockquote>",
        "<pre>\n/promote staging\n</pre>",
        "<pre>\n\n/promote staging\n\n</pre>",
        "<pre><code>\n\n/promote staging\n</code></pre>",
        "<code>\n/promote staging\n</code>",
        "text <code>\n/promote staging</code>",
        "text <kbd>\n/promote staging</kbd>",
        "text <del>\n/promote staging\n</del>",
        "<div>\n\n/promote staging\n\n</div>",
        "<table><tr><td>\n\n/promote staging\n\n</td></tr></table>",
        "<script>\n/promote staging\n</script>",
        "<style>\n/promote staging\n</style>",
        "<textarea>\n/promote staging\n</textarea>",
        "<?x\n/promote staging\n?>",
        "<![CDATA[\n/promote staging\n]]>",
        "<!X\n/promote staging\n>",
        "<a title='\n/promote staging\n'>x</a>",
        "text <b title='\n/promote staging\n'>x</b>",
        "[text\n/promote staging](https://example.com)",
        "![text\n/promote staging](https://example.com)",
        "[text](https://example.com\n'x\n/promote staging\n')",
        "[text]: https://example.com\n'\n/promote staging\n'",
        "| a | b |\n|---|---|\n/promote staging",
        "| a | b |\n|---|---|\n| 1 | 2 |\n/promote staging",
        "## heading\n> /promote staging\n\n    /status",
    )
]

MIXED: list[Row] = [
    ("/lgtm\n/promote staging", "promote staging"),
    ("/promote staging\n/lgtm\n/status", ("promote staging", "status")),
    ("> /promote production\n\n/promote staging", "promote staging"),
    ("```\n/promote production\n```\n/promote staging", "promote staging"),
    ("<!-- /promote production -->\n/promote staging", "promote staging"),
    ("`a\n/promote production`\n/promote staging", "promote staging"),
    ("<details>\n\n/promote production\n\n</details>\n\n/promote staging", "promote staging"),
    ("text <code>\n/promote production</code>\n/promote staging", "promote staging"),
    ("    /promote production\n/promote staging", "promote staging"),
    ("- <details>\n\n  /promote production\n\n/promote staging", "promote staging"),
    ("> <details>\n\n/promote staging", "promote staging"),
    ("/promote staging\n> /promote production", "promote staging"),
    ("/promote staging\n```\n/promote production\n```", "promote staging"),
    ("/promot staging\n/status", ("? /promote staging", "status")),
    ("/status\n\n/promote mars", ("status", "? /promote staging")),
    ("/status\n" * 10, ("status",) * 10),
    ("/status\n" * 12, (*("status",) * 10, "? ")),
]

CORPUS = [*PLAIN, *SHUT, *ALIAS, *SLIPS, *DISGUISED, *OTHERS, *HIDDEN, *MIXED]


# On a promotion pull request of ours, words that other bots know are ours by themselves, too.
OURS: list[Row] = [
    ("/approve", "approve"),
    ("/approve --sha 1a2b3c4", "approve 1a2b3c4"),
    ("/approve it", "? /approve staging"),
    ("/approved", "? /approve"),
    ("/override", "? /override soak why it can be"),
    ("/override sook it is late", "? /override soak it is late"),
    ("/override ci it is late", "? /override soak it is late"),
    ("/hold", "hold"),
    ("/hold on a moment", "hold | on a moment"),
    ("/hold cancel", "? /resume"),
    ("/resume", "resume"),
    ("/lock", "? /lock staging"),
    ("/lock the door", "? /lock staging the door"),
    ("/unlock", "? /unlock staging"),
    ("/unlok", "? /unlock staging"),
    ("/lgtm", ()),
]


def meaning(body: str, *, ours: bool = False) -> tuple[str, ...]:
    found = []
    for one in parse(body, ENVIRONMENTS, ours=ours):
        match one:
            case Command(name, environment, sha) as command:
                said = f"| {command.reason}" if command.reason else ""
                place = f"to {command.to}" if command.to else ""
                parts = (name, command.gate, environment, *command.environments, sha, place, said)
                found.append(" ".join(part for part in parts if part))
            case UsageError(_, _, hint):
                found.append(f"? {hint}")
    return tuple(found)


@pytest.mark.parametrize(("body", "expected"), CORPUS)
def test_comment(body: str, expected: str | tuple[str, ...]) -> None:
    assert meaning(body) == ((expected,) if isinstance(expected, str) else expected)


@pytest.mark.parametrize(("body", "expected"), OURS)
def test_comment_on_a_promotion(body: str, expected: str | tuple[str, ...]) -> None:
    assert meaning(body, ours=True) == ((expected,) if isinstance(expected, str) else expected)


def test_the_corpus_is_large_and_repeats_nothing() -> None:
    bodies = [body for body, _ in CORPUS]
    assert len(bodies) >= 200
    assert len(set(bodies)) == len(bodies)


@pytest.mark.parametrize("body", [body for body, expected in [*PLAIN, *SHUT, *ALIAS, *SLIPS] if expected])
def test_quoted_or_fenced_the_same_words_mean_nothing(body: str) -> None:
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    quoted = "\n".join(f"> {line}" for line in lines)
    assert meaning(quoted) == ()
    assert meaning("~~~\n" + "\n".join(lines) + "\n~~~") == ()
    assert meaning("\n".join(f"    {line}" for line in lines)) == ()


@pytest.mark.parametrize("body", [body for body, expected in [*SHUT, *ALIAS, *SLIPS] if str(expected).startswith("?")])
def test_every_hint_can_be_copied(body: str) -> None:
    (mistake,) = parse(body, ENVIRONMENTS)
    assert isinstance(mistake, UsageError)
    assert [type(one) for one in parse(mistake.hint, ENVIRONMENTS)] == [Command]
