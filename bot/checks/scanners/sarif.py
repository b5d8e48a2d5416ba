"""What does a scanner's SARIF log say? Read strictly where it matters, leniently about everything beside.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html; the sections are named where they decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson

from bot.model.finding import Severity

MOST_RESULTS = 10_000
LONGEST = 1_000  # characters of a message
_LEVELS: Mapping[str, Severity] = {"error": "high", "warning": "medium", "note": "low", "none": "info"}
_PLACEHOLDER = re.compile(r"\{(\d+)\}|\{\{|\}\}")  # 3.11.5
_LINK = re.compile(r"\[((?:[^\[\]\\]|\\.)*)\]\([^()\s]*\)")  # 3.11.6
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")
_FOUND = ("fail", "open", "review")  # 3.27.9; the other kinds are no violation


class SarifError(ValueError):
    """The text is no SARIF log that can be relied on; the message says why."""


@dataclass(frozen=True, slots=True)
class Result:
    """One violation: the rule's id and title, how bad it is, what was said, the file and 1-based lines if named."""

    rule: str
    title: str
    severity: Severity
    message: str
    how: str = ""
    file: str = ""
    line: int | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Log:
    """What a log holds: the name and version of the tool, and what it found."""

    tool: str
    version: str
    results: tuple[Result, ...]


def read(data: bytes) -> Log:
    """Read a log of any number of runs. SarifError for what is none, and for one that says that the tool failed."""
    try:
        log = orjson.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise SarifError(f"it is no JSON ({error})" if data.strip() else "there is nothing in it") from None
    if not isinstance(log, dict) or not isinstance(log.get("runs"), list):
        raise SarifError("it is no SARIF log: it has no list of runs")
    if log.get("version") != "2.1.0":
        raise SarifError(f"it is SARIF {str(log.get('version'))[:20]!r}, and 2.1.0 is read")
    if not log["runs"]:
        raise SarifError("it holds no run")  # so nothing was looked at
    results: list[Result] = []
    for run in log["runs"]:
        _complain(run)
        rules = _Rules(run)
        for one in run.get("results") or []:
            if len(results) >= MOST_RESULTS:
                raise SarifError(f"it holds more than {MOST_RESULTS:,} results")
            results += _result(one, rules)
    driver = log["runs"][0]["tool"]["driver"]
    return Log(_text(driver.get("name")), _text(driver.get("semanticVersion") or driver.get("version")), tuple(results))


def _complain(run: Any) -> None:
    """Raise for a run that cannot be relied on: of another shape, kept elsewhere, or failed."""
    tool = run.get("tool") if isinstance(run, dict) else None
    driver = tool.get("driver") if isinstance(tool, dict) else None
    if not isinstance(driver, dict) or not _text(driver.get("name")):
        raise SarifError("a run does not name its tool")
    if not isinstance(run.get("results"), list):
        raise SarifError("a run has no list of results, so it was not carried out")  # 3.14.23
    if run.get("externalPropertyFileReferences"):
        raise SarifError("parts of it are kept in other files")
    for one in _mappings(run.get("invocations")):
        if one.get("executionSuccessful") is False:  # 3.20.14
            told = [
                *_mappings(one.get("toolExecutionNotifications")),
                *_mappings(one.get("toolConfigurationNotifications")),
            ]
            said = [_message(each.get("message"), {}) for each in told if each.get("level") == "error"]
            raise SarifError("the tool says that it failed" + (f": {said[0]}" if said else ""))


