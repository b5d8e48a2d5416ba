"""Do suites come out as gator says?

Written from https://open-policy-agent.github.io/gatekeeper/website/docs/gator/ ("The gator verify subcommand").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from bot.adapters.rego import WalledRego
from bot.policy.gatekeeper import NO_REGO, Rego
from bot.policy.gatekeeper.suite import run_suite
from bot.policy.testing import Row
from tests.policy.gatekeeper.test_evaluate import DEPLOYMENT, EXPANSION, IMMUTABLE, PODS, REPOS, UNIQUE, ingress
from tests.policy.gatekeeper.written import constraint, pod, rule, template

PARAMETERS = {"parameters": {"repo": "reg.example/"}}


def run(
    rego: Rego,
    *,
    assertions: Any = ({"violations": "yes"},),
    documents: Mapping[str, Any] | None = None,
    case: Mapping[str, Any] | None = None,
    test: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> tuple[Row, ...]:
    """Run a suite of one test with one case about a Pod with a foreign image."""
    found: dict[str, Any] = {
        "t/template.yaml": template(REPOS, kind="Repos"),
        "t/samples/constraint.yaml": constraint("Repos", "ours", **PARAMETERS),
        "t/samples/object.yaml": dict(pod().body),
        **(documents or {}),
    }
    cases = [{"name": "a-case", "object": "samples/object.yaml", "assertions": list(assertions), **(case or {})}]
    tests = [
        {
            "name": "a-test",
            "template": "template.yaml",
            "constraint": "samples/constraint.yaml",
            "cases": cases,
            **(test or {}),
        }
    ]
    suite = {"kind": "Suite", "apiVersion": "test.gatekeeper.sh/v1alpha1", "tests": tests}
    files = {path: yaml.safe_dump(content).encode() for path, content in found.items()}
    return run_suite("t/suite.yaml", {**files, "t/suite.yaml": yaml.safe_dump(suite).encode()}, rego, now)


ASSERTIONS = [
    ("violations by default", [{}], "some violations", "some violations"),
    ("yes", [{"violations": "yes"}], "some violations", "some violations"),
    ("yes, as YAML 1.1 reads it", [{"violations": True}], "some violations", "some violations"),
    ("no", [{"violations": "no"}], "0 violations", "1 violation"),
    ("no, as YAML 1.1 reads it", [{"violations": False}], "0 violations", "1 violation"),
    ("a count", [{"violations": 1}], "1 violation", "1 violation"),
    ("another count", [{"violations": 2}], "2 violations", "1 violation"),
    ("a message", [{"message": "comes from"}], 'some of "comes from"', 'some of "comes from"'),
    ("a regular expression", [{"message": "^nginx.*elsewhere$"}], 'some of "^nginx.*elsewhere$"', None),
    ("another message", [{"message": "Comes"}], 'some of "Comes"', '0 of "Comes"'),
    ("an empty message", [{"message": "", "violations": 1}], "1 violation", "1 violation"),
    (
        "several",
        [{"violations": 1}, {"violations": "no", "message": "foobar"}],
        '1 violation; 0 of "foobar"',
        '1 violation; 0 of "foobar"',
    ),
    (
        "one of them does not hold",
        [{"violations": 1}, {"violations": 2, "message": "nginx"}],
        '1 violation; 2 of "nginx"',
        '1 violation; 1 of "nginx"',
    ),
]


@pytest.mark.parametrize(
    ("assertions", "expected", "actual"), [one[1:] for one in ASSERTIONS], ids=[one[0] for one in ASSERTIONS]
)
def test_assertions(rego: WalledRego, assertions: Sequence[Any], expected: str, actual: str | None) -> None:
    (row,) = run(rego, assertions=assertions)
    actual = expected if actual is None else actual
    assert (row.test, row.policy, row.rule, row.kind, row.resource) == (
        "t/suite.yaml",
        "ours",
        "a-test",
        "Rego",
        "a-case",
    )
    assert (row.expected, row.actual, row.equal) == (expected, actual, expected == actual)
    assert row.equal or row.why == "said: nginx:1 comes from elsewhere"


WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("no assertions", {"assertions": []}, "error", "the case asserts nothing"),
    ("a count that is none", {"assertions": [{"violations": -1}]}, "error", "none of yes, no and a count"),
    ("a word that is none", {"assertions": [{"violations": "maybe"}]}, "error", "none of yes, no and a count"),
    ("no regular expression", {"assertions": [{"message": "("}]}, "error", "no regular expression"),
    ("no object", {"case": {"object": "samples/gone.yaml"}}, "missing", "t/samples/gone.yaml holds 0 objects"),
    ("no template", {"test": {"template": "gone.yaml"}}, "missing", "no template at gone.yaml"),
    ("no constraint", {"test": {"constraint": ""}}, "missing", "the test names no constraint"),
    (
        "a template that is broken",
        {"documents": {"t/template.yaml": template("package p\nviolation[{}] {", kind="Repos")}},
        "error",
        "expecting",
    ),
    (
        "a constraint of another template",
        {"documents": {"t/samples/constraint.yaml": constraint("Other")}},
        "error",
        "the template for Other is not in this pack",
    ),
    (
        "an AdmissionReview of nothing",
        {
            "documents": {
                "t/samples/object.yaml": {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": {}}
            }
        },
        "error",
        "neither object nor oldObject",
    ),
    (
        "a template that only a cluster can answer",
        {"documents": {"t/template.yaml": template(rule("http.send({})\nmsg := 1"), kind="Repos")}},
        "not evaluable here",
        "http.send",
    ),
]


@pytest.mark.parametrize(("suite", "actual", "why"), [one[1:] for one in WRONG], ids=[one[0] for one in WRONG])
def test_what_cannot_be_run_is_never_equal(rego: WalledRego, suite: dict[str, Any], actual: str, why: str) -> None:
    (row,) = run(rego, **suite)
    assert (row.actual, row.equal) == (actual, False)
    assert why in row.why


def test_without_an_engine() -> None:
    (row,) = run(NO_REGO)
    assert (row.actual, row.equal, row.evaluable) == ("not evaluable here", False, False)


@pytest.mark.parametrize("where", ["case", "test"])
def test_what_is_skipped_is_no_row(rego: WalledRego, where: str) -> None:
    assert run(rego, **{where: {"skip": True}}) == ()  # type: ignore[arg-type]


def test_constraints_that_must_be_invalid(rego: WalledRego) -> None:
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"repo": {"type": "string"}}}}
    fits = {"t/template.yaml": template(REPOS, kind="Repos", schema=schema)}
    broken = {**fits, "t/samples/constraint.yaml": constraint("Repos", "ours", parameters={"repo": 1})}
    (row,) = run(rego, test={"invalid": True}, documents=broken)
    assert (row.expected, row.actual) == ("invalid", "invalid")
    (row,) = run(rego, test={"invalid": True}, documents=fits)
    assert (row.expected, row.actual) == ("invalid", "valid")
    (row,) = run(rego, test={"invalid": True}, documents={"t/template.yaml": template("nonsense", kind="Repos")})
    assert (row.expected, row.actual) == ("invalid", "error")


def review(**request: Any) -> dict[str, Any]:
    return {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}


def test_admission_reviews(rego: WalledRego) -> None:
    documents = {
        "t/template.yaml": template(IMMUTABLE, kind="Immutable"),
        "t/samples/constraint.yaml": constraint("Immutable"),
    }
    old, new, tagged = (dict(pod(image=image).body) for image in ("nginx:1", "caddy:1", "nginx:2"))
    for request, violations in [
        (review(operation="UPDATE", object=new, oldObject=old), 1),
        (review(operation="UPDATE", object=tagged, oldObject=old), 0),
        (review(operation="CREATE", object=new), 0),
    ]:
        (row,) = run(
            rego, assertions=[{"violations": violations}], documents={**documents, "t/samples/object.yaml": request}
        )
        assert row.equal, row


def test_users_and_deletions(rego: WalledRego) -> None:
    code = rule("""
        input.review.operation == "DELETE"
        msg := sprintf("%v deletes %v", [input.review.userInfo.username, input.review.object.metadata.name])
    """)
    deletion = review(operation="DELETE", oldObject=dict(pod().body), userInfo={"username": "me"})
    documents = {
        "t/template.yaml": template(code, kind="Repos"),
        "t/samples/object.yaml": deletion,
    }
    (row,) = run(rego, assertions=[{"violations": 1, "message": "^me deletes web$"}], documents=documents)
    assert row.equal, row
    del deletion["request"]["userInfo"]
    (row,) = run(rego, documents=documents)
    assert row.actual == "0 violations", "gator knows no user either, and evaluates all the same"


def test_inventory(rego: WalledRego) -> None:
    documents = {
        "t/template.yaml": template(UNIQUE, kind="Unique"),
        "t/samples/constraint.yaml": constraint("Unique"),
        "t/samples/object.yaml": dict(ingress("a", "x", "h.example").body),
        "t/samples/other.yaml": dict(ingress("b", "y", "h.example").body),
    }
    (row,) = run(rego, documents=documents, case={"inventory": ["samples/other.yaml"]}, assertions=[{"violations": 1}])
    assert row.equal, row
    (row,) = run(rego, documents=documents, assertions=[{"violations": 0}])
    assert row.equal, row


def test_expansions(rego: WalledRego) -> None:
    documents = {
        "t/samples/constraint.yaml": constraint("Repos", "ours", **PODS),
        "t/samples/object.yaml": dict(DEPLOYMENT.body),
        "t/expansion.yaml": EXPANSION,
    }
    implied = [{"violations": 1, "message": "Implied by workloads"}]
    (row,) = run(rego, documents=documents, test={"expansion": "expansion.yaml"}, assertions=implied)
    assert row.equal, row
    (row,) = run(rego, documents=documents, assertions=[{"violations": 0}])
    assert row.equal, row


def test_an_engine_that_passes_or_fails_everything_loses(rego: WalledRego) -> None:
    """A control: rows are equal because of what the constraint says, not because of how they are counted."""

    class Wrong:
        absent = ""

        def __init__(self, *messages: str) -> None:
            self.messages = messages

        def ask(self, questions: Any, reviews: Any, inventory: bytes = b"{}") -> Any:
            from bot.policy.gatekeeper.rego import Answer, Said

            return [Answer(tuple(Said(self.messages) for _ in one.reviews)) for one in questions]

    good = {"t/samples/object.yaml": dict(pod(image="reg.example/a:1").body)}
    equal = {
        engine: [run(wrong)[0].equal, run(wrong, documents=good, assertions=[{"violations": 0}])[0].equal]
        for engine, wrong in (("right", rego), ("passes", Wrong()), ("fails", Wrong("no")))
    }
    assert equal == {"right": [True, True], "passes": [False, True], "fails": [True, False]}


def test_the_time(rego: WalledRego) -> None:
    documents = {"t/template.yaml": template(rule('time.now_ns() > 0\nmsg := "late"'), kind="Repos")}
    (row,) = run(rego, documents=documents)
    assert row.actual == "not evaluable here"
    (row,) = run(rego, documents=documents, now=datetime(2026, 11, 25, tzinfo=UTC))
    assert row.equal, row
