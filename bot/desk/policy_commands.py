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


@policy.command()
@click.argument("name", metavar="NAME")
@click.option("--source", is_flag=True, help="Show the policy's YAML as well.")
def explain(**given: Any) -> None:
    """Explain a policy or a pack.

    NAME is a policy, `pack/policy`, one of a policy's rules, or a pack: those that the configuration here chooses,
    and all that ship with Lockkeeper. Says what it wants and why, how a violation is mended, how bad one is and what
    it does, the pack's parameters with what they are set to, and where it runs.
    """
    from bot.desk.policies import ExplainWish, run_explain

    sys.exit(run_explain(ExplainWish(**given)))


@policy.command("list")
@click.option("--environment", "-e", "environments", multiple=True, metavar="NAME", help="Only this one.")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text")
def list_them(**given: Any) -> None:
    """List the policies of each environment.

    Reads .github/lockkeeper.yaml and the packs as they lie here. Ends with status 0, with 1 when a pack or a policy
    is broken, 2 for a mistake in what was asked or in the configuration.
    """
    from bot.desk.policies import ListWish, run_list

    sys.exit(run_list(ListWish(**given)))
