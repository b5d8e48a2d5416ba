"""The packs that ship: their own tests, their parameters, the tricks they must not fall for."""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy import testing
from bot.policy.builtin import builtin_packs, default_directory
from bot.policy.documents import parse_documents
from bot.policy.evaluation import evaluate_packs
from bot.policy.kyverno import CompiledPolicy
from bot.policy.kyverno.check import PASS, Failure, Verdict
from bot.policy.kyverno.subject import Subject
from bot.policy.outline import outline
from bot.policy.packs import Pack, load_pack
from bot.policy.registries import check_registry, image_pattern
from tests.policy.conformance import run_tree

POLICIES = default_directory()
PACKS = builtin_packs(POLICIES)
REGISTRIES: dict[str, dict[str, object]] = {"registry": {"registries": ["registry.example.com/shop"]}}


def pack(name: str, **parameters: object) -> Pack:
    return load_pack(name, PACKS[name], parameters or REGISTRIES.get(name, {}))


def pod(image: object = "registry.example.com/shop/web:1.4.2", **spec: Any) -> Resource:
    containers = [{"name": "web", "image": image}]
    body = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"containers": containers, **spec},
    }
    return Resource(body)


@pytest.fixture(scope="module")
def rows() -> list[testing.Row]:
    return run_tree(POLICIES)


