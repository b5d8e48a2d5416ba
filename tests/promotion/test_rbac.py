"""Who may do what where, by the text under `rbac:`, and what is said of a text that is wrong?"""

from __future__ import annotations

import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.promotion.rbac import ACTIONS, Action, Allowed, Policy, Refused, Who, decide, read_policy, who_may
from bot.promotion.rbac_text import LONGEST_CHAIN, MOST_RULES, Mistake, fits

ENVIRONMENTS = ("development", "staging", "prod-eu", "prod-us")
TEXT = """
# who promotes
p, role:senior-developers, promotions, promote, staging, allow
p, role:seniors, promotions, *, prod-*, allow
p, role:seniors, promotions, override, prod-us, deny
p, quinn, promotions, approve, staging, allow
p, acme:qa, promotions, approve, *, allow
p, acme:interns, *, promote, prod-??, deny
g, acme:platform-leads, role:senior-developers
g, acme:platform-leads, role:seniors
g, Lena, role:seniors
g, role:chief, role:admin
g, omar, role:chief
"""


def policy(text: str) -> Policy:
    found = read_policy(text, organisation="acme", environments=ENVIRONMENTS)
    assert isinstance(found, Policy), found
    return found


POLICY = policy(TEXT)
ANN, QUINN, LENA, OMAR = Who("ann"), Who("quinn"), Who("LENA"), Who("omar")
LEAD = Who("ben", ("acme:Platform-Leads",))
NOTHING = "no rule of `rbac` lets them"


@pytest.mark.parametrize(
    ("who", "action", "environment", "why"),
    [
        (ANN, "promote", "staging", f"{NOTHING} promote staging"),
        (LEAD, "promote", "staging", ""),
        (LEAD, "promote", "development", f"{NOTHING} promote development"),
        (LEAD, "approve", "staging", f"{NOTHING} approve staging"),
        (LEAD, "promote", "prod-eu", ""),
        (LENA, "lock", "prod-us", ""),
        (LENA, "promote", "staging", f"{NOTHING} promote staging"),
        (LENA, "override", "prod-eu", ""),
        (LENA, "override", "prod-us",
         "line 5 of `rbac` denies it: `p, role:seniors, promotions, override, prod-us, deny`"),
        (QUINN, "approve", "staging", ""),
        (QUINN, "approve", "prod-eu", f"{NOTHING} approve prod-eu"),
        (Who("zoe", ("acme:qa",)), "approve", "prod-eu", ""),
        (Who("zoe", ("other:qa",)), "approve", "prod-eu", f"{NOTHING} approve prod-eu"),
        (OMAR, "rollback", "development", ""),
        (Who("lena", ("acme:interns",)), "promote", "prod-eu", "line 8 of `rbac` denies it: "
         "`p, acme:interns, *, promote, prod-??, deny`"),
        (Who("lena", ("acme:interns",)), "rollback", "prod-eu", ""),
        (Who("", ("acme:qa",)), "approve", "staging", ""),
        (Who(""), "approve", "staging", f"{NOTHING} approve staging"),
        (Who("role:admin"), "promote", "staging", f"{NOTHING} promote staging"),
    ],
)  # fmt: skip
def test_decisions(who: Who, action: Action, environment: str, why: str) -> None:
    found = decide(POLICY, who, action, environment)
    assert found == (Refused(why, found.line) if isinstance(found, Refused) and why else Allowed())


STRANGE = """\
policy.default: role:staff
p, role:staff, promotions, promote, *, allow
p, acme:interns, promotions, promote, prod-*, deny
p, acme:interns, promotions, lock, staging, allow
g, acme:ghosts, role:admin
"""


@pytest.mark.parametrize(
    ("action", "environment", "why"),
    [
        ("promote", "staging", ""),
        ("promote", "prod-eu", "line 3 of `rbac` may deny it: `p, acme:interns, promotions, promote, prod-*, deny`; "
         "GitHub knows no team interns, which lines 3, 4 of `rbac` name"),
        ("lock", "staging", "no rule of `rbac` lets them lock staging; GitHub knows no team interns, which lines 3, 4 "
         "of `rbac` name"),
        ("override", "staging", "no rule of `rbac` lets them override staging; GitHub knows no team ghosts, which line "
         "5 of `rbac` names"),
    ],
)  # fmt: skip
def test_a_team_that_github_does_not_know_gives_nothing_and_may_deny(
    action: Action, environment: str, why: str
) -> None:
    """The team was renamed: nobody was in the one that is named, and the rule that denies it denied nobody."""
    who = Who("ann", unknown=("acme:interns", "acme:ghosts"))
    found = decide(policy(STRANGE), who, action, environment)
    assert (found.why if isinstance(found, Refused) else "") == why
    assert isinstance(found, Allowed) or "is called now" in found.mend


