"""Does a GraphQL document with its variables agree with GitHub's own GraphQL schema?"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    get_variable_values,
    parse,
    validate,
)


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
