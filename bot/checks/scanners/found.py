"""Which findings are a scanner's results about rendered resources?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from posixpath import basename

from bot.checks.scanners.files import Written
from bot.checks.scanners.sarif import Log, Result
from bot.model.environment import Blocks
from bot.model.finding import Finding, Severity, State
from bot.model.scanner import NotScanned

_RANKS: Sequence[Severity] = ("info", "low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class Worth:
    """What a scanner's results count for: its name, the environment, from which severity they block, and severities
    that the configuration gives to `scanner` or `scanner/rule`."""

    scanner: str
    environment: str
    blocks: Blocks = "high"
    severities: Mapping[str, Severity] | None = None

    def severity(self, result: Result) -> Severity:
        said = self.severities or {}
        return said.get(f"{self.scanner}/{result.rule}", said.get(self.scanner, result.severity))

    def state(self, severity: Severity) -> State:
        if self.blocks == "never":
            return "warn"
        return "fail" if _RANKS.index(severity) >= _RANKS.index(self.blocks) else "warn"


def findings(log: Log, files: Iterable[Written], worth: Worth) -> Iterator[Finding]:
    """Yield a finding for each result, about the resource whose file it names, or about the environment."""
    known = {one.name: one for one in files}
    for result in log.results:
        file, severity = known.get(basename(result.file)), worth.severity(result)
        yield Finding(
            concern="policies",
            policy=worth.scanner,
            rule=result.rule,
            state=worth.state(severity),
            message=_said(result, file),
            severity=severity,
            title=result.title,
            resource=file.resource.key if file else None,
            environment=worth.environment,
            application=file.application if file else "",
            field=file.field(result.line, result.last) if file else "",
            path=file.resource.path if file else "",
            line=file.resource.line if file else None,
            how=result.how,
        )


def not_scanned(why: NotScanned, scanner: str, environment: str) -> Finding:
    """Return what is to be said where a scanner gave no result: never nothing, and never that all is well."""
    return Finding(
        concern="policies",
        policy=scanner,
        rule="",
        state="not evaluable here" if why.here else "error",
        message=why.message,
        severity="medium" if why.here else "high",
        title=f"The scanner {scanner} {'is not enabled here' if why.here else 'gave no result'}",
        environment=environment,
        how=why.how,
    )


def _said(result: Result, file: Written | None) -> str:
    """Return a message with the resource in place of our own file, which nobody can open."""
    if file is None:
        return result.message
    key = file.resource.key
    return re.sub(rf"[^\s'\"`(]*{re.escape(file.name)}", lambda _: f"{key.kind} {key.name}", result.message)
