"""How is a small Mermaid flowchart drawn? Left to right, as inline SVG; what is not understood is not drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from markupsafe import Markup

HEIGHT, GAP, PAD, LETTER = 38.0, 44.0, 18.0, 7.6
NODES = 60

_HEADER = re.compile(r"(?:flowchart|graph)\s+LR\s*;?$")
_NODE = re.compile(
    r"""\s*(?P<id>\w+)
        (?:\["(?P<quoted>[^"]*)"\] | \[(?P<square>[^\[\]"]*)\] | \("(?P<soft>[^"]*)"\) | \((?P<round>[^()"]*)\))?""",
    re.VERBOSE,
)
_EDGE = re.compile(r'\s*(?P<arrow>-->|==>|-\.->|---)(?:\|"?(?P<label>[^|"]*)"?\|)?')
_FRAME = re.compile(r'subgraph\s+\w+(?:\["[^"]*"\])?$|end$|classDef\s+\w+\s+[\w\-:#,.% ]+$')  # not drawn
_CLASS = re.compile(r"class\s+(?P<ids>\w+(?:,\w+)*)\s+(?P<name>\w+)$")
_STYLE = re.compile(r"style\s+(?P<id>\w+)\s+(?P<rules>[\w\-:#,.% ]+)$")


@dataclass
class _Node:
    label: str
    rank: int = 0
    row: int = 0
    strong: bool = False
    kind: str = ""
    x: float = 0.0

    @property
    def width(self) -> float:
        return max(64.0, len(self.label) * LETTER + 2 * PAD)

    @property
    def y(self) -> float:
        return self.row * (HEIGHT + GAP / 2)


@dataclass(frozen=True)
class _Edge:
    source: str
    target: str
    arrow: str
    label: str


@dataclass
class _Chart:
    nodes: dict[str, _Node] = field(default_factory=dict)
    edges: list[_Edge] = field(default_factory=list)


def drawing(text: str) -> Markup | None:
    """Return the SVG of a `flowchart LR` with nodes, labelled arrows and thick borders, or None."""
    chart = _parsed(text)
    if chart is None or not chart.nodes or len(chart.nodes) > NODES or not _ranked(chart):
        return None
    _placed(chart)
    return _svg(chart)


def _parsed(text: str) -> _Chart | None:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("%%")]
    if not lines or not _HEADER.match(lines[0]):
        return None
    chart = _Chart()
    for line in lines[1:]:
        style, kind = _STYLE.match(line), _CLASS.match(line)
        if kind:
            for one in kind["ids"].split(","):
                if one in chart.nodes:
                    chart.nodes[one].kind = kind["name"]
        elif _FRAME.match(line):
            continue
        elif style:
            if style["id"] in chart.nodes:
                chart.nodes[style["id"]].strong = "stroke-width" in style["rules"]
        elif not _statement(chart, line.rstrip(";")):
            return None
    return chart


def _statement(chart: _Chart, line: str) -> bool:
    """Take a line `node (arrow node)*`; False when it is something else."""
    source, position = _node(chart, line, 0)
    while source and line[position:].strip():
        edge = _EDGE.match(line, position)
        if edge is None:
            return False
        target, position = _node(chart, line, edge.end())
        chart.edges.append(_Edge(source, target, edge["arrow"], edge["label"] or ""))
        source = target
    return bool(source)


def _node(chart: _Chart, line: str, position: int) -> tuple[str, int]:
    found = _NODE.match(line, position)
    if found is None:
        return "", position
    label = next((text for text in (found[name] for name in ("quoted", "square", "soft", "round")) if text), "")
    node = chart.nodes.setdefault(found["id"], _Node(label or found["id"]))
    node.label = label or node.label
    return found["id"], found.end()


def _ranked(chart: _Chart) -> bool:
    """Give each node the length of the longest way to it; False when arrows go in a circle."""
    for _ in range(len(chart.nodes) + 1):
        moved = False
        for edge in chart.edges:
            source, target = chart.nodes[edge.source], chart.nodes[edge.target]
            if target.rank <= source.rank:
                target.rank, moved = source.rank + 1, True
        if not moved:
            return True
    return False


def _placed(chart: _Chart) -> None:
    x = 0.0
    for rank in range(max(node.rank for node in chart.nodes.values()) + 1):
        column = [node for node in chart.nodes.values() if node.rank == rank]
        labels = [len(edge.label) for edge in chart.edges if chart.nodes[edge.source].rank == rank]
        width = max(node.width for node in column)
        for row, node in enumerate(column):
            node.row, node.x = row, x + (width - node.width) / 2
        x += width + GAP + max(labels, default=0) * LETTER * 0.85


def _svg(chart: _Chart) -> Markup:
    nodes = chart.nodes.values()
    width = max(node.x + node.width for node in nodes)
    skips = any(chart.nodes[edge.target].rank - chart.nodes[edge.source].rank > 1 for edge in chart.edges)
    height = max(node.y + HEIGHT for node in nodes) + (HEIGHT if skips else 0)
    arrows = [_arrow(chart, edge) for edge in chart.edges]
    boxes = [_box(node) for node in nodes]
    words = ", ".join(
        f"{chart.nodes[edge.source].label} to {chart.nodes[edge.target].label}"
        + (f" ({edge.label})" if edge.label else "")
        for edge in chart.edges
    )
    return Markup(
        '<div class="chart" tabindex="0"><svg role="img" viewBox="-2 -2 {w} {h}" width="{w}" height="{h}">'
        "<title>{words}</title>{arrows}{boxes}</svg></div>"
    ).format(
        w=round(width + 4),
        h=round(height + 4),
        words=words,
        arrows=Markup("").join(arrows),
        boxes=Markup("").join(boxes),
    )


def _box(node: _Node) -> Markup:
    return Markup(
        '<rect class="{kind}" x="{x}" y="{y}" width="{w}" height="{h}" rx="8"/>'
        '<text x="{tx}" y="{ty}" text-anchor="middle">{label}</text>'
    ).format(
        kind=" ".join(filter(None, ("node", "strong" if node.strong else "", node.kind))),
        x=round(node.x, 1),
        y=round(node.y, 1),
        w=round(node.width, 1),
        h=HEIGHT,
        tx=round(node.x + node.width / 2, 1),
        ty=round(node.y + HEIGHT / 2 + 4.5, 1),
        label=node.label,
    )


def _arrow(chart: _Chart, edge: _Edge) -> Markup:
    source, target = chart.nodes[edge.source], chart.nodes[edge.target]
    x1, y1 = source.x + source.width, source.y + HEIGHT / 2
    x2, y2 = target.x, target.y + HEIGHT / 2
    bend = (x2 - x1) / 2
    lift = HEIGHT * 1.4 if target.rank - source.rank > 1 and y1 == y2 else 0.0
    end = x2 - 7 if edge.arrow != "---" else x2
    path = f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1 + lift:.1f} {end - bend:.1f} {y2 + lift:.1f} {end:.1f} {y2:.1f}"
    kind = {"==>": "edge thick", "-.->": "edge dotted"}.get(edge.arrow, "edge")
    tip = f"M{x2 - 8:.1f} {y2 - 5:.1f}L{x2:.1f} {y2:.1f}L{x2 - 8:.1f} {y2 + 5:.1f}z"
    head = Markup('<path class="tip" d="{}"/>').format(tip) if edge.arrow != "---" else Markup("")
    label = Markup("")
    if edge.label:
        label = Markup('<text class="label" x="{}" y="{}" text-anchor="middle">{}</text>').format(
            round((x1 + x2 - 4) / 2, 1), round((y1 + y2) / 2 + lift * 0.75 - 7, 1), edge.label
        )
    return Markup('<path class="{}" d="{}"/>{}{}').format(kind, path, head, label)
