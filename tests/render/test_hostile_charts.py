"""Does a hostile chart end in a finding, within the deadline, with nothing read outside and nobody called?"""

from __future__ import annotations

import gzip
import io
import json
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.process import run
from bot.adapters.render.pool import MEBIBYTE, EnginePool
from bot.model.source import FileParameter, ValuesFile
from tests.render.charts import ALL, CHART, CONFIG, NEEDS_DB, Scenario, metadata, options
from tests.render.conftest import Write
from tests.render.test_charts import render
from tests.render.test_hostile import CANARY, Server, bomb, server

__all__ = ["server"]

RECURSION = '{{ define "r" }}{{ include "r" . }}{{ end }}'
TPL = {"a.yaml": CONFIG % "a" + "data: {x: '{{ tpl .Values.t . }}'}\n"}
GROWING = "{{ $x := `x` }}{{ range until 40 }}{{ $x = print $x $x }}{{ end }}"
ENDLESS = {
    "loop": {"a.yaml": "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}"},
    "until": {"a.yaml": "{{ until 2000000000 | len }}"},
    "recursion": {"a.yaml": '{{ include "r" . }}', "_r.tpl": RECURSION},
    "template recursion": {"a.yaml": '{{ template "r" . }}', "_r.tpl": '{{ define "r" }}{{ template "r" . }}{{ end }}'},
    "growth": {"a.yaml": GROWING + CONFIG % "a" + "data: {x: {{ $x }}}"},
    "repeat": {"a.yaml": CONFIG % "a" + "data: {x: {{ repeat 2000000000 `x` }}}"},
    "output": {"a.yaml": CONFIG % "a" + "data: {x: {{ repeat 30000000 `x` }}}"},
    "key": {
        "a.yaml": CONFIG % "a" + "data: {x: {{ genPrivateKey `rsa` | sha256sum }}{{ range until 500 }}"
        "{{ genPrivateKey `rsa` | sha256sum }}{{ end }}}"
    },
    "manifest bomb": {"a.yaml": CONFIG % "a" + bomb(9)},
    "brackets": {"a.yaml": CONFIG % "a" + "x: " + "[" * 100_000},
}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EnginePool]:
    """One engine with little time and memory."""
    root = tmp_path_factory.getbasetemp()
    with EnginePool(root=root, workers=1, deadline=4, memory=600 * MEBIBYTE) as pool:
        yield pool


@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_chart_costs_its_own_render_only(strict: EnginePool, write: Write, name: str) -> None:
    scenario = Scenario(ENDLESS[name])
    started = time.monotonic()
    rendered = render(strict, write(scenario.files), scenario.options)
    assert time.monotonic() - started < 8
    assert rendered.resources == ()
    assert rendered.problems
    assert all(len(one.message) < 3000 for one in rendered.problems)
    honest = Scenario({"a.yaml": CONFIG % "a"})
    for old in (write({}) / CHART / "templates").iterdir():
        old.unlink()
    assert len(render(strict, write(honest.files), honest.options).resources) == 1


def test_values_that_expand_to_too_much(strict: EnginePool, write: Write) -> None:
    scenario = Scenario(TPL, options=options(ValuesFile("env/a.yaml")), more={"env/a.yaml": bomb(9)})
    rendered = render(strict, write(scenario.files), scenario.options)
    assert (rendered.resources, [one.path for one in rendered.problems]) == ((), ["env/a.yaml"])
    scenario = Scenario({"a.yaml": ALL}, bomb(9))
    rendered = render(strict, write(scenario.files), scenario.options)
    assert rendered.resources == ()
    assert rendered.problems


def archive(entries: dict[str, bytes | str]) -> bytes:
    """Return an archive; a text is where a symbolic link of that name leads."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                tar.addfile(entry)
            else:
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def zeros(size: int) -> bytes:
    """Return an archive of a chart with a file of zeros, made without holding them."""
    entry = tarfile.TarInfo("db/x.bin")
    entry.size = size
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", compresslevel=9) as packed:
        packed.write(entry.tobuf())
        for _ in range(size // MEBIBYTE):
            packed.write(bytes(MEBIBYTE))
    return buffer.getvalue()


ARCHIVES = {
    "bomb": lambda: zeros(300 * MEBIBYTE),
    "traversal": lambda: archive({"db/Chart.yaml": metadata("db").encode(), "db/../../../x.yaml": b"a: b"}),
    "absolute": lambda: archive({"/etc/x": b"a"}),
    "link": lambda: archive({"db/Chart.yaml": metadata("db").encode(), "db/values.yaml": "/etc/passwd"}),
    "rubbish": lambda: b"\x1f\x8bnothing",
    "many": lambda: archive({f"db/templates/{n}.yaml": b"" for n in range(20_000)}),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_hostile_archives(strict: EnginePool, write: Write, name: str) -> None:
    needs, packed = NEEDS_DB % "", ARCHIVES[name]()
    scenario = Scenario({"a.yaml": CONFIG % "a"}, metadata=needs, more={f"{CHART}/charts/db-1.tgz": packed})
    started = time.monotonic()
    rendered = render(strict, write(scenario.files), scenario.options)
    assert time.monotonic() - started < 10
    assert "root:" not in repr(rendered)
    if name != "link":
        assert rendered.resources == ()
        assert rendered.problems


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A neighbour's directory, where the engine may read."""
    place = tmp_path / "neighbour"
    (place / "templates").mkdir(parents=True)
    (place / "templates/a.yaml").write_text(CONFIG % CANARY)
    (place / "Chart.yaml").write_text(metadata("db"))
    (place / "secret").write_text(f"a: {CANARY}\n")
    return place


