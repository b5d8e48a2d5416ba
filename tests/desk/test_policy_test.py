"""What does `lockkeeper policy test` find, say and end with?"""

from __future__ import annotations

import json

import pytest

from bot.policy.builtin import default_directory
from tests.desk.place import Desk

TEST = """\
apiVersion: cli.kyverno.io/v1alpha1
kind: Test
metadata: {name: labelled}
policies: [../policy.yaml]
resources: [resources.yaml]
results:
  - {policy: labelled, rule: team, kind: Pod, resources: [bad], result: fail}
  - {policy: labelled, rule: team, kind: Pod, resources: [good], result: pass}
"""
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
PODS = """\
apiVersion: v1
kind: Pod
metadata: {name: good, labels: {team: shop}}
---
apiVersion: v1
kind: Pod
metadata: {name: bad}
"""
FILES = {
    "rules/policy.yaml": POLICY,
    "rules/.kyverno-test/kyverno-test.yaml": TEST,
    "rules/.kyverno-test/resources.yaml": PODS,
}
SUITE = {
    "rego/suite.yaml": """\
kind: Suite
apiVersion: test.gatekeeper.sh/v1alpha1
tests:
  - name: named
    template: template.yaml
    constraint: constraint.yaml
    cases:
      - {name: without, object: bad.yaml, assertions: [{violations: 1, message: owner}]}
      - {name: with, object: good.yaml, assertions: [{violations: no}]}
""",
    "rego/template.yaml": """\
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8sowned}
spec:
  crd: {spec: {names: {kind: K8sOwned}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package k8sowned
        violation[{"msg": msg}] {
          not input.review.object.metadata.labels.owner
          msg := "no owner"
        }
""",
    "rego/constraint.yaml": "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sOwned\nmetadata: {name: owned}\n",
    "rego/good.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: good, labels: {owner: ann}}\n",
    "rego/bad.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: bad}\n",
}


def last(text: str) -> str:
    return text.splitlines()[-1]


def test_all_are_equal(bare: Desk) -> None:
    bare.write(FILES)
    said = bare.run("policy", "test", "rules")
    assert (said.status, said.out, said.err) == (0, "2 of 2 rows equal, 0 not evaluable here\n", "")


def test_what_is_named_twice_is_run_once(bare: Desk) -> None:
    bare.write(FILES)
    said = bare.run("policy", "test", "rules", ".", "rules/.kyverno-test")
    assert said.out == "2 of 2 rows equal, 0 not evaluable here\n"


@pytest.mark.parametrize("place", [".", "rules/.kyverno-test", "rules/.kyverno-test/kyverno-test.yaml"])
def test_a_test_reaches_files_above_the_directory_that_is_named(bare: Desk, place: str) -> None:
    bare.write(FILES)
    said = bare.run("policy", "test", place)
    assert (said.status, last(said.out)) == (0, "2 of 2 rows equal, 0 not evaluable here")


def test_rows_that_differ_are_told_with_why(bare: Desk) -> None:
    bare.write({**FILES, "rules/.kyverno-test/kyverno-test.yaml": TEST.replace("result: pass", "result: fail")})
    said = bare.run("policy", "test", "rules")
    assert said.status == 1
    assert said.out.splitlines() == [
        "rules/.kyverno-test/kyverno-test.yaml: labelled/team (pattern)",
        "  ✘ Pod good: expected fail, got pass",
        "",
        "1 of 2 rows equal, 0 not evaluable here",
    ]


def test_what_cannot_be_evaluated_is_neither_equal_nor_different(bare: Desk) -> None:
    bare.write({**FILES, "rules/.kyverno-test/kyverno-test.yaml": TEST.replace("[resources", "[none.yaml, resources")})
    gone = TEST.replace("resources: [resources.yaml]", "resources: [none.yaml]")
    bare.write({"gone/kyverno-test.yaml": gone, "policy.yaml": POLICY})
    said = bare.run("policy", "test", "rules", "gone")
    assert said.status == 0
    assert "  2 rows of pattern: the test's file none.yaml is not there" in said.out.splitlines()
    assert last(said.out) == "2 of 4 rows equal, 2 not evaluable here"
    alone = bare.run("policy", "test", "gone")
    assert (alone.status, last(alone.out)) == (3, "0 of 2 rows equal, 2 not evaluable here")


