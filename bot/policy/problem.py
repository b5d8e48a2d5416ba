"""What is wrong with a policy, a pack or its parameters, and how is it mended?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.model.finding import Finding

BROKEN = "This policy is broken"  # the title of findings about policies that cannot be used as they are


@dataclass(frozen=True, slots=True)
class PolicySource:
    """Where a policy was read: the file's path, the pack it belongs to, the document's 1-based line."""

    path: str = ""
    pack: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """One reason why a policy, or a whole pack, is not evaluated: never silent, never a pass.

    `key` is the dotted place in the file or the parameter's name; `suggestion` says what to write instead.
    `state` is `not evaluable here` when the policy is sound but this version, or any tool without a cluster,
    cannot evaluate it.
    """

    policy: str
    message: str
    source: PolicySource = PolicySource()
    key: str = ""
    suggestion: str = ""
    state: Literal["error", "not evaluable here"] = "error"

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.source.path, self.key) if part)
        advice = f" ({self.suggestion})" if self.suggestion else ""
        return f"{place + ': ' if place else ''}{self.message}{advice}"

    def finding(self, environment: str = "") -> Finding:
        """Tell it as a finding about the policy's own file; what lies in the configuration, with its key there."""
        key = f"{self.key}: " if self.key.startswith("policies[") else ""
        return Finding(
            concern="policies",
            policy=self.policy,
            rule="",
            state=self.state,
            message=f"{key}{self.message}",
            severity="high" if self.state == "error" else "info",
            title=BROKEN if self.state == "error" else "This policy is not evaluated",
            environment=environment,
            field=self.key,
            path=self.source.path,
            line=self.source.line,
            how=self.suggestion,
        )
