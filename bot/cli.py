"""What can be done from a terminal? `lockkeeper --help` lists it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.desk.app_commands import app_convert, app_manifest
from bot.desk.config_commands import config
from bot.desk.manifest_commands import check, diff, render
from bot.desk.plan_commands import plan, status
from bot.desk.policy_commands import policy
from bot.errors import LockkeeperError

if TYPE_CHECKING:
    from bot.settings import Settings


class _Group(click.Group):
    """Tells errors that a person can mend in plain lines, without a traceback, and ends with status 2."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except LockkeeperError as error:
            for line in str(error).splitlines():
                click.secho(f"lockkeeper: {line}", err=True, fg="red")
            sys.exit(2)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lockkeeper")
def main() -> None:
    """Lockkeeper walks Kubernetes changes from environment to environment by pull request.

    New here? `lockkeeper demo` plays the whole story on this machine.
    """


for command in (check, render, diff, plan, status, policy, config, app_manifest, app_convert):
    main.add_command(command)


def _settings() -> Settings:
    from bot.settings import Settings

    return Settings.from_environment(os.environ)


@main.command()
def serve() -> None:
    """Run the web door and the workers together."""
    from bot import serve as parts

    settings = _settings()
    _check_app(settings)
    parts.serve(settings, ready=lambda _: click.echo(f"listening on {settings.host}:{settings.port}", err=True))


@main.command()
def web() -> None:
    """Run the web door alone (gunicorn)."""
    from bot import serve as parts

    parts.run_web(_settings())


@main.command()
def worker() -> None:
    """Run one worker alone."""
    from bot.worker import run_worker

    settings = _settings()
    _check_app(settings)
    run_worker(settings)


def _check_app(settings: Settings) -> None:
    """Say at once, and not in the log of a child, that the App is not configured."""
    from bot.wiring import build_app

    build_app(settings)


@main.command()
@click.option("--stay", is_flag=True, help="Keep everything running afterwards, to look around in a browser.")
@click.option("--port", default=0, show_default="any free one", help="Port of the sandbox's pages.")
def demo(stay: bool, port: int) -> None:
    """Play the whole story on this machine.

    A change walks from development to production on a stand-in for GitHub.
    It needs no account, no network, no cluster and no Redis. Ends with status 0 only if every expectation held.
    """
    from bot.demo.narrator import Narrator, StoryError
    from bot.demo.stage import REPOSITORY, Stage
    from bot.demo.story import Story

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end like Ctrl+C: stop the bot, tidy up
    directory = Path(tempfile.mkdtemp(prefix="lockkeeper-demo-"))
    tell = Narrator()
    click.echo("A GitHub stand-in and the bot start on 127.0.0.1 …")
    failed = True
    try:
        with Stage(directory, port=port) as stage:
            tell.link("repository", f"{stage.sandbox.url}/{REPOSITORY}")
            Story(stage, tell).play()
            failed = False
            click.echo()
            click.secho(f"All {tell.held} expectations held.", fg="green", bold=True)
            if stay:
                click.echo(f"Look around: {stage.sandbox.url}/{REPOSITORY}  (Ctrl+C ends it)")
                _wait_for_interrupt()
            else:
                click.echo("To look around in a browser: make demo STAY=1, or lockkeeper demo --stay")
    except KeyboardInterrupt:
        failed = failed and not stay
    except StoryError as error:
        click.secho(f"\nThe story did not come out: {error}", err=True, fg="red")
        click.echo(f"The bot's log: {directory / 'bot.log'}", err=True)
    finally:
        if not failed:
            shutil.rmtree(directory, ignore_errors=True)
    sys.exit(1 if failed else 0)


def _wait_for_interrupt() -> None:
    import threading

    threading.Event().wait()


@main.command()
@click.option("--directory", type=click.Path(file_okay=False, path_type=Path), help="Where its repositories are kept.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8030, show_default=True)
@click.option("--seed/--empty", default=True, show_default=True, help="Start with an organisation and a repository.")
def sandbox(directory: Path | None, host: str, port: int, seed: bool) -> None:
    """Run the GitHub stand-in alone."""
    from bot.sandbox.command import run_sandbox

    if directory is None:
        with tempfile.TemporaryDirectory(prefix="lockkeeper-sandbox-") as made:
            run_sandbox(Path(made), host, port, seed=seed)
    else:
        run_sandbox(directory, host, port, seed=seed)


@main.command()
def doctor() -> None:
    """Look whether machine and settings are right.

    Ends with status 1 when something is amiss.
    """
    from bot.doctor import examine

    found = examine(os.environ)
    for one in found:
        click.secho(f"{'✔' if one.good else '✘'} {one.name}: ", fg="green" if one.good else "red", nl=False)
        click.echo(one.found + (f"\n  → {one.how}" if one.how and not one.good else ""))
    sys.exit(0 if all(one.good for one in found) else 1)


if __name__ == "__main__":
    main()
