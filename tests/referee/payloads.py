"""Which webhook payloads did GitHub really send?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from tests.referee.description import Json


@dataclass(frozen=True, slots=True)
class Example:
    """One captured payload; `number` counts within its event. Old captures lack newer fields.

    A `complaint.Delivered` without headers: these were not captured.
    """

    event: str
    number: int
    payload: Json

    @property
    def action(self) -> str:
        return str(self.payload.get("action", ""))

    @property
    def headers(self) -> Mapping[str, str]:
        return {}

    @property
    def body(self) -> bytes:
        return orjson.dumps(self.payload)

    def __str__(self) -> str:
        return f"{self.event}.{self.action}#{self.number}" if self.action else f"{self.event}#{self.number}"


def examples(path: Path) -> Iterator[Example]:
    """The payloads in `api.github.com/index.json` of the package @octokit/webhooks-examples."""
    for entry in orjson.loads(path.read_bytes()):
        for number, payload in enumerate(entry["examples"]):
            yield Example(entry["name"], number, payload)
