"""A scanner runs shut in, and whatever it does, the answer is its log or the reason why there is none."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.adapters.render.pool import EnginePool
from bot.adapters.scanners.sandboxed import SandboxedScanners
from bot.checks.scanners.sarif import read
from bot.model.scanner import NotScanned, Scanner
from tests.scanners.fake import RED, scanner

FILES = {"a.yaml": b'kind: "ConfigMap"\ncolour: "red"\n', "b.yaml": b'kind: "ConfigMap"\ncolour: "blue"\n'}
Made = Callable[..., SandboxedScanners]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    every: list[SandboxedScanners] = []

    def make(*enabled: Scanner, keep: bool = False) -> SandboxedScanners:
        data = tmp_path / "data"
        every.append(SandboxedScanners(enabled, data, kept=data / "scans" if keep else None))
        return every[-1]

    yield make
    for one in every:
        one.close()


@pytest.fixture(scope="session")
def walls() -> None:
    with EnginePool(workers=1) as pool:
        if not pool.capabilities().trusted:
            pytest.skip("this kernel offers no walls")


def why(said: bytes | NotScanned) -> str:
    assert isinstance(said, NotScanned), said
    assert not said.here
    return said.message


def test_its_log_comes_back_though_it_ends_with_status_1(made: Made, tmp_path: Path) -> None:
    said = made(scanner(tmp_path, RED)).scan("fake", FILES)
    assert isinstance(said, bytes)
    assert [(one.rule, one.file, one.line) for one in read(said).results] == [("no-red", "a.yaml", 2)]


def test_a_log_in_a_file_counts(made: Made, tmp_path: Path) -> None:
    body = "print('three problems found')\nPath(sys.argv[2]).write_text(log(('r', 'words', 'a.yaml', 1)))\n"
    there = scanner(tmp_path, body, command=("{rendered}", "{output}"))
    said = made(there).scan("fake", FILES)
    assert isinstance(said, bytes) and len(read(said).results) == 1
    here = scanner(tmp_path, "Path('results.sarif').write_text(log())\n", "here")
    assert isinstance(made(here).scan("here", FILES), bytes)


BROKEN = {
    "it crashes": ("raise RuntimeError('no rules')", {"statuses": (0,)}, "failed with status 1; it said: RuntimeError"),
    "it crashes with a status that may be fine": ("raise RuntimeError('no rules')", {}, "there is nothing in it"),
    "it ends with another status": ("print(log())\nsys.exit(3)", {}, "failed with status 3"),
    "it is killed": ("os.kill(os.getpid(), 9)", {}, "failed with signal 9"),
    "it says nothing": ("pass", {}, "there is nothing in it"),
    "it writes rubbish": ("print('hello')", {}, "it is no JSON"),
    "it writes half a log": ("print(log()[:-3])", {}, "it is no JSON"),
    "it hangs": ("time.sleep(60)", {"timeout": 1.5}, "took longer than 1.5 s and was stopped"),
    "its child hangs": (
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])",
        {"timeout": 3},
        "took longer than 3 s",
    ),
    "it loops": ("while True: pass", {"timeout": 1.5}, "took longer than 1.5 s"),
    "it writes without an end": ("while True: print('x' * 1000000)", {"timeout": 60}, "wrote more than"),
    "it eats memory": ("x = [b'x' * 2**20 for _ in range(4096)]", {"memory": 256, "statuses": (0,)}, "MemoryError"),
    "it fills the disk": (
        "Path('big').write_bytes(b'x' * 2**25)\nprint(log())",
        {"statuses": (0,)},
        "File too large",
    ),
    "two logs": ("Path('a.sarif').write_text(log())\nPath('b.sarif').write_text(log())", {}, "there are 2 files of it"),
    "a link for a log": ("os.symlink('/etc/passwd', 'a.sarif')", {}, "no file"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_goes_wrong_is_told(case: str, made: Made, tmp_path: Path) -> None:
    body, options, expected = BROKEN[case]
    started = time.monotonic()
    assert expected in why(made(scanner(tmp_path, body, **options)).scan("fake", FILES))
    assert time.monotonic() - started < 30


def test_a_program_that_is_not_there(made: Made, tmp_path: Path) -> None:
    said = made(Scanner("gone", (str(tmp_path / "gone"), "{rendered}"))).scan("gone", FILES)
    assert why(said) == "the program of the scanner `gone` cannot be run: No such file or directory"


def test_a_program_that_may_not_be_run(made: Made, tmp_path: Path) -> None:
    one = scanner(tmp_path, RED)
    Path(one.command[0]).chmod(0o644)
    assert "cannot be started; it said:" in why(made(one).scan("fake", FILES))


def test_a_scanner_that_is_not_enabled(made: Made, tmp_path: Path) -> None:
    for enabled, there in (([], "none is enabled"), ([scanner(tmp_path, RED)], "the scanners enabled here are fake")):
        said = made(*enabled).scan("trivy", FILES)
        assert isinstance(said, NotScanned) and said.here and there in said.message


def test_more_than_it_may_be(made: Made, tmp_path: Path) -> None:
    assert "more than 64 MB" in why(made(scanner(tmp_path, RED)).scan("fake", {"a.yaml": b" " * (64 * 2**20 + 1)}))


CANARY = "canary-31ab"


def _leaks(place: Path, port: int) -> dict[str, str]:
    """Return what a hostile program would try, each ending in a log only where it succeeds."""
    return {
        "a file beside": f"assert Path({str(place)!r}).read_text() == {CANARY!r}",
        "a directory beside": f"os.listdir({str(place.parent)!r})",
        "the account's files": "os.listdir('/root'); os.listdir('/home')",
        "the loopback network": f"socket.create_connection(('127.0.0.1', {port}), 2)",
        "a file written beside": f"Path({str(place.parent / 'made')!r}).write_text('x')",
        "the files it scans, changed": "files[0].write_text('x')",
        "a variable that was not handed on": "os.environ['SCAN_CANARY']",
        "another program": "subprocess.run(['/usr/bin/id'], check=True)",
        "our own environment": "assert Path(f'/proc/{os.getppid()}/environ').read_bytes()",
    }


@pytest.fixture
def neighbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A file, a port and a variable that are none of a scanner's business."""
    monkeypatch.setenv("SCAN_CANARY", CANARY)
    place = tmp_path / "elsewhere" / "secret.txt"
    place.parent.mkdir()
    place.write_text(CANARY)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server,), daemon=True).start()
        yield _leaks(place, server.getsockname()[1])


