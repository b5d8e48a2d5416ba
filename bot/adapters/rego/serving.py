"""How does the engine in this process, regorus, answer questions? The one room that knows it.

Its answer is that of OPA's strict mode: a built-in function that fails ends the evaluation, where Gatekeeper's OPA
goes on as if the expression were undefined. Then the forgiving form of the program is asked; and where that fails, too,
there is no answer at all, never a pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

import orjson
from regorus import Engine

DISTRIBUTION = "gordon-to-regorus"
MOST_VIOLATIONS = 200  # of one review
LONGEST = 1000  # characters of a message
_LONG_LINE = 100_000
_MOST_LINES = 50_000

# What is a policy's own mistake, in the engine's words; whatever else an evaluation ends with is a built-in function
# that failed.
_MISTAKES = (
    "could not find function",
    "recursion detected",
    "conflict",
    "not a valid rule path",
    "is unsafe",
)


class Serving:
    """Keeps programs, the reviews of the last request and the inventory."""

    def __init__(self) -> None:
        self.version = metadata.version(DISTRIBUTION)
        self._sources: dict[str, Mapping[str, Any]] = {}
        self._engines: dict[str, Engine | str] = {}
        self._forgiving: dict[str, Engine | str] = {}
        self._inventory = "{}"
        self._reviews: list[str] = []

    def take(self, request: Mapping[str, Any]) -> None:
        """Take in what a request brings: programs that are not here yet, reviews, and perhaps an inventory."""
        self._sources.update(request["programs"])
        self._reviews = request["reviews"]
        if request["inventory"] is not None:
            self._inventory = request["inventory"]
            for name, source in self._sources.items():
                if source["inventory"]:
                    self._engines.pop(name, None)
                    self._forgiving.pop(name, None)

    def answers(self, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Answer the questions of a request, one after the other."""
        for question in request["questions"]:
            engine = self._engine(question["program"])
            if isinstance(engine, str):
                yield {"broken": engine}
                continue
            yield {"said": [self._said(engine, question, review) for review in question["reviews"]]}

    def _engine(self, name: str) -> Engine | str:
        """Return the engine that holds a program, or what is wrong with it."""
        if name not in self._engines:
            self._engines[name] = _compiled(self._sources[name], "modules", self._inventory)
        return self._engines[name]

    def _said(self, engine: Engine, question: Mapping[str, Any], review: int) -> Any:
        """Return messages, or why there are none."""
        name = question["program"]
        rule = f"data.{self._sources[name]['package']}.violation"
        written = f'{{"parameters":{question["parameters"]},"review":{self._reviews[review]}}}'
        said = _asked(engine, rule, written)
        if isinstance(said, dict) and said["kind"] != "error":
            if name not in self._forgiving:
                self._forgiving[name] = _compiled(self._sources[name], "forgiving", self._inventory)
            other = self._forgiving[name]
            again = said if isinstance(other, str) else _asked(other, rule, written)
            said = said if isinstance(again, dict) else again
        return said


def _asked(engine: Engine, rule: str, written: str) -> Any:
    try:
        engine.set_input_json(written)
        found = engine.eval_rule_as_json(rule)
    except (RuntimeError, ValueError) as error:
        words = gist(error)
        return {"kind": _kind(words), "text": words}
    engine.take_prints()
    return _messages(orjson.loads(found)) if found != "[]" else []


def _compiled(source: Mapping[str, Any], form: str, inventory: str) -> Engine | str:
    """Compile a program by asking it about nothing."""
    engine = Engine()
    try:
        engine.set_rego_v0(not source["v1"])
        engine.set_gather_prints(True)
        engine.set_policy_length_config(max_col=_LONG_LINE, max_file_bytes=source["bytes"], max_lines=_MOST_LINES)
        for name, text in source[form]:
            engine.add_policy(name, text)
        engine.add_data_json(f'{{"inventory":{inventory}}}' if source["inventory"] else '{"inventory":{}}')
        engine.set_input_json('{"parameters":{},"review":{}}')
    except (RuntimeError, ValueError) as error:
        return gist(error)
    try:
        engine.eval_rule_as_json(f"data.{source['package']}.violation")
    except (RuntimeError, ValueError) as error:
        words = gist(error)
        if _kind(words) == "error":
            return words
    return engine


def _messages(found: object) -> Any:
    """The messages of a set of violations, each once, in their order."""
    entries = found if isinstance(found, list) else []
    messages = []
    for entry in entries[:MOST_VIOLATIONS]:
        message = entry.get("msg") if isinstance(entry, dict) else None
        if not isinstance(message, str):
            return {"kind": "error", "text": "its rule `violation` gives something without a text `msg`"}
        messages.append(message[:LONGEST])
    return messages


def gist(error: Exception) -> str:
    """Say what went wrong and where, in one line: the engine draws the place, and lists its own functions after it."""
    drawn = str(error).partition("Stack backtrace")[0]
    place = next((line[4:].strip() for line in drawn.splitlines() if line.startswith("--> ")), "")
    said = [line.strip() for line in drawn.splitlines() if line.strip()]
    message = next((line.removeprefix("error:").strip() for line in said if line.startswith("error:")), "")
    message = message or (said[0] if said else "the engine says nothing")
    return f"{message} ({place})" if place else message


def _kind(words: str) -> str:
    return "error" if any(one in words for one in _MISTAKES) else "not evaluable here"