class _Rules:
    """The rules of a run's tool and of its extensions."""

    def __init__(self, run: Mapping[str, Any]) -> None:
        tool = run["tool"]
        self.parts: list[Mapping[str, Any]] = [tool["driver"], *_mappings(tool.get("extensions"))]

    def of(self, result: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """Return the id of a result's rule, and its description if there is one (3.27.5 to 3.27.7, 3.52)."""
        reference = _mapping(result.get("rule"))
        component = _mapping(reference.get("toolComponent"))
        rules = [*_mappings(self._part(component).get("rules"))]
        index = result.get("ruleIndex", reference.get("index"))
        named = _text(result.get("ruleId") or reference.get("id"))
        if isinstance(index, int) and 0 <= index < len(rules):
            found = rules[index]
            return named or _text(found.get("id")), found
        known = {_text(one.get("id")): one for one in rules}
        shorter = named
        while shorter and shorter not in known and "/" in shorter:  # a rule of a rule (3.27.5)
            shorter = shorter.rpartition("/")[0]
        return named, known.get(shorter, {})

    def _part(self, component: Mapping[str, Any]) -> Mapping[str, Any]:
        index, name = component.get("index"), component.get("name")
        if isinstance(index, int) and 0 <= index < len(self.parts) - 1:
            return self.parts[index + 1]
        return next((one for one in self.parts if name and one.get("name") == name), self.parts[0])


def _result(one: Any, rules: _Rules) -> Iterator[Result]:
    if not isinstance(one, dict):
        raise SarifError("a result is no object")
    if one.get("kind", "fail") not in _FOUND or one.get("baselineState") == "absent" or _is_suppressed(one):
        return
    name, rule = rules.of(one)
    if not name:
        raise SarifError("a result does not name its rule")
    strings = _mapping(rule.get("messageStrings"))
    title = _message(rule.get("shortDescription"), {}) or _text(rule.get("name")) or name
    yield Result(
        name,
        title,
        _severity(one, rule),
        _gist(_message(one.get("message"), strings)) or title,
        _how(rule),
        *_location(one),
    )


def _is_suppressed(one: Mapping[str, Any]) -> bool:
    """Say whether every suppression of a result is accepted (3.35.3), and there is any."""
    found = [*_mappings(one.get("suppressions"))]
    return bool(found) and all(each.get("status", "accepted") == "accepted" for each in found)


def _severity(one: Mapping[str, Any], rule: Mapping[str, Any]) -> Severity:
    """Return how bad a result is: by GitHub's `security-severity` where it is given, else by the level."""
    for place in (one, rule):
        score = _number(_mapping(place.get("properties")).get("security-severity"))
        if score is not None:
            return "critical" if score >= 9 else "high" if score >= 7 else "medium" if score >= 4 else "low"
    level = one.get("level") or _mapping(rule.get("defaultConfiguration")).get("level")
    return _LEVELS.get(_text(level), "medium")  # `warning` where nothing is said (3.27.10)


def _number(value: Any) -> float | None:
    try:
        found = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    except ValueError:
        return None
    return found if found is not None and 0 < found <= 10 else None


def _location(one: Mapping[str, Any]) -> tuple[str, int | None, int | None]:
    """Return the first file that a result names, with its first and last line (3.30)."""
    for place in _mappings(one.get("locations")):
        physical = place.get("physicalLocation")
        artifact = physical.get("artifactLocation") if isinstance(physical, dict) else None
        uri = artifact.get("uri") if isinstance(artifact, dict) else None
        if isinstance(physical, dict) and isinstance(uri, str):
            region = physical.get("region")
            first, last = (
                _line(region.get(key)) if isinstance(region, dict) else None for key in ("startLine", "endLine")
            )
            return unquote(uri), first, last
    return "", None, None


def _line(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _message(message: Any, strings: Mapping[str, Any]) -> str:
    """Return a message's text (3.11): its own, or that of the rule by its id, with its arguments in it."""
    if not isinstance(message, dict):
        return ""
    text, key = message.get("text"), message.get("id")
    if not isinstance(text, str) and isinstance(key, str):
        text = _mapping(strings.get(key)).get("text")
    if not isinstance(text, str):
        text = message.get("markdown")
    given = message.get("arguments")
    arguments = [str(each) for each in given] if isinstance(given, list) else []
    return _filled(text, arguments) if isinstance(text, str) else ""


def _filled(text: str, arguments: list[str]) -> str:
    def put(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        number = int(match[1]) if len(match[1]) < 5 else len(arguments)
        return arguments[number] if number < len(arguments) else match[0]

    words = _PLACEHOLDER.sub(put, text) if arguments else text
    return _LINK.sub(r"\1", words)[: 10 * LONGEST]


def _gist(text: str) -> str:
    """Return a message on one line; of one that lists `Name: value` lines, what its line `Message` says."""
    said = next((line[8:] for line in text.splitlines() if line.startswith("Message:")), text)
    return _text(said)


def _how(rule: Mapping[str, Any]) -> str:
    """Return how to mend a violation: the rule's help where it is a sentence or two, and where to read more."""
    words = _message(rule.get("help"), {})
    advice = _text(words) if "\n" not in words.strip() and len(words) <= 300 else ""
    address = rule.get("helpUri")
    link = address if isinstance(address, str) and _ADDRESS.fullmatch(address) and len(address) <= 500 else ""
    more = f"See {link}" if link and link not in advice else ""
    return " ".join(filter(None, (advice, more)))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def _text(value: Any) -> str:
    return " ".join(value.split())[:LONGEST] if isinstance(value, str) else ""