def _accept(server: socket.socket) -> None:
    while True:
        try:
            server.accept()[0].close()
        except OSError:
            return


@pytest.mark.usefixtures("walls")
def test_nothing_beside_is_reached(made: Made, tmp_path: Path, neighbour: dict[str, str]) -> None:
    for number, (what, attempt) in enumerate(neighbour.items()):
        one = scanner(tmp_path, f"{attempt}\nprint(log())", f"fake{number}", statuses=(0,))
        assert "failed with status 1" in why(made(one).scan(one.name, FILES)), what


def test_without_walls_all_of_that_is_reached(tmp_path: Path, neighbour: dict[str, str]) -> None:
    """The control: what the attempts try does work where nothing stops it."""
    rendered = tmp_path / "rendered"
    rendered.mkdir()
    (rendered / "a.yaml").write_text("a")
    for number, (what, attempt) in enumerate(neighbour.items()):
        if what == "the account's files" and not os.access("/root", os.R_OK):
            continue
        one = scanner(tmp_path, f"{attempt}\nprint(log())", f"control{number}")
        done = subprocess.run([one.command[0], str(rendered)], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode == 0, (what, done.stderr)


def test_what_the_operator_hands_on_is_there(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "one.txt").write_text("nothing is blue")
    monkeypatch.setenv("SCAN_LEVEL", "high")
    body = f"print(log((os.environ['SCAN_LEVEL'], Path({str(rules / 'one.txt')!r}).read_text(), 'b.yaml', 1)))"
    said = made(scanner(tmp_path, body, environment=("SCAN_LEVEL",), reads=(str(rules),))).scan("fake", FILES)
    assert isinstance(said, bytes), said
    (found,) = read(said).results
    assert (found.rule, found.message) == ("high", "nothing is blue")


class TestKept:
    BODY = "print(log((str(time.time_ns()), 'words', 'a.yaml', 1)))"

    def rule(self, scanning: SandboxedScanners, files: dict[str, bytes] | None = None) -> str:
        said = scanning.scan("fake", FILES if files is None else files)
        assert isinstance(said, bytes), said
        return read(said).results[0].rule

    def test_the_same_is_asked_once_also_by_the_next_process(self, made: Made, tmp_path: Path) -> None:
        one = scanner(tmp_path, self.BODY)
        first = self.rule(made(one, keep=True))
        assert self.rule(made(one, keep=True)) == first
        assert self.rule(made(one)) != first, "nothing is kept unless asked"

    def test_other_files_another_program_other_rules_ask_again(
        self, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rules = tmp_path / "rules"
        rules.mkdir()
        (rules / "one.txt").write_text("1")
        options = {"environment": ("SCAN_LEVEL",), "reads": (str(rules),)}
        one = scanner(tmp_path, self.BODY, **options)
        seen = [self.rule(made(one, keep=True)), self.rule(made(one, keep=True), {**FILES, "a.yaml": b"a"})]
        seen.append(self.rule(made(one, keep=True), {**FILES, "c.yaml": b""}))
        seen.append(self.rule(made(scanner(tmp_path, self.BODY, command=("{rendered}", "-x"), **options), keep=True)))
        monkeypatch.setenv("SCAN_LEVEL", "high")
        seen.append(self.rule(made(one, keep=True)))
        os.utime(rules / "one.txt", ns=(1, time.time_ns()))
        seen.append(self.rule(made(one, keep=True)))
        one = scanner(tmp_path, self.BODY + "\n\n", **options)
        seen.append(self.rule(made(one, keep=True)))
        assert len({*seen}) == 7

    def test_a_failure_is_not_kept(self, made: Made, tmp_path: Path) -> None:
        mark = tmp_path / "mark"
        mark.mkdir()
        body = f"assert os.listdir({str(mark)!r})\nprint(log())"
        one = scanner(tmp_path, body, reads=(str(mark),))
        assert "nothing in it" in why(made(one, keep=True).scan("fake", FILES))
        (mark / "there").write_text("x")
        assert isinstance(made(one, keep=True).scan("fake", FILES), bytes)


def test_they_are_tried_out(made: Made, tmp_path: Path) -> None:
    enabled = [scanner(tmp_path, RED), scanner(tmp_path, "sys.exit(9)", "broken")]
    assert made(*enabled).words() == "fake (fake 1.0), the scanner `broken` failed with status 9"
    assert made().words() == ""


def test_nothing_stays_behind(made: Made, tmp_path: Path) -> None:
    scanning = made(scanner(tmp_path, RED))
    scanning.scan("fake", FILES)
    room = scanning._scratch
    assert room is not None and not [*room.iterdir()]
    scanning.close()
    assert not room.exists()
