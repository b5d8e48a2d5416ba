"""Are Kyverno's test files read as Kyverno's command line reads them, and does no row pass by default?

The format: https://kyverno.io/docs/kyverno-cli/reference/kyverno_test/.
"""

# ruff: noqa: E501 - a rule of a policy is one line
from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
import yaml

from bot.policy.builtin import default_directory
from bot.policy.testing import ELSEWHERE, MISSING, NO_RESPONSE, Row, is_test, run_test, tally
from tests.policy.conformance import run_tree
from tests.policy.controls import CONTROLS, broken_engine

TEST = "rules/test/kyverno-test.yaml"

POLICY = """
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: labelled}
spec:
  rules:
    - name: team
      match: {any: [{resources: {kinds: [Pod]}}]}
      validate: {message: name a team, pattern: {metadata: {labels: {team: "?*"}}}}
"""
PODS = """
apiVersion: v1
kind: Pod
metadata: {name: good, labels: {team: shop}}
---
apiVersion: v1
kind: Pod
metadata: {name: bad}
---
apiVersion: v1
kind: Service
metadata: {name: good}
"""


def rows(results: Any, policy: str = POLICY, resources: str = PODS, **more: Any) -> tuple[Row, ...]:
    """Run one test; `files` are further ones, whatever else is given stands in the test."""
    files: dict[str, str] = more.pop("files", {})
    test = {
        "apiVersion": "cli.kyverno.io/v1alpha1",
        "kind": "Test",
        "policies": ["../policy.yaml"],
        "resources": ["resources.yaml"],
        "results": results,
        **more,
    }
    written = {
        TEST: yaml.safe_dump(test),
        "rules/policy.yaml": policy,
        "rules/test/resources.yaml": resources,
        **{f"rules/test/{name}": text for name, text in files.items()},
    }
    known = {path: text.encode() for path, text in written.items()}
    return run_test(TEST, known, datetime(2026, 11, 25, tzinfo=UTC))


def actual(*given: Any, **more: Any) -> list[str]:
    return [row.actual for row in rows(*given, **more)]


def entry(name: str = "bad", result: str = "fail", **more: Any) -> dict[str, Any]:
    return {"policy": "labelled", "rule": "team", "kind": "Pod", "resources": [name], "result": result, **more}


def spec(name: str, **more: Any) -> dict[str, Any]:
    return {"resources": [], "resourceSpecs": [{"version": "v1", "kind": "Pod", "name": name, **more}]}


ROWS: list[tuple[str, dict[str, Any], str, bool]] = [
    ("fails as expected", entry(), "fail", True),
    ("passes as expected", entry("good", "pass"), "pass", True),
    ("fails and should not", entry("bad", "pass"), "fail", False),
    ("passes and should not", entry("good", "fail"), "pass", False),
    ("does not apply: skip", entry("good", "skip", kind="Service"), NO_RESPONSE, True),
    ("does not apply: not a pass", entry("good", "pass", kind="Service"), NO_RESPONSE, False),
    ("does not apply: not a failure", entry("good", "fail", kind="Service"), NO_RESPONSE, False),
    ("a pass is no skip", entry("good", "skip"), "pass", False),
    ("no such resource", entry("none"), MISSING, False),
    ("no such resource is no skip", entry("none", "skip"), MISSING, False),
    ("no such policy", entry(policy="other"), MISSING, False),
    ("no such rule", entry(rule="other"), NO_RESPONSE, False),
    ("a rule that is derived", entry(rule="autogen-team"), "fail", True),
    ("a namespace and a name", entry("default/bad"), "fail", True),
    ("another namespace", entry("prod/bad"), MISSING, False),
    ("every part of a resource", entry("v1,Pod,default,bad"), "fail", True),
    ("another version of it", entry("v2,Pod,default,bad"), MISSING, False),
    ("a specification", entry(**spec("bad")), "fail", True),
    ("a specification of another group", entry(**spec("bad", group="apps")), MISSING, False),
    ("deprecated: status", {**entry(), "result": None, "status": "fail"}, "fail", True),
    ("deprecated: resource", {**entry(), "resources": None, "resource": "bad"}, "fail", True),
    ("deprecated: namespace", {**entry(), "namespace": "default"}, "fail", True),
    ("no result is expected", {**entry(), "result": None}, "fail", False),
]


