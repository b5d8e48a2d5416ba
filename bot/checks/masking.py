"""Which values of a resource are secret, and how are they spoken of without being shown?

`mask` puts a `Masked` in the place of every secret value, before any text is made from the resource. A
`Masked` can be compared and nothing else: it has no text but the mask, whatever the length of what it hides.

Secret are: everything but the name tags of a Secret (also one nested in another resource), `stringData`
anywhere, copies of whole resources in last-applied annotations, and, outside Secrets, values whose name says
so (`DB_PASSWORD`, `apiToken`), command line flags of that kind, private keys and URLs with a password.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

MASK = "•••"

_SHOWN_IN_SECRET = frozenset({"apiVersion", "kind", "metadata", "type", "immutable"})
_SHOWN_IN_METADATA = frozenset(
    {
        "name", "generateName", "namespace", "labels", "annotations", "finalizers", "ownerReferences", "uid",
        "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
    }
)  # fmt: skip
_COPIES = re.compile(r"last-applied|/(applied|original|applied-configuration)$", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS = frozenset(
    {
        "password", "passwords", "passwd", "pwd", "pass", "passphrase", "passcode", "token", "tokens",
        "secret", "credential", "credentials", "apikey", "privatekey", "secretkey", "accesskey", "authkey",
    }
)  # fmt: skip
_SECRET_KEYS = frozenset(
    {"api", "private", "access", "secret", "encryption", "signing", "auth", "master", "account", "license"}
)
_EMBEDDED = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@", re.IGNORECASE
)
_FLAG = re.compile(r"-{1,2}(?P<name>[A-Za-z][\w.-]*)[= ](?P<value>.+)", re.DOTALL)
_REFERENCE = re.compile(r"\$\(\w+\)|\$\{\w+\}|\{\{.*\}\}")  # names a value that stands elsewhere


class Masked:
    """A secret value that can be compared with another, and never read."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Masked) and self._value == other._value

    __hash__ = None  # type: ignore[assignment]  # a hash would be a thing to guess from

    def __repr__(self) -> str:
        return MASK


def mask(body: Any) -> Any:
    """Return a copy of a JSON value in which every secret value is a `Masked`."""
    return _mask(body, "")


def is_secret_name(name: str) -> bool:
    """Say whether a field or variable of this name holds a secret: `DB_PASSWORD` yes, `TOKEN_URL` no."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words:
        return False
    return words[-1] in _SECRET_WORDS or (
        words[-1] in ("key", "keys") and words[-2:-1] != [] and words[-2] in _SECRET_KEYS
    )


def _mask(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        if str(value.get("kind", "")).lower() == "secret":
            return _mask_secret(value)
        return {key: _mask_field(key, below, value) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [_mask(below, name) for below in value]
    if isinstance(value, str) and _holds_secret(value):
        return Masked(value)
    return value


def _mask_field(key: Any, value: Any, parent: Mapping[Any, Any]) -> Any:
    """Mask one field of an ordinary mapping by its name, or by the name beside it (`name` and `value`)."""
    if key == "stringData":
        return _mask_all(value)
    if key == "annotations" and isinstance(value, Mapping):
        return {
            name: Masked(one) if _COPIES.search(str(name)) else _mask(one, str(name))
            for name, one in value.items()
        }
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        called = str(parent.get("name", "")) if key == "value" else str(key)
        if is_secret_name(called) and value != "" and not _REFERENCE.fullmatch(str(value).strip()):
            return Masked(value)
    return _mask(value, str(key))


def _mask_all(value: Any) -> Any:
    """Hide every value of a mapping and keep its keys; hide anything else whole."""
    if isinstance(value, Mapping):
        return {key: Masked(below) for key, below in value.items()}
    return Masked(value)


def _mask_secret(secret: Mapping[Any, Any]) -> dict[Any, Any]:
    own = set(_texts({key: value for key, value in secret.items() if key not in _SHOWN_IN_SECRET}))
    masked: dict[Any, Any] = {}
    for key, value in secret.items():
        if key not in _SHOWN_IN_SECRET:
            masked[key] = _mask_all(value)
        elif key == "metadata":
            masked[key] = _mask_metadata(value, own)
        else:
            shown = isinstance(value, bool if key == "immutable" else str) or value is None
            masked[key] = value if shown else Masked(value)
    return masked


def _mask_metadata(metadata: Any, own: set[str]) -> Any:
    """Mask a Secret's metadata: copies of the whole, JSON, and whatever repeats one of its own values."""
    if not isinstance(metadata, Mapping):
        return Masked(metadata)
    masked: dict[Any, Any] = {}
    for key, value in metadata.items():
        if key not in _SHOWN_IN_METADATA:
            masked[key] = _mask_all(value)
        elif key in ("labels", "annotations") and isinstance(value, Mapping):
            masked[key] = {
                name: Masked(one) if _repeats(str(name), one, own) else one for name, one in value.items()
            }
        else:
            masked[key] = _mask(value, str(key))
    return masked


def _repeats(name: str, value: Any, own: set[str]) -> bool:
    if not isinstance(value, str):
        return value is not None
    if _COPIES.search(name) or value.lstrip()[:1] in ("{", "[") or _EMBEDDED.search(value):
        return True
    return any(secret in value for secret in own)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text in a value, and what it says when read as base64."""
    if isinstance(value, Mapping):
        for below in value.values():
            yield from _texts(below)
    elif isinstance(value, list | tuple):
        for below in value:
            yield from _texts(below)
    elif value is not None and str(value).strip():
        text = str(value).strip()
        yield text
        try:
            decoded = base64.b64decode(text, validate=True).decode().strip()
        except (binascii.Error, ValueError):
            return
        if decoded:
            yield decoded


def _holds_secret(text: str) -> bool:
    if _EMBEDDED.search(text):
        return True
    flag = _FLAG.fullmatch(text)
    return (
        flag is not None and is_secret_name(flag["name"]) and not _REFERENCE.fullmatch(flag["value"].strip())
    )
