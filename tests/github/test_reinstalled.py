"""The App is taken away and installed again while the bot runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.adapters.git import GitMirrors
from bot.adapters.github import GitHubApp
from bot.errors import NotFoundError, TransientError
from tests.github.conftest import NAME, REPOSITORY, House


def take_away(house: House) -> None:
    (installation,) = house.world.installations.values()
    house.world.uninstall_app(installation)


def test_calls_go_on_after_the_app_was_installed_anew(house: House) -> None:
    """Every call was answered with 401 until the process was started again."""
    house.github.default_branch(REPOSITORY)
    take_away(house)
    house.world.install_app(house.app, "acme")
    house.sandbox.exchanges.clear()
    assert house.github.default_branch(REPOSITORY) == "main", "the job at work"
    assert len(house.calls()) == 3, "refused, asked for the installation, answered"
    assert house.ours.for_repository(REPOSITORY).branch_sha(REPOSITORY, "main"), "the next job"
    assert house.calls() == [f"GET /repos/{NAME}/git/ref/heads/main"]


def test_what_is_not_there_is_not_told_of_an_app_that_is_gone(house: House, key: str) -> None:
    """The token's endpoint says 404 then; read as the answer, a branch would seem to be deleted."""
    fresh = GitHubApp(house.app.id, key, api_url=house.sandbox.api_url, retries=0)
    github = fresh.for_repository(REPOSITORY)  # knows the installation, has no token yet
    take_away(house)
    with pytest.raises(TransientError, match="is not installed"):
        github.branch_sha(REPOSITORY, "main")
    with pytest.raises(NotFoundError, match="is not installed"):
        fresh.for_repository(REPOSITORY)
    house.world.install_app(house.app, "acme")
    assert github.branch_sha(REPOSITORY, "main"), "the job is tried again"


def test_a_refusal_that_lasts_asks_to_try_again_later(house: House) -> None:
    house.github.default_branch(REPOSITORY)
    take_away(house)
    with pytest.raises(TransientError, match="Bad credentials"):
        house.github.default_branch(REPOSITORY)


def test_a_token_is_to_be_had_again(house: House, key: str) -> None:
    fresh = GitHubApp(house.app.id, key, api_url=house.sandbox.api_url, retries=0)
    fresh.for_repository(REPOSITORY)
    take_away(house)
    house.world.install_app(house.app, "acme")
    assert fresh.token(REPOSITORY).startswith("ghs_")


def test_git_goes_on_too(house: House, tmp_path: Path) -> None:
    """Git was told to want the permission Contents, which it had."""
    house.world.repository(NAME).private = True
    mirrors = GitMirrors(
        tmp_path / "data",
        lambda one: f"{house.sandbox.url}/{one}.git",
        house.ours.token,
        forget=house.ours.forget,
    )
    mirrors.fetch(REPOSITORY)
    take_away(house)
    house.world.install_app(house.app, "acme")
    mirrors.fetch(REPOSITORY)
    stale = house.ours.token(REPOSITORY)
    take_away(house)
    stubborn = GitMirrors(tmp_path / "other", lambda one: f"{house.sandbox.url}/{one}.git", lambda _: stale)
    with pytest.raises(TransientError, match="does not take our token"):
        stubborn.fetch(REPOSITORY)
