"""Where a Pod breaks the Pod Security Standards, and what a rule excludes.

Each row breaks (or keeps) one control of https://kubernetes.io/docs/concepts/security/pod-security-standards/.
"""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

from typing import Any

import pytest
import yaml

from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy.kyverno import CompiledPolicy, compile_policy, evaluate

GOOD = "securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}"


def judged(pod: str, block: str, kind: str = "Pod") -> tuple[Finding, ...]:
    document = {
        "apiVersion": "kyverno.io/v1",
        "kind": "ClusterPolicy",
        "metadata": {"name": "p"},
        "spec": {
            "validationFailureAction": "Enforce",
            "rules": [{"name": "r", "match": {"any": [{"resources": {"kinds": ["Pod"]}}]}, "validate": {"message": "m", "podSecurity": yaml.safe_load(block)}}],
        },
    }  # fmt: skip
    compiled = compile_policy(document)
    assert isinstance(compiled, CompiledPolicy), compiled
    template = yaml.safe_load(pod)
    match kind:
        case "Pod":
            body: dict[str, Any] = {"apiVersion": "v1", **template}
        case "CronJob":
            body = {"apiVersion": "batch/v1", "spec": {"jobTemplate": {"spec": {"template": template}}}}
        case _:
            body = {"apiVersion": "apps/v1", "spec": {"template": template}}
    metadata = {"name": "x", **body.get("metadata", {})}
    return evaluate([compiled], [Resource({**body, "kind": kind, "metadata": metadata})])


