"""What do scanners get to read, and where does a line of it lead back to?"""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.checks.fieldpath import parse, value_at
from bot.checks.scanners.files import Written, write
from bot.checks.scanners.found import Worth, findings, not_scanned
from bot.checks.scanners.sarif import read
from bot.model.environment import Blocks
from bot.model.manifest import Resource
from bot.model.scanner import NotScanned
from tests.scanners.logs import kube_linter, log, place, run, trivy

DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"example.com/team": "a.b"}},
    "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "x"}, {"name": "side", "image": "y"}]}}},
}


def files(*bodies: dict[str, Any], application: str = "") -> list[Written]:
    return [*write([Resource(body, path="base/web.yaml", line=3) for body in bodies], application)]


def test_one_value_a_line() -> None:
    (file,) = files(DEPLOYMENT)
    assert file.text.decode().splitlines()[10:] == [
        "      containers:",
        "        -",
        '          name: "web"',
        '          image: "x"',
        "        -",
        '          name: "side"',
        '          image: "y"',
    ]


LINES = {
    "a value": ((14, 14), "spec.template.spec.containers[0].image"),
    "a whole container": ((15, 17), "spec.template.spec.containers[1]"),
    "both containers": ((12, 17), "spec.template.spec.containers"),
    "a name with a dot": ((7, 7), 'metadata.labels["example.com/team"]'),
    "all of it": ((1, 17), ""),
    "nothing said": ((None, None), ""),
    "beyond the end": ((99, 99), ""),
    "over the end": ((17, 99), "spec.template.spec.containers[1].image"),
    "backwards": ((14, 2), "spec.template.spec.containers[0].image"),
}


@pytest.mark.parametrize("case", LINES)
def test_lines_lead_to_fields(case: str) -> None:
    lines, field = LINES[case]
    (file,) = files(DEPLOYMENT)
    assert file.field(*lines) == field


KEYS = st.text(max_size=6) | st.sampled_from(["yes", "on", "null", "1", "a.b", "- a", "a: b", "#", "~", "kind"])
TEXTS = st.text(max_size=8) | st.sampled_from(
    ["yes", "0x1", "1e3", "\u2028", "\x85", "\x00", "🦀", "'\"\\", "- a", "a: b"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(spec=VALUES)
def test_what_is_written_reads_back_as_it_was(spec: Any) -> None:
    (file,) = files({"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": spec})
    back = yaml.safe_load(file.text)
    assert back.pop("apiVersion") == "v1"
    expected = spec
    if "•••" not in repr(back["spec"]):  # what looks like a secret is hidden
        assert back["spec"] == expected


@settings(max_examples=200, deadline=None)
@given(spec=VALUES)
def test_each_line_has_a_field_that_is_there(spec: Any) -> None:
    body = {"apiVersion": "v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": spec}
    (file,) = files(body)
    assert len(file.fields) == len(file.text.splitlines())
    for field in file.fields:
        value_at(body, parse(field))


def test_secrets_are_not_in_it() -> None:
    canary = "canary-7d1f"
    bodies = [
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"key": canary}},
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "a", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": canary}},
            "data": {"a.env": f"LEVEL=info\nDB_PASSWORD={canary}\n"},
        },
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "spec": {"containers": [{"env": [{"name": "API_TOKEN", "value": canary}]}]},
        },
    ]
    text = b"".join(one.text for one in files(*bodies)).decode()
    assert canary not in text
    assert "LEVEL=info" in text and "API_TOKEN" in text


def test_names_are_safe_and_each_its_own() -> None:
    odd = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "../../etc/passwd\n", "namespace": "x" * 300}}
    found = files(odd, odd, DEPLOYMENT, {**DEPLOYMENT, "apiVersion": "other/v1"})
    names = [one.name for one in found]
    assert len({*names}) == 4
    assert all("/" not in one and "\n" not in one and len(one) < 160 and not one.startswith(".") for one in names)
    assert names == [one.name for one in files(odd, odd, DEPLOYMENT, {**DEPLOYMENT, "apiVersion": "other/v1"})]
    assert names[2] != files(DEPLOYMENT, application="cart")[0].name


def test_a_result_becomes_a_finding_about_the_resource() -> None:
    written = files(DEPLOYMENT, application="cart")
    (one,) = findings(read(trivy(written[0].name, 15, 17)), written, Worth("trivy", "production"))
    assert (one.policy, one.rule, one.state, one.severity) == ("trivy", "T-001", "fail", "high")
    assert (str(one.resource), one.application, one.environment) == ("Deployment shop/web", "cart", "production")
    assert (one.field, one.path, one.line) == ("spec.template.spec.containers[1]", "base/web.yaml", 3)
    assert one.message == "Container 'web' is privileged"


def test_a_path_in_a_message_becomes_the_resource() -> None:
    written = files(DEPLOYMENT)
    words = {"text": f"in /dev/shm/room/rendered/{written[0].name}: wrong"}
    said = log(run("t", [], [{"ruleId": "r", "message": words, "locations": place(f"rendered/{written[0].name}")}]))
    (one,) = findings(read(said), written, Worth("t", "production"))
    assert one.message == "in Deployment web: wrong"


def test_a_result_about_no_file_of_ours_is_about_the_environment() -> None:
    (one,) = findings(read(kube_linter("elsewhere.yaml")), files(DEPLOYMENT), Worth("kube-linter", "production"))
    assert (one.resource, one.path, one.environment, one.state) == (None, "", "production", "warn")


THRESHOLDS: dict[Blocks, list[str]] = {
    "critical": ["fail", "warn", "warn", "warn", "warn"],
    "high": ["fail", "fail", "warn", "warn", "warn"],
    "medium": ["fail", "fail", "fail", "warn", "warn"],
    "low": ["fail", "fail", "fail", "fail", "warn"],
    "info": ["fail"] * 5,
    "never": ["warn"] * 5,
}


@pytest.mark.parametrize("blocks", THRESHOLDS)
def test_from_which_severity_on_results_block(blocks: Blocks) -> None:
    worth = Worth("t", "production", blocks)
    assert [worth.state(one) for one in ("critical", "high", "medium", "low", "info")] == THRESHOLDS[blocks]


def test_the_configuration_may_say_how_bad_a_rule_is() -> None:
    written, said = files(DEPLOYMENT), read(trivy("a.yaml"))
    for severities, expected in (
        ({"trivy/T-001": "low"}, ("low", "warn")),
        ({"trivy": "critical"}, ("critical", "fail")),
        ({"trivy": "critical", "trivy/T-001": "info"}, ("info", "warn")),
        ({"trivy/T-002": "low"}, ("high", "fail")),
    ):
        (one,) = findings(said, written, Worth("trivy", "production", "high", severities))  # type: ignore[arg-type]
        assert (one.severity, one.state) == expected


def test_no_result_is_told() -> None:
    crashed = not_scanned(NotScanned("it crashed", "mend it"), "trivy", "production")
    absent = not_scanned(NotScanned("there is none", here=True), "trivy", "production")
    assert (crashed.state, crashed.title) == ("error", "The scanner trivy gave no result")
    assert (absent.state, absent.title) == ("not evaluable here", "The scanner trivy is not enabled here")
