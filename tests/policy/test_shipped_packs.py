"""The packs `registry`, `security` and `reliability`: what each parameter does, and what nothing may slip through."""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy.builtin import builtin_packs, default_directory
from bot.policy.documents import parse_documents
from bot.policy.evaluation import evaluate_packs
from bot.policy.kyverno import CompiledPolicy, compile_policy, evaluate, is_policy
from bot.policy.outline import outline
from bot.policy.packs import Pack, load_pack
from bot.policy.parameters import parse_parameters
from bot.policy.testing import Row, run_test

POLICIES = default_directory()
PACKS = {name: builtin_packs(POLICIES)[name] for name in ("registry", "security", "reliability")}
IMAGE = "registry.example.com/shop/web:1.4.2"
DIGEST = f"sha256:{'0123456789abcdef' * 4}"
REGISTRIES: dict[str, object] = {"registries": ["registry.example.com"]}


def documents() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every policy: its pack, the path of its file, its document."""
    for pack, files in PACKS.items():
        for path, data in files.items():
            parsed = parse_documents(data)
            assert not isinstance(parsed, str)
            yield from ((pack, path, one.content) for one in parsed if is_policy(one.content))


SHIPPED = {document["metadata"]["name"]: (pack, path, document) for pack, path, document in documents()}


def pack(name: str, **given: object) -> Pack:
    loaded = load_pack(name, PACKS[name], {**(REGISTRIES if name == "registry" else {}), **given})
    assert loaded.problems == ()
    return loaded


def found(name: str, *resources: Resource, **given: object) -> dict[str, Finding]:
    return {one.policy: one for one in evaluate_packs([pack(name, **given)], resources, environment="production")}


def states(name: str, *resources: Resource, **given: object) -> dict[str, str]:
    return {policy: one.state for policy, one in found(name, *resources, **given).items()}


def resource(kind: str, name: str = "web", version: str = "apps/v1", **spec: Any) -> Resource:
    return Resource(
        {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": spec}
    )


def pod(text: str = "{}", image: str = IMAGE) -> Resource:
    return resource("Pod", version="v1", **{"containers": [{"name": "web", "image": image}], **yaml.safe_load(text)})


def deployment(text: str = "{}", **spec: Any) -> Resource:
    template: dict[str, Any] = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": IMAGE}]},
    }
    template["spec"].update(yaml.safe_load(text))
    return resource("Deployment", **{"template": template, **spec})


# ------------------------------------------------------------------ every policy


def test_the_packs_hold_what_they_say() -> None:
    assert {name: sorted(policy for policy, (where, _, _) in SHIPPED.items() if where == name) for name in PACKS} == {
        "registry": ["allowed-registries", "fixed-image-tags", "image-digests"],
        "security": [
            "default-proc-mount",
            "dropped-capabilities",
            "limited-capabilities",
            "no-apparmor-override",
            "no-automounted-tokens",
            "no-cluster-admins",
            "no-escalating-permissions",
            "no-external-ips",
            "no-host-namespaces",
            "no-host-path-volumes",
            "no-host-ports",
            "no-privilege-escalation",
            "no-privileged-containers",
            "no-probes-of-other-hosts",
            "no-rights-for-default-accounts",
            "no-selinux-override",
            "no-unconfined-seccomp",
            "no-wildcard-permissions",
            "portable-volumes",
            "read-only-root-filesystem",
            "run-as-non-root",
            "safe-sysctls",
            "seccomp-profile",
        ],
        "reliability": [
            "autoscaled-replicas",
            "budgets-allow-drains",
            "cpu-limits",
            "disruption-budgets",
            "distinct-probes",
            "graceful-shutdown",
            "liveness-probes",
            "memory-limits",
            "min-autoscaled-replicas",
            "min-replicas",
            "no-bare-pods",
            "no-overlapping-cron-jobs",
            "pre-stop-hooks",
            "priority-classes",
            "readiness-probes",
            "resource-requests",
            "revision-history",
            "rolling-updates",
            "spread-replicas",
        ],
    }


@pytest.mark.parametrize("name", SHIPPED)
def test_a_policy_says_what_why_and_how(name: str) -> None:
    pack_name, path, document = SHIPPED[name]
    policy = compile_policy(document)
    assert isinstance(policy, CompiledPolicy), policy
    assert path == f"{name}.yaml"
    assert {rule.name for rule in policy.rules} == {name}
    assert re.fullmatch(r"[A-Z][^.]{8,60}", policy.title), policy.title
    assert re.fullmatch(r"[A-Z`].{60,}\.", policy.description)
    remedy, link = policy.how.rsplit(" See ", 1)
    assert remedy.endswith(".")
    assert link.startswith("https://kubernetes.io/docs/")
    assert re.fullmatch(r"[A-Z].{10,110}\.", policy.rules[0].message)
    assert policy.severity in ("critical", "high", "medium", "low")
    assert {"policies.kyverno.io/category", "policies.kyverno.io/subject"} <= document["metadata"]["annotations"].keys()
    assert pack_name in PACKS


def rows(name: str, policy: bytes | None = None) -> tuple[Row, ...]:
    """The rows of one policy's test, with another policy in its place if one is given."""
    pack_name, path, _ = SHIPPED[name]
    files = {**PACKS[pack_name], **({path: policy} if policy is not None else {})}
    return run_test(f"tests/{name}/kyverno-test.yaml", files)


