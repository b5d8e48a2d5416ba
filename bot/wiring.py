"""Where do the adapters come from? The one place that builds them and hands them to the flows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from bot.adapters.argocd import ArgoCD
from bot.adapters.checked import RedisCheckedHeads
from bot.adapters.engines import RedisEngines
from bot.adapters.fence import GIT_WRITES, GITHUB_WRITES, fenced
from bot.adapters.git import GitMirrors
from bot.adapters.git.command import require_git
from bot.adapters.github import GitHubApp
from bot.adapters.github.routed import routed
from bot.adapters.notes import RedisNotes
from bot.adapters.ourselves import RedisOurselves
from bot.adapters.outputs import RedisOutputs
from bot.adapters.policy_engines import policy_engines
from bot.adapters.queue import Lease, Queue, Work, connect, hold
from bot.adapters.redelivered import RedisRedelivered
from bot.adapters.rego import WalledRego
from bot.adapters.remote.sources import RemoteSources
from bot.adapters.render.building import build_renderer
from bot.adapters.render.renderer import Renderer
from bot.adapters.scanners.sandboxed import SandboxedScanners
from bot.adapters.seal import sealer
from bot.adapters.told import RedisTold
from bot.errors import RefusedError, UserError
from bot.flows.job import run_job, tell_given_up
from bot.flows.memory import Facts, RememberingGit
from bot.flows.tools import Tools
from bot.flows.workbench import Memory
from bot.intake.tasks import PendingCommand, parse_key
from bot.model.repository import Repository
from bot.policy.builtin import builtin_packs, default_directory
from bot.ports import Git, GitHub
from bot.settings import Settings

_TIDY_EVERY = 3600.0  # seconds
_KEPT_CHECKOUTS = 86_400.0
_KEPT_RENDERS = 7 * 86_400.0

_log = structlog.get_logger("bot.wiring")


@cache
def _packs(directory: Path) -> Mapping[str, Mapping[str, bytes]]:
    return builtin_packs(directory)


def builtin_pack(name: str) -> Mapping[str, bytes] | None:
    """Return the files of one of Lockkeeper's own packs, None when there is no pack of that name."""
    return _packs(default_directory()).get(name)


def build_app(settings: Settings) -> GitHubApp:
    """Return the App as GitHub knows it; UserError when its id or key is not configured."""
    if settings.app_id is None or not settings.private_key:
        raise UserError(
            "GITHUB_APP_ID and GITHUB_PRIVATE_KEY are not both set",
            how="take them from the GitHub App's settings page; docs/install.md leads through it",
        )
    local = settings.api_url.startswith("http://127.0.0.1")  # the sandbox has no limit on content creation
    return GitHubApp(
        settings.app_id,
        settings.private_key,
        api_url=settings.api_url,
        seconds_between_writes=0.0 if local else 1.0,
    )


