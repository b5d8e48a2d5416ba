"""How does Rego run where nothing that it does can harm: no network, no files, and killed when it takes too long?"""

from bot.adapters.rego.child import Limits
from bot.adapters.rego.walled import WalledRego

__all__ = ["Limits", "WalledRego"]
