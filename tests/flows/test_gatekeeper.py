"""Do Gatekeeper's policies judge a change as a cluster would: with the object as it was, and all the others around?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import yaml

from bot.adapters.rego import WalledRego
from bot.adapters.render.building import build_renderer
from bot.flows.workbench import Workbench
from bot.model.finding import Finding
from bot.policy.gatekeeper import NO_REGO
from tests.flows.test_old_and_new import found, thing
from tests.policy.gatekeeper.test_evaluate import UNIQUE
from tests.policy.gatekeeper.written import constraint, rule, template


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    data = tmp_path_factory.mktemp("data")
    with build_renderer(data, workers=1) as renderer, WalledRego() as rego:
        yield Workbench(renderer, lambda _: None, clock=lambda: datetime(2026, 3, 1, tzinfo=UTC), rego=rego)


def policy(code: str, kind: str = "Rule") -> str:
    return yaml.safe_dump_all([template(code, kind=kind), constraint(kind, "the-policy")])


def told(findings: list[Finding]) -> list[tuple[str, str, bool]]:
    return [(one.state, str(one.resource or ""), one.new) for one in findings]


NO_RED = policy(rule('input.review.object.data.colour == "red"\nmsg := "not red"'))
SAME_COLOUR = policy(
    rule("""
        input.review.operation == "UPDATE"
        input.review.oldObject.data.colour != input.review.object.data.colour
        msg := "a colour stays"
    """)
)


def test_only_what_is_new_is_new(bench: Workbench) -> None:
    base = {"a/thing.yaml": thing("red"), "a/other.yaml": thing("blue", "other")}
    head = {"a/thing.yaml": thing("red"), "a/other.yaml": thing("red", "other")}
    assert told(found(bench, NO_RED, base, head)) == [
        ("fail", "ConfigMap shop/other", True),
        ("fail", "ConfigMap shop/thing", False),
    ]


def test_what_changes_is_an_update(bench: Workbench) -> None:
    base, head = {"a/thing.yaml": thing("red")}, {"a/thing.yaml": thing("blue")}
    assert told(found(bench, SAME_COLOUR, base, head)) == [("fail", "ConfigMap shop/thing", True)]
    assert found(bench, SAME_COLOUR, base, {"a/thing.yaml": thing("red", tier="gold")}) == []
    assert found(bench, SAME_COLOUR, {}, head) == []


def ingress(name: str, host: str) -> str:
    return (
        f"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: shop}}\n"
        f"spec: {{rules: [{{host: {host}}}]}}\n"
    )


def test_the_inventory_holds_the_other_applications(bench: Workbench) -> None:
    """The other one is not touched by the change, and rendered only for this."""
    unique = policy(UNIQUE, "Unique")
    base = {"a/web.yaml": ingress("web", "one.example"), "b/api.yaml": ingress("api", "two.example")}
    head = {**base, "b/api.yaml": ingress("api", "one.example")}
    assert told(found(bench, unique, base, head)) == [("fail", "Ingress shop/api", True)]
    assert found(bench, unique, base, {**base, "b/api.yaml": ingress("api", "three.example")}) == []
    assert told(found(bench, unique, head, {**head, "b/api.yaml": ingress("api", "one.example") + "# more\n"})) == [
        ("fail", "Ingress shop/api", False)
    ]


def test_without_an_engine_it_is_said(bench: Workbench) -> None:
    base, head = {"a/thing.yaml": thing("red")}, {"a/thing.yaml": thing("red", tier="gold")}
    (one,) = found(replace(bench, rego=NO_REGO), NO_RED, base, head)
    assert (one.state, one.severity, one.policy) == ("not evaluable here", "high", "the-policy")


def test_a_bomb_is_a_finding_about_the_policy(bench: Workbench) -> None:
    bomb = policy(rule("msg := f(input.review.name)", "f(x) = y { y := f(x) }"))
    (one,) = found(bench, bomb, {}, {"a/thing.yaml": thing("red")})
    assert (one.state, one.resource, one.path, one.new) == ("error", None, "rules/policy.yaml", True)
