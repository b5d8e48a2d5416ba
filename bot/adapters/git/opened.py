"""Which mirrors are at hand for reading, each with a git process that waits for the next question?"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

from bot.adapters.git.channel import PerProcess
from bot.adapters.git.command import GitError
from bot.adapters.git.limits import Limits
from bot.adapters.git.mirror import Mirror
from bot.adapters.git.objects import Caches, Objects
from bot.errors import TransientError

_MOST_KNOWN = 50_000
_MOST_OPEN = 8


@dataclass(frozen=True, slots=True)
class Opened:
    """What is at hand of a mirror: the process that reads its objects, and which full ids led where."""

    objects: Objects
    known: dict[tuple[str, str], str] = field(default_factory=dict)


class OpenMirrors:
    """The mirrors that were read last. Safe to use from several threads, and after a fork."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._caches = Caches()
        self._lock = PerProcess(threading.Lock)
        self._opened: OrderedDict[tuple[Path, int], Opened] = OrderedDict()  # by mirror; one made anew is another

    def of(self, mirror: Mirror) -> Opened:
        """Return what is at hand of a mirror, which exists."""
        place = (mirror.path, mirror.path.stat().st_ino)
        closing: list[Opened] = []
        with self._lock.get():
            if place not in self._opened:
                objects = Objects(
                    mirror.program, self._caches, limits=self._limits, explain=lambda error: explained(error, mirror)
                )
                self._opened[place] = Opened(objects)
            opened = self._opened[place]
            self._opened.move_to_end(place)
            while len(self._opened) > _MOST_OPEN:
                closing.append(self._opened.popitem(last=False)[1])
        for one in closing:
            one.objects.close()
        if len(opened.known) > _MOST_KNOWN:
            opened.known.clear()
        return opened

    def close(self) -> None:
        """End the processes that read."""
        with self._lock.get():
            opened = [*self._opened.values()]
            self._opened.clear()
        for one in opened:
            one.objects.close()


def explained(error: GitError, mirror: Mirror) -> Exception:
    """Mark a mirror in which git met damage, for the next fetch, and return what to raise."""
    if not error.damage:
        return error
    mirror.mark_damaged()
    return TransientError(f"the mirror of {mirror.called} is damaged: {error.words}")
