"""Deliveries as GitHub sends them, signed with a secret of this test run."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any

SECRET = secrets.token_hex(16)
PUSH = {"ref": "refs/heads/main", "repository": {"full_name": "ada/shop"}, "installation": {"id": 5}}


def sign(body: bytes, secret: str = SECRET) -> str:
    """Return the value of X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def headers(body: bytes, event: str = "push", **changes: str | None) -> dict[str, str]:
    """Return the headers of a good delivery; `changes` replaces some (None removes)."""
    found: dict[str, str | None] = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-Hub-Signature-256": sign(body),
    }
    found.update({name.replace("_", "-"): value for name, value in changes.items()})
    return {name: value for name, value in found.items() if value is not None}


def encode(payload: Any) -> bytes:
    """Return the JSON bytes of a payload."""
    return json.dumps(payload).encode()
