"""What the configuration changes about rules: severity, action, exceptions with their reason and their end."""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.model.environment import Adjustments, Waiver
from bot.model.finding import Finding
from bot.model.manifest import Resource, ResourceKey
from bot.policy.adjustments import adjusted, with_adjustments
from bot.policy.builtin import builtin_packs, default_directory
from bot.policy.evaluation import evaluate_packs
from bot.policy.packs import Pack, load_pack
from bot.policy.waivers import Day, covers, excepts, unneeded

SECURITY = load_pack("security", builtin_packs(default_directory())["security"], {})
NOW = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
UNTIL = date(2027, 6, 30)


def pod(name: str = "web", namespace: str = "shop", **spec: Any) -> Resource:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [{"name": "c"}], **spec}}
    return Resource(body)


def waiver(policy: str = "no-host-namespaces", until: date = UNTIL, **kept: Any) -> Waiver:
    kept = kept or {"resources": ("Pod/web",)}
    return Waiver(policy, until, "the agent listens there", key="policies[0].exceptions[0]", **kept)


def judged(pack: Pack, *resources: Resource, now: datetime | None = NOW, is_base: bool = False) -> list[Finding]:
    found = evaluate_packs([pack], resources, environment="production", now=now, is_base=is_base)
    return [one for one in found if one.policy in ("no-host-namespaces", "run-as-non-root", "security")]


def states(*waivers: Waiver, now: datetime | None = NOW, is_base: bool = False) -> list[tuple[str, str]]:
    pack = with_adjustments(SECURITY, Adjustments(waivers=waivers, key="policies[0]"))
    found = judged(pack, pod(hostNetwork=True), now=now, is_base=is_base)
    return [(one.state, one.title) for one in found if one.policy == "no-host-namespaces"]


TITLE = "No namespaces of the host"


@pytest.mark.parametrize(
    ("given", "today", "expected"),
    [
        ((), "2026-11-25", [("fail", TITLE)]),
        ((waiver(),), "2026-11-25", [("skip", TITLE)]),
        ((waiver(),), "2027-06-15", [("skip", TITLE)]),
        ((waiver(),), "2027-06-16", [("skip", TITLE), ("warn", "An exception ends soon")]),
        ((waiver(),), "2027-06-30", [("skip", TITLE), ("warn", "An exception ends soon")]),
        ((waiver(),), "2027-07-01", [("fail", TITLE), ("warn", "An exception has expired")]),
        ((waiver(), waiver(until=date(2027, 1, 1))), "2027-06-01", [("skip", TITLE), ("warn", "An exception has expired")]),
        ((waiver("run-as-non-root"),), "2026-11-25", [("fail", TITLE)]),
        ((waiver(rule="another", resources=("Pod/web",)),), "2026-11-25", [("fail", TITLE)]),
        ((waiver(rule="no-host-namespaces", resources=("Pod/web",)),), "2026-11-25", [("skip", TITLE)]),
        ((waiver(resources=("Pod/api",)),), "2026-11-25", [("fail", TITLE)]),
        ((waiver(resources=("Pod/api",), until=date(2026, 1, 1)),), "2026-11-25", [("fail", TITLE), ("warn", "An exception has expired")]),
    ],
)  # fmt: skip
def test_exceptions_hold_until_their_day(
    given: tuple[Waiver, ...], today: str, expected: list[tuple[str, str]]
) -> None:
    assert states(*given, now=datetime.fromisoformat(f"{today}T23:59:59+00:00")) == expected


def test_the_day_is_that_of_utc() -> None:
    late = datetime.fromisoformat("2027-06-30T23:30:00-05:00")  # 1 July in UTC
    assert states(waiver(), now=late)[0] == ("fail", TITLE)


def test_without_a_date_no_exception_counts_and_that_is_said() -> None:
    assert states(waiver(), now=None) == [("fail", TITLE), ("warn", "An exception cannot be dated")]


def test_what_an_expired_exception_excepted_is_not_known_from_the_base() -> None:
    """A violation that was let in for a time is no old one: it blocks whoever comes upon it after its day."""
    after = datetime(2027, 7, 1, tzinfo=UTC)
    assert states(waiver(), now=after, is_base=True) == [("skip", TITLE)]
    assert states(waiver(), now=after) == [("fail", TITLE), ("warn", "An exception has expired")]


