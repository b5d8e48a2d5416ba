"""Which resources a rule applies to: match, exclude, autogen, failure actions.

Rows come from the Kyverno documentation ("Selecting resources", "Auto-Gen Rules", "Failure action") and the
behaviour of `pkg/engine/utils/match.go`, `pkg/utils/kube/kind.go` and `pkg/autogen/v1`.
"""

# ruff: noqa: E501 - a row of a table is one line
from __future__ import annotations

from typing import Any

import pytest
import yaml

from bot.model.manifest import Resource
from bot.policy.kyverno import CompiledPolicy, compile_policy, evaluate
from bot.policy.kyverno.autogen import derive_rules
from bot.policy.kyverno.kinds import KindSelector, compile_kinds, parse_api_version, parse_kind_selector


def resource(api_version: str = "v1", kind: str = "Pod", **metadata: Any) -> Resource:
    return Resource({"apiVersion": api_version, "kind": kind, "metadata": {"name": "web", **metadata}})


def policy(rule: str, *, spec: str = "{}", kind: str = "ClusterPolicy", **metadata: Any) -> dict[str, Any]:
    """A policy with one rule that nothing fulfils, so that applying shows."""
    validate = {"message": "no", "pattern": {"never": "there"}}
    return {
        "apiVersion": "kyverno.io/v1",
        "kind": kind,
        "metadata": {"name": "p", **metadata},
        "spec": {
            **yaml.safe_load(spec),
            "rules": [{"name": "r", "validate": validate, **yaml.safe_load(rule)}],
        },
    }


def states(document: dict[str, Any], *resources: Resource, **options: Any) -> list[str]:
    compiled = compile_policy(document)
    assert isinstance(compiled, CompiledPolicy), compiled
    return [finding.state for finding in evaluate([compiled], resources, **options)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Pod", KindSelector("*", "*", "Pod", "")),
        ("*", KindSelector("*", "*", "*", "")),
        ("v1/Pod", KindSelector("*", "v1", "Pod", "")),
        ("v1beta1/CronJob", KindSelector("*", "v1beta1", "CronJob", "")),
        ("*/Pod", KindSelector("*", "*", "Pod", "")),
        ("apps/v1/Deployment", KindSelector("apps", "v1", "Deployment", "")),
        ("*/*", KindSelector("*", "*", "*", "*")),
        ("Pod/exec", KindSelector("*", "*", "Pod", "exec")),
        ("Pod.status", KindSelector("*", "*", "Pod", "status")),
        ("*/scale", KindSelector("*", "*", "*", "scale")),
        ("v1/Pod/exec", KindSelector("*", "v1", "Pod", "exec")),
        ("apps/v1/Deployment/scale", KindSelector("apps", "v1", "Deployment", "scale")),
        ("networking.k8s.io/v1/Ingress", KindSelector("networking.k8s.io", "v1", "Ingress", "")),
        ("a/b/c/d/e", None),
    ],
)
def test_kind_selector(text: str, expected: KindSelector | None) -> None:
    assert parse_kind_selector(text) == expected


@pytest.mark.parametrize(
    ("selector", "api_version", "kind", "expected"),
    [
        ("Pod", "v1", "Pod", True),
        ("Pod", "v1", "Pods", False),
        ("*", "apps/v1", "Deployment", True),
        ("apps/v1/Deployment", "apps/v1", "Deployment", True),
        ("apps/v1/Deployment", "apps/v1beta2", "Deployment", False),
        ("apps/v1*/Deployment", "apps/v1beta2", "Deployment", True),
        ("apps/*/Deployment", "extensions/v1beta1", "Deployment", False),
        ("*/*/Deployment", "apps/v1", "Deployment", False),  # read as version, kind, subresource
        ("*apps/*/*Set", "apps/v1", "StatefulSet", True),
        ("Pod/exec", "v1", "Pod", False),
        ("*/*", "v1", "Pod", True),
        ("v1/Pod", "v1", "Pod", True),
        ("v2/Pod", "v1", "Pod", False),
    ],
)
def test_kind(selector: str, api_version: str, kind: str, expected: bool) -> None:
    parsed = parse_kind_selector(selector)
    assert parsed is not None
    assert compile_kinds([parsed])(parse_api_version(api_version, kind)) is expected


