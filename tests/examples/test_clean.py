"""Is every example sound: its configuration, and all that it deploys?"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from tests.examples.layouts import EXAMPLES, LAYOUTS, Layout

ALONE = "version: 1\nenvironments:\n  here: {branch: main}\nchecks: {unknown_kinds: ignore}\n"
REPOSITORIES = [(layout, repository) for layout in LAYOUTS for repository in layout.repositories]


@pytest.mark.parametrize(("layout", "repository"), REPOSITORIES, ids=lambda one: getattr(one, "name", one))
def test_an_example_is_clean(layout: Layout, repository: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of git there is nothing to compare with, so everything counts."""
    place = shutil.copytree(layout.directory(repository), tmp_path / "repository")
    monkeypatch.chdir(place)
    assert _said("config", "check").rstrip().splitlines()[-1].startswith("✔ The configuration is valid")
    if repository != layout.home:  # its rules are those of the pipeline
        (place / ".github/lockkeeper.yaml").write_text(ALONE)
    said = _said("check", "--all", "--no-cache")
    assert "✔ Nothing blocks." in said
    assert re.search(r"^\w+.*: [1-9]\d* resources$", said, re.M), "something is deployed"
    assert not [line for line in said.splitlines() if "error:" in line or "warning:" in line or "note:" in line]


def test_every_example_is_told_of() -> None:
    assert {one.name for one in LAYOUTS} == {one.name for one in EXAMPLES.iterdir() if one.is_dir()}
    for layout in LAYOUTS:
        assert f"docs/layouts/{layout.page}.md" in " ".join((EXAMPLES / layout.name / "README.md").read_text().split())


def _said(*words: str) -> str:
    done = CliRunner().invoke(main, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output
