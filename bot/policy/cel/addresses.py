"""Which functions does Kubernetes add to CEL for IP addresses, ranges of them and URLs?

Source: https://kubernetes.io/docs/reference/using-api/cel/ ("Kubernetes IP address library", "Kubernetes CIDR
library", "Kubernetes URL library").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from bot.policy.cel.function import Function, tagged, untagged

IP, CIDR, URL = "net.IP", "net.CIDR", "kubernetes.URL"

Json = Mapping[str, Any]
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _address(text: str) -> Address:
    found = ip_address(text)
    if isinstance(found, IPv6Address) and (found.scope_id or found.ipv4_mapped):
        raise ValueError(f"`{text[:60]}` has a zone or is an IPv4 address in an IPv6 one")
    return found


def _network(text: str) -> Network:
    if "/" not in text or not text.rpartition("/")[2].isdigit():
        raise ValueError(f"`{text[:60]}` is no range of addresses")
    _address(text.partition("/")[0])
    return ip_network(text, strict=False)


def _accepts(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def test(text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return test


def _ip(found: Json) -> Address:
    return _address(untagged(IP, found))


def _cidr(found: Json) -> Network:
    return _network(untagged(CIDR, found))


def _to_ip(text: str) -> dict[str, object]:
    return tagged(IP, str(_address(text)))


def _to_cidr(text: str) -> dict[str, object]:
    _network(text)
    address, _, length = text.partition("/")
    return tagged(CIDR, f"{_address(address)}/{int(length)}")


def _contains_ip(found: Json, other: Json | str) -> bool:
    return (_address(other) if isinstance(other, str) else _ip(other)) in _cidr(found)


def _contains_cidr(found: Json, other: Json | str) -> bool:
    outer, inner = _cidr(found), (_network(other) if isinstance(other, str) else _cidr(other))
    if isinstance(outer, IPv4Network):
        return isinstance(inner, IPv4Network) and inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and inner.subnet_of(outer)


def _of_ip(test: Callable[[Address], object]) -> Callable[[Json], object]:
    return lambda found: test(_ip(found))


def _url(text: str) -> SplitResult:
    found = urlsplit(text)
    if not (found.scheme or text.startswith("/")) or any(mark in text for mark in " \t\r\n\x7f"):
        raise ValueError(f"`{text[:60]}` is no URL")
    _ = found.port  # raises when it is no number
    return found


def _to_url(text: str) -> dict[str, object]:
    _url(text)
    return tagged(URL, text)


def _part(read: Callable[[SplitResult], object]) -> Callable[[Json], object]:
    return lambda found: read(_url(untagged(URL, found)))


def _host(found: SplitResult) -> str:
    return found.netloc.rpartition("@")[2]


def _hostname(found: SplitResult) -> str:
    host = _host(found)
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]


def _query(found: SplitResult) -> dict[str, list[str]]:
    return parse_qs(found.query, keep_blank_values=True, max_num_fields=1000)


FUNCTIONS = (
    Function("ip", ("string",), "map", _to_ip),
    Function("isIP", ("string",), "bool", _accepts(_address)),
    Function("ip.isCanonical", ("string",), "bool", lambda text: str(_address(text)) == text),
    Function("family", ("map",), "int", _of_ip(lambda one: one.version), member=True),
    Function("isUnspecified", ("map",), "bool", _of_ip(lambda one: one.is_unspecified), member=True),
    Function("isLoopback", ("map",), "bool", _of_ip(lambda one: one.is_loopback), member=True),
    Function(
        "isLinkLocalMulticast",
        ("map",),
        "bool",
        _of_ip(lambda one: one in ip_network("224.0.0.0/24") or one in ip_network("ff02::/16")),
        member=True,
    ),
    Function("isLinkLocalUnicast", ("map",), "bool", _of_ip(lambda one: one.is_link_local), member=True),
    Function(
        "isGlobalUnicast",
        ("map",),
        "bool",
        _of_ip(
            lambda one: (
                not (one.is_unspecified or one.is_loopback or one.is_multicast or one.is_link_local)
                and str(one) != "255.255.255.255"
            )
        ),
        member=True,
    ),
    Function("cidr", ("string",), "map", _to_cidr),
    Function("isCIDR", ("string",), "bool", _accepts(_network)),
    Function("containsIP", ("map", "string"), "bool", _contains_ip, member=True),
    Function("containsIP", ("map", "map"), "bool", _contains_ip, member=True),
    Function("containsCIDR", ("map", "string"), "bool", _contains_cidr, member=True),
    Function("containsCIDR", ("map", "map"), "bool", _contains_cidr, member=True),
    Function("ip", ("map",), "map", lambda found: _to_ip(untagged(CIDR, found).partition("/")[0]), member=True),
    Function("masked", ("map",), "map", lambda found: _to_cidr(str(_cidr(found))), member=True),
    Function("prefixLength", ("map",), "int", lambda found: _cidr(found).prefixlen, member=True),
    Function("url", ("string",), "map", _to_url),
    Function("isURL", ("string",), "bool", _accepts(_url)),
    Function("getScheme", ("map",), "string", _part(lambda one: one.scheme), member=True),
    Function("getHost", ("map",), "string", _part(_host), member=True),
    Function("getHostname", ("map",), "string", _part(_hostname), member=True),
    Function("getPort", ("map",), "string", _part(lambda one: str(one.port or "")), member=True),
    Function("getEscapedPath", ("map",), "string", _part(lambda one: one.path), member=True),
    Function("getPath", ("map",), "string", _part(lambda one: unquote(one.path)), member=True),
    Function("getQuery", ("map",), "map", _part(_query), member=True),
)
