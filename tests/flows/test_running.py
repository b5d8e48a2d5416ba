"""What is read of the source environment for which gate, at which price, and does it speak of the right commit?"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.argocd import ArgoCD
from bot.flows.running import Held, read_running
from bot.flows.tools import Tools
from bot.model.environment import Environment, ValueFile
from bot.model.gates import GateRules, Health
from bot.model.promotion import Hop
from bot.model.repository import Repository
from bot.promotion.gates import Running
from bot.promotion.places import source_of
from bot.sandbox.records import Deployment, DeploymentStatus
from tests.argocd.server import ArgoServer, application, argo_server, node
from tests.flows.repository import SETTINGS, settings
from tests.flows.world import BOT, REPOSITORY, Town

HOME = Repository.parse(REPOSITORY)
HOUR = timedelta(hours=1)
GREEN, RED = settings(colour="green"), settings(colour="red")
STAGING, PRODUCTION = "overlays/staging", "overlays/production"


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    return make_town()


@pytest.fixture
def argo() -> Iterator[ArgoServer]:
    with argo_server(secrets.token_urlsafe(24)) as server:
        yield server


class Desk:
    """Reads what runs in staging, as the gates of production ask."""

    def __init__(self, town: Town, strategy: str = "branch", agent: ArgoCD | None = None) -> None:
        self.town, self.agent = town, agent
        branch = "staging" if strategy == "branch" else "main"
        self.source = Environment("staging", branch, STAGING, values=(ValueFile("web", f"{STAGING}/values.yaml"),))
        self.target = Environment("production", branch, PRODUCTION, strategy=strategy)  # type: ignore[arg-type]  # a word of a table
        self.branch = branch

    @property
    def tools(self) -> Tools:
        tools = replace(self.town.bot.tools(HOME, lambda: None), agent=self.agent)
        tools.git.fetch(HOME)
        return tools

    def read(self, commit: str = "", **rules: object) -> Running:
        """Read for these rules; what is promoted is the head of the source's branch unless another is named."""
        gates = GateRules(**rules)  # type: ignore[arg-type]  # words of a test
        hop = Hop(self.source, replace(self.target, gates=gates))
        head, tools = self.town.head(self.branch), self.tools
        self.town.sandbox.exchanges.clear()
        return read_running(tools, Held(hop, source_of(hop, HOME), commit or head, head))

    def calls(self) -> list[str]:
        """Return what was asked of GitHub since the last reading began."""
        paths = [
            one.path.partition(f"{REPOSITORY}/")[2] for one in self.town.sandbox.exchanges if "/repos/" in one.path
        ]
        return [path.partition("/")[0] if path.startswith("commits/") else path for path in paths]


def deploy(town: Town, sha: str, *states: str, by: str = "ann", environment: str = "staging") -> Deployment:
    """Let somebody make a deployment, and say these states of it one after the other, a minute apart."""
    with town.world.lock:
        who, now, repository = town.world.account(by), town.world.now(), town.world.repository(REPOSITORY)
        made = Deployment(town.world.next_id(), sha, sha, "deploy", {}, environment, None, who, now, now)
        repository.deployments.append(made)
    for state in states:
        say(town, made, state)
    return made


def say(town: Town, deployment: Deployment, state: str, by: str = "ann") -> datetime:
    """Let somebody say how a deployment stands; return the time at which they did."""
    with town.world.lock:
        at = datetime(2026, 11, 25, 10, tzinfo=UTC) + timedelta(minutes=len(deployment.statuses))
        status = DeploymentStatus(
            town.world.next_id(), state, town.world.account(by), "", deployment.environment, "", "", at
        )
        deployment.statuses.append(status)
        return at


def test_a_gate_that_nobody_asked_for_costs_nothing(town: Town) -> None:
    desk = Desk(town)
    deploy(town, town.head("staging"), "success")
    assert desk.read(checks=("ci",)) == Running()
    assert desk.calls() == []


