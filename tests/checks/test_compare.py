"""A finding that the base has too is not new, and no finding hides behind another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.checks.compare import mark_new
from bot.model.finding import Finding
from bot.model.manifest import ResourceKey

WEB = ResourceKey("apps", "Deployment", "shop", "web")
ONE = Finding("manifests", "kubernetes-schema", "unknown-field", "fail", "words", resource=WEB, field="spec.x")


def test_place_and_words_do_not_count() -> None:
    moved = replace(ONE, message="other words", path="base/web.yaml", line=7)
    assert [one.new for one in mark_new([moved], [ONE])] == [False]


def test_field_rule_state_and_environment_count() -> None:
    others = [
        replace(ONE, field="spec.y"),
        replace(ONE, rule="wrong-type"),
        replace(ONE, state="warn"),
        replace(ONE, environment="production"),
        replace(ONE, resource=replace(WEB, name="api")),
    ]
    assert all(one.new for one in mark_new(others, [ONE]))


def test_the_third_of_what_was_there_twice_is_new() -> None:
    assert [one.new for one in mark_new([ONE, ONE, ONE], [ONE, ONE])] == [False, False, True]


def test_a_new_content_hash_makes_no_finding_new() -> None:
    before = replace(ONE, resource=ResourceKey("", "ConfigMap", "", "settings-7b9k2m5f8t"))
    after = replace(ONE, resource=ResourceKey("", "ConfigMap", "", "settings-c4h6g8d2tk"))
    assert not mark_new([after], [before])[0].new
    assert mark_new([after], [before])[0].resource == after.resource


CONTAINER = "spec.template.spec.containers[0]"
RULE = replace(ONE, concern="policies", policy="run-as-non-root", rule="run-as-non-root", field=CONTAINER)


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        ([".securityContext"], [".securityContext.runAsNonRoot"], [False]),
        ([".securityContext.runAsNonRoot"], [".securityContext"], [False]),
        ([".securityContext"], [".securityContexts"], [True]),
        ([".securityContext"], [".securityContext.runAsUser", ".securityContext.runAsNonRoot"], [False, True]),
        ([".ports"], [".ports[0].hostPort"], [False]),
        ([".env[0]"], [".env[1]"], [True]),
        ([".a", ".a.b"], [".a.b", ".a.c"], [False, False]),
        ([".a"], [".a.b", ".a"], [True, False]),
    ],
)
def test_what_a_policy_misses_may_be_missing_deeper(before: list[str], after: list[str], new: list[bool]) -> None:
    """Whoever gave a container its first `securityContext`, for another setting in it, was held up by what a rule had
    found there before: what was missing at `securityContext` now is at `securityContext.runAsNonRoot`."""
    base, head = ([replace(RULE, field=CONTAINER + one) for one in some] for some in (before, after))
    assert [one.new for one in mark_new(head, base)] == new


def test_a_finding_without_a_field_stands_for_no_other() -> None:
    assert mark_new([RULE], [replace(RULE, field="")])[0].new
    assert mark_new([replace(RULE, field="")], [RULE])[0].new


def test_manifests_are_compared_to_the_letter() -> None:
    assert mark_new([replace(ONE, field="spec.x.y")], [ONE])[0].new


_FINDINGS = st.lists(st.sampled_from([ONE, replace(ONE, field="spec.y"), replace(ONE, rule="r")]), max_size=6)


@given(_FINDINGS, _FINDINGS)
def test_as_many_are_new_as_the_base_lacks(head: list[Finding], base: list[Finding]) -> None:
    marked = mark_new(head, base)
    assert [replace(one, new=True) for one in marked] == head
    for kind in {*head}:
        new = sum(one.new for one in marked if replace(one, new=True) == kind)
        assert new == max(0, head.count(kind) - base.count(kind))
