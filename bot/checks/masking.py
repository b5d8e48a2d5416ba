"""Which values of a resource are secret, and how are they spoken of without being shown?

`mask` puts a `Masked` in the place of every secret value, before any text is made from the resource. A
`Masked` can be compared and nothing else: it has no text but the mask, whatever the length of what it hides.

Secret are: everything but the name tags of a Secret (also one nested in another resource), `stringData`
anywhere, copies of whole resources in last-applied annotations, and, outside Secrets, values whose name says
so (`DB_PASSWORD`, `apiToken`), command line flags and lines of configuration files of that kind, private keys
and URLs with a password.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

MASK = "•••"

_SIMPLE = (int, float)  # and bool, which is an int
_WRITTEN = (str, int, float)

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
_EMBEDDED = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@]+@", re.IGNORECASE)
_FLAG = re.compile(r"-{1,2}(?P<name>[A-Za-z][\w.-]*)[= ](?P<value>.+)", re.DOTALL)
_SETTING = re.compile(
    r"""(?P<shown>\s*(?:export\s+|-\s+)?["']?(?P<name>[\w.-]+)["']?\s*[:=]\s*)(?P<value>[^\s|>{\[].*|[|>{\[].*\S.*)"""
)
_REFERENCE = re.compile(r"\$\(\w+\)|\$\{\w+\}|\{\{.*\}\}")  # names a value that stands elsewhere
_SIGN = re.compile("pass|pwd|token|secret|credential|key", re.IGNORECASE)  # each secret name has one of them


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

    def told(self, words: str) -> str:
        """Return the text that stands for the value: the words, which begin with the mask."""
        return words

    def beside(self, other: Masked) -> tuple[str, str]:
        """Return the texts for this value in the base and the other in the head."""
        if self == other:
            return (f"{MASK} (unchanged)",) * 2
        return self.told(MASK), other.told(f"{MASK} (changed)")


class MaskedText(Masked):
    """A text of many lines, a configuration file say, of which only the secret values are hidden."""

    __slots__ = ("_lines",)

    def __init__(self, value: str) -> None:
        super().__init__(value)
        self._lines: list[tuple[str, str, Masked | None]] = []  # what is shown, the name, what is hidden
        for line in value.split("\n"):
            found = _SETTING.fullmatch(line) if _SIGN.search(line) else None
            hidden = found and is_secret_name(found["name"]) and not _REFERENCE.fullmatch(found["value"].strip())
            if found and hidden:
                self._lines.append((found["shown"], found["name"], Masked(found["value"])))
            else:
                self._lines.append((line, "", None))

    @property
    def hides(self) -> bool:
        """Say whether any line holds a secret."""
        return any(hidden is not None for _, _, hidden in self._lines)

    def told(self, words: str) -> str:  # noqa: ARG002  # a whole file is not "added" on each line
        """Return the text with the mask in place of each secret."""
        return self._text(lambda _name, _hidden: MASK)

    def beside(self, other: Masked) -> tuple[str, str]:
        """Return both texts, in which each secret says whether it changed."""
        if not isinstance(other, MaskedText):
            return super().beside(other)
        old, new = self._hidden(), other._hidden()

        def before(name: str, hidden: Masked) -> str:
            return f"{MASK} (unchanged)" if hidden in new.get(name, ()) else MASK

        def after(name: str, hidden: Masked) -> str:
            if hidden in old.get(name, ()):
                return f"{MASK} (unchanged)"
            return f"{MASK} (changed)" if name in old else f"{MASK} (added)"

        return self._text(before), other._text(after)

    def _hidden(self) -> dict[str, list[Masked]]:
        found: dict[str, list[Masked]] = {}
        for _, name, hidden in self._lines:
            if hidden is not None:
                found.setdefault(name, []).append(hidden)
        return found

    def _text(self, words: Callable[[str, Masked], str]) -> str:
        return "\n".join(shown + (words(name, hidden) if hidden else "") for shown, name, hidden in self._lines)


def mask(value: Any) -> Any:
    """Return a copy of a JSON value in which every secret value is a `Masked`."""
    if isinstance(value, str):
        return _mask_text(value)
    if value is None or isinstance(value, _SIMPLE):
        return value
    if isinstance(value, (dict, Mapping)):  # the exact type first: it is what nearly all are
        if is_secret(value):
            return _mask_secret(value)
        return {key: mask_field(key, below, value) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [mask(below) for below in value]
    return value


def is_secret(body: Mapping[Any, Any]) -> bool:
    """Say whether a mapping is a Secret, whatever the case of its kind."""
    kind = body.get("kind")
    return kind is not None and str(kind).lower() == "secret"


@lru_cache(maxsize=8192)
def is_secret_name(name: str) -> bool:
    """Say whether a field or variable of this name holds a secret: `DB_PASSWORD` yes, `TOKEN_URL` no."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words:
        return False
    return words[-1] in _SECRET_WORDS or (
        words[-1] in ("key", "keys") and words[-2:-1] != [] and words[-2] in _SECRET_KEYS
    )


def _mask_text(text: str) -> str | Masked:
    if _holds_secret(text):
        return Masked(text)
    if "\n" in text and _SIGN.search(text) and (masked := MaskedText(text)).hides:
        return masked
    return text


def mask_field(key: Any, value: Any, parent: Mapping[Any, Any]) -> Any:
    """Mask one field of a mapping that is no Secret by its name, or by the name beside it (`name` and `value`)."""
    if key == "stringData":
        return _mask_all(value)
    if key == "annotations" and isinstance(value, Mapping):
        return {name: Masked(one) if _COPIES.search(str(name)) else mask(one) for name, one in value.items()}
    if isinstance(value, _WRITTEN) and not isinstance(value, bool):
        called = str(parent.get("name", "")) if key == "value" else str(key)
        if is_secret_name(called) and value != "" and not _REFERENCE.fullmatch(str(value).strip()):
            return Masked(value)
        return _mask_text(value) if isinstance(value, str) else value
    return mask(value)


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
            masked[key] = {name: Masked(one) if _repeats(str(name), one, own) else one for name, one in value.items()}
        else:
            masked[key] = mask(value)
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
    if ("://" in text or "-----" in text) and _EMBEDDED.search(text):
        return True
    flag = _FLAG.fullmatch(text) if text[:1] == "-" else None
    return flag is not None and is_secret_name(flag["name"]) and not _REFERENCE.fullmatch(flag["value"].strip())
