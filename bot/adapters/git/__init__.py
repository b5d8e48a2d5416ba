"""How do we read, merge and write what repositories hold, without a work tree and without trusting them?"""

from bot.adapters.git.limits import Limits
from bot.adapters.git.mirrors import GitMirrors
from bot.adapters.git.patterns import matches

__all__ = ["GitMirrors", "Limits", "matches"]
