"""Where in a chart's metadata stands what no template tells?"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from bot.checks.sources import Reading

_FILES = ("Chart.yaml", "requirements.yaml")


def chart_file(root: str, reading: Reading) -> tuple[str, int] | None:
    """Return a chart's Chart.yaml, None when it has none."""
    path = posixpath.join(root, "Chart.yaml")
    return (path, 1) if reading.read(path) is not None else None


def packed_in(path: str, root: str, reading: Reading) -> tuple[str, int] | None:
    """Return the line that asks for a packed dependency (`web/charts/db-1.2.3.tgz`), else the chart's first.

    Nobody can mend a template in an archive; which version of it is used, and its values, they can.
    """
    folder, name = posixpath.split(path)
    chart = posixpath.dirname(folder) if posixpath.basename(folder) == "charts" else root
    for file in _FILES:
        place = posixpath.join(chart, file)
        for document in reading.documents(place)[:1]:
            listed = document.value.get("dependencies") if isinstance(document.value, Mapping) else None
            for at, one in enumerate(listed if isinstance(listed, list) else ()):
                if isinstance(one, Mapping) and name.startswith(f"{one.get('name')}-") and name.endswith(".tgz"):
                    return place, document.lines["dependencies", at]
    return chart_file(chart, reading) or chart_file(root, reading)
