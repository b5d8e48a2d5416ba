"""Is a wish for work kept once, durably, and until it was carried out?"""

from __future__ import annotations

import secrets

import pytest

from bot.adapters.queue import Queue, Runner, Work
from bot.errors import TransientError
from bot.intake.tasks import SWEEP, PendingCommand

PULL = "ada/shop#7"


def command(comment_id: int, body: str = "/promote") -> PendingCommand:
    return PendingCommand("ada/shop", 7, comment_id, "ada", False, body, "2026-01-02T03:04:05Z")


def begin(queue: Queue, key: str):
    return queue.begin(key, secrets.token_hex(4))


def test_a_burst_of_duplicates_makes_one_job(queue: Queue) -> None:
    for _ in range(1000):
        queue.mark([PULL], [command(1)], installation=5)
    assert queue.jobs.count == 1
    start = begin(queue, PULL)
    assert start is not None
    assert start.commands == (command(1),)
    assert start.installation == 5


def test_each_key_has_its_job(queue: Queue) -> None:
    queue.mark(["ada/shop", PULL, PULL, "ada/other#7"])
    assert queue.jobs.count == 3


def test_a_mark_during_a_run_makes_it_run_again(queue: Queue) -> None:
    runs = []

    def handler(key, commands, lease):
        runs.append([one.comment_id for one in commands])
        if len(runs) == 1:
            queue.mark([PULL], [command(2)])
            queue.mark([PULL], [command(3)])

    runner = Runner(queue, Work(handler))
    queue.mark([PULL], [command(1)])
    before = queue.jobs.count
    runner.run_key(PULL)
    assert queue.jobs.count == before + 1, "one new bell, rung when the run ended"
    runner.run_key(PULL)
    runner.run_key(PULL)  # a bell too many finds nothing to do
    assert runs == [[1], [2, 3]]


def test_the_mark_is_cleared_before_the_run_reads(queue: Queue) -> None:
    queue.mark([PULL])
    assert queue.depth().dirty == 1
    assert begin(queue, PULL) is not None
    assert queue.depth().dirty == 0
    assert queue.depth().running == 1


def test_a_finished_command_is_not_run_again_when_redelivered(queue: Queue) -> None:
    seen = []
    runner = Runner(queue, Work(lambda key, commands, lease: seen.extend(one.comment_id for one in commands)))
    for _ in range(3):
        queue.mark([PULL], [command(1), command(2)])
        runner.run_key(PULL)
    assert seen == [1, 2]


def test_a_command_finished_early_survives_a_failed_run(queue: Queue) -> None:
    seen = []

    def handler(key, commands, lease):
        seen.append([one.comment_id for one in commands])
        if len(seen) == 1:
            lease.finish_command(1)
            raise TransientError("GitHub is away")

    runner = Runner(queue, Work(handler))
    queue.mark([PULL], [command(1), command(2)])
    runner.run_key(PULL)
    queue.connection.delete(f"{queue.name}:due")  # the wait is over
    runner.run_key(PULL)
    queue.mark([PULL], [command(1)])
    runner.run_key(PULL)
    assert seen == [[1, 2], [2], []]


def test_a_retry_keeps_the_commit_seen_first(queue: Queue) -> None:
    bound = []

    def handler(key, commands, lease):
        bound.append((commands[0].sha, lease.bind_command(1, f"{len(bound)}" * 40)))
        if len(bound) == 1:
            raise TransientError("GitHub is away")

    runner = Runner(queue, Work(handler))
    queue.mark([PULL], [command(1)])
    runner.run_key(PULL)
    queue.connection.delete(f"{queue.name}:due")
    runner.run_key(PULL)
    assert bound == [("", "0" * 40), ("0" * 40, "0" * 40)]


def test_commands_go_before_other_work(queue: Queue) -> None:
    queue.mark([f"ada/shop#{number}" for number in range(20, 25)])
    queue.mark([PULL], [command(1)])
    first = queue.jobs.get_jobs(length=1)[0]
    assert first.args == [PULL]


@pytest.mark.parametrize("body", ["/promote \ud800", "/promote \x00", "/é" * 60_000, "/\U0001f680"])
def test_any_text_people_can_type_is_kept(queue: Queue, body: str) -> None:
    queue.mark([PULL], [command(1, body)])
    start = begin(queue, PULL)
    assert start is not None
    assert start.commands[0].body == body


@pytest.mark.parametrize("key", ["", "shop", "a/b/c", "a/b#0", "a/b#x", "a/b\n", "a b/c", "@other", "../../x"])
def test_a_malformed_key_is_refused(queue: Queue, key: str) -> None:
    with pytest.raises(ValueError, match="is no key"):
        queue.mark([key])
    assert queue.jobs.count == 0


def test_a_sweep_marks_every_known_repository_and_forgets_removed_ones(queue: Queue) -> None:
    queue.mark([PULL, "ada/shop", "bob/site"], installation=5)
    queue.forget(["bob/site"])
    runs = []
    runner = Runner(queue, Work(lambda key, commands, lease: runs.append(key)))
    for key in (PULL, "ada/shop", "bob/site"):
        runner.run_key(key)
    runs.clear()
    queue.mark([SWEEP])
    runner.run_key(SWEEP)
    for key in (PULL, "ada/shop", "bob/site"):
        runner.run_key(key)
    assert runs == ["ada/shop"]


def test_a_sweep_asks_for_the_installed_repositories(queue: Queue) -> None:
    work = Work(lambda key, commands, lease: None, list_repositories=lambda: [("ada/shop", 1), ("bob/site", 2)])
    queue.mark([SWEEP])
    Runner(queue, work).run_key(SWEEP)
    assert queue.repositories() == {"ada/shop": 1, "bob/site": 2}
    assert queue.depth().dirty == 2


def test_a_sweep_asks_for_lost_deliveries_and_survives_their_errors(queue: Queue) -> None:
    asked: list[int] = []

    def redeliver() -> int:
        asked.append(queue.depth().dirty)
        raise TransientError("GitHub is away")

    work = Work(lambda key, commands, lease: None, list_repositories=lambda: [("ada/shop", 1)], redeliver=redeliver)
    queue.mark([SWEEP])
    Runner(queue, work).run_key(SWEEP)
    assert asked == [1], "after the repositories are marked"
    assert queue.depth().waiting == 0 and not queue.failed()


def test_one_of_many_starts_the_sweep(queue: Queue) -> None:
    assert [queue.sweep_is_due(60) for _ in range(4)] == [True, False, False, False]
