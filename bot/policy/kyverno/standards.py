"""Where does a Pod break the Pod Security Standards?

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/ and, for what changed with which
version of Kubernetes, the checks of k8s.io/pod-security-admission. Each check yields the places that break it;
what must be set and is not counts at the container that lacks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bot.policy.kyverno.pods import LATEST, Minor, Pod, Violation, listed, mapping

_CAPABILITIES = frozenset(
    [
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE"),
        *("SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    ]
)
_VOLUMES = frozenset(
    ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"]
)
_SYSCTLS: Mapping[str, Minor] = {
    "kernel.shm_rmid_forced": 0,
    "net.ipv4.ip_local_port_range": 0,
    "net.ipv4.ip_unprivileged_port_start": 0,
    "net.ipv4.tcp_syncookies": 0,
    "net.ipv4.ping_group_range": 0,
    "net.ipv4.ip_local_reserved_ports": 27,
    "net.ipv4.tcp_keepalive_time": 29,
    "net.ipv4.tcp_fin_timeout": 29,
    "net.ipv4.tcp_keepalive_intvl": 29,
    "net.ipv4.tcp_keepalive_probes": 29,
    "net.ipv4.tcp_rmem": 32,
    "net.ipv4.tcp_wmem": 32,
}
_SELINUX: Mapping[object, Minor] = {
    "": 0,
    None: 0,
    "container_t": 0,
    "container_init_t": 0,
    "container_kvm_t": 0,
    "container_engine_t": 31,
}
_PROFILES = ("RuntimeDefault", "Localhost")
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


def _host_process(pod: Pod) -> Iterator[Violation]:
    if mapping(pod.security.get("windowsOptions")).get("hostProcess") is True:
        yield Violation("HostProcess", "spec.securityContext.windowsOptions.hostProcess", True)
    for one in pod.containers:
        if mapping(one.security.get("windowsOptions")).get("hostProcess") is True:
            yield one.break_at("HostProcess", "securityContext.windowsOptions.hostProcess", True)


def _host_namespaces(pod: Pod) -> Iterator[Violation]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if pod.spec.get(name) is True:
            yield Violation("Host Namespaces", f"spec.{name}", True)


def _privileged(pod: Pod) -> Iterator[Violation]:
    for one in pod.containers:
        if one.security.get("privileged") is True:
            yield one.break_at("Privileged Containers", "securityContext.privileged", True)


def _capabilities(pod: Pod) -> Iterator[Violation]:
    for one in pod.containers:
        for name in listed(mapping(one.security.get("capabilities")).get("add")):
            if name not in _CAPABILITIES:
                yield one.break_at("Capabilities", "securityContext.capabilities.add", name)


def _host_paths(pod: Pod) -> Iterator[Violation]:
    for index, volume in enumerate(map(mapping, listed(pod.spec.get("volumes")))):
        if volume.get("hostPath") is not None:
            yield Violation("HostPath Volumes", f"spec.volumes[{index}].hostPath", volume.get("hostPath"))


def _host_ports(pod: Pod) -> Iterator[Violation]:
    for one in pod.containers:
        for index, port in enumerate(map(mapping, listed(one.body.get("ports")))):
            if port.get("hostPort"):
                yield one.break_at("Host Ports", f"ports[{index}].hostPort", port["hostPort"])


def _host_probes(pod: Pod) -> Iterator[Violation]:
    if pod.minor < 34:
        return
    for one in pod.containers:
        lifecycle = mapping(one.body.get("lifecycle"))
        handlers = {name: one.body.get(name) for name in ("livenessProbe", "readinessProbe", "startupProbe")}
        handlers |= {f"lifecycle.{name}": lifecycle.get(name) for name in ("postStart", "preStop")}
        for place, handler in handlers.items():
            for how in ("httpGet", "tcpSocket"):
                host = mapping(mapping(handler).get(how)).get("host")
                if host:
                    yield one.break_at("Host Probes / Lifecycle Hooks", f"{place}.{how}.host", host)


def _apparmor(pod: Pod) -> Iterator[Violation]:
    for name, value in pod.annotations.items():
        good = value in ("", "runtime/default") or str(value).startswith("localhost/")
        if name.startswith(_APPARMOR) and not good:
            yield Violation("AppArmor", f'metadata.annotations["{name}"]', value)
    yield from _profile(pod, "AppArmor", "appArmorProfile")


def _profile(pod: Pod, control: str, name: str) -> Iterator[Violation]:
    """What a profile's type must not be, where it is set."""
    for holder, place in ((pod.security, None), *((one.security, one) for one in pod.containers)):
        kind = mapping(holder.get(name)).get("type")
        if kind is None or kind in _PROFILES:
            continue
        if place is None:
            yield Violation(control, f"spec.securityContext.{name}.type", kind)
        else:
            yield place.break_at(control, f"securityContext.{name}.type", kind)


