"""Do promotions go on when nothing happens but time?"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import github
import pytest

from bot.adapters.argocd import ArgoCD
from tests.argocd.server import application, argo_server, node, send
from tests.flows.repository import SETTINGS, settings
from tests.flows.world import PROMOTION, REPOSITORY, Town

GREEN, RED = settings(colour="green"), settings(colour="red")
SATURDAY, SUNDAY = "2026-10-24T10:00", "2026-10-25T10:00"  # Berlin puts its clocks back in the night between


def pipeline(gates: str, top: str = "") -> str:
    """Return a configuration whose production is promoted into by Lockkeeper itself, once these gates open."""
    return f"""\
version: 1
environments:
  development: {{branch: main, path: overlays/development}}
  staging: {{branch: staging, path: overlays/staging}}
  production:
    branch: production
    path: overlays/production
    merge: auto
    gates: {gates}
policies: []
{top}"""


def asleep(town: Town) -> float | None:
    """Return the seconds until time wakes the repository, None when it does not."""
    found = town.queue.connection.zscore(f"{town.queue.name}:wake", REPOSITORY)
    return None if found is None else float(found) - time.time()


class Clock:
    """The bot's clock, which stands still; GitHub's goes with it."""

    def __init__(self, town: Town, start: str) -> None:
        self.town, self.time = town, datetime.fromisoformat(start).replace(tzinfo=UTC)
        town.bot.clock = lambda: self.time
        town.world.now = lambda: self.time

    @property
    def wakes(self) -> str:
        """Return when time wakes the repository, '' when it does not."""
        left = asleep(self.town)
        if left is None:
            return ""
        at = self.time + timedelta(seconds=round(left))
        return f"{at:%Y-%m-%dT%H:%M}" + (f":{at:%S}" if at.second else "")

    def until(self, text: str) -> None:
        """Let it become so late; what sleeps until then wakes up. Nothing is delivered, and nothing swept."""
        self.town.take_held()
        end = datetime.fromisoformat(text).replace(tzinfo=UTC)
        if asleep(self.town) is not None:
            passed = (end - self.time).total_seconds()
            self.town.queue.connection.zincrby(f"{self.town.queue.name}:wake", -passed, REPOSITORY)
        self.time = end
        self.town.queue.tick()
        self.town.work()


def arrived(town: Town) -> bool:
    return town.file("production", SETTINGS) == GREEN


def waiting(town: Town) -> str:
    """Return what the promotion into production waits for."""
    return town.title_of(town.promotion("production").head_sha)


@pytest.mark.town(configuration=pipeline("{soak: 2s}"))
def test_a_soak_of_seconds_ends_by_itself(town: Town) -> None:
    """No webhook and no sweep: time alone takes the change from staging to production."""
    town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    if not arrived(town):
        assert waiting(town) == "soak: waiting for the clock"
        left = asleep(town)
        assert left is not None and 0 < left <= 2.0
    town.take_held()
    end = time.monotonic() + 20
    while not arrived(town):
        assert time.monotonic() < end
        time.sleep(0.2)
        town.queue.tick()
        town.work()
    town.settle()
    assert town.promotions("production") == [] and asleep(town) is None


MakeTown = Callable[..., Town]


def test_a_soak_that_the_source_begins_anew(make_town: MakeTown) -> None:
    town = make_town(pipeline("{soak: 1h}"))
    clock = Clock(town, "2026-11-25T10:00")
    town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    assert clock.wakes == "2026-11-25T11:00"
    clock.until("2026-11-25T10:30")
    assert waiting(town) == "soak: waiting for the clock" and clock.wakes == "2026-11-25T11:00"
    town.commit("staging", {"base/more.yaml": "# a direct change\n"})
    town.settle()
    assert clock.wakes == "2026-11-25T11:30"
    clock.until("2026-11-25T11:00")
    assert not arrived(town)
    clock.until("2026-11-25T11:30")
    assert arrived(town)


def test_a_window_over_the_change_of_clocks(make_town: MakeTown) -> None:
    """Monday 09:00 in Berlin is 08:00 UTC: on Saturday, still in summer, it was thought of as 07:00."""
    town = make_town(pipeline("{window: 'Mon-Thu 09:00-16:00 Europe/Berlin'}"))
    clock = Clock(town, SATURDAY)
    town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    assert waiting(town) == "window: waiting for the clock"
    assert "it opens at Mon 2026-10-26 09:00 Europe/Berlin" in town.body(town.promotion("production").number)
    assert clock.wakes == "2026-10-26T08:00"
    clock.until("2026-10-26T07:59")
    assert not arrived(town)
    clock.until("2026-10-26T08:00")
    assert arrived(town)


def test_a_window_that_closes_shuts_the_check(make_town: MakeTown) -> None:
    """A person who merges looks at the check run: it must not stay green over night."""
    text = pipeline("{window: 'Mon-Sun 09:00-16:00 UTC'}").replace("merge: auto", "merge: manual")
    town = make_town(text)
    clock = Clock(town, SUNDAY)
    town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    head = town.promotion("production").head_sha
    assert town.conclusion(head, PROMOTION) == "success" and clock.wakes == "2026-10-25T16:00"
    clock.until("2026-10-25T16:00")
    assert town.conclusion(head, PROMOTION) is None and waiting(town) == "window: waiting for the clock"
    assert clock.wakes == "2026-10-26T09:00"
    clock.until("2026-10-26T09:00")
    assert town.conclusion(head, PROMOTION) == "success"


def test_a_freeze_ends(make_town: MakeTown) -> None:
    freeze = "freeze:\n  - {from: 2026-10-24, until: 2026-10-25, zone: Europe/Berlin, environments: production}\n"
    town = make_town(pipeline("{}", freeze))
    clock = Clock(town, SATURDAY)
    town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    assert waiting(town) == "freeze: waiting for the calendar" and clock.wakes == "2026-10-25T23:00"
    clock.until("2026-10-25T23:00")
    assert arrived(town)


def test_the_earliest_of_several_wakes_and_then_the_next(make_town: MakeTown) -> None:
    town = make_town(pipeline("{soak: 30m, window: 'Mon-Sun 16:00-18:00 UTC'}"))
    clock = Clock(town, SUNDAY)
    town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    assert waiting(town) == "soak and window: waiting for the clock" and clock.wakes == "2026-10-25T10:30"
    clock.until("2026-10-25T10:30")
    assert waiting(town) == "window: waiting for the clock" and clock.wakes == "2026-10-25T16:00"
    clock.until("2026-10-25T16:00")
    assert arrived(town)


def test_a_sweep_finds_what_redis_lost(make_town: MakeTown) -> None:
    town = make_town(pipeline("{soak: 1h}"))
    clock = Clock(town, SUNDAY)
    town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    town.take_held()
    town.queue.connection.flushdb()
    assert clock.wakes == ""
    town.sweep(), town.work()
    assert clock.wakes == "2026-10-25T11:00"
    clock.until("2026-10-25T11:00")
    assert arrived(town)


def test_looking_again_before_the_time_writes_nothing(make_town: MakeTown) -> None:
    town = make_town(pipeline("{soak: 1h, window: 'Mon-Sun 09:00-18:00 UTC'}"))
    clock = Clock(town, SUNDAY)
    town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    town.sandbox.exchanges.clear()
    for minute in range(1, 60, 7):
        clock.until(f"2026-10-25T10:{minute:02}")
        town.sweep(), town.work()
    assert [one.path for one in town.sandbox.exchanges.writes] == []


def test_health_by_deployment_then_soak(make_town: MakeTown) -> None:
    """The merge announces a deployment, the agent tells that it succeeded, and the time counts from then."""
    town = make_town(pipeline("{health: {deployment: true}, soak: 1h}"))
    clock = Clock(town, SUNDAY)
    town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    assert waiting(town) == "health and soak: waiting for the GitOps agent of staging"
    assert clock.wakes == "", "time alone changes nothing"
    clock.until("2026-10-25T10:20")
    agent(town, "success")
    town.settle()
    assert waiting(town) == "soak: waiting for the clock" and clock.wakes == "2026-10-25T11:20"
    clock.until("2026-10-25T11:20")
    assert arrived(town)


def test_health_lost_again_stops_the_soak(make_town: MakeTown) -> None:
    town = make_town(pipeline("{health: {deployment: true}, soak: 1h}"))
    clock = Clock(town, SUNDAY)
    town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    agent(town, "success"), town.settle()
    assert clock.wakes == "2026-10-25T11:00"
    clock.until("2026-10-25T10:50")
    agent(town, "failure"), town.settle()
    assert waiting(town).startswith("health: the deployment of") and clock.wakes == ""
    clock.until("2026-10-25T11:10")
    agent(town, "success"), town.settle()
    assert clock.wakes == "2026-10-25T12:10" and not arrived(town)


@pytest.mark.parametrize("state", ["success", "failure"])
def test_health_by_the_statuses_of_flux(make_town: MakeTown, state: str) -> None:
    town = make_town(pipeline("{health: {statuses: 'kustomization/web-staging/*'}}"))
    town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    assert waiting(town) == "health: waiting for the GitOps agent of staging"
    context = "kustomization/web-staging/3fa85f64"
    town.world.set_status(REPOSITORY, town.head("staging"), "ann", state, context)
    town.settle()
    assert arrived(town) == (state == "success")
    if not arrived(town):
        assert waiting(town).endswith(f": `{context}` (failure)")


def test_argo_cd_is_asked_again_ever_more_seldom_until_it_says_something_else(make_town: MakeTown) -> None:
    """Its API tells nobody of changes: the bot looks, and a server that is away holds up nothing but this gate."""
    town = make_town(pipeline("{health: {argocd: web-staging}}"))
    clock = Clock(town, SUNDAY)
    with argo_server(secrets.token_urlsafe(24)) as argo:
        town.bot._agent = ArgoCD(argo.url, argo.token)
        argo.set(application(revision=town.head("staging")))
        town.land("green", {SETTINGS: GREEN})
        town.promote("staging")
        assert waiting(town) == "health: waiting for Argo CD" and clock.wakes == "2026-10-25T10:01"
        argo.trouble = lambda request: send(request, 503, {})
        clock.until("2026-10-25T10:01")
        body = town.body(town.promotion("production").number)
        assert "Argo CD tells nothing of `web-staging`: its server answered with status 503" in body
        assert clock.wakes == "2026-10-25T10:02"
        clock.until("2026-10-25T10:02")
        assert clock.wakes == "2026-10-25T10:04", "it says the same: two minutes later"
        town.queue.mark([REPOSITORY])
        town.work()
        assert clock.wakes == "2026-10-25T10:04", "a look between puts nothing off"
        clock.until("2026-10-25T10:04")
        assert clock.wakes == "2026-10-25T10:08"
        argo.trouble = None
        rollout = node("Rollout", "web", "Suspended", "CanaryPauseStep", "argoproj.io")
        argo.set(application(revision=town.head("staging"), health="Suspended"), [rollout])
        clock.until("2026-10-25T10:08")
        assert clock.wakes == "2026-10-25T10:09", "something has happened: it may go on"
        assert "a rollout of `web-staging` is paused" in town.body(town.promotion("production").number)
        argo.set(application(revision=town.head("staging")))
        assert not arrived(town)
        clock.until("2026-10-25T10:09")
        assert arrived(town)
        town.settle()
        assert argo.token not in repr(town.sandbox.exchanges.writes)


def test_no_argo_cd_was_set_up(make_town: MakeTown) -> None:
    town = make_town(pipeline("{health: {argocd: web-staging}}"))
    town.land("green", {SETTINGS: GREEN})
    town.promote("staging")
    assert waiting(town) == "health: waiting for whoever runs Lockkeeper"
    assert "LOCKKEEPER\\_ARGOCD\\_URL" in town.body(town.promotion("production").number)


def agent(town: Town, state: str) -> None:
    """Let the GitOps agent tell how the newest deployment to staging stands."""
    deployments = town.world.repository(REPOSITORY).deployments
    number = next(one.id for one in deployments[::-1] if one.environment == "staging")
    token = github.Auth.Token(town.world.account("ann").token)
    client = github.Github(auth=token, base_url=town.sandbox.api_url)
    url = f"/repos/{REPOSITORY}/deployments/{number}/statuses"
    client.requester.requestJsonAndCheck("POST", url, input={"state": state})
