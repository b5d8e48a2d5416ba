"""Do editors, who read the JSON Schema, and the parser judge the same? What the parser accepts, the schema accepts.

The other way round does not hold: what a schema cannot say is told by `lockkeeper config check` alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.model.environment import Configuration
from bot.promotion.config import parse
from bot.promotion.config_keys import FILE
from bot.promotion.config_schema import schema
from bot.promotion.config_setting import Setting
from tests.promotion.test_config_docs import EXAMPLES, as_editors_read

ROOT = Path(__file__).parents[2]
TEXTS = [*EXAMPLES, *(one.read_text() for one in sorted(ROOT.glob("examples/**/.github/lockkeeper.yaml")))]
GOOD = [as_editors_read(one) for one in TEXTS if isinstance(parse(one.encode()), Configuration)]
VALIDATOR = jsonschema_rs.Draft7Validator(schema())
VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        2,
        21,
        -1,
        1.5,
        "",
        "x",
        "a b",
        "A",
        "!",
        "../a",
        [],
        {},
        ["a"],
        ["a", "a"],
        [1],
        [None],
    ),
    *("main", "auto", "manual", "branch", "tag", "values", "each", "high", "1h30m", "2026-12-20", "v*-x", "acme/x"),
    *("Mon 09:00-10:00 UTC", "1.33", {"a": "b"}, {"file": "a.yaml"}, {"teams": ["qa"]}, {"users": ["ann"]}),
    *([{}], [{"builtin": "security"}], [{"path": "policies"}], [{"from": "2026-12-20", "until": "2026-12-31"}]),
]


def keys(setting: Setting) -> Iterator[str]:
    for name, inner in setting.keys.items():
        yield name
        yield from keys(inner)


KEYS = sorted({*keys(FILE), "development", "staging", "nonsense"})


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place of a file as the container it is in, and where there."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield value, key
        yield from places(value[key])


@st.composite
def files(draw: st.DrawFn) -> Any:
    """Return a file that works, changed in up to three places."""
    file = deepcopy(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(0, 3))):
        found = [*places(file)]
        holder, key = found[draw(st.integers(0, len(found) - 1))]
        value = deepcopy(draw(st.sampled_from(VALUES)))
        match draw(st.sampled_from(("remove", "replace", "add", "rename"))):
            case "remove":
                del holder[key]
            case "add" if isinstance(holder[key], dict):
                holder[key][draw(st.sampled_from(KEYS))] = value
            case "add" if isinstance(holder[key], list):
                holder[key].append(value)
            case "rename" if isinstance(holder, dict):
                holder[draw(st.sampled_from(KEYS))] = holder.pop(key)
            case _:
                holder[key] = value
        assume(file)
    return file


class Plain(yaml.SafeDumper):
    """Writes values out where they come again: aliases are another matter."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@settings(max_examples=200, deadline=None)
@given(files())
def test_what_the_parser_accepts_the_schema_accepts(file: Any) -> None:
    text = yaml.dump(file, Dumper=Plain, allow_unicode=True)
    if isinstance(parse(text.encode()), Configuration):
        assert VALIDATOR.is_valid(as_editors_read(text)), text