@pytest.mark.parametrize("name", SHIPPED)
def test_own_rows_pass_fail_and_skip(name: str) -> None:
    told = rows(name)
    assert [row for row in told if not row.equal] == []
    assert {row.policy for row in told} == {name}
    assert {row.expected for row in told} == {"pass", "fail", "skip"}
    assert Counter(row.expected for row in told)["fail"] >= 2 or name == "graceful-shutdown"
    kinds = {(row.resource.split()[0], row.expected) for row in told}
    if name in OF_PODS:  # and so of what makes them
        wanted = {(kind, "fail") for kind in ("Pod", "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")}
        assert wanted | {(kind, "pass") for kind in ("Pod", "Deployment", "CronJob")} <= kinds


@pytest.mark.parametrize("name", SHIPPED)
def test_own_rows_notice_an_emptied_policy(name: str) -> None:
    """Rows that a policy without content satisfies would say nothing about the policy."""
    _, _, document = SHIPPED[name]
    rule = document["spec"]["rules"][0]
    bare = {key: value for key, value in rule.items() if key in ("name", "match")}
    never = {"deny": {"conditions": {"all": [{"key": "a", "operator": "Equals", "value": "b"}]}}}
    for changed, lost in (
        ({**bare, "validate": {"message": "m", **never}}, "fail"),
        ({**bare, "validate": {"message": "m", "deny": {}}}, "pass"),
        ({**bare, "match": {"any": [{"resources": {"kinds": ["Lease"]}}]}, "validate": rule["validate"]}, "fail"),
    ):
        emptied = {**document, "spec": {**document["spec"], "rules": [changed]}}
        differing = {row.expected for row in rows(name, yaml.safe_dump(emptied).encode()) if not row.equal}
        assert lost in differing, changed


def compiled(name: str) -> CompiledPolicy:
    policy = compile_policy(SHIPPED[name][2])
    assert isinstance(policy, CompiledPolicy)
    return policy


OF_PODS = [name for name in SHIPPED if any(one.full_name.startswith("autogen-") for one in compiled(name).rules)]
REPLICATED = "autoscaled-replicas disruption-budgets liveness-probes min-replicas pre-stop-hooks readiness-probes revision-history spread-replicas"


def test_what_is_asked_of_pods() -> None:
    assert len(OF_PODS) == 27


