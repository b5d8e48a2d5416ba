"""What may be fetched: only what is pinned, and only from where the operator says."""

from __future__ import annotations

import pytest

from bot.checks.remote import (
    NOTHING,
    OFFLINE,
    NotFetched,
    RemoteBase,
    RemoteChart,
    base_of,
    chart_of,
    repository_of,
)
from bot.model.address import is_allowed
from bot.model.environment import ChartPin, Configuration
from bot.promotion.config import parse
from tests.remote.remotes import DIGEST, SHA, Written

BASES: list[tuple[str, RemoteBase | str]] = [
    (f"https://github.com/acme/bases//web?ref={SHA}", RemoteBase("https://github.com/acme/bases", "web", SHA)),
    (f"https://github.com/acme/bases/web/prod?ref={SHA}", RemoteBase("https://github.com/acme/bases", "web/prod", SHA)),
    (f"https://github.com/acme/bases?ref={SHA}", RemoteBase("https://github.com/acme/bases", "", SHA)),
    (f"https://github.com/acme/bases/?ref={SHA}", RemoteBase("https://github.com/acme/bases", "", SHA)),
    (f"github.com/acme/bases//web?ref={SHA}", RemoteBase("https://github.com/acme/bases", "web", SHA)),
    (f"www.github.com/acme/bases/web?version={SHA}", RemoteBase("https://github.com/acme/bases", "web", SHA)),
    (f"http://github.com/acme/bases//web?ref={SHA}", RemoteBase("https://github.com/acme/bases", "web", SHA)),
    (f"git::https://git.example.com/x/y.git//a?ref={SHA}", RemoteBase("https://git.example.com/x/y.git", "a", SHA)),
    (f"git::github.com/acme/bases//a?ref={SHA}", RemoteBase("https://github.com/acme/bases", "a", SHA)),
    (f"https://git.example.com/x/y.git/a/b?ref={SHA}", RemoteBase("https://git.example.com/x/y.git", "a/b", SHA)),
    (f"https://git.example.com/x/y.git?ref={SHA}", RemoteBase("https://git.example.com/x/y.git", "", SHA)),
    (f"https://git.example.com/x/y/z?ref={SHA}", RemoteBase("https://git.example.com/x/y", "z", SHA)),
    (f"https://git.example.com/o/p/_git/r/a?ref={SHA}", RemoteBase("https://git.example.com/o/p/_git/r", "a", SHA)),
    (
        f"https://GitHub.com/acme/bases//web?ref={SHA}&timeout=90s",
        RemoteBase("https://github.com/acme/bases", "web", SHA),
    ),
    (
        f"https://github.com/acme/bases//web?submodules=0&ref={SHA}",
        RemoteBase("https://github.com/acme/bases", "web", SHA),
    ),
    (
        f"https://github.com/acme/bases//web?ref={'a' * 64}",
        RemoteBase("https://github.com/acme/bases", "web", "a" * 64),
    ),
    ("https://github.com/acme/bases//web?ref=main", "not pinned to a commit"),
    ("https://github.com/acme/bases//web?ref=v1.0.0", "not pinned to a commit"),
    (f"https://github.com/acme/bases//web?ref={SHA[:12]}", "not pinned to a commit"),
    (f"https://github.com/acme/bases//web?ref={SHA.upper()}", "not pinned to a commit"),
    (f"https://github.com/acme/bases//web?ref={SHA}^", "not pinned to a commit"),
    (f"https://github.com/acme/bases//web?version={SHA}&ref=main", "not pinned to a commit"),
    ("https://github.com/acme/bases//web", "not pinned to a commit"),
    (f"https://github.com/acme/bases//web#?ref={SHA}", "not pinned to a commit"),
    (f"https://github.com/acme/bases//a b?ref={SHA}", "offline"),
    (f"https://github.com/acme/bases//a'b?ref={SHA}", "not a plain path"),
    (f"https://github.com/acme/bases//a//b?ref={SHA}", "not a plain path"),
    ("https://github.com/acme/bases/releases/download/v1/install.yaml", "a single file"),
    (f"https://github.com/acme/bases//web/map.json?ref={SHA}", "a single file"),
    (f"https://github.com/acme/bases//../x?ref={SHA}", "offline"),
    (f"https://github.com/acme/bases//%2e%2e/x?ref={SHA}", "offline"),
    (f"https://github.com/acme-evil/bases//web?ref={SHA}", "offline"),
    (f"http://git.example.com/x/y.git//a?ref={SHA}", "offline"),
    (f"ssh://git@github.com/acme/bases//web?ref={SHA}", "offline"),
    (f"git@github.com:acme/bases//web?ref={SHA}", "offline"),
    (f"https://user:pass@github.com/acme/bases//web?ref={SHA}", "offline"),
    (f"file:///etc//x?ref={SHA}", "offline"),
    (f"oci://registry.example.com/x/y//a?ref={SHA}", "offline"),
    (f"https://[::1/acme?ref={SHA}", "offline"),
    ("https://", "offline"),
    ("", "offline"),
]


