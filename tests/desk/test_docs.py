"""Does docs/desk.md say what the commands do? Every line of it that is a command is carried out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
import yaml

from bot.cli import check
from tests.desk.place import _CLI, ROOT, Desk
from tests.flows.repository import DEPLOYMENT, PATH, deployment, files, settings

PAGE = (ROOT / "docs/desk.md").read_text()
RULES = """\
version: 1
environments:
  staging: {branch: main, path: overlays/staging}
  production: {branch: production, path: clusters/production}
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", PAGE)


def commands() -> Iterator[str]:
    for block in blocks("sh"):
        yield from (line.partition("  #")[0].strip() for line in block.splitlines() if line.startswith("lockkeeper"))


@pytest.fixture
def written(bare: Desk) -> Desk:
    """A repository in which everything exists that the page names."""
    applications = {
        "clusters/production/web/settings.yaml": settings(colour="blue"),
        "clusters/production/web/kustomization.yaml": "resources: [settings.yaml]\n",
        "clusters/production/cart/settings.yaml": settings(colour="red"),
        "clusters/production/cart/kustomization.yaml": "resources: [settings.yaml]\n",
    }
    bare.begin({**files(), PATH: RULES, **applications})
    for number in range(3):
        bare.commit({"base/settings.yaml": settings(level=f"{number}")})
    bare.git("checkout", "-q", "-b", "topic")
    bare.commit({"base/settings.yaml": settings(level="topic")})
    bare.write(
        {"programs/lockkeeper": f'#!/bin/sh\nexec {sys.executable} -c "{_CLI}" "$@"\n', ".gitignore": "programs"}
    )
    (bare.top / "programs/lockkeeper").chmod(0o700)
    return bare


def shell(desk: Desk, script: str) -> subprocess.CompletedProcess[str]:
    path = f"{desk.top / 'programs'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-e", "-c", script],
        cwd=desk.top,
        env=desk.environment(PATH=path),
        capture_output=True,
        text=True,
        check=False,
    )


def test_there_are_commands_to_carry_out() -> None:
    assert len([*commands()]) >= 10


@pytest.mark.parametrize("command", [*commands()])
def test_commands(written: Desk, command: str) -> None:
    done = shell(written, command)
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
    assert done.stdout or command.startswith("lockkeeper diff")


def test_the_commands_of_ci_jobs(written: Desk) -> None:
    """As far as they are ours: the clone and the actions are other people's."""
    written.git("update-ref", "refs/remotes/origin/main", "main")
    (github, gitlab) = (block for block in map(yaml.safe_load, blocks("yaml")) if "repos" not in block)
    (run,) = [one["run"] for one in github["jobs"]["check"]["steps"] if "lockkeeper check" in one.get("run", "")]
    done = shell(written, f"export GITHUB_BASE_REF=main; {run}")
    assert done.returncode == 0, done.stderr
    assert (written.top / "lockkeeper.sarif").stat().st_size > 0
    last = gitlab["lockkeeper"]["script"][-1].removeprefix("/opt/lockkeeper/.venv/bin/")
    done = shell(written, f"export CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main; {last}")
    assert done.returncode == 0, done.stderr
    assert "against origin/main" in done.stdout


def test_the_hook_that_is_shown_is_the_one_that_is_shipped() -> None:
    (shown,) = (block for block in map(yaml.safe_load, blocks("yaml")) if "repos" in block)
    (shipped,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (local,) = shown["repos"][0]["hooks"]
    assert {name: shipped[name] for name in local} == local
    assert shipped["entry"] in next(block for block in blocks("sh") if block.startswith("#!"))


def test_every_option_is_described() -> None:
    for option in check.params:
        if isinstance(option, click.Option):
            assert f"`{option.opts[-1]}" in PAGE or f"{option.opts[-1]}`" in PAGE or option.name == "cache", option.name
    assert "`--no-cache`" in PAGE


def test_json_has_the_keys_that_are_described(written: Desk) -> None:
    import json

    written.write({DEPLOYMENT: deployment(pull_policy="imagePulPolicy")})
    found = json.loads(written.run("check", "--format", "json").out)
    changes = [change for one in found["environments"] for change in one["changes"]]
    assert found["findings"] and changes
    for place in (found, *found["findings"], *found["environments"], *changes, *(one["resource"] for one in changes)):
        for key in place:
            assert f"`{key}`" in PAGE, key


@pytest.mark.parametrize("command", ["config check", "plan", "status"])
def test_json_about_promotions_has_the_keys_that_are_described(written: Desk, command: str) -> None:
    import json

    written.git("branch", "production", "HEAD~1")
    found = json.loads(written.run(*command.split(), "--format", "json").out)
    assert found["promotions"] and keys_of(found)
    for key in keys_of(found):
        assert f"`{key}`" in PAGE, key


def keys_of(value: object) -> set[str]:
    """Return the keys of all objects in a value."""
    if isinstance(value, dict):
        return {*map(str, value), *(key for one in value.values() for key in keys_of(one))}
    return {key for one in value for key in keys_of(one)} if isinstance(value, list) else set()