@pytest.mark.parametrize("name", REPLICATED.split())
def test_a_rollout_is_a_deployment(name: str) -> None:
    """What is asked of Deployments is asked of Argo's Rollouts, which a cluster need not know."""
    changed = [
        Resource({**body, "kind": "Rollout", "apiVersion": "argoproj.io/v1alpha1"} if body["kind"] == "Deployment" else _of_rollouts(body))
        for body in bodies(name)
    ]  # fmt: skip
    told = {(one.resource.name, one.state) for one in evaluate([compiled(name)], changed, include_passes=True) if one.resource and one.resource.kind == "Rollout"}  # fmt: skip
    expected = {(row.resource.split()[1], row.expected) for row in rows(name) if row.resource.startswith("Deployment ") and row.actual != "no response"}  # fmt: skip
    assert told == {(one, state if state != "fail" else fails(name)) for one, state in expected}


def _of_rollouts(body: Mapping[str, Any]) -> dict[str, Any]:
    target = body.get("spec", {}).get("scaleTargetRef")
    if not target or target["kind"] != "Deployment":
        return {**body}
    return {**body, "spec": {**body["spec"], "scaleTargetRef": {**target, "kind": "Rollout"}}}


@pytest.mark.parametrize(
    ("kind", "version"), [("Rollout", "argoproj.io/v1alpha1"), ("Service", "serving.knative.dev/v1")]
)
@pytest.mark.parametrize("name", OF_PODS)
def test_custom_resources_that_make_pods_are_no_way_around(name: str, kind: str, version: str) -> None:
    """A Rollout is a Deployment in all but name; the Pods it makes are seen in the cluster alone."""
    pods = {body["metadata"]["name"]: body for body in bodies(name) if body["kind"] == "Pod"}
    expected = {row.resource.split()[1]: row.expected for row in rows(name) if row.resource.startswith("Pod ")}
    for pod_name, body in pods.items():
        template = {"metadata": body["metadata"], "spec": body["spec"]}
        made = Resource(
            {"apiVersion": version, "kind": kind, "metadata": body["metadata"], "spec": {"template": template}}
        )
        told = {one.state for one in evaluate([compiled(name)], [made], include_passes=True)}
        assert told == {expected[pod_name] if expected[pod_name] != "fail" else fails(name)}, pod_name


def fails(name: str) -> str:
    return "fail" if SHIPPED[name][2]["spec"]["validationFailureAction"] == "Enforce" else "warn"


CONTAINERS = [
    name
    for name, (_, _, document) in SHIPPED.items()
    if "containers" in str(document["spec"]["rules"][0]["validate"]) and document["spec"]["rules"][0]["match"]["any"][0]["resources"]["kinds"] == ["Pod"]
]  # fmt: skip
NO_RESOURCES = ("resource-requests", "memory-limits", "cpu-limits", "distinct-probes", "read-only-root-filesystem")


def test_what_is_asked_of_containers() -> None:
    assert len(CONTAINERS) == 20


@pytest.mark.parametrize("name", CONTAINERS)
def test_init_containers_are_containers(name: str) -> None:
    """What fails in a container also fails in an init container, and in an ephemeral one where that may have it."""
    test = yaml.safe_load(PACKS[SHIPPED[name][0]][f"tests/{name}/kyverno-test.yaml"])
    failing = {
        one
        for result in test["results"]
        if (result["kind"], result["result"]) == ("Pod", "fail")
        for one in result["resources"]
    }
    said = {key for body in bodies(name) if body["metadata"]["name"] in failing for key in body["spec"]}
    assert "initContainers" in said
    assert ("ephemeralContainers" in said) is (name not in NO_RESOURCES)


def bodies(name: str) -> list[Mapping[str, Any]]:
    parsed = parse_documents(PACKS[SHIPPED[name][0]][f"tests/{name}/resources.yaml"])
    assert not isinstance(parsed, str)
    return [one.content for one in parsed]


def test_every_parameter_is_read_by_a_policy() -> None:
    for name, files in PACKS.items():
        declared, wrong = parse_parameters(yaml.safe_load(files["pack.yaml"])["parameters"])
        assert wrong == []
        text = "\n".join(data.decode() for path, data in files.items() if path != "pack.yaml" and "/" not in path)
        for one in declared:
            assert f"parameters.{one.name}" in text or re.search(rf"when: .*\b{one.name}\b", text), (name, one.name)
            assert one.description.endswith(".")
            assert one.required or one.default is not None or one.example is not None