def test_teams_that_are_known_decide_by_themselves() -> None:
    """Somebody who is denied anyway, or allowed anyway, is told of no team that plays no part in it."""
    denied = decide(policy(STRANGE), Who("ann", ("acme:interns",), ("acme:ghosts",)), "promote", "prod-eu")
    assert isinstance(denied, Refused) and denied.line == 3 and not denied.mend
    assert decide(policy(STRANGE), Who("ann", (), ("acme:ghosts",)), "promote", "prod-eu") == Allowed()


def test_a_login_that_is_written_like_a_role_holds_nothing() -> None:
    """No account of GitHub is called so; if one were, the name alone would not make it an administrator."""
    assert isinstance(decide(policy(""), Who("role:admin"), "promote", "staging"), Refused)
    assert isinstance(decide(policy(""), Who("ann", ("role:admin",)), "promote", "staging"), Refused)


def test_nobody_may_anything_without_rules() -> None:
    for action in ACTIONS:
        assert isinstance(decide(policy("# nothing\n"), LENA, action, "staging"), Refused)


def test_what_everybody_may() -> None:
    rules = "p, role:staff, promotions, promote, development, allow\np, ann, promotions, *, *, deny"
    text = f"policy.default: role:staff\n{rules}"
    assert decide(policy(text), Who("zoe"), "promote", "development") == Allowed()
    assert isinstance(decide(policy(text), Who("zoe"), "promote", "staging"), Refused)
    assert isinstance(decide(policy(text), ANN, "promote", "development"), Refused), "a denial wins over the default"
    assert isinstance(decide(policy("policy.default: role:readonly"), Who("zoe"), "promote", "staging"), Refused)
    assert decide(policy("policy.default: role:admin"), Who("zoe"), "override", "prod-eu") == Allowed()


@pytest.mark.parametrize("effect", ["allow", "deny"])
def test_the_longest_chain_of_roles_is_followed_to_its_end(effect: str) -> None:
    """A denial at the end of a chain that is not followed would be an open door."""
    chain = [f"g, role:r{n}, role:r{n + 1}" for n in range(1, LONGEST_CHAIN)]
    rules = ["p, ann, promotions, promote, staging, allow"] if effect == "deny" else []
    last = f"p, role:r{LONGEST_CHAIN}, promotions, promote, staging, {effect}"
    found = decide(
        policy("\n".join([*rules, "g, acme:qa, role:r1", *chain, last])), Who("ann", ("acme:qa",)), "promote", "staging"
    )
    assert isinstance(found, Allowed if effect == "allow" else Refused)


def test_who_may() -> None:
    assert who_may(POLICY, "promote", "prod-eu") == ("acme:platform-leads", "lena", "omar")
    assert who_may(POLICY, "override", "prod-us") == ("omar",)
    assert who_may(POLICY, "approve", "staging") == ("quinn", "acme:qa", "omar")