class TestDeployments:
    def test_the_newest_that_holds_the_commit(self, town: Town) -> None:
        desk, before = Desk(town), town.head("staging")
        town.commit("staging", {SETTINGS: GREEN})
        head = town.head("staging")
        deploy(town, head, "queued"), deploy(town, head, "success"), deploy(town, before, "failure")
        deploy(town, head, "failure", environment="production")
        found = desk.read(health=Health(deployment=True)).deployment
        assert found is not None and (found.sha, found.state) == (head, "success")
        assert desk.calls() == ["deployments", f"deployments/{found.id}/statuses"]

    def test_none_holds_it(self, town: Town) -> None:
        deploy(town, town.head("staging"), "success")
        town.commit("staging", {SETTINGS: GREEN})
        desk = Desk(town)
        assert desk.read(health=Health(deployment=True)).deployment is None
        assert desk.calls() == ["deployments"]

    def test_a_later_commit_with_other_content_is_none_of_it(self, town: Town) -> None:
        first = town.head("staging")
        town.commit("staging", {SETTINGS: GREEN})
        deploy(town, town.head("staging"), "success")
        assert Desk(town).read(first, health=Health(deployment=True)).deployment is None

    def test_ours_waits_for_an_agent_that_made_one_of_its_own(self, town: Town) -> None:
        """Ours was made after the agent's, because the agent was faster: it would have waited for ever."""
        head = town.head("staging")
        theirs = deploy(town, head, "success")
        ours = deploy(town, head, "queued", by=BOT)
        desk = Desk(town)
        found = desk.read(health=Health(deployment=True)).deployment
        assert found is not None and (found.id, found.state) == (theirs.id, "success")
        assert len(desk.calls()) == 3
        say(town, ours, "failure")
        found = desk.read(health=Health(deployment=True)).deployment
        assert found is not None and (found.id, found.state) == (ours.id, "failure")

    def test_ours_alone_is_read_as_it_is(self, town: Town) -> None:
        deploy(town, town.head("staging"), "queued", by=BOT)
        found = Desk(town).read(health=Health(deployment=True)).deployment
        assert found is not None and found.state == "queued"

    def test_a_commit_github_knows_and_we_do_not(self, town: Town) -> None:
        deploy(town, "f" * 40, "success")
        assert Desk(town).read(health=Health(deployment=True)).deployment is None


class TestDirectories:
    """An agent reports on the head of the branch, which is seldom the commit that changed the directory."""

    def test_a_later_commit_that_left_the_directory_alone_counts(self, town: Town) -> None:
        town.commit("main", {f"{STAGING}/more.yaml": "a: 1\n"})
        changed = town.head("main")
        town.commit("main", {"docs/read.me": "x"}), deploy(town, town.head("main"), "success")
        desk = Desk(town, "directory")
        found = desk.read(changed, health=Health(deployment=True)).deployment
        assert found is not None and found.sha == town.head("main")
        town.commit("main", {f"{STAGING}/more.yaml": "a: 2\n"})
        changed = town.head("main")
        assert desk.read(changed, health=Health(deployment=True)).deployment is None

    def test_a_change_and_its_revert_are_not_the_same_rollout_as_before(self, town: Town) -> None:
        town.commit("main", {f"{STAGING}/more.yaml": "a: 1\n"})
        first = town.head("main")
        deploy(town, first, "success")
        town.commit("main", {f"{STAGING}/more.yaml": "a: 2\n"}), town.commit("main", {f"{STAGING}/more.yaml": "a: 1\n"})
        assert Desk(town, "directory").read(town.head("main"), health=Health(deployment=True)).deployment is None

    def test_checks_of_the_head_where_it_holds_the_same(self, town: Town) -> None:
        town.commit("main", {f"{STAGING}/more.yaml": "a: 1\n"})
        changed = town.head("main")
        desk, asked = Desk(town, "directory"), Health(statuses=("kustomization/*",))
        assert desk.read(changed, health=asked).checks == () and desk.calls() == []
        town.commit("main", {"docs/read.me": "x"})
        head = town.head("main")
        town.world.set_status(REPOSITORY, head, "ann", "success", "kustomization/web/1a2b3c4d")
        found = desk.read(changed, health=asked)
        assert [one.name for one in found.checks] == ["kustomization/web/1a2b3c4d"]
        assert desk.read(changed, test=("e2e",)).checks == found.checks
        assert desk.read(changed, soak=HOUR).checks == ()

    def test_files_whose_keys_move(self, town: Town) -> None:
        town.commit("main", {f"{STAGING}/values.yaml": "image: {tag: 1}\n"})
        changed = town.head("main")
        town.commit("main", {f"{STAGING}/other.yaml": "a: 1\n"}), deploy(town, town.head("main"), "success")
        found = Desk(town, "values").read(changed, health=Health(deployment=True)).deployment
        assert found is not None, "another file of the directory moves nothing"
        assert Desk(town, "directory").read(changed, health=Health(deployment=True)).deployment is None


