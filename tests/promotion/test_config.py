"""The configuration file: what it means, and what is said about each mistake."""

from __future__ import annotations

import textwrap
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.environment import (
    Adjustments,
    Approvers,
    CheckRules,
    Configuration,
    Environment,
    People,
    PolicyPack,
    Waiver,
)
from bot.model.gates import GateRules
from bot.promotion.config import MOST_PROBLEMS, Problems, defaults, explain, parse
from bot.promotion.config_policies import BUILTIN_PACKS
from bot.promotion.pipeline import pairs

GOLDEN = Path(__file__).parent / "golden"

HEAD = "version: 1\nenvironments:\n"
ENVIRONMENTS = f"{HEAD}  development: {{branch: main}}\n  staging: {{branch: staging}}\n"  # four lines


def good(text: str, organisation: str = "") -> Configuration:
    found = parse(textwrap.dedent(text).encode(), organisation=organisation)
    assert isinstance(found, Configuration), [explain(one) for one in found]
    return found


def bad(text: str | bytes, organisation: str = "") -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    found = parse(data, organisation=organisation)
    assert isinstance(found, Problems), found
    return [explain(one).removeprefix(".github/lockkeeper.yaml:") for one in found]


def test_no_file_means_the_defaults() -> None:
    assert parse(None) == defaults() == Configuration(found=False)
    assert defaults().environments == ()
    assert defaults().policies == (PolicyPack(builtin="security"),)


def test_the_least_that_works() -> None:
    assert good("{version: 1, environments: {dev: {branch: main}}}") == Configuration((Environment("dev", "main"),))


def test_everything_at_once() -> None:
    found = good(
        """\
        version: 1
        strategy: branch
        environments:
          development:
            branch: main
            path: overlays/development
          staging:
            branch: staging
            path: overlays/staging/
            promote: manual
            merge: auto
            approvers: {users: [ann], teams: [qa], required: 2, assign: [ben]}
            gates: {checks: [integration-tests, "e2e / chrome"]}
          production:
            branch: release/production
            path: overlays/production
            after: [staging]
            promote: auto
            merge: manual
            approvers: {teams: [platform-leads]}
            promoters: {users: [cleo], teams: [acme/security-team]}
        protect: ["overlays/*/sealed-secret.yaml", "!overlays/dev/**"]
        policies:
          - builtin: registry
            with: {registries: [registry.example.com], limit: 3, ratio: 0.5, strict: true, nothing: ~}
          - builtin: security
            environments: production
          - path: policies/
            environments: [staging, production]
          - scanner: trivy
            blocks: critical
        checks: {kubernetes: "1.30", unknown_kinds: fail}
        """
    )
    assert found == Configuration(
        environments=(
            Environment("development", "main", "overlays/development"),
            Environment(
                "staging",
                "staging",
                "overlays/staging",
                after=("development",),
                promote="manual",
                merge="auto",
                approvers=Approvers(People(("ann",), ("qa",)), 2, ("ben",)),
                gates=GateRules(checks=("integration-tests", "e2e / chrome")),
            ),
            Environment(
                "production",
                "release/production",
                "overlays/production",
                after=("staging",),
                approvers=Approvers(People((), ("platform-leads",)), 1),
                promoters=People(("cleo",), ("acme/security-team",)),
            ),
        ),
        protect=("overlays/*/sealed-secret.yaml", "!overlays/dev/**"),
        policies=(
            PolicyPack(
                builtin="registry",
                parameters={
                    "registries": ["registry.example.com"],
                    "limit": 3,
                    "ratio": 0.5,
                    "strict": True,
                    "nothing": None,
                },
            ),
            PolicyPack(builtin="security", environments=("production",)),
            PolicyPack(path="policies", environments=("staging", "production")),
            PolicyPack(scanner="trivy", blocks="critical"),
        ),
        checks=CheckRules("1.30", "fail"),
    )


def test_severities_actions_and_exceptions() -> None:
    found = good(
        """\
        version: 1
        environments: {production: {branch: main}}
        policies:
          - builtin: security
            severity: {run-as-non-root: high, policies/one rule: low}
            actions: {run-as-non-root: block, no-host-namespaces: warn, other: ignore}
            exceptions:
              - policy: run-as-non-root
                resources: Deployment/web
                reason: needs root
                until: 2027-06-30
              - policy: other
                rule: one rule
                resources: [Deployment/shop-*/web, "*/legacy"]
                namespaces: [legacy-*]
                reason: it is only for a while
                until: "2026-01-01"
        """
    )
    adjustments = found.policies[0].adjustments
    assert adjustments == Adjustments(
        {"run-as-non-root": "high", "policies/one rule": "low"},
        {"run-as-non-root": "block", "no-host-namespaces": "warn", "other": "ignore"},
        (
            Waiver("run-as-non-root", date(2027, 6, 30), "needs root", resources=("Deployment/web",)),
            Waiver(
                "other",
                date(2026, 1, 1),
                "it is only for a while",
                "one rule",
                ("Deployment/shop-*/web", "*/legacy"),
                ("legacy-*",),
            ),
        ),
    )
    assert adjustments.key == "policies[0]"
    assert [one.key for one in adjustments.waivers] == ["policies[0].exceptions[0]", "policies[0].exceptions[1]"]


