"""Which examples are there, and which directory of each stands for which repository?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
ENVIRONMENTS = ("development", "staging", "production")


@dataclass(frozen=True)
class Layout:
    """One example: its directory, the page about it, and its repositories, that with the pipeline first."""

    name: str
    page: str
    repositories: Mapping[str, str] = field(hash=False)  # full name → directory below the example's
    branches: tuple[str, ...] = ()

    @property
    def home(self) -> str:
        return next(iter(self.repositories))

    def directory(self, repository: str) -> Path:
        return EXAMPLES / self.name / self.repositories[repository]

    def seeds(self) -> dict[str, dict[str, str]]:
        """Return the files of each repository, as they lie in the example."""
        return {one: _files(self.directory(one)) for one in self.repositories}


def _files(top: Path) -> dict[str, str]:
    return {
        one.relative_to(top).as_posix(): one.read_bytes().decode() for one in sorted(top.rglob("*")) if one.is_file()
    }


BRANCHES = Layout("multi-environment", "branches", {"acme/shop": ""}, ("staging", "production"))
DIRECTORIES = Layout("directories", "directories", {"acme/shop": ""})
REPOSITORIES = Layout(
    "repositories",
    "repositories",
    {"acme/platform": "platform", "acme/env-staging": "env-staging", "acme/env-production": "env-production"},
)
HELM = Layout("helm", "helm-values", {"acme/gitops": ""})
TAGS = Layout("argocd-tags", "tags", {"acme/shop": ""})
FLUX = Layout("flux", "flux", {"acme/fleet": ""})
JENKINS_X = Layout(
    "jenkins-x",
    "jenkins-x",
    {f"acme/environment-{one}": f"environment-{one}" for one in ENVIRONMENTS},
)
LAYOUTS = (BRANCHES, DIRECTORIES, REPOSITORIES, HELM, TAGS, FLUX, JENKINS_X)