class Composition:
    """The long-lived adapters of one worker process, and the tools of each of its jobs."""

    def __init__(self, settings: Settings, queue: Queue, renderer: Renderer | None = None) -> None:
        """Build the adapters; `renderer` is given where several compositions share their engines."""
        require_git()
        data = settings.data.resolve()
        self._settings, self._queue = settings, queue
        self._facts = Facts()
        self.app = build_app(settings)
        RedisOurselves(queue.connection).note(self.app.bot_login)
        self._seal = sealer(settings.sealing)
        self.git = GitMirrors(
            data,
            lambda repository: f"{settings.git_url}/{repository.full_name}.git",
            self.app.token,
            forget=self.app.forget,
            email=f"{self.app.bot_login}@users.noreply.github.com",
        )
        self._remote = RemoteSources(data / "remotes", settings.remote_sources)
        self.renderer = renderer or build_renderer(data, remotes=self._remote)
        self._rego = WalledRego()
        self._scanners = SandboxedScanners(settings.scanners, data, kept=data / "scans")
        self._agent = ArgoCD(settings.argocd_url, settings.argocd_token) if settings.argocd_url else None
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._memory = Memory()
        self._tidy_next = 0.0
        self._redelivered = RedisRedelivered(queue.connection)
        self.outputs = RedisOutputs(queue.connection, settings.webhook_secrets[0], settings.public_url)

    def probe(self) -> None:
        """Look which engines work here, also those for policies, and what shuts them in; let /readyz tell."""
        found = self.renderer.capabilities()
        _log.info("engines", kustomize=found.kustomize.engine, helm=found.helm.engine, trusted=found.trusted)
        words = found.words
        if scanners := self._scanners.words():
            _log.info("scanners", found=scanners)
            words = f"{words}; scanners: {scanners}"
        engines = policy_engines(self._rego)
        _log.info("policy_engines", **{name.lower(): said for name, said in engines})
        told = "; ".join((words, *(f"{name}: {said}" for name, said in engines)))
        RedisEngines(self._queue.connection).note(told)

    def tools(self, repository: Repository, check: Callable[[], None]) -> Tools:
        """Return the tools of one job; `check` is called before each write and raises when it may not."""
        github: GitHub = routed(repository, partial(self.app.for_repository, keeps=True))
        git: Git = self.git
        return Tools(
            github=fenced(github, check, GITHUB_WRITES),
            git=RememberingGit(fenced(git, check, GIT_WRITES), self._facts),
            renderer=self.renderer,
            outputs=self.outputs,
            checked=RedisCheckedHeads(self._queue.connection),
            told=RedisTold(self._queue.connection),
            notes=RedisNotes(self._queue.connection),
            builtin_pack=builtin_pack,
            mark=lambda key: self._queue.mark([key]),
            sealer=self._seal,
            memory=self._memory,
            host=urlsplit(self._settings.git_url).netloc,
            remotes=self._remote,
            trusted=self.renderer.capabilities().trusted,
            rego=self._rego,
            scanners=self._scanners,
            agent=self._agent,
            wake=self._wake,
            clock=self.clock,
        )

    def _wake(self, key: str, at: datetime | None) -> None:
        self._queue.wake(key, None if at is None else (at - self.clock()).total_seconds())

    def handle(self, key: str, commands: Sequence[PendingCommand], lease: Lease) -> None:
        """Do the work of one key: the handler that the queue's worker calls."""
        target = parse_key(key)

        def check() -> None:
            lease.check()

        run_job(
            self.tools(target.repository, check),
            target.repository,
            target.pull,
            commands,
            bind=lease.bind_command,
            finish=lease.finish_command,
            alone=self._alone,
        )

    @contextmanager
    def _alone(self, repository: Repository) -> Iterator[Tools]:
        """Hold the repository's own key, so that a command and a converging job never write at once."""
        with hold(self._queue, repository.full_name) as lease:
            yield self.tools(repository, lease.check)

    def tidy(self) -> int:
        """Remove what was written for renders long ago, at most once an hour; return how much."""
        now = time.monotonic()
        if now < self._tidy_next:
            return 0
        self._tidy_next = now + _TIDY_EVERY
        return (
            self.git.prune(_KEPT_CHECKOUTS) + self.renderer.prune(_KEPT_RENDERS) + self._scanners.prune(_KEPT_RENDERS)
        )

    def list_repositories(self) -> Sequence[tuple[str, int | None]]:
        """Return all repositories the App is installed on, for the sweep; what is old goes on the way."""
        self.tidy()
        return [(repository.full_name, None) for repository in self.app.installed_repositories()]

    def redeliver(self) -> int:
        """Ask GitHub for the webhook deliveries that never arrived; return for how many."""
        seen = self.app.redeliver_failed(self._redelivered.load(), datetime.now(UTC))
        self._redelivered.save(seen)
        return seen.asked

    def on_parked(self, key: str, commands: Sequence[PendingCommand], reason: str) -> None:
        """Tell the pull request, in one honest line, that a job was given up."""
        target = parse_key(key)
        tell_given_up(self.tools(target.repository, lambda: None), target.repository, target.pull, commands, reason)

    def close(self) -> None:
        """Stop the engines, and what reads remote bases."""
        self.renderer.close()
        self._rego.close()
        self._scanners.close()
        self._remote.close()


def reading(settings: Settings, home: Repository, data: Path) -> tuple[GitHub, Git, Callable[[str], str]]:
    """Return GitHub and the mirrors (below `data`) as the App sees them, and its seal; every write is refused."""
    app = build_app(settings)
    require_git()

    def refuse() -> None:
        raise RefusedError("nothing is written here", status=403)

    mirrors = GitMirrors(
        data,
        lambda repository: f"{settings.git_url}/{repository.full_name}.git",
        app.token,
        forget=app.forget,
        email=f"{app.bot_login}@users.noreply.github.com",
    )
    github: GitHub = routed(home, app.for_repository)
    git: Git = mirrors
    seal = sealer(settings.sealing)
    return fenced(github, refuse, GITHUB_WRITES), fenced(git, refuse, GIT_WRITES), seal


def build_handler(settings: Settings) -> Work:
    """Return what a worker needs to work; `settings.redis_url` is set."""
    composition = Composition(settings, Queue(connect(settings.redis_url, timeout=5.0)))
    composition.probe()
    return Work(
        handler=composition.handle,
        list_repositories=composition.list_repositories,
        redeliver=composition.redeliver,
        on_parked=composition.on_parked,
        close=composition.close,
    )