def test_nothing_of_them_is_told_as_not_evaluable_here() -> None:
    """Policies that ask the API server are answered by manifests; this is no answer that nobody here knows."""
    for name, files in PACKS.items():
        told = outline(pack(name), files, name)
        assert {one.name: one.needs for one in told} == {one: () for one, found in SHIPPED.items() if found[0] == name}
    asking = b"api-calls: environment"
    assert asking in PACKS["reliability"]["min-replicas.yaml"]
    alone = {
        "min-replicas.yaml": PACKS["reliability"]["min-replicas.yaml"]
        .replace(b"policies.lockkeeper.dev/" + asking, b"a: b")
        .replace(b"policies.lockkeeper.dev/when", b"c")
    }
    (one,) = outline(load_pack("alone", alone, {}), alone, "alone")
    assert one.needs == ("what the API server answers",)


# ------------------------------------------------------------------ registry


@pytest.mark.parametrize(
    ("image", "given", "expected"),
    [
        (f"{IMAGE}@{DIGEST}", {"digests": True}, {}),
        (IMAGE, {"digests": True}, {"image-digests": "fail"}),
        (IMAGE, {"digests": False}, {}),
        (IMAGE, {}, {}),
        ("registry.example.com/shop/web:main", {}, {}),
        ("registry.example.com/shop/web:main", {"mutableTags": ["latest", "main"]}, {"fixed-image-tags": "fail"}),
        ("registry.example.com/shop/web:latest", {"mutableTags": ["main"]}, {}),
        ("registry.example.com/shop/web:2-SNAPSHOT", {"mutableTags": ["latest", "*-SNAPSHOT"]}, {"fixed-image-tags": "fail"}),
        (f"registry.example.com/shop/web:2-SNAPSHOT@{DIGEST}", {"mutableTags": ["*-SNAPSHOT"]}, {}),
        ("registry.example.com/main/web:1", {"mutableTags": ["main"]}, {}),
        ("registry.example.com/shop/web:mainly", {"mutableTags": ["main"]}, {}),
        ("registry.example.com/shop/web:v1", {"mutableTags": ["v?"]}, {"fixed-image-tags": "fail"}),
        ("quay.io/shop/web:1", {}, {"allowed-registries": "fail"}),
        ("nginx", {"digests": True}, dict.fromkeys(["allowed-registries", "fixed-image-tags", "image-digests"], "fail")),
    ],
)  # fmt: skip
def test_registry(image: str, given: dict[str, object], expected: dict[str, str]) -> None:
    assert states("registry", pod(image=image), **given) == expected


def test_production_runs_what_was_released() -> None:
    """Two packs of the same name with other registries: what may be tried out may not be released."""
    tried = pod(image="registry.example.com/team/web:1.4.2")
    assert states("registry", tried, registries=["registry.example.com/team"]) == {}
    assert states("registry", tried, registries=["registry.example.com/release"]) == {"allowed-registries": "fail"}


# ------------------------------------------------------------------ security

RESTRICTED = {"dropped-capabilities", "no-privilege-escalation", "run-as-non-root", "seccomp-profile"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {**dict.fromkeys(RESTRICTED, "warn"), "no-automounted-tokens": "warn"}),
        ({"enforce": "restricted"}, {**dict.fromkeys(RESTRICTED, "fail"), "no-automounted-tokens": "warn"}),
        ({"warn": "baseline"}, {"no-automounted-tokens": "warn"}),
        ({"warn": "baseline", "tokens": False}, {}),
        ({"enforce": "restricted", "warn": "baseline", "tokens": False}, dict.fromkeys(RESTRICTED, "fail")),
        ({"warn": "baseline", "tokens": False, "readOnlyRoot": True}, {"read-only-root-filesystem": "warn"}),
    ],
)
def test_security(given: dict[str, object], expected: dict[str, str]) -> None:
    assert states("security", pod(), **given) == expected