@pytest.mark.parametrize(("target", "expected"), BASES)
def test_what_a_remote_base_names(target: str, expected: RemoteBase | str) -> None:
    allowed = ("https://github.com/acme", "https://git.example.com")
    if isinstance(expected, str):
        remotes = Written(allowed=allowed)
        found = base_of(target, remotes)
        assert isinstance(found, NotFetched) and expected in found.reason and found.how
        assert remotes.asked == [], "nobody is asked for what is not pinned"
    else:
        remotes = Written({f"{expected.url}@{expected.commit}": {"a": "b"}}, allowed)
        got = base_of(target, remotes)
        assert not isinstance(got, NotFetched)
        assert got[0] == expected
        assert base_of(target, NOTHING) is OFFLINE, "unless the operator allows it"


def test_the_words_for_a_base_that_is_not_pinned() -> None:
    found = base_of("https://github.com/acme/bases//web?ref=main", Written())
    assert found == NotFetched("it is not pinned to a commit", "pin it to a commit: ?ref=<40 hex digits>")


ALLOWED = (
    "https://github.com/acme",
    "https://charts.example.com:8443/stable/",
    "https://git.example.com/x/y.git",
    "oci://registry.example.com/team",
    "http://127.0.0.1:5000",
    "https://whole.example.com",
)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/acme/bases", True),
        ("https://github.com/acme", True),
        ("https://github.com/acme/", True),
        ("https://GitHub.com/acme/bases", True),
        ("HTTPS://github.com/acme/bases", True),
        ("https://github.com:443/acme/bases", True),
        ("https://github.com/acme/bases?x=/../other", True),
        ("https://github.com/acme-evil/bases", False),
        ("https://github.com/acme%2f..%2fother", False),
        ("https://github.com/acme/%2e%2e/other", False),
        ("https://github.com/acme/%252e%252e/other", False),
        ("https://github.com/%61cme/bases", False),
        ("https://github.com/Acme/bases", False),
        ("https://github.com/other/bases", False),
        ("https://github.com/", False),
        ("https://github.com", False),
        ("https://github.com.evil.com/acme/bases", False),
        ("https://github.com./acme/bases", False),
        ("https://evil-github.com/acme/bases", False),
        ("https://github.com:444/acme/bases", False),
        ("https://github.com:0/acme/bases", False),
        ("https://github.com:99999/acme/bases", False),
        ("https://user@github.com/acme/bases", False),
        ("https://@github.com/acme/bases", False),
        ("https://github.com@evil.com/acme/bases", False),
        ("https://evil.com\\@github.com/acme/bases", False),
        ("https://github.com\\.evil.com/acme/bases", False),
        ("https://github.com/acme/../other/x", False),
        ("https://github.com/acme/./x", False),
        ("https://github.com/acme/..", False),
        ("https://github.com/acme\\..\\other", False),
        ("https://github.com/ac\tme/bases", False),
        ("https://git\nhub.com/acme/bases", False),
        (" https://github.com/acme/bases", False),
        ("https://gıthub.com/acme/bases", False),
        ("https://github。com/acme/bases", False),
        ("https://github.com/acme/\x00", False),
        ("http://github.com/acme/bases", False),
        ("ssh://github.com/acme/bases", False),
        ("oci://github.com/acme/bases", False),
        ("//github.com/acme/bases", False),
        ("github.com/acme/bases", False),
        ("https://evil.com/https://github.com/acme", False),
        ("https://evil.com?https://github.com/acme/bases", False),
        ("https://evil.com#https://github.com/acme/bases", False),
        ("https://charts.example.com:8443/stable/a.tgz", True),
        ("https://charts.example.com:8443/stable/web-1.0.0%2Bb.tgz", True),
        ("https://charts.example.com:8443/stables", False),
        ("https://charts.example.com/stable", False),
        ("https://git.example.com/x/y", True),
        ("https://git.example.com/x/y.git", True),
        ("https://git.example.com/x/yz", False),
        ("oci://registry.example.com/team/web", True),
        ("oci://registry.example.com/teams/web", False),
        ("https://registry.example.com/team/web", False),
        ("http://127.0.0.1:5000/any/thing", True),
        ("http://127.0.0.1:5001/any/thing", False),
        ("http://localhost:5000/any/thing", False),
        ("https://127.0.0.1:5000/any/thing", False),
        ("https://whole.example.com/any/thing", True),
        ("https://whole.example.com", True),
        ("", False),
        ("not an address", False),
        ("https://[::1", False),
    ],
)
def test_where_from(url: str, expected: bool) -> None:
    assert is_allowed(url, ALLOWED) is expected
    assert is_allowed(url, ()) is False, "without an operator's word nothing is fetched"
    assert is_allowed(url, ("nonsense", "")) is False


