"""`lockkeeper policy …`: which options do the commands about policies take?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

_PLACE = click.Path(exists=True, path_type=Path)


@click.group()
def policy() -> None:
    """Look into policies: test, explain and list them."""


@policy.command("test")
@click.argument("directories", metavar="DIR...", nargs=-1, required=True, type=_PLACE)
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--jobs", "-j", type=click.IntRange(0, 64), default=0, help="Processes; 0: as many as pay (default).")
def run_tests(**given: Any) -> None:
    """Hold policies against their own tests.

    Finds the tests of Kyverno (`kind: Test`) and Gatekeeper (`kind: Suite`) at and below DIR, and shows the rows in
    which another state comes out than is expected. That a rule does not apply counts as skip, and as nothing else.
    What only a cluster, a registry or the network could answer is counted apart.

    Ends with status 0 when nothing differs, 1 when something does, 2 when there are no tests, 3 when none of them
    could be evaluated.
    """
    from bot.desk.policy_test import Wish, run

    sys.exit(run(Wish(**given)))