def test_a_pod_may_keep_everything() -> None:
    good = "{securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, automountServiceAccountToken: false, containers: [{name: web, image: a, securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}}]}"
    assert states("security", pod(good), enforce="restricted", readOnlyRoot=True) == {}


STANDARDS = {
    "baseline": ["default-proc-mount", "limited-capabilities", "no-apparmor-override", "no-host-namespaces", "no-host-path-volumes", "no-host-ports", "no-privileged-containers", "no-probes-of-other-hosts", "no-selinux-override", "no-unconfined-seccomp", "safe-sysctls"],
    "restricted": ["dropped-capabilities", "no-privilege-escalation", "portable-volumes", "run-as-non-root", "seccomp-profile"],
}  # fmt: skip
CHOICES: dict[str, list[str]] = {
    "context": ["{}", "{privileged: true}", "{privileged: false}", "{allowPrivilegeEscalation: false}", "{allowPrivilegeEscalation: true}", "{runAsNonRoot: true}", "{runAsNonRoot: false}", "{runAsUser: 0}", "{runAsUser: 7}", "{capabilities: {drop: [ALL]}}", "{capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}", "{capabilities: {drop: [CHOWN], add: [CHOWN]}}", "{capabilities: {add: [SYS_ADMIN]}}", "{seccompProfile: {type: RuntimeDefault}}", "{seccompProfile: {type: Unconfined}}", "{seccompProfile: {type: Localhost}}", "{appArmorProfile: {type: Unconfined}}", "{appArmorProfile: {type: RuntimeDefault}}", "{seLinuxOptions: {type: spc_t}}", "{seLinuxOptions: {type: container_t, level: s0}}", "{seLinuxOptions: {user: u}}", "{seLinuxOptions: {role: r}}", "{procMount: Unmasked}", "{procMount: Default}", "{windowsOptions: {hostProcess: true}}", "{windowsOptions: {hostProcess: false}}"],
    "container": ["{}", "{ports: [{containerPort: 1}]}", "{ports: [{containerPort: 1, hostPort: 1}]}", "{ports: [{hostPort: 0}]}", "{livenessProbe: {httpGet: {host: a}}}", "{readinessProbe: {tcpSocket: {port: 1}}}", "{lifecycle: {preStop: {httpGet: {host: a}}}}", "{startupProbe: {tcpSocket: {host: a}}}"],
    "pod": ["{}", "{hostNetwork: true}", "{hostPID: true}", "{hostIPC: false}", "{volumes: [{name: a, hostPath: {path: /}}]}", "{volumes: [{name: a, emptyDir: {}}, {name: b, nfs: {server: a}}]}", "{volumes: [{name: a, secret: {}}]}", "{os: {name: windows}}", "{os: {name: linux}}", "{volumes: [{name: a, image: {reference: b}}]}"],
    "whole": ["{runAsNonRoot: true}", "{runAsNonRoot: false}", "{runAsUser: 0}", "{seccompProfile: {type: RuntimeDefault}}", "{seccompProfile: {type: Unconfined}}", "{sysctls: [{name: kernel.msgmax}]}", "{sysctls: [{name: net.ipv4.tcp_rmem}]}", "{seLinuxOptions: {type: spc_t}}", "{appArmorProfile: {type: Unconfined}}", "{windowsOptions: {hostProcess: true}}", "{}"],
    "annotations": ["{}", "{container.apparmor.security.beta.kubernetes.io/web: unconfined}", "{container.apparmor.security.beta.kubernetes.io/web: localhost/a}", "{other: unconfined}"],
}  # fmt: skip


