"""A change over several applications and environments, made by hand, for the words that tell of such changes."""

from __future__ import annotations

from bot.checks.diff import EnvironmentDiff, ResourceChange
from bot.model.finding import Finding
from bot.model.manifest import ResourceKey
from bot.report.look import Look
from bot.report.pull_comment import EnvironmentResult, PullChecks

IMAGE = "image tag 1.4.0 → 1.5.0"


def image_change(application: str, *, name: str = "", namespace: str = "shop", tag: str = "1.5.0") -> ResourceChange:
    """Return what a new tag in a shared base makes of one application's Deployment."""
    name = name or f"{application or 'web'}-server"
    lines = "\n".join(
        [
            "@@ -15,5 +15,5 @@",
            "     spec:",
            "       containers:",
            f"       - name: {name}",
            "-        image: registry.example.com/server:1.4.0",
            f"+        image: registry.example.com/server:{tag}",
            "         imagePullPolicy: IfNotPresent",
        ]
    )
    brief = (f"image tag 1.4.0 → {tag}",)
    long = (f"image registry.example.com/server:1.4.0 → registry.example.com/server:{tag}",)
    key = ResourceKey("apps", "Deployment", namespace, name)
    return ResourceChange(key, "changed", lines, long, brief, "base/deployment.yaml", application)


def replicas_change(application: str) -> ResourceChange:
    key = ResourceKey("apps", "Deployment", "shop", "cart-worker")
    lines = "@@ -7,3 +7,3 @@\n spec:\n-  replicas: 2\n+  replicas: 3\n   selector:"
    brief = ("replicas 2 → 3",)
    return ResourceChange(key, "changed", lines, brief, brief, "apps/cart/worker.yaml", application)


def added(application: str, name: str) -> ResourceChange:
    key = ResourceKey("", "ConfigMap", "shop", name)
    lines = f"@@ -0,0 +1,5 @@\n+apiVersion: v1\n+kind: ConfigMap\n+metadata:\n+  name: {name}\n+  namespace: shop"
    return ResourceChange(key, "added", lines, path="base/settings.yaml", application=application)


FIELD = Finding(
    concern="manifests",
    policy="kubernetes-schema",
    rule="unknown-field",
    state="fail",
    message="unknown field `imagePulPolicy` in spec.template.spec.containers[0]; did you mean `imagePullPolicy`?",
    severity="high",
    title="Unknown field",
    resource=ResourceKey("apps", "Deployment", "shop", "server"),
    environment="production",
    application="cart",
    field="spec.template.spec.containers[0].imagePulPolicy",
    path="base/deployment.yaml",
    line=16,
)


def finding(**changes: object) -> Finding:
    """Return a misspelt field of the base, otherwise."""
    from dataclasses import replace

    return replace(FIELD, **changes)  # type: ignore[arg-type]  # words of a table


def results() -> tuple[EnvironmentResult, ...]:
    return (
        EnvironmentResult(
            "development",
            True,
            EnvironmentDiff((image_change("cart"), replicas_change("cart"), image_change("web"), added("web", "x"))),
            remarks=("web: placeholders of argocd-vault-plugin are left as they are",),
        ),
        EnvironmentResult("staging", False, EnvironmentDiff(), note="not compared: the change does not render"),
        EnvironmentResult(
            "production",
            False,
            EnvironmentDiff(tuple(image_change(f"shop-{number:03}") for number in range(300))),
            remarks=tuple(f"shop-{number:03}: random values are masked" for number in range(300)),
        ),
    )


def findings() -> tuple[Finding, ...]:
    latest = finding(
        concern="policies",
        policy="security",
        rule="run-as-non-root",
        state="warn",
        severity="medium",
        title="Containers do not run as root",
        message="The container `server` may run as root.",
        field="spec.template.spec.containers[0].securityContext",
        how="Set `runAsNonRoot: true`.",
        line=12,
    )
    return (
        latest,
        *(finding(application=f"shop-{number:03}") for number in range(300)),
        finding(environment="development", application="cart"),
        finding(
            policy="render",
            rule="helm",
            state="not evaluable here",
            severity="medium",
            title="Not rendered",
            message="not rendered: the chart redis is at https://charts.example.com/redis",
            resource=None,
            application="cache",
            field="redis",
            path="apps/cache",
            line=None,
            how="vendor it with `helm dependency build`",
        ),
        finding(field="spec.old", line=3, new=False, message="unknown field `old`", path="base/été old.yaml"),
    )


def look() -> Look:
    return Look(
        results(),
        findings(),
        base="main (3f2a91c)",
        notes=("`.github/lockkeeper.yaml` differs from that of main",),
    )


def checks() -> PullChecks:
    return PullChecks(head_sha="3f2a91c" * 5, results=results(), findings=findings())
