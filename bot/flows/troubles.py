"""Does a source commit carry our word that its promotion stands still?

Most carry none, and only we write it: that there is none is noted, and not read again for every look at every hop.
"""

from __future__ import annotations

from bot.flows.tools import Tools
from bot.model.promotion import Hop
from bot.model.repository import Repository
from bot.ports import CheckReport
from bot.report.trouble import trouble_name

_NONE, _TOLD = "none", "told"


def told_trouble(tools: Tools, hop: Hop, source: Repository, sha: str) -> bool:
    """Say whether our check run on the source commit tells of a conflict, or of a refusal, that has not ended."""
    key, name = _key(hop, source, sha), trouble_name(hop)
    if tools.notes.read(key) == _NONE:
        return False
    ours = (one for one in tools.github.checks(source, sha, ours=True) if one.app_id == tools.github.app_id)
    told = any(one.name == name and one.conclusion == "action_required" for one in ours)
    if not told:
        tools.notes.write(key, _NONE)
    return told


def tell_trouble(tools: Tools, hop: Hop, source: Repository, report: CheckReport) -> None:
    """Write our word on the source commit; that it may be there is noted before."""
    tools.notes.write(_key(hop, source, report.sha), _TOLD)
    tools.github.ensure_check(source, report)


def _key(hop: Hop, source: Repository, sha: str) -> str:
    return f"trouble:{source.full_name}:{sha}:{trouble_name(hop)}"
