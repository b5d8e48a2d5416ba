"""What does the configuration say about rendering: applications, other repositories, clusters?"""

from __future__ import annotations

from bot.model.environment import ApplicationRule, ChartPin, ClusterRule, RenderRules
from bot.promotion.config_forms import ADDRESS, DIGEST, DNS_NAME, GLOB, REPOSITORY, WORDS
from bot.promotion.config_read import Reader, Table
from bot.promotion.config_scalars import Value
from bot.promotion.config_setting import Setting
from bot.promotion.config_shapes import tables, text, texts

IN_CLUSTER = "https://kubernetes.default.svc"

APPLICATIONS = Setting(
    "entries",
    "what there is to render for this environment; without it, kustomizations, charts and manifests are found by "
    "looking, and Argo CD, Flux and Jenkins X are asked what they declare",
    "what is found at `path`",
    also=("apps", "application", "sources"),
    keys={
        "path": Setting(
            "text",
            "a directory from the top of the repository, or a pattern that several directories match",
            "",
            "apps/*/overlays/production",
            required=True,
            form=GLOB,
            also=("directory", "folder", "chart"),
        ),
        "name": Setting("text", "what it is called", "made from the path", "web", form=WORDS),
        "release": Setting("text", "the name of the Helm release", "the chart's directory", "web", form=DNS_NAME),
        "namespace": Setting("text", "the namespace of the Helm release", "default", "shop", form=DNS_NAME),
        "values": Setting(
            "texts",
            "values files of a chart, from the chart's directory, or with `/` in front from the top of the repository; "
            "later ones win",
            "those named for the environment, such as `values-production.yaml`",
            "[values-production.yaml]",
            form=GLOB,
            single=True,
            also=("values_files", "valueFiles", "valuesFiles"),
        ),
        "set": Setting(
            "free",
            "single values by their Helm path",
            "none",
            '{image.tag: "1.4.2"}',
            also=("parameters", "with"),
        ),
    },
)

RENDER = Setting(
    "map",
    "what the declarations of Argo CD and Flux are read against",
    also=("rendering",),
    keys={
        "addresses": Setting(
            "texts",
            "other git addresses of this repository, such as that of a mirror",
            "none",
            "[https://git.example.com/acme/gitops.git]",
            form=ADDRESS,
            single=True,
            also=("urls", "aliases"),
        ),
        "repositories": Setting(
            "texts",
            "other repositories that applications may be rendered from; the App has to be installed on them",
            "none",
            "[acme/charts]",
            form=REPOSITORY,
            single=True,
            also=("repos",),
        ),
        "charts": Setting(
            "entries",
            "what the remote charts are that Argo CD and Flux name, so that they can be rendered where whoever runs "
            "Lockkeeper allows their address",
            "none",
            also=("chart", "pins"),
            keys={
                "repository": Setting(
                    "text",
                    "the address of the Helm repository, as the declaration has it",
                    "",
                    "https://charts.example.com",
                    required=True,
                    form=ADDRESS,
                    also=("repo", "repoURL", "url"),
                ),
                "chart": Setting("text", "the chart's name", "", "web", required=True, form=WORDS, also=("name",)),
                "version": Setting("text", "its exact version", "", '"1.2.3"', required=True, form=WORDS),
                "digest": Setting(
                    "text",
                    "the digest of its archive (`sha256sum web-1.2.3.tgz`)",
                    "",
                    '"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
                    required=True,
                    form=DIGEST,
                    also=("sha256", "checksum"),
                ),
            },
        ),
        "clusters": Setting(
            "entries",
            "the clusters that generators of an ApplicationSet find",
            "none",
            also=("cluster",),
            keys={
                "name": Setting("text", "the cluster's name", "", "production-eu", required=True, form=DNS_NAME),
                "server": Setting(
                    "text",
                    "the address of its API server",
                    "https://kubernetes.default.svc",
                    "https://eu.example.com",
                    form=ADDRESS,
                    also=("url", "address"),
                ),
                "labels": Setting("free", "the labels of its Secret", "none", "{region: eu}"),
                "annotations": Setting("free", "the annotations of its Secret", "none", "{tier: gold}"),
            },
        ),
    },
)


def application_rules(reader: Reader, value: Value, key: str) -> tuple[ApplicationRule, ...]:
    """Return the entries of `applications`; what cannot be used is noted on the reader at `key`."""
    found = []
    for index, one in enumerate(tables(value)):
        found.append(
            ApplicationRule(
                path=text(one.get("path")).strip("/"),
                name=text(one.get("name")),
                release=text(one.get("release")),
                namespace=text(one.get("namespace")),
                values=texts(one.get("values")),
                parameters=_pairs(reader, one.get("set"), f"{key}[{index}].set"),
            )
        )
    return tuple(found)


def render_rules(reader: Reader, table: Table) -> RenderRules:
    """Return what declarations are read against."""
    return RenderRules(
        addresses=texts(table.get("addresses")),
        repositories=texts(table.get("repositories")),
        charts=tuple(
            ChartPin(*(text(one.get(name)) for name in ("repository", "chart", "version", "digest")))
            for one in tables(table.get("charts"))
        ),
        clusters=tuple(
            ClusterRule(
                name=text(one.get("name")),
                server=text(one.get("server")) or IN_CLUSTER,
                labels=_pairs(reader, one.get("labels"), f"render.clusters[{index}].labels"),
                annotations=_pairs(reader, one.get("annotations"), f"render.clusters[{index}].annotations"),
            )
            for index, one in enumerate(tables(table.get("clusters")))
        ),
    )


def _pairs(reader: Reader, value: Value, key: str) -> tuple[tuple[str, str], ...]:
    """Return the texts of a flat map by key."""
    if value is None:
        return ()
    if not isinstance(value, dict) or any(isinstance(one, dict | list) for one in value.values()):
        reader.problem(key, "single values by name are expected here", 'write lines like `image.tag: "1.4.2"`')
        return ()
    return tuple((name, _plain(one)) for name, one in value.items())


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)