APPLIES: list[tuple[str, str, Resource, bool]] = [
    ("kinds", "{match: {any: [{resources: {kinds: [Pod]}}]}}", resource(), True),
    ("another kind", "{match: {any: [{resources: {kinds: [Service]}}]}}", resource(), False),
    ("old style", "{match: {resources: {kinds: [Pod]}}}", resource(), True),
    ("any of two", "{match: {any: [{resources: {kinds: [Service]}}, {resources: {kinds: [Pod]}}]}}", resource(), True),
    ("all of two", "{match: {all: [{resources: {kinds: [Pod]}}, {resources: {names: [web*]}}]}}", resource(), True),
    ("not all of two", "{match: {all: [{resources: {kinds: [Pod]}}, {resources: {names: [db*]}}]}}", resource(), False),
    ("name", "{match: {any: [{resources: {kinds: [Pod], name: 'w?b'}}]}}", resource(), True),
    ("generated name", "{match: {any: [{resources: {names: [job-*]}}]}}", resource(name="", generateName="job-"), True),
    ("namespace", "{match: {any: [{resources: {namespaces: [pro*]}}]}}", resource(namespace="prod"), True),
    ("another namespace", "{match: {any: [{resources: {namespaces: [pro*]}}]}}", resource(namespace="dev"), False),
    ("no namespace is default", "{match: {any: [{resources: {namespaces: [default]}}]}}", resource(), True),
    ("cluster-scoped has none", "{match: {any: [{resources: {namespaces: [default]}}]}}", resource(kind="Node"), False),
    ("a Namespace by its name", "{match: {any: [{resources: {namespaces: [web]}}]}}", resource(kind="Namespace"), True),
    ("labels", "{match: {any: [{resources: {selector: {matchLabels: {a: b}}}}]}}", resource(labels={"a": "b"}), True),
    ("label wildcards", "{match: {any: [{resources: {selector: {matchLabels: {'a*': '?'}}}}]}}", resource(labels={"ab": "c"}), True),
    ("label absent", "{match: {any: [{resources: {selector: {matchLabels: {a: '*'}}}}]}}", resource(), False),
    ("In", "{match: {any: [{resources: {selector: {matchExpressions: [{key: a, operator: In, values: [b]}]}}}]}}", resource(labels={"a": "b"}), True),
    ("NotIn, absent", "{match: {any: [{resources: {selector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}}}]}}", resource(), True),
    ("Exists", "{match: {any: [{resources: {selector: {matchExpressions: [{key: a, operator: Exists}]}}}]}}", resource(), False),
    ("DoesNotExist", "{match: {any: [{resources: {selector: {matchExpressions: [{key: a, operator: DoesNotExist}]}}}]}}", resource(), True),
    ("annotations", "{match: {any: [{resources: {annotations: {a/*: 'y*'}}}]}}", resource(annotations={"a/b": "yes"}), True),
    ("annotations differ", "{match: {any: [{resources: {annotations: {a/*: 'y*'}}}]}}", resource(annotations={"a/b": "no"}), False),
    ("operation", "{match: {any: [{resources: {kinds: [Pod], operations: [CREATE]}}]}}", resource(), True),
    ("another operation", "{match: {any: [{resources: {kinds: [Pod], operations: [DELETE]}}]}}", resource(), False),
    ("users are ignored in match", "{match: {any: [{resources: {kinds: [Pod]}, clusterRoles: [admin]}]}}", resource(), True),
    ("users are ignored in a filter of their own", "{match: {all: [{resources: {kinds: [Pod]}}, {clusterRoles: [admin]}]}}", resource(), True),
    ("all but users must fit", "{match: {all: [{resources: {kinds: [Service]}}, {clusterRoles: [admin]}]}}", resource(), False),
    ("users alone match nothing", "{match: {any: [{resources: {kinds: [Service]}}, {clusterRoles: [admin]}]}}", resource(), False),
    ("excluded", "{match: {any: [{resources: {kinds: [Pod]}}]}, exclude: {any: [{resources: {names: [web]}}]}}", resource(), False),
    ("not excluded", "{match: {any: [{resources: {kinds: [Pod]}}]}, exclude: {any: [{resources: {names: [db]}}]}}", resource(), True),
    ("exclude all, one differs", "{match: {any: [{resources: {kinds: [Pod]}}]}, exclude: {all: [{resources: {names: [web]}}, {resources: {namespaces: [x]}}]}}", resource(), True),
    ("exclude all", "{match: {any: [{resources: {kinds: [Pod]}}]}, exclude: {all: [{resources: {names: [web]}}, {resources: {namespaces: [default]}}]}}", resource(), False),
    ("users never exclude", "{match: {any: [{resources: {kinds: [Pod]}}]}, exclude: {any: [{resources: {names: [web]}, subjects: [{kind: User, name: x}]}]}}", resource(), True),
    ("empty exclude", "{match: {any: [{resources: {kinds: [Pod]}}]}, exclude: {any: [{}]}}", resource(), True),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "given", "applies"), [row[1:] for row in APPLIES], ids=[row[0] for row in APPLIES])
