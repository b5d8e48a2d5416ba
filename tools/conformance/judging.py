"""How is one case judged: our render from a tree, our render from a full directory, and the real tool's?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.model.manifest import Rendered
from bot.model.source import Source
from tools.conformance.cases import Case
from tools.conformance.compare import Tally, difference, exact, name_of, trimmed
from tools.conformance.ours import Ours, Place
from tools.conformance.theirs import Body, Theirs, opened

RealTool = Callable[[Path, Source], Theirs]
RANDOM = "(random)"


class Judge:
    """Compares cases and keeps the tallies: with the real tools, and of sparse with full directories."""

    def __init__(self, ours: Ours, render: RealTool) -> None:
        """Take our renderer, and the real tool as a function of directory and source."""
        self._ours, self._render = ours, render
        self.faithful = Tally()
        self.sparse = Tally()

    def take(self, case: Case, place: Place) -> None:
        """Compare one case."""
        ours, full = self._ours.sparse(place, case.source), self._ours.full(place, case.source)
        theirs = self._render(place.directory, case.source)
        if refused := _refusals(ours, theirs):
            self.faithful.judge(case.name, refused)
        elif theirs.refusal:
            self.faithful.refused += 1
            self.faithful.judge(case.name, "")
        elif case.random:
            again = self._render(place.directory, case.source)
            self._random(case, ours, theirs, again)
        else:
            found = difference(bodies(ours), theirs.resources, ordered=case.source.engine == "kustomize")
            self.faithful.judge(case.name, found)
        self.sparse.judge(case.name, _same(ours, full, random=case.random))

    def _random(self, case: Case, ours: Rendered, theirs: Theirs, again: Theirs) -> None:
        """Compare what two renders of the real tool share; what differs between those is random."""
        paths = varying(theirs.resources, again.resources)
        self.faithful.excepted.append(f"{case.name}: {len(paths)} values are random: {', '.join(paths[:3])} …")
        left, right = masked(bodies(ours), paths), masked(theirs.resources, paths)
        unmasked = [path for path in varying(bodies(ours), theirs.resources) if path not in paths]
        told = "" if ours.notes else "no note says that values are random"
        self.faithful.judge(case.name, difference(left, right, ordered=False) or ", ".join(unmasked) or told)


def bodies(rendered: Rendered) -> list[Body]:
    """Return the resources of a render as plain values, those in lists one by one."""
    return [trimmed(one) for one in opened([one.body for one in rendered.resources])]


def _refusals(ours: Rendered, theirs: Theirs) -> str:
    if theirs.refusal and not ours.problems:
        return f"the real tool refuses: {theirs.refusal.splitlines()[-1][:300]}"
    if ours.problems and not theirs.refusal:
        return f"we refuse: {ours.problems[0].path}: {ours.problems[0].message[:300]}"
    return ""


def _same(sparse: Rendered, full: Rendered, *, random: bool) -> str:
    if bool(sparse.problems) != bool(full.problems):
        refusing = "sparse" if sparse.problems else "full"
        return f"only the {refusing} directory is refused: {(sparse.problems or full.problems)[0].message[:300]}"
    if sparse.problems:
        words = [[(one.path, one.message) for one in side.problems] for side in (sparse, full)]
        return "" if words[0] == words[1] else f"refused in other words: {words[0]} and {words[1]}"
    return difference(bodies(sparse), bodies(full)) if not random else ""


def varying(one: Sequence[Body], other: Sequence[Body]) -> list[str]:
    """Return the places, as resource and path, at which two renders of the same source differ."""
    by_name = {name_of(body): body for body in other}
    found: list[str] = []
    for body in one:
        name = name_of(body)
        if name in by_name:
            _walk(body, by_name[name], name, found)
    return found


def _walk(one: Any, other: Any, path: str, found: list[str]) -> None:
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        for key in one:
            _walk(one[key], other[key], f"{path}.{key}", found)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            _walk(left, right, f"{path}[{index}]", found)
    elif exact(one) != exact(other):
        found.append(path)


def masked(resources: Sequence[Body], paths: Sequence[str]) -> list[Body]:
    """Return resources with one and the same word at the places named."""
    return [_mask(json.loads(json.dumps(one)), name_of(one), frozenset(paths)) for one in resources]


def _mask(value: Any, path: str, paths: frozenset[str]) -> Any:
    if path in paths:
        return RANDOM
    if isinstance(value, dict):
        return {key: _mask(one, f"{path}.{key}", paths) for key, one in value.items()}
    if isinstance(value, list):
        return [_mask(one, f"{path}[{index}]", paths) for index, one in enumerate(value)]
    return value
