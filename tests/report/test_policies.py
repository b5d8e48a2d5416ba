"""How do rows of policies' tests, lists and explanations of policies read? Golden files as in `test_words`."""

# ruff: noqa: E501 - a row is one line
from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.policy.outline import outline
from bot.policy.packs import load_pack
from bot.policy.testing import Row, tally
from bot.report import policy_rows, policy_words
from bot.report.policy_words import PackUse
from bot.report.text import Pen

GOLDEN = Path(__file__).parent / "golden"

MANIFEST = """\
title: Where things run
description: Zones, and how many replicas there are.
parameters:
  zones: {type: strings, required: true, example: [a], description: Zones that Pods may ask for.}
  replicas: {type: integer, default: 2, description: The least number of replicas.}
  strict: {type: boolean, default: false, description: Ask for more.}
"""
ZONES = """\
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: allowed-zones
  annotations:
    policies.kyverno.io/title: Pods stay in their zones
    policies.kyverno.io/severity: high
    policies.kyverno.io/description: >-
      A Pod in a zone that nobody pays for waits for ever, and one in a zone far away is slow for those who use it; both
      are noticed late.
    policies.lockkeeper.dev/remedy: Name one of the allowed zones.
    policies.lockkeeper.dev/link: https://example.com/zones
spec:
  validationFailureAction: Enforce
  rules:
    - name: allowed-zones
      match: {any: [{resources: {kinds: [Pod]}}]}
      context: [{name: parameters, variable: {value: {zones: a}}}]
      validate: {message: Another zone., pattern: {spec: {nodeName: "{{ parameters.zones }}"}}}
    - name: known-nodes
      match: {any: [{resources: {kinds: [Pod]}}]}
      context: [{name: nodes, apiCall: {urlPath: /api/v1/nodes}}]
      validate: {failureAction: Audit, message: An unknown node., deny: {conditions: {any: [{key: a, operator: Equals, value: "{{ nodes }}"}]}}}
"""
OTHERS = """\
apiVersion: policies.kyverno.io/v1alpha1
kind: ValidatingPolicy
metadata:
  name: some-replicas
  annotations: {policies.lockkeeper.dev/when: strict=true, policies.kyverno.io/title: More than one replica}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE]}]
  validations: [{message: Too few., expression: object.spec.replicas > 1}]
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: spelled}
spec: {rules: [{name: r, match: {any: [{resources: {kinds: [Pod]}}]}, validate: {patern: {a: 1}}}]}
"""
FILES = {name: text.encode() for name, text in {"pack.yaml": MANIFEST, "a.yaml": ZONES, "b.yaml": OTHERS}.items()}


def use(name: str, *environments: str, zones: str, builtin: bool = False) -> PackUse:
    given = {"zones": [zones]}
    pack = load_pack(name, FILES, given, root="" if builtin else name)
    return PackUse(pack, outline(pack, FILES, name), name, builtin, given, environments)


STAGING, PRODUCTION = use("ops/where", "staging", zones="a"), use("ops/where", "production", zones="b")
ROWS = [
    Row("zones/kyverno-test.yaml", "allowed-zones", "allowed-zones", "pattern", "Pod good", "pass", "pass"),
    Row("zones/kyverno-test.yaml", "allowed-zones", "allowed-zones", "pattern", "Pod far", "fail", "pass"),
    Row("zones/kyverno-test.yaml", "allowed-zones", "allowed-zones", "pattern", "Pod none", "fail", "missing", "none of the test's resource files holds it"),
    Row("zones/kyverno-test.yaml", "allowed-zones", "known-nodes", "deny", "Pod good", "pass", "not evaluable here", "the API call of the context entry `nodes` is made in the cluster"),
    Row("zones/kyverno-test.yaml", "allowed-zones", "known-nodes", "deny", "Pod far", "fail", "not evaluable here", "the API call of the context entry `nodes` is made in the cluster"),
    Row("more/kyverno-test.yaml", "some-replicas", "", "ValidatingPolicy", "Deployment web", "skip", "no response", "the rule does not apply to the resource"),
    Row("more/kyverno-test.yaml", "some-replicas", "", "ValidatingPolicy", "Deployment cart", "pass", "no response", "the rule does not apply to the resource"),
    Row("more/suite.yaml", "owned", "all", "Rego", "without", "1 violation", "0 violations", "said: nothing"),
]  # fmt: skip
WORDS: dict[str, Callable[[], str]] = {
    "policy-test.txt": lambda: policy_rows.rows(tally(ROWS)),
    "policy-list.txt": lambda: policy_words.policy_list({"staging": [STAGING], "production": [PRODUCTION]}),
    "policy-explain.txt": lambda: policy_words.explained_policy(STAGING.policies[0], [STAGING, PRODUCTION]),
    "policy-explain-pack.txt": lambda: policy_words.explained_pack([STAGING, PRODUCTION]),
}


@pytest.mark.parametrize("name", WORDS)
def test_words(name: str) -> None:
    said, file = WORDS[name](), GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(said)
    assert said == file.read_text()


def test_the_last_line_is_the_same_in_every_output() -> None:
    assert policy_rows.rows(tally(ROWS)).endswith("\n\n2 of 8 rows equal, 2 not evaluable here\n")
    assert policy_rows.rows(tally([])) == "0 of 0 rows equal, 0 not evaluable here\n"
    assert policy_rows.rows(tally(ROWS[:1])) == "1 of 1 rows equal, 0 not evaluable here\n"


def test_many_reasons_are_summed_up() -> None:
    many = [Row("t", "p", "r", "deny", f"Pod {at}", "pass", "not evaluable here", f"why {at}") for at in range(20)]
    lines = policy_rows.rows(tally(many)).splitlines()
    assert "  8 rows for 8 other reasons" in lines
    assert lines[-1] == "0 of 20 rows equal, 20 not evaluable here"


def test_colours_are_for_terminals() -> None:
    assert "\x1b[31;1m✘\x1b[0m" in policy_rows.rows(tally(ROWS), Pen(True))
    assert "\x1b" not in policy_rows.rows(tally(ROWS))
    assert "\x1b[31;1mblocks" in policy_words.policy_list({"staging": [STAGING]}, Pen(True))


def test_every_file_here_is_known() -> None:
    from tests.report.test_words import KNOWN

    assert set(WORDS) <= KNOWN
