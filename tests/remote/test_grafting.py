"""Kustomizations whose remote bases and charts are in their trees: nothing else of them changes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bot.checks.grafted_tree import GraftedTree
from bot.checks.grafting import DEEPEST, Grafted, grafted
from bot.checks.inflation import needs
from bot.checks.inputs import Inputs
from bot.checks.remote import NotFetched
from bot.model.environment import ChartPin
from bot.model.manifest import Rendered, RenderProblem, Resource
from bot.model.source import Source
from bot.model.tree import Tree
from tests.applications.trees import MemoryTree
from tests.remote.remotes import DIGEST, SHA, Written

URL = f"https://github.com/acme/bases//web?ref={SHA}"
KEY = f"https://github.com/acme/bases@{SHA}"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: far}\n"
BASE = {"web/kustomization.yaml": "resources: [map.yaml]\n", "web/map.yaml": MAP}
FILE = "prod/kustomization.yaml"


def graft(
    text: str, remotes: Written, more: Mapping[str, str] | None = None, charts: tuple[ChartPin, ...] = ()
) -> Grafted:
    return grafted(Source("prod", "kustomize", charts=charts), MemoryTree({FILE: text, **(more or {})}), remotes)


def told(found: Grafted) -> Inputs:
    return found.told(needs(found.source, found.tree, found.charts)[0])


def laid(found: Grafted, path: str = FILE) -> str:
    text = dict(found.source.overrides).get(path) or (found.tree.read(path) or b"").decode()
    for number, place in enumerate(found.origins):
        text = text.replace(place, f"<{number}>")
    return text


WAYS = [
    ("a list", f"resources:\n- {URL}\n- x.yaml\n", "resources:\n- ../<0>/web\n- x.yaml\n"),
    ("quotes", f"resources:\n- '{URL}'\n- \"x.yaml\"\n", "resources:\n- '../<0>/web'\n- \"x.yaml\"\n"),
    ("in a row", f"resources: [{URL}, x.yaml]\n", "resources: [../<0>/web, x.yaml]\n"),
    ("a remark", f"resources:\n- {URL} # see {URL}x\n- x.yaml\n", f"resources:\n- ../<0>/web # see {URL}x\n- x.yaml\n"),
    ("components", f"components:\n- {URL}\n", "components:\n- ../<0>/web\n"),
    ("bases", f"bases:\n- {URL}\n", "bases:\n- ../<0>/web\n"),
    (
        "the same words elsewhere",
        f"commonAnnotations:\n  from: {URL}\nresources:\n- {URL}\n",
        f"commonAnnotations:\n  from: {URL}\nresources:\n- ../<0>/web\n",
    ),
    (
        "an address that begins like another",
        f"resources:\n- {URL}&timeout=9s\n- {URL}\n",
        "resources:\n- ../<0>/web\n- ../<0>/web\n",
    ),
    ("twice", f"resources: [{URL}]\ncomponents: [{URL}]\n", "resources: [../<0>/web]\ncomponents: [../<0>/web]\n"),
]


@pytest.mark.parametrize(("about", "text", "expected"), WAYS, ids=[one[0] for one in WAYS])
def test_the_line_that_names_a_base_names_its_place_instead(about: str, text: str, expected: str) -> None:
    found = graft(text, Written({KEY: BASE}), {"prod/x.yaml": MAP})
    assert laid(found) == expected
    assert told(found).problems == ()
    assert told(found).files[0].startswith(".lockkeeper-remote/")


@pytest.mark.parametrize(
    ("about", "text"),
    [
        ("folded", f"resources:\n- >-\n  {URL}\n"),
        ("escaped", 'resources:\n- "' + URL.replace("web", "w\\x65b") + '"\n'),
        ("an alias", f"commonAnnotations: {{a: &here '{URL}'}}\nresources:\n- *here\n"),
        ("beside the same words", f"{{resources: ['{URL}'], commonAnnotations: {{a: '{URL}'}}}}\n"),
    ],
)
def test_an_address_that_cannot_be_replaced_on_its_line_is_told(about: str, text: str) -> None:
    (problem,) = told(graft(text, Written({KEY: BASE}))).problems
    assert problem.path == FILE and problem.remote and URL in problem.message
    assert "its address is written in a way that cannot be followed" in problem.message


def test_what_is_not_had_says_why_on_its_line() -> None:
    other = f"https://github.com/acme/other//web?ref={SHA}"
    text = (
        f"resources:\n- {URL}\n- https://github.com/acme/bases//web?ref=main\n- {other}\n"
        "- https://example.com/x//y\n- ../shared\n"
    )
    gone = NotFetched("it has no such commit", "pin a commit that it has", "wrong")
    late = NotFetched("it did not answer", "ask later", "passing")
    remotes = Written({KEY: gone, f"https://github.com/acme/other@{SHA}": late})
    offline = "commit a copy to the repository and refer to it by a relative path"
    assert told(graft(text, remotes, {"shared/kustomization.yaml": "{}"})).problems == (
        RenderProblem(FILE, f"not rendered: remote base {URL}: it has no such commit", 2, "pin a commit that it has"),
        RenderProblem(
            FILE,
            "not rendered: remote base https://github.com/acme/bases//web?ref=main: it is not pinned to a commit",
            3,
            f"{offline}; or pin it to a commit: ?ref=<40 hex digits>",
            remote=True,
        ),
        RenderProblem(FILE, f"not rendered: remote base {other}: it did not answer", 4, "ask later", True, True),
        RenderProblem(
            FILE,
            "not rendered: remote base https://example.com/x//y: Lockkeeper renders offline; vendor it",
            5,
            f"{offline}; or pin it to a commit, where whoever runs Lockkeeper allows its https address",
            remote=True,
        ),
    )


def test_bases_build_on_bases() -> None:
    below = f"https://github.com/acme/deep?ref={'a' * 40}"
    remotes = Written(
        {
            KEY: {"web/kustomization.yaml": f"resources:\n- {below}\n- ../common\n", "common/kustomization.yaml": "{}"},
            f"https://github.com/acme/deep@{'a' * 40}": {
                "kustomization.yaml": "resources: [map.yaml]\n",
                "map.yaml": MAP,
            },
        }
    )
    found = graft(f"resources:\n- {URL}\n", remotes)
    assert told(found).problems == ()
    first, second = found.origins
    assert [(one.path, one.line) for one in found.origins.values()] == [(FILE, 2), (FILE, 2)]
    beside = second.rpartition("/")[2]
    assert laid(found, f"{first}/web/kustomization.yaml") == f"resources:\n- ../../{beside}\n- ../common\n"
    assert f"{second}/map.yaml" in told(found).files


@pytest.mark.parametrize(("depth", "fine"), [(DEEPEST, True), (DEEPEST + 1, False)])
def test_bases_that_build_on_bases_end_somewhere(depth: int, fine: bool) -> None:
    def name(number: int) -> str:
        return f"https://github.com/acme/b{number}?ref={SHA}"

    chain = {
        f"https://github.com/acme/b{number}@{SHA}": {
            "kustomization.yaml": f"resources:\n- {name(number + 1)}\n" if number + 1 < depth else "{}"
        }
        for number in range(depth)
    }
    problems = told(graft(f"resources:\n- {name(0)}\n", Written(chain))).problems
    assert [one.path for one in problems] == ([] if fine else [FILE])
    assert fine or (f"more than {DEEPEST} deep" in problems[0].message and "(in https://" in problems[0].message)


def test_bases_that_build_on_each_other_end_as_well() -> None:
    one, two = (f"https://github.com/acme/{name}?ref={SHA}" for name in ("one", "two"))
    remotes = Written(
        {
            f"https://github.com/acme/one@{SHA}": {"kustomization.yaml": f"resources: ['{two}']\n"},
            f"https://github.com/acme/two@{SHA}": {"kustomization.yaml": f"resources: ['{one}']\n"},
        }
    )
    found = graft(f"resources: ['{one}']\n", remotes)
    assert len(found.origins) == 2
    assert len(remotes.asked) < 20


@pytest.mark.parametrize("target", ["../../../apps", "../../..", "../../../../etc", "../../other"])
def test_a_base_sees_nothing_of_the_repository_that_builds_on_it(target: str) -> None:
    """kustomize refuses a base that builds on what lies out of its clone; beside ours lies the tree at hand."""
    hostile = {"web/kustomization.yaml": f"resources:\n- map.yaml\n- {target}\n", "web/map.yaml": MAP}
    found = graft(f"resources:\n- {URL}\n", Written({KEY: hostile}), {"apps/kustomization.yaml": "{}"})
    words = " ".join(one.message for one in told(found).problems)
    assert f"not rendered: {target} leads out of the repository" in words
    assert all((one.path, one.line) == (FILE, 2) for one in told(found).problems)
    assert f"(in {KEY[:-28]}/web/kustomization.yaml:3)" in words


def test_outcomes_speak_of_the_tree_at_hand() -> None:
    found = graft(f"namePrefix: a-\nresources:\n- {URL}\n", Written({KEY: BASE}))
    (place,) = found.origins
    rendered = found.rendered(
        Rendered(
            "prod",
            (Resource({}, "prod"), Resource({}, f"{place}/web/map.yaml", 3)),
            (
                RenderProblem(f"{place}/web/map.yaml", f"no such thing in ../{place}/web", 7),
                RenderProblem(FILE, "bad", 1),
            ),
            (FILE, f"{place}/web/map.yaml"),
        )
    )
    assert [(one.path, one.line) for one in rendered.resources] == [("prod", None), (FILE, 3)]
    short = KEY[:-28]
    assert rendered.problems == (
        RenderProblem(FILE, f"no such thing in {short}/web (in {short}/web/map.yaml:7)", 3),
        RenderProblem(FILE, "bad", 1),
    )
    assert rendered.files == (FILE,)


CHART = {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\n", "values.yaml": "a: 1\n", "templates/x.yaml": MAP}
PIN = ChartPin("https://charts.example.com", "web", "1.2.3", DIGEST)
ENTRY = "helmCharts:\n- {name: web, repo: 'https://charts.example.com', version: 1.2.3, releaseName: shop}\n"
HAD = Written({f"https://charts.example.com web@1.2.3@{DIGEST}": CHART})


def test_charts_of_a_kustomization() -> None:
    found = graft(ENTRY, HAD, charts=(PIN,))
    reads, inflation = needs(found.source, found.tree, found.charts)
    assert reads.problems == () and inflation is not None
    ((_, chart),) = inflation.charts
    assert chart.path in found.origins and chart.helm.release == "shop"
    assert f"{chart.path}/templates/x.yaml" in reads.files


def test_a_chart_that_is_vendored_is_not_fetched() -> None:
    remotes = Written(HAD.trees)
    vendored = {f"prod/charts/web-1.2.3/web/{path}": text for path, text in CHART.items()}
    found = graft(ENTRY, remotes, vendored, (PIN,))
    assert remotes.asked == [] and found.origins == {} and told(found).problems == ()


CHARTS = [
    ("no pin", ENTRY, (), "it is not pinned by digest", "add to .github/lockkeeper.yaml"),
    ("no version", ENTRY.replace("version: 1.2.3, ", ""), (PIN,), "is no exact one", "name one exact version"),
    ("not allowed", ENTRY.replace(".com", ".org"), (PIN,), "Lockkeeper renders offline", "helm pull --untar"),
]


@pytest.mark.parametrize(("about", "text", "pins", "why", "how"), CHARTS, ids=[one[0] for one in CHARTS])
def test_charts_of_a_kustomization_that_are_not_had(
    about: str, text: str, pins: tuple[ChartPin, ...], why: str, how: str
) -> None:
    (problem,) = told(graft(text, Written(), charts=pins)).problems
    assert problem.remote and (problem.path, problem.line) == (FILE, 2)
    assert problem.message.startswith("not rendered: the chart web is not vendored at ") and why in problem.message
    assert how in problem.how


def test_a_tree_with_grafts() -> None:
    tree: Tree = GraftedTree(MemoryTree({"a/b": "1"}), {".lockkeeper-remote/x": MemoryTree({"c/d": "2"})})
    assert tree.read("a/b") == b"1" and tree.read(".lockkeeper-remote/x/c/d") == b"2"
    assert tree.read(".lockkeeper-remote/y/c/d") is None and tree.blob(".lockkeeper-remote/x/c/d") is not None
    assert [tree.is_directory(one) for one in ("", "a", ".lockkeeper-remote", ".lockkeeper-remote/x")] == [True] * 4
    assert tree.names(".lockkeeper-remote") == ["x"] and tree.names(".lockkeeper-remote/x") == ["c"]
    assert tree.files(".lockkeeper-remote/x/c") == [".lockkeeper-remote/x/c/d"]
    assert tree.files("a") == ["a/b"]
    assert tree.canonical(".lockkeeper-remote/x/c/d") == ".lockkeeper-remote/x/c/d"
    assert tree.canonical(".lockkeeper-remote/x") == ".lockkeeper-remote/x" and tree.canonical("a") == "a"
    assert len({tree.id, MemoryTree({"a/b": "1"}).id, GraftedTree(MemoryTree({"a/b": "1"}), {}).id}) == 3