@pytest.mark.parametrize(("given", "state", "equal"), [one[1:] for one in ROWS], ids=[one[0] for one in ROWS])
def test_one_row(given: dict[str, Any], state: str, equal: bool) -> None:
    (row,) = rows([given])
    assert (row.actual, row.equal) == (state, equal), row.why


def test_a_row_for_each_resource() -> None:
    found = rows([{**entry(), "resources": ["good", "bad"]}])
    assert [(row.resource, row.actual) for row in found] == [("Pod good", "pass"), ("Pod bad", "fail")]


def test_without_a_kind_all_of_the_name_are_meant() -> None:
    """The Pod passes and the Service is none of the rule's: the row is equal to neither."""
    (row,) = rows([{**entry("good", "pass"), "kind": None}])
    assert (row.actual, row.equal) == (NO_RESPONSE, False)


def test_without_names_those_are_meant_that_the_policy_answers_to() -> None:
    only = {**entry(), "kind": None, "resources": None}
    assert [row.equal for row in rows([only], resources=PODS.replace("team: shop", "crew: shop"))] == [True]
    assert [row.equal for row in rows([only])] == [False]


def test_of_a_resource_that_is_there_twice_the_first_counts() -> None:
    twice = "apiVersion: v1\nkind: Pod\nmetadata: {name: bad, namespace: default, labels: {team: x}}\n---" + PODS
    assert actual([entry()], resources=twice) == ["pass"]


def test_fields_below_spec() -> None:
    test = {"kind": "Test", "apiVersion": "cli.kyverno.io/v1alpha1"}
    spec = {"policies": ["p.yaml"], "resources": ["r.yaml"], "results": [entry()]}
    files = {"t.yaml": yaml.safe_dump({**test, "spec": spec}), "p.yaml": POLICY, "r.yaml": PODS}
    (row,) = run_test("t.yaml", {path: text.encode() for path, text in files.items()})
    assert row.equal


def test_lists_and_directories() -> None:
    inside = yaml.safe_dump({"kind": "List", "apiVersion": "v1", "items": list(yaml.safe_load_all(PODS))})
    assert actual([entry()], resources=inside) == ["fail"]
    (row,) = rows_of_files(["all", "there.yaml"], "far")
    assert row.actual == "fail"


def rows_of_files(resources: list[str], name: str = "bad") -> tuple[Row, ...]:
    test = {"kind": "Test", "policies": ["../policy.yaml"], "resources": resources, "results": [entry(name)]}
    files = {
        TEST: yaml.safe_dump(test),
        "rules/policy.yaml": POLICY,
        "rules/test/there.yaml": PODS,
        "rules/test/all/one.yaml": PODS.replace("bad", "far"),
    }
    return run_test(TEST, {**{path: text.encode() for path, text in files.items()}, "rules/test/broken.yaml": b"{"})


def test_a_file_that_is_not_there_makes_rows_not_evaluable() -> None:
    """Nobody knows what stands in it: such a row is neither equal nor different."""
    (row,) = rows_of_files(["../none.yaml", "../neither.yaml"])
    assert (row.actual, row.equal, row.different) == (ELSEWHERE, False, False)
    assert row.why == "the test's file ../none.yaml is not there (and 1 more)"
    (found,) = rows_of_files(["../none.yaml", "there.yaml"])
    assert found.actual == "fail"


def test_a_broken_file_makes_rows_differ() -> None:
    (row,) = rows_of_files(["broken.yaml"])
    assert (row.actual, row.different) == (MISSING, True)
    assert "broken.yaml cannot be read: line " in row.why


def test_a_broken_policy_is_an_error() -> None:
    (row,) = rows([entry()], policy=POLICY.replace("pattern", "patern"))
    assert (row.actual, row.different) == ("error", True)
    assert "did you mean `pattern`?" in row.why


