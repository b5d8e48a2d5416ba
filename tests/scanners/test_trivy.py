"""The real trivy, offline and shut in, from a change to a finding at the line where it can be mended."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.adapters.scanners.sandboxed import SandboxedScanners
from bot.checks.scanners.files import write
from bot.checks.scanners.found import Worth, findings
from bot.checks.scanners.sarif import read
from bot.model.manifest import Resource
from bot.model.scanner import Scanner
from bot.scanners import as_text, scanners
from tests.desk.place import Desk
from tests.flows.repository import DEPLOYMENT, IMAGE_LINE, PATH, PIPELINE, deployment, files

ARGUMENTS = ("config", "--quiet", "--format", "sarif", "--skip-check-update", "--skip-version-check", "{rendered}")
PROGRAM = Path(sys.prefix) / "bin" / "trivy"

pytestmark = pytest.mark.skipif(not PROGRAM.is_file(), reason="there is no trivy for this machine")


@pytest.fixture(scope="module")
def trivy() -> Scanner:
    return Scanner("trivy", (str(PROGRAM), *ARGUMENTS))


@pytest.fixture(scope="module")
def scanning(trivy: Scanner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxedScanners]:
    with SandboxedScanners([trivy], tmp_path_factory.mktemp("data")) as made:
        yield made


def test_it_works_behind_the_walls(scanning: SandboxedScanners) -> None:
    probed = scanning.probe("trivy")
    assert probed.works and probed.words.startswith("Trivy 0.")


def test_what_it_finds_leads_to_the_fields(scanning: SandboxedScanners) -> None:
    body = yaml.safe_load(deployment("nginx:latest"))
    container = body["spec"]["template"]["spec"]["containers"][0]
    container["securityContext"] = {"privileged": True}
    body["spec"]["template"]["spec"]["containers"] = [{**container, "name": "first", "securityContext": {}}, container]
    body["spec"]["template"]["spec"]["hostNetwork"] = True
    written = [*write([Resource(body), Resource({**body, "metadata": {"name": "other"}})], "shop")]
    said = scanning.scan("trivy", {one.name: one.text for one in written})
    assert isinstance(said, bytes), said
    found = [*findings(read(said), written, Worth("trivy", "production"))]
    assert len(found) > 20
    assert {str(one.resource) for one in found} == {"Deployment web", "Deployment other"}
    titles = {one.title: one for one in found if one.resource and one.resource.name == "web"}
    privileged = titles["Privileged"]
    assert (privileged.state, privileged.severity) == ("fail", "high")
    assert privileged.field.startswith("spec.template.spec.containers[1]")
    assert "should set 'securityContext.privileged' to false" in privileged.message
    assert privileged.how.startswith("See https://")
    assert all("rendered" not in one.message and ".yaml" not in one.message for one in found)


def test_a_good_manifest_has_fewer_and_a_config_map_none(scanning: SandboxedScanners) -> None:
    resource = Resource({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "b"}})
    (one,) = write([resource])
    said = scanning.scan("trivy", {one.name: one.text})
    assert isinstance(said, bytes)
    assert [each for each in read(said).results if each.severity in ("high", "critical")] == []


def test_the_whole_way_at_the_desk(trivy: Scanner, tmp_path: Path) -> None:
    """Only what the change brings blocks: what trivy has against the Deployment already is summed up."""
    desk = Desk(tmp_path / "shop", tmp_path / "home", tmp_path / "cache")
    desk.begin({**files(), PATH: PIPELINE + "  - scanner: trivy\n    blocks: high\n"})
    privileged = deployment() + " " * 10 + "securityContext: {privileged: true}\n"
    desk.write({DEPLOYMENT: privileged})
    said = desk.run("check", "--format", "json", LOCKKEEPER_SCANNERS=as_text((trivy,)))
    assert said.status == 1, said
    told = [one for one in json.loads(said.out)["findings"] if one["policy"] == "trivy"]
    blocking = {(one["title"], one["path"], one["environment"]) for one in told if one["blocks"]}
    assert blocking == {("Privileged", DEPLOYMENT, name) for name in ("development", "staging", "production")}
    (line,) = {one["line"] for one in told if one["blocks"]}
    assert IMAGE_LINE - 1 <= line <= IMAGE_LINE + 2
    assert sum(not one["new"] for one in told) > 20
    again = desk.run("check", "--quiet", LOCKKEEPER_SCANNERS=as_text((trivy,)))
    assert again.out.count("[trivy/") == 1 and "Privileged" not in again.err

    absent = desk.run("check")
    assert absent.status == 0
    assert "there is no scanner `trivy` here, so nothing was scanned: none is enabled" in absent.out


def test_the_settings_find_it_on_the_path() -> None:
    text = f"trivy: {{command: [trivy, {', '.join(ARGUMENTS[:-1])}, '{{rendered}}']}}"
    (one,), problem = scanners({"LOCKKEEPER_SCANNERS": f"{{{text}}}", "PATH": str(PROGRAM.parent)})
    assert problem == ""
    assert shutil.which(one.command[0]) == str(PROGRAM)
