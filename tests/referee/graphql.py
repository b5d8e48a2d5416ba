"""Does a GraphQL document with its variables, and the answer to it, agree with GitHub's own GraphQL schema?"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    build_schema,
    get_named_type,
    get_variable_values,
    is_abstract_type,
    is_enum_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    parse,
    validate,
)

from tests.referee.complaint import Complaint, Exchange

PATH = "/api/graphql"
_KINDS = {"Int": int, "Boolean": bool, "Float": (int, float)}  # every other scalar is a text


@functools.cache
def load(path: Path) -> GraphQLSchema:
    """Build the schema from `schema.graphql` of the package @octokit/graphql-schema (about a second)."""
    return build_schema(path.read_text(encoding="utf-8"), assume_valid=True)


def faults(schema: GraphQLSchema, document: str, variables: Mapping[str, Any] | None = None) -> list[str]:
    """What GitHub would refuse: syntax, unknown fields and arguments, and, when given, wrong variables.

    `variables` None means that the values are not known here; only the document is judged then.
    """
    try:
        tree = parse(document)
    except GraphQLError as error:
        return [error.message]
    found = [error.message for error in validate(schema, tree)]
    if found or variables is None:
        return found
    for definition in tree.definitions:
        if isinstance(definition, OperationDefinitionNode):
            declared = definition.variable_definitions or ()
            names = {each.variable.name.value for each in declared}
            found += [f"Variable '${name}' is not declared." for name in sorted(variables.keys() - names)]
            values = get_variable_values(schema, declared, dict(variables))
            if isinstance(values, list):
                found += [error.message for error in values]
    return found


def judged(schema: GraphQLSchema, exchange: Exchange) -> list[Complaint]:
    """What is wrong with one call: the document as it was sent, or what was answered.

    A document that the stand-in itself refused, as those of tests that are wrong on purpose, is no fault.
    """
    if exchange.status != 200:
        return []
    asked, answer = json.loads(exchange.request_body), json.loads(exchange.response_body)
    wrong = faults(schema, asked["query"], asked.get("variables") or {})
    if wrong and "data" not in answer:
        return []
    found = [Complaint("GraphQL", "request", "invalid document", "", one) for one in wrong]
    excused = {tuple(one.get("path", ())) for one in answer.get("errors", ())}
    if not found and schema.query_type is not None:
        (operation,) = (one for one in parse(asked["query"]).definitions if isinstance(one, OperationDefinitionNode))
        walk = _Walk(schema, excused)
        at = walk.misfits(schema.query_type, operation.selection_set, answer.get("data"), ())
        found = [Complaint("GraphQL", "response", "schema", "/".join(map(str, path)), text) for path, text in at]
    return found


_Path = tuple[str | int, ...]


@dataclass(frozen=True)
class _Walk:
    """Through an answer, beside its types and the selection; what failed with an error, `excused`, may be null."""

    schema: GraphQLSchema
    excused: set[_Path]

    def misfits(
        self, kind: GraphQLOutputType, selected: SelectionSetNode | None, value: Any, path: _Path
    ) -> Iterator[tuple[_Path, str]]:
        """Where an answer is not what its type and the selection say."""
        if is_non_null_type(kind):
            kind = kind.of_type
            if value is None and path not in self.excused:
                yield path, "is null, and never may be"
        if value is None:
            return
        if is_list_type(kind):
            for number, one in enumerate(value):
                yield from self.misfits(kind.of_type, selected, one, (*path, number))
            return
        if selected is None:
            named = get_named_type(kind)
            fits = value in named.values if is_enum_type(named) else isinstance(value, _KINDS.get(named.name, str))
            if not fits:
                yield path, f"{value!r} is no {named.name}"
            return
        if is_abstract_type(kind) and "__typename" in value:
            kind = self.schema.get_type(value["__typename"])  # type: ignore[assignment]  # judged in the next lines
        fields = dict(_fields(selected, kind))
        for name in value.keys() - fields.keys():
            yield (*path, name), "was not asked for"
        for name, node in fields.items():
            if name not in value:
                yield (*path, name), "is missing"
            elif is_object_type(kind) and node.name.value != "__typename":
                inner = kind.fields[node.name.value].type
                yield from self.misfits(inner, node.selection_set, value[name], (*path, name))


def _fields(selected: SelectionSetNode, kind: Any) -> Iterator[tuple[str, FieldNode]]:
    for one in selected.selections:
        if isinstance(one, FieldNode):
            yield (one.alias or one.name).value, one
        elif isinstance(one, InlineFragmentNode):
            wanted = one.type_condition.name.value if one.type_condition else kind.name
            if not isinstance(kind, GraphQLObjectType) or kind.name == wanted:
                yield from _fields(one.selection_set, kind)