def test_an_auditing_policy_fails_and_an_unscored_one_warns() -> None:
    audits = POLICY.replace("spec:", "spec:\n  validationFailureAction: Audit")
    assert actual([entry()], policy=audits) == ["fail"]
    unscored = POLICY.replace("name: labelled", 'name: labelled, annotations: {policies.kyverno.io/scored: "false"}')
    assert [row.equal for row in rows([entry(), entry(result="warn")], policy=unscored)] == [False, True]


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"apiVersion": "cli.kyverno.io/v1alpha1", "kind": "Test"}, True),
        ({"kind": "Test", "policies": [], "results": []}, True),
        ({"name": "old", "policies": [], "resources": [], "results": []}, True),
        ({"apiVersion": "chainsaw.kyverno.io/v1alpha1", "kind": "Test", "policies": [], "results": []}, False),
        ({"apiVersion": "test.gatekeeper.sh/v1alpha1", "kind": "Suite"}, False),
        ({"apiVersion": "cli.kyverno.io/v1alpha1", "kind": "Values", "policies": []}, False),
        ({"kind": "Values", "policies": [], "results": []}, False),
        ({"results": []}, False),
    ],
)
def test_what_is_a_test(document: dict[str, Any], found: bool) -> None:
    assert is_test(document) is found


def test_what_is_no_test_has_no_rows() -> None:
    assert run_test("a.yaml", {"a.yaml": PODS.encode()}) == ()
    assert run_test("a.yaml", {"a.yaml": b"{"}) == ()
    assert run_test("a.yaml", {}) == ()


RULES = """
apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: labelled}
spec:
  rules:
    - name: team
      match: {any: [{resources: {kinds: [Pod]}}]}
"""
DENY = (
    RULES
    + """\
      context:
        - {name: allowed, configMap: {name: teams, namespace: ops}}
      validate:
        deny: {conditions: {any: [{key: "{{ request.object.metadata.labels.team || '' }}", operator: AnyNotIn, value: "{{ allowed.data.teams }}"}]}}
"""
)


def values(**of: Any) -> dict[str, Any]:
    document = yaml.safe_dump({"apiVersion": "cli.kyverno.io/v1alpha1", "kind": "Values", **of})
    return {"variables": "values.yaml", "files": {"values.yaml": document}}


def for_policy(**of: Any) -> list[dict[str, Any]]:
    return [{"name": "labelled", **of}]


