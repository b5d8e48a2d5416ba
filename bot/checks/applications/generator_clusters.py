"""Which parameters does the cluster generator make of the clusters that are configured?

Source: applicationset/generators/cluster.go and docs/operator-manual/applicationset/Generators-Cluster.md of
argoproj/argo-cd.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.checks.applications.argocd_fields import Fields
from bot.checks.applications.generating import Generating, GeneratorError
from bot.checks.applications.parameters import Parameters, sanitized
from bot.checks.applications.place import Cluster
from bot.checks.applications.selectors import SelectorError, selects

LOCAL = Cluster("in-cluster", "https://kubernetes.default.svc")
_SECRET = {"argocd.argoproj.io/secret-type": "cluster"}  # on the Secret of every cluster but Argo CD's own


def of_clusters(generator: Fields, context: Generating) -> Sequence[Parameters]:
    """Return a set of parameters for each cluster that the generator selects. Raises GeneratorError, FillError.

    Argo CD's own cluster counts where no selector asks for labels, which it does not have.
    """
    known = context.place.clusters
    if not known:
        raise GeneratorError(
            "not evaluable here: the generator `clusters` asks for clusters, and none is configured",
            "list them with their names, servers and labels in the configuration (`render.clusters`)",
            remote=True,
        )
    selector = generator.inner("selector")
    found = [context.with_values(generator, *_parameters(one, context)) for one in known if _wanted(selector, one)]
    conditions = any(selector.value.get(name) for name in ("matchLabels", "matchExpressions"))
    if not conditions and all(one.server != LOCAL.server and one.name != LOCAL.name for one in known):
        own: dict[str, Any] = {"name": LOCAL.name, "nameNormalized": LOCAL.name, "server": LOCAL.server, "project": ""}
        found.insert(0, context.with_values(generator, own))
    if generator.flag("flatList"):
        return [{"clusters": found}] if found else []
    return found


def _wanted(selector: Fields, cluster: Cluster) -> bool:
    try:
        return selects(selector, {**dict(cluster.labels), **_SECRET})
    except SelectorError as error:
        raise GeneratorError(f"`{selector.at}` cannot be read: {error}") from error


def _parameters(cluster: Cluster, context: Generating) -> tuple[Parameters, Parameters]:
    """Return the parameters of a cluster, and the values that the configuration gives it."""
    labels, annotations = {**dict(cluster.labels), **_SECRET}, dict(cluster.annotations)
    found: dict[str, Any] = {
        "name": cluster.name,
        "nameNormalized": sanitized(cluster.name),
        "server": cluster.server,
        "project": "",
    }
    if context.filling.go:
        found["metadata"] = {"labels": labels, **({"annotations": annotations} if annotations else {})}
    else:
        found |= {f"metadata.annotations.{name}": value for name, value in annotations.items()}
        found |= {f"metadata.labels.{name}": value for name, value in labels.items()}
    return found, dict(cluster.values)
