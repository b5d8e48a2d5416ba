"""What is said of a configuration that has no mistakes, but something in it that was probably not meant?"""

# ruff: noqa: E501 - a table keeps its rows

from __future__ import annotations

from datetime import date

import pytest

from bot.promotion.config import key_lines
from bot.promotion.config_remarks import remarks
from tests.promotion.test_config import good
from tests.promotion.test_config_moves import DEV, file

TODAY = date(2026, 11, 26)
WAIVER = "policies: [{builtin: security, exceptions: [{policy: a, namespaces: [b], reason: for now, until: %s}]}]\n"

REMARKS: list[tuple[str, str, list[str]]] = [
    ("nothing", file("directory", DEV, "staging:"), []),
    (
        "a repository that has to agree, named twice",
        file("repository", DEV, "a: {repository: acme/x, after: dev}", "b: {repository: acme/X, path: b, after: dev}"),
        ["environments.a.repository: nothing moves before `acme/x` agrees, and the App is installed on it"],
    ),
    (
        "a pipeline of its own, and one elsewhere",
        file("branch", "dev: {branch: main}", more="pipeline: acme/platform\n"),
        ["pipeline: once `acme/platform` promotes into this repository, its rules hold here"],
    ),
    ("one elsewhere alone", "version: 1\npipeline: acme/platform\n", []),
    (
        "gates where nothing is promoted to",
        file(
            "branch",
            "dev: {branch: main, gates: {soak: 1h}, approvers: {users: [ann]}, promoters: {users: [ann]}, merge: auto}",
        ),
        [
            f"environments.dev.{key}: nothing is promoted into `dev`, where a pipeline starts, so this has no effect"
            for key in ("merge", "approvers", "promoters", "gates")
        ],
    ),
    (
        "nobody looks",
        file("directory", DEV, "a: {merge: auto}", "b: {merge: auto, gates: {soak: 1h}}"),
        ["environments.a.merge: changes go into `a` without anybody's doing, as soon as nothing blocks them"],
    ),
    (
        "alone in a group",
        file("directory", DEV, "a: {group: eu}", "b: {group: us, after: dev}", "c: {group: us, after: dev}"),
        ["environments.a.group: `a` is alone in group `eu`"],
    ),
    (
        "nothing to protect",
        file(
            "values", "dev: {branch: main, values: {w: a.yaml}}", "b: {values: {w: b.yaml}}", more="protect: [c.yaml]\n"
        ),
        ["protect: strategies `values` and `tag` move no files, so there is nothing to protect"],
    ),
    (
        "something to protect",
        file("directory", DEV, "b: {}", more="protect: [c.yaml]\n"),
        [],
    ),
    (
        "a freeze that is over, and one that ends today",
        file("directory", DEV, more="freeze: [{from: 2026-11-01, until: 2026-11-25}, {from: 2026-11-01, until: 2026-11-26}]\n"),
        ["freeze[0]: this ended on 2026-11-25"],
    ),
    (
        "an exception that is over",
        file("directory", DEV, more=WAIVER % "2026-11-25"),
        ["policies[0].exceptions[0]: this exception ended on 2026-11-25: what it excepted counts again"],
    ),
    ("an exception that ends today", file("directory", DEV, more=WAIVER % "2026-11-26"), []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in REMARKS], ids=[row[0] for row in REMARKS])
def test_remarks(text: str, expected: list[str]) -> None:
    assert [f"{one.key}: {one.message}" for one in remarks(good(text), TODAY)] == expected


def test_who_has_to_agree_to_whom_is_written_out_where_it_is_known() -> None:
    found = good(file("repository", DEV, "a: {repository: acme/x}"))
    (one,) = remarks(found, TODAY, "acme/platform")
    assert one.suggestion == "write `version: 1` and `pipeline: acme/platform` into .github/lockkeeper.yaml there"
    (one,) = remarks(found, TODAY)
    assert "`pipeline: owner/name`" in one.suggestion


def test_on_which_lines_keys_stand() -> None:
    lines = key_lines(b"version: 1\nenvironments:\n  dev:\n    branch: main\n    gates:\n      test: [a]\n")
    assert (lines["environments.dev"], lines["environments.dev.gates.test"]) == (3, 6)
    assert key_lines(b"[") == {}
