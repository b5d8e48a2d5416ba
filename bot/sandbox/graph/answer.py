"""How is a GraphQL document carried out, and what does GitHub say of one that is wrong?"""

from __future__ import annotations

from graphql import GraphQLError, graphql_sync

from bot.sandbox.api.door import Call, Reply, covers
from bot.sandbox.graph.records import repository, typed
from bot.sandbox.graph.schema import schema
from bot.sandbox.refusal import Refusal
from bot.sandbox.state import Json

_HEADERS = {"X-GitHub-Media-Type": "github.v4; format=json", "X-RateLimit-Resource": "graphql"}


def answer(call: Call) -> Reply:
    """Carry a document out. Like GitHub, say 200 also where there are errors."""
    variables = call.body.part("variables")
    found = graphql_sync(
        schema(),
        call.body.text("query"),
        {"repository": lambda _, owner, name, **__: _repository(call, owner, name)},
        variable_values=dict(variables.values) if variables else None,
    )
    body: Json = {} if found.data is None and found.errors else {"data": found.data}
    if found.errors:
        body["errors"] = [_worded(one) for one in found.errors]
    return Reply(200, body, _HEADERS)


def _repository(call: Call, owner: str, name: str) -> Json:
    world, token = call.world, call.token
    try:
        one = world.repository(f"{owner}/{name}")
    except Refusal:
        one = None
    if one is not None:
        covered = token is not None and covers(token.installation, token, one)
        if covered or not one.private or (token is None and world.has_role(one, call.actor.account, "read")):
            return repository(world, one, lambda: token is None or token.permissions.get("pull_requests", "") != "")
    raise typed("NOT_FOUND", f"Could not resolve to a Repository with the name '{owner}/{name}'.")


def _worded(error: GraphQLError) -> Json:
    """Return an error as GitHub writes it: the type stands beside the message."""
    body: Json = dict(error.formatted)
    extensions = dict(error.extensions or {})
    kind = extensions.pop("type", None)
    body.pop("extensions", None)
    if extensions:
        body["extensions"] = extensions
    return {"type": kind, **body} if kind else body
