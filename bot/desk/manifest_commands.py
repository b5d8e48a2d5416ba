"""`lockkeeper check`, `render` and `diff`: which options do the commands about manifests take?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
_CACHE = click.option("--cache/--no-cache", default=True, help="Keep what was rendered for the next time (default).")
_ENVIRONMENTS = click.option(
    "--environment", "-e", "environments", multiple=True, metavar="NAME", help="Only this one."
)


@click.command()
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


@click.command()
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


@click.command()
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