class TestArrival:
    def test_by_githubs_clock_and_not_by_the_dates_in_commits(self, town: Town) -> None:
        desk = Desk(town)
        times = iter(datetime(2026, 11, 25, hour, tzinfo=UTC) for hour in range(9, 20))
        now = next(times)
        town.world.now = lambda: now
        town.commit("staging", {SETTINGS: GREEN})
        first, arrived = town.head("staging"), now
        now = next(times)
        town.commit("staging", {SETTINGS: RED})
        assert desk.read(soak=HOUR).arrived == now
        assert desk.read(first, soak=HOUR).arrived == arrived, "it has been there since, under another"
        assert desk.calls() == ["deployments", "activity"]

    def test_what_went_and_came_back_has_come_anew(self, town: Town) -> None:
        base = town.head("staging")
        now = datetime(2026, 11, 25, 9, tzinfo=UTC)
        town.world.now = lambda: now
        town.commit("staging", {SETTINGS: GREEN})
        head = town.head("staging")
        now += HOUR
        town.world.move_branch(REPOSITORY, "staging", base, "root", force=True)
        now += HOUR
        town.world.move_branch(REPOSITORY, "staging", head, "root")
        assert Desk(town).read(soak=HOUR).arrived == now

    def test_a_deployment_that_tells_the_time_saves_the_question(self, town: Town) -> None:
        deploy(town, town.head("staging"), "success")
        desk = Desk(town)
        found = desk.read(soak=HOUR)
        assert found.arrived is None and found.deployment is not None
        assert found.deployment.since == datetime(2026, 11, 25, 10, tzinfo=UTC)
        assert len(desk.calls()) == 2

    def test_what_came_to_a_branch_may_have_got_its_tag_long_after(self, town: Town) -> None:
        desk = Desk(town, "tag")
        assert desk.read(soak=HOUR).arrived is None and desk.calls() == ["deployments"]

    def test_where_github_does_not_tell(self, town: Town) -> None:
        """GitHub Enterprise Server of old knows no activities: our own check run's beginning serves then."""
        town.world.repository(REPOSITORY).activities.clear()
        assert Desk(town).read(soak=HOUR).arrived is None


class TestArgoCD:
    def read(self, town: Town, argo: ArgoServer, strategy: str = "branch", **rules: object) -> Running:
        asked = Health(argocd=("web-staging",))
        return Desk(town, strategy, ArgoCD(argo.url, argo.token)).read(health=asked, **rules)

    def test_it_runs_what_is_promoted(self, town: Town, argo: ArgoServer) -> None:
        argo.set(application(revision=town.head("staging")))
        (found,) = self.read(town, argo).applications
        assert (found.holds_source, found.problem, found.sync, found.health) == (True, "", "Synced", "Healthy")

    @pytest.mark.parametrize(
        ("revision", "holds"),
        [("0" * 40, False), (["1.4.2", "0" * 40], False), ("1.4.2", True), (["1.4.2", "HEAD"], True), ("", False)],
    )
    def test_what_it_runs_instead(self, town: Town, argo: ArgoServer, revision: str | list[str], holds: bool) -> None:
        argo.set(application(revision=revision))
        assert self.read(town, argo).applications[0].holds_source is holds

    def test_one_of_several_sources_is_this_one(self, town: Town, argo: ArgoServer) -> None:
        argo.set(application(revision=["1.4.2", "0" * 40, town.head("staging")]))
        assert self.read(town, argo).applications[0].holds_source

    def test_a_later_commit_with_the_same_content(self, town: Town, argo: ArgoServer) -> None:
        town.commit("main", {"docs/read.me": "x"})
        argo.set(application(revision=town.head("main")))
        assert self.read(town, argo, "directory").applications[0].holds_source

    def test_a_paused_rollout(self, town: Town, argo: ArgoServer) -> None:
        rollout = node("Rollout", "web", "Suspended", "CanaryPauseStep", "argoproj.io")
        argo.set(application(revision=town.head("staging"), health="Suspended"), [rollout])
        assert self.read(town, argo).applications[0].paused

    def test_what_it_does_not_tell_opens_nothing_and_stops_no_job(self, town: Town, argo: ArgoServer) -> None:
        (found,) = self.read(town, argo).applications
        assert found.problem == "there is no such application, or the token may not see it"
        argo.token = "another"
        (found,) = Desk(town, agent=ArgoCD(argo.url, "wrong")).read(health=Health(argocd=("web",))).applications
        assert found.problem == "its server does not take the token"

    def test_it_is_away(self, town: Town, argo: ArgoServer) -> None:
        agent = ArgoCD("http://127.0.0.1:9", "token")
        (found,) = Desk(town, agent=agent).read(health=Health(argocd=("web",))).applications
        assert found.problem == "its server cannot be reached"

    def test_nobody_set_it_up(self, town: Town) -> None:
        (found,) = Desk(town).read(health=Health(argocd=("web",))).applications
        assert found.problem == "whoever runs Lockkeeper has not set LOCKKEEPER_ARGOCD_URL"
