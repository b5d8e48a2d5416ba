"""Do sources written by an enemy stay where they are: nothing read, nobody called, no engine lost for long?

Each wall is shown to be one: the same attack without it succeeds.
"""

from __future__ import annotations

import contextlib
import http.server
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.process import run
from bot.adapters.render.pool import MEBIBYTE
from bot.model.manifest import Rendered
from tests.render.conftest import Write
from tests.render.roots import PooledRenderer
from tests.render.scenarios import BASE, DEPLOYMENT

ROOT = "app"
CANARY = "canary-7c1f"
SECRET = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: stolen}}\ndata: {{word: {CANARY}}}\n"


class Server:
    """An HTTP server on the loopback interface that counts its connections and serves a manifest."""

    def __init__(self) -> None:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def setup(self) -> None:
                server.connections += 1
                super().setup()

            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(SECRET.encode())

            def log_message(self, *words: object) -> None:
                pass

        self.connections = 0
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    with contextlib.closing(Server()) as server:
        yield server


def one_problem(rendered: Rendered) -> tuple[str, int | None, str]:
    assert rendered.resources == ()
    (problem,) = rendered.problems
    assert CANARY not in repr(rendered)
    return problem.path, problem.line, problem.message


REMOTE = [
    ("resources:\n- http://{}/x.yaml\n", "remote base http://{}/x.yaml"),
    ("resources:\n- https://{}/x\n", "remote base https://{}/x"),
    ("resources:\n- HTTP://{}/x.yaml\n", "remote base HTTP://{}/x.yaml"),
    ("RESOURCES:\n- http://{}/x.yaml\n", "remote base http://{}/x.yaml"),
    ("reſources:\n- http://{}/x.yaml\n", "remote base http://{}/x.yaml"),
    ("bases:\n- git::http://{}/a/b.git?ref=main\n", "remote base git::http"),
    ("components:\n- http://{}/a/b.git//c?ref=main\n", "remote base http://{}/a/b.git//c?ref=main"),
    ("resources:\n- github.com/org/repo?ref=main\n", "remote base github.com/org/repo?ref=main"),
    ("resources:\n- git@github.com:org/repo\n", "remote base git@github.com:org/repo"),
    ("resources:\n- ssh://git@{}/org/repo\n", "remote base ssh://git@"),
    ("resources:\n- file:///etc\n", "remote base file:///etc"),
    ("crds:\n- http://{}/x.json\n", "remote file http://{}/x.json"),
    ("openapi:\n  path: http://{}/x.json\n", "remote file http://{}/x.json"),
    ("configurations:\n- http://{}/x.yaml\n", "remote file http://{}/x.yaml"),
    ("patches:\n- path: http://{}/x.yaml\n", "remote file http://{}/x.yaml"),
    ("patches:\n- http://{}/x.yaml\n", "remote file http://{}/x.yaml"),
    ("patchesStrategicMerge:\n- http://{}/x.yaml\n", "remote file http://{}/x.yaml"),
    ("patchesJson6902:\n- path: http://{}/x.yaml\n", "remote file http://{}/x.yaml"),
    ("replacements:\n- path: http://{}/x.yaml\n", "remote file http://{}/x.yaml"),
    ("configMapGenerator:\n- name: a\n  files: [k=http://{}/x]\n", "remote file http://{}/x"),
    ("secretGenerator:\n- name: a\n  envs: [http://{}/x]\n", "remote file http://{}/x"),
    ("generators:\n- http://{}/x.yaml\n", "remote base http://{}/x.yaml"),
    ("transformers:\n- http://{}/x.yaml\n", "remote base http://{}/x.yaml"),
    (
        "generators:\n- |\n  {{apiVersion: builtin, kind: ConfigMapGenerator, metadata: {{name: a}},\n"
        "  files: ['k=http://{}/x']}}\n",
        "remote file http://{}/x",
    ),
    (
        "transformers:\n- '{{apiVersion: builtin, kind: PatchTransformer, metadata: {{name: a}},"
        ' path: "http://{}/x"}}\'\n',
        "remote file http://{}/x",
    ),
]


