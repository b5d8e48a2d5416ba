"""How does the REST API answer? One module per area of docs.github.com/rest; `door` stands before them all."""

from __future__ import annotations

from bot.sandbox.api import (
    accounts,
    apps,
    branches,
    checks,
    commits,
    contents,
    deployments,
    git,
    issues,
    labels,
    merging,
    pulls,
    repositories,
    reviews,
)
from bot.sandbox.api.door import Area

AREAS: tuple[Area, ...] = tuple(
    module.area
    for module in (
        accounts,
        apps,
        branches,
        checks,
        commits,
        contents,
        deployments,
        git,
        issues,
        labels,
        merging,
        pulls,
        repositories,
        reviews,
    )
)
