"""Which rules does the repository give itself, on its default branch?"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from bot.flows.tools import Tools
from bot.model.environment import ConfigProblem, Configuration
from bot.model.repository import Repository
from bot.promotion.config import Problems, parse
from bot.report.configuration import PATH


@dataclass(frozen=True, slots=True)
class Rules:
    """The configuration on the default branch, or what is wrong with it.

    `sha` is that branch's head, '' if empty; `version` differs when the file does, or a policy pack it names.
    """

    configuration: Configuration
    problems: tuple[ConfigProblem, ...]
    default_branch: str
    sha: str
    version: str


def read_rules(tools: Tools, repository: Repository) -> Rules:
    """Read the rules from the mirror; fetch first."""
    branch = tools.github.default_branch(repository)
    sha = tools.git.resolve(repository, f"refs/heads/{branch}") or ""
    text = tools.git.read(repository, sha, PATH) if sha else None
    version = sha256(text or b"").hexdigest()[:12]
    found = parse(text, organisation=repository.owner)
    if isinstance(found, Problems):
        return Rules(Configuration(found=True), tuple(found.problems), branch, sha, version)
    return Rules(found, (), branch, sha, version + _packs(tools, repository, sha, found))


def _packs(tools: Tools, repository: Repository, sha: str, configuration: Configuration) -> str:
    """Return a digest of the repository's own policy packs, '' when it has none."""
    places = [one.path for one in configuration.policies if one.path]
    if not places or not sha:
        return ""
    digest = sha256()
    for path in sorted({path for place in places for path in tools.git.list(repository, sha, place)}):
        if path.endswith((".yaml", ".yml")):
            digest.update(path.encode(errors="surrogateescape") + b"\0")
            digest.update(sha256(tools.git.read(repository, sha, path) or b"").digest())
    return f"+{digest.hexdigest()[:12]}"
