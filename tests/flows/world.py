"""How does a flow test speak? People act in the sandbox, signed deliveries go in, GitHub's state comes out.

Everything between is real: the web door, the queue on Valkey, git mirrors, PyGithub over HTTP, render engines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from flask.testing import FlaskClient

from bot.adapters.queue import Lease, Queue, Runner, Work
from bot.adapters.queue.job import Bell, Serializer
from bot.adapters.render.renderer import Renderer
from bot.dashboard.output import output_pages
from bot.errors import LockkeeperError
from bot.intake.tasks import PendingCommand, pull_key
from bot.model.scanner import Scanner
from bot.sandbox.deliveries import Delivery
from bot.sandbox.records import App, CheckRun, Comment, Pull, Review
from bot.sandbox.server import Sandbox
from bot.sandbox.world import World
from bot.settings import Settings
from bot.web import create_app
from bot.wiring import Composition
from tests.flows.repository import Files, files
from tests.flows.schedule import IN_ORDER, Schedule

REPOSITORY = "acme/shop"
BOT = "lockkeeper[bot]"
MANIFESTS, POLICIES = "lockkeeper / manifests", "lockkeeper / policies"
TROUBLE = "lockkeeper / from development to staging"
PROMOTION, CONFIGURATION = "lockkeeper / promotion", "lockkeeper / configuration"
PUBLIC_URL = "https://bot.example"
MOST_ROUNDS, MOST_DELAYS = 40, 25
Method = Literal["merge", "squash", "rebase"]
Verdict = Literal["APPROVE", "REQUEST_CHANGES", "COMMENT"]


class Killed(BaseException):
    """The worker process died here."""


@dataclass(frozen=True)
class Given:
    """What all tests of a process share, because it is slow to start."""

    key: str = field(repr=False)
    queue: Queue
    renderer: Renderer


@dataclass
class Town:
    """One repository with its people and the bot.

    root owns acme; ann and ben write (team developers); quinn is team qa; lena and omar are team leads; rita may
    only read; sam is a stranger.
    """

    given: Given
    directory: Path
    schedule: Schedule = IN_ORDER
    observers: Sequence[Callable[..., None]] = ()
    sandbox: Sandbox = field(init=False)
    app: App = field(init=False)
    door: FlaskClient = field(init=False)
    bot: Composition = field(init=False)
    bugs: list[BaseException] = field(default_factory=list)
    before_write: Callable[[], None] | None = None
    before_finish: Callable[[], None] | None = None
    late: list[Delivery] = field(default_factory=list)
    repositories: tuple[str, ...] = (REPOSITORY,)
    rounds: int = 0
    scanners: tuple[Scanner, ...] = ()

    @property
    def world(self) -> World:
        return self.sandbox.world

    @property
    def queue(self) -> Queue:
        return self.given.queue

    # ---- life

    def open(
        self, configuration: str | None, more: Files | None = None, others: Mapping[str, Files] | None = None
    ) -> Town:
        """Seed the repository, and others by name, and bring the bot up; nothing has been delivered yet."""
        own = {**files(configuration), **(more or {})}
        return self.begin({REPOSITORY: own, **(others or {})}, branches=("staging", "production"))

    def begin(
        self,
        seeds: Mapping[str, Files],
        *,
        branches: Sequence[str] = (),
        teams: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> Town:
        """Seed repositories with these files and no others, the first with branches beside main; more teams may write.

        Then bring the bot up.
        """
        self.sandbox = Sandbox(self.directory / "github", observers=self.observers)
        self.sandbox.deliveries.mode = "hold"
        world = self.world
        for login in ("root", "ann", "ben", "quinn", "lena", "omar", "rita", "sam"):
            world.add_user(login)
        world.add_organization("acme", owner="root")
        writing = {"developers": ["ann", "ben"], "qa": ["quinn"], "leads": ["lena", "omar"], **teams}
        for team, members in writing.items():
            world.add_team("acme", team, members=members)
        self.repositories = tuple(seeds)
        for name, seed in seeds.items():
            world.add_repository(name, files=seed)
            for team in writing:
                world.grant(name, team, "write")
            world.grant(name, "rita", "read")
        first = self.repositories[0]
        for branch in branches:
            world.move_branch(first, branch, world.branch_sha(first, "main"), "root")
        self.app = world.create_app(
            "lockkeeper", "http://127.0.0.1:9/webhook", owner="acme", private_key_pem=self.given.key
        )
        self.sandbox.start()
        world.install_app(self.app, "acme")
        self._start_bot()
        return self

    def _start_bot(self) -> None:
        settings = Settings(
            webhook_secrets=(self.app.webhook_secret,),
            app_id=self.app.id,
            private_key=self.app.private_key_pem,
            api_url=self.sandbox.api_url,
            git_url=self.sandbox.url,
            data=self.directory / "bot",
            public_url=PUBLIC_URL,
            scanners=self.scanners,
        )
        self.bot = Composition(settings, self.queue, renderer=self.given.renderer)
        self.door = create_app(settings, self.queue, blueprints=[output_pages(self.bot.outputs.read)]).test_client()

    def enable(self, *scanners: Scanner) -> None:
        """Start the bot anew, with scanners that its operator enabled."""
        self.scanners = scanners
        self._start_bot()

    def close(self) -> None:
        """Stop the sandbox and empty the queue."""
        self.sandbox.stop()
        self.queue.connection.flushdb()

    # ---- the deeds of people

    def commit(
        self, branch: str, changes: Files, author: str = "ann", *, start: str = "main", message: str = ""
    ) -> str:
        """Commit to a branch, made from `start` when it is new."""
        return self.world.commit(
            REPOSITORY, branch, changes, message or f"Work on {branch}", author=author, start=start
        )

    def propose(self, branch: str, changes: Files, author: str = "ann", *, base: str = "main", title: str = "") -> int:
        """Commit to a new branch and open a pull request; return its number."""
        self.commit(branch, changes, author, start=base)
        pull = self.world.open_pull(REPOSITORY, author, head=branch, base=base, title=title or f"Change {branch}")
        return pull.number

    def say(self, number: int, login: str, body: str) -> int:
        """Comment; return the comment's id."""
        return self.world.comment(REPOSITORY, number, login, body).id

    def review(self, number: int, login: str, event: Verdict = "APPROVE") -> Review:
        return self.world.review(REPOSITORY, number, login, event, "" if event == "APPROVE" else "Please look again.")

    def merge(self, number: int, login: str = "root", method: Method = "squash") -> str:
        return self.world.merge(REPOSITORY, number, login, method)

    def land(self, branch: str, changes: Files, author: str = "ann", *, method: Method = "squash") -> int:
        """Bring a change into main by pull request, and let the bot see all of it; return the number."""
        number = self.propose(branch, changes, author)
        self.merge(number, method=method)
        self.settle()
        return number

    def promote(self, base: str = "staging", login: str = "quinn", method: Method = "merge") -> int:
        """Merge the open promotion pull request into a branch, and let the bot see it; return its number."""
        number = self.promotion(base).number
        self.merge(number, login, method)
        self.settle()
        return number

    # ---- what GitHub shows

    def head(self, branch: str) -> str:
        """Return the tip of a branch, '' when there is none."""
        return self.world.branch_sha(REPOSITORY, branch) or ""

    def pull(self, number: int) -> Pull:
        return self.world.pull_of(REPOSITORY, number)

    def body(self, number: int) -> str:
        return self.pull(number).issue.body or ""

    def file(self, branch: str, path: str) -> str | None:
        return self.world.read_file(REPOSITORY, branch, path)

    def check(self, sha: str, name: str) -> CheckRun | None:
        """Return the newest check run of ours of that name on a commit."""
        runs = [run for run in self.world.check_runs(REPOSITORY, sha) if run.suite.app is self.app]
        if name == PROMOTION:  # whichever target it is for
            return next((run for run in runs if run.name.startswith(f"{PROMOTION} to ")), None)
        return next((run for run in runs if run.name == name), None)

    def title_of(self, sha: str, name: str = PROMOTION) -> str:
        """Return the title of a check run, '' when there is none."""
        run = self.check(sha, name)
        return (run.title or "") if run else ""

    def conclusion(self, sha: str, name: str) -> str | None:
        run = self.check(sha, name)
        assert run is not None, f"there is no check run {name!r}"
        return run.conclusion

    def said(self, number: int, marker: str = "") -> list[Comment]:
        """Return the bot's comments whose text begins with a hidden marker, oldest first."""
        found = self.world.comments_of(REPOSITORY, number)
        return [one for one in found if one.user.login == BOT and one.body.startswith(f"<!-- lockkeeper:{marker}")]

    def reply(self, number: int, comment_id: int) -> str:
        """Return the bot's one reply to a comment, '' when there is none."""
        found = self.said(number, f"reply:{comment_id} ")
        assert len(found) <= 1
        return found[0].body if found else ""

    def reactions(self, number: int, comment_id: int) -> list[str]:
        """Return the bot's reactions to a comment."""
        comment = next(one for one in self.world.comments_of(REPOSITORY, number) if one.id == comment_id)
        return sorted(one.content for one in comment.reactions)

    def promotions(self, base: str = "") -> list[Pull]:
        """Return the open promotion pull requests, oldest first."""
        return [one for one in self.world.open_pulls(REPOSITORY, base) if one.head_ref.startswith("promote/")]

    def promotion(self, base: str = "staging") -> Pull:
        """Return the one open promotion pull request into a branch."""
        found = self.promotions(base)
        assert len(found) == 1, f"{len(found)} open promotion pull requests into {base}"
        return found[0]

    # ---- the bot at work

    def settle(self) -> None:
        """Deliver what is held and work until nothing is left to do; what deliveries were lost, a sweep finds."""
        if self._deliver_and_work(self.schedule):
            for one in self.late:
                self.deliver(one)
            self.late.clear()
            self.sweep()
            self._deliver_and_work(replace(self.schedule, lost=0.0))
        assert not self.bugs, self.bugs
        assert not self.queue.failed(), self.queue.failed()

    def _deliver_and_work(self, schedule: Schedule) -> int:
        """Go on until nothing is held and nothing queued; return how many deliveries were lost."""
        missing = 0
        for _ in range(MOST_ROUNDS):
            held = self.take_held()
            self.rounds += 1
            batch, lost = schedule.arrange(held, self.rounds)
            missing += len(lost)
            self.late += [one for one in lost if one.event == "issue_comment"]
            for one in batch:
                self.deliver(one)
            if not self.work() and not held:
                return missing
        raise AssertionError("deliveries and jobs feed each other for ever")

    def take_held(self) -> list[Delivery]:
        """Take what GitHub would send now."""
        held = self.sandbox.deliveries.held
        self.sandbox.deliveries.flush(keep=lambda _: False)
        return held

    def deliver(self, one: Delivery) -> None:
        """Bring one delivery to the web door, as it was signed."""
        answer = self.door.post("/webhook", data=one.body, headers=one.request_headers)
        assert answer.status_code == 202, (one.event, answer.status_code, answer.text)

    def sweep(self) -> None:
        """Mark the repositories and their open pull requests."""
        for name in self.repositories:
            self.queue.mark([name, *(pull_key(name, one.number) for one in self.world.open_pulls(name))])

    def work(self) -> int:
        """Run jobs until none is left, waiting times cut short; return how many ran."""
        runner = Runner(self.queue, Work(handler=self._handle, on_parked=self.bot.on_parked))
        ran = delays = 0
        while True:
            job_id = self.queue.connection.lpop(self.queue.jobs.key)
            if job_id is None:
                if not self._hurry():
                    return ran
                delays += 1
                assert delays <= MOST_DELAYS, "a job is tried again for ever"
                continue
            job = Bell.fetch(bytes(job_id).decode(), connection=self.queue.connection, serializer=Serializer)
            try:
                runner.run_key(job.args[0])
            except Killed:
                self._forget_lease()
            job.delete()
            ran += 1

    def _handle(self, key: str, commands: Sequence[PendingCommand], lease: Lease) -> None:
        """Do the work of a key; a test may let the process die before any write, or before a command is done."""
        held, done = lease.check, lease.finish_command

        def check() -> None:
            held()
            if self.before_write is not None:
                self.before_write()

        def finish(comment_id: int) -> None:
            if self.before_finish is not None:
                self.before_finish()
            done(comment_id)

        lease.check, lease.finish_command = check, finish  # type: ignore[method-assign]  # of this one lease
        try:
            self.bot.handle(key, commands, lease)
        except LockkeeperError:
            raise
        except Exception as error:
            self.bugs.append(error)
            raise

    def _hurry(self) -> bool:
        """Let waiting times pass at once; False when nothing waits."""
        due = f"{self.queue.name}:due"
        keys = self.queue.connection.zrange(due, 0, -1)
        if keys:
            self.queue.connection.zadd(due, dict.fromkeys(keys, 0))
        self.queue.tick()
        return bool(self.queue.connection.llen(self.queue.jobs.key))

    def _forget_lease(self) -> None:
        """Let the time pass after which the lease of a dead worker ends."""
        running = f"{self.queue.name}:running"
        keys = self.queue.connection.zrange(running, 0, -1)
        if keys:
            self.queue.connection.zadd(running, dict.fromkeys(keys, 0))
        self.queue.tick()

    def _heads(self) -> dict[str, str]:
        return {
            f"{name}:{ref}": sha
            for name in self.repositories
            for ref, sha in self.world.repository(name).git.refs("refs/").items()
            if ref.startswith(("refs/heads/", "refs/tags/"))
        }
