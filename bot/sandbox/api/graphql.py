"""One GraphQL call (docs: GraphQL API); what is known of the schema lies in `bot.sandbox.graph`."""

from __future__ import annotations

from bot.sandbox.api.door import Call, Needs, Reply, Route


def _answer(call: Call) -> Reply:
    from bot.sandbox.graph.answer import answer  # slow to load, and most stand-ins are never asked

    return answer(call)


ROUTE = Route("POST", "", Needs(signed_in=True), _answer)
