"""Names, labels and annotations that the API server would refuse are told, though no schema speaks of them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.checks.fieldpath import parse
from bot.checks.naming import misnamed
from bot.model.manifest import Resource
from tests.checks.resources import body

ENDS = "a letter or digit at both ends"
TABLE: list[tuple[str, str, Any, str]] = [
    # kind, place, value, what is told ("" is nothing)
    ("ConfigMap", "metadata.name", "a.b-c", ""),
    ("ConfigMap", "metadata.name", "My_Config", f"`My_Config` is no name for a ConfigMap: it takes lower case letters, "
     f"digits, `-` and `.`, and {ENDS}; for example `my-config`"),
    ("ConfigMap", "metadata.name", "a..b", f"`a..b` is no name for a ConfigMap: it takes lower case letters, digits, "
     f"`-` and `.`, and {ENDS}"),
    ("ConfigMap", "metadata.name", "x" * 253, ""),
    ("ConfigMap", "metadata.name", "x" * 254, "the name of a ConfigMap may have 253 characters, and this has 254"),
    ("CronJob", "metadata.name", "x" * 53, "the name of a CronJob may have 52 characters, and this has 53"),
    ("Service", "metadata.name", "web.shop", "`web.shop` is no name for a Service: it takes lower case letters, digits "
     "and `-`, a letter first and a letter or digit last"),
    ("Service", "metadata.name", "1web", "`1web` is no name for a Service: it takes lower case letters, digits "
     "and `-`, a letter first and a letter or digit last"),
    ("Role", "metadata.name", "system:Reader", ""),
    ("ConfigMap", "metadata.name", "${NAME}", ""),
    ("ConfigMap", "metadata.name", "<path:kv/data#name>", ""),
    ("ConfigMap", "metadata.name", 5, ""),  # a wrong type, which the schema tells
    ("ConfigMap", "metadata.namespace", "Shop", "`Shop` is no name for a namespace: it takes at most 63 lower case "
     f"letters, digits and `-`, and {ENDS}"),
    ("ConfigMap", "metadata.labels", {"app.kubernetes.io/name": "web", "a_B.c": "", "version": "1.0_x"}, ""),
    ("ConfigMap", "metadata.labels", {"app": "my app"}, "`my app` is no value for the label `app`: it takes letters, "
     f"digits, `-`, `_` and `.`, and {ENDS}"),
    ("ConfigMap", "metadata.labels", {"app": "x" * 64},
     f"`{'x' * 59}…` is no value for the label `app`: it may have 63 characters, and this has 64"),
    ("ConfigMap", "metadata.labels", {"Example.com/team": "a"}, "`Example.com/team` is no key for metadata.labels: "
     "what stands before the `/` must be a DNS name in lower case, such as example.com"),
    ("ConfigMap", "metadata.labels", {"a/b/c": "a"}, "`a/b/c` is no key for metadata.labels: "
     "what stands before the `/` must be a DNS name in lower case, such as example.com"),
    ("ConfigMap", "metadata.labels", {"": "a"}, "`` is no key for metadata.labels: it takes letters, "
     f"digits, `-`, `_` and `.`, and {ENDS}"),
    ("ConfigMap", "metadata.labels", {"x" * 64: "a"},
     f"`{'x' * 59}…` is no key for metadata.labels: the name may have 63 characters, and this has 64"),
    ("ConfigMap", "metadata.annotations", {"Example.com/note": "any text: goes\n"}, ""),
    ("ConfigMap", "metadata.annotations", {"my note": "x"}, "`my note` is no key for metadata.annotations: it takes "
     f"letters, digits, `-`, `_` and `.`, and {ENDS}"),
    ("ConfigMap", "metadata.annotations", {"a": "ü" * 131072}, "the annotations are 262145 bytes long together, "
     "and may be 262144"),
    ("Deployment", "spec.template.metadata.labels", {"app": "a b"}, "`a b` is no value for the label `app`: it takes "
     f"letters, digits, `-`, `_` and `.`, and {ENDS}"),
    ("CronJob", "spec.jobTemplate.metadata", {"labels": {"a b": "c"}}, "`a b` is no key for "
     f"spec.jobTemplate.metadata.labels: it takes letters, digits, `-`, `_` and `.`, and {ENDS}"),
    ("Deployment", "metadata.labels", ["a"], ""),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=[f"{number}-{one[0]}" for number, one in enumerate(TABLE)])
def test_table(row: tuple[str, str, Any, str]) -> None:
    kind, place, value, expected = row
    one = body(kind)
    *above, last = parse(place)
    parent: Any = one
    for step in above:
        parent = parent[step]
    parent[last] = value
    assert [remark.message for remark in misnamed(Resource(one))] == ([expected] if expected else [])
