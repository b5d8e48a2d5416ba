"""Which keys stand twice in one mapping of a chart's values or templates, where Helm silently takes the last?"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from bot.checks.charts.outline import Node, outline
from bot.checks.documents import parse
from bot.checks.duplicates import POLICY
from bot.checks.scalars import DocumentError, RepeatedKeyError
from bot.model.finding import Finding
from bot.model.manifest import Rendered
from bot.model.source import Source, ValuesFile

Read = Callable[[str], bytes | None]

_HOW = "keep one of them: Helm takes the last and says nothing"


def repeated_keys(source: Source, rendered: Rendered, read: Read, environment: str) -> Iterator[Finding]:
    """Yield a finding for each key that is given twice in the values files and templates of a rendered chart.

    Subcharts are left out: they are others' work. What stands in different branches of an `if` is not twice. In
    templates keys are told apart by their layout alone, so a finding is a warning.
    """
    chart = posixpath.normpath(source.path or ".")
    values = [posixpath.join(source.path, "values.yaml")]
    values += [one.path for one in source.helm.values if isinstance(one, ValuesFile)]
    for path in dict.fromkeys(values):
        try:
            parse(read(path) or b"")
        except RepeatedKeyError as error:
            yield _finding(error.key, path, error.line, environment)
        except DocumentError:
            continue  # rendering has told of it
    templates = {one.path for one in rendered.resources}
    for path in sorted(one for one in templates if posixpath.normpath(posixpath.dirname(one)).startswith(chart)):
        if posixpath.relpath(path, chart).startswith("templates/"):
            for node in _twice((read(path) or b"").decode("utf-8", "replace")):
                yield _finding(node.name, path, node.line, environment)


def _twice(text: str) -> Iterator[Node]:
    read = outline(text)
    waiting = [*read.documents, *read.defined.values()]
    while waiting:
        here = waiting.pop(0)
        seen: set[tuple[str, tuple[int, ...]]] = set()
        for one in here.children:
            if one.kind == "key" and one.name:
                if (one.name, one.blocks) in seen:
                    yield one
                seen.add((one.name, one.blocks))
        waiting += here.children


def _finding(key: str, path: str, line: int | None, environment: str) -> Finding:
    return Finding(
        concern="manifests",
        policy=POLICY,
        rule="duplicate-key",
        state="warn",
        message=f"the key `{key[:100]}` stands twice in one mapping; only the last counts",
        severity="medium",
        title="Key given twice",
        environment=environment,
        field=key[:100],
        path=path,
        line=line,
        how=_HOW,
    )
