"""Is this machine fit to run the bot, and is the bot set up?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.adapters.git.command import require_git
from bot.adapters.policy_engines import policy_engines
from bot.adapters.process import run
from bot.adapters.queue import Queue, connect
from bot.adapters.rego import WalledRego
from bot.adapters.render.pool import EnginePool
from bot.adapters.scanners.sandboxed import SandboxedScanners
from bot.errors import LockkeeperError
from bot.report.words import count
from bot.scanners import scanners
from bot.settings import Settings
from bot.wiring import build_app


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One question: what was found, whether that is good enough, and what to do if it is not."""

    name: str
    good: bool
    found: str
    how: str = ""


def examine(environment: Mapping[str, str]) -> list[Diagnosis]:
    """Ask every question; none of them raises."""
    found = [_ask("git", _git), _ask("engine", _engine), *_policy_engines(), *_scanners(environment)]
    found.append(_ask("settings", lambda: _settings(environment)))
    if found[-1].good:
        found += [_ask("redis", lambda: _redis(environment)), _ask("github", lambda: _github(environment))]
    return found


def _ask(name: str, question: Callable[[], Diagnosis]) -> Diagnosis:
    try:
        return question()
    except LockkeeperError as error:
        return Diagnosis(name, False, str(error))


def _git() -> Diagnosis:
    require_git()
    said = run(["git", "--version"], cwd=Path("/"), timeout=10).stdout.decode().strip()
    return Diagnosis("git", True, said)


def _engine() -> Diagnosis:
    with EnginePool(workers=2) as pool:
        able = pool.capabilities()
    how = "pull requests from forks are not rendered here: the kernel offers neither Landlock nor network namespaces"
    return Diagnosis("engine", able.trusted, able.words, how)


def _scanners(environment: Mapping[str, str]) -> list[Diagnosis]:
    """Let each enabled scanner look at something small; a setting that cannot be read is told with the others."""
    enabled, _ = scanners(environment)
    room = tempfile.TemporaryDirectory(prefix="lockkeeper-doctor-")
    with room as data, SandboxedScanners(enabled, Path(data)) as scanning:
        tried = {name: scanning.probe(name) for name in scanning.names}
    how = "mend it in LOCKKEEPER_SCANNERS; what it was to find is an error on every pull request until then"
    return [Diagnosis(f"scanner {name}", one.works, one.words, how) for name, one in tried.items()]


def _policy_engines() -> list[Diagnosis]:
    """Name what evaluates policies; without one of them, what needs it is "not evaluable here"."""
    with WalledRego() as rego:
        return [Diagnosis(name.lower(), True, words) for name, words in policy_engines(rego)]


def _settings(environment: Mapping[str, str]) -> Diagnosis:
    Settings.from_environment(environment)
    return Diagnosis("settings", True, "complete")


def _redis(environment: Mapping[str, str]) -> Diagnosis:
    settings = Settings.from_environment(environment)
    if not settings.redis_url:
        return Diagnosis("redis", True, "none configured: the embedded Valkey is used")
    Queue(connect(settings.redis_url)).ping()
    return Diagnosis("redis", True, "answers")


def _github(environment: Mapping[str, str]) -> Diagnosis:
    settings = Settings.from_environment(environment)
    app = build_app(settings)
    repositories = app.installed_repositories()
    found = (
        f"{app.bot_login} at {settings.api_url}, installed on {count(len(repositories), 'repository', 'repositories')}"
    )
    return Diagnosis("github", bool(repositories), found, "install the App on a repository")
