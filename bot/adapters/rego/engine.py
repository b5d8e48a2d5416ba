"""The Rego process: shut itself in, then answer what is asked, one question at a time.

Run as `python -m bot.adapters.rego.engine SETTINGS`, SETTINGS being JSON. It speaks the wire of the render engines on
descriptors 0 and 1; what it prints goes to descriptor 2, a file that is read when the process died.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from typing import Any

from bot.adapters.render import isolation
from bot.adapters.render.engine import runtime

_MOST = 256 * 1024 * 1024  # bytes of one request


def main() -> None:
    """Serve until the other side hangs up."""
    settings = json.loads(sys.argv[1])
    asked, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    reason = "no walls, as it was asked to"  # only a test asks for that
    if settings["walls"]:
        reason = isolation.enter(runtime(), memory=settings["memory"]).reason
    _serve(float(settings["deadline"]), reason, asked, answers)


def _serve(deadline: float, reason: str, asked: int, answers: int) -> None:
    import orjson  # imported behind the walls, like everything that meets a stranger's bytes

    from bot.adapters.rego.serving import Serving
    from bot.adapters.render import wire

    try:
        serving = Serving()
        hello: dict[str, Any] = {"version": serving.version, "absent": "", "reason": reason}
    except ImportError as error:
        hello = {"version": "", "absent": str(error), "reason": reason}
    try:
        wire.send(answers, orjson.dumps(hello))
        while not hello["absent"]:
            request = orjson.loads(wire.receive(asked, limit=_MOST))
            serving.take(request)
            for answer in serving.answers(request):
                faulthandler.dump_traceback_later(deadline + 5, exit=True)  # should the other side have died
                wire.send(answers, orjson.dumps(answer))
            faulthandler.cancel_dump_traceback_later()
    except wire.ClosedError:
        return


if __name__ == "__main__":
    main()