@pytest.mark.parametrize(("words", "message"), REMOTE)
def test_remote_things_are_refused_with_file_and_line(
    renderer: PooledRenderer, write: Write, server: Server, words: str, message: str
) -> None:
    checkout = write({f"{ROOT}/kustomization.yaml": words.format(server.address)})
    path, line, said = one_problem(renderer.render(checkout, [ROOT])[ROOT])
    assert path == f"{ROOT}/kustomization.yaml"
    assert line is not None
    assert said.startswith("not rendered: " + message.format(server.address))
    assert said.endswith(": Lockkeeper renders offline; vendor it")
    assert server.connections == 0


def test_remote_things_far_below_are_found(renderer: PooledRenderer, write: Write, server: Server) -> None:
    checkout = write(
        {
            f"{ROOT}/kustomization.yaml": "resources: [../base]\ngenerators: [made]\n",
            **BASE,
            f"{ROOT}/made/kustomization.yaml": "resources: [generator.yaml]\n",
            f"{ROOT}/made/generator.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\n"
            f"metadata: {{name: a}}\nfiles:\n- k=http://{server.address}/x\n",
        }
    )
    path, line, said = one_problem(renderer.render(checkout, [ROOT])[ROOT])
    assert (path, line) == (f"{ROOT}/made/generator.yaml", 5)
    assert "remote file" in said
    assert server.connections == 0


ESCAPES = [
    "resources:\n- ../../neighbour\n",
    "bases:\n- ../../neighbour\n",
    "components:\n- ../../neighbour\n",
    "generators:\n- ../../neighbour\n",
    "transformers:\n- ../../neighbour\n",
    "resources:\n- ../base/../../neighbour\n",
    "resources:\n- ../../neighbour/stolen.yaml\n",
    "configMapGenerator:\n- name: a\n  files: [../../neighbour/stolen.yaml]\n",
]


@pytest.mark.parametrize("words", ESCAPES)
def test_nothing_outside_the_checkout_is_built_on(
    renderer: PooledRenderer, write: Write, tmp_path: Path, words: str
) -> None:
    """The neighbour lies where the engine may read: another repository's checkout."""
    neighbour(tmp_path)
    checkout = write({**BASE, f"{ROOT}/kustomization.yaml": words})
    path, line, said = one_problem(renderer.render(checkout, [ROOT])[ROOT])
    assert (path, line) == (f"{ROOT}/kustomization.yaml", words.count("\n"))
    assert said.endswith("leads out of the repository")


@pytest.mark.parametrize("root", ["../neighbour", "/etc", "link"])
def test_no_root_outside_the_checkout(renderer: PooledRenderer, write: Write, tmp_path: Path, root: str) -> None:
    checkout = write(BASE)
    (checkout / "link").symlink_to(neighbour(tmp_path))
    assert one_problem(renderer.render(checkout, [root])[root])[2].endswith("leads out of the repository")


def neighbour(tmp_path: Path) -> Path:
    place = tmp_path / "neighbour"
    place.mkdir()
    (place / "kustomization.yaml").write_text("resources: [stolen.yaml]\n")
    (place / "stolen.yaml").write_text(SECRET)
    return place


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("app/x", "resources: [x]\n"),  # a directory
        ("app/x.yaml", "resources: [x.yaml]\n"),  # a file
        ("app/x.yaml", "configMapGenerator: [{name: a, files: [x.yaml]}]\n"),
        ("app/x.yaml", "patches: [{path: x.yaml}]\nresources: [../base]\n"),
        ("sub", "resources: [../sub/../neighbour]\n"),
    ],
)
def test_symbolic_links_out_of_the_checkout(
    renderer: PooledRenderer, write: Write, tmp_path: Path, link: str, words: str
) -> None:
    place = neighbour(tmp_path)
    checkout = write({**BASE, f"{ROOT}/kustomization.yaml": words})
    (checkout / link).symlink_to(place / "stolen.yaml" if link.endswith(".yaml") else place)
    rendered = renderer.render(checkout, [ROOT])[ROOT]
    assert rendered.resources == ()
    assert rendered.problems
    assert CANARY not in repr(rendered)


