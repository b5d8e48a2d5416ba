"""What do the ConfigMaps and Secrets of an environment say to Flux, without a Secret's values being shown?

A secret value is replaced by a word that changes whenever the value does and tells nothing else of it. Numbers become
other numbers of as many digits, true and false stay, so that what is made of them keeps its shape.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from bot.checks.applications.fields import mapping, text
from bot.checks.applications.flux_sources import found
from bot.checks.applications.place import Place
from bot.model.manifest import Resource

_ENCRYPTED = "ENC["  # how a value begins that SOPS encrypted


class MissingError(Exception):
    """A ConfigMap or Secret, or a value of it, is not to be had; the message says which."""


def data_of(kind: str, name: str, namespace: str, place: Place) -> Mapping[str, str]:
    """Return what a ConfigMap or Secret says, Secrets' values as they are; never show them (see `hidden`).

    Raises MissingError when the environment does not render to it, or when SOPS encrypted it.
    """
    resource = found(kind, "", name, namespace, place)
    called = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
    if resource is None:
        raise MissingError(f"{called} is not among what this environment holds")
    if kind == "ConfigMap":
        return {key: text(value) for key, value in mapping(resource.body.get("data")).items()}
    data = _secret(resource)
    if any(value.startswith(_ENCRYPTED) for value in data.values()) or "sops" in resource.body:
        raise MissingError(f"{called} is encrypted by SOPS")
    return data


def _secret(resource: Resource) -> Mapping[str, str]:
    """Return the values of a Secret; `stringData` wins over `data`, as in the API server."""
    decoded = {key: _decoded(text(value)) for key, value in mapping(resource.body.get("data")).items()}
    return decoded | {key: text(value) for key, value in mapping(resource.body.get("stringData")).items()}


def _decoded(value: str) -> str:
    if value.startswith(_ENCRYPTED):
        return value
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def hidden(value: Any, about: str) -> Any:
    """Return a value, or all of a JSON value, with a word in the place of every secret text and number.

    `about` is what tells equal values of different Secrets apart: which Secret it is, and which key of it.
    """
    match value:
        case bool() | None:
            return value
        case str():
            return hidden_text(value, about)
        case int():
            return int(hidden_text(str(abs(value)), about)[:18])
        case float():
            return int(hashlib.sha256(f"{about}\0{value}".encode()).hexdigest()[:4], 16) / 1000
        case Mapping():
            return {key: hidden(below, f"{about}.{key}") for key, below in value.items()}
        case list() | tuple():
            return [hidden(below, about) for below in value]
    return None


def hidden_text(value: str, about: str) -> str:
    """Return a word that stands for a secret text: equal for equal ones, a DNS label, and readable as base64."""
    if value in ("", "true", "false"):
        return value
    digest = hashlib.sha256(f"{about}\0{value}".encode("utf-8", "surrogatepass")).hexdigest()
    if value.isascii() and value.isdigit() and len(value) < 19:
        return str(int(digest, 16))[: len(value)]
    return f"secret{digest[:10]}"
