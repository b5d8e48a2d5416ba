"""Does a version walk through the example with tags, and does what follows a hotfix hold it?"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.examples.layouts import TAGS, Layout
from tests.examples.stories import TAGGED, Step
from tests.examples.walk import Walk
from tests.flows.conftest import at_rest
from tests.flows.world import Town

HOME, MAIN = TAGS.home, TAGGED.places[0]


@pytest.mark.timeout(600)  # a long way on a busy machine
def test_versions_walk_from_tag_to_tag_and_a_hotfix_is_not_lost(town_of: Callable[[Layout], Town]) -> None:
    town = town_of(TAGS)
    walk = Walk(town, TAGGED, ("merge", "squash", "rebase"))
    for number, step in enumerate((TAGGED.change, TAGGED.deletion, TAGGED.revert)):
        change = walk.land(step, MAIN)
        _through(town, walk, f"v2.8.{number}")
        assert "this change is in **production**" in walk.told(change)

    before = tags(town)
    production = before["v2.8.2-prod"]
    files = {
        path: change(town.world.read_file(HOME, production, path) or "")
        for path, change in TAGGED.hotfix.travels.items()
    }
    town.world.move_branch(HOME, "hotfix", production, "omar")
    town.world.commit(HOME, "hotfix", files, "Fix a bad night", author="omar")
    fixed = town.world.branch_sha(HOME, "hotfix") or ""
    town.world.move_tag(HOME, "v2.8.3-prod", fixed, "omar")
    town.settle()
    assert tags(town) == {**before, "v2.8.3-prod": fixed}, "what production got by hand moves nothing"

    walk.land(Step(TAGGED.hotfix.travels), MAIN)
    walk.land(TAGGED.onward, MAIN)
    _through(town, walk, "v2.9.0")
    assert walk.all_promotions() == []
    at_rest(town)


def _through(town: Town, walk: Walk, version: str) -> None:
    """Release a version and let it walk: every environment gets exactly what main holds."""
    commit = town.world.branch_sha(HOME, "main") or ""
    before = tags(town)
    town.world.move_tag(HOME, f"{version}-dev", commit, "ben")
    town.settle()
    assert tags(town) == {**before, f"{version}-dev": commit, f"{version}-stage": commit}
    town.world.set_status(HOME, commit, "ben", "success", "integration-tests")
    town.settle()
    assert tags(town)[f"{version}-prod"] == commit
    for end in ("dev", "stage", "prod"):
        assert walk.is_at(HOME, "main", f"refs/tags/{version}-{end}")


def tags(town: Town) -> dict[str, str]:
    """Return the tags and the commits they lead to."""
    git = town.world.repository(HOME).git
    return {name.removeprefix("refs/tags/"): git.resolve(name) or "" for name in git.refs("refs/tags/")}
