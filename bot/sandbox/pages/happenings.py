"""What happened to a pull request, and when? Read back from the deliveries that told the Apps of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.sandbox.deliveries import Delivery
from bot.sandbox.records import Pull
from bot.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of a timeline: who did what. `kind` picks the sign; `old` and `new` are texts, names or commits."""

    kind: str
    login: str
    when: datetime
    words: str
    new: str = ""
    old: str = ""


@dataclass
class Happenings:
    """The log of deliveries, read once each. Empty where no App listens to pull requests."""

    world: World
    _seen: dict[str, tuple[tuple[int, int], Happening] | None] = field(default_factory=dict)

    def of(self, pull: Pull) -> list[Happening]:
        """Return what happened to a pull request, oldest first, each once however many Apps heard of it."""
        with self.world.lock:
            found: list[Happening] = []
            for delivery in list(self.world.deliveries.log):
                if delivery.event != "pull_request" or delivery.redelivery:
                    continue
                if delivery.guid not in self._seen:
                    self._seen[delivery.guid] = _read(delivery)
                entry = self._seen[delivery.guid]
                if entry is not None and entry[0] == (pull.repository.id, pull.number):
                    found.append(entry[1])
            return _once(found)


def _once(found: list[Happening]) -> list[Happening]:
    """Leave out what a second App was told of the same deed."""
    kept: list[Happening] = []
    for one in found:
        same = (one.kind, one.login, one.new, one.old)
        if not any(
            (k.kind, k.login, k.new, k.old) == same and abs((k.when - one.when).total_seconds()) < 1 for k in kept
        ):
            kept.append(one)
    return kept


def _read(delivery: Delivery) -> tuple[tuple[int, int], Happening] | None:
    payload = delivery.payload
    where, number = _part(payload, "repository").get("id"), payload.get("number")
    told = _told(delivery.action or "", payload)
    if told is None or not isinstance(where, int) or not isinstance(number, int):
        return None
    kind, words, new, old = told
    login = str(_part(payload, "sender").get("login", ""))
    return (where, number), Happening(kind, login, delivery.delivered_at, words, new, old)


def _told(action: str, payload: Mapping[str, object]) -> tuple[str, str, str, str] | None:
    """Return (kind, words, new, old) of an action; None for those that show otherwise."""
    changes = _part(payload, "changes")
    match action:
        case "labeled" | "unlabeled":
            words = "added the label" if action == "labeled" else "removed the label"
            return "label", words, str(_part(payload, "label").get("name", "")), ""
        case "assigned" | "unassigned":
            words = "assigned" if action == "assigned" else "unassigned"
            return "person", words, str(_part(payload, "assignee").get("login", "")), ""
        case "review_requested" | "review_request_removed":
            words = "requested a review from" if action == "review_requested" else "took back the request to review of"
            return "review", words, _reviewer(payload), ""
        case "edited" if "title" in changes:
            new = str(_part(payload, "pull_request").get("title", ""))
            return "edit", "changed the title", new, str(_part(_part(payload, "changes"), "title").get("from", ""))
        case "edited" if "base" in changes:
            new = str(_part(_part(payload, "pull_request"), "base").get("ref", ""))
            return "edit", "changed the base", new, str(_part(_part(changes, "base"), "ref").get("from", ""))
        case "reopened":
            return "open", "reopened this", "", ""
        case "converted_to_draft":
            return "draft", "made this a draft", "", ""
        case "ready_for_review":
            return "review", "marked this as ready for review", "", ""
        case "synchronize":
            return "push", "pushed", str(payload.get("after", "")), str(payload.get("before", ""))
        case "closed":
            if _part(payload, "pull_request").get("merged") is True:
                return "merge", "merged", "", ""
            return "closed", "closed this", "", ""
        case _:
            return None


def _reviewer(payload: Mapping[str, object]) -> str:
    team = _part(payload, "requested_team")
    if team:
        return f"team {team.get('slug', '')}"
    return str(_part(payload, "requested_reviewer").get("login", ""))


def _part(value: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = value.get(name)
    return part if isinstance(part, dict) else {}
