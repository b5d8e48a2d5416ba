"""In which order, how often, and how many of GitHub's deliveries arrive?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from bot.sandbox.deliveries import Delivery


@dataclass(frozen=True)
class Schedule:
    """How deliveries travel: each `copies` times, shuffled by `seed` (0: in order), a share of them lost.

    What is lost is found by a sweep. A lost comment is sent again after the sweep, as GitHub's log of deliveries
    allows: nobody can read a wish that never arrived.
    """

    name: str
    copies: int = 1
    seed: int = 0
    lost: float = 0.0

    def arrange(self, held: Sequence[Delivery], round_: int) -> tuple[list[Delivery], list[Delivery]]:
        """Return what arrives, in order, and what does not."""
        chance = Random(self.seed * 1000 + round_)
        arriving, lost = [], []
        for one in held:
            (lost if chance.random() < self.lost else arriving).append(one)
        batch = [one for one in arriving for _ in range(self.copies)]
        if self.seed:
            chance.shuffle(batch)
        return batch, lost


IN_ORDER = Schedule("ordered")
TWICE_SHUFFLED = Schedule("shuffled", copies=2, seed=7)
HALF_LOST = Schedule("lossy", seed=11, lost=0.5)
SCHEDULES = (IN_ORDER, TWICE_SHUFFLED, HALF_LOST)
