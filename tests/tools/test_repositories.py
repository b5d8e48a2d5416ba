"""Are generated repositories the same each time, and do their heads change what they say they change?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.process import run
from bot.checks.schema import validate
from bot.promotion.config import Problems, parse
from tools.bench.charts import charts
from tools.bench.mixed import mixed
from tools.bench.overlays import overlays
from tools.bench.repositories import CONFIGURATION, KUBERNETES, Generated, write_files, write_repository
from tools.conformance.ours import Ours

MAKERS: dict[str, Callable[[int], Generated]] = {
    "overlays": lambda seed: overlays(12, seed),
    "charts": lambda seed: charts(3, seed),
    "mixed": lambda seed: mixed(3, seed),
}


@pytest.mark.parametrize("name", MAKERS)
def test_the_same_seed_makes_the_same_files(name: str) -> None:
    make = MAKERS[name]
    assert make(1) == make(1)
    assert make(1).files.keys() == make(2).files.keys()
    assert make(1).files != make(2).files


def test_the_same_files_make_the_same_commits(tmp_path: Path) -> None:
    one, two = write_repository(overlays(3), tmp_path / "one"), write_repository(overlays(3), tmp_path / "two")
    assert one == two
    assert len(set(one.values())) == len(one)


@pytest.mark.parametrize("name", MAKERS)
def test_each_commit_holds_its_files_and_no_others(name: str, tmp_path: Path) -> None:
    made = MAKERS[name](1)
    commits = write_repository(made, tmp_path / "made.git")
    for head, commit in commits.items():
        listed = git(tmp_path / "made.git", "ls-tree", "-r", "--name-only", commit).splitlines()
        assert sorted(listed) == sorted(made.at(head))
    changed = git(tmp_path / "made.git", "diff", "--name-only", commits[""], commits["all"]).splitlines()
    assert sorted(changed) == sorted(made.heads["all"])
    first = next(iter(made.heads["all"]))
    assert git(tmp_path / "made.git", "show", f"{commits['all']}:{first}") == made.at("all")[first]


def git(directory: Path, *arguments: str) -> str:
    done = run(["git", *arguments], cwd=directory, timeout=30)
    assert done.status == 0, done.stderr
    return done.stdout.decode()


def test_heads_of_overlays() -> None:
    made = overlays(24)
    one = [change for head, change in made.heads.items() if head.startswith("one-")]
    assert len(one) == 12
    assert len({path for change in one for path in change}) == 12  # each changes another overlay
    assert all(len(change) == 1 for change in one)
    assert len(made.heads["all"]) == len(made.roots) == 24
    for change in made.heads.values():
        assert all(made.files[path] != text for path, text in change.items())


@pytest.mark.parametrize("name", ["overlays", "charts"])
def test_a_moved_image_is_all_that_a_head_changes(name: str) -> None:
    """A tag that was given used to shift what was drawn after it, so replicas and settings changed along with it."""
    made = MAKERS[name](1)
    for head in ("one-01", "all"):
        for path, text in made.heads[head].items():
            old, new = made.files[path].splitlines(), (text or "").splitlines()
            (differing,) = ((one, other) for one, other in zip(old, new, strict=True) if one != other)
            assert "ag: " in differing[0]
            assert "2.0." in differing[1]


@pytest.mark.parametrize(("name", "places"), [("overlays", 1), ("charts", 3), ("mixed", 4)])
def test_the_configuration_is_one(name: str, places: int) -> None:
    found = parse(MAKERS[name](1).files[CONFIGURATION].encode())
    assert not isinstance(found, Problems), [*found]
    assert len(found.environments) == places
    assert found.policies == ()
    assert found.checks.kubernetes == KUBERNETES


def test_a_file_that_goes_away(tmp_path: Path) -> None:
    made = Generated("gone", {"a": "1\n", "b": "2\n"}, {"less": {"a": None}}, ())
    commits = write_repository(made, tmp_path / "made.git")
    assert git(tmp_path / "made.git", "ls-tree", "--name-only", commits["less"]) == "b\n"
    assert made.at("less") == {"b": "2\n"}


def test_an_overlay_is_five_valid_resources(tmp_path: Path) -> None:
    made = overlays(2)
    with Ours(tmp_path / "room") as ours:
        for head in ("", "base", "all"):
            place = ours.place(write_files(made.at(head), tmp_path / f"files-{head}"))
            for root in made.roots:
                rendered = ours.sparse(place, root.source())
                assert rendered.problems == ()
                kinds = sorted(one.kind for one in rendered.resources)
                assert kinds == ["ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Service"]
                assert validate(rendered.resources, kubernetes=KUBERNETES, unknown_kinds="fail", environment="x") == ()
