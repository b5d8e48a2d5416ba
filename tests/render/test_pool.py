"""Do engines die alone: by deadline, by signal, by age, and never together with what uses them?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.process import run
from tests.render.conftest import Write
from tests.render.roots import PooledRenderer
from tests.render.scenarios import BASE, overlay

ROOT = "overlays/dev"


def engines() -> list[int]:
    """Return the engine processes that this process started."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int(place.joinpath("stat").read_text().rpartition(")")[2].split()[1])
            command = place.joinpath("cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        if parent == os.getpid() and b"bot.adapters.render.engine" in command:
            found.append(int(place.name))
    return found


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[PooledRenderer]:
    """A renderer with a single engine and a short deadline."""
    with PooledRenderer(root=tmp_path, workers=1, deadline=2) as renderer:
        yield renderer


def engine_of(renderer: PooledRenderer) -> int:
    before = set(engines())
    assert renderer.capabilities().kustomize.engine != "none"
    (pid,) = set(engines()) - before
    return pid


def test_an_engine_that_hangs_is_killed_and_replaced(alone: PooledRenderer, write: Write) -> None:
    checkout, pid = write(overlay("")), engine_of(alone)
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    (problem,) = alone.render(checkout, [ROOT])[ROOT].problems
    assert 1.5 < time.monotonic() - started < 10
    assert problem.path == ROOT
    assert "longer than 2 s" in problem.message
    assert pid not in engines()
    assert alone.render(checkout, [ROOT])[ROOT].problems == ()


def test_an_engine_killed_at_work_is_replaced_and_asked_again(alone: PooledRenderer, write: Write) -> None:
    checkout, pid = write(overlay("")), engine_of(alone)
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
    assert len(alone.render(checkout, [ROOT])[ROOT].resources) == 2
    assert pid not in engines()


def test_an_engine_that_died_idle_is_not_missed(alone: PooledRenderer, write: Write) -> None:
    checkout, pid = write(overlay("")), engine_of(alone)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    assert len(alone.render(checkout, [ROOT])[ROOT].resources) == 2


def test_an_engine_killed_again_and_again_is_told(alone: PooledRenderer, write: Write, tmp_path: Path) -> None:
    checkout = write(overlay(""))
    known, done = set(engines()), threading.Event()

    def kill() -> None:
        while not done.wait(0.002):
            for pid in set(engines()) - known:
                os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    (problem,) = alone.render(checkout, [ROOT])[ROOT].problems
    done.set()
    killer.join()
    assert "engine" in problem.message
    assert alone.render(checkout, [ROOT])[ROOT].problems == ()


@pytest.mark.parametrize(("retire", "left"), [(1 << 30, 1), (1 << 20, 0)])
def test_an_engine_grown_fat_is_replaced(write: Write, tmp_path: Path, retire: int, left: int) -> None:
    checkout, others = write(BASE), set(engines())
    with PooledRenderer(root=tmp_path, workers=1, retire=retire) as renderer:
        seen = set()
        for _ in range(3):
            assert renderer.render(checkout, ["base"])["base"].problems == ()
            assert len(set(engines()) - others) == left
            seen |= set(engines()) - others
        assert len(seen) == left


def test_an_engine_that_cannot_start_says_why(write: Write, tmp_path: Path) -> None:
    checkout = write(BASE)
    with PooledRenderer(root=tmp_path, workers=1, memory=1 << 20) as renderer:
        (problem,) = renderer.render(checkout, ["base"])["base"].problems
        assert problem.message.startswith("not rendered: the rendering engine does not start: ")
        found = renderer.capabilities()
        assert (found.kustomize.engine, found.trusted) == ("none", False)
        assert "does not start" in found.reason


def test_the_engine_of_a_large_process_is_not_taken_for_large(write: Write, tmp_path: Path) -> None:
    """The kernel hands a process's peak on to its children: engines of a large worker were replaced at every render."""
    checkout = write(BASE)
    words = (
        "import sys; from pathlib import Path\n"
        "from tests.render import test_pool; from tests.render.roots import PooledRenderer\n"
        "large = b'x' * (500 << 20)\n"
        "with PooledRenderer(root=Path(sys.argv[1]), workers=1, retire=300 << 20) as renderer:\n"
        "    renderer.render(Path(sys.argv[2]), ['base'])\n"
        "    first = test_pool.engines()\n"
        "    renderer.render(Path(sys.argv[2]), ['base'])\n"
        "    print(len(first), first == test_pool.engines())\n"
    )
    top = Path(__file__).resolve().parents[2]
    argv = [sys.executable, "-c", words, str(tmp_path), str(checkout)]
    done = subprocess.run(argv, cwd=top, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "1 True\n", done.stderr


def test_many_threads(renderer: PooledRenderer, write: Write) -> None:
    overlays = {f"o/{n}/kustomization.yaml": f"resources: [../../base]\nnamePrefix: p{n}-\n" for n in range(20)}
    checkout = write({**BASE, **overlays})
    wrong: list[object] = []

    def work(seed: int) -> None:
        roots = [f"o/{(seed * 7 + n) % 20}" for n in range(20)]
        for root, rendered in renderer.render(checkout, roots).items():
            names = {one.name for one in rendered.resources}
            if names != {f"p{root[2:]}-web"}:
                wrong.append((root, names, rendered.problems))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_without_a_common_root_an_engine_reads_one_checkout(write: Write, tmp_path: Path) -> None:
    checkout = write(overlay(""))
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    with PooledRenderer(workers=1) as renderer:
        assert len(renderer.render(checkout, [ROOT])[ROOT].resources) == 2
        assert [one.name for one in renderer.render(other, [""])[""].resources] == ["a"]
        assert len(renderer.render(checkout, [ROOT])[ROOT].resources) == 2


def test_a_checkout_elsewhere_is_a_mistake(write: Write, tmp_path: Path) -> None:
    checkout = write(BASE)
    with PooledRenderer(root=tmp_path / "caches") as renderer, pytest.raises(ValueError, match="outside"):
        renderer.render(checkout, ["base"])


def test_close_ends_every_engine(write: Write, tmp_path: Path) -> None:
    before = set(engines())
    with PooledRenderer(root=tmp_path, workers=2) as renderer:
        renderer.render(write(BASE), ["base", ""])
        assert set(engines()) - before
    assert set(engines()) == before
    with pytest.raises(ValueError, match="closed"):
        renderer.render(tmp_path, ["base"])


def test_a_forked_process_has_engines_of_its_own(renderer: PooledRenderer, write: Write) -> None:
    checkout = write(BASE)
    assert renderer.render(checkout, ["base"])["base"].problems == ()
    mine = set(engines())
    child = os.fork()
    if child == 0:
        fine = False
        try:
            fine = len(renderer.render(checkout, ["base"])["base"].resources) == 2
            renderer.close()
        finally:
            os._exit(0 if fine else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert set(engines()) == mine
    assert len(renderer.render(checkout, ["base"])["base"].resources) == 2


def test_an_engine_ends_when_its_pool_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from tests.render.roots import PooledRenderer;"
        "from tests.render.test_pool import engines;"
        f"PooledRenderer(root=Path({str(tmp_path)!r}), workers=1).capabilities();"
        "print(*engines(), flush=True); os.kill(os.getpid(), 9)"
    )
    here = Path(__file__).parents[2]
    done = run([sys.executable, "-c", code], cwd=here, timeout=60, env={"PYTHONPATH": str(here)})
    pid = int(done.stdout)
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()
