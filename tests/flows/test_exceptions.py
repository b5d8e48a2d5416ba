"""What do exceptions of the configuration do to a pull request, and whose exceptions are they?"""

from __future__ import annotations

from collections.abc import Callable

from bot.report import pull_comment
from tests.flows.repository import DEPLOYMENT, PATH, PIPELINE, deployment
from tests.flows.world import POLICIES, Town

Towns = Callable[..., Town]
FOREIGN = deployment("docker.io/somebody/web:2.0.0")
REASON = "the mirror is not there before July"


def excepting(until: str = "2999-12-31", resources: str = "[Deployment/web]") -> str:
    """Return the usual configuration with an exception from its one pack."""
    said = f"policy: allowed-registries, resources: {resources}, reason: {REASON}, until: {until}"
    return f"{PIPELINE}    exceptions:\n      - {{{said}}}\n"


def looked_at(town: Town, number: int) -> tuple[str | None, str, str]:
    """Return conclusion, title and words of the check run about policies, and of the comment."""
    run = town.check(town.pull(number).head_sha, POLICIES)
    assert run is not None
    comment = town.said(number, pull_comment.MARKER.removeprefix("<!-- lockkeeper:").removesuffix(" -->"))[0].body
    return run.conclusion, run.title or "", f"{run.summary}\n{run.text}\n{comment}"


def test_what_is_excepted_passes_and_is_told(make_town: Towns) -> None:
    town = make_town(excepting())
    number = town.propose("foreign", {DEPLOYMENT: FOREIGN})
    town.settle()
    conclusion, title, words = looked_at(town, number)
    assert conclusion == "success"
    assert title == "All policies pass in development, staging, production; 1 excepted"
    assert words.count("1 violation is excepted by the configuration.") == 2  # in the check run and in the comment
    assert words.count(f"until 2999-12-31: {REASON}") == 2


def test_a_pull_request_does_not_except_itself(make_town: Towns) -> None:
    """Exceptions are read from the default branch: what is proposed counts once it is merged."""
    town = make_town(PIPELINE)
    number = town.propose("foreign", {DEPLOYMENT: FOREIGN, PATH: excepting()})
    town.settle()
    conclusion, title, words = looked_at(town, number)
    assert (conclusion, title) == ("failure", "1 problem to mend before merging")
    assert "excepted" not in words
    town.land("exception", {PATH: excepting()})
    town.settle()
    later = town.propose("foreign-again", {DEPLOYMENT: FOREIGN})
    town.settle()
    assert looked_at(town, later)[0] == "success"


def test_once_it_has_expired_the_next_change_has_to_mend_it(make_town: Towns) -> None:
    """The base has the violation, and a change of something else comes upon it: the exception was for a time."""
    town = make_town(excepting("2020-01-31"), more={DEPLOYMENT: FOREIGN})
    number = town.propose("more", {DEPLOYMENT: FOREIGN.replace("replicas: 1", "replicas: 4")})
    town.settle()
    conclusion, title, words = looked_at(town, number)
    assert (conclusion, title) == ("failure", "1 problem to mend before merging, 1 warning")
    assert "expired on 2020-01-31: what it excepted counts again" in words


def test_without_it_what_was_there_does_not_block(make_town: Towns) -> None:
    town = make_town(PIPELINE, more={DEPLOYMENT: FOREIGN})
    number = town.propose("more", {DEPLOYMENT: FOREIGN.replace("replicas: 1", "replicas: 4")})
    town.settle()
    assert looked_at(town, number)[:2] == ("success", "No new findings; 1 existing violation")
