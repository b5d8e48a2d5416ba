"""What stands still where a repository is in an odd state, and what goes on all the same?"""

from __future__ import annotations

import pytest

from tests.flows.directories import DEVELOPMENT, DIRECTORIES, PRODUCTION, directories, web
from tests.flows.divergence.test_histories import forget
from tests.flows.divergence.ways import say
from tests.flows.repository import PATH, SETTINGS, settings
from tests.flows.test_directory import arrive, into
from tests.flows.world import REPOSITORY, TROUBLE, Town

GREEN, RED = (settings(level="info", colour=colour) for colour in ("green", "red"))
FAN_OUT = DIRECTORIES.replace("environments/production", "README.md/production\n    after: [development]")


@pytest.mark.town(configuration=DIRECTORIES, more={**directories(), "README.md": "# Shop\n"})
def test_a_file_where_the_directory_should_be_holds_up_its_own_environment_only(town: Town) -> None:
    """One path in the configuration that could not be made stopped every promotion of the repository."""
    number = town.propose("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0"), PATH: FAN_OUT})
    town.merge(number)
    with pytest.raises(AssertionError, match=r"README\.md is something else than a directory"):
        town.settle()
    assert into(town, "staging")
    town.land("mended", {PATH: FAN_OUT.replace("README.md", "live")})
    assert into(town, "production")


def test_a_commit_that_was_asked_for_and_is_gone_stops_nothing_else(town: Town) -> None:
    """A forced push took the commit that a promotion was bound to, and the mirror was made anew: each look crashed."""
    before = town.head("main")
    number = town.land("green", {SETTINGS: GREEN})
    asked = town.head("main")
    say(town, number, "ann", f"/promote staging --sha {asked}")
    town.world.move_branch(REPOSITORY, "main", before, "root", force=True)
    forget(town)
    town.settle()
    number = town.land("red", {SETTINGS: RED})
    assert f"commit {asked[:7]}, which was asked for, is gone from development" in say(town, number, "ann", "/status")
    say(town, number, "ann", "/promote staging")
    assert town.file(town.promotion().head_ref, SETTINGS) == RED


@pytest.mark.town(configuration=DIRECTORIES, more=directories())
def test_what_waits_when_an_environment_gets_another_name_is_promoted_under_that(town: Town) -> None:
    """The pair counted as new, and what waited as a difference that belongs to the target: it was never promoted."""
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    arrive(town, "staging")
    assert into(town, "production")
    town.land("named", {PATH: DIRECTORIES.replace("  production:", "  live:")})
    arrive(town, "live")
    assert town.file("main", f"{PRODUCTION}/web.yaml") == web("1.1.0", replicas=3)
    assert town.promotions() == []


def strange(town: Town, branch: str, text: bytes) -> None:
    """Commit a file whose name is no UTF-8."""
    git = town.world.repository(REPOSITORY).git
    who = town.world.signature(town.world.account("ann")).header()
    written = f"commit refs/heads/strange\nmark :1\nauthor {who}\ncommitter {who}\ndata 3\nodd\n"
    change = f'from {town.head(branch)}\nM 100644 inline "base/sett\\377.yaml"\ndata {len(text)}\n'
    sha = git.text("fast-import", "--quiet", "--force", stdin=(written + change).encode() + text + b"\n\nget-mark :1\n")
    town.world.move_branch(REPOSITORY, branch, sha, "ann", force=True)
    town.settle()


def test_a_conflict_in_a_file_whose_name_is_no_utf_8_is_told(town: Town) -> None:
    """The check run that tells of conflicts could not be written, and no promotion of the repository went on."""
    strange(town, "main", b"a: 1\n")
    town.promote()
    strange(town, "staging", b"a: 2\n")
    strange(town, "main", b"a: 3\n")
    number = town.land("green", {SETTINGS: GREEN})
    assert "1 file conflicts" in say(town, number, "ann", "/why staging")
    run = town.check(town.head("main"), TROUBLE)
    assert run is not None and "base/sett\ufffd.yaml" in (run.summary or "")
