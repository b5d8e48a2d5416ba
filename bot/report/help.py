"""What does `/help` answer?"""

from __future__ import annotations

from bot.intake.commands import COMMANDS
from bot.model.environment import Configuration
from bot.promotion.gates import names, people_names
from bot.report import markdown


def text(configuration: Configuration) -> str:
    """Return every command, and the environments as they are configured now."""
    rows = [[markdown.code(spec.usage), spec.summary, spec.who] for spec in COMMANDS]
    parts = [markdown.table(["command", "what it does", "who may"], rows)]
    if configuration.environments:
        lines = [
            [
                f"**{markdown.escape(one.name)}**",
                markdown.code(one.branch),
                one.promote if one.after else "–",
                markdown.unmention(people_names(one.promoters)) or "write permission",
                f"{one.approvers.required} of {markdown.unmention(names(one.approvers))}"
                if one.approvers.required
                else "–",
            ]
            for one in configuration.environments
        ]
        head = ["environment", "branch", "promoted", "who may promote", "approvals"]
        parts.append(markdown.table(head, lines))
    parts.append("Write one command a line, at its beginning. `/lockkeeper <command>` works too.")
    return "\n\n".join(parts)