@pytest.mark.parametrize(
    ("environments", "hops"),
    [
        ("a: {branch: a}\n  b: {branch: b}\n  c: {branch: c}", "a>b b>c"),
        ("a: {branch: a}\n  b: {branch: b}\n  c: {branch: c, after: a}", "a>b a>c"),
        ("a: {branch: a}\n  b: {branch: b, after: []}", ""),
        ("a: {branch: a}\n  b: {branch: b}\n  c: {branch: c, after: []}\n  d: {branch: d}", "a>b c>d"),
        ("a: {branch: a, after: b}\n  b: {branch: b, after: []}", "b>a"),
        (
            "a: {branch: a}\n  b: {branch: b}\n  c: {branch: c, after: a}\n  d: {branch: d, after: [b, c]}",
            "a>b a>c b>d c>d",
        ),
    ],
)
def test_the_order_written_is_the_line_unless_after_says_otherwise(environments: str, hops: str) -> None:
    found = good(f"{HEAD}  {environments}\n")
    assert " ".join(f"{hop.source.name}>{hop.target.name}" for hop in pairs(found)) == hops


@pytest.mark.parametrize(
    ("approvers", "required"),
    [
        ("{teams: [qa]}", 1),
        ("{users: [ann, ben]}", 1),
        ("{users: [ann, ben], required: 2}", 2),
        ("{teams: [qa], required: 0}", 0),
        ("{teams: [qa], required: 5}", 5),
        ("{assign: [ann]}", 0),
        ("{}", 0),
        ("", 0),
    ],
)
def test_how_many_approvals_it_takes(approvers: str, required: int) -> None:
    found = good(f"{HEAD}  dev:\n    branch: main\n    approvers: {approvers}\n")
    assert found.environments[0].approvers.required == required


def test_teams_of_the_repositorys_organisation_are_slugs() -> None:
    text = f"{HEAD}  dev: {{branch: main, approvers: {{teams: [Acme/qa, ops]}}, promoters: {{teams: [acme/qa, qa]}}}}\n"
    environment = good(text, "acme").environments[0]
    assert environment.approvers.people.teams == ("qa", "ops")
    assert environment.promoters.teams == ("qa",)
    assert good(text).environments[0].approvers.people.teams == ("Acme/qa", "ops")
    assert bad(text, "other")[0] == (
        "3: environments.dev.approvers.teams: the team `Acme/qa` belongs to another organisation than the repository; "
        "name a team of other: GitHub gives no others access"
    )


def test_anchors_may_be_used() -> None:
    found = good(
        """\
        version: 1
        environments:
          staging: {branch: staging, approvers: &leads {teams: [leads]}}
          production: {branch: production, approvers: *leads}
        """
    )
    assert found.environments[0].approvers == found.environments[1].approvers


@pytest.mark.parametrize("path", ["overlays/x", "overlays/x/", "a b", "ünder/x", ".hidden/x", "..x/y"])
def test_paths(path: str) -> None:
    found = good(f'{HEAD}  dev: {{branch: main, path: "{path}"}}\n')
    assert found.environments[0].path == path.rstrip("/")


def test_a_dot_is_the_whole_repository() -> None:
    assert good(f"{HEAD}  dev: {{branch: main, path: .}}\n").environments[0].path == ""


@pytest.mark.parametrize("branch", ["main", "release/1.x", "feature/a-b_c", "v1.2", "staging@eu", "täst", "a.lock2"])
def test_branches(branch: str) -> None:
    assert good(f'{HEAD}  dev: {{branch: "{branch}"}}\n').environments[0].branch == branch


