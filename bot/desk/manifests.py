"""What does a cluster get from a tree: which resources, from which application, as YAML that says the same to it?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from bot.checks.masking import MASK, Masked, mask
from bot.flows.side import put_together, unreachable
from bot.flows.workbench import Workbench
from bot.model.manifest import Rendered, RenderProblem, Resource
from bot.model.source import Application, Source
from bot.model.tree import Tree

_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_FIRST = ("Namespace", "CustomResourceDefinition")  # others need them to be there
_WIDE = 1 << 30
_NOT_TEXT = re.compile(r"[-+]?\.?\d.*|[yYnN]", re.DOTALL)  # Go may read it as a number, a time or a truth; PyYAML not


@dataclass(frozen=True, slots=True)
class Manifests:
    """The resources of one application, in the order in which they are written, and why some are missing."""

    application: str
    resources: tuple[Resource, ...]
    problems: tuple[RenderProblem, ...] = ()
    notes: tuple[str, ...] = ()


def render(
    bench: Workbench, tree: Tree, applications: Sequence[Application], progress: Callable[[int, int], None]
) -> tuple[Manifests, ...]:
    """Render applications, in the order of their names."""
    wanted: list[tuple[Application, Source]] = []
    missing: dict[tuple[Application, Source], Rendered] = {}

    def orders() -> Iterator[tuple[Tree, Source]]:
        for application in applications:
            for source in application.sources:
                place = bench.tree_of(source, tree)
                if place is None:
                    missing[application, source] = unreachable(source)
                else:
                    wanted.append((application, source))
                    yield place, source

    found: dict[tuple[Application, Source], Rendered] = {}
    total = sum(len(one.sources) for one in applications)
    for number, rendered in bench.renderer.render(orders()):
        found[wanted[number]] = rendered
        progress(len(found) + len(missing), total)
    found |= missing
    return tuple(
        _manifests(one, [(source, found[one, source]) for source in one.sources])
        for one in sorted(applications, key=lambda one: one.name)
    )


def _manifests(application: Application, rendered: Sequence[tuple[Source, Rendered]]) -> Manifests:
    side = put_together(application, rendered)
    return Manifests(application.name, tuple(sorted(side.resources, key=_place)), side.problems, side.notes)


def _place(one: Resource) -> tuple[object, ...]:
    rank = _FIRST.index(one.kind) if one.kind in _FIRST else len(_FIRST)
    return (rank, one.key.kind, one.key.group, one.key.namespace, one.key.name)


def documents(found: Sequence[Manifests], *, masked: bool) -> Iterator[str]:
    """Yield one YAML document a resource, with comments that say where it comes from; `masked` hides secret values."""
    for each in found:
        for one in each.resources:
            lines = [f"# application: {_comment(each.application)}\n"] if each.application else []
            lines += [f"# Source: {_comment(one.path)}\n"] if one.path else []
            body = _told(mask(one.body)) if masked else one.body
            yield f"---\n{''.join(lines)}{dump(body)}"


def dump(body: Mapping[str, Any]) -> str:
    """Return a JSON value as YAML that Go, and so Kubernetes, reads as the same value."""
    text: str = yaml.dump(
        body, Dumper=_ManifestDumper, sort_keys=False, allow_unicode=True, width=_WIDE, default_flow_style=False
    )
    return text


class _ManifestDumper(_Dumper):  # type: ignore[misc]  # the C dumper is absent where libyaml is
    """Writes lines as blocks, never anchors, and quotes whatever YAML 1.1 or 1.2 might take for something else."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's signature
        return True


def _represent_text(dumper: Any, text: str) -> Any:
    style = "|" if "\n" in text else "'" if _NOT_TEXT.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_ManifestDumper.add_representer(str, _represent_text)


def _comment(words: str) -> str:
    return " ".join(words.split())


def _told(value: Any) -> Any:
    """Return a masked value as text all through."""
    if isinstance(value, Masked):
        return value.told(MASK)
    if isinstance(value, Mapping):
        return {key: _told(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_told(below) for below in value]
    return value
