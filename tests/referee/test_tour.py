"""Is every operation that the stand-in offers declared by GitHub, and shown and judged in the tour?"""

from __future__ import annotations

import re

from bot.sandbox.api import AREAS
from tests.referee.allowed import ALLOWANCES
from tests.referee.conftest import Toured
from tests.referee.description import Description
from tests.referee.openapi import PREFIX, Referee

# Older addresses that clients still ask and GitHub still answers; the description has only the newer ones.
UNDECLARED = {
    "GET /repos/<owner>/<repo>/contents",
    "GET /repos/<owner>/<repo>/statuses/<path:ref>",
    "GET /organizations/<int:org_id>/team/<int:team_id>",
    "GET /organizations/<int:org_id>/team/<int:team_id>/members",
    "GET /organizations/<int:org_id>/team/<int:team_id>/memberships/<username>",
}


def test_the_referee_finds_nothing(description: Description, toured: Toured) -> None:
    referee = Referee(description, ALLOWANCES)
    found = [str(complaint) for each in toured.exchanges for complaint in referee.check_exchange(each)]
    found += [str(complaint) for each in toured.deliveries for complaint in referee.check_delivery(each)]
    assert found == []


def test_the_tour_visits_every_operation(description: Description, toured: Toured) -> None:
    """Each route succeeds at least once, so each successful answer is judged."""
    good = {
        operation.label
        for each in toured.exchanges
        if each.status < 300
        and (operation := description.operation(each.method, each.path.removeprefix(PREFIX))) is not None
    }
    offered = {}
    for area in AREAS:
        for route in area.routes:
            path = re.sub(r"<(?:\w+:)?(\w+)>", "x", route.path.replace("<path:basehead>", "a...b/c"))
            operation = description.operation(route.method, path)
            offered[f"{route.method} {route.path}"] = operation.label if operation else "undeclared"
    assert {route for route, label in offered.items() if label not in good} - UNDECLARED == set()


def test_the_tour_shows_the_events_that_matter(toured: Toured) -> None:
    shown = {f"{each.event}.{each.action}" if each.action else each.event for each in toured.deliveries}
    assert shown >= {
        "push",
        "status",
        "installation.created",
        "installation.deleted",
        "pull_request.opened",
        "pull_request.edited",
        "pull_request.synchronize",
        "pull_request.closed",
        "pull_request.review_requested",
        "pull_request_review.submitted",
        "pull_request_review.dismissed",
        "issue_comment.created",
        "check_suite.requested",
        "check_run.created",
        "check_run.completed",
        "check_run.rerequested",
        "deployment_status.created",
    }
