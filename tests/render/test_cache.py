"""What was rendered is found again by the next process, and what is damaged is rendered anew."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.adapters.render.cache import RenderCache, key_of
from bot.adapters.render.packs import Packs
from bot.model.manifest import Rendered, RenderProblem, Resource
from bot.model.source import Source

RENDERED = Rendered(
    "a",
    (Resource({"kind": "ConfigMap", "data": {"a": "é", "n": 1.5, "t": True}}, "a/x.yaml", 3),),
    (RenderProblem("a", "why", 1, "how", True),),
    ("a/x.yaml",),
    "plain",
    0.5,
    ("note",),
)
KEY = key_of("engine 1", Source("a", "plain"), [("a/x.yaml", "b" * 40)])


def test_found_again_by_another_process(tmp_path: Path) -> None:
    RenderCache(tmp_path).save(KEY, RENDERED)
    found = RenderCache(tmp_path).find(KEY)
    assert found is not None and found.rendered() == RENDERED
    assert found.rendered().seconds == 0.5
    assert RenderCache(tmp_path / "other").find(KEY) is None


def test_everything_that_decides_is_in_the_key() -> None:
    keys = {
        KEY,
        key_of("engine 2", Source("a", "plain"), [("a/x.yaml", "b" * 40)]),
        key_of("engine 1", Source("a", "kustomize"), [("a/x.yaml", "b" * 40)]),
        key_of("engine 1", Source("b", "plain"), [("a/x.yaml", "b" * 40)]),
        key_of("engine 1", Source("a", "plain", overrides=(("k", "v"),)), [("a/x.yaml", "b" * 40)]),
        key_of("engine 1", Source("a", "plain"), [("a/x.yaml", "c" * 40)]),
        key_of("engine 1", Source("a", "plain"), [("a/y.yaml", "b" * 40)]),
        key_of("engine 1", Source("a", "plain"), []),
    }
    assert len(keys) == 8


def test_memory_has_a_budget(tmp_path: Path) -> None:
    cache = RenderCache(None, budget=400)
    for number in range(20):
        cache.save(f"{number:064}", RENDERED)
    assert cache.find(f"{0:064}") is None and cache.find(f"{19:064}") is not None
    kept = RenderCache(tmp_path, budget=1)
    kept.save(KEY, RENDERED)
    assert kept.find(KEY) is not None, "it is still on disk"


@pytest.mark.parametrize("cut", [1, 40, 60])
def test_a_record_that_was_cut_short_is_not_there(tmp_path: Path, cut: int) -> None:
    packs = Packs(tmp_path)
    packs.save("0" * 64, b"first")
    packs.save("1" * 64, b"second" * 10)
    (pack,) = tmp_path.glob("*.pack")
    os.truncate(pack, pack.stat().st_size - cut)
    again = Packs(tmp_path)
    assert again.find("0" * 64) == b"first"
    assert again.find("1" * 64) is None
    again.save("1" * 64, b"again")
    assert Packs(tmp_path).find("1" * 64) == b"again"


def test_a_record_that_does_not_add_up_is_not_there(tmp_path: Path) -> None:
    Packs(tmp_path).save("0" * 64, b"secret")
    (pack,) = tmp_path.glob("*.pack")
    data = bytearray(pack.read_bytes())
    data[-1] ^= 1
    pack.write_bytes(data)
    assert Packs(tmp_path).find("0" * 64) is None
    pack.write_bytes(b"not a pack at all, but long enough to hold a head")
    assert Packs(tmp_path).find("0" * 64) is None


def test_only_this_user_may_read(tmp_path: Path) -> None:
    packs = Packs(tmp_path / "renders")
    packs.save("0" * 64, b"secret")
    (pack,) = (tmp_path / "renders").glob("*.pack")
    assert pack.stat().st_mode & 0o077 == 0
    assert (tmp_path / "renders").stat().st_mode & 0o077 == 0


def test_old_packs_go_and_a_new_one_is_begun(tmp_path: Path) -> None:
    packs = Packs(tmp_path)
    packs.save("0" * 64, b"old")
    for pack in tmp_path.glob("*.pack"):
        os.utime(pack, (1, 1))
    assert packs.prune(3600) == 1
    assert packs.find("0" * 64) is None
    packs.save("1" * 64, b"new")
    assert packs.find("1" * 64) == b"new"
    assert packs.prune(3600) == 0


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    words = (
        "import sys; from pathlib import Path; from bot.adapters.render.packs import Packs\n"
        "packs = Packs(Path(sys.argv[1]))\n"
        "for n in range(200): packs.save(f'{int(sys.argv[2]) * 1000 + n:064}', sys.argv[2].encode() * 50)\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", words, str(tmp_path), str(one)]) for one in (1, 2, 3)]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    packs = Packs(tmp_path)
    assert all(packs.find(f"{one * 1000 + n:064}") == str(one).encode() * 50 for one in (1, 2, 3) for n in range(200))