def _selinux(pod: Pod) -> Iterator[Violation]:
    for holder, place in ((pod.security, None), *((one.security, one) for one in pod.containers)):
        options = mapping(holder.get("seLinuxOptions"))
        kind = options.get("type")
        bad = [] if _SELINUX.get(kind, LATEST + 1) <= pod.minor else ["type"]
        bad += [name for name in ("user", "role") if options.get(name)]
        for name in bad:
            below = f"securityContext.seLinuxOptions.{name}"
            yield (
                Violation("SELinux", f"spec.{below}", options.get(name))
                if place is None
                else place.break_at("SELinux", below, options.get(name))
            )


def _proc_mount(pod: Pod) -> Iterator[Violation]:
    for one in pod.containers:
        if one.security.get("procMount") not in (None, "Default"):
            yield one.break_at("/proc Mount Type", "securityContext.procMount", one.security["procMount"])


def _seccomp(pod: Pod) -> Iterator[Violation]:
    if pod.minor >= 19:
        yield from _profile(pod, "Seccomp", "seccompProfile")


def _sysctls(pod: Pod) -> Iterator[Violation]:
    for index, sysctl in enumerate(map(mapping, listed(pod.security.get("sysctls")))):
        name = str(sysctl.get("name"))
        if _SYSCTLS.get(name, LATEST + 1) > pod.minor:
            yield Violation("Sysctls", f"spec.securityContext.sysctls[{index}].name", name)


def _volume_types(pod: Pod) -> Iterator[Violation]:
    for index, volume in enumerate(map(mapping, listed(pod.spec.get("volumes")))):
        for name in volume:
            if name != "name" and name not in _VOLUMES and volume[name] is not None:
                yield Violation("Volume Types", f"spec.volumes[{index}].{name}", name)


def _escalation(pod: Pod) -> Iterator[Violation]:
    if pod.minor < 8 or pod.windows:
        return
    for one in pod.containers:
        if (found := one.security.get("allowPrivilegeEscalation")) is not False:
            yield one.break_at("Privilege Escalation", "securityContext.allowPrivilegeEscalation", found)


def _non_root(pod: Pod) -> Iterator[Violation]:
    whole = pod.security.get("runAsNonRoot")
    if whole is False:
        yield Violation("Running as Non-root", "spec.securityContext.runAsNonRoot", False)
    for one in pod.containers:
        own = one.security.get("runAsNonRoot")
        if own is False or (own is None and whole is not True):
            yield one.break_at("Running as Non-root", "securityContext.runAsNonRoot", own)


def _non_root_user(pod: Pod) -> Iterator[Violation]:
    if pod.minor < 23:
        return
    if pod.security.get("runAsUser") == 0:
        yield Violation("Running as Non-root user", "spec.securityContext.runAsUser", 0)
    for one in pod.containers:
        if one.security.get("runAsUser") == 0:
            yield one.break_at("Running as Non-root user", "securityContext.runAsUser", 0)


def _seccomp_set(pod: Pod) -> Iterator[Violation]:
    if pod.minor < 19 or pod.windows:
        return
    if mapping(pod.security.get("seccompProfile")).get("type") is not None:
        return
    for one in pod.containers:
        if mapping(one.security.get("seccompProfile")).get("type") is None:
            yield one.break_at("Seccomp", "securityContext.seccompProfile.type")


def _capabilities_dropped(pod: Pod) -> Iterator[Violation]:
    if pod.minor < 22 or pod.windows:
        return
    for one in pod.containers:
        capabilities = mapping(one.security.get("capabilities"))
        if "ALL" not in listed(capabilities.get("drop")):
            yield one.break_at("Capabilities", "securityContext.capabilities.drop")
        for name in listed(capabilities.get("add")):
            if name in _CAPABILITIES and name != "NET_BIND_SERVICE":
                yield one.break_at("Capabilities", "securityContext.capabilities.add", name)


StandardCheck = Callable[[Pod], Iterator[Violation]]

BASELINE: tuple[StandardCheck, ...] = (
    _host_process,
    _host_namespaces,
    _privileged,
    _capabilities,
    _host_paths,
    _host_ports,
    _host_probes,
    _apparmor,
    _selinux,
    _proc_mount,
    _seccomp,
    _sysctls,
)
RESTRICTED: tuple[StandardCheck, ...] = (
    *BASELINE,
    _volume_types,
    _escalation,
    _non_root,
    _non_root_user,
    _seccomp_set,
    _capabilities_dropped,
)
CONTROLS = (
    "AppArmor",
    "Capabilities",
    "Host Namespaces",
    "Host Ports",
    "Host Probes / Lifecycle Hooks",
    "HostPath Volumes",
    "HostProcess",
    "/proc Mount Type",
    "Privilege Escalation",
    "Privileged Containers",
    "Running as Non-root",
    "Running as Non-root user",
    "SELinux",
    "Seccomp",
    "Sysctls",
    "Volume Types",
)
