"""Which gates and frozen days does a file set?"""

from __future__ import annotations

from datetime import date, timedelta

from bot.model.environment import Configuration, People
from bot.model.gates import NO_GATES, FreezeRule, GateRules, Health
from bot.promotion.config import parse
from bot.promotion.times import parse_window
from tests.promotion.test_config import ENVIRONMENTS

GATES = """\
version: 1
environments:
  staging:
    branch: staging
  production:
    branch: production
    on_drift: block
    gates:
      checks: [integration-tests]
      test: e2e
      health: {deployment: true, statuses: "kustomization/*", argocd: [web-staging, team-a/api]}
      soak: 1h30m
      window: Mon-Thu 09:00-16:00 Europe/Berlin
      override: {gates: [soak, window], users: [ann], teams: [acme/leads]}
freeze:
  - {from: 2026-12-20, until: 2027-01-03, reason: Holidays, zone: Europe/Berlin, environments: production}
  - {from: 2026-12-24, until: "2026-12-24"}
"""


def read(text: str) -> Configuration:
    found = parse(text.encode(), organisation="acme")
    assert isinstance(found, Configuration), found
    return found


def test_all_of_them() -> None:
    configuration = read(GATES)
    staging, production = configuration.environments
    assert (staging.gates, staging.overriders, staging.on_drift) == (NO_GATES, People(), "keep")
    assert production.gates == GateRules(
        checks=("integration-tests",),
        test=("e2e",),
        health=Health(True, ("kustomization/*",), ("web-staging", "team-a/api")),
        soak=timedelta(minutes=90),
        windows=(parse_window("Mon-Thu 09:00-16:00 Europe/Berlin"),),
        overridable=("soak", "window"),
    )
    assert (production.overriders, production.on_drift) == (People(("ann",), ("leads",)), "block")
    assert configuration.freezes == (
        FreezeRule(date(2026, 12, 20), date(2027, 1, 3), "Holidays", "Europe/Berlin", ("production",)),
        FreezeRule(date(2026, 12, 24), date(2026, 12, 24)),
    )


def test_none_of_them() -> None:
    configuration = read(ENVIRONMENTS)
    assert {one.gates for one in configuration.environments} == {NO_GATES} and configuration.freezes == ()


def test_several_windows() -> None:
    text = GATES.replace(
        "window: Mon-Thu 09:00-16:00 Europe/Berlin", "window: ['Sat 00:00-24:00 UTC', 'Sun 10:00-11:00 UTC']"
    )
    assert [one.days for one in read(text).environments[1].gates.windows] == [(5,), (6,)]
