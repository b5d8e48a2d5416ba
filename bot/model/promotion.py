"""What is a promotion, what moves in it, and which gate waits for whom?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.model.environment import Environment

_ID = re.compile(r"[0-9a-f]{40}")
GateState = Literal["pass", "wait", "fail"]
Way = Literal["promote", "rollback", "back"]


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of the pipeline: from a source environment to a target environment.

    `application` is the one whose values move, where each moves by a pull request of its own. `way` tells a promotion
    from what goes against the stream: "rollback" brings an environment (both source and target) to what it held
    before, "back" brings to a source what was changed in its target only.
    """

    source: Environment
    target: Environment
    application: str = ""
    way: Way = "promote"

    @property
    def branch(self) -> str:
        """The promotion branch. One per pair, so that at most one pull request can be open for it."""
        if self.way == "rollback":
            return f"rollback/{self.target.name}"
        own = f"--{self.application}" if self.application else ""
        return f"{self.way}/{self.source.name}-to-{self.target.name}{own}"

    @property
    def name(self) -> str:
        return f"{self.source.name} to {self.target.name}"

    def leads_to(self, name: str) -> bool:
        """Say whether its target is, or as a group holds, the environment of that name."""
        return name == self.target.name or any(name == one.name for one in self.target.members)


@dataclass(frozen=True, slots=True)
class Gate:
    """A named condition on a promotion: its state, the reason, who can move it, and what they do next.

    `again` is when time alone may change it, None where time alone does not; `overridden` says who opened it by
    `/override`, '' where nobody did.
    """

    name: str
    state: GateState
    reason: str
    owner: str = ""
    next: str = ""
    again: datetime | None = None
    overridden: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change that a promotion carries: a merged pull request, or a commit pushed without one (number 0).

    `base` is the branch that the pull request was merged into, '' for a push; `repository` is where it was, '' for the
    one with the configuration. `into` names the environments that it changed by itself, without a promotion.
    """

    number: int
    title: str
    author: str
    url: str
    sha: str
    merged_at: datetime | None = None
    base: str = ""
    repository: str = ""
    into: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """Return `#12`, or `owner/name#12` where it was in another repository; '' for a push."""
        return f"{self.repository}#{self.number}" if self.number else ""


@dataclass(frozen=True, slots=True)
class Record:
    """What one promotion pull request moved: the source commit, who asked ('' when automatic), pinned or moving.

    `whole` says that all the source holds was laid over the target, because nothing to compare with was known.
    `content` is the tree that the source's directory was then, so that it is known wherever that lies later; '' where a
    promotion is no directory.
    It is kept in the `external_id` of our own check run on the promotion commit, which only the App can write.
    """

    source_sha: str
    requested_by: str = ""
    pinned: bool = False
    whole: bool = False
    content: str = ""

    def encode(self) -> str:
        """Return the one-line form that `decode` reads."""
        words = [f"source={self.source_sha}"]
        if self.requested_by:
            words.append(f"by={self.requested_by}")
        if self.pinned:
            words.append("pinned=yes")
        if self.whole:
            words.append("whole=yes")
        if self.content:
            words.append(f"content={self.content}")
        return " ".join(words)

    @classmethod
    def decode(cls, text: str) -> Record | None:
        """Read `encode`'s form; None when the text is not a record."""
        words = dict(word.split("=", 1) for word in text.split() if "=" in word)
        source, content = words.get("source", ""), words.get("content", "")
        if not _ID.fullmatch(source) or (content and not _ID.fullmatch(content)):
            return None
        return cls(source, words.get("by", ""), words.get("pinned") == "yes", words.get("whole") == "yes", content)


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asked for a promotion by comment: target environment, who, and the commit they named or saw."""

    target: str
    requested_by: str
    sha: str = ""  # full commit id of the source; '' means whatever the source holds now
    pinned: bool = False
    source: str = ""  # the source environment meant, '' where only one leads to the target

    def means(self, hop: Hop) -> bool:
        """Say whether it asks for this hop: several may lead into one environment."""
        return hop.leads_to(self.target) and self.source in ("", hop.source.name)
