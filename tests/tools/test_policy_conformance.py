"""Does the comparison with policies' own tests go red when rows differ, or when a wrong engine loses too few?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.conformance import policies
from tools.conformance.policies import judge_policies

POLICY = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: labelled}
spec:
  rules:
    - name: team
      match: {any: [{resources: {kinds: [Pod]}}]}
      validate: {message: name a team, pattern: {metadata: {labels: {team: "?*"}}}}
"""
TEMPLATE = "spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: %s}, spec: {containers: []}}}"


def resources() -> str:
    found = []
    for name, labels in NAMED.items():
        found.append(f"kind: Pod\napiVersion: v1\nmetadata: {{name: {name}, labels: {labels}}}")
        found.append(f"kind: Deployment\napiVersion: apps/v1\nmetadata: {{name: {name}}}\n{TEMPLATE % labels}")
    return "\n---\n".join(found)


NAMED = {"good": "{team: shop}", "bad": "{crew: shop}"}


def library(place: Path, *results: str) -> Path:
    rows = "".join(f"  - {{policy: labelled, rule: team, {one}}}\n" for one in results)
    test = f"kind: Test\npolicies: [policy.yaml]\nresources: [resources.yaml]\nresults:\n{rows}"
    for name, text in {"policy.yaml": POLICY, "resources.yaml": resources(), "kyverno-test.yaml": test}.items():
        (place / name).write_text(text)
    return place


GOOD = (
    "kind: Pod, resources: [good], result: pass",
    "kind: Pod, resources: [bad], result: fail",
    "kind: Deployment, resources: [good], result: pass",
    "kind: Deployment, resources: [bad], result: fail",
)


@pytest.fixture(autouse=True)
def no_packs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The packs that ship are tested elsewhere."""
    (tmp_path / "none").mkdir()
    monkeypatch.setattr(policies, "default_directory", lambda: tmp_path / "none")


def judged(place: Path) -> tuple[bool, list[str]]:
    said: list[str] = []
    return judge_policies(place, said.append), said


def test_a_library_that_gives_what_it_expects(tmp_path: Path) -> None:
    held, said = judged(library(tmp_path, *GOOD))
    assert held, said
    assert "  4 of 4 rows equal, 0 not evaluable here" in said
    assert "  an engine in which no autogen loses 2 of 4" in said


def test_rows_that_differ_are_short_of_the_bar(tmp_path: Path) -> None:
    held, said = judged(library(tmp_path, *GOOD, "kind: Pod, resources: [good], result: fail"))
    assert not held
    assert any("differs: " in line and "expected fail, got pass" in line for line in said)
    assert "  pattern: 4 of 5 rows equal, 0 not evaluable here; SHORT of the bar" in said


@pytest.mark.parametrize(
    ("results", "control"),
    [
        ([GOOD[0], GOOD[2]], "everything passes"),
        ([GOOD[1], GOOD[3]], "everything fails"),
        ([GOOD[0], GOOD[1]], "no autogen"),
    ],
)
def test_tests_that_would_not_notice_a_wrong_engine(tmp_path: Path, results: list[str], control: str) -> None:
    held, said = judged(library(tmp_path, *results))
    assert not held
    assert f"  an engine in which {control} loses 0 of 2: TOO FEW" in said


def test_without_tests_there_is_nothing_to_judge(tmp_path: Path) -> None:
    assert judged(tmp_path) == (True, [])
