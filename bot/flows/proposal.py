"""A pull request changes the rules themselves: are the new ones sound?

The rules in force stay those of the default branch. What is proposed is judged so that a mistake is found before it is
merged, and so that a pull request which mends broken rules is not held up by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.checks.scope import inside
from bot.flows.packs import load_packs
from bot.flows.rules import Rules
from bot.flows.tools import Tools
from bot.model.environment import ConfigProblem, Configuration
from bot.model.finding import Finding
from bot.model.repository import PullRequest, Repository
from bot.policy.problem import BROKEN
from bot.ports import CheckReport
from bot.promotion.config import Problems, parse
from bot.promotion.pipeline import pairs
from bot.report import configuration as words


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a pull request into the default branch makes of the rules.

    `configuration` is the proposed one, None when the file is not touched, broken (then `problems`), or `removed`.
    `packs` are findings about policy packs that would not work; `judged` says that packs were looked at.
    """

    configuration: Configuration | None = None
    problems: tuple[ConfigProblem, ...] = ()
    removed: bool = False
    packs: tuple[Finding, ...] = ()
    judged: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what has to be mended before the new rules can be merged."""
        broken = (
            Finding(
                concern="manifests",
                policy="configuration",
                rule=one.key,
                state="fail",
                message=one.message,
                severity="high",
                title="Mistake in the configuration",
                field=one.key,
                path=words.PATH,
                line=one.line,
                how=one.suggestion,
            )
            for one in self.problems
        )
        return (*broken, *self.packs)

    def hint(self, rules: Rules) -> str:
        """Return the friendly line for repositories without rules in force; '' where there are some."""
        if rules.configuration.found or self.problems:
            return ""
        return words.begins(pairs(self.configuration)) if self.configuration else words.HINT

    def settle(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Return the findings of this pull request with its own added; broken packs that it mends hold up nothing."""
        mended = self.judged and not self.packs
        kept = (
            replace(one, new=False)
            if mended and one.concern == "policies" and one.resource is None and one.title == BROKEN
            else one
            for one in findings
        )
        return (*self.findings, *kept)


def read_proposal(
    tools: Tools, repository: Repository, pull: PullRequest, rules: Rules, touched: Sequence[str]
) -> Proposal:
    """Read what a pull request proposes; nothing when it does not go into the default branch."""
    if pull.base_ref != rules.default_branch:
        return Proposal()
    proposed: Configuration | None = None
    if words.PATH in touched:
        text = tools.git.read(repository, pull.head_sha, words.PATH)
        if text is None:
            return Proposal(removed=True)
        found = parse(text, organisation=repository.owner)
        if isinstance(found, Problems):
            return Proposal(problems=tuple(found.problems))
        proposed = found
    governing = proposed or rules.configuration
    places = [pack.path for pack in governing.policies if pack.path]
    if proposed is None and not any(inside(path, place) for path in touched for place in places):
        return Proposal()
    packs = load_packs(tools.builtin_pack, governing, tools.git.open(repository, pull.head_sha))
    broken = [problem.finding() for _, pack in packs.loaded for problem in pack.problems if problem.state == "error"]
    placed = tuple(replace(one, path=one.path or words.PATH) for one in broken)
    return Proposal(configuration=proposed, packs=placed, judged=True)


def report(proposal: Proposal, rules: Rules, sha: str) -> CheckReport | None:
    """Return the check run about the configuration, None when there is nothing to say."""
    if proposal.removed:
        return words.removed(sha=sha)
    if proposal.problems:
        return words.broken(proposal.problems, sha=sha, under_review=True)
    if proposal.configuration is not None:
        return words.sound(sha=sha, mends=bool(rules.problems), first=not rules.configuration.found)
    return None
