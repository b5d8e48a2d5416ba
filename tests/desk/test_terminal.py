"""What does somebody see who sits before a terminal, and what does a log keep?"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from bot.desk.progress import Progress
from bot.report.text import progress
from tests.desk.place import Desk
from tests.flows.repository import DEPLOYMENT, deployment

NEW = {DEPLOYMENT: deployment("registry.example.com/web:2.0.0")}


class Screen(io.StringIO):
    """A stream that is a terminal, or not."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def told(*, terminal: bool, seconds: list[float], silent: bool = False) -> str:
    """Return what is written while outcomes come at these moments, and after the end."""
    times = iter([0.0, *seconds])
    screen = Screen(terminal)
    waiting = Progress(screen, silent=silent, clock=lambda: next(times))
    for number in range(len(seconds)):
        waiting(number + 1, len(seconds))
    waiting.clear()
    return screen.getvalue()


def test_a_terminal_has_one_line_that_is_written_over_and_cleaned() -> None:
    seen = told(terminal=True, seconds=[0.1, 0.8, 0.85, 1.0])
    line = progress(2, 4)
    assert seen == f"\r{line}\r{progress(4, 4)}\r{' ' * len(line)}\r"


def test_a_log_has_a_line_every_few_seconds() -> None:
    assert told(terminal=False, seconds=[1.0, 5.5, 6.0, 11.0]) == f"{progress(2, 4)}\n{progress(4, 4)}\n"


@pytest.mark.parametrize("terminal", [True, False])
def test_short_work_and_quiet_work_say_nothing(terminal: bool) -> None:
    assert told(terminal=terminal, seconds=[0.1, 0.2, 0.3]) == ""
    assert told(terminal=terminal, seconds=[1.0, 60.0], silent=True) == ""


def test_many_applications_on_a_terminal(bare: Desk, tmp_path: Path) -> None:
    """The line is there while it takes long, and gone from the result."""
    kustomization = "resources:\n  - deployment.yaml\n"
    for number in range(1000):
        name = f"web-{number:04}"
        bare.write(
            {
                f"apps/{name}/kustomization.yaml": f"namePrefix: {name}-\n{kustomization}",
                f"apps/{name}/deployment.yaml": deployment(),
            }
        )
    bare.write({".github/lockkeeper.yaml": "version: 1\nenvironments:\n  all: {branch: main, path: apps}\n"})
    bare.git("init", "-q", "-b", "main")
    seen = bare.on_terminal("check", LOCKKEEPER_CACHE=str(tmp_path / "cold"))
    found = re.findall(r"\rrendering (\d+) of 1000 applications", seen.out)
    assert found and found == sorted(found, key=int)
    after = seen.out.rpartition("\r\x20")[2]
    assert "rendering" not in after
    assert "1000 resources" in after
    in_a_pipe = bare.run("check", LOCKKEEPER_CACHE=str(tmp_path / "cold"))
    assert "rendering" not in in_a_pipe.out
    assert "\r" not in in_a_pipe.err


def test_colours_on_a_terminal_unless_they_are_not_wanted(desk: Desk) -> None:
    desk.write(NEW)
    plain = desk.run("check").out
    coloured = desk.on_terminal("check")
    assert "\x1b[32m+        image: registry.example.com/web:2.0.0\x1b[0m" in coloured.out
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured.out).replace("\r\n", "\n") == plain
    assert "\x1b" not in desk.on_terminal("check", NO_COLOR="1").out
    assert "\x1b" not in plain
    assert "\x1b[32m+" in desk.run("diff", "HEAD", FORCE_COLOR="1").out
    assert "\x1b" not in desk.on_terminal("check", "--format", "json").out
