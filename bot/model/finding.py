"""What did a check or policy find, how bad is it, and where can a person mend it?

One type for schema validation, render problems and every policy engine. The same findings feed check runs,
annotations, comments, SARIF, exit codes and promotion gates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.model.manifest import ResourceKey

State = Literal["fail", "warn", "pass", "skip", "error", "not evaluable here"]
Severity = Literal["critical", "high", "medium", "low", "info"]
Concern = Literal["manifests", "policies"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One verdict about one resource (or one file, when `resource` is None).

    `field` is the dotted path in the resource, for example `spec.template.spec.containers[0].image`.
    `path` and `line` (1-based) name the source file; `line` is None when it could not be traced.
    `application` is the name of what was rendered as one within the environment, '' where there is but one.
    `new` is False when the base of the comparison already had the same finding.
    `excepted` says until when and why a violation does not count, where the configuration excepts it; its state is
    `skip`.
    """

    concern: Concern
    policy: str
    rule: str
    state: State
    message: str
    severity: Severity = "medium"
    title: str = ""
    resource: ResourceKey | None = None
    environment: str = ""
    application: str = ""
    field: str = ""
    path: str = ""
    line: int | None = None
    how: str = ""
    new: bool = True
    excepted: str = ""

    @property
    def blocks(self) -> bool:
        """Say whether this finding, were it new, would hold up a merge."""
        return self.state in ("fail", "error")

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes two findings the same across base and head: everything but place, line and words."""
        return (
            self.concern,
            self.environment,
            self.application,
            self.policy,
            self.rule,
            self.state,
            str(self.resource),
            self.field,
        )