def fields(pod: str, block: str, kind: str = "Pod") -> list[str]:
    return [one.field for one in judged(pod, block, kind)]


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        ("spec: {containers: [{name: a, image: b}]}", []),
        ("spec: {hostNetwork: true, hostPID: false, hostIPC: true}", ["spec.hostNetwork", "spec.hostIPC"]),
        (
            "spec: {containers: [{securityContext: {privileged: true}}]}",
            ["spec.containers[0].securityContext.privileged"],
        ),
        (
            "spec: {initContainers: [{securityContext: {privileged: true}}]}",
            ["spec.initContainers[0].securityContext.privileged"],
        ),
        (
            "spec: {ephemeralContainers: [{securityContext: {privileged: true}}]}",
            ["spec.ephemeralContainers[0].securityContext.privileged"],
        ),
        (
            "spec: {securityContext: {windowsOptions: {hostProcess: true}}}",
            ["spec.securityContext.windowsOptions.hostProcess"],
        ),
        (
            "spec: {containers: [{securityContext: {capabilities: {add: [CHOWN, SYS_ADMIN]}}}]}",
            ["spec.containers[0].securityContext.capabilities.add"],
        ),
        ("spec: {volumes: [{name: a, emptyDir: {}}, {name: b, hostPath: {path: /}}]}", ["spec.volumes[1].hostPath"]),
        (
            "spec: {containers: [{ports: [{containerPort: 1}, {hostPort: 0}, {hostPort: 80}]}]}",
            ["spec.containers[0].ports[2].hostPort"],
        ),
        (
            "spec: {containers: [{livenessProbe: {httpGet: {host: a}}, lifecycle: {preStop: {tcpSocket: {host: b}}}}]}",
            ["spec.containers[0].livenessProbe.httpGet.host", "spec.containers[0].lifecycle.preStop.tcpSocket.host"],
        ),
        (
            "metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: unconfined}}",
            ['metadata.annotations["container.apparmor.security.beta.kubernetes.io/a"]'],
        ),
        ("metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/a: localhost/x}}", []),
        (
            "spec: {securityContext: {appArmorProfile: {type: Unconfined}}}",
            ["spec.securityContext.appArmorProfile.type"],
        ),
        (
            "spec: {securityContext: {seLinuxOptions: {type: spc_t, user: u}}}",
            ["spec.securityContext.seLinuxOptions.type", "spec.securityContext.seLinuxOptions.user"],
        ),
        (
            "spec: {containers: [{securityContext: {seLinuxOptions: {type: container_t, role: r}}}]}",
            ["spec.containers[0].securityContext.seLinuxOptions.role"],
        ),
        (
            "spec: {containers: [{securityContext: {procMount: Unmasked}}]}",
            ["spec.containers[0].securityContext.procMount"],
        ),
        ("spec: {securityContext: {seccompProfile: {type: Unconfined}}}", ["spec.securityContext.seccompProfile.type"]),
        ("spec: {containers: [{securityContext: {seccompProfile: {type: Localhost}}}]}", []),
        (
            "spec: {securityContext: {sysctls: [{name: net.ipv4.tcp_wmem}, {name: kernel.msgmax}]}}",
            ["spec.securityContext.sysctls[1].name"],
        ),
        ("spec: {containers: broken, securityContext: broken}", []),
    ],
)
def test_baseline(pod: str, expected: list[str]) -> None:
    assert fields(pod, "{level: baseline, version: latest}") == expected
    assert fields(pod, "{level: privileged}") == []


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        (f"spec: {{containers: [{{{GOOD}}}]}}", []),
        (f"spec: {{volumes: [{{name: a, emptyDir: {{}}}}, {{name: b, nfs: {{}}}}], containers: [{{{GOOD}}}]}}", ["spec.volumes[1].nfs"]),
        (f"spec: {{securityContext: {{runAsUser: 0}}, containers: [{{{GOOD}}}]}}", ["spec.securityContext.runAsUser"]),
        (f"spec: {{securityContext: {{runAsNonRoot: false}}, containers: [{{{GOOD}}}]}}", ["spec.securityContext.runAsNonRoot"]),
        (
            "spec: {containers: [{name: a}]}",
            [
                "spec.containers[0].securityContext.allowPrivilegeEscalation",
                "spec.containers[0].securityContext.runAsNonRoot",
                "spec.containers[0].securityContext.seccompProfile.type",
                "spec.containers[0].securityContext.capabilities.drop",
            ],
        ),
        (
            "spec: {securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, containers: [{securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}}}]}",
            [],
        ),
        (
            "spec: {securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}, containers: [{securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [CHOWN]}}}]}",
            ["spec.containers[0].securityContext.capabilities.add"],
        ),
        ("spec: {os: {name: windows}, containers: [{securityContext: {runAsNonRoot: true}}]}", []),
    ],
)  # fmt: skip
def test_restricted(pod: str, expected: list[str]) -> None:
    assert fields(pod, "{level: restricted}") == expected


@pytest.mark.parametrize(
    ("pod", "version", "broken"),
    [
        ("spec: {containers: [{livenessProbe: {httpGet: {host: a}}}]}", "v1.33", False),
        ("spec: {containers: [{livenessProbe: {httpGet: {host: a}}}]}", "v1.34", True),
        ("spec: {securityContext: {sysctls: [{name: net.ipv4.ip_local_reserved_ports}]}}", "v1.26", True),
        ("spec: {securityContext: {sysctls: [{name: net.ipv4.ip_local_reserved_ports}]}}", "v1.27", False),
        ("spec: {securityContext: {seLinuxOptions: {type: container_engine_t}}}", "v1.30", True),
        ("spec: {securityContext: {seLinuxOptions: {type: container_engine_t}}}", "v1.31", False),
        ("spec: {securityContext: {seccompProfile: {type: Unconfined}}}", "v1.18", False),
        ("spec: {securityContext: {seccompProfile: {type: Unconfined}}}", "v1.19", True),
    ],
)
def test_versions(pod: str, version: str, broken: bool) -> None:
    assert bool(fields(pod, f"{{level: baseline, version: {version}}}")) is broken


