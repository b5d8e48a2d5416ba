"""Does the door hold behind gunicorn: large bodies, a Redis that is away, several processes, restarts?"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.adapters.queue import Queue, connect
from bot.adapters.valkey import embedded_valkey
from tests.queue.servers import environment, free_port, process, until
from tests.web.signing import PUSH, SECRET, encode, headers, sign

BODY = encode(PUSH)


def ask(port: int, method: str = "GET", path: str = "/healthz", body: bytes = b"", **more) -> tuple[int, str]:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        link.request(method, path, body or None, headers=more.get("headers") or {})
        answer = link.getresponse()
        return answer.status, answer.read().decode()
    finally:
        link.close()


def deliver(port: int, body: bytes = BODY, **changes: str | None) -> tuple[int, str]:
    return ask(port, "POST", "/webhook", body, headers=headers(body, **changes))


@contextlib.contextmanager
def web(data: Path, url: str, **more: str) -> Iterator[int]:
    port = free_port()
    env = environment(data, LOCKKEEPER_WEBHOOK_SECRET=SECRET, REDIS_URL=url, PORT=str(port), **more)
    with process("bot.serve", "web", env=env, log=data / "log"):
        until(lambda: ask(port)[0] == 200, what="the door is open")
        yield port


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, valkey_url: str) -> Iterator[int]:
    with web(tmp_path_factory.mktemp("door"), valkey_url, WEB_CONCURRENCY="2") as port:
        yield port


def children_memory(port: int) -> int:
    """Return the peak resident memory in KiB over the gunicorn processes of this port."""
    peaks = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            if f":{port}".encode() in (status.parent / "cmdline").read_bytes():
                found = re.search(r"VmHWM:\s+(\d+)", status.read_text())
                peaks.append(int(found[1]) if found else 0)
    return max(peaks)


def stream(port: int, size: int, head: bytes, chunk: Callable[[bytes], bytes]) -> tuple[int, int]:
    """Send up to `size` bytes of body; return the status and how much was sent before the answer came."""
    block, sent = chunk(b"x" * 65536), 0
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        link.sendall(head)
        link.setblocking(False)
        deadline, answer = time.monotonic() + 20, b""
        view = memoryview(block)
        while time.monotonic() < deadline and b"\r\n" not in answer:
            with contextlib.suppress(BlockingIOError):
                part = link.recv(65536)
                answer += part
                if not part:
                    break
            try:
                if sent < size:
                    done = link.send(view)
                    sent += done
                    view = view[done:] if done < len(view) else memoryview(block)
                else:
                    time.sleep(0.005)
            except BlockingIOError:
                time.sleep(0.001)
            except OSError:
                break
        with contextlib.suppress(OSError):
            link.setblocking(True)
            link.settimeout(2)
            answer += link.recv(65536) if not answer else b""
    return int(answer.split()[1]) if answer else 0, sent


HEAD = b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def test_an_endless_chunked_body_is_cut_off(door: int) -> None:
    before = children_memory(door)
    head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    size = 1 << 30
    status, sent = stream(door, size, head, lambda part: b"%x\r\n%s\r\n" % (len(part), part))
    assert status == 413
    assert sent < 64 << 20, "it was refused long before its end"
    assert children_memory(door) - before < 80 << 10, "memory stays flat (the limit is 25 MB of body)"


def test_a_declared_large_body_is_not_read(door: int) -> None:
    head = HEAD + b"Content-Length: 1073741824\r\n\r\n"
    status, sent = stream(door, 1 << 30, head, lambda part: part)
    assert status == 413
    assert sent < 32 << 20


def test_a_body_longer_than_declared_is_cut_and_fails_the_signature(door: int) -> None:
    signature = sign(BODY).encode()
    head = HEAD + b"X-Hub-Signature-256: " + signature + b"\r\nContent-Length: 10\r\n\r\n"
    status, _ = stream(door, len(BODY), head, lambda _: BODY)
    assert status == 401


def test_a_chunked_delivery_is_as_good_as_any(door: int) -> None:
    link = http.client.HTTPConnection("127.0.0.1", door, timeout=20)
    link.request("POST", "/webhook", iter([BODY[:5], BODY[5:]]), headers=headers(BODY), encode_chunked=True)
    assert link.getresponse().status == 202


def test_metrics_add_up_over_two_processes(door: int) -> None:
    def queued() -> float:
        page = ask(door, path="/metrics")[1]
        found = re.search(r'lockkeeper_deliveries_total\{event="status",outcome="ignored"\} (\S+)', page)
        return float(found[1]) if found else 0.0

    body = encode({"state": "pending"})
    for _ in range(40):
        assert ask(door, "POST", "/webhook", body, headers=headers(body, "status"))[0] == 202
    assert {queued() for _ in range(12)} == {40.0}, "each process tells the sum of both"


def test_redis_away_is_503_within_a_second_and_heals(tmp_path: Path) -> None:
    with embedded_valkey(tmp_path / "valkey") as url, web(tmp_path, url) as port:
        assert deliver(port)[0] == 202
        queue = Queue(connect(url, timeout=5))
        frozen = int(queue.connection.info("server")["process_id"])
        os.kill(frozen, signal.SIGSTOP)
        try:
            for _ in range(3):
                began = time.monotonic()
                status, text = deliver(port)
                assert (status, text.count("\n")) == (503, 1)
                assert time.monotonic() - began < 1.0
            assert ask(port)[0] == 200, "the process itself lives"
            assert ask(port, path="/readyz")[0] == 503
            assert "lockkeeper_redis_up 0" in ask(port, path="/metrics")[1]
        finally:
            os.kill(frozen, signal.SIGCONT)
        until(lambda: deliver(port)[0] == 202, seconds=5)


def test_redis_gone_for_good_is_503_within_a_second(tmp_path: Path) -> None:
    with web(tmp_path, f"unix://{tmp_path}/nothing.sock") as port:
        began = time.monotonic()
        assert deliver(port)[0] == 503
        assert time.monotonic() - began < 1.0
    with web(tmp_path, f"redis://127.0.0.1:{free_port()}/0") as port:
        began = time.monotonic()
        assert deliver(port)[0] == 503
        assert time.monotonic() - began < 1.0


def test_without_a_secret_it_does_not_start(tmp_path: Path) -> None:
    env = environment(tmp_path, LOCKKEEPER_WEBHOOK_SECRET="", PORT=str(free_port()))
    with process("bot.serve", "web", env=env, log=tmp_path / "log") as child:
        assert child.wait(15) != 0
    assert "LOCKKEEPER_WEBHOOK_SECRET is not set" in (tmp_path / "log").read_text()


def test_serve_restarts_what_dies_and_stops_cleanly(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "served.py").write_text(SERVED)
    env = environment(tmp_path, LOCKKEEPER_WEBHOOK_SECRET=SECRET, PORT=str(port), LOCKKEEPER_WORKERS="1")
    env["PYTHONPATH"] += f":{tmp_path}"
    with process("served", env=env, log=tmp_path / "log") as supervisor:
        until(lambda: deliver(port)[0] == 202, what="the door is open")
        until(lambda: "run ada/shop" in (tmp_path / "log").read_text(), what="the worker works")
        started = [line for line in lines(tmp_path) if line.get("event") == "part_started"]
        for part in started:
            os.kill(part["process"], signal.SIGKILL)
        until(lambda: len([one for one in lines(tmp_path) if one.get("event") == "part_started"]) == 4)
        until(lambda: deliver(port)[0] == 202, what="the door is open again")
        until(lambda: (tmp_path / "log").read_text().count("run ada/shop") > 1, what="the worker works again")
        supervisor.terminate()
        assert supervisor.wait(20) == 0
    for one in lines(tmp_path):
        if one.get("event") == "part_started":
            with pytest.raises(ProcessLookupError):
                os.kill(one["process"], 0)


SERVED = """
import os, sys
from bot import serve
from bot.settings import Settings

def build(settings):
    return lambda key, commands, lease: print("run", key, flush=True)

if __name__ == "__main__":
    serve.serve(Settings.from_environment(os.environ), build="served:build")
"""


def lines(data: Path) -> list[dict]:
    found = []
    for line in (data / "log").read_text().splitlines():
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return [one for one in found if isinstance(one, dict)]