@pytest.mark.parametrize(
    "branch",
    [
        *("a b", "a..b", "a~1", "a^", "a:b", "a?", "release/*", "a[1]", "-a", "/a", "a/", "a//b", "a.", ".a", "a/.b"),
        *("a.lock", "a.lock/b", "@", "a@{1}", "refs/heads/a", "promote/a-to-b", "a\\\\b", "a\\x7f", "a\\n"),
    ],
)
def test_what_is_no_branch(branch: str) -> None:
    """The rules of git-check-ref-format(1), and ours for `refs/` and `promote/`."""
    (problem,) = bad(f'{HEAD}  dev: {{branch: "{branch}"}}\n')
    assert "is not a branch's name" in problem


@pytest.mark.parametrize(
    "path", ["/a", "../a", "a/../b", "a/..", "./a", "a//b", "a/*", "a?", "a\\\\b", "a\\0", "..", "//"]
)
def test_what_is_no_path(path: str) -> None:
    (problem,) = bad(f'{HEAD}  dev: {{branch: main, path: "{path}"}}\n')
    assert "is not a directory of the repository" in problem


def test_all_mistakes_of_a_file_are_told_together() -> None:
    """The words lie in golden/mistakes.txt, to be read as a whole when they change."""
    found = parse((GOLDEN / "mistakes.yaml").read_bytes())
    assert isinstance(found, Problems)
    assert [explain(one) for one in found] == (GOLDEN / "mistakes.txt").read_text(encoding="utf-8").splitlines()
    assert [one.line or 0 for one in found] == sorted(one.line or 0 for one in found)


def test_one_mistake_hides_no_other_and_brings_none_along() -> None:
    """A login that is none still counts as somebody named: no second complaint about too few approvers."""
    assert len(bad(f'{HEAD}  dev: {{branch: main, approvers: {{users: ["@ann"], required: 1}}}}\n')) == 1
    assert len(bad(f"{HEAD}  a: {{branch: main}}\n  b: {{branch: main}}\n")) == 1  # the same place, one after the other
    assert len(bad(f"{HEAD}  a: {{branch: main, path: /x}}\n  b: {{branch: main, path: /y, after: []}}\n")) == 2


def test_a_thousand_mistakes_are_cut_with_a_word() -> None:
    found = bad(ENVIRONMENTS + "".join(f"x{index}: 1\n" for index in range(1_000)))
    assert len(found) == MOST_PROBLEMS + 1
    assert found[-1] == " 900 more problems are not listed; mend these first"


def test_too_many_environments() -> None:
    names = "".join(f"  e{index}: {{branch: b{index}}}\n" for index in range(101))
    assert bad(HEAD + names) == [
        "2: environments: 101 environments are more than the 100 allowed; split the repository"
    ]


def test_the_packs_that_can_be_named_are_those_that_come_along() -> None:
    packs = Path(__file__).parents[2] / "policies"
    assert sorted(BUILTIN_PACKS) == sorted(one.parent.name for one in packs.glob("*/pack.yaml"))


WORDS = st.sampled_from(
    [
        *("version", "environments", "dev", "branch", "path", "after", "approvers", "users", "teams", "required"),
        *("policies", "builtin", "security", "with", "checks", "kubernetes", "protect", "gates", "strategy", "on"),
        *("1", "1.30", "main", "[]", "{}", "~", '"1.33"', "<<", "auto", '"\\e[31m"', '"\\u2028"', "a`b", "🚀"),
    ]
)
DOCUMENTS = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=20,
)


def written(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(written(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {written(one)}" for name, one in value.items()) + "}"
    return str(value)


@given(st.one_of(st.binary(max_size=200), DOCUMENTS.map(lambda one: written(one).encode())))
def test_whatever_the_file_holds_there_is_an_answer(data: bytes) -> None:
    found = parse(data)
    if isinstance(found, Problems):
        assert len(found) > 0
        for one in found:
            assert one.message
            assert explain(one).isprintable()
    else:
        assert found.found
        assert found.environments


def test_how_deep_values_may_nest() -> None:
    policies = ENVIRONMENTS + "policies: [{builtin: security, with: {a: %s}}]\n"
    assert isinstance(parse((policies % ("[" * 16 + "]" * 16)).encode()), Configuration)
    assert "nested deeper than 20" in bad(policies % ("[" * 17 + "]" * 17))[0]


def test_hostile_files_are_refused_quickly() -> None:
    doubling = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 30))
    for text, words in [
        ("[" * 60_000, "nested deeper than 20"),
        ("{a: " * 15_000, "nested deeper than 20"),
        ("- " * 30_000, "nested deeper than 20"),
        (doubling, "more than 10,000 values"),
        ("- x\n" * 16_000, "more than 10,000 values"),
        ("x" * 65_537, "65,537 bytes, more than the 65,536 allowed"),
    ]:
        (problem,) = bad(text)
        assert words in problem
