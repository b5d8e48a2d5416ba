"""A source is rendered again when something changes that it reads, and never one time too few."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.checks.inputs import inputs
from bot.checks.scope import inside
from bot.errors import UserError
from bot.model.source import FileParameter, HelmOptions, PlainOptions, Source, ValuesFile
from tests.applications.trees import MemoryTree

OVERLAY = (
    "resources: [../../base, missing.yaml]\npatches: [{path: patch.yaml}]\nconfigMapGenerator: [{files: [a=app.ini]}]\n"
)
TREE = MemoryTree(
    {
        "base/kustomization.yaml": "resources: [web.yaml]\n",
        "base/web.yaml": "a: 1\n",
        "base/notes.yaml": "a: 1\n",
        "overlays/staging/kustomization.yaml": OVERLAY,
        "overlays/staging/patch.yaml": "a: 1\n",
        "overlays/staging/app.ini": "a\n",
        "overlays/staging-old/kustomization.yaml": "",
        "chart/Chart.yaml": "name: a\n",
        "chart/templates/a.yaml": "a: 1\n",
        "chart/values.yaml": "a: 1\n",
        "env/prod.yaml": "a: 1\n",
        "motd.txt": "hello\n",
        "plain/a.yaml": "a: 1\n",
        "plain/deep/b.json": "{}\n",
        "plain/.hidden/c.yaml": "a: 1\n",
        "plain/README.md": "hello\n",
    }
)
STAGING = Source("overlays/staging", "kustomize")
CHART = Source(
    "chart",
    "helm",
    helm=HelmOptions(
        values=(
            ValuesFile("env/prod.yaml"),
            ValuesFile("env/extra.yaml", optional=True),
            FileParameter("m", "motd.txt"),
        )
    ),
)
PLAIN = Source("plain", "plain")

TOUCHED: list[tuple[str, Source, str, bool]] = [
    ("its own file", STAGING, "overlays/staging/kustomization.yaml", True),
    ("a patch", STAGING, "overlays/staging/patch.yaml", True),
    ("a file of a generator", STAGING, "overlays/staging/app.ini", True),
    ("a resource of the base", STAGING, "base/web.yaml", True),
    ("a file beside the base's resources", STAGING, "base/notes.yaml", False),
    ("what it asks for and is not there", STAGING, "overlays/staging/missing.yaml", True),
    ("what it asks for comes as a directory", STAGING, "overlays/staging/missing.yaml/kustomization.yaml", True),
    ("another name of a kustomization", STAGING, "base/kustomization.yml", True),
    ("a directory of like name", STAGING, "overlays/staging-old/kustomization.yaml", False),
    ("a template", CHART, "chart/templates/a.yaml", True),
    ("a new file of the chart", CHART, "chart/files/new.txt", True),
    ("a values file elsewhere", CHART, "env/prod.yaml", True),
    ("an optional values file that comes", CHART, "env/extra.yaml", True),
    ("a file that is a value", CHART, "motd.txt", True),
    ("another values file", CHART, "env/dev.yaml", False),
    ("a manifest", PLAIN, "plain/a.yaml", True),
    ("a manifest far below", PLAIN, "plain/deep/b.json", True),
    ("a new manifest", PLAIN, "plain/new/c.yaml", True),
    ("the readme of another directory", PLAIN, "README.md", False),
]


@pytest.mark.parametrize(("source", "path", "expected"), [row[1:] for row in TOUCHED], ids=[row[0] for row in TOUCHED])
def test_what_touches_a_source(source: Source, path: str, expected: bool) -> None:
    assert inputs(source, TREE).touched_by([path]) is expected


@pytest.mark.parametrize(
    ("source", "files"),
    [
        (
            STAGING,
            {
                "overlays/staging/kustomization.yaml",
                "overlays/staging/patch.yaml",
                "overlays/staging/app.ini",
                "base/kustomization.yaml",
                "base/web.yaml",
            },
        ),
        (
            CHART,
            {"chart/Chart.yaml", "chart/templates/a.yaml", "chart/values.yaml", "env/prod.yaml", "motd.txt"},
        ),
        (PLAIN, {"plain/a.yaml", "plain/deep/b.json"}),
        (Source("plain", "plain", plain=PlainOptions(recurse=False)), {"plain/a.yaml"}),
        (Source("plain", "plain", plain=PlainOptions(exclude="{deep/*,x}")), {"plain/a.yaml"}),
        (Source("plain", "plain", plain=PlainOptions(include="*.json")), {"plain/deep/b.json"}),
        (
            Source("plain", "plain", plain=PlainOptions(hidden=True)),
            {"plain/a.yaml", "plain/deep/b.json", "plain/.hidden/c.yaml"},
        ),
        (Source("plain/a.yaml", "plain"), {"plain/a.yaml"}),
    ],
)
def test_which_files_a_source_reads(source: Source, files: set[str]) -> None:
    assert set(inputs(source, TREE).files) == files


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Source("../other", "kustomize"), "not rendered: ../other leads out of the repository"),
        (Source("plain", "helm"), "not rendered: plain holds no Chart.yaml"),
        (
            Source("chart", "helm", helm=HelmOptions(values=(ValuesFile("none.yaml"),))),
            "the values file none.yaml does not exist",
        ),
        (
            Source("chart", "helm", helm=HelmOptions(values=(FileParameter("a", "none.txt"),))),
            "the file none.txt does not exist",
        ),
    ],
)
def test_why_a_source_is_not_rendered(source: Source, words: str) -> None:
    assert [one.message for one in inputs(source, TREE).problems] == [words]


def test_files_that_are_laid_over_the_tree_are_not_read_from_it() -> None:
    laid = (("overlays/staging/kustomization.yaml", "resources: [../../plain/a.yaml]\n"), ("x/kustomization.yaml", ""))
    found = inputs(Source("overlays/staging", "kustomize", overrides=laid), TREE)
    assert set(found.files) == {"overlays/staging/kustomization.yaml", "plain/a.yaml"}
    made = inputs(
        Source("x", "kustomize", overrides=(("x/kustomization.yaml", "resources: [../plain/a.yaml]\n"),)), TREE
    )
    assert set(made.files) == {"plain/a.yaml"} and not made.missing


def test_everything_lies_below_the_top() -> None:
    assert inside("a/b", "") and inside("a/b", "a/") and not inside("ab", "a")


def test_what_is_more_than_anybody_reads_is_read_again_when_it_becomes_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory with too many files counted for no path: its files went, and it stayed "not rendered"."""
    monkeypatch.setattr("bot.checks.inputs.MOST_FILES", 2)
    source = Source("many", "plain")
    found = inputs(source, MemoryTree({f"many/{n}.yaml": "a: b" for n in range(3)}))
    assert [one.message for one in found.problems] == ["not rendered: it holds more than 2 files"]
    assert found.touched_by(["many/2.yaml"])


@pytest.mark.parametrize("source", [Source("many", "plain", plain=PlainOptions(recurse=True)), Source("many", "helm")])
def test_a_tree_that_refuses_costs_the_source_only(source: Source) -> None:
    class Refusing(MemoryTree):
        """Refuses as git's trees do where a directory holds too much."""

        def names(self, directory: str) -> Sequence[str]:
            raise UserError(f"{directory} holds more than 7 files", where="acme/shop")

        files = names

    found = inputs(source, Refusing({"many/Chart.yaml": "x"}))
    assert [one.message for one in found.problems] == ["not rendered: many holds more than 7 files"]
    assert found.touched_by(["many/a.yaml"])
