"""The engine process: shut itself in, load kustomize, then render what the pool asks for, one at a time.

Run as `python -m bot.adapters.render.engine SETTINGS`, SETTINGS being JSON. It speaks `wire` on descriptors
0 and 1; whatever the engine prints goes to descriptor 2, a file that the pool reads when the process died.
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import sys
import sysconfig
from pathlib import Path

from bot.adapters.render import isolation


def main() -> None:
    """Serve until the pool hangs up."""
    settings = json.loads(sys.argv[1])
    asked, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    binary = [settings["binary"]] if settings["binary"] else []
    walls = isolation.enter([*settings["readable"], *_runtime()], binary, memory=settings["memory"])
    _serve(settings, walls, asked, answers)


def _runtime() -> list[str]:
    """List what Python and the shared libraries need to read."""
    package = str(Path(__file__).resolve().parents[2])
    system = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"]
    return [package, sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *system]


def _serve(settings: dict[str, object], walls: isolation.Isolation, asked: int, answers: int) -> None:
    import orjson  # imported behind the walls, like everything that meets a stranger's bytes

    from bot.adapters.render import build, kustomize, wire

    output, deadline = int(str(settings["output"])), float(str(settings["deadline"]))
    engine: kustomize.Kustomize | None = None
    missing = kustomize.INSTALL
    try:
        if settings["binary"]:
            engine = kustomize.Binary(Path(str(settings["binary"])), timeout=deadline, output=output)
        elif settings["library"]:
            engine = kustomize.Library(Path(str(settings["library"])))
    except (OSError, kustomize.KustomizeError) as error:
        missing = f"{missing} ({error})"
    hello = {
        "engine": engine.name if engine else "none",
        "version": engine.version if engine else "",
        "landlock": walls.landlock,
        "netns": walls.netns,
        "trusted": walls.files_closed and walls.network_closed,
        "reason": "; ".join(part for part in (walls.reason, "" if engine else missing) if part),
    }
    try:
        wire.send(answers, orjson.dumps(hello))
        while True:
            request = orjson.loads(wire.receive(asked, limit=1 << 20))
            os.ftruncate(2, 0)
            os.lseek(2, 0, os.SEEK_SET)
            faulthandler.dump_traceback_later(deadline + 5, exit=True)  # should the pool itself have died
            reply = build.render(Path(request["checkout"]), request["root"], engine, missing=missing, output=output)
            faulthandler.cancel_dump_traceback_later()
            wire.send(answers, b"%d\n%s" % (_peak(), reply))
    except wire.ClosedError:
        return


def _peak() -> int:
    """Return the most memory this process ever held, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    main()