class TestOwnTests:
    def test_every_row_is_as_expected(self, rows: list[testing.Row]) -> None:
        assert [row for row in rows if not row.equal] == []

    def test_every_policy_passes_and_fails_somewhere(self, rows: list[testing.Row]) -> None:
        for name in PACKS:
            for policy in pack(name).policies:
                results = {row.expected for row in rows if row.policy == policy.name}
                assert {"pass", "fail"} <= results, policy.name

    def test_pods_deployments_and_cron_jobs_are_covered(self, rows: list[testing.Row]) -> None:
        """Wherever a rule about Pods also holds for what makes them."""
        derived = {
            policy.name for _, policy in SHIPPED if any(rule.full_name.startswith("autogen-") for rule in policy.rules)
        }
        for policy in {row.policy for row in rows} & derived:
            kinds = {(row.resource.split()[0], row.expected) for row in rows if row.policy == policy}
            for kind in ("Pod", "Deployment", "CronJob"):
                assert {(kind, "pass"), (kind, "fail")} <= kinds, policy

    @pytest.mark.parametrize("control", ["everything passes", "everything fails", "no autogen"])
    def test_a_broken_engine_loses_rows(self, control: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """These rows can tell an engine from one that does nothing."""

        def always(verdict: Verdict) -> Any:
            def check(_: Subject) -> Verdict:
                return verdict

            return lambda *_, **__: check

        if control == "everything passes":
            monkeypatch.setattr("bot.policy.kyverno.policy.compile_check", always(PASS))
        elif control == "everything fails":
            failed = Verdict("fail", (Failure("spec"),))
            monkeypatch.setattr("bot.policy.kyverno.policy.compile_check", always(failed))
        else:
            monkeypatch.setattr("bot.policy.kyverno.policy.derive_rules", lambda _: ())
        lost = [row for row in run_tree(POLICIES) if not row.equal]
        assert len(lost) >= 35


SHIPPED = [(name, policy) for name in PACKS for policy in pack(name).policies]


@pytest.mark.parametrize(("name", "policy"), SHIPPED, ids=lambda one: getattr(one, "name", one))
def test_each_policy_explains_itself(name: str, policy: CompiledPolicy) -> None:
    assert policy.title != policy.name
    assert policy.description.endswith(".")
    assert "See https://" in policy.how
    assert policy.severity in ("critical", "high", "medium", "low")
    assert all(rule.message.endswith(".") or not rule.message for rule in policy.rules)
    assert policy.source.pack == name


def found_by(name: str, resource: Resource, **parameters: object) -> dict[str, Finding]:
    findings = evaluate_packs([pack(name, **parameters)], [resource], environment="staging")
    return {finding.policy: finding for finding in findings}


def test_a_plain_pod_is_warned_about_but_not_blocked() -> None:
    """A newcomer's repository must not be all red: what only the restricted standard asks for warns."""
    found = found_by("security", pod())
    assert {name: one.state for name, one in found.items()} == dict.fromkeys(
        [
            "dropped-capabilities",
            "no-automounted-tokens",
            "no-privilege-escalation",
            "run-as-non-root",
            "seccomp-profile",
        ],
        "warn",
    )


def test_baseline_rules_block() -> None:
    security = {"privileged": True, "capabilities": {"add": ["SYS_ADMIN"]}}
    bad = pod(hostNetwork=True, volumes=[{"name": "d", "hostPath": {"path": "/"}}])
    bad.body["spec"]["containers"][0]["securityContext"] = security
    blocked = {name for name, one in found_by("security", bad).items() if one.blocks}
    assert blocked == {
        "limited-capabilities",
        "no-host-namespaces",
        "no-host-path-volumes",
        "no-privileged-containers",
    }


TRICKS: list[tuple[str, str, bool]] = [
    # what is configured, an image, whether it is approved
    ("registry.example.com", "registry.example.com/web:1", True),
    ("registry.example.com", "registry.example.com/a/b/c@sha256:00", True),
    ("registry.example.com", "registry.example.com:443/web:1", False),
    ("registry.example.com", "registry.example.com.evil.io/x:1", False),
    ("registry.example.com", "registry.example.com@evil", False),
    ("registry.example.com", "registry.example.com@evil.io/x:1", False),
    ("registry.example.com", "registry.example.com:1", False),
    ("registry.example.com", "registry.example.com", False),
    ("registry.example.com", "registry.example.com/../evil.io/x:1", False),
    ("registry.example.com", "registry.example.com//x:1", False),
    ("registry.example.com", "registryXexample.com/x:1", False),
    ("registry.example.com", "evil.io/registry.example.com/x:1", False),
    ("registry.example.com", "evil-registry.example.com/x:1", False),
    ("registry.example.com", " registry.example.com/x:1", False),
    ("registry.example.com", "nginx", False),
    ("registry.example.com", "library/nginx:1", False),
    ("registry.example.com", "", False),
    ("registry.example.com/team", "registry.example.com/team/app:1", True),
    ("registry.example.com/team", "registry.example.com/team:1", True),
    ("registry.example.com/team", "registry.example.com/team@sha256:00", True),
    ("registry.example.com/team", "registry.example.com/team@evil.io/x", False),
    ("registry.example.com/team", "registry.example.com/team:1/x", False),
    ("registry.example.com/team", "registry.example.com/teamster/app:1", False),
    ("registry.example.com/team", "registry.example.com/team/../other/app:1", False),
    ("registry.example.com/team", "registry.example.com/other/team/app:1", False),
    ("registry.example.com:5000", "registry.example.com:5000/app:1", True),
    ("registry.example.com:5000", "registry.example.com/app:1", False),
    ("registry.example.com:5000/team", "registry.example.com:5000/team:1", True),
    ("localhost:5000", "localhost:5000/app", True),
    ("docker.io", "nginx:1", True),
    ("docker.io", "team/app:1", True),
    ("docker.io", "docker.io/team/app:1", True),
    ("docker.io", "index.docker.io/team/app:1", True),
    ("docker.io", "quay.io/team/app:1", False),
    ("docker.io", "host:5000/app", False),
    ("docker.io", "localhost/app", False),
    ("docker.io/library", "nginx:1", True),
    ("docker.io/library", "library/nginx:1", True),
    ("docker.io/library", "docker.io/library/nginx:1", True),
    ("docker.io/library", "docker.io/nginx:1", True),
    ("docker.io/library", "team/app:1", False),
    ("docker.io/library", "docker.io/team/app:1", False),
    ("docker.io/library", "quay.io/library/nginx:1", False),
    ("docker.io/team", "team/app:1", True),
    ("docker.io/team", "docker.io/team/app:1", True),
    ("docker.io/team", "team", False),
    ("docker.io/team", "team:1", False),
    ("docker.io/team", "nginx", False),
    ("docker.io/team", "team.evil.io/app:1", False),
    ("docker.io/team/app", "team/app:1", True),
    ("docker.io/team/app", "team/app", True),
    ("docker.io/team/app", "team/apple:1", False),
    ("docker.io/library/nginx", "nginx:1", True),
    ("docker.io/library/nginx", "nginx", True),
    ("docker.io/library/nginx", "nginx/nginx-ingress:1", False),
    ("docker.io/library/nginx", "nginx:5000/evil", False),
    ("docker.io/library/nginx", "busybox", False),
]


@pytest.mark.parametrize(("registry", "image", "approved"), TRICKS)
def test_registry_tricks(registry: str, image: str, approved: bool) -> None:
    found = found_by("registry", pod(image), registries=["unrelated.example.net", registry])
    assert ("allowed-registries" not in found) is approved
    if not approved:
        assert (found["allowed-registries"].state, found["allowed-registries"].field) == (
            "fail",
            "spec.containers[0].image",
        )


@pytest.mark.parametrize("image", [None, 5, True, {"a": "b"}])
def test_an_image_that_is_no_text_is_not_approved(image: object) -> None:
    assert "allowed-registries" in found_by("registry", pod(image), registries=["registry.example.com"])


@pytest.mark.parametrize(
    ("entry", "advice"),
    [
        ("registry.example.com", ""),
        ("registry.example.com:5000/team/app", ""),
        ("localhost", ""),
        ("https://registry.example.com/", "write `registry.example.com`"),
        ("registry.example.com/*", "write `registry.example.com`"),
        ("nginx", "name the registry too: `docker.io/nginx` or `registry.example.com/nginx`"),
        ("*", "write a registry and, if you like, a path: `registry.example.com/team`"),
        ("*.example.com", "write a registry and, if you like, a path: `registry.example.com/team`"),
        ("a.example.com | *", "write a registry and, if you like, a path: `registry.example.com/team`"),
        (
            "registry.example.com/Team",
            "write a registry and, if you like, a path: `registry.example.com/team`",
        ),
    ],
)
def test_registry_entry(entry: str, advice: str) -> None:
    assert check_registry(entry) == advice


def test_pattern_of_a_registry_is_readable() -> None:
    assert image_pattern("registry.example.com") == "registry.example.com/* & !*/../* & !*//*"


@pytest.mark.parametrize(
    ("parameters", "key", "message", "suggestion"),
    [
        ({}, "with.registries", "the parameter `registries` is required", "write `with: {registries: [registry.example.com/team]}`"),
        ({"registries": []}, "with.registries", "expected a list of at least one text", ""),
        ({"registries": "r.example.com"}, "with.registries", "expected a list", "write `[r.example.com]`"),
        ({"registries": ["r.example.com", 5]}, "with.registries", "expected a list of at least one text", ""),
        ({"registries": ["r.example.com", "*"]}, "with.registries[1]", "`*` does not name a registry", "write a registry and, if you like, a path: `registry.example.com/team`"),
        ({"registries": ["r.example.com"], "registry": "x"}, "with.registry", "unknown parameter `registry`", "did you mean `registries`?"),
    ],
)  # fmt: skip
def test_bad_parameters_stop_the_pack(parameters: dict[str, object], key: str, message: str, suggestion: str) -> None:
    loaded = load_pack("registry", PACKS["registry"], parameters)
    (problem,) = loaded.problems
    assert (problem.key, problem.suggestion) == (key, suggestion)
    assert problem.message == f"{message}, so the pack is not evaluated"
    (finding,) = evaluate_packs([loaded], [pod()], environment="staging")
    assert (finding.state, finding.policy, finding.blocks) == ("error", "registry", True)


def test_a_pack_without_parameters_refuses_them() -> None:
    (problem,) = load_pack("mine", {"takes.yaml": TAKES}, {"level": "baseline"}).problems
    assert problem.suggestion == "this pack takes no parameters"


PARAMETERS = b"""
parameters:
  names: {type: strings, default: [a, b]}
  least: {type: integer, default: 2}
  flag: {type: boolean, default: true}
  text: {type: string}
"""
TAKES = b"""
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: takes}
spec:
  rules:
    - name: takes
      match: {any: [{resources: {kinds: [ConfigMap]}}]}
      context:
        - {name: parameters, variable: {value: {names: z, least: 0, flag: false, text: fallback}}}
      validate:
        message: "at least {{ parameters.least }}"
        pattern:
          data:
            name: "{{ parameters.names }}"
            count: ">={{ parameters.least }}"
            flag: "{{ parameters.flag }}"
            text: "{{ parameters.text }}"
"""


@pytest.mark.parametrize(
    ("parameters", "data", "fields"),
    [
        ({}, {"name": "b", "count": 2, "flag": True, "text": "fallback"}, []),
        ({}, {"name": "z", "count": 1, "flag": "x", "text": "y"}, ["name", "count", "flag", "text"]),
        (
            {"names": ["c"], "least": 5, "flag": False, "text": "t"},
            {"name": "c", "count": 5, "flag": False, "text": "t"},
            [],
        ),
        ({"least": 3}, {"name": "a", "count": 2, "flag": True, "text": "fallback"}, ["count"]),
    ],
)
def test_parameters_of_every_type(parameters: dict[str, object], data: dict[str, Any], fields: list[str]) -> None:
    loaded = load_pack("mine", {"pack.yaml": PARAMETERS, "takes.yaml": TAKES}, parameters)
    assert loaded.problems == ()
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}
    found = evaluate_packs([loaded], [Resource(body)])
    assert sorted(one.field for one in found) == sorted(f"data.{field}" for field in fields)


