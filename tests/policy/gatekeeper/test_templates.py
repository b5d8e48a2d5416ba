"""What of a template or a constraint would a cluster refuse, and with which words is it told?

Written from https://open-policy-agent.github.io/gatekeeper/website/docs/constrainttemplates/,
https://open-policy-agent.github.io/gatekeeper/website/docs/violations/ and
https://open-policy-agent.github.io/gatekeeper/website/docs/enforcement-points/.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bot.policy.gatekeeper.action import Action, compile_enforcement
from bot.policy.gatekeeper.rego import Program
from bot.policy.kyverno.shape import ShapeError
from tests.policy.gatekeeper.written import ALWAYS, coded, compiled, constraint, problems_of, template

CEL = {"engine": "K8sNativeValidation", "source": {"validations": [{"expression": "true", "message": "m"}]}}
REGO = {"engine": "Rego", "source": {"rego": ALWAYS}}
V1 = {"engine": "Rego", "source": {"version": "v1", "rego": 'package p\nviolation contains {"msg": "x"} if true'}}


def changed(**more: Any) -> dict[str, Any]:
    """A template with other fields at its top."""
    return {**template(), **more}


def with_spec(**more: Any) -> dict[str, Any]:
    """A template with other fields in its spec."""
    found = template()
    return {**found, "spec": {**found["spec"], **more}}


TEMPLATES = [
    ("a version that is none", changed(apiVersion="templates.gatekeeper.sh/v2"), "apiVersion"),
    ("not called like its kind", changed(metadata={"name": "other"}), "metadata.name"),
    ("no target", with_spec(targets=[]), "spec.targets"),
    ("two targets", with_spec(targets=template()["spec"]["targets"] * 2), "spec.targets"),
    ("another target", with_spec(targets=[{"target": "t", "rego": ALWAYS}]), "spec.targets[0].target"),
    ("no kind", with_spec(crd={"spec": {"names": {}}}), "spec.crd.spec.names.kind"),
    ("an unknown field", with_spec(target=[]), "spec.target"),
    ("no code", with_spec(targets=[{"target": "admission.k8s.gatekeeper.sh"}]), "spec.targets[0]"),
    ("no package", template("violation[{}] { true }"), "spec.targets[0].rego"),
    (
        "a version of Rego that is none",
        coded({**V1, "source": {**V1["source"], "version": "v3"}}),
        "spec.targets[0].code[0].source.version",
    ),
    (
        "CEL that does not parse",
        coded({**CEL, "source": {"validations": [{"expression": "1 +"}]}}),
        "spec.targets[0].code[0].source.validations[0].expression",
    ),
    (
        "CEL with an unknown field",
        coded({**CEL, "source": {"validation": []}}),
        "spec.targets[0].code[0].source.validation",
    ),
    ("CEL twice", coded(CEL, CEL), "spec.targets[0].code[1].engine"),
    (
        "a schema that is none",
        template(schema={"openAPIV3Schema": {"type": "objekt"}}),
        "spec.crd.spec.validation.openAPIV3Schema",
    ),
]


@pytest.mark.parametrize(("document", "key"), [one[1:] for one in TEMPLATES], ids=[one[0] for one in TEMPLATES])
def test_a_template_that_a_cluster_refuses(document: Mapping[str, Any], key: str) -> None:
    (problem,) = problems_of(document)
    assert (problem.state, problem.key, problem.source.path) == ("error", key, "0.yaml")


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha1"])
def test_versions(version: str) -> None:
    assert compiled(template(version=version)).templates[0].kind == "Always"


def test_engines() -> None:
    """CEL counts where there is both, as in a cluster."""
    assert compiled(coded(REGO)).templates[0].engine == "Rego"
    assert compiled(coded(CEL)).templates[0].engine == "K8sNativeValidation"
    assert compiled(coded(REGO, CEL)).templates[0].engine == "K8sNativeValidation"
    code = compiled(coded(V1)).templates[0].code
    assert isinstance(code, Program)
    assert code.v1
    (problem,) = problems_of(coded({"engine": "Wasm", "source": {}}))
    assert (problem.state, problem.message) == ("not evaluable here", "not evaluated: there is no engine here for Wasm")


def test_what_only_a_cluster_knows() -> None:
    rego = 'package p\nviolation[{"msg": "x"}] { http.send({"url": "http://x", "method": "get"}) }'
    first, second = problems_of(template(rego), constraint())
    assert (first.state, second.state) == ("not evaluable here", "not evaluable here")
    assert first.message == "not evaluated: it asks a server (`http.send`)"
    assert second.message == "not evaluated: the template for Always is not"


def test_templates_and_constraints_belong_together() -> None:
    (problem,) = problems_of(template(), constraint("Alway"))
    assert (problem.state, problem.suggestion) == ("error", "did you mean `Always`?")
    assert problem.message == "the template for Alway is not in this pack"
    (problem,) = problems_of(template(), template())
    assert problem.message == "there is another template for Always"


SCHEMA = {
    "openAPIV3Schema": {
        "type": "object",
        "required": ["labels"],
        "properties": {
            "labels": {
                "type": "array",
                "items": {"type": "object", "properties": {"key": {"type": "string"}, "allowed": {"type": "string"}}},
            },
            "message": {"type": "string", "default": "none", "nullable": True},
            "least": {"x-kubernetes-int-or-string": True},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            "named": {"type": "object", "additionalProperties": {"type": "integer"}},
            "below": {"type": "number", "maximum": 5, "exclusiveMaximum": True},
        },
    }
}
LABELS = [{"key": "a"}]

PARAMETERS: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("as it should be", {"labels": LABELS}, []),
    ("null where that is allowed", {"labels": LABELS, "message": None}, []),
    ("a number or a text", {"labels": LABELS, "least": "1Gi"}, []),
    ("unknown fields are kept here", {"labels": LABELS, "free": {"x": {"y": 1}}}, []),
    ("any names", {"labels": LABELS, "named": {"a": 1}}, []),
    ("missing", {}, [("spec.parameters", '"labels" is a required property')]),
    ("of another type", {"labels": "a"}, [("spec.parameters.labels", '"a" is not of type "array"')]),
    ("deep inside", {"labels": [{"key": 1}]}, [("spec.parameters.labels[0].key", '1 is not of type "string"')]),
    ("a list, as before v1", [{"labels": LABELS}], [("spec.parameters", "is not of type")]),
    ("a value of any name", {"labels": LABELS, "named": {"a": "b"}}, [("spec.parameters.named.a", "is not of type")]),
    ("neither number nor text", {"labels": LABELS, "least": []}, [("spec.parameters.least", "is not of type")]),
    ("the bound itself", {"labels": LABELS, "below": 5}, [("spec.parameters.below", "5 is")]),
    ("an unknown field", {"labels": LABELS, "label": 1}, [("spec.parameters.label", "has no field `label`")]),
    ("an unknown field inside", {"labels": [{"kye": "a"}]}, [("spec.parameters.labels[0].kye", "has no field `kye`")]),
]


@pytest.mark.parametrize(
    ("parameters", "expected"), [one[1:] for one in PARAMETERS], ids=[one[0] for one in PARAMETERS]
)
def test_parameters(parameters: Any, expected: list[tuple[str, str]]) -> None:
    found = problems_of(template(schema=SCHEMA), constraint(parameters=parameters))
    assert [(one.state, one.key) for one in found] == [("error", key) for key, _ in expected]
    assert all(words in one.message for one, (_, words) in zip(found, expected, strict=True))


def test_defaults_are_filled_in() -> None:
    (one,) = compiled(template(schema=SCHEMA), constraint(parameters={"labels": LABELS})).constraints
    assert one.parameters == {"labels": LABELS, "message": "none"}


def test_a_misspelt_field_has_advice() -> None:
    (problem,) = problems_of(template(schema=SCHEMA), constraint(parameters={"labels": LABELS, "massage": "x"}))
    assert problem.suggestion == "did you mean `message`?"


@pytest.mark.parametrize(
    ("version", "said", "kept"),
    [
        ("v1", {}, False),
        ("v1", {"legacySchema": True}, True),
        ("v1beta1", {}, True),
        ("v1beta1", {"legacySchema": False}, False),
    ],
)
def test_legacy_schemas_keep_every_field(version: str, said: Mapping[str, bool], kept: bool) -> None:
    schema = {**SCHEMA, **said}
    found = problems_of(template(schema=schema, version=version), constraint(parameters={"labels": LABELS, "label": 1}))
    assert (found == []) is kept


def scoped(*actions: tuple[str, str]) -> dict[str, Any]:
    """Scoped actions, each for one enforcement point."""
    entries = [{"action": action, "enforcementPoints": [{"name": point}]} for action, point in actions]
    return {"enforcementAction": "scoped", "scopedEnforcementActions": entries}


ACTIONS: list[tuple[str, Mapping[str, Any], Action | None]] = [
    ("deny is the default", {}, "deny"),
    ("deny", {"enforcementAction": "deny"}, "deny"),
    ("warn", {"enforcementAction": "warn"}, "warn"),
    ("dryrun", {"enforcementAction": "dryrun"}, "dryrun"),
    ("scopes are ignored unless asked for", {**scoped(("deny", "*")), "enforcementAction": "warn"}, "warn"),
    ("everywhere", scoped(("warn", "*")), "warn"),
    ("at admission", scoped(("deny", "validation.gatekeeper.sh")), "deny"),
    ("by an admission policy", scoped(("deny", "vap.k8s.io")), "deny"),
    (
        "deny in shift-left and warn at admission",
        scoped(("warn", "validation.gatekeeper.sh"), ("deny", "gator.gatekeeper.sh")),
        "deny",
    ),
    ("only audit", scoped(("deny", "audit.gatekeeper.sh")), "dryrun"),
    ("audit, and a warning", scoped(("deny", "audit.gatekeeper.sh"), ("warn", "validation.gatekeeper.sh")), "warn"),
    ("nowhere", {"enforcementAction": "scoped"}, None),
]


@pytest.mark.parametrize(("spec", "expected"), [one[1:] for one in ACTIONS], ids=[one[0] for one in ACTIONS])
def test_enforcement(spec: Mapping[str, Any], expected: Action | None) -> None:
    assert compile_enforcement(spec, "spec") == expected


WRONG = [
    ({"enforcementAction": "Deny"}, "spec.enforcementAction"),
    (scoped(("block", "*")), "spec.scopedEnforcementActions[0].action"),
    (scoped(("deny", "webhook")), "spec.scopedEnforcementActions[0].enforcementPoints[0].name"),
]


@pytest.mark.parametrize(("spec", "key"), WRONG)
def test_an_action_that_a_cluster_refuses(spec: Mapping[str, Any], key: str) -> None:
    with pytest.raises(ShapeError) as caught:
        compile_enforcement(spec, "spec")
    assert caught.value.key == key


def test_a_constraint_that_is_enforced_nowhere_is_told() -> None:
    (problem,) = problems_of(template(), constraint(enforcementAction="scoped"))
    assert problem.message == "no enforcement point is named, so the constraint is never enforced"


CONSTRAINTS = [
    ("no name", {**constraint(), "metadata": {}}, "metadata.name"),
    ("a misspelt field", constraint(parameter={}), "spec.parameter"),
    ("a match that is none", constraint(match={"kind": []}), "spec.match.kind"),
]


@pytest.mark.parametrize(("document", "key"), [one[1:] for one in CONSTRAINTS], ids=[one[0] for one in CONSTRAINTS])
def test_a_constraint_that_a_cluster_refuses(document: Mapping[str, Any], key: str) -> None:
    (problem,) = problems_of(template(), document)
    assert (problem.state, problem.key, problem.source.path) == ("error", key, "1.yaml")
