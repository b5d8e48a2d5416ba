"""A policy that is broken, or a bomb, is a finding about the policy: never a crash, a silent pass or a hang."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy.evaluation import evaluate_packs
from bot.policy.packs import load_pack
from tests.desk.place import Desk
from tests.flows.bombs import BOMBS, kyverno, things
from tests.flows.repository import DEPLOYMENT, PIPELINE, SETTINGS, deployment
from tests.flows.world import POLICIES, Town

RESOURCES = [Resource(body) for body in yaml.safe_load_all(things())]
HONEST = kyverno("pattern: {spec: {replicas: '>1'}}", kinds="Deployment").replace("name: bomb", "name: honest")
CONFIGURATION = PIPELINE + "  - path: rules\n"
LIMIT = 8.0  # seconds for one policy, on a busy machine


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def file(name: str) -> bytes:
    """Return a bomb's file, its policy called like it."""
    text = BOMBS[name].text
    data = text if isinstance(text, bytes) else text.encode()
    return data.replace(b"name: bomb", f"name: {slug(name)}".encode(), 1)


def about(findings: list[Finding], name: str) -> list[Finding]:
    return [one for one in findings if slug(name) in (one.policy, one.path.rpartition("/")[2].removesuffix(".yaml"))]


@pytest.mark.parametrize("name", BOMBS)
def test_each_is_told_in_time(name: str) -> None:
    started = time.monotonic()
    pack = load_pack("rules", {f"{slug(name)}.yaml": file(name), "honest.yaml": HONEST.encode()}, {}, root="rules")
    web = Resource(yaml.safe_load(deployment()))
    found = list(evaluate_packs([pack], [*RESOURCES, web], environment="production"))
    assert time.monotonic() - started < LIMIT
    words = BOMBS[name].words
    told = about(found, name)
    assert bool(told) == (words is not None), told
    assert words is None or any(words in one.message for one in told), told
    assert all(one.state in ("error", "fail", "not evaluable here") for one in told)
    assert [one.state for one in found if one.policy == "honest"] == ["fail"], "the others still judge"


def rules() -> dict[str, bytes]:
    return {f"rules/{slug(name)}.yaml": file(name) for name in BOMBS} | {"rules/honest.yaml": HONEST.encode()}


def texts() -> dict[str, str]:
    """The files that are text, as a commit is made of."""
    found = {path: data.decode("utf-8", "replace") for path, data in rules().items()}
    return found | {SETTINGS: things()}


def missing(said: str) -> list[str]:
    """Return the bombs that something should be said of, and is not."""
    return [name for name, one in BOMBS.items() if one.words and slug(name) not in said and name not in BINARY]


BINARY = ("not UTF-8",)  # a commit of text cannot hold it


def test_all_of_them_at_the_desk(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "shop", tmp_path / "home", tmp_path / "cache")
    desk.begin()
    desk.write({".github/lockkeeper.yaml": CONFIGURATION, SETTINGS: things()})
    for path, data in rules().items():
        place = desk.top / path
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(data)
    said = desk.run("check", "--format", "json", "--environment", "staging")
    assert said.status == 1, said.err
    told = [one for one in json.loads(said.out)["findings"] if one["concern"] == "policies"]
    assert missing(" ".join(f"{one['policy']} {one['path']}" for one in told)) == []
    blocking = {one["policy"] for one in told if one["blocks"]} | {one["path"] for one in told if one["blocks"]}
    assert "honest" in {one["policy"] for one in told}
    assert any("no-yaml" in one for one in blocking) and "loops-in-loops" in blocking


def test_all_of_them_on_github(make_town: Callable[..., Town]) -> None:
    town = make_town(CONFIGURATION, more=texts())
    town.settle()
    number = town.propose("new", {DEPLOYMENT: deployment("registry.example.com/web:2.0.0")})
    town.settle()
    head = town.pull(number).head_sha
    assert town.conclusion(head, POLICIES) == "failure"
    run = town.check(head, POLICIES)
    assert run is not None
    named = f"{run.summary} {run.text} {json.dumps(run.annotations)}".replace("\\", "")
    assert "rules/no-yaml.yaml" in named and "`honest`" in named
    seen = [name for name in BOMBS if slug(name) in named]
    assert len(seen) > 15, "those of the Deployment, and those that are broken"
