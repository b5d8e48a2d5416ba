"""Do charts render to what helm makes of them, each resource knowing its template, each mistake its place?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.adapters.process import Completed, run
from bot.adapters.render.pool import EnginePool, Order
from bot.checks.documents import parse
from bot.model.manifest import Rendered
from bot.model.source import FileParameter, HelmOptions, Parameter, Source, ValuesFile, ValuesText
from tests.render.charts import BROKEN, CHART, SCENARIOS, Scenario
from tests.render.conftest import Write

HELM = os.environ.get("LOCKKEEPER_HELM") or shutil.which("helm")
LENIENT = {"a key that stands twice"}  # our own reader, which reads helm's output here, refuses these


def render(pool: EnginePool, checkout: Path, options: HelmOptions, *overrides: tuple[str, str]) -> Rendered:
    """Render the chart of a scenario in a directory that holds all its files."""
    files = sorted(str(path.relative_to(checkout)) for path in checkout.rglob("*") if path.is_file())
    source = Source(CHART, "helm", options, overrides=overrides)
    ((_, rendered),) = pool.run([Order(checkout, source, tuple(files))])
    return rendered


def ask_helm(checkout: Path, options: HelmOptions) -> Completed:
    """Return what the program says, with the scenario's options as its arguments."""
    arguments = ["template", options.release, str(checkout / CHART), "--namespace", options.namespace]
    for number, one in enumerate(options.values):
        match one:
            case ValuesFile(path):
                arguments += ["--values", str(checkout / path)] if (checkout / path).exists() else []
            case ValuesText(text):
                (checkout / f"text-{number}.yaml").write_text(text)
                arguments += ["--values", str(checkout / f"text-{number}.yaml")]
            case Parameter(name, value, text):
                escaped = value if value.startswith("{") else value.replace("\\,", ",").replace(",", "\\,")
                arguments += ["--set-string" if text else "--set", f"{name}={escaped}"]
            case FileParameter(name, path):
                arguments += ["--set-file", f"{name}={checkout / path}"]
    arguments += ["--include-crds"] if options.crds else []
    arguments += [] if options.hooks else ["--no-hooks"]
    arguments += [] if options.tests else ["--skip-tests"]
    arguments += ["--kube-version", options.kube_version] if options.kube_version else []
    arguments += [word for one in options.api_versions for word in ("--api-versions", one)]
    return run([str(HELM), *arguments], cwd=checkout, timeout=60)


def in_order(bodies: list[Any]) -> list[str]:
    """Return resources one by one, the items of lists among them, in an order of their own."""
    items = [item for one in bodies for item in (one["items"] if one.get("kind") == "List" else [one])]
    return sorted(orjson.dumps(one, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode() for one in items)


@pytest.mark.skipif(HELM is None, reason="helm is the oracle here; name it in LOCKKEEPER_HELM or put it on PATH")
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in LENIENT])
def test_equal_to_helm(renderer: EnginePool, write: Write, name: str) -> None:
    checkout = write(SCENARIOS[name].files)
    rendered = render(renderer, checkout, SCENARIOS[name].options)
    done = ask_helm(checkout, SCENARIOS[name].options)
    assert done.status == 0, done.stderr
    assert rendered.problems == ()
    assert in_order([one.body for one in rendered.resources]) == in_order([one.value for one in parse(done.stdout)])


@pytest.mark.skipif(HELM is None, reason="helm is the oracle here; name it in LOCKKEEPER_HELM or put it on PATH")
@pytest.mark.parametrize("name", BROKEN)
def test_helm_refuses_what_we_refuse(write: Write, name: str) -> None:
    scenario = BROKEN[name][0]
    checkout = write(scenario.files)
    done = ask_helm(checkout, scenario.options)
    assert done.status != 0


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_is_told_where_it_is(renderer: EnginePool, write: Write, name: str) -> None:
    scenario, path, line, words = BROKEN[name]
    rendered = render(renderer, write(scenario.files), scenario.options)
    assert rendered.resources == ()
    (problem,) = rendered.problems
    assert (problem.path, problem.line) == (path, line)
    assert words in problem.message