def test_json(bare: Desk) -> None:
    bare.write(
        {**FILES, **SUITE, "rules/.kyverno-test/kyverno-test.yaml": TEST.replace("result: pass", "result: skip")}
    )
    said = bare.run("policy", "test", ".", "--format", "json")
    assert said.status == 1
    assert json.loads(said.out) == {
        "rows": 4,
        "equal": 3,
        "not_evaluable": 0,
        "by_kind": {
            "Rego": {"rows": 2, "equal": 2, "not_evaluable": 0},
            "pattern": {"rows": 2, "equal": 1, "not_evaluable": 0},
        },
        "different": [
            {
                "test": "rules/.kyverno-test/kyverno-test.yaml",
                "policy": "labelled",
                "rule": "team",
                "kind": "pattern",
                "resource": "Pod good",
                "expected": "skip",
                "actual": "pass",
                "why": "",
            }
        ],
        "reasons": [],
    }


def test_suites_of_gatekeeper(bare: Desk) -> None:
    bare.write(SUITE)
    said = bare.run("policy", "test", "rego")
    assert (said.status, last(said.out)) == (0, "2 of 2 rows equal, 0 not evaluable here")
    bare.write({"rego/bad.yaml": SUITE["rego/good.yaml"]})
    said = bare.run("policy", "test", "rego")
    assert (said.status, last(said.out)) == (1, "1 of 2 rows equal, 0 not evaluable here")
    assert '  ✘ without: expected 1 of "owner", got 0 of "owner": said: nothing' in said.out


def test_tests_of_other_tools_are_left_alone(bare: Desk) -> None:
    chainsaw = "apiVersion: chainsaw.kyverno.io/v1alpha1\nkind: Test\nmetadata: {name: x}\nspec: {steps: []}\n"
    bare.write({"x/chainsaw-test.yaml": chainsaw, "x/values.yaml": "results: [a]\n", "x/broken.yaml": "{"})
    said = bare.run("policy", "test", "x")
    assert (said.status, said.out) == (2, "")
    assert "x: no tests of policies found" in said.err


def test_a_test_that_cannot_be_read_is_a_row_that_differs(bare: Desk) -> None:
    bare.write({"x/kyverno-test.yaml": "kind: Test\nresults: {"})
    said = bare.run("policy", "test", "x")
    assert said.status == 1
    assert "  ✘ the file: expected a test, got error: line 3" in said.out
    assert last(said.out) == "0 of 1 rows equal, 0 not evaluable here"


@pytest.mark.parametrize("arguments", [("none",), (), (".", "--format", "xml"), (".", "--jobs", "-1")])
def test_mistakes(bare: Desk, arguments: tuple[str, ...]) -> None:
    assert bare.run("policy", "test", *arguments).status == 2


def test_several_processes_say_the_same(bare: Desk) -> None:
    packs = str(default_directory() / "immutability")
    alone = bare.run("policy", "test", packs, "--jobs", "1", "--format", "json")
    several = bare.run("policy", "test", packs, "--jobs", "2", "--format", "json")
    found = json.loads(alone.out)
    assert found["different"] == [] and found["rows"] > 50 and found["not_evaluable"] == 0
    assert "Rego" in found["by_kind"]
    assert (several.status, several.out) == (alone.status, alone.out)


def test_what_a_file_says_gives_no_orders_to_a_terminal(bare: Desk) -> None:
    evil = TEST.replace("[good], result: pass", '["\\e[31mx\\n::error::y"], result: pass')
    bare.write({**FILES, "rules/.kyverno-test/kyverno-test.yaml": evil})
    said = bare.run("policy", "test", "rules")
    assert said.status == 1
    assert "\x1b" not in said.out
    assert not any(line.lstrip().startswith("::") for line in said.out.splitlines())