def test_rule_applies(rule: str, given: Resource, applies: bool) -> None:
    assert bool(states(policy(rule), given)) is applies


def test_update_rules_apply_to_updates() -> None:
    rule = "{match: {any: [{resources: {kinds: [Pod], operations: [UPDATE]}}]}}"
    assert states(policy(rule), resource(), operation="UPDATE") == ["warn"]
    assert states(policy(rule), resource()) == []


def test_namespaced_policy_stays_in_its_namespace() -> None:
    rule = "{match: {any: [{resources: {kinds: [Pod]}}]}}"
    document = policy(rule, kind="Policy", namespace="a")
    assert states(document, resource(namespace="a"), resource(namespace="b")) == ["warn"]


class TestNamespaceSelector:
    rule = "{match: {any: [{resources: {kinds: [Pod], namespaceSelector: {matchLabels: {tier: prod}}}}]}}"

    def test_labels_given(self) -> None:
        labels = {"a": {"tier": "prod"}, "b": {"tier": "dev"}}
        found = states(policy(self.rule), resource(namespace="a"), resource(namespace="b"), namespaces=labels)
        assert found == ["warn"]

    def test_labels_of_a_rendered_namespace(self) -> None:
        namespace = resource(kind="Namespace", name="a", labels={"tier": "prod"})
        assert states(policy(self.rule), namespace, resource(namespace="a")) == ["warn"]

    def test_unknown_labels_are_never_a_pass(self) -> None:
        found = states(policy(self.rule), resource(namespace="a"), include_passes=True)
        assert found == ["not evaluable here"]

    def test_unknown_labels_do_not_matter_where_the_kind_differs(self) -> None:
        assert states(policy(self.rule), resource(kind="Service", namespace="a")) == []


ACTIONS: list[tuple[str, str, str, str]] = [
    ("nothing said", "{}", "{}", "warn"),
    ("audit", "{validationFailureAction: Audit}", "{}", "warn"),
    ("enforce", "{validationFailureAction: Enforce}", "{}", "fail"),
    ("enforce, old spelling", "{validationFailureAction: enforce}", "{}", "fail"),
    ("the rule wins", "{validationFailureAction: Enforce}", "{failureAction: Audit}", "warn"),
    ("override", "{validationFailureActionOverrides: [{action: Enforce, namespaces: [pro*]}]}", "{}", "fail"),
    ("override elsewhere", "{validationFailureActionOverrides: [{action: Enforce, namespaces: [dev]}]}", "{}", "warn"),
    ("override of the rule", "{}", "{failureActionOverrides: [{action: Enforce, namespaces: [prod]}]}", "fail"),
    ("override by labels", "{validationFailureActionOverrides: [{action: Enforce, namespaceSelector: {matchLabels: {t: p}}}]}", "{}", "fail"),
    ("first override counts", "{validationFailureActionOverrides: [{action: Audit, namespaces: [prod]}, {action: Enforce, namespaces: ['*']}]}", "{}", "warn"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "validate", "state"), [row[1:] for row in ACTIONS], ids=[row[0] for row in ACTIONS])
