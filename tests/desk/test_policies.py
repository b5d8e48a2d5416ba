"""What do `lockkeeper policy explain` and `policy list` say of the policies here, and of those that ship?"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bot.desk.policies import _unchosen
from bot.policy.builtin import builtin_packs, default_directory
from bot.report import policy_words
from tests.desk.place import ROOT, Desk
from tests.flows.repository import PATH, files

RULES = """\
version: 1
environments:
  staging: {branch: main, path: overlays/staging}
  production: {branch: production, path: overlays/production, after: [staging]}
policies:
  - builtin: security
    severity: {no-host-ports: critical}
    actions: {run-as-non-root: block, portable-volumes: ignore}
    exceptions:
      - {policy: no-host-ports, resources: [DaemonSet/agent], until: 2999-12-31, reason: It listens for the node.}
  - builtin: registry
    with: {registries: [registry.example.com/team]}
    environments: [staging]
  - builtin: registry
    with: {registries: [registry.example.com/release], digests: true}
    environments: [production]
  - path: ops/policies
"""
OWN = """\
# a word of the author
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata:
  name: known-teams
  annotations:
    policies.kyverno.io/title: Only known teams
    policies.kyverno.io/severity: low
    policies.kyverno.io/description: Somebody must answer the telephone.
    policies.lockkeeper.dev/remedy: Ask for a team.
    policies.lockkeeper.dev/link: https://example.com/teams
spec:
  rules:
    - name: team-label
      match: {any: [{resources: {kinds: [Pod]}}]}
      context: [{name: teams, configMap: {name: teams, namespace: ops}}]
      validate: {message: Name a team., failureAction: Enforce, pattern: {metadata: {labels: {team: "{{ teams.data.all }}"}}}}
    - name: signed
      match: {any: [{resources: {kinds: [Pod]}}]}
      verifyImages: [{imageReferences: ["*"], attestors: []}]
"""  # noqa: E501
OTHERS = """\
apiVersion: policies.kyverno.io/v1alpha1
kind: ValidatingPolicy
metadata: {name: few}
spec:
  validationActions: [Audit]
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], resources: [deployments], operations: [CREATE]}]
  validations: [{message: Too many., expression: "object.spec.replicas <= 5"}]
---
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: spelled}
spec:
  rules:
    - name: spelled
      match: {any: [{resources: {kinds: [Pod]}}]}
      validate: {message: x, patern: {}}