PLACES = {
    "subchart": ["charts/db/templates/a.yaml"],
    "subchart by tag and alias": ["charts/db/templates/a.yaml", "templates/a.yaml"],
    "packed subchart": ["charts/db-0.3.0.tgz", "templates/a.yaml"],
    "hooks": ["templates/a.yaml", "templates/b.yaml", "templates/e.yaml", "templates/e.yaml", "templates/tests/d.yaml"],
    "no hooks": ["templates/a.yaml"],
    "no tests": ["templates/a.yaml", "templates/b.yaml", "templates/e.yaml"],
    "CRDs": [
        "charts/db/crds/d.yaml",
        "charts/db/templates/a.yaml",
        "crds/a.yaml",
        "crds/a.yaml",
        "crds/deep/c.yml",
        "templates/a.yaml",
    ],
    "old chart with requirements": ["charts/db/templates/a.yaml", "templates/a.yaml"],
    "several documents, comments, odd scalars, no suffix": [
        "templates/a.yaml",
        "templates/a.yaml",
        "templates/d.json",
        "templates/deep/er/b.txt",
        "templates/deep/er/b.txt",
    ],
    "lists": ["templates/a.yaml", "templates/a.yaml"],
}


@pytest.mark.parametrize("name", PLACES)
def test_resources_know_their_template(renderer: EnginePool, write: Write, name: str) -> None:
    checkout = write(SCENARIOS[name].files)
    rendered = render(renderer, checkout, SCENARIOS[name].options)
    assert (rendered.root, rendered.kind, rendered.problems) == (CHART, "helm", ())
    assert sorted(one.path for one in rendered.resources) == [f"{CHART}/{path}" for path in PLACES[name]]
    assert f"{CHART}/Chart.yaml" in rendered.files


def data_of(rendered: Rendered, name: str = "all") -> Mapping[str, Any]:
    assert rendered.problems == ()
    (found,) = (one.body["data"] for one in rendered.resources if one.name == name)
    return orjson.loads(found["values"]) if "values" in found else found


def test_layers_without_an_oracle(renderer: EnginePool, write: Write) -> None:
    """The same as the comparison, for machines without helm: what Helm made of it, written down."""
    one = SCENARIOS["parameters over files, wherever they stand"]
    found = data_of(render(renderer, write(one.files), one.options))
    assert found["image"] == {"name": "nginx", "tag": "007"}
    assert (found["replicas"], found["word"]) == (9, "some, words\nand = more\n")
    two = SCENARIOS["entries of lists"]
    found = data_of(render(renderer, write(two.files), two.options))
    assert found["list"] == [{"a": 1}, {"a": 2, "v": 9000000}, None, {"w": "x"}]
    assert found["plain"] == [None, 7000000]
    assert found["deep"] == [None, [{"x": 1}]]


def test_whole_numbers_of_parameters_do_not_print_as_fractions(renderer: EnginePool, write: Write) -> None:
    """`--set image.tag=20261125` printed as 2.0261125e+07: values reach the library as JSON, which has no int64."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: all}\ndata: {tag: '{{ .Values.image.tag }}'}\n"
    scenario = Scenario({"a.yaml": text}, options=HelmOptions(values=(Parameter("image.tag", "20261125"),)))
    assert data_of(render(renderer, write(scenario.files), scenario.options)) == {"tag": "20261125"}


def test_a_key_that_stands_twice_counts_the_last_time(renderer: EnginePool, write: Write) -> None:
    """As for Helm and the API server; a manifest in a directory would be refused."""
    scenario = SCENARIOS["a key that stands twice"]
    assert data_of(render(renderer, write(scenario.files), scenario.options), "a") == {"c": "d"}


@pytest.mark.skipif(HELM is None, reason="without helm there is nothing to fall back on")
@pytest.mark.parametrize("name", [name for name in SCENARIOS if name not in LENIENT])
def test_the_program_gives_what_the_library_gives(
    renderer: EnginePool, program: EnginePool, write: Write, name: str
) -> None:
    checkout = write(SCENARIOS[name].files)
    mine = render(renderer, checkout, SCENARIOS[name].options)
    other = render(program, checkout, SCENARIOS[name].options)
    assert other.problems == ()
    assert sorted(one.path for one in other.resources) == sorted(one.path for one in mine.resources)
    assert in_order([one.body for one in other.resources]) == in_order([one.body for one in mine.resources])


@pytest.mark.skipif(HELM is None, reason="without helm there is nothing to fall back on")
@pytest.mark.parametrize("name", BROKEN)
def test_the_program_tells_mistakes_where_they_are(program: EnginePool, write: Write, name: str) -> None:
    scenario, path, _, words = BROKEN[name]
    (problem,) = render(program, write(scenario.files), scenario.options).problems
    assert problem.path == path
    assert words.removeprefix("failed to parse env/a.yaml") in problem.message
