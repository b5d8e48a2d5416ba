"""Do the pages about layouts show the examples as they are, and do their commands work as written?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.layouts import EXAMPLES, LAYOUTS, ROOT, Layout

PAGES = ROOT / "docs" / "layouts"
_SHOWN = re.compile(r"<!-- example: (\S+) -->\n```yaml\n(.*?)```\n<!-- end -->", re.S)
_TRY = re.compile(r"^## Try it\n\n```sh\n(.*?)```$", re.S | re.M)
_LINK = re.compile(r"\]\(([^)#]+)")


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda one: one.name)
def test_a_page_shows_the_configuration_of_its_example(layout: Layout) -> None:
    text = (PAGES / f"{layout.page}.md").read_text()
    shown = dict(_SHOWN.findall(text))
    home = layout.directory(layout.home) / ".github/lockkeeper.yaml"
    assert home.relative_to(EXAMPLES).as_posix() in shown
    assert shown == {path: (EXAMPLES / path).read_text() for path in shown}


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda one: one.stem)
def test_a_page_is_of_an_example_and_leads_somewhere(page: Path) -> None:
    assert page.stem in {one.page for one in LAYOUTS}
    assert f"docs/layouts/{page.name}" in (ROOT / "README.md").read_text()
    for link in _LINK.findall(page.read_text()):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda one: one.name)
def test_the_commands_of_a_page_work_as_written(layout: Layout, tmp_path: Path) -> None:
    (commands,) = _TRY.findall((PAGES / f"{layout.page}.md").read_text())
    assert "lockkeeper config check" in commands
    (tmp_path / "examples").symlink_to(EXAMPLES)
    program = tmp_path / "bin" / "lockkeeper"
    program.parent.mkdir()
    call = "from bot.cli import main; main(prog_name='lockkeeper')"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{call}" "$@"\n')
    program.chmod(0o755)
    who = {f"GIT_{role}_{part}": "ann@example.com" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    path = f"{program.parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), **who}
    done = subprocess.run(
        ["bash", "-e"], input=commands, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error:" not in done.stdout + done.stderr
    if "lockkeeper plan" in commands:
        planned = done.stdout.partition("What would be promoted")[2]
        assert re.search("^development → staging: (a pull request would be opened|tag .* would be set)", planned, re.M)