class TestValues:
    """What only a cluster knows is not evaluable, until the test says it."""

    teams: ClassVar[dict[str, Any]] = {"values": {"allowed.data.teams": '["shop", "web"]'}}
    none: ClassVar[dict[str, Any]] = {"values": {"allowed.data.teams": '["other"]'}}

    def test_without_values(self) -> None:
        (row,) = rows([entry("good", "pass")], policy=DENY)
        assert (row.actual, row.equal, row.different) == (ELSEWHERE, False, False)
        assert "ConfigMap of the context entry `allowed`" in row.why

    @pytest.mark.parametrize(
        ("of", "good"),
        [
            ({"policies": for_policy(rules=[{"name": "team", **teams}])}, "pass"),
            ({"policies": for_policy(rules=[{"name": "team", **none}])}, "fail"),
            ({"policies": for_policy(resources=[{"name": "good", **teams}])}, "pass"),
            ({"globalValues": teams["values"]}, "pass"),
            ({"spec": {"globalValues": teams["values"]}}, "pass"),
            ({"policies": for_policy(rules=[{"name": "other", **teams}])}, ELSEWHERE),
            ({"policies": [{"name": "other", "rules": [{"name": "team", **teams}]}]}, ELSEWHERE),
            ({"policies": for_policy(resources=[{"name": "bad", **teams}])}, ELSEWHERE),
            ({"globalValues": none["values"], "policies": for_policy(resources=[{"name": "good", **teams}])}, "pass"),
            (
                {
                    "policies": for_policy(
                        resources=[{"name": "good", **none}],
                        rules=[{"name": "team", **teams}],
                    )
                },
                "pass",
            ),
            (
                {"policies": for_policy(rules=[{"name": "team", "foreachValues": {"allowed.data.teams": [["shop"]]}}])},
                "pass",
            ),
            (
                {
                    "policies": for_policy(
                        rules=[{"name": "team", "foreachValues": [{"allowed.data.teams": [["shop"], ["shop"]]}]}]
                    )
                },
                "pass",
            ),
            (
                {
                    "policies": for_policy(
                        rules=[{"name": "team", "foreachValues": {"allowed.data.teams": [["a"], ["b"]]}}]
                    )
                },
                ELSEWHERE,
            ),
        ],
    )
    def test_where_they_stand(self, of: dict[str, Any], good: str) -> None:
        assert actual([entry("good", "pass")], policy=DENY, **values(**of)) == [good]

    def test_values_within_the_test(self) -> None:
        assert actual([entry("good", "pass")], policy=DENY, values={"globalValues": self.teams["values"]}) == ["pass"]

    def test_the_operation(self) -> None:
        policy = (
            RULES
            + "      validate: {deny: {conditions: {any: [{key: '{{ request.operation }}', operator: Equals, value: UPDATE}]}}}\n"
        )
        updates = values(policies=for_policy(resources=[{"name": "bad", "values": {"request.operation": "UPDATE"}}]))
        assert actual([{**entry(), "resources": ["good", "bad"]}], policy=policy, **updates) == ["pass", "fail"]

    def test_the_operation_of_a_result(self) -> None:
        policy = RULES.replace("kinds: [Pod]", "kinds: [Pod], operations: [DELETE]") + "      validate: {deny: {}}\n"
        found = actual([entry(operation="DELETE"), entry(), entry(operation="UPDATE")], policy=policy)
        assert found == ["fail", NO_RESPONSE, NO_RESPONSE]

    def test_labels_of_namespaces(self) -> None:
        policy = POLICY.replace("kinds: [Pod]", "kinds: [Pod], namespaceSelector: {matchLabels: {tier: web}}")
        assert actual([entry()], policy=policy) == [NO_RESPONSE]
        labels = {"name": "default", "labels": {"tier": "web"}}
        assert actual([entry()], policy=policy, **values(namespaceSelector=[labels])) == ["fail"]
        namespace = {"metadata": {"name": "default", "labels": {"tier": "web"}}}
        assert actual([entry()], policy=policy, **values(namespaces=[namespace])) == ["fail"]
        assert actual([entry()], policy=policy, namespaceSelector=[labels]) == ["fail"]


USER = """
apiVersion: cli.kyverno.io/v1alpha1
kind: UserInfo
clusterRoles: [cluster-admin]
roles: ["shop:editor"]
userInfo: {username: "system:serviceaccount:ci:deployer", groups: [ci]}
"""


@pytest.mark.parametrize(
    ("match", "state"),
    [
        ("clusterRoles: [cluster-admin]", "fail"),
        ("clusterRoles: [view]", NO_RESPONSE),
        ("roles: ['shop:*']", "fail"),
        ("subjects: [{kind: ServiceAccount, name: deployer, namespace: ci}]", "fail"),
        ("subjects: [{kind: User, name: ann}]", NO_RESPONSE),
        ("subjects: [{kind: Group, name: ci}]", "fail"),
    ],
)
def test_who_makes_the_request(match: str, state: str) -> None:
    policy = POLICY.replace("{resources: {kinds: [Pod]}}", f"{{resources: {{kinds: [Pod]}}, {match}}}")
    assert actual([entry()], policy=policy, userinfo="user.yaml", files={"user.yaml": USER}) == [state]


def test_the_service_account_of_who_makes_it() -> None:
    policy = (
        RULES
        + "      validate: {deny: {conditions: {any: [{key: '{{ serviceAccountName }}', operator: Equals, value: deployer}]}}}\n"
    )
    assert actual([entry()], policy=policy) == [ELSEWHERE]
    assert actual([entry()], policy=policy, userinfo="user.yaml", files={"user.yaml": USER}) == ["fail"]


def test_exceptions() -> None:
    lifts = """
apiVersion: kyverno.io/v2
kind: PolicyException
metadata: {name: let}
spec:
  exceptions: [{policyName: labelled, ruleNames: [team]}]
  match: {any: [{resources: {kinds: [Pod], names: [bad]}}]}
"""
    (row,) = rows([entry(result="skip")], exceptions=["lifts.yaml"], files={"lifts.yaml": lifts})
    assert (row.actual, row.equal) == ("skip", True)