def test_what_is_excepted_says_until_when_and_why() -> None:
    pack = with_adjustments(SECURITY, Adjustments(waivers=(waiver(),)))
    (one,) = (one for one in judged(pack, pod(hostNetwork=True)) if one.policy == "no-host-namespaces")
    assert (one.excepted, one.blocks) == ("until 2027-06-30: the agent listens there", False)
    assert one.message.startswith("The Pod shares the network")


def test_warnings_are_excepted_too_and_other_resources_are_not() -> None:
    pack = with_adjustments(SECURITY, Adjustments(waivers=(waiver("run-as-non-root"),)))
    found = judged(pack, pod(), pod("api"))
    assert [(str(one.resource), one.state) for one in found] == [("Pod shop/web", "skip"), ("Pod shop/api", "warn")]


def test_a_pack_without_exceptions_is_left_alone() -> None:
    """Another pack may have a policy of the same name; what is changed is changed for one pack."""
    excepting = with_adjustments(SECURITY, Adjustments(waivers=(waiver(),)))
    found = evaluate_packs([SECURITY, excepting], [pod(hostNetwork=True)], now=NOW)
    assert [one.state for one in found if one.policy == "no-host-namespaces"] == ["fail", "skip"]


COVERS: list[tuple[tuple[str, ...], tuple[str, ...], str, bool]] = [
    # resources, namespaces, "Kind namespace name", whether they are covered
    (("Deployment/web",), (), "Deployment shop web", True),
    (("Deployment/web",), (), "Deployment other web", True),
    (("Deployment/web",), (), "StatefulSet shop web", False),
    (("deployment/web",), (), "Deployment shop web", False),
    (("Deployment/web",), (), "Deployment shop web-2", False),
    (("Deployment/web*",), (), "Deployment shop web-2", True),
    (("Deployment/web-?",), (), "Deployment shop web-2", True),
    (("Deployment/web-?",), (), "Deployment shop web-10", False),
    (("Deployment/shop/web",), (), "Deployment shop web", True),
    (("Deployment/shop/web",), (), "Deployment other web", False),
    (("Deployment/shop-*/*",), (), "Deployment shop-eu web", True),
    (("Deployment/default/web",), (), "Deployment - web", True),
    (("*/web",), (), "CronJob shop web", True),
    (("Job/a", "Deployment/web"), (), "Deployment shop web", True),
    ((), ("legacy-*",), "Deployment legacy-1 web", True),
    ((), ("legacy-*",), "Deployment shop web", False),
    ((), ("default",), "Deployment - web", True),
    (("Deployment/web",), ("shop",), "Deployment shop web", True),
    (("Deployment/web",), ("shop",), "Deployment other web", False),
    (("Deployment/we.",), (), "Deployment shop web", False),
    ((f"Deployment/{'*a' * 60}b",), (), f"Deployment shop {'a' * 200}", False),
]


@pytest.mark.parametrize(("resources", "namespaces", "resource", "expected"), COVERS)
def test_covers(resources: tuple[str, ...], namespaces: tuple[str, ...], resource: str, expected: bool) -> None:
    kind, namespace, name = resource.split()
    key = ResourceKey("apps", kind, namespace.strip("-") if namespace == "-" else namespace, name)
    assert covers(waiver(resources=resources, namespaces=namespaces), key) is expected


@pytest.mark.parametrize("state", ["error", "not evaluable here", "pass"])
def test_only_violations_are_excepted(state: Any) -> None:
    key = ResourceKey("", "Pod", "shop", "web")
    one = Finding("policies", "no-host-namespaces", "r", state, "m", resource=key)
    assert not excepts(waiver(), one)


@pytest.mark.parametrize(("rule", "expected"), [("", True), ("r", True), ("other", False)])
def test_an_exception_may_be_from_one_rule(rule: str, expected: bool) -> None:
    one = Finding("policies", "no-host-namespaces", "r", "fail", "m", resource=ResourceKey("", "Pod", "shop", "web"))
    assert excepts(waiver(rule=rule, resources=("Pod/web",)), one) is expected
    assert not excepts(waiver(rule=rule, resources=("Pod/web",)), replace(one, policy="another"))
    assert not excepts(waiver(rule=rule, resources=("Pod/web",)), replace(one, resource=None))


