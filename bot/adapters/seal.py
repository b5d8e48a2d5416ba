"""Did we write this, or somebody in our name? A seal is what only the owner of a secret can make."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable


def sealer(secret: str) -> Callable[[str], str]:
    """Return the function that seals a text; the same secret and text give the same 32 hexadecimal digits."""
    key = hashlib.sha256(b"lockkeeper seal\0" + secret.encode()).digest()

    def seal(text: str) -> str:
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]

    return seal
