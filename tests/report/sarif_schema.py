"""The essential part of SARIF 2.1.0, as the specification has it, strict about unknown keys where we write any.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html, sections 3.13 to 3.30 and 3.49.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


def _closed(required: tuple[str, ...], properties: Mapping[str, Any]) -> Json:
    return {"type": "object", "required": [*required], "properties": properties, "additionalProperties": False}


def _text(**more: Any) -> Json:
    return {"type": "string", **more}


LEVEL = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = _closed(("text",), {"text": _text(minLength=1)})
INDEX = {"type": "integer", "minimum": 0}
ARTIFACT = _closed(
    (), {"uri": _text(format="uri-reference", pattern="^[^ \\\\]+$"), "uriBaseId": _text(), "index": INDEX}
)
REGION = _closed((), {"startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1}})
LOCATION = _closed(
    (),
    {
        "physicalLocation": _closed(("artifactLocation",), {"artifactLocation": ARTIFACT, "region": REGION}),
        "logicalLocations": {
            "type": "array",
            "uniqueItems": True,
            "items": _closed((), {"fullyQualifiedName": _text(), "kind": _text(), "name": _text()}),
        },
    },
)
RULE = _closed(
    ("id",),
    {
        "id": _text(minLength=1),
        "shortDescription": MESSAGE,
        "fullDescription": MESSAGE,
        "help": MESSAGE,
        "defaultConfiguration": _closed((), {"level": LEVEL}),
        "properties": {
            "type": "object",
            "properties": {
                "tags": {"type": "array", "items": _text(), "uniqueItems": True},
                "security-severity": _text(pattern=r"^(10\.0|\d\.\d)$"),
                "problem.severity": {"enum": ["error", "warning", "recommendation"]},
            },
        },
    },
)
RESULT = _closed(
    ("message",),
    {
        "ruleId": _text(),
        "ruleIndex": INDEX,
        "level": LEVEL,
        "message": MESSAGE,
        "locations": {"type": "array", "items": LOCATION, "minItems": 1},
        "partialFingerprints": {"type": "object", "additionalProperties": _text()},
        "baselineState": {"enum": ["new", "unchanged", "updated", "absent"]},
    },
)
DRIVER = _closed(
    ("name",),
    {"name": _text(), "semanticVersion": _text(), "rules": {"type": "array", "items": RULE, "uniqueItems": True}},
)
RUN = _closed(
    ("tool",),
    {
        "tool": _closed(("driver",), {"driver": DRIVER}),
        "automationDetails": _closed((), {"id": _text()}),
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "results": {"type": "array", "items": RESULT},
    },
)
SARIF = _closed(
    ("version", "runs"),
    {"$schema": _text(format="uri"), "version": {"const": "2.1.0"}, "runs": {"type": "array", "items": RUN}},
)
