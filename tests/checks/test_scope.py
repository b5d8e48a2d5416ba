"""Only the environments that a change can touch are rendered, and never one too few."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from bot.checks.scope import affected


@dataclass(frozen=True)
class Reads:
    files: tuple[str, ...]


ROOTS = {
    "development": "overlays/development",
    "staging": "overlays/staging",
    "production": "overlays/production/",
}
CLOSURES = {
    "overlays/development": Reads(("overlays/development/kustomization.yaml", "base/web.yaml")),
    "overlays/staging": Reads(("overlays/staging/kustomization.yaml", "base/web.yaml", "components/tls/tls.yaml")),
    "overlays/production/": (
        Reads(("overlays/production/kustomization.yaml", "base/old.yaml")),
        Reads(("overlays/production/kustomization.yaml", "base/web.yaml")),
    ),
}
ALL = tuple(ROOTS)
TABLE = [
    ("nothing", [], ()),
    ("a file nobody reads", ["README.md"], ()),
    ("a file beside a base", ["base/notes.yaml"], ()),
    ("the shared base", ["base/web.yaml"], ALL),
    ("a file of one base only", ["base/old.yaml"], ("production",)),
    ("a component", ["components/tls/tls.yaml"], ("staging",)),
    ("a root's own file", ["overlays/staging/kustomization.yaml"], ("staging",)),
    ("a new file in a root", ["overlays/production/new.yaml"], ("production",)),
    ("a directory of like name", ["overlays/staging-old/new.yaml"], ()),
    ("two roots", ["overlays/production/a", "overlays/development/b"], ("development", "production")),
    ("the configuration", [".github/lockkeeper.yaml"], ALL),
    ("another file beside it", [".github/workflows/ci.yaml"], ()),
    ("a policy", ["policies/registry.yaml"], ALL),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_affected(changed: list[str], expected: tuple[str, ...]) -> None:
    always = (".github/lockkeeper.yaml", "policies/")
    assert affected(changed, ROOTS, CLOSURES, always=always) == expected


def test_a_root_without_a_closure_is_touched_by_any_change() -> None:
    assert affected(["README.md"], {"one": "a", "two": "b"}, {"a": Reads(())}) == ("two",)


def test_the_whole_repository_as_a_root() -> None:
    assert affected(["x.yaml"], {"one": ""}, {"": Reads(())}) == ("one",)
