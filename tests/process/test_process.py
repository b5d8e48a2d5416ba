"""Does a child run cleanly: no shell, no inherited environment, no survivor, no secret in its arguments?"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from bot.adapters.process import OutputTooLargeError, run, spawn
from bot.errors import TransientError, UserError

PYTHON = sys.executable


def alive(pid: int) -> bool:
    """Say whether a process still runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(pid)


def test_outputs_status_and_directory(tmp_path: Path) -> None:
    code = "import os, sys; print(os.getcwd()); print('oh', file=sys.stderr); sys.exit(3)"
    done = run([PYTHON, "-c", code], cwd=tmp_path, timeout=20)
    assert (done.status, done.stdout, done.stderr) == (3, f"{tmp_path.resolve()}\n".encode(), b"oh\n")


def test_a_signal_is_a_negative_status(tmp_path: Path) -> None:
    assert run([PYTHON, "-c", "import os; os.kill(os.getpid(), 9)"], cwd=tmp_path, timeout=20).status == -9


def test_input_larger_than_any_pipe(tmp_path: Path) -> None:
    data = os.urandom(1 << 20)
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())"
    assert run([PYTHON, "-c", code], cwd=tmp_path, timeout=20, input=data).stdout == data


def test_a_program_that_does_not_read_its_input(tmp_path: Path) -> None:
    done = run([PYTHON, "-c", "print('done')"], cwd=tmp_path, timeout=20, input=b"x" * (1 << 20))
    assert (done.status, done.stdout) == (0, b"done\n")


def test_without_input_there_is_nothing_to_read(tmp_path: Path) -> None:
    assert run(["/bin/cat"], cwd=tmp_path, timeout=20).stdout == b""


def test_no_shell(tmp_path: Path) -> None:
    assert run(["/bin/echo", "$HOME; touch x"], cwd=tmp_path, timeout=20).stdout == b"$HOME; touch x\n"
    with pytest.raises(ValueError, match="list"):
        run("echo hello", cwd=tmp_path, timeout=20)


def test_the_environment_is_clean_and_home_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET", "canary")
    code = "import os; print(sorted(os.environ), os.listdir(os.environ['HOME']), os.environ['HOME'])"
    done = run([PYTHON, "-c", code], cwd=tmp_path, timeout=20, env={"EXTRA": "1"})
    words = done.stdout.decode()
    assert words.startswith("['EXTRA', 'HOME', 'LC_ALL', 'PATH'] [] ")
    assert not Path(words.split()[-1]).exists()


@pytest.mark.parametrize(
    "argument",
    [
        "https://x-access-token:canary@github.com/a/b.git",
        "--url=https://canary@github.com/a/b",
        "http.proxy=socks5://me:canary@localhost",
    ],
)
def test_credentials_in_arguments_are_refused_and_not_repeated(tmp_path: Path, argument: str) -> None:
    with pytest.raises(ValueError, match="credentials") as caught:
        run(["git", "fetch", argument], cwd=tmp_path, timeout=20)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("argument", ["ssh://git@github.com/a/b", "https://github.com/a@b", "git@h:a/b"])
def test_addresses_without_a_secret_are_fine(tmp_path: Path, argument: str) -> None:
    assert run(["/bin/echo", argument], cwd=tmp_path, timeout=20).status == 0


def test_the_deadline_kills_the_whole_group(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        f"open({str(note)!r}, 'w').write(str(child.pid)); time.sleep(60)"
    )
    started = time.monotonic()
    with pytest.raises(TransientError) as caught:
        run([PYTHON, "-c", code], cwd=tmp_path, timeout=2, env={"SECRET": "canary"})
    assert time.monotonic() - started < 10
    assert Path(PYTHON).name in str(caught.value)
    assert "canary" not in str(caught.value)
    assert gone(int(note.read_text()))


def test_the_deadline_holds_when_only_a_grandchild_keeps_the_output_open(tmp_path: Path) -> None:
    with pytest.raises(TransientError):
        run(["/bin/sh", "-c", "sleep 60 & echo $!"], cwd=tmp_path, timeout=1)


def test_the_deadline_holds_when_the_outputs_are_closed(tmp_path: Path) -> None:
    with pytest.raises(TransientError):
        run(["/bin/sh", "-c", "exec sleep 60 >&- 2>&-"], cwd=tmp_path, timeout=1)


def test_too_much_output(tmp_path: Path) -> None:
    with pytest.raises(OutputTooLargeError, match="yes wrote more than 100000 bytes"):
        run(["yes"], cwd=tmp_path, timeout=20, max_output=100_000)


def test_a_missing_program_and_a_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="install no-such-program"):
        run(["no-such-program"], cwd=tmp_path, timeout=1)
    with pytest.raises(UserError, match="directory"):
        run(["true"], cwd=tmp_path / "nowhere", timeout=1)


def test_spawn_talks_over_pipes_and_close_ends_the_group(tmp_path: Path) -> None:
    with spawn(["/bin/sh", "-c", "sleep 60 & echo $!; exec cat"], cwd=tmp_path) as child:
        grandchild = int(child.stdout.readline())
        child.stdin.write(b"hello\n")
        assert child.stdout.readline() == b"hello\n"
        assert child.status() is None
        pid = child.pid
    assert child.status() == -9
    assert gone(pid)
    assert gone(grandchild)
