"""What do ValidatingPolicy, ValidatingAdmissionPolicy and validate.cel, as they are written, say of resources?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy.cel import CelError, Outcome, World, engine
from bot.policy.cel.context_file import is_context, world_of
from bot.policy.cel.native import compile_native
from bot.policy.cel.plural import plural
from bot.policy.cel.policies import compile_cel_policies
from bot.policy.kyverno import compile_policy, evaluate
from bot.policy.kyverno.cel import HERE
from bot.policy.kyverno.policy import CompiledPolicy
from bot.policy.kyverno.subject import subject_of
from bot.policy.packs import load_pack
from bot.policy.problem import PolicyProblem, PolicySource

VALIDATING = """
apiVersion: policies.kyverno.io/v1alpha1
kind: ValidatingPolicy
metadata:
  name: tags
  annotations: {policies.kyverno.io/title: Tags, policies.kyverno.io/severity: high}
spec:
  validationActions: [Deny]
  matchConstraints:
    resourceRules:
    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}
  variables:
  - {name: all, expression: "object.spec.containers + object.spec.?initContainers.orValue([])"}
  validations:
  - expression: variables.all.all(one, one.image.contains(':'))
    messageExpression: "'no tag in ' + object.metadata.name"
"""

ADMISSION = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
  validations:
  - {expression: object.spec.replicas <= 3, message: at most three}
"""

