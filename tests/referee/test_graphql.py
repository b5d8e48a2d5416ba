"""Do the bot's GraphQL documents agree with GitHub's schema, and does the judge see faults?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema

from tests.referee import fetch
from tests.referee.graphql import faults, load
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
    """At present the bot speaks REST alone: then nothing may post to `/graphql` either."""
    sources = sorted(BOT.rglob("*.py"))
    found = {place: text for source in sources for place, text in documents(source)}
    wrong = {place: problems for place, text in found.items() if (problems := faults(schema, text))}
    assert wrong == {}
    if not found:
        callers = [
            str(source)
            for source in sources
            if "sandbox" not in source.relative_to(BOT).parts
            and re.search(r"/graphql\b|graphql_query|graphql_named_mutation|graphql_node", source.read_text())
        ]
        assert callers == [], "these speak GraphQL with a document that was not found"
        print("no GraphQL document in bot/: REST alone is spoken")  # noqa: T201  # said plainly, as asked
