"""What is the name of a kind in the API's paths: `Ingress` → `ingresses`?

Every API names its own resources; all built-in ones and nearly all others follow English spelling. Source:
https://kubernetes.io/docs/reference/using-api/api-concepts/ ("Resource types").
"""

from __future__ import annotations

from functools import lru_cache

_OWN = {
    "Endpoints": "endpoints",
    "SecurityContextConstraints": "securitycontextconstraints",
    "NodeMetrics": "nodes",
    "PodMetrics": "pods",
}


@lru_cache(maxsize=1024)
def plural(kind: str) -> str:
    """Return the plural name, in lower case."""
    if kind in _OWN:
        return _OWN[kind]
    name = kind.lower()
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("s", "x", "z", "ch", "sh")) else "s")
