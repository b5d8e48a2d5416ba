"""Is a command answered whose webhook found the door closed? GitHub's log of deliveries has it; a sweep asks for it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from werkzeug.serving import make_server

from bot.adapters.queue import Runner, Work
from bot.intake.tasks import SWEEP
from tests.flows.repository import SETTINGS, settings
from tests.flows.world import Town


@contextmanager
def open_door(town: Town) -> Iterator[None]:
    """Let the town's webhooks go out over HTTP to its web door, at once."""
    server = make_server("127.0.0.1", 0, town.door.application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    town.app.webhook_url = f"http://127.0.0.1:{server.server_port}/webhook"
    town.sandbox.deliveries.mode = "send"
    try:
        yield
    finally:
        town.sandbox.deliveries.mode = "hold"
        town.sandbox.deliveries.wait_idle(5)
        server.shutdown()
        server.server_close()


def sweep(town: Town) -> None:
    """Sweep as a worker does, and work until nothing is left."""
    town.queue.mark([SWEEP])
    work = Work(town.bot.handle, list_repositories=town.bot.list_repositories, redeliver=town.bot.redeliver)
    Runner(town.queue, work).run_key(SWEEP)
    while town.sandbox.deliveries.wait_idle(5) and town.work():
        pass


def attempts(town: Town, guid: str) -> list[int]:
    return [one.status_code for one in town.sandbox.deliveries.log if one.guid == guid]


def test_a_lost_command_is_answered_after_one_sweep(make_town: Callable[..., Town]) -> None:
    town = make_town()
    town.settle()
    number = town.propose("green", {SETTINGS: settings(level="info", colour="green")})
    town.settle()
    with open_door(town):
        sweep(town)
        town.sandbox.deliveries.mode = "drop"
        asked = town.say(number, "ann", "/status")
        lost = town.sandbox.deliveries.log[-1]
        assert (lost.event, lost.status_code) == ("issue_comment", 502)
        town.sandbox.deliveries.mode = "send"
        assert not town.reply(number, asked)
        sweep(town)
        first = town.reply(number, asked)
        assert "staging" in first
        assert attempts(town, lost.guid) == [502, 202]
        for _ in range(2):
            sweep(town)
        assert attempts(town, lost.guid) == [502, 202]
        town.queue.connection.delete("lockkeeper:redelivered")
        sweep(town)
    assert attempts(town, lost.guid) == [502, 202]
    assert town.reply(number, asked) == first
    assert not town.bugs
