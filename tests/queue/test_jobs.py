"""Can whoever writes to Redis make a worker run anything but our one function; and does RQ's Retry work?"""

from __future__ import annotations

import json
import os
import pickle
import signal
import threading
from pathlib import Path

import pytest
from rq import Callback, Retry
from rq import Queue as PlainQueue
from rq.serializers import JSONSerializer
from rq.webhook import Webhook

from bot.adapters.queue import Queue, Runner, Work
from bot.adapters.queue.job import CONVERGE, serve_jobs_with
from bot.worker import Keeper


@pytest.fixture(autouse=True)
def signals():
    """RQ leaves its signal handlers behind."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def work_off(queue: Queue, handler) -> None:
    serve_jobs_with(Runner(queue, Work(handler)).run_key)
    Keeper(queue, threading.Event()).work(burst=True, logging_level=None)


def test_a_job_runs_and_leaves_nothing_behind(queue: Queue) -> None:
    runs = []
    queue.mark(["ada/shop#7"])
    work_off(queue, lambda key, commands, lease: runs.append(key))
    assert runs == ["ada/shop#7"]
    assert queue.connection.keys(f"rq:job:{queue.name}-*") == []


FUNCTION, CALLBACK, ARGUMENT = "function that is not on the list", "carries a callback", "names no repository"
ATTACKS = {
    "function": (FUNCTION, lambda q, command: q.enqueue("os.system", command)),
    "function of another module": (FUNCTION, lambda q, command: q.enqueue("subprocess.getoutput", command)),
    "function on a good key": (FUNCTION, lambda q, _: q.enqueue("os.system", "ada/shop")),
    "function with retry": (FUNCTION, lambda q, command: q.enqueue("os.system", command, retry=Retry(max=3))),
    "callback": (CALLBACK, lambda q, _: q.enqueue(CONVERGE, "ada/shop", on_success=Callback(_leave_proof))),
    "callback on failure": (CALLBACK, lambda q, _: q.enqueue(CONVERGE, "x", on_failure=Callback(_leave_proof))),
    "odd argument": (ARGUMENT, lambda q, command: q.enqueue(CONVERGE, command)),
    "argument of another type": (ARGUMENT, lambda q, _: q.enqueue(CONVERGE, ["ada/shop"])),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_job_that_names_anything_else_is_refused(queue: Queue, tmp_path: Path, monkeypatch, name: str) -> None:
    reason, enqueue = ATTACKS[name]
    proof = tmp_path / "proof"
    monkeypatch.setenv("LOCKKEEPER_TEST_PROOF", str(proof))
    runs = []
    attacker = PlainQueue(queue.name, connection=queue.connection, serializer=JSONSerializer)
    job = enqueue(attacker, f"touch {proof}")
    work_off(queue, lambda key, commands, lease: runs.append(key))
    assert not proof.exists()
    assert runs == []
    assert job.id in queue.jobs.failed_job_registry, "it failed at once, without a retry"
    assert reason in job.latest_result().exc_string


def _leave_proof(*_: object) -> None:
    Path(os.environ["LOCKKEEPER_TEST_PROOF"]).touch()


def test_the_attack_works_on_a_plain_worker(queue: Queue, tmp_path: Path) -> None:
    """The test above can fail: RQ's own worker does run what the job names."""
    from rq import SimpleWorker

    proof = tmp_path / "proof"
    attacker = PlainQueue(queue.name, connection=queue.connection, serializer=JSONSerializer)
    attacker.enqueue("os.system", f"touch {proof}")
    SimpleWorker([attacker], connection=queue.connection, serializer=JSONSerializer).work(burst=True)
    assert proof.exists()


def test_a_webhook_in_a_job_is_not_called(queue: Queue) -> None:
    import http.server

    called = []

    class Catch(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            called.append(self.path)
            self.send_response(200)
            self.end_headers()

    with http.server.HTTPServer(("127.0.0.1", 0), Catch) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        attacker = PlainQueue(queue.name, connection=queue.connection, serializer=JSONSerializer)
        hooks = [Webhook(url, job_status=status) for status in ("finished", "failed")]
        job = attacker.enqueue(CONVERGE, "ada/shop", webhooks=hooks)
        work_off(queue, lambda *_: None)
        server.shutdown()
    assert "carries a webhook" in job.latest_result().exc_string
    assert called == []


def test_pickled_data_is_not_unpickled(queue: Queue, tmp_path: Path) -> None:
    proof = tmp_path / "proof"

    class Bomb:
        def __reduce__(self):
            return (os.system, (f"touch {proof}",))

    queue.mark(["ada/shop"])
    (job_key,) = queue.connection.keys(f"rq:job:{queue.name}-*")
    queue.connection.hset(job_key, "data", pickle.dumps((CONVERGE, None, (Bomb(),), {})))
    queue.connection.hset(job_key, "meta", pickle.dumps(Bomb()))
    queue.connection.hset(job_key, "result", pickle.dumps(Bomb()))
    work_off(queue, lambda *_: None)
    assert not proof.exists()


def test_a_bell_that_fails_in_the_machinery_is_retried_by_rq(queue: Queue) -> None:
    """Handlers' errors never reach RQ; if the queue's own code fails, RQ's Retry runs the bell again."""
    rings = []

    def run_key(key: str) -> None:
        rings.append(key)
        if len(rings) < 3:
            raise RuntimeError("no lease could be taken")

    queue.mark(["ada/shop"])
    serve_jobs_with(run_key)
    Keeper(queue, threading.Event()).work(burst=True, logging_level=None)
    assert rings == ["ada/shop"] * 3


def test_a_run_that_takes_too_long_is_interrupted(queue: Queue) -> None:
    import time

    queue.job_seconds = 1
    queue.mark(["ada/shop"])

    def handler(*_: object) -> None:
        time.sleep(10)

    began = time.monotonic()
    work_off(queue, handler)
    assert time.monotonic() - began < 5
    assert queue.connection.hget(f"{queue.name}:tries", "ada/shop") == b"1"


def test_the_queue_speaks_json(queue: Queue) -> None:
    queue.mark(["ada/shop"])
    job = queue.jobs.get_jobs()[0]
    assert json.loads(job.data) == [CONVERGE, None, ["ada/shop"], {}]
