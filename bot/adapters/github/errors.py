"""What does GitHub's refusal, or its silence, ask of us?

404 and 410 are NotFoundError. Rate limits (403 or 429, by header or by words), time-outs and 5xx are
TransientError. Every other 4xx is RefusedError with GitHub's own words. Sources: docs.github.com, "Rate
limits for the REST API", "Troubleshooting the REST API", "Best practices for using the REST API".
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import requests
from github import GithubException

from bot.errors import LockkeeperError, NotFoundError, RefusedError, TransientError

T = TypeVar("T")

_LIMIT_WORDS = (
    "rate limit exceeded",
    "secondary rate limit",
    "abuse detection",
    "retry your request again later",
)
_RACES = ("base branch was modified", "merge already in progress")
_PERMISSIONS_HEADER = "x-accepted-github-permissions"


@contextlib.contextmanager
def translated(doing: str) -> Iterator[None]:
    """Run GitHub calls; what goes wrong rises as one of our errors, which begin with what we were `doing`."""
    try:
        yield
    except GithubException as error:
        raise translation(error, doing) from error
    except (requests.RequestException, ConnectionError, TimeoutError, json.JSONDecodeError) as error:
        raise TransientError(f"cannot {doing}: GitHub did not answer ({type(error).__name__}: {error})") from error
    except RuntimeError as error:  # so PyGithub, and our transport, refuse a redirection
        if "redirected" not in str(error):
            raise
        raise RefusedError(f"cannot {doing}: {error}", status=301, reason=str(error)) from error


def translation(error: GithubException, doing: str) -> LockkeeperError:
    """Return our error for PyGithub's."""
    headers = {str(name).lower(): str(value) for name, value in (error.headers or {}).items()}
    status, reason = error.status, words(error.data)
    if _limited(status, headers, reason):
        return TransientError(f"cannot {doing}: {reason}", retry_after=_wait(headers))
    if status >= 500 or status == 408:
        return TransientError(f"cannot {doing}: GitHub answered {status}", retry_after=_seconds(headers) or 0.0)
    if status in (404, 410) or (status == 422 and reason.startswith("No commit found")):
        return NotFoundError(f"cannot {doing}", reason=reason)
    if any(race in reason.lower() for race in _RACES):
        return TransientError(f"cannot {doing}: {reason}")
    needed = headers.get(_PERMISSIONS_HEADER, "")
    how = f"the App needs the permission {needed.replace('=', ': ')}" if status == 403 and needed else ""
    return RefusedError(f"cannot {doing}: {reason}", status=status, reason=reason, how=how)


def words(data: object) -> str:
    """Return what GitHub said, its list of single errors included."""
    if not isinstance(data, Mapping):
        text = data.decode(errors="replace") if isinstance(data, bytes) else str(data or "")
        return text[:500] or "no reason given"
    errors: Any = data.get("errors") or ()
    single = [
        one if isinstance(one, str) else str(one.get("message") or f"{one.get('field', '')} {one.get('code', '')}")
        for one in (errors if isinstance(errors, list) else [errors])
        if isinstance(one, (str, Mapping))
    ]
    message = str(data.get("message") or data.get("data") or "no reason given")
    return "; ".join(dict.fromkeys(part.strip() for part in (message, *single) if part.strip()))[:2000]


def found_or_made(
    find: Callable[[], T | None], make: Callable[[], T], forget: Callable[[], None] = lambda: None
) -> tuple[T, bool]:
    """Return what `find` finds, else what `make` makes, and whether it was made.

    A create may have worked although its answer was lost, or another worker may have been faster: after an
    error of `make` we `forget` what we have seen and look once more before the error counts.
    """
    if (found := find()) is not None:
        return found, False
    try:
        return make(), True
    except (TransientError, RefusedError):
        forget()
        if (found := find()) is not None:
            return found, True
        raise


def _limited(status: int, headers: Mapping[str, str], reason: str) -> bool:
    if status not in (403, 429):
        return False
    said = reason.lower()
    return (
        status == 429
        or "retry-after" in headers
        or headers.get("x-ratelimit-remaining") == "0"
        or any(word in said for word in _LIMIT_WORDS)
    )


def _wait(headers: Mapping[str, str]) -> float:
    """Return the seconds to wait: as told, until the limit is reset, or else a minute."""
    if told := _seconds(headers):
        return told
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return max(1.0, int(reset) - time.time() + 1)
    return 60.0


def _seconds(headers: Mapping[str, str]) -> float | None:
    text = headers.get("retry-after", "").strip()
    return float(text) if text.isdigit() else None
