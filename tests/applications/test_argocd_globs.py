"""Each of Argo CD's pattern languages names what its own library names."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from bot.checks.applications.globs import doublestar, fixed, glob, path_match, pathspec

PATH_MATCH = [
    ("apps/*", "apps/web", True),
    ("apps/*", "apps/web/base", False),
    ("apps/*", "apps", False),
    ("*", "apps", True),
    ("*/web", "apps/web", True),
    ("apps/w?b", "apps/web", True),
    ("apps/w?b", "apps/w/b", False),
    ("apps/[a-v]*", "apps/web", False),
    ("apps/[a-w]*", "apps/web", True),
    ("apps/[^a-v]*", "apps/web", True),
    ("apps/[!w]*", "apps/web", True),  # Go negates with ^ only: ! and w are characters
    ("apps/**", "apps/a/b", False),
    ("apps/**", "apps/a", True),
    (r"apps/\*", "apps/*", True),
    (r"apps/\*", "apps/web", False),
    ("apps/[", "apps/[", False),  # malformed
    ("apps/[]a]", "apps/]", False),
    ("apps/[z-a]", "apps/b", False),
    ("apps/a\\", "apps/a", False),
    ("a*a*a*b", "a" * 60, False),
    ("{a,b}", "a", False),  # no braces in path.Match
]
PATHSPEC = [
    ("apps/*/config.json", "apps/web/config.json", True),
    ("apps/*/config.json", "apps/web/deep/config.json", True),
    ("apps/**/config.json", "apps/web/config.json", True),
    ("apps/**/config.json", "apps/config.json", False),
    ("apps/*.yaml", "apps/a/b.yaml", True),
    ("apps", "apps/a/b.yaml", True),
    ("apps/", "apps/a/b.yaml", True),
    ("app", "apps/a.yaml", False),
    ("./apps/a.yaml", "apps/a.yaml", True),
    ("apps/[ab].yaml", "apps/c.yaml", False),
    ("apps/[!ab].yaml", "apps/c.yaml", True),
    ("**", "x/y", True),
]
DOUBLESTAR = [
    ("envs/*.yaml", "envs/a.yaml", True),
    ("envs/*.yaml", "envs/x/a.yaml", False),
    ("envs/**/*.yaml", "envs/a.yaml", True),
    ("envs/**/*.yaml", "envs/x/y/a.yaml", True),
    ("**/child*", "grandparent/parent/child1", True),
    ("grandparent/**/child?", "grandparent/parent/child2", True),
    ("path**", "path/x", False),
    ("path**", "pathway", True),
    ("a/{b,c}/d", "a/c/d", True),
    ("a/{b,c{d,e}}", "a/ce", True),
    ("a/{b,c/x}/d", "a/c/x/d", True),
    ("a/{b", "a/b", False),
    ("a/[!x].yaml", "a/y.yaml", True),
    ("a/[^/]b", "a//b", False),
    ("**", "a/b/c", True),
]
GLOB = [
    ("*.yaml", "a/b.yaml", True),
    ("{*.yaml,*.yml}", "a/b.yml", True),
    ("{config.json,env-usw2/*}", "env-usw2/x/y.yaml", True),
    ("some-directory/*", "other/a.yaml", False),
    ("a?c", "abc", True),
    ("[ab]*", "beta.yaml", True),
    ("[!ab]*", "beta.yaml", False),
    ("{}", "", True),
]


@pytest.mark.parametrize(
    ("match", "pattern", "path", "expected"),
    [
        (match, *row)
        for match, table in ((path_match, PATH_MATCH), (pathspec, PATHSPEC), (doublestar, DOUBLESTAR), (glob, GLOB))
        for row in table
    ],
    ids=lambda one: one.__name__ if callable(one) else str(one)[:30],
)
def test_matches(match: Callable[[str, str], bool], pattern: str, path: str, expected: bool) -> None:
    assert match(pattern, path) is expected


@pytest.mark.parametrize("match", [path_match, pathspec, doublestar, glob], ids=lambda one: one.__name__)
@pytest.mark.parametrize("pattern", ["*a" * 200 + "b", "{a,b}" * 60, "**/" * 300 + "x", "[" * 5000, "{" * 5000])
def test_no_pattern_is_slow(match: Callable[[str, str], bool], pattern: str) -> None:
    before = time.perf_counter()
    assert match(pattern, "a" * 2000 + "/" + "a" * 2000) is False
    assert time.perf_counter() - before < 5


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("a/b/*.yaml", "a/b"), ("a/*/c/d", "a"), ("*", ""), ("a/b/c", "a/b"), ("a/{b,c}/d", "a"), ("", "")],
)
def test_what_is_fixed_of_a_pattern(pattern: str, expected: str) -> None:
    assert fixed(pattern) == expected
