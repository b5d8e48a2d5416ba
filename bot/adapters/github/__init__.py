"""How do we read and write GitHub as an App, so that doing it again changes nothing?"""

from bot.adapters.github.app import GitHubApp

__all__ = ["GitHubApp"]