@pytest.mark.parametrize(
    ("parameters", "key"),
    [
        ({"names": ["a|b"]}, "with.names[0]"),
        ({"names": "a"}, "with.names"),
        ({"least": "2"}, "with.least"),
        ({"least": True}, "with.least"),
        ({"flag": "true"}, "with.flag"),
        ({"text": "*"}, "with.text"),
        ({"text": "{{ request.object }}"}, "with.text"),
        ({"text": 3}, "with.text"),
    ],
)
def test_parameters_of_the_wrong_type(parameters: dict[str, object], key: str) -> None:
    loaded = load_pack("mine", {"pack.yaml": PARAMETERS, "takes.yaml": TAKES}, parameters)
    assert [problem.key for problem in loaded.problems] == [key]
    assert loaded.policies == ()


def test_a_directory_of_policies_needs_no_manifest() -> None:
    files = {
        "deep/takes.yaml": TAKES,
        "kustomization.yaml": b"resources: [deep/takes.yaml]",
        "tests/takes/bad.yaml": b"}{",
        "README.md": b"}{",
    }
    loaded = load_pack("policies", files, {}, root="ops/policies")
    assert loaded.problems == ()
    assert [policy.source.path for policy in loaded.policies] == ["ops/policies/deep/takes.yaml"]