HERE = "https://charts.example.com"
REGISTRY = "oci://registry.example.com/team"
PINS = (ChartPin(f"{HERE}/", "web", "1.2.3", DIGEST), ChartPin(REGISTRY, "web", "1.2.3", DIGEST))
CHARTS: list[tuple[str, tuple[str, str, str], str]] = [
    ("pinned", (HERE, "web", "1.2.3"), "had"),
    ("written otherwise", ("https://Charts.example.com:443/", "web", "1.2.3"), "had"),
    ("in a registry", (REGISTRY, "web", "1.2.3"), "had"),
    ("in a registry, as Argo CD writes it", ("registry.example.com/team", "web", "1.2.3"), "had"),
    ("another version", (HERE, "web", "1.2.4"), "not pinned by digest"),
    ("another chart", (HERE, "webb", "1.2.3"), "not pinned by digest"),
    ("elsewhere in the repository", (f"{HERE}/beta", "web", "1.2.3"), "not pinned by digest"),
    ("a range", (HERE, "web", "1.x"), "its version `1.x` is no exact one"),
    ("a constraint", (HERE, "web", ">=1.2.3"), "no exact one"),
    ("no version", (HERE, "web", ""), "its version an empty text is no exact one"),
    ("a name that is none", (HERE, "../web", "1.2.3"), "no exact one"),
    ("not allowed", ("https://charts.example.org", "web", "1.2.3"), "offline"),
    ("a registry that is not allowed", ("oci://registry.example.org/team", "web", "1.2.3"), "offline"),
    ("a user in it", ("https://me:x@charts.example.com", "web", "1.2.3"), "offline"),
    ("no address", ("", "web", "1.2.3"), "offline"),
]


@pytest.mark.parametrize(("about", "named", "expected"), CHARTS, ids=[one[0] for one in CHARTS])
def test_which_charts_are_had(about: str, named: tuple[str, str, str], expected: str) -> None:
    there = {f"{place} web@1.2.3@{DIGEST}": {"Chart.yaml": "name: web"} for place in (HERE, REGISTRY)}
    remotes = Written(there)
    found = chart_of(*named, PINS, remotes)
    if expected == "had":
        assert not isinstance(found, NotFetched)
        assert found[0] == RemoteChart(repository_of(named[0]), "web", "1.2.3", DIGEST)
        assert RemoteChart.named(found[0].repository, found[0].revision) == found[0]
        assert chart_of(*named, PINS, NOTHING) is OFFLINE
    else:
        assert isinstance(found, NotFetched) and expected in found.reason and found.how
        assert remotes.asked == []


def test_the_words_for_a_chart_that_is_not_pinned() -> None:
    found = chart_of(HERE, "web", "1.2.3", (), Written())
    assert isinstance(found, NotFetched)
    assert found.how == (
        'add to .github/lockkeeper.yaml: `render: {charts: [{repository: "https://charts.example.com", chart: "web", '
        'version: "1.2.3", digest: "sha256:…"}]}`; the digest: `helm pull web --repo https://charts.example.com '
        "--version 1.2.3` and `sha256sum web-1.2.3.tgz`"
    )
    found = chart_of(REGISTRY, "web", "1.2.3", (), Written())
    assert isinstance(found, NotFetched)
    assert found.how.endswith("the digest: `helm pull oci://registry.example.com/team/web --version 1.2.3` tells it")


@pytest.mark.parametrize("place", [HERE, REGISTRY])
def test_the_lines_of_these_words_are_a_pin(place: str) -> None:
    """Somebody copies them, puts the digest in, and has pinned that chart."""
    found = chart_of(place, "web", "1.2.3", (), Written())
    assert isinstance(found, NotFetched)
    line = found.how.split("`")[1].replace("sha256:…", DIGEST)
    rules = parse(f"{{version: 1, environments: {{dev: {{branch: main}}}}, {line}}}".encode())
    assert isinstance(rules, Configuration), rules
    remotes = Written({f"{place} web@1.2.3@{DIGEST}": {"Chart.yaml": "name: web"}})
    assert not isinstance(chart_of(place, "web", "1.2.3", rules.render.charts, remotes), NotFetched)