@pytest.mark.parametrize(
    ("line", "message", "suggestion"),
    [
        ("q, ann, role:admin", "`q` begins no rule", "a line begins with `p,` (a rule), `g,` (who has which role) or "
         "`policy.default:`"),
        ("p, role:x, promotions, promote, staging", "the effect is missing",
         "write `p, role:x, promotions, promote, staging, allow`"),
        ("p, role:x, promotions, promote, staging, allow, now", "a rule has 5 parts after `p`, this has 6",
         "write `p, role:NAME, promotions, promote, staging, allow`"),
        ("p, role:x, promotions, promot, staging, allow", "there is no action `promot`", "did you mean `promote`?"),
        ("p, role:x, promotions, freeze, staging, allow", "there is no action `freeze`", "did you mean `lock`?"),
        ("p, role:x, promotions, sync, staging, allow", "there is no action `sync`", "did you mean `promote`?"),
        ("p, role:x, promotions, get*, staging, allow", "there is no action `get*`",
         "there are: `promote`, `approve`, `lock`, `override`, `rollback`"),
        ("p, role:x, applications, promote, staging, allow", "there is no resource `applications`",
         "did you mean `promotions`?"),
        ("p, role:x, promotions, promote, stagign, allow", "there is no environment `stagign`",
         "did you mean `staging`?"),
        ("p, role:x, promotions, promote, qa-*, allow", "no environment fits `qa-*`",
         "there are: `development`, `staging`, `prod-eu`, `prod-us`"),
        ("p, role:x, promotions, promote, shop/staging, allow",
         "`shop/staging` is no environment, nor a pattern of names", "did you mean `staging`?"),
        ("p, role:x, promotions, promote, staging, alow", "`alow` is no effect", "did you mean `allow`?"),
        ("p, role:x, promotions, promote, staging, ALLOW", "`ALLOW` is no effect", "did you mean `allow`?"),
        ("p, @ann, promotions, promote, staging, allow", "`@ann` is neither a user, nor a team, nor a role",
         "did you mean `ann`?"),
        ("p, acme/qa, promotions, promote, staging, allow", "`acme/qa` is neither a user, nor a team, nor a role",
         "did you mean `acme:qa`?"),
        ("p, rôle:x, promotions, promote, staging, allow", "`rôle:x` is neither a user, nor a team, nor a role",
         "write a login, `organisation:team` or `role:NAME`"),
        ("g, umbrella:qa, role:admin", "the team `umbrella:qa` belongs to another organisation than the repository",
         "name a team of acme: `acme:qa`"),
        ("g, roles:x, role:admin", "the team `roles:x` belongs to another organisation than the repository",
         "did you mean `role:x`?"),
        ("g, ann", "`g` has 2 parts, this has 1", "write `g, acme:team, role:NAME` or `g, login, role:NAME`"),
        ("g, ann, admin", "`admin` is no role", "write `g, ann, role:NAME`"),
        ("g, ann, role:admn", "nothing is said of `role:admn`", "did you mean `role:admin`?"),
        ("policy.default: readonly", "`readonly` is no role", "write `policy.default: role:readonly`"),
        ("policy.default: role:red-only", "nothing is said of `role:red-only`", "did you mean `role:readonly`?"),
        ("g, role:a, role:a", "`role:a` holds itself", "give the role straight to those who shall have it"),
    ],
)  # fmt: skip
def test_mistakes(line: str, message: str, suggestion: str) -> None:
    found = read_policy(f"# first\n\n  {line}  \n", organisation="acme", environments=ENVIRONMENTS)
    assert found == (Mistake(3, message, suggestion),)


def test_all_mistakes_are_told_in_the_order_of_the_lines() -> None:
    found = read_policy("x\np, a\npolicy.default: role:admin\npolicy.default: role:admin\n", organisation="acme")
    assert isinstance(found, tuple)
    assert [one.line for one in found] == [1, 2, 4]
    assert found[2].message == "`policy.default` is given twice, first on line 3"


def test_a_circle_and_a_chain_that_is_too_long() -> None:
    circle = read_policy("g, role:a, role:b\ng, role:b, role:a")
    assert circle == (Mistake(1, "`role:b` holds itself", "give the role straight to those who shall have it"),)
    lines = [f"g, role:r{n}, role:r{n + 1}" for n in range(12)]
    long = read_policy("\n".join([*lines, "p, role:r12, promotions, *, *, allow"]))
    assert isinstance(long, tuple) and "deep" in long[0].message


def test_there_are_not_too_many_rules_and_none_takes_long() -> None:
    many = "\n".join("p, ann, promotions, promote, staging, allow" for _ in range(MOST_RULES + 5))
    found = read_policy(many)
    assert found == (
        Mistake(MOST_RULES + 1, f"these are too many rules: {MOST_RULES} are read", "use patterns and roles"),
    )
    full = policy("\n".join(f"p, user{n}, promotions, promote, staging, allow" for n in range(MOST_RULES)))
    started = time.process_time()
    assert isinstance(decide(full, ANN, "promote", "staging"), Refused)
    assert fits("*a" * 30 + "b", "a" * 63) is False
    assert time.process_time() - started < 2


@settings(max_examples=300, deadline=None)
@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_patterns_are_those_of_the_shell(pattern: str, word: str) -> None:
    assert fits(pattern, word) == fnmatchcase(word, pattern)