def test_failure_action(spec: str, validate: str, state: str) -> None:
    document = policy("{match: {any: [{resources: {kinds: [Pod]}}]}}", spec=spec)
    document["spec"]["rules"][0]["validate"] |= yaml.safe_load(validate)
    assert states(document, resource(namespace="prod"), namespaces={"prod": {"t": "p"}}) == [state]


CONTROLLERS = ["DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"]
PODS = "{match: {any: [{resources: {kinds: [Pod]}}]}}"


def derived(document: dict[str, Any]) -> list[str]:
    """Name and kinds of the rules autogen adds."""
    return [
        f"{one.document['name']}: " + " ".join(one.document["match"]["any"][0]["resources"]["kinds"])
        for one in derive_rules(document)
    ]


def test_autogen_covers_every_controller() -> None:
    names, cron = derived(policy(PODS))
    assert sorted(kind.rpartition("/")[2] for kind in names.split()[1:]) == CONTROLLERS
    assert names.startswith("autogen-r: ")
    assert cron == "autogen-cronjob-r: batch/*/CronJob"


def test_autogen_moves_the_pattern_down() -> None:
    plain, cron = derive_rules(policy(PODS))
    assert plain.document["validate"]["pattern"] == {"spec": {"template": {"never": "there"}}}
    assert cron.document["validate"]["pattern"] == {"spec": {"jobTemplate": {"spec": {"template": {"never": "there"}}}}}


def test_autogen_moves_variables_down() -> None:
    document = policy(PODS)
    document["spec"]["rules"][0]["validate"]["message"] = "{{ request.object.spec.x }} {{ request.object.metadata.y }}"
    plain, cron = derive_rules(document)
    assert plain.document["validate"]["message"] == (
        "{{ request.object.spec.template.spec.x }} {{ request.object.spec.template.metadata.y }}"
    )
    assert "spec.jobTemplate.spec.template.spec.x" in cron.document["validate"]["message"]


@pytest.mark.parametrize(
    ("rule", "annotation", "expected"),
    [
        (PODS, "none", 0),
        (PODS, "Deployment", 1),
        (PODS, "Deployment, CronJob", 2),
        (PODS, "CronJob", 1),
        (PODS, "", 2),
        ("{match: {any: [{resources: {kinds: [Pod], name: web}}]}}", None, 0),
        ("{match: {any: [{resources: {kinds: [Pod], names: [web]}}]}}", None, 0),
        ("{match: {any: [{resources: {kinds: [Pod], selector: {matchLabels: {a: b}}}}]}}", None, 0),
        ("{match: {any: [{resources: {kinds: [Pod], annotations: {a: b}}}]}}", None, 0),
        ("{match: {any: [{resources: {kinds: [Pod, Deployment]}}]}}", None, 0),
        ("{match: {any: [{resources: {kinds: [Deployment]}}]}}", None, 0),
        ("{match: {any: [{resources: {kinds: [Service]}}]}}", None, 0),
        ("{match: {any: [{resources: {kinds: [Pod], namespaces: [a]}}]}}", None, 2),
        (
            "{match: {any: [{resources: {kinds: [Pod]}}]}, exclude: {any: [{resources: {names: [x]}}]}}",
            None,
            0,
        ),
        (
            "{match: {any: [{resources: {kinds: [Pod]}}]}, exclude: {any: [{resources: {kinds: [Job]}}]}}",
            None,
            0,
        ),
        (
            "{match: {any: [{resources: {kinds: [Pod]}}]}, exclude: {any: [{resources: {namespaces: [x]}}]}}",
            None,
            2,
        ),
    ],
)
def test_autogen_is_turned_off(rule: str, annotation: str | None, expected: int) -> None:
    annotations = {} if annotation is None else {"pod-policies.kyverno.io/autogen-controllers": annotation}
    assert len(derived(policy(rule, annotations=annotations))) == expected


