"""How is a configuration written that nobody has thought about yet, so that people can go on from it?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.promotion.config_scalars import sort_of
from bot.promotion.config_yaml import Scalar


@dataclass(frozen=True, slots=True)
class Proposed:
    """One environment: its keys as they are to be written, in order; a map is written below its key."""

    name: str
    keys: Mapping[str, str | Sequence[str] | Mapping[str, str]]


def written(words: str, strategy: str, environments: Sequence[Proposed], unsure: Sequence[str]) -> str:
    """Return the text of the file: what was seen and what is not sure as comments, then the settings."""
    return "\n".join(_lines(words, strategy, environments, unsure)) + "\n"


def _lines(words: str, strategy: str, environments: Sequence[Proposed], unsure: Sequence[str]) -> Iterator[str]:
    yield f"# Proposed by `lockkeeper config init`, which saw {_comment(words)}."
    if unsure:
        yield "#"
        yield "# Not sure, so please look:"
        yield from (f"# - {_comment(one)}" for one in unsure)
    yield "#"
    yield "# `lockkeeper config check` explains mistakes; for completion in an editor, save what"
    yield "# `lockkeeper config schema` writes as lockkeeper.schema.json beside this file, and begin it with"
    yield "# `# yaml-language-server: $schema=lockkeeper.schema.json`."
    yield "version: 1"
    if strategy != "branch":
        yield f"strategy: {strategy}{_STRATEGIES[strategy]}"
    yield "environments:"
    for one in environments:
        yield from _environment(one)
    yield ""
    yield "# To go on from here:"
    last = environments[-1].name
    yield f"#   {_plain(last)}:"
    yield "#     promote: manual                     # wait for /promote"
    yield "#     approvers: {teams: [platform-leads], required: 1}"
    yield "#     gates:"
    yield "#       checks: [integration-tests]       # green on the commit that is promoted"
    yield "#       soak: 1h                          # in the environment before"
    yield '#       window: "Mon-Thu 09:00-16:00 Europe/Berlin"'
    yield ""
    yield "policies:"
    yield "  - builtin: security"


_STRATEGIES = {
    "directory": "                   # what changes in one directory goes into the next",
    "repository": "                  # what changes in one repository goes into the next",
    "values": "                      # versions move from file to file, and nothing else",
    "tag": "                         # the newest version gets the next environment's tag",
}


def _environment(one: Proposed) -> Iterator[str]:
    if not one.keys:
        yield f"  {_plain(one.name)}: {{}}"
        return
    yield f"  {_plain(one.name)}:"
    for key, value in one.keys.items():
        if isinstance(value, str):
            yield f"    {key}: {_plain(value)}"
        elif isinstance(value, Mapping):
            yield f"    {key}:"
            yield from (f"      {_plain(name)}: {_plain(inner)}" for name, inner in value.items())
        else:
            yield f"    {key}: [{', '.join(map(_plain, value))}]"


def _plain(text: str) -> str:
    """Return a text as YAML, in quotes where it would be something else without them."""
    bare = text.replace("/", "").replace("-", "").replace("_", "").replace(".", "").isalnum() and text.isascii()
    return text if bare and sort_of(Scalar(text, True, 1)) == "text" and text[0] not in "-." else json.dumps(text)


def _comment(text: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in text)
