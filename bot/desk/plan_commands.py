"""`lockkeeper plan` and `status`: which options do the commands about promotions take?"""

from __future__ import annotations

import sys
from typing import Any

import click


@click.command()
@click.argument("what", metavar="[DIR|OWNER/NAME]", default="")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text")
def plan(**given: Any) -> None:
    """Say what would be promoted now, and by which rules.

    Looks at the clone around DIR (or around here): its branches as the remote had them, the rules as they lie here.
    Gates that only GitHub can judge are told as unknown. With the App's credentials in the environment
    (GITHUB_APP_ID, GITHUB_PRIVATE_KEY), OWNER/NAME is looked at on GitHub. Writes nothing.

    Ends with status 0, 2 for a mistake in what was asked or in the configuration, 3 when it could not be looked at.
    """
    from bot.desk.plan import Wish, run

    sys.exit(run(Wish(**given)))


@click.command()
@click.argument("what", metavar="[DIR|OWNER/NAME]", default="")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text")
def status(**given: Any) -> None:
    """Say where everything stands: environments, promotions, and the changes that are underway.

    Looks where `plan` looks, and writes nothing either.
    """
    from bot.desk.plan import Wish, run_status

    sys.exit(run_status(Wish(**given)))