def random_pod(dice: random.Random) -> Resource:
    """A Pod of one to four containers; most of what could be wrong in it is right."""

    def pick(name: str, most: int = 2) -> dict[str, Any]:
        parts = [yaml.safe_load(dice.choice(CHOICES[name])) for _ in range(dice.randint(0, most))]
        return {key: value for part in parts for key, value in part.items()}

    good = {"allowPrivilegeEscalation": False, "runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}  # fmt: skip

    def container(name: str) -> dict[str, Any]:
        left_out = dice.choice([*good, "", "", ""])
        context = {**{key: value for key, value in good.items() if key != left_out}, **pick("context", 1)}
        return {
            "name": name,
            "image": IMAGE,
            **pick("container", 1),
            **({"securityContext": context} if context else {}),
        }

    spec = {**pick("pod", 1), "containers": [container("web"), *([container("side")] if dice.random() < 0.3 else [])]}
    for key in ("initContainers", "ephemeralContainers"):
        if dice.random() < 0.2:
            spec[key] = [container("more")]
    if whole := pick("whole", 1):
        spec["securityContext"] = whole
    metadata = {"name": "web", "annotations": pick("annotations", 1)}
    return Resource({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


@pytest.mark.parametrize("level", STANDARDS)
def test_the_policies_together_are_the_standard(level: str) -> None:
    """Kyverno's `podSecurity` rule is evaluated by other code: both must find the same Pods at fault."""
    standard = compile_policy(
        {
            "apiVersion": "kyverno.io/v1",
            "kind": "ClusterPolicy",
            "metadata": {"name": level},
            "spec": {"rules": [{"name": "r", "match": {"any": [{"resources": {"kinds": ["Pod"]}}]}, "validate": {"message": "m", "podSecurity": {"level": level, "version": "latest"}}}]},
        }
    )  # fmt: skip
    assert isinstance(standard, CompiledPolicy)
    names = [*STANDARDS["baseline"], *(STANDARDS["restricted"] if level == "restricted" else ())]
    single = [compiled(name) for name in names]
    dice = random.Random(20)
    good = 0
    for _ in range(1500):
        one = random_pod(dice)
        whole, parts = evaluate([standard], [one]), evaluate(single, [one])
        assert bool(whole) is bool(parts), (one.body, whole, parts)
        good += not whole
    assert 100 < good < 1400


@pytest.mark.parametrize("level", STANDARDS)
def test_each_policy_of_a_standard_is_needed(level: str) -> None:
    """Without any one of them some of these Pods would pass that must not."""
    names = [*STANDARDS["baseline"], *(STANDARDS["restricted"] if level == "restricted" else ())]
    single = [compiled(name) for name in names]
    dice = random.Random(20)
    alone: Counter[str] = Counter()
    for _ in range(1500):
        one = random_pod(dice)
        faults = {each.policy for each in evaluate(single, [one])}
        if len(faults) == 1:
            alone.update(faults)
    assert set(STANDARDS[level]) <= set(alone)


# ------------------------------------------------------------------ reliability

QUIET = "{containers: [{name: web, image: a, resources: {requests: {cpu: 1}, limits: {memory: 1Gi}}, readinessProbe: {tcpSocket: {port: 1}}, livenessProbe: {tcpSocket: {port: 2}}}]}"
BUDGET = resource(
    "PodDisruptionBudget", version="policy/v1", maxUnavailable=1, selector={"matchLabels": {"app": "web"}}
)
WARNED = dict.fromkeys(["resource-requests", "memory-limits", "readiness-probes", "liveness-probes"], "warn")


@pytest.mark.parametrize(
    ("resources", "given", "expected"),
    [
        ([deployment(QUIET)], {}, {}),
        ([deployment()], {}, WARNED),
        ([deployment()], {"enforce": True}, dict.fromkeys(WARNED, "fail")),
        ([deployment()], {"enforce": True, "cpuLimits": True}, dict.fromkeys([*WARNED, "cpu-limits"], "fail")),
        ([deployment(QUIET)], {"cpuLimits": True}, {"cpu-limits": "warn"}),
        # replicas
        ([deployment(QUIET)], {"minReplicas": 1}, {}),
        ([deployment(QUIET)], {"minReplicas": 2}, {"min-replicas": "fail"}),
        ([deployment(QUIET, replicas=2)], {"minReplicas": 2}, {}),
        ([deployment(QUIET, replicas=2)], {"minReplicas": 3}, {"min-replicas": "fail"}),
        ([resource("HorizontalPodAutoscaler", version="autoscaling/v2", minReplicas=2, scaleTargetRef={"kind": "Deployment", "name": "web"})], {"minReplicas": 3}, {"min-autoscaled-replicas": "fail"}),
        ([resource("HorizontalPodAutoscaler", version="autoscaling/v2", minReplicas=2, scaleTargetRef={"kind": "Deployment", "name": "web"})], {}, {}),
        # budgets
        ([deployment(QUIET, replicas=2)], {}, {}),
        ([deployment(QUIET, replicas=2)], {"disruptionBudgets": True}, {"disruption-budgets": "fail"}),
        ([deployment(QUIET, replicas=2), BUDGET], {"disruptionBudgets": True}, {}),
        ([BUDGET, deployment(QUIET, replicas=2)], {"disruptionBudgets": True}, {}),
        ([deployment(QUIET, replicas=2)], {"spread": True}, {"spread-replicas": "warn"}),
        ([deployment(QUIET, replicas=2)], {"spread": True, "enforce": True}, {"spread-replicas": "fail"}),
        # shutdown
        ([deployment(QUIET[:-1] + ", terminationGracePeriodSeconds: 20}")], {}, {}),
        ([deployment(QUIET[:-1] + ", terminationGracePeriodSeconds: 20}")], {"minGracePeriod": 30}, {"graceful-shutdown": "warn"}),
        ([deployment(QUIET[:-1] + ", terminationGracePeriodSeconds: 0}")], {"minGracePeriod": 0}, {}),
        ([deployment(QUIET.replace("name: web,", "name: web, ports: [{containerPort: 1}],"))], {}, {}),
        ([deployment(QUIET.replace("name: web,", "name: web, ports: [{containerPort: 1}],"))], {"preStop": True}, {"pre-stop-hooks": "warn"}),
        # the rest
        ([deployment(QUIET, revisionHistoryLimit=15)], {}, {}),
        ([deployment(QUIET, revisionHistoryLimit=15)], {"maxRevisions": 10}, {"revision-history": "warn"}),
        ([deployment(QUIET)], {"priorityClasses": ["shop-*"]}, {"priority-classes": "fail"}),
        ([deployment(QUIET[:-1] + ", priorityClassName: shop-high}")], {"priorityClasses": ["batch", "shop-*"]}, {}),
        ([deployment(QUIET[:-1] + ", priorityClassName: shop-high}")], {"priorityClasses": ["batch"]}, {"priority-classes": "fail"}),
        ([resource("Pod", version="v1", **yaml.safe_load(QUIET))], {}, {"no-bare-pods": "warn"}),
    ],
)  # fmt: skip
def test_reliability(resources: list[Resource], given: dict[str, object], expected: dict[str, str]) -> None:
    assert states("reliability", *resources, **given) == expected


@pytest.mark.parametrize(
    ("name", "given", "key", "said"),
    [
        ("reliability", {"minReplicas": 0}, "with.minReplicas", "0 is less than 1"),
        ("reliability", {"minReplica": 2}, "with.minReplica", "unknown parameter `minReplica`"),
        ("reliability", {"enforce": "yes"}, "with.enforce", "expected true or false"),
        ("security", {"enforce": "privileged"}, "with.enforce", "`privileged` is none of baseline, restricted"),
        ("registry", {**REGISTRIES, "mutableTags": ["a|b"]}, "with.mutableTags[0]", "`a|b` holds `|`"),
        ("registry", {**REGISTRIES, "mutableTags": []}, "with.mutableTags", "expected a list of at least one text"),
    ],
)
def test_what_cannot_be_set(name: str, given: dict[str, object], key: str, said: str) -> None:
    (problem,) = load_pack(name, PACKS[name], given).problems
    assert (problem.key, problem.message.startswith(said)) == (key, True)


# ------------------------------------------------------------------ words and speed

EVERYTHING = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  revisionHistoryLimit: 0
  strategy: {type: Recreate}
  template:
    metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/web: unconfined}}
    spec:
      hostNetwork: true
      terminationGracePeriodSeconds: 0
      securityContext: {sysctls: [{name: kernel.msgmax, value: "1"}], seLinuxOptions: {type: spc_t}, seccompProfile: {type: Unconfined}}
      initContainers: [{name: init, image: busybox}]
      containers:
        - name: web
          image: nginx
          ports: [{containerPort: 80, hostPort: 80}]
          livenessProbe: {httpGet: {path: /, port: 80, host: example.com}}
          readinessProbe: {httpGet: {path: /, port: 80, host: example.com}}
          securityContext: {privileged: true, procMount: Unmasked, capabilities: {add: [SYS_ADMIN]}}
      volumes: [{name: d, hostPath: {path: /}}, {name: n, nfs: {server: files.example.com, path: /}}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec: {template: {spec: {containers: [{name: db, image: 'postgres:17'}]}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {kind: Deployment, name: web}, maxReplicas: 9}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: other, namespace: shop}
spec: {maxUnavailable: 0, selector: {matchLabels: {app: other}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: report, namespace: shop}
spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: db, image: 'postgres:17'}]}}}}}
---
apiVersion: v1
kind: Pod
metadata: {name: bare, namespace: shop}
spec: {containers: []}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {externalIPs: [203.0.113.7]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: all}
roleRef: {kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: default, namespace: shop}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: all}
rules: [{verbs: ["*"], resources: ["*"], apiGroups: ["*"]}, {verbs: [bind], resources: [clusterroles], apiGroups: [rbac.authorization.k8s.io]}]
"""
ASKED: dict[str, dict[str, object]] = {
    "registry": {"digests": True},
    "security": {"readOnlyRoot": True},
    "reliability": {"minReplicas": 2, "cpuLimits": True, "preStop": True, "spread": True, "disruptionBudgets": True, "priorityClasses": ["shop-*"]},
}  # fmt: skip


def test_the_words_of_every_policy() -> None:
    """What people read; `tests/policy/findings.txt` holds it, and is to be read when it changes."""
    resources = [Resource(one) for one in yaml.safe_load_all(EVERYTHING)]
    findings = [
        one for name, given in ASKED.items() for one in evaluate_packs([pack(name, **given)], resources, environment="production")
    ]  # fmt: skip
    said: dict[str, list[str]] = {}
    for one in findings:
        advice = [f"{one.policy} · {one.state} · {one.severity} · {one.title}", f"  {one.how}"]
        said.setdefault(one.policy, advice).insert(-1, f"  {one.resource}: {one.message}")
    assert set(said) == set(SHIPPED)
    assert "\n".join("\n".join(lines) + "\n" for lines in said.values()) == GOLDEN.read_text()


GOLDEN = Path(__file__).parent / "findings.txt"


def test_the_documentation_names_every_policy_and_parameter() -> None:
    text = (POLICIES.parent / "docs" / "policies.md").read_text()
    for name, (pack_name, _, document) in SHIPPED.items():
        (row,) = re.findall(rf"^\| `{name}` \|.*$", text, re.MULTILINE)
        annotations = document["metadata"]["annotations"]
        assert annotations["policies.kyverno.io/severity"] in row
        action = "blocks" if document["spec"]["validationFailureAction"] == "Enforce" else "warns"
        assert f"| {action} |" in row
        assert pack_name in PACKS
    for files in PACKS.values():
        for name in yaml.safe_load(files["pack.yaml"])["parameters"]:
            assert f"| `{name}` |" in text


def test_all_of_it_over_a_thousand_resources_takes_no_time() -> None:
    policies = [policy for name, given in ASKED.items() for policy in pack(name, **given).policies]
    resources = [Resource(body) for name in SHIPPED for body in bodies(name)]
    resources = [*resources, *resources][:1000]
    start = time.process_time()
    assert len(evaluate(policies, resources)) > 1000
    assert time.process_time() - start < 4  # measured: 0.4 s for 45 policies
