"""How does a pipeline look as a small picture? A Mermaid flowchart, which GitHub draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.model.environment import Environment
from bot.promotion.journey import State
from bot.report import markdown
from bot.report.words import shortened

ICONS: Mapping[State, str] = {"reached": "✅", "underway": "🚢", "waiting": "⏳", "blocked": "❌", "ahead": ""}
_LOOKS: Mapping[State, str] = {
    "reached": "fill:#dafbe1,stroke:green,color:black",
    "underway": "fill:#ddf4ff,stroke:royalblue,color:black",
    "waiting": "fill:#fff8c5,stroke:goldenrod,color:black",
    "blocked": "fill:#ffebe9,stroke:crimson,color:black",
    "ahead": "fill:#f6f8fa,stroke:gray,color:dimgray",
}
_PLAIN = str.maketrans('"<>`#%', "'‹›'＃％")  # what means something in Mermaid, as letters that mean nothing


def picture(environments: Sequence[Environment], states: Mapping[str, State]) -> str:
    """Return the pipeline, each environment in the colour of its state; groups are drawn around their members."""
    identifiers = {one.name: f"e{number}" for number, one in enumerate(environments)}
    lines = ["flowchart LR"]
    groups = list(dict.fromkeys(one.group for one in environments))
    for group in groups:
        boxes = [
            f'{identifiers[one.name]}["{words(f"{ICONS[states[one.name]]} {one.name}")}"]'
            for one in environments
            if one.group == group
        ]
        if group:
            lines += [f'  subgraph g{groups.index(group)}["{words(group)}"]', *(f"    {one}" for one in boxes), "  end"]
        else:
            lines += [f"  {one}" for one in boxes]
    for one in environments:
        for before in one.after:
            if before in identifiers:
                arrow = "-->" if states[one.name] == "reached" else "-.->"
                lines.append(f"  {identifiers[before]} {arrow} {identifiers[one.name]}")
    for state, look in _LOOKS.items():
        drawn = [identifiers[one.name] for one in environments if states[one.name] == state]
        if drawn:
            lines += [f"  classDef {state} {look}", f"  class {','.join(drawn)} {state}"]
    return markdown.fence("\n".join(lines), "mermaid")


def words(text: str) -> str:
    """Return a text as it may stand between the quotes of a node."""
    return shortened(text.translate(_PLAIN), 60) or "–"
