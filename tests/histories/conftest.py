"""What do random histories stand on? The slow things of the flow tests, once for the process."""

from __future__ import annotations

from tests.flows.conftest import given

__all__ = ["given"]
