"""What does the referee look at, and what does it say?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

Side = Literal["request", "response", "delivery"]


class Exchange(Protocol):
    """One request to the stand-in and its answer. `path` still carries the prefix `/api/v3`."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> str: ...
    @property
    def request_headers(self) -> Mapping[str, str]: ...
    @property
    def request_body(self) -> bytes: ...
    @property
    def status(self) -> int: ...
    @property
    def response_headers(self) -> Mapping[str, str]: ...
    @property
    def response_body(self) -> bytes: ...


class Delivered(Protocol):
    """One webhook delivery that the stand-in sent; `action` is empty or None when the event has none."""

    @property
    def event(self) -> str: ...
    @property
    def action(self) -> str | None: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Complaint:
    """One disagreement. `where` is an operation or event, `at` a path inside the body or a parameter's name.

    `rule` is the broken rule: `undeclared operation`, `undeclared status` …, or the schema word (`required`).
    """

    where: str
    side: Side
    rule: str
    at: str
    message: str

    def __str__(self) -> str:
        return f"{self.where} · {self.side} · {self.rule} at {self.at or '/'}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """A disagreement that is no fault of the stand-in, and why.

    `where`, `at` and `message` are regular expressions that must fit whole. `recorded` says whether the traffic
    recorded by others shows it; if not, the tour through the stand-in does, and `reason` says how it is known.
    """

    side: Side
    rule: str
    reason: str
    where: str = ".*"
    at: str = ".*"
    message: str = ".*"
    recorded: bool = True

    def covers(self, complaint: Complaint) -> bool:
        return (self.side, self.rule) == (complaint.side, complaint.rule) and all(
            re.fullmatch(pattern, text, re.DOTALL) is not None
            for pattern, text in (
                (self.where, complaint.where),
                (self.at, complaint.at),
                (self.message, complaint.message),
            )
        )