READS = CONFIG % "a" + 'data: {x: {{ .Files.Get "%s" | quote }}, y: {{ .Values | toJson | quote }}}\n'


@pytest.mark.parametrize("link", ["files/x", "templates/more", "charts/db", "values.yaml", "crds"])
def test_symbolic_links_out_of_the_repository(renderer: EnginePool, write: Write, outside: Path, link: str) -> None:
    scenario = Scenario({"a.yaml": READS % "files/x"})
    checkout = write({name: text for name, text in scenario.files.items() if not name.endswith("values.yaml")})
    place = checkout / CHART / link
    place.parent.mkdir(parents=True, exist_ok=True)
    target = {"files/x": "secret", "values.yaml": "secret", "charts/db": ""}.get(link, "templates")
    place.symlink_to(outside / target)
    rendered = render(renderer, checkout, scenario.options)
    assert CANARY not in repr(rendered)
    assert [one.message for one in rendered.problems] == [f"not rendered: {CHART}/{link} leads out of the repository"]


@pytest.mark.parametrize(
    "layer", [ValuesFile("../neighbour/secret"), ValuesFile("link"), FileParameter("x", "../neighbour/secret")]
)
def test_values_from_outside(renderer: EnginePool, write: Write, outside: Path, layer: ValuesFile) -> None:
    scenario = Scenario({"a.yaml": ALL}, options=options(layer))
    checkout = write(scenario.files)
    (checkout / "link").symlink_to(outside / "secret")
    rendered = render(renderer, checkout, scenario.options)
    assert CANARY not in repr(rendered)
    assert [one.message.endswith("no such file or directory") for one in rendered.problems] == [True]


@pytest.mark.parametrize("path", ["../../../neighbour/secret", "/etc/passwd", "../../env/x", "..\\x"])
def test_files_outside_the_chart_are_empty(renderer: EnginePool, write: Write, outside: Path, path: str) -> None:
    scenario = Scenario({"a.yaml": READS % path.replace("\\", "\\\\")}, more={"env/x": CANARY})
    rendered = render(renderer, write(scenario.files), scenario.options)
    assert CANARY not in repr(rendered)
    assert "root:" not in repr(rendered)
    assert [one.body["data"]["x"] for one in rendered.resources] == [""]


