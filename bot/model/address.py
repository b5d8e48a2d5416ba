"""Is this an address that may be fetched from: at or below one that the operator allows, written without tricks?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_PORTS = {"https": 443, "http": 80, "oci": 443}
_HERE = ("127.0.0.1", "localhost", "::1")  # reached without TLS, too
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|[0-9a-f:.]*:[0-9a-f:.]*")
_ODD = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class Address:
    """An address in its parts: `path` begins with / or is ''; what stands behind ? or # is no part of it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """The address of the host, without the port where it is the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    @property
    def is_here(self) -> bool:
        """Say whether it names this very machine."""
        return self.host in _HERE

    @property
    def is_number(self) -> bool:
        """Say whether its host is an IP address and no name."""
        return ":" in self.host or re.fullmatch(r"[0-9.]+", self.host) is not None

    def __str__(self) -> str:
        return f"{self.origin}{self.path}"


def address_of(url: str) -> Address | None:
    """Return an https:// or oci:// address (http:// to this machine only) in its parts, None for any other text.

    None as well for one with a user, with `.` or `..` in its path however they are written, or with signs that
    one reader takes for a separator and another does not.
    """
    if _ODD.search(url) or not url.isascii():
        return None
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or (scheme == "http" and host not in _HERE):
        return None
    if "@" in parts.netloc or not _HOST.fullmatch(host) or port == 0:
        return None
    path = parts.path.rstrip("/")
    plain = unquote(path)
    if plain.count("/") != path.count("/") or "%" in plain or _ODD.search(plain):
        return None
    if any(part in (".", "..") for part in plain.split("/")):
        return None
    return Address(scheme, host, port or _PORTS[scheme], path)


def is_allowed(url: str, prefixes: Iterable[str]) -> bool:
    """Say whether an address lies at or below one of the operator's: same scheme, host, port, whole parts of a path."""
    asked = address_of(url)
    if asked is None:
        return False
    for prefix in prefixes:
        known = address_of(prefix)
        if known is None or (asked.scheme, asked.host, asked.port) != (known.scheme, known.host, known.port):
            continue
        if not known.path or asked.path == known.path or asked.path.startswith(f"{known.path}/"):
            return True
        if asked.path.removesuffix(".git") == known.path.removesuffix(".git"):
            return True
    return False
