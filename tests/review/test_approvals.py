"""Can somebody approve what they wrote themselves?"""

from __future__ import annotations

from bot.flows.approvals import authors_of
from bot.model.repository import Repository
from tests.flows.repository import SETTINGS, settings
from tests.flows.world import REPOSITORY, Town


def test_whoever_wrote_a_commit_is_an_author_and_those_of_the_base_are_not(town: Town) -> None:
    number = town.propose("green", {SETTINGS: settings(colour="green")}, "ann")
    town.commit("green", {SETTINGS: settings(colour="lime")}, "ben")
    town.commit("main", {"notes.txt": "from somebody else\n"}, "omar")
    town.settle()
    repository = Repository.parse(REPOSITORY)
    tools = town.bot.tools(repository, lambda: None)
    assert authors_of(tools, repository, tools.github.pull(repository, number)) == {"ann", "ben"}
