"""What does a flow work with?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.ports import CheckedHeads, Git, GitHub, Outputs, Renderer, Told
from bot.promotion.trailers import Seal

PackFiles = Callable[[str], Mapping[str, bytes] | None]


@dataclass(frozen=True, slots=True)
class Tools:
    """The adapters of one job, behind their ports.

    `builtin_pack` returns the files of a pack in `policies/` by name, None when there is no such pack; `mark`
    asks for another job by key; `seal` marks words as ours; `trusted` says whether the engines are sandboxed well
    enough for forks.
    """

    github: GitHub
    git: Git
    renderer: Renderer
    outputs: Outputs
    checked: CheckedHeads
    told: Told
    builtin_pack: PackFiles
    mark: Callable[[str], None]
    seal: Seal
    trusted: bool = True
