"""Does the whole thread run with real processes: a web door, a worker, a Valkey, as `lockkeeper serve` starts them?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.demo.narrator import STEPS, Narrator, StoryError
from bot.demo.stage import REPOSITORY, Stage
from bot.demo.story import DEPLOYMENT, MANIFESTS, POLICIES, Story, example_files

RECOVERY_SECONDS = 15.0  # after this, the work of a killed worker has been taken up again


def test_the_story_comes_out(tmp_path: Path) -> None:
    tell = Narrator()
    with Stage(tmp_path) as stage:
        Story(stage, tell).play()
    assert tell.step_number == STEPS
    assert tell.held >= 20


def test_an_expectation_that_does_not_hold_ends_the_story() -> None:
    with pytest.raises(StoryError, match="the tag moves"):
        Narrator().holds("the tag moves", False)


def test_the_command_ends_with_1_when_the_story_does_not_come_out(tmp_path: Path) -> None:
    """The example is broken on purpose: without its registry pack nothing refuses Maya's first attempt."""
    program = (
        "import bot.demo.story as story, bot.demo.stage as stage\n"
        "files = dict(stage.example_files())\n"
        "path = '.github/lockkeeper.yaml'\n"
        "files[path] = files[path].replace('- builtin: registry', '- builtin: security').replace("
        "'    with: {registries: [registry.example.com]}\\n', '')\n"
        "stage.example_files = lambda: files\n"
        "from bot.cli import main\n"
        "main(['demo'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 1, done.stdout
    assert "The story did not come out: the policies check refuses it" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_worker_killed_in_the_midst_of_a_promotion(tmp_path: Path) -> None:
    """SIGKILL while it talks to GitHub; the promotion is there, once, within the time promised."""
    with Stage(tmp_path) as stage:
        world = stage.world
        text = example_files()[DEPLOYMENT].replace("web:1.4.2", "web:1.5.0")
        world.commit(REPOSITORY, "web-1.5", {DEPLOYMENT: text}, "Raise web", author="maya", start="main")
        number = world.open_pull(REPOSITORY, "maya", head="web-1.5", title="Raise web to 1.5.0").number
        Story(stage, Narrator()).runs(world.pull_of(REPOSITORY, number).head_sha, MANIFESTS, POLICIES)
        stage.sandbox.deliveries.wait_idle(10)

        world.merge(REPOSITORY, number, "maya", "squash")
        stage.wait("the promotion branch", lambda: world.branch_sha(REPOSITORY, "promote/development-to-staging"))
        for process in _workers():
            os.kill(process, signal.SIGKILL)
        killed = time.monotonic()
        pull = stage.wait(
            "the promotion to be taken up again",
            lambda: next(iter(world.open_pulls(REPOSITORY, "staging")), None),
            seconds=RECOVERY_SECONDS,
        )
        Story(stage, Narrator()).runs(pull.head_sha, MANIFESTS, POLICIES)
        assert time.monotonic() - killed < 2 * RECOVERY_SECONDS
        assert len(world.open_pulls(REPOSITORY, "staging")) == 1


def _workers() -> list[int]:
    """Return the worker processes among this process's descendants."""
    children: dict[int, list[int]] = {}
    workers = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if b"bot.serve\0worker" in (entry / "cmdline").read_bytes():
                workers.add(int(entry.name))
        except OSError:  # it ended meanwhile
            continue
        children.setdefault(int(fields[1]), []).append(int(entry.name))
    ours, pending = [], [os.getpid()]
    while pending:
        below = children.get(pending.pop(), [])
        pending += below
        ours += [process for process in below if process in workers]
    assert ours, "no worker runs"
    return ours
