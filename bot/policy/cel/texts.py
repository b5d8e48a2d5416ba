"""Which functions do Kubernetes and Kyverno add to CEL for texts: searches, named formats, names of images, JSON?

Sources: https://kubernetes.io/docs/reference/using-api/cel/ ("Kubernetes regex library", "Kubernetes format
library") and https://kyverno.io/docs/policy-types/cel-libraries/.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import re2

from bot.policy.cel.addresses import CIDR, IP
from bot.policy.cel.function import METER, Function, tagged, untagged
from bot.policy.cel.quantities import QUANTITY

FORMAT, IMAGE = "kubernetes.Format", "kyverno.Image"
LONGEST_TEXT = 100_000

Json = Mapping[str, Any]

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)"
_FORMATS: dict[str, tuple[str, int]] = {
    "dns1123Label": (_LABEL, 63),
    "dns1123Subdomain": (rf"{_LABEL}(\.{_LABEL})*", 253),
    "dns1035Label": (r"[a-z]([-a-z0-9]*[a-z0-9])?", 63),
    "dns1123LabelPrefix": (r"[a-z0-9]([-a-z0-9]*)?", 63),
    "dns1123SubdomainPrefix": (rf"{_LABEL}(\.{_LABEL})*[-.]?", 253),
    "dns1035LabelPrefix": (r"[a-z]([-a-z0-9]*)?", 63),
    "labelValue": (rf"{_QUALIFIED}?", 63),
    "qualifiedName": (rf"({_LABEL}(\.{_LABEL})*/)?{_QUALIFIED}", 317),
    "uri": (r"([A-Za-z][A-Za-z0-9+.-]*:|/)[^\s]*", LONGEST_TEXT),
    "uuid": (r"(?i:[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12})", 36),
    "byte": (r"[A-Za-z0-9+/\s]*=*", LONGEST_TEXT),
    "date": (r"\d{4}-\d\d-\d\d", 10),
    "datetime": (r"\d{4}-\d\d-\d\d[Tt ].*", 64),
}
_REGISTRY = re.compile(r"localhost|[^/]*[.:][^/]*")
_PATH = re.compile(r"[a-z0-9_./-]{2,255}", re.ASCII)
_TAG = re.compile(r"[\w.-]{1,128}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@lru_cache(maxsize=256)
def _searched(pattern: str) -> Any:
    """Compile a pattern for RE2, the engine whose syntax Kubernetes' shares and which never backtracks."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 8 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error:
        raise ValueError(f"`{pattern[:100]}` is no regular expression") from None


def _matches(text: str, pattern: str) -> bool:
    METER.use(text, pattern)
    return _searched(pattern).search(text) is not None


def _find(text: str, pattern: str) -> str:
    METER.use(text, pattern)
    found = _searched(pattern).search(text)
    return found[0] if found else ""


def _find_all(text: str, pattern: str, limit: int = -1) -> list[str]:
    METER.use(text, pattern)
    found = [one[0] for one in _searched(pattern).finditer(text)]
    return found if limit < 0 else found[:limit]


def _format(name: str) -> Any:
    return lambda: tagged(FORMAT, name)


def _named(name: str) -> dict[str, object]:
    return {"format": tagged(FORMAT, name)} if name in _FORMATS else {}


def _validate(found: Json, text: str) -> dict[str, object]:
    """An empty map when the text has the format, else a map with what is wrong."""
    name = untagged(FORMAT, found)
    pattern, longest = _FORMATS[name]
    wrong = []
    if len(text) > longest:
        wrong.append(f"must be no more than {longest} characters")
    elif re.fullmatch(pattern, text, re.ASCII) is None or not _parses(name, text):
        wrong.append(f"is no {name}")
    return {"errors": wrong} if wrong else {}


def _parses(name: str, text: str) -> bool:
    try:
        match name:
            case "date":
                date.fromisoformat(text)
            case "datetime":
                datetime.fromisoformat(text.replace("Z", "+00:00"))
            case "byte":
                base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return False
    return True


def _image(text: str) -> dict[str, object]:
    """Split the name of an image, with Docker's defaults for registry, library and tag."""
    name, at, digest = text.partition("@")
    head, slash, rest = name.partition("/")
    registry, path = (head, rest) if slash and _REGISTRY.fullmatch(head) else ("index.docker.io", name)
    path, colon, tag = path.partition(":")
    if registry in ("docker.io", "index.docker.io"):
        registry = "index.docker.io"
        path = path if "/" in path else f"library/{path}"
    right = _PATH.fullmatch(path) and (not colon or _TAG.fullmatch(tag)) and (not at or _DIGEST.fullmatch(digest))
    if not right:
        raise ValueError(f"`{text[:100]}` is no image")
    tag = "" if at else tag or "latest"
    parts = {"registry": registry, "repository": path, "tag": tag, "digest": digest, "identifier": digest or tag}
    return tagged(IMAGE, parts)


def _is_image(text: str) -> bool:
    try:
        _image(text)
    except ValueError:
        return False
    return True


def _part(name: str) -> Any:
    return lambda found: untagged(IMAGE, found)[name]


def _json(text: str) -> Any:
    METER.use(text)
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("not JSON") from None


def _string(found: Any) -> str:
    """What `string()` says, where the expression also has addresses or quantities."""
    if isinstance(found, bool):
        return str(found).lower()
    if isinstance(found, dict):
        for kind in (IP, CIDR, QUANTITY):
            if kind in found:
                return str(untagged(kind, found))
        raise ValueError("this value has no text")
    return str(found)


def _hashed(name: str) -> Any:
    def hashed(text: str) -> str:
        METER.use(text)
        return hashlib.new(name, text.encode()).hexdigest()

    return hashed


FUNCTIONS = (
    Function("matches__", ("string", "string"), "bool", _matches, member=True),
    Function("matches__", ("string", "string"), "bool", _matches),
    Function("find", ("string", "string"), "string", _find, member=True),
    Function("findAll", ("string", "string"), "list", _find_all, member=True),
    Function("findAll", ("string", "string", "int"), "list", _find_all, member=True),
    *(Function(f"format.{name}", (), "map", _format(name)) for name in _FORMATS),
    Function("format.named__", ("string",), "map", _named),
    Function("validate__", ("map", "string"), "map", _validate, member=True),
    Function("image", ("string",), "map", _image),
    Function("isImage", ("string",), "bool", _is_image),
    Function("containsDigest", ("map",), "bool", lambda found: bool(_part("digest")(found)), member=True),
    *(
        Function(name, ("map",), "string", _part(name), member=True)
        for name in ("registry", "repository", "identifier", "tag", "digest")
    ),
    Function("json.unmarshal", ("string",), "dyn", _json),
    Function("json.Unmarshal", ("string",), "dyn", _json),
    *(Function(name, ("string",), "string", _hashed(name)) for name in ("sha1", "sha256", "md5")),
    *(Function("string__", (kind,), "string", _string) for kind in ("string", "int", "double", "bool", "map")),
)