VALIDATING = """
apiVersion: policies.kyverno.io/v1alpha1
kind: ValidatingPolicy
metadata: {name: labelled}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [''], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
  validations: [{message: name a team, expression: "'team' in object.metadata.?labels.orValue({})"}]
"""


def test_a_validating_policy_has_no_rules_to_name() -> None:
    """Entries of the public library name a `rule` of a ValidatingPolicy, which has none: the name means nothing."""
    found = rows([entry(isValidatingPolicy=True), entry("good", "pass")], policy=VALIDATING)
    assert [(row.kind, row.actual, row.equal) for row in found] == [
        ("ValidatingPolicy", "fail", True),
        ("ValidatingPolicy", "pass", True),
    ]


def test_two_policies_of_one_name() -> None:
    both = f"{POLICY}---\n{VALIDATING}".replace("'team'", "'crew'")
    found = rows([entry("good", "fail", isValidatingPolicy=True), entry("good", "pass")], policy=both)
    assert [(row.kind, row.actual) for row in found] == [("ValidatingPolicy", "fail"), ("pattern", "pass")]


def test_an_exception_to_a_validating_policy() -> None:
    lifts = """
apiVersion: policies.kyverno.io/v1alpha1
kind: PolicyException
metadata: {name: let}
spec:
  policyRefs: [{name: labelled, kind: ValidatingPolicy}]
  matchConditions: [{name: this, expression: "object.metadata.name == 'bad'"}]
"""
    assert actual(
        [entry(result="skip")], policy=VALIDATING, exceptions=["lifts.yaml"], files={"lifts.yaml": lifts}
    ) == ["skip"]


def test_the_context_of_a_validating_policy() -> None:
    policy = VALIDATING.replace(
        "'team' in object.metadata.?labels.orValue({})",
        "resource.Get('v1', 'configmaps', 'ops', 'teams').data.allowed == 'shop'",
    )
    context = {
        "apiVersion": "cli.kyverno.io/v1alpha1",
        "kind": "Context",
        "spec": {
            "resources": [
                {
                    "apiVersion": "v1",
                    "kind": "ConfigMap",
                    "metadata": {"name": "teams", "namespace": "ops"},
                    "data": {"allowed": "shop"},
                }
            ]
        },
    }
    assert actual([entry("good", "pass")], policy=policy) == [ELSEWHERE]
    files = {"context.yaml": yaml.safe_dump(context)}
    assert actual([entry("good", "pass")], policy=policy, context="context.yaml", files=files) == ["pass"]