@pytest.mark.parametrize(
    ("files", "state", "said"),
    [
        ({}, "error", "no policy found"),
        ({"a.yaml": b"}{"}, "error", "line 1"),
        ({"a.yaml": TAKES.replace(b"rules:", b"rule:")}, "error", "unknown field `rule`"),
        ({"pack.yaml": b"titel: x", "a.yaml": TAKES}, "error", "unknown field `titel`"),
        ({"pack.yaml": b"[]", "a.yaml": TAKES}, "error", "expected one document"),
        ({"pack.yaml": b"parameters: {a: {type: color}}", "a.yaml": TAKES}, "error", "expected a type"),
        ({"a.yaml": b"{apiVersion: policies.kyverno.io/v1, kind: ValidatingPolicy, metadata: {name: v}}"}, "error", "matches nothing"),
        ({"a.yaml": b"{apiVersion: policies.kyverno.io/v1, kind: MutatingPolicy, metadata: {name: m}}"}, "error", "no policy found"),
        ({"a.yaml": b"{apiVersion: policies.kyverno.io/v1, kind: ImageValidatingPolicy, metadata: {name: i}}"}, "not evaluable here", "ImageValidatingPolicy"),
        ({"a.yaml": b"{apiVersion: templates.gatekeeper.sh/v1, kind: ConstraintTemplate, metadata: {name: t}}"}, "error", "names the kind"),
        ({"a.yaml": b"{apiVersion: constraints.gatekeeper.sh/v1beta1, kind: K8sX, metadata: {name: x}}"}, "error", "the template for K8sX is not in this pack"),
        ({"a.yaml": b"{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy}"}, "error", "needs a name"),
        ({"a.yaml": TAKES.replace(b"kind: ClusterPolicy", b"kind: ClusterPolcy")}, "error", "`kyverno.io` has no kind `ClusterPolcy`"),
        ({"a.yaml": TAKES.replace(b"kyverno.io/v1", b"kyvero.io/v1")}, "error", "a ClusterPolicy is not of `kyvero.io/v1`"),
        ({"a.yaml": TAKES.replace(b"kyverno.io/v1", b"v1")}, "error", "a ClusterPolicy is not of `v1`"),
        ({"a.yaml": b"{apiVersion: admissionregistration.k8s.io/v1, kind: validatingadmissionpolicy}"}, "error", "has no kind `validatingadmissionpolicy`"),
        ({"a.yaml": b"{apiVersion: templates.gatekeeper.sh/v1, kind: ConstraintTemplates}"}, "error", "has no kind `ConstraintTemplates`"),
        ({"a.yaml": b"{apiVersion: policies.kyverno.io/v1, kind: NamespacedImageValidatingPolicy, metadata: {name: i}}"}, "not evaluable here", "NamespacedImageValidatingPolicy"),
        ({"a.yaml": b"{apiVersion: kyverno.io/v3, kind: SomethingNew, metadata: {name: i}}"}, "not evaluable here", "SomethingNew"),
        ({"a.yaml": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"}, "error", "Git LFS"),
        ({"a.yaml": TAKES + b"spec: {rules: []}\n"}, "error", "the key `spec` is there twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_pack_is_told(files: dict[str, bytes], state: str, said: str) -> None:
    (finding,) = evaluate_packs([load_pack("mine", files, {})], [])
    assert (finding.state, said in finding.message) == (state, True)


@pytest.mark.parametrize(
    "other",
    [
        {"apiVersion": "nvidia.com/v1", "kind": "ClusterPolicy"},
        {"apiVersion": "example.com/v1", "kind": "Policy"},
        {"apiVersion": "kyverno.io/v2", "kind": "CleanupPolicy"},
        {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"},
        {"apiVersion": "cli.kyverno.io/v1alpha1", "kind": "Values"},
        {"apiVersion": "reports.kyverno.io/v1", "kind": "EphemeralReport"},
        {"apiVersion": "v1", "kind": "ConfigMap"},
        {"resources": ["takes.yaml"]},
    ],
)
def test_what_is_no_policy_is_left_alone(other: dict[str, Any]) -> None:
    files = {"takes.yaml": TAKES, "other.yaml": json.dumps(other).encode()}
    assert load_pack("mine", files, {}).problems == ()


@pytest.mark.parametrize("kind", ["List", "ClusterPolicyList"])
def test_policies_in_a_list_are_policies(kind: str) -> None:
    """`kubectl get clusterpolicies -o yaml` writes them so; they were left alone without a word."""
    items = [yaml.safe_load(TAKES), yaml.safe_load(TAKES.replace(b"name: takes", b"name: more"))]
    text = json.dumps({"apiVersion": "v1", "kind": kind, "items": items}, indent="\t").encode()
    loaded = load_pack("mine", {"all.json": text}, {}, root="ops")
    assert loaded.problems == ()
    assert {(one.name, one.source.path) for one in loaded.policies} == {
        ("takes", "ops/all.json"),
        ("more", "ops/all.json"),
    }
    assert [one.name for one in outline(loaded, {"all.json": text}, "ops")] == ["more", "takes"]


def test_a_policy_in_cel_without_messages_says_what_it_asks_for() -> None:
    spec = {
        "matchConstraints": {
            "resourceRules": [
                {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["deployments"]}
            ]
        },
        "validations": [
            {"expression": "object.spec.replicas <= 5\n  || true", "messageExpression": "'no'"},
            {"expression": "true", "message": "Never mind."},
        ],
    }
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy"}
    files = {"a.json": json.dumps({**kind, "metadata": {"name": "few"}, "spec": spec}).encode()}
    (told,) = outline(load_pack("mine", files, {}), files, "ops")
    assert told.rules[0].message == "Asks for `object.spec.replicas <= 5 || true`. Never mind."


def test_a_key_that_comes_from_a_merge_may_be_there_again() -> None:
    text = b"base: &base {a: 1, b: 2}\nmore: {<<: *base, b: 3}\nlist: [*base, *base]\n"
    assert isinstance(parse_documents(text, unique=True), tuple)
    assert parse_documents(b"a: {b: 1, c: 2,\n b: 3}", unique=True) == "line 2: the key `b` is there twice"
    assert isinstance(parse_documents(b"a: {b: 1, b: 3}"), tuple)


def test_a_problem_names_its_file_in_the_repository() -> None:
    files = {"pack.yaml": PARAMETERS, "bad.yaml": b"}{", "takes.yaml": TAKES}
    (problem,) = load_pack("mine", files, {}, root="ops").problems
    assert (problem.finding().path, str(problem).startswith("ops/bad.yaml: line 1")) == ("ops/bad.yaml", True)
    (problem,) = load_pack("mine", files, {"least": "x"}, root="ops").problems
    assert problem.finding().path == ""


def test_one_broken_policy_leaves_the_others_alone() -> None:
    files = {"bad.yaml": b"}{", "takes.yaml": TAKES}
    loaded = load_pack("mine", files, {})
    assert (len(loaded.policies), len(loaded.problems)) == (1, 1)


def test_yaml_is_read_as_kubernetes_reads_it() -> None:
    text = b"{time: 2026-11-23, port: 22:22, yes: on, octal: 0644, float: 1e3, nothing: ~, text: '5'}"
    parsed = parse_documents(text)
    assert not isinstance(parsed, str)
    assert parsed[0].content == {
        "time": "2026-11-23",
        "port": "22:22",
        "true": True,
        "octal": 420,
        "float": 1000.0,
        "nothing": None,
        "text": "5",
    }


@pytest.mark.parametrize("data", [b"{", b"\xff\xfe\xff", b"a: &a [*a", b"? {a: b}\n: c", b"!!python/name:os.system x"])
def test_what_is_no_yaml_is_one_line(data: bytes) -> None:
    parsed = parse_documents(data)
    assert isinstance(parsed, str)
    assert parsed.strip()
    assert "\n" not in parsed


def test_a_test_file_with_missing_parts_is_not_evaluable() -> None:
    test = b"""
kind: Test
policies: [../none.yaml]
resources: [resources.yaml]
results:
  - {policy: none, rule: r, kind: Pod, resources: [web], result: pass}
"""
    (row,) = testing.run_test("a/b/kyverno-test.yaml", {"a/b/kyverno-test.yaml": test})
    assert (row.actual, row.equal) == ("not evaluable here", False)


def test_packs_lie_beside_the_package() -> None:
    assert Path(__file__).resolve().parents[2] / "policies" == POLICIES


def test_the_documentation_is_true() -> None:
    text = (POLICIES.parent / "docs" / "policies.md").read_text()
    *_, rule, manifest = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    plain = (
        "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: zones}\nspec:\n  rules:\n"
        "    - name: r\n      match: {resources: {kinds: [Deployment]}}\n"
    )
    loaded = load_pack("docs", {"pack.yaml": manifest.encode(), "p.yaml": (plain + rule).encode()}, {"replicas": 3})
    assert loaded.problems == ()
    assert loaded.policies[0].rules[0].message == "Only these zones, and at least 3 replicas."
    assert re.search(r"^(\d+) of \1 rows equal, 0 not evaluable here$", text, re.MULTILINE)
