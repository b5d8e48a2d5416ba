"""Did we write this, or somebody in our name? A seal is what only the owner of the App's private key can make."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable


def sealer(private_key: str) -> Callable[[str], str]:
    """Return the function that seals a text; the same key and text give the same 32 hexadecimal digits."""
    key = hashlib.sha256(b"lockkeeper seal\0" + private_key.encode()).digest()

    def seal(text: str) -> str:
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]

    return seal