ADMISSION = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: labelled}
spec:
  paramKind: {apiVersion: v1, kind: ConfigMap}
  matchConstraints:
    resourceRules: [{apiGroups: [''], apiVersions: [v1], resources: [pods], operations: [CREATE]}]
  validations: [{expression: "has(object.metadata.labels) && object.metadata.labels.team == params.data.team"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: everywhere}
spec: {policyName: labelled, validationActions: [Deny], paramRef: {name: teams, parameterNotFoundAction: Deny}}
"""


def test_an_admission_policy_with_parameters() -> None:
    wanted = [entry("good", "pass", isValidatingAdmissionPolicy=True), entry(isValidatingAdmissionPolicy=True)]
    assert actual(wanted, policy=ADMISSION) == [ELSEWHERE, ELSEWHERE]
    params = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: teams}\ndata: {team: shop}\n"
    found = rows(wanted, policy=ADMISSION, paramResources=["params.yaml"], files={"params.yaml": params})
    assert [(row.kind, row.actual) for row in found] == [
        ("ValidatingAdmissionPolicy", "pass"),
        ("ValidatingAdmissionPolicy", "fail"),
    ]


MUTATE = "mutate: {patchStrategicMerge: {metadata: {labels: {a: b}}}}"
OTHERS = [
    ("mutate", RULES + f"      {MUTATE}\n"),
    ("generate", RULES + "      generate: {kind: ConfigMap, name: x, namespace: y, data: {}}\n"),
    ("verifyImages", RULES + "      verifyImages: [{imageReferences: ['*'], attestors: []}]\n"),
    ("MutatingPolicy", VALIDATING.replace("ValidatingPolicy", "MutatingPolicy")),
    ("GeneratingPolicy", VALIDATING.replace("ValidatingPolicy", "GeneratingPolicy")),
    ("DeletingPolicy", VALIDATING.replace("ValidatingPolicy", "DeletingPolicy")),
    ("ImageValidatingPolicy", VALIDATING.replace("ValidatingPolicy", "ImageValidatingPolicy")),
    ("MutatingPolicy", VALIDATING.replace("ValidatingPolicy", "NamespacedMutatingPolicy")),
    ("CleanupPolicy", VALIDATING.replace("policies.kyverno.io/v1alpha1", "kyverno.io/v2").replace("Validating", "Cleanup")),
    ("ValidatingPolicy", VALIDATING.replace("spec:", "spec:\n  evaluation: {mode: JSON}")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "policy"), OTHERS, ids=[one[0] for one in OTHERS])
@pytest.mark.parametrize("result", ["pass", "fail"])
def test_what_judges_no_manifests_is_not_evaluable(kind: str, policy: str, result: str) -> None:
    (row,) = rows([entry(result=result)], policy=policy)
    assert (row.kind, row.actual, row.equal, row.different) == (kind, ELSEWHERE, False, False)


def test_checks_and_payloads_are_not_evaluable() -> None:
    assert actual([], checks=[{"match": {}, "assert": {"status": "pass"}}]) == [ELSEWHERE]
    assert actual([entry("payload.json")], jsonPayload="payload.json") == [ELSEWHERE]


def test_the_time_is_given() -> None:
    policy = (
        RULES
        + "      validate: {deny: {conditions: {any: [{key: \"{{ time_before(time_now_utc(), '2027-01-01T00:00:00Z') }}\", operator: Equals, value: true}]}}}\n"
    )
    assert actual([entry()], policy=policy) == ["fail"]


JUNK: list[Any] = [None, 5, True, "", "a/b/c,d,E,f", [], {}, [None], [5], [[]], {"name": 5}, [{"name": None}]]
FIELDS = [
    "policies",
    "results",
    "variables",
    "userinfo",
    "exceptions",
    "context",
    "values",
    "checks",
    "paramResources",
    "jsonPayload",
    "clusterResources",
]
WITHIN = [
    "policy",
    "rule",
    "kind",
    "resources",
    "result",
    "resourceSpecs",
    "resource",
    "namespace",
    "isValidatingPolicy",
]


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_nothing_that_stands_in_a_test_breaks_it(junk: Any) -> None:
    for field in FIELDS:
        rows(**{"results": [entry()], field: junk})
    rows_of_files(junk)
    for field in WITHIN:
        rows([{**entry(), field: junk}])
    for field in ("globalValues", "policies", "namespaceSelector", "namespaces"):
        rows([entry()], **values(**{field: junk}))
    for field in ("resources", "rules"):
        rows([entry()], **values(policies=for_policy(**{field: junk})))
    for field in ("userInfo", "roles", "clusterRoles"):
        user = yaml.safe_dump({"kind": "UserInfo", field: junk})
        rows([entry()], userinfo="user.yaml", files={"user.yaml": user})


def test_rows_are_counted_by_kind() -> None:
    found = tally(rows([entry(), entry("good"), entry("none", "skip"), entry(policy="gone")]))
    assert str(found.total) == "1 of 4 rows equal, 0 not evaluable here"
    assert {kind: (one.rows, one.equal, one.different) for kind, one in found.by_kind.items()} == {
        "pattern": (3, 1, 2),
        "unknown": (1, 0, 1),
    }
    assert [row.resource for row in found.different] == ["Pod good", "Pod none", "Pod bad"]


@pytest.mark.parametrize("control", CONTROLS)
def test_an_engine_that_is_wrong_loses_rows_of_the_packs(control: str) -> None:
    """By the hundred: the packs' own tests tell an engine from one that does nothing."""
    with broken_engine(control):
        found = tally(run_tree(default_directory()))
    assert found.total.different >= 100, found.total


def test_the_packs_give_what_their_tests_expect() -> None:
    found = tally(run_tree(default_directory()))
    assert found.different == ()
    assert found.total.equal >= 500
    assert found.not_evaluable == ()
