"""Which generated names are one resource with new content: `settings-7b9k2m5f8t`, `settings-c4h6g8d2tk`?

kustomize ends the names of generated ConfigMaps and Secrets in ten letters made from their content. Source:
kustomize, api/hasher/hasher.go: a SHA-256 in hexadecimal in which 0, 1, 3, a and e became g, h, k, m and t.
"""

from __future__ import annotations

import re

_SUFFIX = re.compile(r"(?P<stem>.+)-[2456789bcdfghkmt]{10}")
KINDS = frozenset({"ConfigMap", "Secret"})


def stem(name: str) -> str | None:
    """Return a generated name without its hash, None when there is none."""
    found = _SUFFIX.fullmatch(name)
    return found["stem"] if found else None


def same_but_hash(base: object, head: object) -> str | None:
    """Return the common stem of two names that differ in their hash only, else None."""
    if not isinstance(base, str) or not isinstance(head, str) or base == head:
        return None
    found = stem(base)
    return found if found is not None and found == stem(head) else None
