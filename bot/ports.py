"""What do the flows need from the world outside? Protocols that list only what flows call."""

from __future__ import annotations
