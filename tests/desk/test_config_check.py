"""What does `lockkeeper config check` say, and with which status does it end?"""

from __future__ import annotations

import json
from pathlib import Path

from tests.desk.place import Desk
from tests.flows.repository import PATH

GOLDEN = Path(__file__).parent / "golden"
GOOD = """\
version: 1
strategy: directory
environments:
  development:
    branch: main
    path: environments/development
    promote: manual
  staging:
    approvers: {teams: [qa], codeowners: true}
    gates: {checks: [ci], soak: 1h, window: "Mon-Fri 09:00-16:00 Europe/Berlin"}
  west: {group: europe, merge: auto}
  north: {group: europe, merge: auto}
  recovery: {strategy: values, after: staging, values: {web: recovery.yaml, cart: {file: cart.yaml, keys: [image.tag]}}}
  production: {strategy: repository, repository: acme/production, after: staging}
freeze: [{from: 2025-01-01, until: 2025-01-02}]
policies: [{path: policies}]
checks: {crds: [crds]}
"""
VALUES = "    values: {web: staging.yaml, cart: staging.yaml}\n"


def with_files(desk: Desk, text: str) -> None:
    text = text.replace("  west:", f"{VALUES}  west:")
    desk.write(
        {
            PATH: text,
            "environments/development/web.yaml": "kind: ConfigMap\n",
            "staging.yaml": "image: {tag: 1.0.0}\n",
            "cart.yaml": "replicas: 1\n",
        }
    )
    desk.git("remote", "add", "origin", "https://github.com/acme/shop.git")


def test_what_is_wrong_comes_with_its_line_and_what_to_write(desk: Desk) -> None:
    desk.write({PATH: (Path(__file__).parents[1] / "promotion/golden/mistakes.yaml").read_text()})
    done = desk.run("config", "check")
    assert (done.status, done.err) == (1, "")
    assert done.out == (GOLDEN / "config-mistakes.txt").read_text()


def test_what_is_right_is_told_with_remarks_about_what_is_not_there(desk: Desk) -> None:
    with_files(desk, GOOD)
    done = desk.run("config", "check")
    assert (done.status, done.err) == (0, "")
    assert done.out == (GOLDEN / "config-remarks.txt").read_text()


def test_programs_read_the_same(desk: Desk) -> None:
    with_files(desk, GOOD)
    found = json.loads(desk.run("config", "check", "--format", "json").out)
    assert (found["version"], found["file"], found["valid"], found["mistakes"]) == (1, PATH, True, [])
    assert found["remarks"][0] == {
        "key": "environments.development.promote",
        "line": 7,
        "text": "    promote: manual",
        "message": "nothing is promoted into `development`, where a pipeline starts, so this has no effect",
        "how": "set it for the environment that it is meant for",
    }
    assert [one["name"] for one in found["environments"]][:2] == ["development", "staging"]
    assert found["environments"][1]["path"] == "environments/staging"
    assert [(one["source"], one["target"]) for one in found["promotions"]] == [
        ("development", "staging"),
        ("staging", "europe"),
        ("staging", "recovery"),
        ("staging", "production"),
    ]
    desk.write({PATH: GOOD.replace("version: 1", "version: one")})
    broken = desk.run("config", "check", "--format", "json")
    found = json.loads(broken.out)
    assert (broken.status, found["valid"], found["environments"]) == (1, False, [])
    assert [one["message"] for one in found["mistakes"]][:1] == ["`one` is not a whole number"]


def test_which_file_is_looked_at(desk: Desk) -> None:
    text = "version: 1\nenvironments: {a: {branch: main, approvers: {teams: [other/x]}}}\n"
    desk.write({PATH: "version: 2\n", "elsewhere.yaml": text, "deep/er/x": ""})
    assert desk.run("config", "check", cwd=desk.top / "deep/er").out.startswith(f"{PATH}:1: error:")
    assert desk.run("config", "check", "deep").out.startswith(f"{PATH}:1: error:")
    assert desk.run("config", "check", "elsewhere.yaml").status == 0
    named = desk.run("config", "check", "elsewhere.yaml", "--organization", "acme")
    assert named.status == 1 and "belongs to another organisation" in named.out
    desk.git("remote", "add", "origin", "git@github.com:acme/shop.git")
    assert desk.run("config", "check", "elsewhere.yaml").status == 1


def test_branches_are_looked_at_as_they_are_known_here(desk: Desk) -> None:
    desk.git("branch", "staging")
    desk.write(
        {PATH: "version: 1\nenvironments: {a: {branch: main}, b: {branch: staging, path: x}, c: {branch: gone}}\n"}
    )
    told = desk.run("config", "check").out
    assert "environments.b.path: branch `staging` has no directory `x`" in told
    assert "environments.c.branch: this clone knows no branch `gone`" in told
    assert "environments.a" not in told


def test_a_file_that_is_not_there(desk: Desk, tmp_path: Path) -> None:
    desk.write({PATH: None})
    done = desk.run("config", "check")
    assert done.status == 2
    assert done.err.startswith(f"lockkeeper: {desk.top}: there is no {PATH} here")
    assert "`lockkeeper config init` proposes one" in done.err
    assert desk.run("config", "check", "nowhere.yaml").status == 2
    outside = tmp_path / "outside"
    outside.mkdir()
    assert "name the file, or a repository" in desk.run("config", "check", str(outside)).err


def test_a_hostile_file_is_told_of_without_its_characters(desk: Desk) -> None:
    desk.write({PATH: 'version: 1\nenvironments: {a: {branch: "\x1b"}}\n'})
    assert "\x1b" not in desk.run("config", "check").out
    desk.write({PATH: "version: 1\n# ::set-output name=x::y\n::error::boo: 1\nenvironments: {a: {branch: main}}\n"})
    done = desk.run("config", "check")
    assert done.status == 1 and not any(line.lstrip().startswith("::") for line in done.out.splitlines())
    desk.write({PATH: "x" * 100_000})
    assert "65,537 bytes" in desk.run("config", "check").out
