"""Who says that the source is healthy, and what does the gate make of it?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.model.gates import GateRules, Health
from bot.model.health import ApplicationHealth
from bot.model.promotion import Gate
from bot.model.repository import CheckState, Conclusion, Deployment
from bot.promotion import gates
from bot.promotion.gates import Running
from bot.promotion.gates.health import healthy_since, next_look
from tests.promotion.facts import APP, SOURCE, facts, hop
from tests.promotion.gates.test_window import utc

NOW = utc("2026-11-30T12:00")
THEN = utc("2026-11-30T11:00")


def deployed(state: str, since: datetime | None = THEN) -> Deployment:
    return Deployment(1, "staging", SOURCE, state, since=since)


def status(
    name: str, conclusion: Conclusion | None = "success", at: datetime | None = THEN, app: int | None = None
) -> CheckState:
    return CheckState(name, "completed" if conclusion else "in_progress", conclusion, app, at=at)


def application(name: str = "web", **given: Any) -> ApplicationHealth:
    usual: dict[str, Any] = {
        "sync": "Synced",
        "health": "Healthy",
        "phase": "Succeeded",
        "revisions": (SOURCE,),
        "holds_source": True,
        "since": THEN,
    }
    return ApplicationHealth(name, **{**usual, **given})


def judged(asked: Health, running: Running | None = None, **more: object) -> Gate:
    return gates.health(facts(hop=hop(gates=GateRules(health=asked)), running=running or Running(), now=NOW, **more))


DEPLOYMENT = [
    ("none", None, "wait", "GitHub knows of no deployment of 5555555 to staging"),
    ("announced, nothing said yet", deployed("", None), "wait", "the deployment of 5555555 to staging is announced"),
    ("queued, as ours begins", deployed("queued"), "wait", "the deployment of 5555555 to staging is queued"),
    ("pending", deployed("pending"), "wait", "the deployment of 5555555 to staging is pending"),
    ("in progress", deployed("in_progress"), "wait", "the deployment of 5555555 to staging is in progress"),
    ("success", deployed("success"), "pass", "5555555 is deployed to staging"),
    ("failure", deployed("failure"), "fail", "the deployment of 5555555 to staging failed"),
    ("error", deployed("error"), "fail", "the deployment of 5555555 to staging failed"),
    (
        "inactive",
        deployed("inactive"),
        "wait",
        "the deployment of 5555555 to staging is inactive: another took its place",
    ),
]


@pytest.mark.parametrize(
    ("deployment", "state", "reason"), [row[1:] for row in DEPLOYMENT], ids=[row[0] for row in DEPLOYMENT]
)
def test_deployments(deployment: Deployment | None, state: str, reason: str) -> None:
    gate = judged(Health(deployment=True), Running(deployment))
    assert (gate.name, gate.state, gate.reason) == ("health", state, reason)
    assert gate.again is None, "GitHub tells us when it changes"


WEB, DATABASE = "kustomization/web/3fa85f64", "kustomization/database/3fa85f64"
STATUSES = [
    ("none yet", ("kustomization/*",), (), (), "wait", "no status `kustomization/*` on 5555555 yet"),
    ("one, as Flux writes it", ("kustomization/*",), (status(WEB),), (), "pass", f"successful on 5555555: `{WEB}`"),
    (
        "behind an Alert's summary",
        ("*/kustomization/web/*",),
        (status(f"staging/{WEB}"),),
        (),
        "pass",
        f"successful on 5555555: `staging/{WEB}`",
    ),
    (
        "a HelmRelease is another kind",
        ("kustomization/*", "helmrelease/*"),
        (status(WEB),),
        (),
        "wait",
        "no status `helmrelease/*` on 5555555 yet",
    ),
    (
        "one of two failed",
        ("kustomization/*",),
        (status(WEB), status(DATABASE, "failure")),
        (),
        "fail",
        f"not successful on 5555555: `{DATABASE}` (failure)",
    ),
    (
        "one of two is going on",
        ("kustomization/*",),
        (status(WEB), status(DATABASE, None)),
        (),
        "wait",
        f"still going on for 5555555: `{DATABASE}`",
    ),
    (
        "as Argo CD's notifications write it",
        ("continuous-delivery/web-staging",),
        (status("continuous-delivery/web-staging"),),
        (),
        "pass",
        "successful on 5555555: `continuous-delivery/web-staging`",
    ),
    (
        "a check run, by another App",
        ("argocd/*",),
        (status("argocd/web", app=7),),
        (),
        "pass",
        "successful on 5555555: `argocd/web`",
    ),
    (
        "our own checks say nothing of the source",
        ("*",),
        (status("lockkeeper / manifests", app=APP),),
        (),
        "wait",
        "no status `*` on 5555555 yet",
    ),
    (
        "a later commit with the same content has the newest word",
        ("kustomization/*",),
        (status(WEB, "failure"),),
        (status(WEB),),
        "pass",
        f"successful on 5555555: `{WEB}`",
    ),
    (
        "for worse as for better",
        ("kustomization/*",),
        (status(WEB),),
        (status(WEB, "failure"),),
        "fail",
        f"not successful on 5555555: `{WEB}` (failure)",
    ),
]


@pytest.mark.parametrize(
    ("patterns", "found", "later", "state", "reason"), [row[1:] for row in STATUSES], ids=[row[0] for row in STATUSES]
)
def test_statuses(
    patterns: tuple[str, ...],
    found: tuple[CheckState, ...],
    later: tuple[CheckState, ...],
    state: str,
    reason: str,
) -> None:
    gate = judged(Health(statuses=patterns), Running(checks=later), source_checks=found)
    assert (gate.state, gate.reason) == (state, reason)


ARGOCD = [
    ("all is well", {}, "pass", "Argo CD has `web` Synced and Healthy at 5555555"),
    (
        "no answer",
        {"problem": "its server did not answer"},
        "wait",
        "Argo CD tells nothing of `web`: its server did not answer",
    ),
    ("not synced yet", {"sync": "OutOfSync"}, "wait", "Argo CD says that `web` is OutOfSync"),
    (
        "Synced and Healthy, but with what was before",
        {"revisions": ("a" * 40,), "holds_source": False},
        "wait",
        "Argo CD has `web` at aaaaaaaaaaaa, not at 5555555",
    ),
    (
        "never compared",
        {"revisions": (), "holds_source": False},
        "wait",
        "Argo CD has `web` at nothing, not at 5555555",
    ),
    ("syncing", {"phase": "Running"}, "wait", "Argo CD is syncing `web`"),
    (
        "the sync failed",
        {"phase": "Failed", "sync": "OutOfSync", "message": "one or more objects failed to apply"},
        "fail",
        "Argo CD could not sync `web`: `one or more objects failed to apply`",
    ),
    ("the sync could not be tried", {"phase": "Error", "message": "no"}, "fail", "Argo CD could not sync `web`: `no`"),
    (
        "progressing",
        {"health": "Progressing", "resources": ("Deployment web: 1 of 3 updated",)},
        "wait",
        "Argo CD says that `web` is Progressing (`Deployment web: 1 of 3 updated`)",
    ),
    (
        "degraded",
        {"health": "Degraded", "resources": ("Rollout web: aborted",)},
        "fail",
        "Argo CD says that `web` is Degraded (`Rollout web: aborted`)",
    ),
    (
        "a Rollout is paused",
        {"health": "Suspended", "paused": True, "resources": ("Rollout web: CanaryPauseStep",)},
        "wait",
        "a rollout of `web` is paused (`Rollout web: CanaryPauseStep`)",
    ),
    (
        "a Rollout is paused, though the application does not count it",
        {"paused": True, "resources": ("Rollout web: CanaryPauseStep",)},
        "wait",
        "a rollout of `web` is paused (`Rollout web: CanaryPauseStep`)",
    ),
    ("missing", {"health": "Missing"}, "wait", "Argo CD says that `web` is Missing"),
    ("unknown", {"health": "Unknown", "sync": "Unknown"}, "wait", "Argo CD says that `web` is Unknown"),
    ("no word", {"health": ""}, "wait", "Argo CD says that `web` is not looked at yet"),
    (
        "its words are inert",
        {"phase": "Error", "message": "`<b>`\n@all"},
        "fail",
        "Argo CD could not sync `web`: `'<b>'?@all`",
    ),
]


@pytest.mark.parametrize(("given", "state", "reason"), [row[1:] for row in ARGOCD], ids=[str(row[0]) for row in ARGOCD])
def test_argo_cd(given: dict[str, Any], state: str, reason: str) -> None:
    gate = judged(Health(argocd=("web",)), Running(applications=(application(**given),)))
    assert (gate.state, gate.reason) == (state, reason)
    assert gate.again == (None if state == "pass" else NOW + timedelta(minutes=1)), "its API tells nobody of changes"


@pytest.mark.parametrize(
    ("minutes", "looks"),
    [
        (0, 1),
        (0.5, 1),
        (1, 3),
        (2, 3),
        (3, 7),
        (7, 15),
        (15, 31),
        (31, 51),
        (50, 51),
        (51, 71),
        (1440, 1451),
        (-60, -40),
    ],
)
def test_who_says_the_same_is_asked_ever_more_seldom(minutes: float, looks: int) -> None:
    """A server that was away for a day was asked every minute; a look between changes no time that was told."""
    assert next_look(NOW, NOW + timedelta(minutes=minutes)) == NOW + timedelta(minutes=looks)


def test_the_earliest_look_counts_and_those_who_are_well_need_none() -> None:
    asked = Health(argocd=("web", "api", "worker"))
    away = application("api", problem="its server cannot be reached", unchanged=NOW - timedelta(minutes=10))
    going = application("web", health="Progressing", unchanged=NOW - timedelta(minutes=2))
    well = application("worker", unchanged=NOW)
    assert judged(asked, Running(applications=(away, going, well))).again == NOW + timedelta(minutes=1)
    assert judged(asked, Running(applications=(away, application(), well))).again == NOW + timedelta(minutes=5)
    both = Health(deployment=True, argocd=("web",))
    assert judged(both, Running(applications=(application(),))).again is None, "GitHub tells when a deployment changes"


def test_what_has_to_change_for_something_to_have_happened() -> None:
    away = application(problem="its server did not answer in time")
    assert away.told == application(problem="its server cannot be reached").told != application().told
    assert application(resources=("Pod web-1: OOMKilled",)).told == application().told
    assert application(revisions=("0" * 40,)).told != application().told


def test_an_application_that_was_not_read_opens_nothing() -> None:
    gate = judged(Health(argocd=("web", "api")), Running(applications=(application("web"),)))
    assert gate.state == "wait" and "`api`: it was not asked for" in gate.reason


def test_nobody_is_asked() -> None:
    assert judged(Health()).state == "pass"


def test_all_who_are_asked_have_to_say_so() -> None:
    asked = Health(deployment=True, statuses=("kustomization/*",), argocd=("web",))
    well = Running(deployed("success"), applications=(application(),))
    gate = judged(asked, well, source_checks=(status(WEB),))
    assert gate.state == "pass"
    assert gate.reason == (
        f"5555555 is deployed to staging; successful on 5555555: `{WEB}`; "
        "Argo CD has `web` Synced and Healthy at 5555555"
    )
    gate = judged(asked, well)
    assert (gate.state, gate.owner) == ("wait", "the GitOps agent of staging")
    gate = judged(asked, Running(deployed("failure"), applications=(application(),)))
    assert (gate.state, gate.reason) == ("fail", "the deployment of 5555555 to staging failed")
    assert (gate.owner, gate.next) == ("staging team", "mend staging; the promotion follows")


LATER, NEVER = THEN + timedelta(minutes=20), None
SINCE = [
    ("the deployment's success", Health(deployment=True), deployed("success"), (), (), NEVER, THEN),
    ("a deployment nobody asks for tells the time as well", Health(), deployed("success"), (), (), LATER, THEN),
    ("one that is queued does not", Health(), deployed("queued"), (), (), LATER, LATER),
    ("no deployment: when it arrived", Health(), None, (), (), LATER, LATER),
    ("nothing is known", Health(), None, (), (), NEVER, NEVER),
    (
        "the last of the statuses",
        Health(statuses=("k/*",)),
        None,
        (status("k/a"), status("k/b", at=LATER)),
        (),
        NEVER,
        LATER,
    ),
    ("Argo CD", Health(argocd=("web",)), None, (), (application(),), NEVER, THEN),
    (
        "Argo CD of a version that tells no time",
        Health(argocd=("web",)),
        None,
        (),
        (application(since=None),),
        LATER,
        LATER,
    ),
    (
        "it tells no time, and none is known",
        Health(argocd=("web",)),
        None,
        (),
        (application(since=None),),
        NEVER,
        NEVER,
    ),
    (
        "the last of all",
        Health(deployment=True, argocd=("web",)),
        deployed("success"),
        (),
        (application(since=LATER),),
        NEVER,
        LATER,
    ),
]


@pytest.mark.parametrize(
    ("asked", "deployment", "found", "applications", "arrived", "expected"),
    [row[1:] for row in SINCE],
    ids=[str(row[0]) for row in SINCE],
)
def test_since_when(
    *,
    asked: Health,
    deployment: Deployment | None,
    found: tuple[CheckState, ...],
    applications: tuple[ApplicationHealth, ...],
    arrived: datetime | None,
    expected: datetime | None,
) -> None:
    running = Running(deployment, (), applications, arrived)
    given = facts(hop=hop(gates=GateRules(health=asked)), running=running, source_checks=found)
    assert healthy_since(given) == expected
