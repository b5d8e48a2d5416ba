"""`lockkeeper config …`: which options do the commands about the configuration take?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def config() -> None:
    """Look at .github/lockkeeper.yaml: check it, or have one proposed."""


@config.command()
@click.argument("path", metavar="[FILE|DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--organization", default="", help="Who owns the repository; whose it is by its remote unless given.")
def check(**given: Any) -> None:
    """Explain every mistake in the configuration.

    Looks at FILE, or at .github/lockkeeper.yaml of the repository around DIR (or around here). Each mistake comes with
    its line and with what to write instead. What is no mistake, but was probably not meant, is a remark: a directory
    that is not there, a repository that has yet to agree, gates where nothing is promoted to.

    Ends with status 0 when the configuration is valid, 1 when it has mistakes, 2 when there is no such file.
    """
    from bot.desk.config_check import Wish, run

    sys.exit(run(Wish(**given)))


@config.command()
@click.argument("path", metavar="[DIR]", required=False, type=_DIRECTORY)
@click.option("--write", is_flag=True, help="Write .github/lockkeeper.yaml, unless it is there; print it otherwise.")
def init(**given: Any) -> None:
    """Propose a configuration by what the repository looks like.

    Recognises branches, directories, overlays, values files and tags that are named for environments, what Argo CD and
    Flux are told, and the environments of Jenkins X. What is a guess is said, in the file and on standard error.

    Ends with status 0, with 1 when no environments were found, 2 when there is a configuration already.
    """
    from bot.desk.config_init import Wish, run

    sys.exit(run(Wish(**given)))


@config.command()
def schema() -> None:
    """Write the JSON Schema of the configuration, for editors.

    Save it as .github/lockkeeper.schema.json, and begin .github/lockkeeper.yaml with the line
    `# yaml-language-server: $schema=lockkeeper.schema.json`.
    """
    import json

    from bot.promotion.config_schema import schema as described

    click.echo(json.dumps(described(), indent=2, ensure_ascii=False))
