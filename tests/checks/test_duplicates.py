"""A resource that is defined more than once is told once, within an application and across applications."""

from __future__ import annotations

import pytest

from bot.checks.duplicates import Defined, duplicates
from bot.model.manifest import ResourceKey

WEB = ResourceKey("apps", "Deployment", "shop", "web")
FLOATING = ResourceKey("apps", "Deployment", "", "web")
ROLE = ResourceKey("rbac.authorization.k8s.io", "ClusterRole", "", "reader")
WIDGET = ResourceKey("example.com", "Widget", "", "w")

TABLE: list[tuple[str, list[Defined], list[tuple[str, str]]]] = [
    ("one", [Defined(WEB, "a")], []),
    ("no-name", [Defined(ResourceKey("", "Pod", "shop", ""))] * 2, []),
    ("twice-in-an-environment", [Defined(WEB)] * 2,
     [("fail", "Deployment shop/web is defined twice in this environment; only one of them can win")]),
    ("thrice-in-an-application", [Defined(WEB, "a")] * 3,
     [("fail", "Deployment shop/web is defined 3 times in this application; only one of them can win")]),
    ("across", [Defined(WEB, "b"), Defined(WEB, "a")],
     [("warn", "Deployment shop/web is defined by `a` and `b`; each undoes what the other applied")]),
    ("across-many", [Defined(WEB, name) for name in "edcba"],
     [("warn", "Deployment shop/web is defined by `a`, `b`, `c` and 2 more; each undoes what the other applied")]),
    ("with-the-directory", [Defined(WEB, ""), Defined(WEB, "a")],
     [("warn", "Deployment shop/web is defined by `a` and the environment's own directory; "
               "each undoes what the other applied")]),
    ("both-ways", [Defined(WEB, "a"), Defined(WEB, "a"), Defined(WEB, "b")],
     [("fail", "Deployment shop/web is defined twice in this application; only one of them can win"),
      ("warn", "Deployment shop/web is defined by `a` and `b`; each undoes what the other applied")]),
    ("no-namespace-may-differ", [Defined(FLOATING, "a"), Defined(FLOATING, "b")], []),
    ("clusterwide", [Defined(ROLE, "a"), Defined(ROLE, "b")],
     [("warn", "ClusterRole reader is defined by `a` and `b`; each undoes what the other applied")]),
    ("other-clusters", [Defined(ROLE, "a", place="eu"), Defined(ROLE, "b", place="us")], []),
    ("custom-clusterwide", [Defined(WIDGET, "a"), Defined(WIDGET, "b")],
     [("warn", "Widget w is defined by `a` and `b`; each undoes what the other applied")]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "expected"), TABLE, ids=[one[0] for one in TABLE])
def test_table(name: str, given: list[Defined], expected: list[tuple[str, str]]) -> None:
    found = list(duplicates(given, "e", frozenset({("example.com", "Widget")})))
    assert [(one.state, one.message) for one in found] == expected


def test_the_finding_stands_at_the_last_and_names_another_place() -> None:
    given = [Defined(WEB, "a", "apps/a/web.yaml", 3), Defined(WEB, "b", "apps/b/web.yaml", 7)]
    (found,) = duplicates(given, "production")
    assert (found.environment, found.application, found.path, found.line) == ("production", "b", "apps/b/web.yaml", 7)
    assert found.how == "remove or rename one of them (also in apps/a/web.yaml:3)"
    assert (found.rule, found.resource, found.field) == ("duplicate-resource", WEB, "metadata.name")
