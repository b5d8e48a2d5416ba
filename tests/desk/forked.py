"""How is our command run as a process of its own, when reading its modules takes longer than its work?

One process has read them and waits; each command is a fork of it, with a directory, an environment and outputs of its
own. Started as a program this is that process: a line of JSON asks for a command, and one answers with how it ended.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 100  # seconds


class Reader:
    """The process that has read everything; it is started by the first command, and again when it died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def run(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], outputs: tuple[Path, Path]
    ) -> int:
        """Run `lockkeeper` with its outputs in two files, and return its exit status (negative: the signal)."""
        process = self._process
        if process is None or process.poll() is not None:
            process = self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert process.stdin is not None
        assert process.stdout is not None
        asked = {
            "arguments": [*arguments],
            "cwd": str(cwd),
            "environment": {**environment},
            "outputs": [*map(str, outputs)],
        }
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        if not select.select([process.stdout], [], [], DEADLINE)[0]:
            self.close()
            raise TimeoutError(f"`lockkeeper {' '.join(arguments)}` did not end within {DEADLINE} s")
        return int(process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def _serve() -> None:
    """Answer until nobody asks any more."""
    package = importlib.import_module("bot.desk")
    for one in ("bot.cli", *(f"bot.desk.{module.name}" for module in pkgutil.iter_modules(package.__path__))):
        importlib.import_module(one)
    gc.freeze()
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        child = os.fork()
        if not child:
            answers.close()
            os._exit(_command(**json.loads(line)))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)


def _command(arguments: list[str], cwd: str, environment: dict[str, str], outputs: list[str]) -> int:
    """Become the command, and return its exit status."""
    from bot.cli import main

    gc.unfreeze()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for descriptor, name in enumerate((os.devnull, *outputs)):
        opened = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - as long as the process lives
    status: object = 0
    try:
        main(arguments, prog_name="lockkeeper")
    except SystemExit as end:
        status = end.code
    except BaseException:
        import traceback

        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status if isinstance(status, int) else 0 if status is None else 1


if __name__ == "__main__":
    _serve()
