"""Files for engines lie in a directory of this process, in memory where there is room, and go with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bot.adapters.render.building import build_renderer
from bot.adapters.render.scratch import scratch_directory


def test_in_memory_where_there_is_room(tmp_path: Path) -> None:
    memory = tmp_path / "memory"
    memory.mkdir()
    made = scratch_directory(tmp_path / "data", memory=memory)
    assert made.parent == memory / f"lockkeeper-{os.getuid()}"
    assert made.parent.stat().st_mode & 0o777 == 0o700
    assert scratch_directory(tmp_path / "data", memory=memory) != made


def test_below_the_data_where_there_is_no_memory_or_somebody_elses(tmp_path: Path) -> None:
    assert scratch_directory(tmp_path, memory=tmp_path / "none").parent == tmp_path / "checkouts"
    memory = tmp_path / "memory"
    (memory / "elsewhere").mkdir(parents=True)
    (memory / f"lockkeeper-{os.getuid()}").symlink_to(memory / "elsewhere")
    assert scratch_directory(tmp_path, memory=memory).parent == tmp_path / "checkouts"
    other = tmp_path / "other"
    (other / f"lockkeeper-{os.getuid()}").mkdir(parents=True, mode=0o777)
    (other / f"lockkeeper-{os.getuid()}").chmod(0o777)
    assert scratch_directory(tmp_path, memory=other).parent == tmp_path / "checkouts"


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(30)
    base = tmp_path / "checkouts"
    (base / f"{ended.pid}-abc").mkdir(parents=True)
    (base / f"{os.getppid()}-abc").mkdir()
    (base / "something else").mkdir()
    made = scratch_directory(tmp_path, memory=tmp_path / "none")
    assert {one.name for one in base.iterdir()} == {f"{os.getppid()}-abc", "something else", made.name}


def test_it_goes_when_the_renderer_is_closed(tmp_path: Path) -> None:
    renderer = build_renderer(tmp_path)
    place = renderer._forget
    assert place is not None and place.is_dir()
    renderer.close()
    assert not place.exists()
