"""Which functions of Kyverno ask a cluster, a registry or the network, and what do they answer here?

They answer from what a test's context file says, and from nothing else. Source:
https://kyverno.io/docs/policy-types/cel-libraries/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot.policy.cel.function import Function
from bot.policy.cel.plural import plural
from bot.policy.cel.problem import ElsewhereError
from bot.policy.cel.world import World

Json = Mapping[str, Any]

_S = "string"


def functions_of(world: World) -> tuple[Function, ...]:
    """Return the functions, bound to what is known of the world."""
    get, listed = _get(world.resources), _list(world.resources)
    metadata, entry = _metadata(world.images), _entry(world.entries)
    return (
        Function("resource.Get", (_S, _S, _S, _S), "dyn", get),
        Function("resource.List", (_S, _S, _S), "dyn", listed),
        Function("resource.List", (_S, _S, _S, "map"), "dyn", listed),
        Function("resource.Post", (_S, _S, _S, "map"), "dyn", _away("`resource.Post` asks a cluster")),
        Function("globalContext.Get", (_S, _S), "dyn", entry),
        Function("globalContext.Get", (_S,), "dyn", entry),
        Function("image.GetMetadata", (_S,), "dyn", metadata),
        *(
            Function(f"http.{verb}", takes, "dyn", _away(f"`http.{verb}` asks the network"))
            for verb, takes in (
                ("Get", (_S,)),
                ("Get", (_S, "map")),
                ("Post", (_S, "any")),
                ("Post", (_S, "any", "map")),
            )
        ),
        Function("random", (), _S, _away("`random` has no answer that stays")),
        Function("random", (_S,), _S, _away("`random` has no answer that stays")),
        Function("x509.decode", (_S,), "dyn", _away("this version does not decode certificates")),
        Function("yaml.parse", (_S,), "dyn", _away("this version does not parse YAML within CEL")),
        Function("parseServiceAccount", (_S,), "map", _service_account),
    )


def _away(why: str) -> Callable[..., Any]:
    def refuse(*_: Any) -> Any:
        raise ElsewhereError(why)

    return refuse


def _get(resources: Sequence[Json] | None) -> Callable[..., Any]:
    if resources is None:
        return _away("`resource.Get` asks a cluster")

    def get(version: str, resource: str, namespace: str, name: str) -> Json:
        for one in resources:
            metadata = one.get("metadata", {})
            if _is(one, version, resource, namespace) and metadata.get("name") == name:
                return one
        raise ValueError(f"{resource} {name!r} not found")

    return get


def _list(resources: Sequence[Json] | None) -> Callable[..., Any]:
    if resources is None:
        return _away("`resource.List` asks a cluster")

    def listed(version: str, resource: str, namespace: str, labels: Mapping[str, str] | None = None) -> Json:
        found = [one for one in resources if _is(one, version, resource, namespace)]
        wanted = (labels or {}).items()
        return {"items": [one for one in found if wanted <= (one["metadata"].get("labels") or {}).items()]}

    return listed


def _is(one: Json, version: str, resource: str, namespace: str) -> bool:
    metadata = one.get("metadata")
    return (
        isinstance(metadata, Mapping)
        and one.get("apiVersion") == version
        and plural(str(one.get("kind"))) == resource
        and (not namespace or metadata.get("namespace", "") == namespace)
    )


def _metadata(images: Mapping[str, Json] | None) -> Callable[..., Any]:
    if images is None:
        return _away("`image.GetMetadata` asks a registry")

    def metadata(name: str) -> Json:
        if name not in images:
            raise ValueError(f"nothing is known about the image {name[:100]!r}")
        return images[name]

    return metadata


def _entry(entries: Mapping[str, Any] | None) -> Callable[..., Any]:
    if entries is None:
        return _away("`globalContext.Get` asks a cluster")

    def entry(name: str, projection: str = "") -> Any:
        found = entries.get(name)
        return found.get(projection) if projection and isinstance(found, Mapping) else found

    return entry


def _service_account(user: str) -> Json:
    parts = user.split(":")
    if len(parts) != 4 or parts[:2] != ["system", "serviceaccount"]:
        return {"Namespace": "", "Name": ""}
    return {"Namespace": parts[2], "Name": parts[3]}
