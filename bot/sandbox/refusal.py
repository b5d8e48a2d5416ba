"""How does GitHub say no? One exception that carries the status, the words and the list of errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Errors = Sequence[Mapping[str, object] | str]

DOCUMENTATION = "https://docs.github.com/rest"


class Refusal(Exception):
    """A request that GitHub answers with an error: HTTP status, message, and the `errors` list (may be empty)."""

    def __init__(self, status: int, message: str, errors: Errors = ()) -> None:
        super().__init__(f"{status} {message} {list(errors) if errors else ''}".rstrip())
        self.status, self.message, self.errors = status, message, tuple(errors)

    def body(self) -> dict[str, object]:
        """Return the JSON body GitHub sends with this refusal (docs: troubleshooting the REST API)."""
        body: dict[str, object] = {"message": self.message, "documentation_url": DOCUMENTATION}
        if self.errors:
            body["errors"] = list(self.errors)
        elif self.status in (401, 403, 404):
            body["status"] = str(self.status)
        return body


def not_found() -> Refusal:
    """Return what GitHub says of things that are missing or that the caller may not see."""
    return Refusal(404, "Not Found")


def invalid(resource: str, field: str, code: str = "invalid", message: str = "") -> Refusal:
    """Return a 422 for one field; `code` is one of missing, missing_field, invalid, already_exists, unprocessable."""
    error: dict[str, object] = {"resource": resource, "field": field, "code": code}
    if message:
        error["message"] = message
    return Refusal(422, "Validation Failed", [error])


def custom(resource: str, message: str, field: str = "") -> Refusal:
    """Return a 422 whose reason is written out in `message`."""
    error: dict[str, object] = {"resource": resource, "code": "custom", "message": message}
    if field:
        error["field"] = field
    return Refusal(422, "Validation Failed", [error])


def malformed(reason: str) -> Refusal:
    """Return the 422 GitHub's request schema gives, for example for a missing or overlong property."""
    return Refusal(422, f"Invalid request.\n\n{reason}")
