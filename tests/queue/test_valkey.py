"""Is there one server for each directory, whoever comes first, and does it end with its owner?"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import threading
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from bot.adapters.valkey import embedded_valkey
from bot.errors import UserError
from tests.queue.servers import environment, process, until


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def server(url: str) -> int:
    return int(Redis.from_url(url).info("server")["process_id"])


def answers(url: str) -> bool:
    try:
        return bool(Redis.from_url(url).ping())
    except RedisError:
        return False


def servers(directory: Path) -> int:
    """Count the server processes of a directory."""
    commands = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            commands.append(path.read_bytes())
    return sum(b"valkey-server" in one.split(b"\0")[0] and os.fsencode(directory) in one for one in commands)


def test_data_outlives_the_server(tmp_path: Path) -> None:
    with embedded_valkey(tmp_path) as url:
        Redis.from_url(url).set("kept", "yes")
        first = server(url)
    assert not alive(first)
    with embedded_valkey(tmp_path) as url:
        assert Redis.from_url(url).get("kept") == b"yes"


def test_a_second_user_finds_the_first_ones_server(tmp_path: Path) -> None:
    with embedded_valkey(tmp_path) as one:
        with embedded_valkey(tmp_path) as two:
            assert two == one
            assert server(one) == server(two)
        assert answers(one), "leaving the second block does not stop the first one's server"


def test_many_that_start_at_once_share_one_server(tmp_path: Path) -> None:
    found: list[int] = []
    running: list[int] = []
    together = threading.Barrier(6)

    def user() -> None:
        together.wait()
        with embedded_valkey(tmp_path) as url:
            found.append(server(url))
            running.append(servers(tmp_path))
            together.wait()

    users = [threading.Thread(target=user) for _ in range(6)]
    for one in users:
        one.start()
    for one in users:
        one.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert set(running) <= {0, 1}, "0 where there is no /proc to count in"


HOLD = """
import sys, time
from pathlib import Path
from bot.adapters.valkey import embedded_valkey
with embedded_valkey(Path(sys.argv[1])) as url:
    time.sleep(60)
"""


def test_it_ends_with_its_owner_and_the_next_user_starts_it_again(tmp_path: Path) -> None:
    (tmp_path / "hold.py").write_text(HOLD)
    env = {**environment(tmp_path), "PYTHONPATH": f"{environment(tmp_path)['PYTHONPATH']}:{tmp_path}"}
    data = tmp_path / "data"
    url = f"unix://{data / 'valkey.sock'}"
    with process("hold", str(data), env=env, log=tmp_path / "log") as owner:
        until(lambda: answers(url))
        first = server(url)
        with embedded_valkey(data) as mine:
            assert server(mine) == first
            os.kill(owner.pid, signal.SIGKILL)
            until(lambda: not alive(first), what="the server ends with its owner")
            until(lambda: answers(mine), what="we start another")
            assert server(mine) != first


def test_the_socket_is_for_us_alone_however_long_the_path(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90)
    with embedded_valkey(deep) as url:
        path = Path(url.removeprefix("unix://"))
        assert len(os.fsencode(path)) <= 100
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
        assert stat.S_IMODE(path.parent.stat().st_mode) & 0o077 == 0
        assert Redis.from_url(url).config_get("port") == {"port": "0"}, "nothing listens on the network"


def test_a_platform_without_it_is_told_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import platform

    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(UserError, match="no embedded Valkey") as refused, embedded_valkey(tmp_path):
        pass
    assert "REDIS_URL" in str(refused.value)


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "appendonlydir").mkdir(parents=True)
    (tmp_path / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    with pytest.raises(UserError, match="did not start"), embedded_valkey(tmp_path):
        pass


def test_a_long_temporary_directory_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS, and test runners, have long ones; the server then did not start."""
    long = tmp_path / ("t" * 100)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with embedded_valkey(long / "data") as url:
        assert answers(url)