TWO = "spec: {hostNetwork: true, containers: [{image: 'istio/proxy:1', securityContext: {capabilities: {add: [NET_ADMIN]}}}, {image: app, securityContext: {capabilities: {add: [NET_ADMIN]}}}]}"
FIRST, SECOND = (f"spec.containers[{index}].securityContext.capabilities.add" for index in range(2))


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        ("[]", ["spec.hostNetwork", FIRST, SECOND]),
        ("[{controlName: Host Namespaces}]", [FIRST, SECOND]),
        ("[{controlName: Host Namespaces, restrictedField: spec.hostNetwork, values: ['true']}]", [FIRST, SECOND]),
        (
            "[{controlName: Host Namespaces, restrictedField: spec.hostPID, values: ['true']}]",
            ["spec.hostNetwork", FIRST, SECOND],
        ),
        ("[{controlName: Host Namespaces, images: ['*']}]", ["spec.hostNetwork", FIRST, SECOND]),  # is the Pod's own
        ("[{controlName: Capabilities, images: ['istio/*']}]", ["spec.hostNetwork", SECOND]),
        ("[{controlName: Capabilities, images: ['*']}]", ["spec.hostNetwork"]),
        ("[{controlName: Capabilities}]", ["spec.hostNetwork", FIRST, SECOND]),  # for containers images must be named
        (
            "[{controlName: Capabilities, images: ['*'], restrictedField: 'spec.containers[*].securityContext.capabilities.add', values: [NET_ADMIN]}]",
            ["spec.hostNetwork"],
        ),
        (
            "[{controlName: Capabilities, images: ['*'], restrictedField: 'spec.containers[*].securityContext.capabilities.add', values: [NET_RAW]}]",
            ["spec.hostNetwork", FIRST, SECOND],
        ),
        (
            "[{controlName: Capabilities, images: ['*'], restrictedField: 'spec.initContainers[*].securityContext.capabilities.add'}]",
            ["spec.hostNetwork", FIRST, SECOND],
        ),
        ("[{controlName: Host Namespaces}, {controlName: Capabilities, images: ['istio/*', 'app']}]", []),
    ],
)
def test_exclusions(exclude: str, expected: list[str]) -> None:
    assert fields(TWO, f"{{level: baseline, exclude: {exclude}}}") == expected


@pytest.mark.parametrize(
    ("kind", "place"),
    [("Pod", ""), ("Deployment", "spec.template."), ("CronJob", "spec.jobTemplate.spec.template.")],
)
def test_what_makes_pods_is_judged_like_them(kind: str, place: str) -> None:
    (found,) = judged("spec: {hostPID: true}", "{level: baseline}", kind)
    assert (found.state, found.field, found.message) == (
        "fail",
        f"{place}spec.hostPID",
        f"m. Found `true` at {place}spec.hostPID.",
    )


def test_a_custom_resource_that_makes_pods_is_judged_by_what_it_makes() -> None:
    """`autogen-kinds` lets a rule hold for a Rollout: a standard that knows no Rollouts must not pass it."""
    document = yaml.safe_load("""
        apiVersion: kyverno.io/v1
        kind: ClusterPolicy
        metadata: {name: p, annotations: {policies.lockkeeper.dev/autogen-kinds: "argoproj.io/*/Rollout"}}
        spec:
          rules: [{name: r, match: {any: [{resources: {kinds: [Pod]}}]}, validate: {message: m, podSecurity: {level: baseline}}}]
    """)
    compiled = compile_policy(document)
    assert isinstance(compiled, CompiledPolicy)
    spec = {"template": {"spec": {"hostNetwork": True, "containers": [{"name": "a", "image": "b"}]}}}
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "web"}, "spec": spec}
    assert [one.field for one in evaluate([compiled], [Resource(body)])] == ["spec.template.spec.hostNetwork"]
    del document["metadata"]["annotations"]
    unaware = compile_policy(document)
    assert isinstance(unaware, CompiledPolicy)
    assert evaluate([unaware], [Resource(body)]) == ()