def test_symbolic_links_in_plain_directories(renderer: PooledRenderer, write: Write, tmp_path: Path) -> None:
    place = neighbour(tmp_path)
    checkout = write({"plain/a.yaml": DEPLOYMENT})
    (checkout / "plain/b.yaml").symlink_to(place / "stolen.yaml")
    (checkout / "plain/c").symlink_to(place)
    rendered = renderer.render(checkout, ["plain"])["plain"]
    assert CANARY not in repr(rendered)
    assert [one.kind for one in rendered.resources] == ["Deployment"]


def test_links_inside_the_checkout_may_not_hide_a_way_out(
    renderer: PooledRenderer, write: Write, tmp_path: Path
) -> None:
    """kustomize resolves links first: seen from `deep/er`, `../..` is not where the words point."""
    neighbour(tmp_path)
    checkout = write(
        {
            "a/b/c/kustomization.yaml": "resources: [../../link]\n",
            "top/kustomization.yaml": "resources: [../../neighbour]\n",
        }
    )
    (checkout / "a/link").symlink_to(checkout / "top")
    path, _, said = one_problem(renderer.render(checkout, ["a/b/c"])["a/b/c"])
    assert path == "top/kustomization.yaml"
    assert said.endswith("leads out of the repository")


ATTACK = """
import sys
from pathlib import Path
from bot.adapters.render import isolation, kustomize
library, root, walls = kustomize.library_path(), Path(sys.argv[1]), sys.argv[2] == "walls"
held = isolation.enter(
    [str(root.parent), sys.prefix, sys.base_prefix, sys.argv[3], "/lib", "/lib64", "/usr/lib"], memory=1 << 30
) if walls else None
import orjson
try:
    print(held, kustomize.Library(library).build(root).decode())
except kustomize.KustomizeError as error:
    print(held, "refused:", error)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the walls are Linux's")
@pytest.mark.parametrize("attack", ["directory", "network"])
def test_the_walls_hold_without_the_walk(write: Write, tmp_path: Path, server: Server, attack: str) -> None:
    """kustomize alone reads any directory as a base and fetches any URL; behind the walls it does neither."""
    neighbour(tmp_path)
    entry = "../../neighbour" if attack == "directory" else f"http://{server.address}/x.yaml"
    checkout = write({f"{ROOT}/kustomization.yaml": f"resources: ['{entry}']\n"})

    def build(walls: str) -> str:
        package = str(Path(__file__).parents[2] / "bot")
        done = run(
            [sys.executable, "-c", ATTACK, str(checkout / ROOT), walls, package],
            cwd=Path(__file__).parents[2],
            timeout=60,
            env={"PATH": "/nonexistent"},
        )
        assert done.status == 0, done.stderr
        return done.stdout.decode()

    assert CANARY in build("none")
    before = server.connections
    assert before == (1 if attack == "network" else 0)
    said = build("walls")
    assert CANARY not in said
    assert "refused:" in said
    assert server.connections == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the walls are Linux's")
def test_capabilities_say_what_holds(renderer: PooledRenderer) -> None:
    found = renderer.capabilities()
    assert found.kustomize.engine in ("library", "binary")
    assert found.kustomize.version
    assert found.trusted or found.reason
    if found.landlock >= 4:
        assert found.trusted


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the walls are Linux's")
def test_a_wall_with_a_hole_is_seen() -> None:
    """What holds is tried out: Landlock that lets everything be read closes nothing."""
    code = (
        "from bot.adapters.render.isolation import enter\n"
        "held = enter(['/'], memory=1 << 30); print(held.files_closed, held.reason)"
    )
    here = Path(__file__).parents[2]
    done = run([sys.executable, "-c", code], cwd=here, timeout=60)
    assert done.stdout.startswith(b"False ")
    assert b"files outside the checkout can be read" in done.stdout


def bomb(levels: int) -> str:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    for level in range(levels):
        here, below = chr(ord("b") + level), chr(ord("a") + level)
        lines.append(f"{here}: &{here} [{','.join([f'*{below}'] * 10)}]")
    return "\n".join(lines) + "\n"


LISTS_X = "resources: [x.yaml]\n"
YAML = [
    ("bomb", SECRET.replace(CANARY, "x") + bomb(8), 10, "aliases expand"),
    ("brackets", "[" * 100_000, 1, "nested deeper"),
    ("sequences", "- " * 100_000, 1, "nested deeper"),
    ("own alias", "a: &a [*a]\n", 1, "contains itself"),
    ("twins", "a: 1\nb: 2\na: 3\n", 3, "stands twice"),
    ("not text", b"a: \xff\n", 1, "not UTF-8"),
    ("size", b"a: " + b"x" * (10 * MEBIBYTE), None, "larger than"),
]


@pytest.mark.parametrize("given", YAML, ids=[one[0] for one in YAML])
def test_hostile_yaml_is_a_problem_and_no_crash(
    renderer: PooledRenderer, write: Write, given: tuple[str, str | bytes, int | None, str]
) -> None:
    _, text, line, words = given
    checkout = write({"plain/x.yaml": text})
    path, found, said = one_problem(renderer.render(checkout, ["plain"])["plain"])
    assert (path, found) == ("plain/x.yaml", line)
    assert words in said


@pytest.mark.parametrize(
    ("name", "line", "words"), [("bomb", 10, "aliases expand"), ("brackets", None, "")], ids=["bomb", "brackets"]
)
def test_hostile_yaml_in_a_kustomization(
    renderer: PooledRenderer, write: Write, name: str, line: int | None, words: str
) -> None:
    """The bomb is found before kustomize, which has no guard of its own, can expand it."""
    text = next(text for known, text, *_ in YAML if known == name)
    files = {"a/kustomization.yaml": text, "b/kustomization.yaml": LISTS_X, "b/x.yaml": text}
    found = renderer.render(write(files), ["a", "b"])
    assert found["a"].problems
    path, number, said = one_problem(found["b"])
    assert path == "b/x.yaml"
    assert number == (line or 1)
    assert words in said


def test_a_build_that_needs_too_much_memory_ends_its_engine_only(write: Write, tmp_path: Path) -> None:
    """A patch written into the kustomization is not looked into; kustomize expands its aliases."""
    inner = "\n".join(f"    {line}" for line in bomb(9).splitlines())
    checkout = write(
        {
            "evil/kustomization.yaml": "resources: [../base]\npatches:\n- patch: |\n    apiVersion: apps/v1\n"
            f"    kind: Deployment\n    metadata: {{name: web}}\n{inner}\n",
            **BASE,
        }
    )
    with PooledRenderer(root=tmp_path, workers=1, memory=300 * MEBIBYTE, deadline=60) as renderer:
        _, _, said = one_problem(renderer.render(checkout, ["evil"])["evil"])
        assert "needs more than 300 MB of memory" in said
        assert len(renderer.render(checkout, ["base"])["base"].resources) == 2


def test_too_much_output(write: Write, tmp_path: Path) -> None:
    big = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{x: {'x' * MEBIBYTE}}}\n"
    checkout = write({"plain/a.yaml": big, "kust/kustomization.yaml": "resources: [a.yaml]\n", "kust/a.yaml": big})
    with PooledRenderer(root=tmp_path, workers=1, output=MEBIBYTE) as renderer:
        for root in ("plain", "kust"):
            assert "larger than 1 MB" in one_problem(renderer.render(checkout, [root])[root])[2]
