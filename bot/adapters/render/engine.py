"""The engine process: shut itself in, load an engine, then render what the pool asks for, one at a time.

Run as `python -m bot.adapters.render.engine SETTINGS`, SETTINGS being JSON. It speaks `wire` on descriptors
0 and 1; whatever the engine prints goes to descriptor 2, a file that the pool reads when the process died.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import re
import resource
import sys
import sysconfig
from pathlib import Path
from typing import Any

from bot.adapters.render import isolation

_HIGH_WATER = re.compile(rb"VmHWM:\s+(\d+) kB")
_MOST = 64 * 1024 * 1024  # bytes of one request


def main() -> None:
    """Serve until the pool hangs up."""
    settings = json.loads(sys.argv[1])
    asked, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    peak = Peak()
    walls = isolation.enter([*settings["readable"], *runtime()], settings["programs"], memory=settings["memory"])
    _serve(settings, walls, peak, asked, answers)


def runtime() -> list[str]:
    """Return what Python and the shared libraries need to read."""
    package = str(Path(__file__).resolve().parents[2])
    system = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"]
    return [package, sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *system]


def _serve(settings: dict[str, Any], walls: isolation.Isolation, peak: Peak, asked: int, answers: int) -> None:
    import orjson  # imported behind the walls, like everything that meets a stranger's bytes

    from bot.adapters.render import wire
    from bot.adapters.render.serving import Serving

    hello = {
        "landlock": walls.landlock,
        "netns": walls.netns,
        "trusted": walls.files_closed and walls.network_closed,
        "reason": walls.reason,
    }
    serving, deadline = Serving(settings), float(settings["deadline"])
    try:
        wire.send(answers, orjson.dumps(hello))
        while True:
            request = orjson.loads(wire.receive(asked, limit=_MOST))
            os.ftruncate(2, 0)
            os.lseek(2, 0, os.SEEK_SET)
            faulthandler.dump_traceback_later(deadline + 5, exit=True)  # should the pool itself have died
            reply = serving.answer(request)
            faulthandler.cancel_dump_traceback_later()
            wire.send(answers, b"%d\n%s" % (peak.read(), reply))
    except wire.ClosedError:
        return


class Peak:
    """The most memory this process ever held. Made before the walls are up, as it reads a file of the kernel's.

    What getrusage(2) calls the maximum is inherited from the process that started this one: the engines of a large
    worker would all seem to have grown fat.
    """

    def __init__(self) -> None:
        self._status = -1
        with contextlib.suppress(OSError):  # macOS has no /proc
            self._status = os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC)

    def read(self) -> int:
        """Return it in bytes."""
        if self._status >= 0:
            found = _HIGH_WATER.search(os.pread(self._status, 8192, 0))
            if found:
                return int(found[1]) * 1024
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    main()
