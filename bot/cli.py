"""What can be done from a terminal? `lockkeeper --help` lists it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.desk.policy_commands import policy
from bot.errors import LockkeeperError, UserError

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


main.add_command(policy)


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


_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
_CACHE = click.option("--cache/--no-cache", default=True, help="Keep what was rendered for the next time (default).")
_ENVIRONMENTS = click.option(
    "--environment", "-e", "environments", multiple=True, metavar="NAME", help="Only this one."
)


@main.command()
@click.argument("path", required=False, type=_DIRECTORY)
@click.option("--base", default="", metavar="REV", help="Compare with where HEAD left this revision.")
@click.option("--staged", is_flag=True, help="Look at what is staged, as a commit would take it.")
@_ENVIRONMENTS
@click.option("--all", "everything", is_flag=True, help="Look at what did not change, too.")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json", "sarif", "markdown"]), default="text")
@click.option("--output", "-o", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@click.option("--quiet", "-q", is_flag=True, help="Say only what blocks.")
@_CACHE
def check(**given: Any) -> None:
    """Say what Lockkeeper would say of a change here.

    Looks at the files as they lie here, committed or not, against the base: where HEAD left the remote's default
    branch or that of an environment, whichever is nearest. PATH is a directory of the repository; one below its top
    narrows the look to the environments there. The rules are those of .github/lockkeeper.yaml as it lies here.

    Ends with status 0 when nothing blocks, 1 when something does, 2 for a mistake in options or configuration,
    3 when it could not be looked at.
    """
    from bot.desk.check import Wish, run

    sys.exit(run(Wish(**_wished(given))))


@main.command()
@click.argument("what", metavar="ENVIRONMENT|PATH")
@click.option("--revision", default="", metavar="REV", help="Render this revision; what lies here unless given.")
@click.option("--application", "-a", "applications", multiple=True, metavar="NAME", help="Only this one.")
@click.option("--mask", "masked", is_flag=True, help="Hide the values of Secrets, which are shown otherwise.")
@_CACHE
def render(**given: Any) -> None:
    """Write the manifests of an environment or directory.

    They go to standard output as YAML documents, and stand in for those of `kustomize build` or `helm template`; so
    values of Secrets are in them, unless --mask is given. Messages go to standard error. An environment comes with
    all applications that it declares, a directory without: write ./NAME for a directory that is called like one.

    Ends with status 1 when something does not render, 2 for a mistake in what was asked, 3 when a tool is missing.
    """
    from bot.desk.render import Wish, run

    sys.exit(run(Wish(**_wished(given))))


@main.command()
@click.argument("revisions", metavar="BASE..HEAD|BASE...HEAD|BASE")
@click.argument("path", required=False, type=_DIRECTORY)
@_ENVIRONMENTS
@click.option("--format", "-f", "form", type=click.Choice(["text", "json", "markdown"]), default="text")
@_CACHE
def diff(**given: Any) -> None:
    """Show in what the manifests of two revisions differ.

    BASE alone is compared with the files as they lie here; with three dots, HEAD is compared with where it left BASE.
    Values of Secrets are hidden, that they change is shown.

    Ends with status 0 without a difference, 1 with one, 2 for a mistake in what was asked, 3 when not everything
    could be compared.
    """
    from bot.desk.diff import Wish, run

    sys.exit(run(Wish(**_wished(given))))


def _wished(given: dict[str, Any]) -> dict[str, Any]:
    """Return options as a wish takes them."""
    return {"keep": given.pop("cache"), **given}


@main.command("app-manifest")
@click.option("--url", required=True, help="The bot's own address, for example https://lockkeeper.your.org.")
@click.option("--organization", default="", help="Who shall own the App; you yourself unless given.")
@click.option("--github-url", default="https://github.com", show_default=True)
def app_manifest(url: str, organization: str, github_url: str) -> None:
    """Write a page that registers the GitHub App.

    It goes to standard output; open it in a browser and press its button.
    """
    import secrets

    from bot.adapters.github.manifest import form, manifest_for

    text = (Path(__file__).resolve().parents[1] / "app.yaml").read_text()
    page = form(manifest_for(text, url), github_url=github_url, organization=organization, state=secrets.token_hex(8))
    click.echo(page, nl=False)


@main.command("app-convert")
@click.argument("code")
@click.option("--api-url", default="https://api.github.com", show_default=True)
@click.option("--out", default="lockkeeper.env", show_default=True, type=click.Path(dir_okay=False, path_type=Path))
def app_convert(code: str, api_url: str, out: Path) -> None:
    """Turn CODE into the App's credentials.

    CODE is what GitHub led back with; the credentials are kept in a file that only you can read.
    """
    from bot.adapters.github.manifest import convert, environment_file

    if out.exists():
        raise UserError("the file is there already, and it may hold the key of another App", where=str(out))
    found = convert(code, api_url=api_url)
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(environment_file(found, api_url))
    click.echo(f"{found.slug} (id {found.app_id}) is registered: {found.url}")
    click.echo(f"Its credentials are in {out}. Load it and start the bot:")
    click.echo(f"  set -a; . ./{out}; set +a; lockkeeper serve")


if __name__ == "__main__":
    main()
