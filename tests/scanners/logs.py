"""Small SARIF logs in the shapes that scanners of manifests write, made by hand."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def log(*runs: Json, version: str = "2.1.0") -> bytes:
    return json.dumps({"$schema": SCHEMA, "version": version, "runs": list(runs)}).encode()


def run(name: str, rules: list[Json], results: list[Json], **more: Any) -> Json:
    return {"tool": {"driver": {"name": name, "version": "1.2.3", "rules": rules}}, "results": results, **more}


def place(uri: str, first: int | None = 1, last: int | None = None, **more: Any) -> list[Json]:
    region = {key: value for key, value in (("startLine", first), ("endLine", last)) if value is not None}
    return [{"physicalLocation": {"artifactLocation": {"uri": uri, **more}, **({"region": region} if region else {})}}]


def trivy(uri: str, first: int = 5, last: int = 5) -> bytes:
    """As Trivy has it: the score in the rule, the message as lines, the file below a base of its own."""
    rule = {
        "id": "T-001",
        "name": "Misconfiguration",
        "shortDescription": {"text": "Runs with everything allowed"},
        "fullDescription": {"text": "A long text."},
        "defaultConfiguration": {"level": "error"},
        "helpUri": "https://rules.example.com/t-001",
        "help": {"text": "Misconfiguration T-001\nType: Check\nSeverity: HIGH", "markdown": "**T-001**"},
        "properties": {"precision": "very-high", "security-severity": "8.0", "tags": ["security", "HIGH"]},
    }
    words = f"Artifact: {uri}\nType: kubernetes\nSeverity: HIGH\nMessage: Container 'web' is privileged\nLink: [T](https://x)"
    result = {
        "ruleId": "T-001",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": words},
        "locations": place(uri, first, last, uriBaseId="ROOTPATH"),
    }
    return log(run("Trivy", [rule], [result], originalUriBaseIds={"ROOTPATH": {"uri": "file:///scan/"}}))


def checkov(uri: str, first: int = 1, last: int = 30) -> bytes:
    """As checkov has it: no score, the level in the result, the lines of the whole resource, suppressed results too."""
    rules = [
        {
            "id": "C_1",
            "name": "Image is pinned",
            "shortDescription": {"text": "Image is pinned"},
            "fullDescription": {"text": "Image is pinned"},
            "help": {"text": "Image is pinned\nResource: Deployment.shop.web"},
            "defaultConfiguration": {"level": "error"},
            "helpUri": "https://guide.example.com/c-1",
        },
        {"id": "C_2", "shortDescription": {"text": "Something else"}},
    ]
    one = {"ruleId": "C_1", "ruleIndex": 0, "level": "error", "message": {"text": "Image is pinned"}, "attachments": []}
    skipped = {
        "ruleId": "C_2",
        "ruleIndex": 1,
        "level": "warning",
        "message": {"text": "Something else"},
        "locations": place(uri, first, last),
        "suppressions": [{"kind": "inSource", "justification": "known"}],
    }
    return log(run("Bridgecrew", rules, [{**one, "locations": place(uri, first, last)}, skipped]))


def kube_linter(uri: str) -> bytes:
    """As kube-linter has it: help as a sentence, an absolute path, no level anywhere."""
    rule = {
        "id": "latest-tag",
        "shortDescription": {"text": "images carry a tag"},
        "help": {"text": "Use a tag that says which version it is."},
    }
    words = 'object: shop/web apps/v1, Kind=Deployment: the container "web" is using an image without a tag'
    where = place(f"file:///tmp/scan/rendered/{uri}", 1)
    return log(run("kube-linter", [rule], [{"ruleId": "latest-tag", "message": {"text": words}, "locations": where}]))


def kubescape(uri: str) -> bytes:
    """As kubescape has it: markdown in help, severity as a score in the result's rule, fixes beside the result."""
    rule = {
        "id": "K-0016",
        "name": "Privilege escalation",
        "shortDescription": {"text": "Allow privilege escalation"},
        "fullDescription": {"text": "About it."},
        "help": {"text": "Read on.", "markdown": "**Read on.**"},
        "helpUri": "https://hub.example.com/k-0016",
        "properties": {"tags": ["security"], "security-severity": "5.0"},
    }
    result = {
        "ruleId": "K-0016",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "Allow privilege escalation: set allowPrivilegeEscalation to false"},
        "locations": place(f"./{uri}", 7),
        "fixes": [{"description": {"text": "set it"}, "artifactChanges": []}],
        "relatedLocations": place("other.yaml", 2),
    }
    return log(run("kubescape", [rule], [result], invocations=[{"executionSuccessful": True}]))