STATES: list[tuple[Any, Any, Any]] = [
    # what is configured, what was found, what becomes of it (None: nothing is said)
    ("block", "warn", "fail"),
    ("block", "fail", "fail"),
    ("block", "error", "error"),
    ("block", "not evaluable here", "not evaluable here"),
    ("warn", "fail", "warn"),
    ("warn", "warn", "warn"),
    ("warn", "error", "warn"),  # as with Kyverno's Audit
    ("warn", "not evaluable here", "not evaluable here"),
    ("ignore", "fail", None),
    ("ignore", "error", None),
    ("ignore", "not evaluable here", None),
]


@pytest.mark.parametrize(("action", "state", "expected"), STATES)
def test_what_an_action_makes_of_a_finding(action: Any, state: Any, expected: Any) -> None:
    one = Finding("policies", "p", "r", state, "m")
    found = [each.state for each in adjusted([one], Adjustments(actions={"p": action}))]
    assert found == ([] if expected is None else [expected])
    assert [*adjusted([one], Adjustments(actions={"q": action, "p/s": action}))] == [one]


KEYS = [ResourceKey("", "Pod", "shop", "web"), ResourceKey("", "Pod", "shop", "api")]
VIOLATION = Finding("policies", "p", "r", "skip", "m", resource=KEYS[0], excepted="until …")


@pytest.mark.parametrize(
    ("given", "findings", "whole", "said"),
    [
        (waiver("p", resources=("Pod/web",)), [VIOLATION], True, ""),
        (waiver("p", resources=("Pod/web",)), [], False, "none of them violates it any more"),
        (waiver("p", resources=("Pod/web", "Pod/api")), [], False, "none of them violates it any more"),
        (waiver("p", resources=("Pod/web", "Pod/other")), [], False, ""),  # the other is perhaps not looked at
        (waiver("p", resources=("Pod/w*",)), [], False, ""),
        (waiver("p", resources=("Pod/w*",)), [], True, "none of them violates it any more"),
        (waiver("p", resources=("Pod/gone",)), [], False, ""),
        (waiver("p", resources=("Pod/gone",)), [], True, "nothing there is so called"),
        (waiver("p", namespaces=("shop",)), [], False, ""),
        (waiver("p", namespaces=("shop",)), [], True, "none of them violates it any more"),
        (waiver("p", until=date(2026, 1, 1), resources=("Pod/gone",)), [], True, ""),  # told as expired
        (waiver("p", resources=("Pod/web",)), [Finding("policies", "p", "r", "error", "m", resource=KEYS[0])], True, ""),
        (waiver("p", resources=("Pod/web",)), [Finding("policies", "q", "r", "fail", "m", resource=KEYS[0])], True, "violates"),
        (waiver("p", resources=("Pod/web",)), [Finding("policies", "template", "", "not evaluable here", "no engine")], True, ""),
        (waiver("p", resources=("Pod/web",)), [Finding("policies", "policies", "", "error", "did not run")], True, ""),
        (waiver("p", resources=("Pod/web",)), [Finding("manifests", "render", "", "error", "elsewhere")], True, "violates"),
    ],
)  # fmt: skip
def test_exceptions_that_are_not_needed(given: Waiver, findings: list[Finding], whole: bool, said: str) -> None:
    found = list(unneeded([given], findings, KEYS, whole=whole, day=Day(NOW.date(), "production")))
    assert [said in one.message for one in found] == ([True] if said else [])
    assert all((one.state, one.environment, one.field) == ("warn", "production", given.key) for one in found)