"""


@pytest.fixture
def repository(bare: Desk) -> Desk:
    bare.begin({**files(), PATH: RULES, "ops/policies/teams.yaml": OWN})
    return bare


def listed(desk: Desk, *arguments: str) -> dict[str, Any]:
    found = json.loads(desk.run("policy", "list", "--format", "json", *arguments).out)
    assert found["version"] == 1
    return {one["name"]: one["packs"] for one in found["environments"]}


def policies(packs: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {policy["name"]: policy for pack in packs for policy in pack["policies"]}


class TestList:
    def test_each_environment_has_its_own_packs_and_parameters(self, repository: Desk) -> None:
        found = listed(repository)
        assert list(found) == ["staging", "production"]
        assert [one["name"] for one in found["production"]] == ["security", "registry", "ops/policies"]
        given = {name: packs[1]["parameters"]["registries"] for name, packs in found.items()}
        assert given == {"staging": ["registry.example.com/team"], "production": ["registry.example.com/release"]}
        actions = {name: policies(packs)["image-digests"]["action"] for name, packs in found.items()}
        assert actions == {"staging": "does not run", "production": "blocks"}

    def test_one_environment(self, repository: Desk) -> None:
        assert list(listed(repository, "--environment", "production")) == ["production"]
        said = repository.run("policy", "list", "-e", "production")
        assert said.status == 0
        assert said.out.startswith("production: 3 packs; ")
        assert "    registries: [registry.example.com/release]" in said.out.splitlines()
        assert "registry.example.com/team" not in said.out

    def test_what_the_configuration_changes(self, repository: Desk) -> None:
        found = policies(listed(repository)["staging"])
        assert found["no-host-ports"]["severity"] == "critical"
        (excepted,) = found["no-host-ports"]["exceptions"]
        assert (excepted["resources"], excepted["until"]) == (["DaemonSet/agent"], "2999-12-31")
        assert found["run-as-non-root"]["action"] == "blocks"
        assert found["portable-volumes"]["action"] == "is ignored"

    def test_policies_of_the_repository(self, repository: Desk) -> None:
        found = policies(listed(repository)["staging"])["known-teams"]
        assert (found["path"], found["line"]) == ("ops/policies/teams.yaml", 2)
        assert (found["kind"], found["severity"], found["action"]) == ("ClusterPolicy", "low", "blocks")
        assert [(rule["name"], rule["kind"], rule["action"]) for rule in found["rules"]] == [
            ("team-label", "pattern", "blocks"),
            ("signed", "verifyImages", "warns"),
        ]
        assert found["not_evaluable"] == [
            "signed: signatures of images are verified in a cluster, against a registry",
            "Where a rule asks for it: ConfigMaps of the cluster.",
        ]

    def test_broken_policies_are_shown(self, repository: Desk) -> None:
        repository.write({"ops/policies/others.yaml": OTHERS})
        said = repository.run("policy", "list", "-e", "staging")
        assert said.status == 1
        (line,) = [line for line in said.out.splitlines() if " error: " in line]
        assert line.split("error: ")[1].startswith("spelled: ops/policies/others.yaml: spec.rules[0].validate.patern: ")
        assert "did you mean `pattern`?" in line
        found = policies(listed(repository)["staging"])
        assert (found["few"]["kind"], found["few"]["action"]) == ("ValidatingPolicy", "warns")

    def test_a_missing_parameter_and_a_missing_pack(self, repository: Desk) -> None:
        wrong = RULES.replace("    with: {registries: [registry.example.com/team]}\n", "")
        repository.write({PATH: wrong.replace("ops/policies", "ops/none")})
        said = repository.run("policy", "list", "-e", "staging")
        assert said.status == 1
        assert "the parameter `registries` is required" in said.out
        assert "there is no directory ops/none" in said.out

    def test_scanners_are_listed_where_they_look(self, repository: Desk) -> None:
        repository.write({PATH: RULES + "  - scanner: lint\n    blocks: never\n    environments: [production]\n"})
        said = repository.run("policy", "list").out
        assert said.count("  lint: a scanner; only warns; not enabled here\n") == 1
        assert said.index("\nproduction:") < said.index("  lint: a scanner")
        enabled = {"LOCKKEEPER_SCANNERS": '{"lint": {"command": ["/lint", "{rendered}"]}}'}
        found = json.loads(repository.run("policy", "list", "--format", "json", **enabled).out)
        told = {one["name"]: one["scanners"] for one in found["environments"]}
        assert told == {"staging": [], "production": [{"name": "lint", "blocks": "never", "enabled": True}]}
        assert repository.run("policy", "list", LOCKKEEPER_SCANNERS="{lint: 1}").status == 2

    def test_without_a_configuration(self, bare: Desk) -> None:
        bare.begin({path: text for path, text in files().items() if path != PATH})
        found = listed(bare)
        assert set(found) == {"development", "staging", "production"}
        assert {pack["name"] for packs in found.values() for pack in packs} == {"security"}
        assert "there is no .github/lockkeeper.yaml" in bare.run("policy", "list").err

    def test_where_there_is_no_environment(self, bare: Desk) -> None:
        assert bare.run("policy", "list").out.startswith("any environment: 1 pack; ")

    def test_mistakes(self, repository: Desk) -> None:
        said = repository.run("policy", "list", "-e", "prodution")
        assert (said.status, said.out) == (2, "")
        assert "there is no environment 'prodution' (did you mean production?)" in said.err
        repository.write({PATH: "version: 1\npolices: []\n"})
        said = repository.run("policy", "list")
        assert said.status == 2 and "polices" in said.err


class TestExplain:
    def test_a_policy_of_the_repository(self, repository: Desk) -> None:
        said = repository.run("policy", "explain", "known-teams")
        assert said.status == 0
        assert said.out.splitlines() == [
            "ops/policies/known-teams: Only known teams",
            "",
            "What        Name a team.",
            "Why         Somebody must answer the telephone.",
            "Remedy      Ask for a team.",
            "See         https://example.com/teams",
            "Severity    low",
            "Action      team-label blocks; signed warns",
            "Kind        ClusterPolicy; rules team-label (pattern), signed (verifyImages)",
            "Source      ops/policies/teams.yaml:2 (in this repository)",
            "Runs in     staging and production",
            "",
            "Not evaluable here",
            "  - signed: signatures of images are verified in a cluster, against a registry",
            "  - Where a rule asks for it: ConfigMaps of the cluster.",
        ]

    @pytest.mark.parametrize("name", ["ops/policies/known-teams", "team-label", "signed"])
    def test_other_names_of_it(self, repository: Desk, name: str) -> None:
        said = repository.run("policy", "explain", name)
        assert said.out.startswith("ops/policies/known-teams: Only known teams\n")

    def test_its_source(self, repository: Desk) -> None:
        said = repository.run("policy", "explain", "known-teams", "--source")
        assert said.out.endswith(OWN.partition("\n")[2])

    def test_a_policy_with_parameters_in_each_environment(self, repository: Desk) -> None:
        said = repository.run("policy", "explain", "allowed-registries")
        lines = said.out.splitlines()
        assert "      [registry.example.com/team] in staging" in lines
        assert "      [registry.example.com/release] in production" in lines
        assert "Runs in     staging and production" in lines
        assert "Action      blocks" in lines

    def test_what_the_configuration_excepts(self, repository: Desk) -> None:
        lines = repository.run("policy", "explain", "no-host-ports").out.splitlines()
        assert lines[-2:] == ["Exceptions", "  - DaemonSet/agent, until 2999-12-31: It listens for the node."]

    def test_a_pack(self, repository: Desk) -> None:
        said = repository.run("policy", "explain", "registry")
        assert said.status == 0
        lines = said.out.splitlines()
        assert lines[0] == "registry: Approved registries"
        assert "3 policies in staging" in lines and "3 policies in production" in lines
        assert sum("image-digests" in line and "blocks" in line for line in lines) == 1

    def test_a_pack_that_nobody_chose(self, bare: Desk) -> None:
        said = bare.run("policy", "explain", "registry/image-digests")
        assert said.status == 0
        assert "does not run unless the pack is given digests" in said.out
        assert "the configuration has no `- builtin: registry` under `policies:`" in " ".join(said.out.split())

    @pytest.mark.parametrize(
        ("name", "advice"),
        [
            ("known-team", "did you mean known-teams?"),
            ("registry/image-digest", "did you mean registry/image-digests?"),
            ("zzz", "there are "),
        ],
    )
    def test_unknown_names(self, repository: Desk, name: str, advice: str) -> None:
        said = repository.run("policy", "explain", name)
        assert (said.status, said.out) == (2, "")
        assert f"there is no policy or pack '{name}'" in said.err and advice in said.err

    def test_a_broken_policy(self, repository: Desk) -> None:
        repository.write({"ops/policies/others.yaml": OTHERS})
        said = repository.run("policy", "explain", "spelled")
        assert "Action      is broken, which blocks" in said.out
        assert "did you mean `pattern`?" in said.out
        assert "What        Too many." in repository.run("policy", "explain", "few").out


def test_json_has_the_keys_that_are_described(repository: Desk) -> None:
    page = (ROOT / "docs" / "policies.md").read_text()
    repository.write({"ops/policies/others.yaml": OTHERS})
    packs = listed(repository)["staging"]
    exceptions = [one for pack in packs for policy in pack["policies"] for one in policy["exceptions"]]
    problems = [one for pack in packs for one in pack["problems"]]
    shown = [policy for pack in packs for policy in pack["policies"]]
    tests = default_directory() / "registry"
    tested = json.loads(repository.run("policy", "test", str(tests), "--format", "json").out)
    for place in (*packs, *shown, *problems, *shown[0]["rules"], *exceptions, tested, *tested["by_kind"].values()):
        for key in place:
            assert f"`{key}`" in page, key


def test_the_commands_of_the_page(repository: Desk) -> None:
    block = re.findall(r"(?ms)^```sh\n(.*?)^```", (ROOT / "docs" / "policies.md").read_text())[0]
    commands = [line.partition("#")[0].split() for line in block.splitlines()]
    assert [repository.run(*command[1:]).status for command in commands] == [0, 0, 2]  # no tests in this repository


@pytest.mark.parametrize("name", builtin_packs(default_directory()))
def test_every_policy_that_ships_can_be_explained(name: str) -> None:
    use = _unchosen(name)
    assert policy_words.explained_pack([use]).startswith(f"{name}: ")
    assert [one for one in use.pack.problems if one.state == "error"] == []
    for policy in use.policies:
        words = policy_words.explained_policy(policy, [use])
        for label in ("What", "Why", "Remedy", "Severity", "Action", "Kind", "Source", "Runs in"):
            assert f"\n{label}" in words, (policy.name, label)
        assert (default_directory().parent / policy.path).is_file()
