"""Does the source hold what is promoted, and does it merge into the target?"""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.promotion import Gate
from bot.model.quoting import quoted
from bot.promotion.gates.facts import GateFacts
from bot.promotion.places import spots


def order(facts: GateFacts) -> Gate:
    """The source really holds what is promoted, and it merges into the target without a conflict."""
    hop, short = facts.hop, facts.source_sha[:7]
    if facts.foreign:
        return Gate(
            "order",
            "fail",
            f"branch `{hop.branch}` holds commit {facts.foreign[:7]}, which Lockkeeper did not make",
            "whoever pushed it",
            f"delete the branch `{hop.branch}`; Lockkeeper makes it anew from {hop.source.name}",
        )
    if hop.way == "rollback":
        return Gate("order", "pass", f"{hop.target.name} held this before, at {short}")
    if not facts.source_holds:
        return Gate(
            "order",
            "fail",
            f"{hop.source.name} does not hold commit {short}",
            hop.source.name,
            f"bring the change to {spots(hop)[0]} first",
        )
    if facts.lost:
        reason = f"nobody can say what {hop.source.name} held when it was promoted last"
        return Gate("order", "fail", reason, "who writes the configuration", facts.lost)
    if facts.conflicts:
        source, target = spots(hop)
        return Gate(
            "order",
            "fail",
            f"changed in both {hop.source.name} and {hop.target.name}: {listed_paths(facts.conflicts)}",
            "authors of the change",
            f"bring the change of {target} to {source} as well, or undo it there",
        )
    return Gate("order", "pass", f"{hop.source.name} holds {short}")


def listed_paths(paths: Sequence[str]) -> str:
    """Return the first paths, and how many there are besides."""
    left = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
    return ", ".join(quoted(path, 120) for path in paths[:5]) + left
