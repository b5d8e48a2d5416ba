"""Who is a member, a collaborator, a reader? Permission answers, teams and organisations."""

from __future__ import annotations

import pytest
from github import GithubException

from tests.sandbox.conftest import Town


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        pytest.param("alice", "admin", "admin", id="owner"),
        pytest.param("carol", "write", "write", id="by team"),
        pytest.param("dave", "read", "read", id="by membership"),
        pytest.param("eve", "read", "read", id="stranger in public"),
    ],
)
def test_the_permission_of_a_person(town: Town, login: str, permission: str, role: str) -> None:
    bot = town.bot()
    assert bot.get_collaborator_permission(login) == permission
    assert bot.get_collaborator_role_name(login) == role


def test_maintain_and_triage_read_as_write_and_read(town: Town) -> None:
    town.sandbox.world.grant("acme/app", "dave", "triage")
    town.sandbox.world.grant("acme/app", "eve", "maintain")
    bot = town.bot()
    assert (bot.get_collaborator_permission("dave"), bot.get_collaborator_role_name("dave")) == ("read", "triage")
    assert (bot.get_collaborator_permission("eve"), bot.get_collaborator_role_name("eve")) == ("write", "maintain")


def test_a_private_repository_answers_none_for_strangers_and_404_for_the_unknown(town: Town) -> None:
    town.sandbox.world.add_repository("acme/secret", files={"a": "1"}, private=True)
    bot = town.bot("acme/secret")
    assert bot.get_collaborator_permission("eve") == "none"
    assert bot.get_collaborator_permission("dave") == "read"
    with pytest.raises(GithubException) as refused:
        bot.get_collaborator_permission("nobody")
    assert refused.value.status == 404


def test_collaborators_come_and_go(town: Town) -> None:
    repo = town.repo("alice")
    assert repo.has_in_collaborators("eve") is False
    town.unjudged()  # GitHub sends an invitation first; here the person is in at once
    repo.add_to_collaborators("eve", "push")
    assert repo.has_in_collaborators("eve") is True
    assert {who.login for who in repo.get_collaborators(permission="push")} == {"alice", "bob", "carol", "eve"}
    repo.remove_from_collaborators("eve")
    assert repo.has_in_collaborators("eve") is False


def test_teams_and_their_members(town: Town) -> None:
    world = town.sandbox.world
    world.team(world.organization("acme"), "reviewers").pending.append(world.account("eve"))
    organization = town.client("dave").get_organization("acme")
    assert [team.slug for team in organization.get_teams()] == ["reviewers"]
    team = organization.get_team_by_slug("reviewers")
    assert (team.members_count, team.repos_count) == (2, 1)
    assert {who.login for who in team.get_members()} == {"bob", "carol"}
    assert team.get_team_membership("bob").state == "active"
    assert team.get_team_membership("eve").state == "pending"
    with pytest.raises(GithubException) as refused:
        team.get_team_membership("dave")
    assert refused.value.status == 404
    assert {who.login for who in organization.get_members()} == {"alice", "bob", "carol", "dave"}
    assert organization.has_in_members(town.client("eve").get_user("eve")) is False
    with pytest.raises(GithubException) as refused:
        town.client("eve").get_organization("acme").get_team_by_slug("reviewers")
    assert refused.value.status == 404


def test_users_see_themselves(town: Town) -> None:
    me = town.client("bob").get_user()
    assert (me.login, me.type) == ("bob", "User")
    assert town.client("bob").get_user("lockkeeper[bot]").type == "Bot"
    assert town.client("bob").get_rate_limit().rate.limit == 5000