SCHEMAS = [
    '{"$ref": "http://%s/x.json"}',
    '{"$ref": "https://%s/x.json"}',
    '{"properties": {"a": {"$ref": "http://%s/x.json"}}}',
    '{"$schema": "http://%s/x.json"}',
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_schemas_from_the_network(renderer: EnginePool, write: Write, server: Server, schema: str) -> None:
    text = schema % server.address
    scenario = Scenario({"a.yaml": ALL}, "a: 1\n", more={f"{CHART}/values.schema.json": text})
    rendered = render(renderer, write(scenario.files), scenario.options)
    assert server.connections == 0
    assert rendered.problems


REFERENCES = [
    '{{"$ref": "file://{0}"}}',
    '{{"$ref": "\\u0066ile://{0}"}}',
    '{{"$ref": "FILE://{0}"}}',
    '{{"$ref": "{0}"}}',
    '{{"allOf": [{{"$ref": "{1}#"}}]}}',
    '{{"$dynamicRef": "{1}"}}',
    '{{"$id": "file:///", "$ref": "{1}"}}',
    '{{"$id": "https://example.com/a", "$defs": {{"b": {{"$id": "file:///", "$ref": "{1}"}}}}, "$ref": "#/$defs/b"}}',
    '{{"$schema": "file://{0}"}}',
]


@pytest.mark.parametrize("schema", REFERENCES)
@pytest.mark.parametrize("way", ["chart", "subchart", "packed", "ignored"])
def test_schemas_from_other_files(renderer: EnginePool, write: Write, outside: Path, schema: str, way: str) -> None:
    """What a schema elsewhere asks for was said in the message: a file of any repository could be read that way."""
    (outside / "x.json").write_text(json.dumps({"properties": {"a": {"const": CANARY}, "db": {"const": CANARY}}}))
    text = schema.format(outside / "x.json", str(outside / "x.json").removeprefix("/"))
    json.loads(text)
    more: dict[str, str | bytes] = {
        "chart": {f"{CHART}/values.schema.json": text},
        "subchart": {f"{CHART}/charts/db/Chart.yaml": metadata("db"), f"{CHART}/charts/db/values.schema.json": text},
        "packed": {
            f"{CHART}/charts/db-1.tgz": archive(
                {"db/Chart.yaml": metadata("db").encode(), "db/values.schema.json": text.encode()}
            )
        },
        "ignored": {f"{CHART}/values.schema.json": text, f"{CHART}/.helmignore": "[!x]alues.schema.json\n"},
    }[way]
    scenario = Scenario({"a.yaml": ALL}, "a: 1\ndb: {a: 1}\n", more=more)
    rendered = render(renderer, write(scenario.files), scenario.options)
    assert CANARY not in repr(rendered)
    (problem,) = rendered.problems
    assert problem.path.endswith(("values.schema.json", "values.schema.json"))
    assert "the schema refers to" in problem.message


HARMLESS = [
    '{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {"a": {"$ref": "#/definitions/n"}},'
    ' "definitions": {"n": {"type": "integer"}}}',
    '{"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {"a": {"$ref": "#n"}},'
    ' "$defs": {"n": {"$anchor": "n", "type": "integer"}}}',
    '{"$id": "https://example.com/a.json", "properties": {"a": {"$ref": "a.json#/$defs/n"}},'
    ' "$defs": {"n": {"type": "integer"}}}',
    '{"properties": {"id": {"type": "string"}, "$ref": {"type": "string"}}, "default": {"id": "x"}}',
]


@pytest.mark.parametrize("schema", HARMLESS)
def test_schemas_that_refer_to_themselves(renderer: EnginePool, write: Write, schema: str) -> None:
    scenario = Scenario({"a.yaml": ALL}, "a: 1\n", more={f"{CHART}/values.schema.json": schema})
    assert render(renderer, write(scenario.files), scenario.options).problems == ()


@pytest.mark.parametrize("call", ["getHostByName `canary.example.com`", 'lookup "v1" "Secret" "" ""'])
def test_nobody_is_called(renderer: EnginePool, write: Write, call: str) -> None:
    scenario = Scenario({"a.yaml": CONFIG % "a" + "data: {x: {{ " + call + " | toJson | quote }}}\n"})
    rendered = render(renderer, write(scenario.files), scenario.options)
    assert [one.body["data"] for one in rendered.resources] in ([{"x": '""'}], [{"x": "{}"}])


@pytest.mark.parametrize("call", ["env `HOME`", "expandenv `$HOME`", "readFile `/etc/passwd`"])
def test_there_are_no_such_functions(renderer: EnginePool, write: Write, call: str) -> None:
    scenario = Scenario({"a.yaml": CONFIG % "a" + "data: {x: {{ " + call + " | quote }}}\n"})
    (problem,) = render(renderer, write(scenario.files), scenario.options).problems
    assert "not defined" in problem.message


ATTACK = """
import sys
from pathlib import Path
from bot.adapters.render import helm, helm_library, isolation
from bot.adapters.render.chart_files import ChartFiles
from bot.adapters.render.directory import Checkout
from bot.model.source import HelmOptions
library, checkout, walls = helm_library.library_path(), Path(sys.argv[1]), sys.argv[2] == "walls"
held = isolation.enter(
    [str(checkout), sys.prefix, sys.base_prefix, sys.argv[3], "/lib", "/lib64", "/usr/lib"], memory=1 << 30
) if walls else None
try:
    print(held, helm.Library(library).template(Checkout(checkout), "charts/web", ChartFiles(), HelmOptions()))
except helm_library.HelmError as error:
    print(held, "refused:", error)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the walls are Linux's")
@pytest.mark.parametrize("attack", ["link", "network"])
def test_the_walls_hold_without_the_checks(write: Write, outside: Path, server: Server, attack: str) -> None:
    """Helm alone follows links anywhere and fetches schemas; behind the walls it does neither."""
    schema = {f"{CHART}/values.schema.json": json.dumps({"$ref": f"http://{server.address}/x.json"})}
    checkout = write(Scenario({"a.yaml": READS % "x"}, more=schema if attack == "network" else {}).files)
    if attack == "link":
        (checkout / CHART / "x").symlink_to(outside / "secret")

    def template(walls: str) -> str:
        here = Path(__file__).parents[2]
        done = run([sys.executable, "-c", ATTACK, str(checkout), walls, str(here / "bot")], cwd=here, timeout=60)
        assert done.status == 0, done.stderr
        return done.stdout.decode()

    said = template("none")
    before = server.connections
    assert (CANARY in said) == (attack == "link")
    assert before == (1 if attack == "network" else 0)
    said = template("walls")
    assert CANARY not in said
    assert "refused:" in said
    assert server.connections == before
