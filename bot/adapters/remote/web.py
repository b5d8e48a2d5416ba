"""How is one address on the web read, and nothing else: no credentials, no proxies, no way round to another place?

Each connection goes to an address that was looked at first, so that no name leads into this machine or to the
services of the network that it is in; time and size are bounded.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from bot.checks.remote import NotFetched
from bot.errors import LockkeeperError
from bot.model.address import Address, address_of

DEADLINE = 60.0  # seconds for one address, redirects and all
_CONNECT = 10.0
_MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK = 1 << 16
_NO_HEADERS: Mapping[str, str] = {}

Resolve = Callable[[str, int], Sequence[str]]
Permit = Callable[[str], bool]


class FetchError(LockkeeperError):
    """Something was not fetched; `why` in words for people."""

    def __init__(self, why: NotFetched) -> None:
        super().__init__(why.reason)
        self.why = why


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered; names of `headers` are in small letters."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the IP addresses of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def checked(address: Address, resolver: Resolve = resolve) -> Sequence[str]:
    """Return the IP addresses to reach a host at. Raises FetchError where its name leads where it should not.

    What the operator wrote as a number, or as localhost, is meant. A name that leads to this machine, or to addresses
    that only a network's own services have (link-local), is not.
    """
    if address.is_number:
        return [address.host]
    try:
        found = resolver(address.host, address.port)
    except (OSError, UnicodeError) as error:
        raise FetchError(_passing(f"the host {address.host} was not found: {error}")) from error
    for one in found if not address.is_here else ():
        ip = ipaddress.ip_address(one.partition("%")[0])
        mapped = getattr(ip, "ipv4_mapped", None) or ip
        if mapped.is_loopback or mapped.is_link_local or mapped.is_unspecified or mapped.is_multicast:
            raise FetchError(NotFetched(f"the host {address.host} leads to {one}, where nothing is fetched from"))
    return found


class Web:
    """Reads addresses, each within `deadline` seconds."""

    def __init__(self, deadline: float = DEADLINE, resolver: Resolve = resolve) -> None:
        self._deadline, self._resolver = deadline, resolver

    def get(self, url: str, largest: int, permit: Permit, headers: Mapping[str, str] = _NO_HEADERS) -> Answer:
        """Return what an address answers, of at most `largest` bytes. Raises FetchError for anything but an answer.

        Redirects are followed where `permit` says so; what `headers` ask with goes to the first host only.
        """
        deadline = time.monotonic() + self._deadline
        first = origin = _origin(url)
        for _ in range(_MOST_REDIRECTS + 1):
            if not permit(url):
                raise FetchError(not_allowed(url, "it is redirected to" if origin != first else "it lies at"))
            answer = self._one(url, largest, deadline, headers if origin == first else _NO_HEADERS)
            if answer.status not in _REDIRECTS:
                return answer
            url = urljoin(url, answer.headers.get("location", ""))
            origin = _origin(url)
        raise FetchError(NotFetched(f"{url} is one redirect too many"))

    def _one(self, url: str, largest: int, deadline: float, headers: Mapping[str, str]) -> Answer:
        address = address_of(url)
        if address is None:
            raise FetchError(not_allowed(url, "it lies at"))
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            with self._connection(address, deadline) as connection:
                connection.request("GET", path, headers={"User-Agent": "lockkeeper", **headers})
                return _answer(connection.getresponse(), url, largest)
        except (OSError, http.client.HTTPException, ValueError) as error:
            late = time.monotonic() >= deadline
            words = f"did not answer within {self._deadline:g} s" if late else f"cannot be reached: {error}"
            raise FetchError(_passing(f"{address.origin} {words}")) from error

    @contextlib.contextmanager
    def _connection(self, address: Address, deadline: float) -> Iterator[http.client.HTTPConnection]:
        """Connect to one of the addresses of a host; at the deadline the connection is cut, whatever it is at."""
        left = max(0.1, deadline - time.monotonic())
        link = _connected(checked(address, self._resolver), address.port, min(left, _CONNECT))
        secure = address.scheme == "https"
        connection = (http.client.HTTPSConnection if secure else http.client.HTTPConnection)(address.host, address.port)
        connection.sock = _secured(link, address.host) if secure else link
        connection.sock.settimeout(left)
        timer = threading.Timer(left, _cut, (connection.sock,))
        timer.daemon = True
        timer.start()
        try:
            if isinstance(connection.sock, ssl.SSLSocket):
                connection.sock.do_handshake()
            yield connection
        finally:
            timer.cancel()
            connection.close()


def not_allowed(url: str, how_met: str) -> NotFetched:
    """Return the words for an address that is met on the way and is not among those that are allowed."""
    return NotFetched(
        f"{how_met} {_shown(url)}, which is not allowed",
        "whoever runs Lockkeeper has to allow that address, too (LOCKKEEPER_REMOTE_SOURCES)",
    )


def _passing(reason: str) -> NotFetched:
    return NotFetched(reason, "ask for the check again later", "passing")


def _shown(url: str) -> str:
    """Return an address without what may be a token in its query."""
    return url.partition("?")[0][:200]


def _origin(url: str) -> str:
    address = address_of(url)
    return "" if address is None else address.origin


def _connected(addresses: Sequence[str], port: int, timeout: float) -> socket.socket:
    """Connect to the first address that takes us. Raises OSError."""
    trouble: OSError | None = None
    for one in addresses:
        try:
            return socket.create_connection((one, port), timeout)
        except OSError as error:
            trouble = error
    raise trouble or OSError("it has no address")


def _secured(link: socket.socket, host: str) -> ssl.SSLSocket:
    from requests.adapters import DEFAULT_CA_BUNDLE_PATH  # slow to import, and seldom needed

    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context.wrap_socket(link, server_hostname=host, do_handshake_on_connect=False)


def _cut(link: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(link, socket.SHUT_RDWR)  # past TLS, which another thread is at


def _answer(response: http.client.HTTPResponse, url: str, largest: int) -> Answer:
    headers = {name.lower(): value for name, value in response.getheaders()}
    body = bytearray()
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > largest:
            raise FetchError(NotFetched(f"{_shown(url)} is larger than {largest} bytes", because="wrong"))
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    if response.status >= 500:
        raise FetchError(_passing(f"{_shown(url)} answered {response.status}"))
    return Answer(response.status, headers, bytes(body))