def test_the_words_about_exceptions() -> None:
    said = []
    for one in (
        waiver(until=date(2026, 11, 24)),
        waiver(until=date(2026, 11, 26)),
        waiver("run-as-non-root", until=date(2026, 1, 1), namespaces=("a", "b-*")),
    ):
        found = judged(with_adjustments(SECURITY, Adjustments(waivers=(one,))), pod(hostNetwork=True))
        said += [f"{each.message} → {each.how}" for each in found if each.title.startswith("An exception")]
    assert said == [
        "The exception from `no-host-namespaces` for `Pod/web` expired on 2026-11-24: what it excepted counts again. → Mend what it excepted, or move `until` of `policies[0].exceptions[0]` in .github/lockkeeper.yaml if there is a reason to.",
        "The exception from `no-host-namespaces` for `Pod/web` ends tomorrow, on 2026-11-26: then what it excepts counts again. → Mend what it excepts, or move `until` of `policies[0].exceptions[0]` in .github/lockkeeper.yaml.",
        "The exception from `run-as-non-root` for everything in `a`, `b-*` expired on 2026-01-01: nothing here needs it. → Remove `policies[0].exceptions[0]`.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("adjustments", "expected"),
    [
        (Adjustments(actions={"no-host-namespaces": "warn"}), {"no-host-namespaces": ("warn", "high"), "run-as-non-root": ("warn", "medium")}),
        (Adjustments(actions={"run-as-non-root": "block"}), {"no-host-namespaces": ("fail", "high"), "run-as-non-root": ("fail", "medium")}),
        (Adjustments(actions={"no-host-namespaces": "ignore"}), {"run-as-non-root": ("warn", "medium")}),
        (Adjustments(actions={"no-host-namespaces/no-host-namespaces": "ignore"}), {"run-as-non-root": ("warn", "medium")}),
        (
            Adjustments(actions={"no-host-namespaces": "ignore", "no-host-namespaces/no-host-namespaces": "warn"}),
            {"no-host-namespaces": ("warn", "high"), "run-as-non-root": ("warn", "medium")},
        ),
        (Adjustments({"run-as-non-root": "critical"}), {"no-host-namespaces": ("fail", "high"), "run-as-non-root": ("warn", "critical")}),
    ],
)  # fmt: skip
def test_severities_and_actions(adjustments: Adjustments, expected: dict[str, tuple[str, str]]) -> None:
    found = judged(with_adjustments(SECURITY, adjustments), pod(hostNetwork=True))
    assert {one.policy: (one.state, one.severity) for one in found} == expected


@pytest.mark.parametrize(
    ("adjustments", "key", "message", "advice"),
    [
        (Adjustments({"run-as-nonroot": "high"}, key="policies[1]"), "policies[1].severity.run-as-nonroot", "the pack `security` has no policy `run-as-nonroot`", "did you mean `run-as-non-root`?"),
        (Adjustments(actions={"run-as-non-root/x": "warn"}, key="policies[1]"), "policies[1].actions.run-as-non-root/x", "the pack `security` has no policy `run-as-non-root/x`", "did you mean `run-as-non-root`?"),
        (Adjustments(waivers=(waiver("run-as-root"),)), "policies[0].exceptions[0].policy", "the pack `security` has no policy `run-as-root`", "did you mean `run-as-non-root`?"),
        (Adjustments(waivers=(waiver("run-as-non-root", rule="nonroot", namespaces=("a",)),)), "policies[0].exceptions[0].rule", "the policy `run-as-non-root` has no rule `nonroot`", "did you mean `run-as-non-root`?"),
    ],
)  # fmt: skip
def test_names_that_the_pack_does_not_have(adjustments: Adjustments, key: str, message: str, advice: str) -> None:
    pack = with_adjustments(SECURITY, adjustments)
    (problem,) = pack.problems
    assert (problem.key, problem.message, problem.suggestion) == (key, message, advice)
    assert pack.adjustments.waivers == ()  # or it would be called needless as well
    (finding,) = (one for one in judged(pack, pod()) if one.policy == "security")
    assert finding.blocks


def test_a_policy_that_no_parameter_asks_for_may_be_named() -> None:
    """The same lines do for every environment, whatever its parameters are."""
    files = builtin_packs(default_directory())["gitops"]
    policy = "argocd-fixed-revision"
    adjustments = Adjustments({policy: "low"}, {f"{policy}/{policy}": "warn"}, (waiver(policy, rule=policy),))
    for parameters in ({}, {"production": True}):
        assert with_adjustments(load_pack("gitops", files, parameters), adjustments).problems == ()
    assert len(with_adjustments(load_pack("gitops", files, {}), Adjustments({f"{policy}s": "low"})).problems) == 1


def test_a_policy_that_is_ignored_may_be_broken() -> None:
    broken = b"{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: b}, spec: {rulez: []}}"
    pack = load_pack("mine", {"b.yaml": broken}, {})
    assert [one.state for one in evaluate_packs([pack], [])] == ["error"]
    ignoring = with_adjustments(pack, Adjustments(actions={"b": "ignore"}))
    assert evaluate_packs([ignoring], []) == ()
    assert len(evaluate_packs([with_adjustments(pack, Adjustments(actions={"c": "ignore"}))], [])) == 1
