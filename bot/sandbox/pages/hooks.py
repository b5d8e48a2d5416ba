"""Which webhooks went out about a repository, and what came back? The log, each delivery in full, and once more."""

from __future__ import annotations

import json

from bot.sandbox.deliveries import Delivery
from bot.sandbox.pages.visit import Answer, Section, Visit
from bot.sandbox.refusal import not_found

section = Section()
_HERE = "/<owner>/<repo>/deliveries"
SHOWN = 200


def _of(visit: Visit) -> list[Delivery]:
    number = visit.repository.id
    return [one for one in list(visit.world.deliveries.log) if one.repository_id == number]


def _one(visit: Visit) -> Delivery:
    for delivery in _of(visit):
        if delivery.id == visit.number("number"):
            return delivery
    raise not_found()


@section.get(_HERE)
def show_deliveries(visit: Visit) -> Answer:
    """List deliveries, newest first."""
    found = _of(visit)
    event = visit.request.args.get("event", "")
    chosen = [one for one in found if event in ("", one.event)]
    return visit.page(
        "deliveries.html",
        repository=visit.repository,
        tab="deliveries",
        deliveries=chosen[: -SHOWN - 1 : -1],
        more=max(0, len(chosen) - SHOWN),
        events=sorted({one.event for one in found}),
        event=event,
    )


@section.get(f"{_HERE}/<int:number>")
def show_delivery(visit: Visit) -> Answer:
    """Show request and response of a delivery."""
    delivery = _one(visit)
    return visit.page(
        "delivery.html",
        repository=visit.repository,
        tab="deliveries",
        delivery=delivery,
        payload=json.dumps(delivery.payload, indent=2, ensure_ascii=False),
    )


@section.post(f"{_HERE}/<int:number>/redeliver")
def redeliver(visit: Visit) -> Answer:
    """Send a delivery again."""
    delivery, repository = _one(visit), visit.repository
    again = visit.world.deliveries.redeliver(delivery)
    return visit.go(f"/{repository.full_name}/deliveries/{again.id}")
