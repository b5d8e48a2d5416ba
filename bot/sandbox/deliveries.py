"""Which webhook goes out when, and what came back? Signed deliveries, their log, redelivery, and switches for tests."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Literal

import requests

from bot.sandbox.records import App

LARGEST = 25 * 2**20  # bytes; GitHub sends nothing above
Mode = Literal["send", "hold", "drop"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """One webhook as it left (or would have left): what an observer judges. `action` is "" when there is none."""

    event: str
    action: str
    headers: dict[str, str]
    body: bytes


@dataclass(eq=False)
class Delivery:
    """One attempt to deliver an event. Redeliveries are attempts of their own with the same `guid`."""

    id: int
    guid: str
    app: App
    event: str
    action: str | None
    installation_id: int | None
    repository_id: int | None
    body: bytes
    redelivery: bool = False
    delivered_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    duration: float = 0.0
    status: str = "pending"
    status_code: int = 0
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    response_body: str = ""

    @property
    def payload(self) -> dict[str, object]:
        """Return the payload, parsed."""
        parsed = json.loads(self.body)
        assert isinstance(parsed, dict)
        return parsed


def sign(secret: str, body: bytes, algorithm: str = "sha256") -> str:
    """Return the signature header's value for a body (docs: validating webhook deliveries)."""
    return f"{algorithm}={hmac.new(secret.encode(), body, algorithm).hexdigest()}"


class Deliveries:
    """The hook of each App: queue, sender thread and log.

    `mode`: "send" delivers at once and in order; "hold" collects until `flush`; "drop" logs a failure and sends
    nothing, as when the receiver was away (redelivery still works). `timeout` is GitHub's ten seconds.
    """

    def __init__(self, observers: Sequence[Callable[[Delivered], None]] = ()) -> None:
        self.mode: Mode = "send"
        self.timeout = 10.0
        self.log: list[Delivery] = []
        self.observers = list(observers)
        self._held: list[Delivery] = []
        self._queue: deque[Delivery] = deque()
        self._busy = 0
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._session = requests.Session()
        self._session.trust_env = False
        self._next = 7_000_001

    # ---- life

    def start(self) -> None:
        """Start the thread that sends."""
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="sandbox-deliveries", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; what still waits is not sent."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=self.timeout + 1)
            self._thread = None
        self._session.close()

    # ---- in

    def queue(
        self,
        app: App,
        event: str,
        payload: dict[str, object],
        *,
        installation_id: int | None = None,
        repository_id: int | None = None,
    ) -> Delivery:
        """Take an event for an App's hook, to be sent, held or dropped as `mode` says."""
        action = payload.get("action")
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
        with self._changed:
            delivery = Delivery(
                id=self._id(),
                guid=str(uuid.uuid4()),
                app=app,
                event=event,
                action=action if isinstance(action, str) else None,
                installation_id=installation_id,
                repository_id=repository_id,
                body=body,
            )
            if len(body) > LARGEST:
                delivery.status = "payload too large"
                return delivery
            delivery.request_headers = self._headers(delivery)
            self.log.append(delivery)
            self._observe(delivery)
            if not app.webhook_url or self.mode == "drop":
                delivery.status, delivery.status_code = "failed to connect to host", 502
            elif self.mode == "hold":
                self._held.append(delivery)
            else:
                self._queue.append(delivery)
                self._changed.notify_all()
        return delivery

    def redeliver(self, delivery: Delivery) -> Delivery:
        """Send a delivery again, with the same GUID and payload, as a new attempt in the log."""
        with self._changed:
            again = self._again(delivery)
            self.log.append(again)
            self._queue.append(again)
            self._changed.notify_all()
        return again

    # ---- for tests

    @property
    def held(self) -> list[Delivery]:
        """Return what waits for `flush`, in the order it happened."""
        with self._changed:
            return list(self._held)

    def flush(
        self,
        *,
        order: Literal["same", "reversed", "shuffled"] = "same",
        times: int = 1,
        seed: int = 0,
        keep: Callable[[Delivery], bool] | None = None,
    ) -> list[Delivery]:
        """Send what was held; return it in the order sent.

        `order` "shuffled" is decided by `seed`. With `times` 2 every delivery is sent twice under one GUID, and the
        copies are ordered like the rest (shuffled: anywhere). `keep` picks which to send; the others are lost.
        """
        with self._changed:
            chosen = [delivery for delivery in self._held if keep is None or keep(delivery)]
            self._held.clear()
            batch = [copy for one in chosen for copy in (one, *(self._again(one) for _ in range(times - 1)))]
            if order == "reversed":
                batch.reverse()
            elif order == "shuffled":
                Random(seed).shuffle(batch)  # noqa: S311  a reproducible order, no secret
            self.log += [delivery for delivery in batch if delivery.redelivery]
            self._queue.extend(batch)
            self._changed.notify_all()
            return batch

    def wait_idle(self, timeout: float = 10.0) -> bool:
        """Wait until nothing is queued or under way; False when `timeout` seconds passed first."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self._queue or self._busy:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return not (self._queue or self._busy)
            return True

    # ---- out

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._stopping:
                    self._changed.wait()
                if self._stopping:
                    return
                delivery = self._queue.popleft()
                self._busy += 1
            try:
                self._send(delivery)
            finally:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()

    def _send(self, delivery: Delivery) -> None:
        delivery.delivered_at = datetime.now(UTC)
        started = time.monotonic()
        try:
            answer = self._session.post(
                delivery.app.webhook_url,
                data=delivery.body,
                headers=delivery.request_headers,
                timeout=self.timeout,
                allow_redirects=False,
            )
        except requests.Timeout:
            delivery.status, delivery.status_code = "timed out", 504
        except requests.RequestException:
            delivery.status, delivery.status_code = "failed to connect to host", 502
        else:
            delivery.status = answer.reason or str(answer.status_code)
            if answer.ok:
                delivery.status = "OK"
            delivery.status_code = answer.status_code
            delivery.response_headers = dict(answer.headers)
            delivery.response_body = answer.text[:20_000]
        delivery.duration = round(time.monotonic() - started, 2)

    def _again(self, delivery: Delivery) -> Delivery:
        again = Delivery(
            id=self._id(),
            guid=delivery.guid,
            app=delivery.app,
            event=delivery.event,
            action=delivery.action,
            installation_id=delivery.installation_id,
            repository_id=delivery.repository_id,
            body=delivery.body,
            redelivery=True,
        )
        again.request_headers = self._headers(again)
        self._observe(again)
        return again

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        app = delivery.app
        headers = {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": f"GitHub-Hookshot/{hashlib.sha256(app.slug.encode()).hexdigest()[:7]}",
            "X-GitHub-Delivery": delivery.guid,
            "X-GitHub-Event": delivery.event,
            "X-GitHub-Hook-ID": str(400_000_000 + app.id),
            "X-GitHub-Hook-Installation-Target-ID": str(app.id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
        }
        if app.webhook_secret:
            headers["X-Hub-Signature"] = sign(app.webhook_secret, delivery.body, "sha1")
            headers["X-Hub-Signature-256"] = sign(app.webhook_secret, delivery.body)
        return headers

    def _observe(self, delivery: Delivery) -> None:
        seen = Delivered(delivery.event, delivery.action or "", dict(delivery.request_headers), delivery.body)
        for observer in self.observers:
            observer(seen)

    def _id(self) -> int:
        self._next += 1
        return self._next