def test_autogen_keeps_names_short() -> None:
    document = policy(PODS)
    document["spec"]["rules"][0]["name"] = "r" * 63
    assert [len(one.document["name"]) for one in derive_rules(document)] == [63, 63]


def test_a_derived_rule_is_told_under_the_name_people_wrote() -> None:
    compiled = compile_policy(policy(PODS))
    assert isinstance(compiled, CompiledPolicy)
    (finding,) = evaluate([compiled], [resource("apps/v1", "Deployment")])
    assert (finding.rule, finding.field) == ("r", "spec")


USER = {"request.userInfo": {"username": "system:serviceaccount:ci:bot", "groups": ["devs", "system:authenticated"]}}
ROLES = {"request.roles": ["shop:editor"], "request.clusterRoles": ["view"]}


@pytest.mark.parametrize(
    ("users", "given", "applies", "spared"),
    [
        ("subjects: [{kind: User, name: x}]", {}, True, False),  # unknown: ignored in match, never fitting in exclude
        ("roles: [shop:editor]", {}, True, False),
        ("subjects: [{kind: User, name: 'system:serviceaccount:*'}]", USER, True, True),
        ("subjects: [{kind: User, name: jane}]", USER, False, False),
        ("subjects: [{kind: Group, name: 'dev?'}]", USER, True, True),
        ("subjects: [{kind: Group, name: admins}]", USER, False, False),
        ("subjects: [{kind: ServiceAccount, name: bot, namespace: ci}]", USER, True, True),
        ("subjects: [{kind: ServiceAccount, name: bot, namespace: cd}]", USER, False, False),
        ("subjects: [{kind: User, name: jane}, {kind: Group, name: devs}]", USER, True, True),
        ("roles: ['shop:*']", ROLES, True, True),
        ("clusterRoles: [cluster-admin]", ROLES, False, False),
        ("clusterRoles: [view], roles: [shop:editor]", ROLES, True, True),
        ("clusterRoles: [view], roles: [other]", ROLES, False, False),
        ("clusterRoles: [view], subjects: [{kind: User, name: jane}]", {**USER, **ROLES}, False, False),
    ],
)
def test_users(users: str, given: dict[str, object], applies: bool, spared: bool) -> None:
    """https://kyverno.io/docs/policy-types/cluster-policy/match-exclude/ ("Match Roles and Cluster Roles")."""
    matched = policy(f"{{match: {{any: [{{resources: {{kinds: [Pod]}}, {users}}}]}}}}")
    excluded = policy(f"{{match: {{any: [{{resources: {{kinds: [Pod]}}}}]}}, exclude: {{any: [{{{users}}}]}}}}")
    assert bool(states(matched, resource(), values=lambda *_: given)) is applies
    assert (states(excluded, resource(), values=lambda *_: given) == []) is spared


def test_an_unknown_kind_of_subject_breaks_the_policy() -> None:
    found = compile_policy(policy("{match: {any: [{subjects: [{kind: Robot, name: x}]}]}}"))
    assert not isinstance(found, CompiledPolicy)
    assert found[0].key.endswith("subjects.kind")


def test_what_is_deleted_fits_any_pattern() -> None:
    matched = policy("{match: {any: [{resources: {kinds: [Pod], operations: [DELETE]}}]}}")
    options = {"values": lambda *_: {"request.operation": "DELETE"}, "include_passes": True}
    assert states(matched, resource(), **options) == ["skip"]
    assert states(matched, resource()) == []
