"""What happens in each example, from a change in development to the fix of a bad night in production?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.examples.layouts import (
    BRANCHES,
    DIRECTORIES,
    ENVIRONMENTS,
    FLUX,
    HELM,
    JENKINS_X,
    REPOSITORIES,
    TAGS,
    Layout,
)

Edit = Mapping[str, Callable[[str], str | None]]  # file below an environment's place → what becomes of its text
NOTHING: Edit = {}


@dataclass(frozen=True)
class Place:
    """Where an environment's files lie."""

    environment: str
    repository: str
    branch: str
    path: str

    def file(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name


@dataclass(frozen=True)
class Step:
    """What somebody changes: what of it travels, and what is the environment's own and stays there."""

    travels: Edit
    stays: Edit = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """An example with its environments' places, source before target, and what happens there.

    `change`, `deletion`, `revert` and `onward` start in development, `hotfix` in production; `own` is what production
    alone has from the start.
    """

    layout: Layout
    places: tuple[Place, ...]
    change: Step
    deletion: Step
    revert: Step
    hotfix: Step
    onward: Step
    own: Edit = field(default_factory=dict)


def swap(*pairs: tuple[str, str]) -> Callable[[str], str]:
    """Return the edit that replaces texts, each of which stands there once."""

    def edited(text: str) -> str:
        for old, new in pairs:
            assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times:\n{text}"
            text = text.replace(old, new)
        return text

    return edited


def made(new: str) -> Callable[[str], str]:
    """Return the edit that makes a file."""

    def edited(text: str) -> str:
        assert not text
        return new

    return edited


def gone(text: str) -> None:
    """Remove a file."""
    assert text


BUDGET = """\
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: shop
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app.kubernetes.io/name: shop}
"""


def _whole(layout: Layout, places: tuple[Place, ...], workload: str, image: str, **more: Edit) -> Story:
    """Return the story of an example where whole files travel; `image` is the workload's, without its tag."""
    kustomization = workload.replace("deployment.yaml", "kustomization.yaml")
    budget = workload.replace("deployment.yaml", "budget.yaml")
    listed, unlisted = "  - service.yaml\n  - budget.yaml\n", "  - service.yaml\n"
    first, second, fixed, third = (f"{image}:{tag}\n" for tag in ("2.7.0", "2.8.0", "2.7.1", "2.9.0"))
    return Story(
        layout,
        places,
        change=Step(
            {
                workload: swap((first, second)),
                budget: made(BUDGET),
                kustomization: swap((unlisted, listed)),
            }
        ),
        deletion=Step({budget: gone, kustomization: swap((listed, unlisted))}),
        revert=Step({workload: swap((second, first))}),
        hotfix=Step({workload: swap((first, fixed))}),
        onward=Step({workload: swap((fixed, third))}),
        own=more.get("own", NOTHING),
    )


def _versions(layout: Layout, places: tuple[Place, ...], *, pinned: str, digest: str, tagged: str) -> Story:
    """Return the story of an example where versions travel: of web, and the digest that the file `pinned` holds.

    `tagged` is how a tag is written there, with `{}` for it.
    """
    first, second, fixed, third = (tagged.format(one) for one in ("2.7.0", "2.8.0", "2.7.1", "2.9.0"))
    return Story(
        layout,
        places,
        change=Step(
            {"web.yaml": swap((first, second))},
            stays={"web.yaml": swap(("replicas: 1   # tuned by hand", "replicas: 3   # tuned by hand, twice"))},
        ),
        deletion=Step({pinned: swap((digest, ""))}),
        revert=Step({"web.yaml": swap((second, first))}),
        hotfix=Step({"web.yaml": swap((first, fixed))}),
        onward=Step({"web.yaml": swap((fixed, third))}),
    )


def _digest_in(layout: Layout, path: str) -> str:
    text = layout.seeds()[layout.home][path]
    (line,) = [one for one in text.splitlines(keepends=True) if "digest: sha256" in one]
    return line


def _on_main(layout: Layout, path: str) -> tuple[Place, ...]:
    return tuple(Place(one, layout.home, "main", path.format(one)) for one in ENVIRONMENTS)


def _in_repositories(layout: Layout, path: str) -> tuple[Place, ...]:
    named = zip(ENVIRONMENTS, layout.repositories, strict=True)
    return tuple(Place(environment, repository, "main", path) for environment, repository in named)


def _overlay(text: str) -> str:
    assert not text
    return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: only-in-production\n"


TAGGED = Story(
    TAGS,
    (Place("development", TAGS.home, "main", ""),),
    change=Step(
        {
            "base/deployment.yaml": swap(("/shop:2.7.0\n", "/shop:2.8.0\n")),
            "base/budget.yaml": made(BUDGET),
            "base/kustomization.yaml": swap(("  - service.yaml\n", "  - service.yaml\n  - budget.yaml\n")),
        }
    ),
    deletion=Step(
        {
            "base/budget.yaml": gone,
            "base/kustomization.yaml": swap(("  - service.yaml\n  - budget.yaml\n", "  - service.yaml\n")),
        }
    ),
    revert=Step({"base/deployment.yaml": swap(("/shop:2.8.0\n", "/shop:2.7.0\n"))}),
    hotfix=Step({"base/deployment.yaml": swap(("/shop:2.7.0\n", "/shop:2.7.1\n"))}),
    onward=Step({"base/deployment.yaml": swap(("/shop:2.7.1\n", "/shop:2.9.0\n"))}),
)
STORIES = (
    Story(
        BRANCHES,
        tuple(
            Place(environment, BRANCHES.home, branch, "")
            for environment, branch in zip(ENVIRONMENTS, ("main", "staging", "production"), strict=True)
        ),
        change=Step(
            {
                "base/deployment.yaml": swap(("/web:1.4.2\n", "/web:1.5.0\n")),
                "base/budget.yaml": made(BUDGET),
                "base/kustomization.yaml": swap(("  - service.yaml\n", "  - service.yaml\n  - budget.yaml\n")),
            }
        ),
        deletion=Step(
            {
                "base/budget.yaml": gone,
                "base/kustomization.yaml": swap(("  - service.yaml\n  - budget.yaml\n", "  - service.yaml\n")),
            }
        ),
        revert=Step({"base/deployment.yaml": swap(("/web:1.5.0\n", "/web:1.4.2\n"))}),
        hotfix=Step({"base/deployment.yaml": swap(("/web:1.4.2\n", "/web:1.4.3\n"))}),
        onward=Step({"base/deployment.yaml": swap(("/web:1.4.3\n", "/web:1.6.0\n"))}),
        own={"overlays/production/only.yaml": _overlay},
    ),
    _whole(DIRECTORIES, _on_main(DIRECTORIES, "environments/{}"), "deployment.yaml", "registry.example.com/shop"),
    _whole(REPOSITORIES, _in_repositories(REPOSITORIES, "apps/shop"), "deployment.yaml", "registry.example.com/shop"),
    _versions(
        HELM,
        _on_main(HELM, "gitops-manifests/{}/values"),
        pinned="api.yaml",
        digest=_digest_in(HELM, "gitops-manifests/development/values/api.yaml"),
        tagged='  tag: "{}"\n',
    ),
    _versions(
        FLUX,
        _on_main(FLUX, "apps/{}"),
        pinned="web.yaml",
        digest=_digest_in(FLUX, "apps/development/web.yaml"),
        tagged='      tag: "{}"\n',
    ),
    _versions(
        JENKINS_X,
        _in_repositories(JENKINS_X, "helmfiles/shop/values"),
        pinned="api.yaml",
        digest=_digest_in(JENKINS_X, "helmfiles/shop/values/api.yaml"),
        tagged='  tag: "{}"\n',
    ),
)
