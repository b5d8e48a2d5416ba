"""What does a promotion move, by whichever strategy, and what does the target's repository become by it?"""

from bot.flows.content.door import read_content
from bot.flows.content.lineage import Rule
from bot.flows.content.move import Content, Move, Moved, is_there
from bot.flows.content.restored import read_restored
from bot.flows.content.versions import changes_versions

__all__ = ["Content", "Move", "Moved", "Rule", "changes_versions", "is_there", "read_content", "read_restored"]
