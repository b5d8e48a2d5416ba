"""What do the functions do that Kyverno adds to JMESPath's own?

Source: the Kyverno documentation ("JMESPath", "Custom Filters") and `pkg/engine/jmespath` of kyverno/kyverno.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import posixpath
import re

from bot.policy.documents import parse_value
from bot.policy.kyverno.answers import NotKnown, QueryError, TooLargeError, as_json, is_number, same, workable
from bot.policy.kyverno.images import parse_image
from bot.policy.kyverno.regular import compile_regular, expand
from bot.policy.kyverno.signature import LONGEST, Library, bounded
from bot.policy.kyverno.versions import parse_range, parse_version
from bot.policy.kyverno.wildcard import compile_wildcard

_SURROGATES = re.compile("[\ud800-\udfff]")

FILTERS = Library()
function = FILTERS.function


def _as_text(value: object) -> str:
    """What Kyverno makes of a text, a number or a switch where it wants a text."""
    return value if isinstance(value, str) else as_json(value)


@function("string", "string")
def compare(one: str, other: str) -> object:
    return (one > other) - (one < other)


@function("string", "string")
def equal_fold(one: str, other: str) -> object:
    return one.casefold() == other.casefold()


@function("string", "string", "string", "number")
def replace(text: str, old: str, new: str, count: float) -> object:
    return bounded(text.replace(old, new, int(count)))


@function("string", "string", "string")
def replace_all(text: str, old: str, new: str) -> object:
    if len(new) * (len(text) + 1) > 10 * LONGEST:
        raise TooLargeError(f"a text of more than {LONGEST} characters")
    return bounded(text.replace(old, new))


@function("string")
def to_upper(text: str) -> object:
    return text.upper()


@function("string")
def to_lower(text: str) -> object:
    return text.lower()


@function("string", "string")
def trim(text: str, characters: str) -> object:
    return text.strip(characters) if characters else text


@function("string", "string")
def trim_prefix(text: str, prefix: str) -> object:
    return text.removeprefix(prefix)


@function("string", "string")
def split(text: str, separator: str) -> object:
    return text.split(separator) if separator else list(text)


@function("string", "string|number")
def regex_match(pattern: str, text: object) -> object:
    # bytes that are no UTF-8 are U+FFFD to Go's engine, as RE2 may have them
    return compile_regular(pattern).search(_SURROGATES.sub("\ufffd", _as_text(text))) is not None


@function("string", "string|number", "string|number")
def regex_replace_all(pattern: str, text: object, new: object) -> object:
    template = _as_text(new)
    return bounded(str(compile_regular(pattern).sub(lambda found: expand(template, found), _as_text(text))))


@function("string", "string|number", "string|number")
def regex_replace_all_literal(pattern: str, text: object, new: object) -> object:
    written = _as_text(new)
    return bounded(str(compile_regular(pattern).sub(lambda _: written, _as_text(text))))


@function("string", "string|number")
def pattern_match(pattern: str, text: object) -> object:
    return compile_wildcard(pattern)(_as_text(text))


@function("object", "object")
def label_match(wanted: dict[str, object], labels: dict[str, object]) -> object:
    return all(name in labels and same(value, labels[name]) for name, value in wanted.items())


@function("string")
def to_boolean(text: str) -> object:
    if text.lower() not in ("true", "false"):
        raise QueryError("`to_boolean` takes true or false")
    return text.lower() == "true"


@function("string")
def base64_encode(text: str) -> object:
    return base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()


@function("string")
def base64_decode(text: str) -> object:
    try:
        return base64.b64decode(re.sub(r"[\r\n]", "", text), validate=True).decode("utf-8", "surrogateescape")
    except (binascii.Error, ValueError):
        raise QueryError("`base64_decode` was given no base64") from None


@function("string")
def path_canonicalize(path: str) -> object:
    return ("/" if path.startswith("/") else "") + posixpath.normpath(path).lstrip("/") if path else ""


@function("string", "number")
def truncate(text: str, count: float) -> object:
    return text[: max(0, int(count))]


@function("string", "string")
def semver_compare(version: str, wanted: str) -> object:
    return parse_range(wanted)(parse_version(version))


@function("string")
def parse_json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise QueryError("`parse_json` was given no JSON") from None


@function("string")
def parse_yaml(text: str) -> object:
    try:
        return workable(parse_value(text.encode()))  # aliases may make very much of little
    except ValueError as broken:
        raise QueryError(f"`parse_yaml` was given no YAML: {broken}") from broken


@function("object|array", "string|number")
def lookup(found: dict[str, object] | list[object], key: object) -> object:
    if isinstance(found, dict):
        if not isinstance(key, str):
            raise QueryError("`lookup` in an object takes a string")
        return found.get(key)
    if not is_number(key) or not isinstance(key, (int, float)) or int(key) != key:
        raise QueryError("`lookup` in an array takes a whole number")
    return found[int(key)] if 0 <= key < len(found) else None


@function("object|array", "string", "string")
def items(found: dict[str, object] | list[object], key_name: str, value_name: str) -> object:
    pairs = sorted(found.items()) if isinstance(found, dict) else enumerate(found)
    return [{key_name: key, value_name: value} for key, value in pairs]


@function("array", "array")
def object_from_lists(names: list[object], found: list[object]) -> object:
    return {_as_text(name): found[at] if at < len(found) else None for at, name in enumerate(names)}


@function("string", name="random")
def _random(_: str) -> object:
    raise NotKnown("`random` is another text each time")


@function("string")
def x509_decode(text: str) -> object:
    from bot.policy.kyverno.certificates import decode_certificate  # slow to import, and seldom needed

    return decode_certificate(text)


@function("string")
def image_normalize(text: str) -> object:
    return parse_image(text).normal


@function("string")
def md5(text: str) -> object:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@function("string")
def sha1(text: str) -> object:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


@function("string")
def sha256(text: str) -> object:
    return hashlib.sha256(text.encode()).hexdigest()


@function("string")
def is_external_url(_: str) -> object:
    raise NotKnown("`is_external_url` asks the network for addresses")
