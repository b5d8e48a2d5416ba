"""What does `lockkeeper diff` show between two revisions, and how does it end?"""

from __future__ import annotations

import json

import pytest

from bot.desk.diff import Range, parse_range
from tests.desk.place import Desk
from tests.flows.repository import DEPLOYMENT, PATH, deployment, files, overlay, pipeline, replicas

NEW = {DEPLOYMENT: deployment("registry.example.com/web:2.0.0")}
RANGES = {
    "main": Range("main"),
    "HEAD~2": Range("HEAD~2"),
    "v1.0.0": Range("v1.0.0"),
    "main..topic": Range("main", "topic"),
    "v1.0..v1.1": Range("v1.0", "v1.1"),
    "main..": Range("main", "HEAD"),
    "..topic": Range("HEAD", "topic"),
    "main...topic": Range("main", "topic", True),
    "main...": Range("main", "HEAD", True),
    "HEAD@{1.day.ago}..HEAD": Range("HEAD@{1.day.ago}", "HEAD"),
}


@pytest.mark.parametrize(("words", "expected"), RANGES.items(), ids=RANGES)
def test_ranges_read_like_gits(words: str, expected: Range) -> None:
    assert parse_range(words) == expected


def test_between_two_revisions(desk: Desk) -> None:
    desk.commit(NEW)
    desk.write({DEPLOYMENT: deployment("registry.example.com/web:3.0.0")})
    said = desk.run("diff", "HEAD~1..HEAD")
    assert (said.status, said.err) == (1, "")
    assert said.out.startswith("development: 1 changed; web: image tag 1.0.0 → 2.0.0\n  changed Deployment web-dev")
    assert "image tag 1.0.0 → 3.0.0" in desk.run("diff", "HEAD~1").out
    assert "image tag 2.0.0 → 3.0.0" in desk.run("diff", "HEAD").out
    assert (desk.run("diff", "HEAD..HEAD").status, desk.run("diff", "HEAD..HEAD").out) == (0, "")


def test_three_dots_begin_where_the_branches_went_apart(desk: Desk) -> None:
    desk.git("checkout", "-q", "-b", "topic")
    desk.commit(NEW)
    desk.git("checkout", "-q", "main")
    desk.commit({"overlays/production/replicas.yaml": replicas(7)})
    assert "replicas 7 → 2" in desk.run("diff", "main..topic").out
    three = desk.run("diff", "main...topic")
    assert ("image tag 1.0.0 → 2.0.0" in three.out, "replicas" in three.out) == (True, False)


def test_what_is_only_written_otherwise_is_no_difference(desk: Desk) -> None:
    desk.write({DEPLOYMENT: "# words\n" + deployment().replace("{app: web}", "\n      app: web", 1)})
    assert desk.git("status", "--porcelain") != ""
    said = desk.run("diff", "HEAD")
    assert (said.status, said.out) == (0, "")


def test_between_branches_of_environments_those_of_the_second_count(bare: Desk) -> None:
    bare.begin({**files(), PATH: pipeline()})
    bare.git("branch", "production")
    bare.commit(NEW)
    said = bare.run("diff", "main..production")
    assert "production: 1 changed; web: image tag 2.0.0 → 1.0.0" in said.out
    assert "development" not in said.out


def test_one_environment_as_json(desk: Desk) -> None:
    desk.write(NEW)
    found = json.loads(desk.run("diff", "HEAD", "-e", "staging", "--format", "json").out)
    assert (found["version"], found["head"]) == (1, "the working tree")
    (environment,) = found["environments"]
    assert environment["name"] == "staging"
    assert environment["changes"][0]["highlights"] == [
        "image registry.example.com/web:1.0.0 → registry.example.com/web:2.0.0"
    ]


def test_markdown_is_the_comments(desk: Desk) -> None:
    desk.write(NEW)
    said = desk.run("diff", "HEAD", "--format", "markdown")
    assert said.out.startswith(
        "#### development: 1 changed\n\n<details open>\n<summary><b>Deployment web-development/web"
    )


def test_a_long_diff_is_whole_here_and_short_in_a_check(desk: Desk) -> None:
    lines = "".join(f"  key{number:03}: old\n" for number in range(100))
    head = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web-settings\ndata:\n"
    desk.commit({"base/settings.yaml": head + lines})
    desk.write({"base/settings.yaml": head + lines.replace("old", "new")})
    whole, short = desk.run("diff", "HEAD", "-e", "staging"), desk.run("check", "-e", "staging")
    assert (whole.out.count("+  key"), short.out.count("+  key")) == (100, 0)
    assert "more lines; `lockkeeper diff` shows all" in short.out


def test_what_does_not_render_is_no_difference_of_none(desk: Desk) -> None:
    desk.write({"overlays/staging/kustomization.yaml": overlay("staging", "  - gone.yaml\n")})
    said = desk.run("diff", "HEAD")
    assert said.status == 3
    assert "not everything could be compared" in said.err
    assert "gone.yaml" in said.err


def test_outside_of_git(bare: Desk) -> None:
    bare.write(files())
    said = bare.run("diff", "HEAD")
    assert said.status == 2
    assert "this is no git repository, so there is nothing to compare" in said.err
