"""May this pipeline read from, and promote into, the other repositories that it leads through?

Each of them has to say so itself, on its default branch: whoever can write the pipeline's configuration could otherwise
write to any repository the App is installed on, and copy out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.errors import NotFoundError, RefusedError
from bot.flows.rules import read_rules
from bot.flows.tools import Tools
from bot.model.promotion import Hop
from bot.model.repository import Repository
from bot.promotion.places import repositories_of
from bot.report.configuration import PATH


def unwilling(tools: Tools, home: Repository, hops: Iterable[Hop]) -> Mapping[Repository, str]:
    """Return the repositories that hops lead through and that do not agree, each with the reason and what to do.

    Those that agree are fetched.
    """
    found = ((one, _reason(tools, home, one)) for one in repositories_of(hops, home) if one != home)
    return {repository: reason for repository, reason in found if reason}


def _reason(tools: Tools, home: Repository, repository: Repository) -> str:
    try:
        tools.git.fetch(repository)
        rules = read_rules(tools, repository)
    except (NotFoundError, RefusedError) as error:
        return f"{repository} cannot be reached: {error}"
    if rules.problems:
        return f"`{PATH}` of {repository} is broken, so nobody can tell whether it agrees; mend it there"
    if rules.configuration.pipeline == home.full_name:  # exactly: the name is a key of the queue, too
        return ""
    return (
        f"{repository} does not agree to this pipeline yet; write `version: 1` and `pipeline: {home}` into `{PATH}` on "
        f"its default branch"
    )
