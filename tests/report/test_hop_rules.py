"""By which rules does a promotion go, as people read it?"""

from __future__ import annotations

import pytest

from bot.promotion.pipeline import pairs
from bot.report.hop_rules import rules
from tests.promotion.test_config import good

RULES: list[tuple[str, str, list[str]]] = [
    (
        "a branch, with everything",
        """\
        version: 1
        environments:
          staging: {branch: main}
          production:
            branch: production
            promote: manual
            merge: auto
            method: squash
            on_drift: block
            approvers: {users: [ann, ben], teams: [leads], codeowners: true, required: 2}
            promoters: {teams: [leads]}
            gates:
              checks: [ci, lint]
              test: [e2e]
              health: {deployment: true, statuses: ["kustomization/*"], argocd: [web]}
              soak: 1h30m
              window: ["Mon-Thu 09:00-16:00 Europe/Berlin", "Sat 00:00-24:00 UTC"]
              override: {gates: [soak, window], users: [ann]}
        """,
        [
            "branch: all that `main` holds goes into `production`",
            "proposed on request, merged by Lockkeeper, when every gate is open (squash)",
            "2 approvals of ann, ben, team leads or the owners of what changes",
            "may be asked for by team leads",
            "checks: ci and lint",
            "tests: e2e",
            "health: the newest deployment, status kustomization/* and Argo CD's web",
            "soak: 1h30m",
            "window: Mon-Thu 09:00-16:00 Europe/Berlin",
            "window: Sat 00:00-24:00 UTC",
            "blocked by drift",
            "soak and window may be overridden by ann",
        ],
    ),
    (
        "a group of directories",
        """\
        version: 1
        strategy: directory
        environments:
          staging: {branch: main, path: envs/staging}
          west: {group: europe}
          north: {group: europe, merge: auto}
        """,
        [
            "directory: what changes in `envs/staging` of `main` goes into `envs/west`, `envs/north` of `main`",
            "one pull request for west and north",
            "proposed at once, merged by people",
        ],
    ),
    (
        "another repository",
        """\
        version: 1
        strategy: repository
        environments:
          staging: {branch: main, path: envs/staging}
          production: {repository: acme/production}
        """,
        [
            "repository: what changes in `envs/staging` of `main` goes into `main` in acme/production",
            "proposed at once, merged by people",
        ],
    ),
    (
        "versions",
        """\
        version: 1
        strategy: values
        environments:
          staging: {branch: main, values: {web: a.yaml, api: a.yaml}}
          production: {values: {web: b.yaml, api: c.yaml}}
        """,
        [
            "values: the versions in `a.yaml` of `main` go into `b.yaml`, `c.yaml` of `main`",
            "proposed at once, merged by people",
        ],
    ),
    (
        "tags",
        """\
        version: 1
        strategy: tag
        environments:
          staging: {branch: main, tag: v*-stage}
          production: {tag: v*-prod, promote: manual}
        """,
        [
            "tag: the newest version among tags `v*-stage` is marked by tags `v*-prod`",
            "tagged on request, when every gate is open",
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_rules(text: str, expected: list[str]) -> None:
    (hop,) = pairs(good(text))
    assert list(rules(hop)) == expected
