"""Do our own checks find nothing that blocks in the rendered target?"""

from __future__ import annotations

from bot.model.promotion import Gate, Hop
from bot.promotion.gates.facts import GateFacts

PROMOTION_CHECK = "lockkeeper / promotion"  # with " to TARGET" behind it: the gates of one promotion commit
OWN_CHECKS = ("lockkeeper / manifests", "lockkeeper / policies")


def compared_with(branch: str) -> str:
    """Return the `external_id` of our manifest and policy checks: they hold for one base branch only."""
    return f"base={branch}"


def own_checks(hop: Hop) -> tuple[str, ...]:
    """Return the names of our manifest and policy checks on the commit that a hop promotes.

    One commit may get the tags of several environments, so there each has its own.
    """
    return tuple(f"{name} for {hop.target.name}" if hop.target.strategy == "tag" else name for name in OWN_CHECKS)


def policy(facts: GateFacts) -> Gate:
    """Our own manifest and policy checks, by our App and on the promotion commit, have no blocking finding."""
    target = facts.hop.target
    base = compared_with(target.tag if target.strategy == "tag" else target.branch)
    mine = (check for check in facts.head_checks if check.app_id == facts.app_id and check.external_id == base)
    own = {check.name: check for check in mine}
    failing = [
        name
        for name in own_checks(facts.hop)
        if (check := own.get(name)) is not None
        and check.status == "completed"
        and check.conclusion not in ("success", "neutral")
    ]
    if failing:
        return Gate(
            "policy",
            "fail",
            f"blocking findings in {' and '.join(failing)}",
            "authors of the change",
            f"mend them in {facts.hop.source.name}; this pull request follows by itself",
        )
    missing = [name for name in own_checks(facts.hop) if name not in own or own[name].status != "completed"]
    if missing:
        return Gate("policy", "wait", f"{' and '.join(missing)} still running", "Lockkeeper", "nothing to do")
    return Gate("policy", "pass", f"no new blocking finding in the rendered {facts.hop.target.name}")
