"""The last step before a scanner: shut this process in, then become the scanner.

Run as `python -m bot.adapters.scanners.launch` with its settings as JSON at standard input, as arguments can be read by
anybody on the machine. Status 126 says that it could not.
"""

from __future__ import annotations

import json
import os
import sys

from bot.adapters.render import isolation
from bot.adapters.scanners.program import REFUSED


def main() -> None:
    """Shut this process in and run the program in its place."""
    settings = json.loads(sys.stdin.buffer.read())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    isolation.enter(
        settings["readable"], settings["executable"], memory=settings["memory"], writable=settings["writable"]
    )
    try:
        os.execve(settings["program"], settings["argv"], settings["environment"])  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.stderr.write(f"{settings['argv'][0]}: {error.strerror}\n")
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()