BINDING = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: in-shops}
spec: {policyName: replicas, validationActions: [Warn]}
"""

EVERY = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}

Document = dict[str, Any]


def document(text: str, **spec: Any) -> Document:
    found: Document = yaml.safe_load(text)
    found["spec"] |= spec
    return found


def compiled(*documents: Document, world: World = HERE) -> tuple[list[CompiledPolicy], list[PolicyProblem]]:
    return compile_cel_policies([(PolicySource(f"{at}.yaml"), one) for at, one in enumerate(documents)], world)


def policies(*documents: Document) -> list[CompiledPolicy]:
    found, problems = compiled(*documents)
    assert not problems, problems
    return found


def problem(*several: Document) -> PolicyProblem:
    found, problems = compiled(*several)
    assert not found
    (only,) = problems
    return only


def pod(image: str = "nginx", **metadata: Any) -> Resource:
    return Resource({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", **metadata}, "spec": spec(image)})


def spec(image: str) -> Document:
    return {"containers": [{"name": "c", "image": image}]}


def workload(kind: str, image: str = "nginx", replicas: int = 1, version: str = "apps/v1") -> Resource:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": spec(image)}
    below: Document = {"replicas": replicas, "template": template}
    if kind == "CronJob":
        below = {"jobTemplate": {"spec": {"template": template}}}
    return Resource({"apiVersion": version, "kind": kind, "metadata": {"name": "w"}, "spec": below})


def states(found: list[CompiledPolicy], *resources: Resource, **more: Any) -> list[str]:
    return [one.state for one in findings(found, *resources, **more)]


def findings(
    found: list[CompiledPolicy],
    *resources: Resource,
    namespaces: Mapping[str, Mapping[str, str]] | None = None,
    **more: Any,
) -> tuple[Finding, ...]:
    known = {"default": {}} if namespaces is None else namespaces
    return evaluate(found, resources, namespaces=known, include_passes=True, **more)


class TestValidatingPolicy:
    def test_a_violation(self) -> None:
        (one,) = findings(policies(document(VALIDATING)), pod())
        assert (one.policy, one.title, one.severity, one.state) == ("tags", "Tags", "high", "fail")
        assert one.message == "no tag in p."
        assert states(policies(document(VALIDATING)), pod("nginx:1")) == ["pass"]

    @pytest.mark.parametrize(("action", "state"), [("Deny", "fail"), ("Audit", "warn"), ("Warn", "warn")])
    def test_actions(self, action: str, state: str) -> None:
        assert states(policies(document(VALIDATING, validationActions=[action])), pod()) == [state]

    def test_controllers_of_pods(self) -> None:
        found = policies(document(VALIDATING))
        made = [workload(kind) for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")]
        made += [workload(kind, version="batch/v1") for kind in ("Job", "CronJob")]
        assert states(found, *made) == ["fail"] * 6
        assert findings(found, made[-1])[0].message == "no tag in w."

    @pytest.mark.parametrize(
        "more",
        [
            {"autogen": {"podControllers": {"controllers": []}}},
            {"matchConstraints": {"resourceRules": [EVERY | {"apiGroups": [""]}]}},
            {
                "matchConstraints": {
                    "objectSelector": {"matchLabels": {"a": "b"}},
                    "resourceRules": [{**EVERY, "resources": ["pods"]}],
                }
            },
        ],
        ids=["turned off", "not about pods alone", "selects by label"],
    )
    def test_no_controllers(self, more: Document) -> None:
        assert states(policies(document(VALIDATING, **more)), workload("Deployment")) == []

    def test_some_controllers(self) -> None:
        found = policies(document(VALIDATING, autogen={"podControllers": {"controllers": ["jobs"]}}))
        assert states(found, workload("Deployment"), workload("Job", version="batch/v1")) == ["fail"]

    def test_conditions(self) -> None:
        conditions = [{"name": "not mine", "expression": "object.metadata.?labels.?mine.orValue('') != 'yes'"}]
        found = policies(document(VALIDATING, matchConditions=conditions))
        assert states(found, pod(), pod(labels={"mine": "yes"})) == ["fail", "skip"]

    def test_what_breaks_is_an_error(self) -> None:
        validations = [{"expression": "object.nowhere == 1"}]
        (one,) = findings(policies(document(VALIDATING, validations=validations)), pod())
        assert one.state == "error"
        assert "`object.nowhere == 1` breaks" in one.message

    def test_a_namespaced_one_stays_at_home(self) -> None:
        one = document(VALIDATING) | {"kind": "NamespacedValidatingPolicy"}
        one["metadata"]["namespace"] = "shop"
        assert states(policies(one), pod(), pod(namespace="shop")) == ["fail"]

    def test_exceptions(self) -> None:
        exception = {
            "apiVersion": "policies.kyverno.io/v1alpha1",
            "kind": "PolicyException",
            "metadata": {"name": "old"},
            "spec": {
                "policyRefs": [{"name": "tags", "kind": "ValidatingPolicy"}],
                "matchConditions": [{"name": "old", "expression": "object.metadata.name == 'old'"}],
            },
        }
        resources = (pod(), pod(name="old"))
        broken, lifted = findings(policies(document(VALIDATING), exception), *resources)
        assert (broken.state, broken.message, lifted.state) == ("fail", "no tag in p.", "skip")
        exception["spec"]["images"] = ["nginx"]  # type: ignore[index]
        assert states(policies(document(VALIDATING), exception), *resources) == ["fail", "not evaluable here"]
        exception["spec"]["policyRefs"] = [{"name": "other"}]  # type: ignore[index]
        assert states(policies(document(VALIDATING), exception), *resources) == ["fail", "fail"]


class TestBroken:
    @pytest.mark.parametrize(
        ("more", "key", "words"),
        [
            ({"validatons": []}, "spec.validatons", "unknown field"),
            ({"validations": []}, "spec", "no expressions"),
            ({"validations": [{"expression": "1 +"}]}, "spec.validations[0].expression", "Syntax error"),
            ({"validations": [{"message": "x"}]}, "spec.validations[0].expression", "expected a CEL expression"),
            ({"validations": "x"}, "spec.validations", "a list of maps"),
            ({"variables": [{"expression": "1"}]}, "spec.variables[0].name", "needs a name"),
            ({"validationActions": ["Block"]}, "spec.validationActions", "no validation action"),
            ({"matchConstraints": {}}, "spec.matchConstraints.resourceRules", "matches nothing"),
            (
                {"matchConstraints": {"resourceRules": [EVERY | {"apiVersions": []}]}},
                "spec.matchConstraints.resourceRules[0].apiVersions",
                "names nothing",
            ),
            (
                {"matchConstraints": {"resourceRules": [EVERY | {"operations": ["CREATED"]}]}},
                "spec.matchConstraints.resourceRules[0].operations",
                "`CREATED` is no operation",
            ),
            (
                {"matchConstraints": {"resourceRules": [EVERY | {"resources": ["Deployment"]}]}},
                "spec.matchConstraints.resourceRules[0].resources",
                "`Deployment` is no resource",
            ),
            (
                {"matchConstraints": {"resourceRules": [EVERY], "matchPolicy": "Equal"}},
                "spec.matchConstraints.matchPolicy",
                "no match policy",
            ),
            (
                {"matchConstraints": {"resourceRules": [{"resource": ["pods"]}]}},
                "spec.matchConstraints.resourceRules[0].resource",
                "unknown field",
            ),
        ],
    )
    def test_it_is_a_problem_with_a_place(self, more: Document, key: str, words: str) -> None:
        found = problem(document(VALIDATING, **more))
        assert (found.policy, found.key, found.state, words in found.message) == ("tags", key, "error", True), found

    def test_json_mode_judges_no_manifests(self) -> None:
        assert problem(document(VALIDATING, evaluation={"mode": "JSON"})).state == "not evaluable here"

    def test_without_the_engine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(engine, "cel", None)
        _, (told,) = compiled(document(VALIDATING), world=World())
        assert (told.state, "not installed" in told.message) == ("not evaluable here", True)


class TestConstraints:
    @pytest.mark.parametrize(
        ("rule", "kinds"),
        [
            ({}, ["Deployment", "Pod"]),
            ({"apiGroups": ["apps"]}, ["Deployment"]),
            ({"resources": ["pods", "services"]}, ["Pod"]),
            ({"resources": ["pods/exec"]}, []),
            ({"resources": ["pods/*"]}, ["Pod"]),
            ({"resources": ["*/*"]}, ["Deployment", "Pod"]),
            ({"operations": ["UPDATE", "DELETE"]}, []),
            ({"operations": ["UPDATE", "CREATE"]}, ["Deployment", "Pod"]),
            ({"resourceNames": ["p"]}, ["Pod"]),
            ({"scope": "Cluster"}, []),
            ({"scope": "Namespaced"}, ["Deployment", "Pod"]),
        ],
    )
    def test_rules(self, rule: Document, kinds: list[str]) -> None:
        one = document(
            ADMISSION, matchConstraints={"resourceRules": [EVERY | rule]}, validations=[{"expression": "false"}]
        )
        found = findings(policies(one), workload("Deployment"), pod())
        assert [each.resource.kind for each in found if each.resource] == kinds

    @pytest.mark.parametrize(
        ("versions", "policy", "expected"),
        [
            (["v1beta1"], None, ["not evaluable here"]),
            (["v1beta1"], "Equivalent", ["not evaluable here"]),
            (["v1beta1"], "Exact", []),
            (["v1beta1", "v1"], None, ["fail"]),
        ],
    )
    def test_another_version_of_a_kind(self, versions: list[str], policy: str | None, expected: list[str]) -> None:
        """An API server converts an object to the version that a rule names, so a rule for `autoscaling/v1` judges
        what is written as `autoscaling/v2`; it was passed over."""
        rule = EVERY | {"apiGroups": ["apps"], "apiVersions": versions}
        match = {"resourceRules": [rule]} | ({"matchPolicy": policy} if policy else {})
        one = document(ADMISSION, matchConstraints=match, validations=[{"expression": "false"}])
        found = findings(policies(one), workload("Deployment"), pod())
        assert [each.state for each in found] == expected
        assert all("only a cluster converts" in each.message for each in found if each.state != "fail")

    def test_another_version_that_is_excluded(self) -> None:
        """Nobody here knows whether it is."""
        match = {"resourceRules": [EVERY], "excludeResourceRules": [EVERY | {"apiVersions": ["v1beta1"]}]}
        one = document(ADMISSION, matchConstraints=match, validations=[{"expression": "false"}])
        assert states(policies(one), pod()) == ["not evaluable here"]

    def test_what_is_excluded(self) -> None:
        none = {**EVERY, "apiGroups": [""], "resources": ["pods"]}
        match = {"resourceRules": [EVERY], "excludeResourceRules": [none]}
        one = document(ADMISSION, matchConstraints=match, validations=[{"expression": "false"}])
        assert states(policies(one), workload("Deployment"), pod()) == ["fail"]

    def test_labels(self) -> None:
        match = {"resourceRules": [EVERY], "namespaceSelector": {"matchLabels": {"env": "prod"}}}
        found = policies(document(ADMISSION, matchConstraints=match, validations=[{"expression": "false"}]))
        assert states(found, pod(), namespaces={"default": {"env": "prod"}}) == ["fail"]
        assert states(found, pod(), namespaces={"default": {"env": "dev"}}) == []
        assert states(found, pod(), namespaces={}) == ["not evaluable here"]
        role = Resource({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}})
        assert states(found, role, namespaces={}) == ["fail"]

    @pytest.mark.parametrize(
        ("kind", "name"),
        [
            ("Pod", "pods"),
            ("Ingress", "ingresses"),
            ("NetworkPolicy", "networkpolicies"),
            ("Gateway", "gateways"),
            ("Endpoints", "endpoints"),
            ("StorageClass", "storageclasses"),
        ],
    )
    def test_names_of_resources(self, kind: str, name: str) -> None:
        assert plural(kind) == name


class TestAdmissionPolicy:
    def test_without_a_binding(self) -> None:
        found = policies(document(ADMISSION))
        assert states(found, workload("Deployment", replicas=4), workload("Deployment")) == ["fail", "pass"]

    def test_with_a_binding(self) -> None:
        found = policies(document(ADMISSION), document(BINDING))
        (one,) = findings(found, workload("Deployment", replicas=4))
        assert (one.rule, one.state, one.message) == ("in-shops", "warn", "at most three.")

    def test_a_binding_limits(self) -> None:
        limits = {"namespaceSelector": {"matchLabels": {"shop": "yes"}}}
        found = policies(document(ADMISSION), document(BINDING, matchResources=limits))
        many = workload("Deployment", replicas=4)
        assert states(found, many, namespaces={"default": {"shop": "yes"}}) == ["warn"]
        assert states(found, many, namespaces={"default": {}}) == []

    def test_a_broken_binding_is_told_by_its_name(self) -> None:
        """The place is that of the policy, where nobody would look for it."""
        told = problem(document(ADMISSION), document(BINDING, validationActions=["Block"]))
        assert (told.key, "its binding `in-shops` is broken: `Block`" in told.message) == (
            "spec.validationActions",
            True,
        )

    def test_policies_are_not_judged(self) -> None:
        found = policies(document(ADMISSION, matchConstraints={"resourceRules": [EVERY]}))
        assert states(found, Resource(document(ADMISSION)), Resource(document(BINDING)), pod()) == ["fail"]

    def test_a_binding_to_nothing(self) -> None:
        told = problem(document(BINDING))
        assert (told.state, told.policy, told.key) == ("not evaluable here", "in-shops", "spec.policyName")

    def test_what_breaks_denies(self) -> None:
        found = policies(document(ADMISSION, validations=[{"expression": "object.nowhere == 1"}]))
        assert states(found, workload("Deployment")) == ["fail"]
        found = policies(
            document(ADMISSION, validations=[{"expression": "object.nowhere == 1"}], failurePolicy="Ignore")
        )
        assert states(found, workload("Deployment")) == ["error"]

    def test_parameters(self) -> None:
        params: Document = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "limits"},
            "data": {"most": "3"},
        }
        taking = document(
            ADMISSION,
            paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
            validations=[{"expression": "object.spec.replicas <= int(params.data.most)"}],
        )
        bound = document(BINDING, paramRef={"name": "limits", "namespace": "shop"}, validationActions=["Deny"])
        made = (workload("Deployment", replicas=4), workload("Deployment", replicas=3))
        assert states(policies(taking, bound, params), *made) == ["fail", "pass"]
        (one, _) = findings(policies(taking, bound), *made)
        assert (one.state, "parameters (ConfigMap limits)" in one.message) == ("not evaluable here", True)
        elsewhere = params | {"metadata": {"name": "limits", "namespace": "other"}}
        assert states(policies(taking, bound, elsewhere), made[0]) == ["not evaluable here"]


class TestClusterPolicy:
    @staticmethod
    def rule(**more: Any) -> list[CompiledPolicy]:
        cel = {"expressions": [{"expression": "object.spec.containers.all(one, one.image.contains(':'))"}]}
        rule = {
            "name": "tags",
            "match": {"any": [{"resources": {"kinds": ["Pod"]}}]},
            "validate": {"failureAction": "Enforce", "message": "no tag", "cel": more.pop("cel", cel)},
            **more.pop("rule", {}),
        }
        found = compile_policy(
            {
                "apiVersion": "kyverno.io/v1",
                "kind": "ClusterPolicy",
                "metadata": {"name": "tags"},
                "spec": {"rules": [rule], **more},
            }
        )
        assert isinstance(found, CompiledPolicy), found
        return [found]

    def test_pods_and_their_controllers(self) -> None:
        found = self.rule()
        made = (pod(), pod("a:1"), workload("Deployment"), workload("CronJob", "a:1", version="batch/v1"))
        assert states(found, *made) == ["fail", "pass", "fail", "pass"]
        assert findings(found, pod())[0].message == "no tag."

    def test_preconditions(self) -> None:
        conditions = [{"name": "new", "expression": "request.operation == 'UPDATE'"}]
        assert states(self.rule(rule={"celPreconditions": conditions}), pod()) == ["skip"]

    def test_what_breaks_fails(self) -> None:
        broken = {"expressions": [{"expression": "object.spec.nowhere == 1"}]}
        assert states(self.rule(cel=broken), pod()) == ["fail"]
        assert states(self.rule(cel=broken, failurePolicy="Ignore"), pod()) == ["error"]

    def test_a_broken_block(self) -> None:
        with pytest.raises(AssertionError, match=r"spec\.rules\[0\]\.validate\.cel\.expresions"):
            self.rule(cel={"expresions": []})


def test_a_pack_holds_them_all() -> None:
    texts = (VALIDATING, ADMISSION, BINDING, "apiVersion: policies.kyverno.io/v1\nkind: ImageValidatingPolicy")
    pack = load_pack("mine", {f"{at}.yaml": text.encode() for at, text in enumerate(texts)}, {})
    assert [one.name for one in pack.policies] == ["tags", "replicas"]
    assert [one.state for one in pack.problems] == ["not evaluable here"]


class TestContextFile:
    def test_it_stands_for_the_cluster(self) -> None:
        config = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "tags", "namespace": "a"},
            "data": {"any": "yes"},
        }
        context = {
            "apiVersion": "cli.kyverno.io/v1alpha1",
            "kind": "Context",
            "spec": {"resources": [config], "images": [{"image": "nginx", "config": {"user": "root"}}]},
        }
        assert is_context(context)
        expression = "resource.Get('v1', 'configmaps', 'a', 'tags').data.any == 'yes'"
        asks = document(VALIDATING, validations=[{"expression": expression}], variables=[])
        found, _ = compiled(asks, world=world_of(context))
        assert states(found, pod()) == ["pass"]
        expression = "image.GetMetadata(object.spec.containers[0].image).config.user != 'root'"
        asks = document(VALIDATING, validations=[{"expression": expression}], variables=[])
        found, _ = compiled(asks, world=world_of(context))
        assert states(found, pod(), pod("other")) == ["fail", "error"]
        assert states(policies(asks), pod()) == ["not evaluable here"]


class TestNative:
    def test_parameters_and_object(self) -> None:
        source = {
            "variables": [{"name": "most", "expression": "variables.params.most"}],
            "validations": [
                {
                    "expression": "variables.anyObject.spec.replicas <= variables.most",
                    "messageExpression": "'over ' + string(variables.most)",
                }
            ],
        }
        rule = compile_native(source, "spec.targets[0].code[0].source")
        seen = subject_of(workload("Deployment", replicas=4), {"default": {}})
        assert rule.judge(seen, {"most": 3}) == Outcome("fail", "over 3")
        assert rule.judge(seen, {"most": 4}).state == "pass"

    def test_an_unknown_field(self) -> None:
        with pytest.raises(CelError) as broken:
            compile_native({"rego": "x"}, "spec.source")
        assert broken.value.key == "spec.source.rego"
