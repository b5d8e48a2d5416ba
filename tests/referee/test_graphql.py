"""Do the bot's GraphQL documents agree with GitHub's schema, and does the judge see faults?"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from graphql import GraphQLSchema

from tests.referee import fetch
from tests.referee.complaint import Exchange
from tests.referee.graphql import faults, judged, load
from tests.referee.plugin import need

BOT = fetch.ROOT / "bot"
# What makes a string in the source a GraphQL document: it opens like one.
DOCUMENT = re.compile(
    r"\s*(?:(?:query|mutation|subscription)\b[\w\s]*(?:\([^)]*\)\s*)?\{"
    r"|fragment\s+\w+\s+on\s+\w+\s*\{"
    r"|\{\s+\w+\s*[({])"
)

READY = """mutation($id: ID!) {
  markPullRequestReadyForReview(input: {pullRequestId: $id}) { pullRequest { id } }
}"""


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return load(need(fetch.GRAPHQL))


@pytest.mark.parametrize(
    ("document", "variables", "expected"),
    [
        (READY, None, []),
        (READY, {"id": "PR_x"}, []),
        ("query { viewer { login } }", {}, []),
        ("query { viewer { loginn } }", {}, ["Cannot query field 'loginn' on type 'User'"]),
        ("query { viewer {", {}, ["Syntax Error"]),
        (READY.replace("pullRequestId", "pullId"), None, ["unknown field 'pullId'"]),
        (READY, {}, ["non-null type 'ID!'"]),
        (READY, {"id": ["x"]}, ["ID cannot represent"]),
        (READY, {"id": "PR_x", "sha": "y"}, ["Variable '$sha' is not declared."]),
    ],
)
def test_faults(schema: GraphQLSchema, document: str, variables: dict[str, Any] | None, expected: list[str]) -> None:
    found = faults(schema, document, variables)
    assert bool(found) == bool(expected), found
    for words in expected:
        assert any(words in fault for fault in found), found


def documents(source: Path) -> Iterator[tuple[str, str]]:
    """Strings in Python source that are GraphQL documents, with the place where they stand."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and DOCUMENT.match(node.value):
            yield f"{source}:{node.lineno}", node.value


def test_documents_are_recognised(tmp_path: Path) -> None:
    source = tmp_path / "sample.py"
    texts = [READY, "{ viewer { login } }", "fragment f on User { login }"]
    others = ["query of a person", '{"a": 1}', "{}", "{name} of {place}", "{base}/x{/sha}", "mutations {x}"]
    source.write_text("".join(f"F({text!r})\n" for text in texts + others))
    assert [text for _, text in documents(source)] == texts


def test_every_document_of_the_bot_is_valid(schema: GraphQLSchema) -> None:
    """Those that stand in the source. The others are made in one place only, and judged whenever one is sent."""
    sources = sorted(BOT.rglob("*.py"))
    found = {place: text for source in sources for place, text in documents(source)}
    wrong = {place: problems for place, text in found.items() if (problems := faults(schema, text))}
    assert wrong == {}
    callers = [
        source.name
        for source in sources
        if "sandbox" not in source.relative_to(BOT).parts
        and re.search(r"/graphql\b|graphql_query|graphql_named_mutation|graphql_node|graphql_url", source.read_text())
    ]
    assert callers == ["graph.py"]


@dataclass(frozen=True)
class Said:
    """A GraphQL call as a stand-in shows it."""

    query: str
    answer: dict[str, Any]
    status: int = 200

    @property
    def request_body(self) -> bytes:
        return json.dumps({"query": self.query, "variables": {}}).encode()

    @property
    def response_body(self) -> bytes:
        return json.dumps(self.answer).encode()


PULL = '{ repository(owner: "o", name: "n") { pullRequest(number: 1) { %s } } }'


def pull(**fields: Any) -> dict[str, Any]:
    return {"data": {"repository": {"pullRequest": fields}}}


@pytest.mark.parametrize(
    ("query", "answer", "expected"),
    [
        (PULL % "number state", pull(number=1, state="OPEN"), []),
        (PULL % "number state", pull(number="1", state="open"), ["'1' is no Int", "'open' is no PullRequestState"]),
        (PULL % "number title", pull(number=1), ["is missing"]),
        (PULL % "number", pull(number=1, title="t"), ["was not asked for"]),
        (PULL % "number", pull(number=None), ["never may be"]),
        (PULL % "nubmer", pull(nubmer=1), ["Cannot query field 'nubmer'"]),
        (PULL % "nubmer", {"errors": [{"message": "so we said"}]}, []),
        (PULL % "author { __typename login }", pull(author={"__typename": "Bot", "login": "b"}), []),
        (PULL % "author { __typename ... on Bot { id } }", pull(author={"__typename": "Bot"}), ["is missing"]),
        (PULL % "number", {"data": {"repository": None}, "errors": [{"path": ["repository"]}]}, []),
    ],
)
def test_a_call_is_judged(schema: GraphQLSchema, query: str, answer: dict[str, Any], expected: list[str]) -> None:
    found = [str(one) for one in judged(schema, cast(Exchange, Said(query, answer)))]
    assert len(found) == len(expected), found
    for words in expected:
        assert any(words in one for one in found), found
