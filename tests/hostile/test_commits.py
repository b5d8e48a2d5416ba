"""What strangers commit, the whole way from git to the comment: each ends in a finding or in something harmless.

A canary lies outside of the repository and another in a repository beside it; neither is ever read. A server on this
machine is named by whatever can name one, and is never asked. After each of them an honest change is looked at as ever.
"""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.git import GitMirrors
from bot.adapters.render.cache import RenderCache
from bot.adapters.render.materialise import SparseCheckouts
from bot.adapters.render.pool import MEBIBYTE, EnginePool
from bot.adapters.render.renderer import Renderer
from bot.flows.environments import reached_by
from bot.flows.evaluation import Evaluation, evaluate_change
from bot.flows.packs import Packs
from bot.flows.question import Question, Sides
from bot.flows.workbench import Workbench
from bot.model.environment import Configuration, Environment
from bot.report.pull_comment import PullChecks, comment, full_text
from tests.git.conftest import REPOSITORY, Files, Origin

CANARY = "canary-5b1e9d"
DEADLINE = 4.0  # seconds for one render
HONEST = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: honest}\ndata: {a: b}\n"
STOLEN = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: stolen}}\ndata: {{word: {CANARY}}}\n"
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"


@dataclass
class Place:
    """A bot without GitHub: an origin, a mirror, engines, and what must stay untouched."""

    origin: Origin
    mirrors: GitMirrors
    bench: Workbench
    url: str
    asked: list[str]
    outside: Path

    def look(self, files: Files) -> tuple[Evaluation, str]:
        """Look at a change from an empty repository to these files; return all that came of it, and all its words."""
        empty = self.origin.commit({"README.md": "x"}, ref="refs/heads/main")
        made = self.origin.commit(files, empty, ref="refs/heads/change")
        return self.evaluate(empty, made)

    def evaluate(self, empty: str, made: str) -> tuple[Evaluation, str]:
        self.mirrors.fetch(REPOSITORY)
        base, head = self.mirrors.open(REPOSITORY, empty), self.mirrors.open(REPOSITORY, made)
        configuration = Configuration(environments=(Environment("production", "main", "prod"),), policies=())
        reached = reached_by(configuration, "main", "main", base, head)
        touched = self.mirrors.changed_paths(REPOSITORY, empty, made)
        question = Question("acme/shop", configuration, Packs(()), reached, Sides(base, head, touched), "main")
        found = evaluate_change(self.bench, question)
        checks = PullChecks(made, found.results, found.findings)
        return found, comment(checks) + full_text(checks) + repr(found)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    room = tmp_path_factory.mktemp("hostile")
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    origin = Origin(room / "github" / "acme" / "shop.git")
    mirrors = GitMirrors(room / "data", lambda _: origin.path.as_uri(), lambda _: "")
    checkouts = room / "data" / "checkouts"
    (checkouts / "other").mkdir(parents=True)
    (checkouts / "other" / "kustomization.yaml").write_text("resources: [stolen.yaml]\n")
    (checkouts / "other" / "stolen.yaml").write_text(STOLEN)
    (room / "stolen.yaml").write_text(STOLEN)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        pool = EnginePool(root=checkouts, workers=1, deadline=DEADLINE, memory=600 * MEBIBYTE, output=4 * MEBIBYTE)
        with Renderer(pool, SparseCheckouts(checkouts), RenderCache()) as renderer:
            bench = Workbench(renderer, lambda _: None)
            yield Place(origin, mirrors, bench, f"http://127.0.0.1:{server.server_address[1]}", asked, room)
        server.shutdown()
    mirrors.close()


def kustomization(text: str, **more: str | tuple[str, str]) -> Files:
    return {"prod/kustomization.yaml": text, **{name.replace("__", "/"): one for name, one in more.items()}}


def chart(template: str, **more: str | tuple[str, str]) -> Files:
    files: Files = {"prod/Chart.yaml": CHART, "prod/templates/a.yaml": template}
    return {**files, **{name.replace("__", "/"): one for name, one in more.items()}}


def bomb(levels: int = 9) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, levels)]
    return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\n" + "\n".join(lines) + "\n"


def argo(source: dict[str, object], name: str = "evil") -> str:
    body = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name},
        "spec": {"source": {"repoURL": "https://github.com/acme/shop", **source}, "destination": {}},
    }
    return json.dumps(body)


def flux(path: str, name: str = "evil", **more: object) -> str:
    spec = {"path": path, "sourceRef": {"kind": "GitRepository", "name": "flux-system"}, **more}
    return json.dumps(
        {
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
            "kind": "Kustomization",
            "metadata": {"name": name, "namespace": "flux-system"},
            "spec": spec,
        }
    )


LINK = "120000"
# What is committed; what has to be said of it, "" where it is harmless. $SERVER stands for the server, ROOM for the
# directory of the canary.
ROWS: dict[str, tuple[Files, str]] = {
    **{
        f"remote base {target}": (kustomization(f"resources: ['{target}']\n"), "not rendered")
        for target in (
            "$SERVER/x//y?ref=main",
            "$SERVER/x.git",
            "git::$SERVER/x",
            "$SERVER/map.yaml",
            "https://127.0.0.1/x",
            "git@127.0.0.1:x/y",
            "ssh://127.0.0.1/x/y",
            "github.com/acme/x",
            "file:///$ROOM",
            "http://[::1]/x",
        )
    },
    **{
        f"base {target}": (kustomization(f"resources: ['{target}']\n"), "")
        for target in ("../../other", "../../../stolen.yaml", "../../other/stolen.yaml", "/etc", "../../../../../etc")
    },
    "a symbolic link to a file outside": (
        kustomization(
            "resources: [a.yaml]\n",
        )
        | {"prod/a.yaml": (LINK, "../../../../stolen.yaml")},
        "a.yaml",
    ),
    "a symbolic link to a directory outside": (
        kustomization("resources: [a]\n") | {"prod/a": (LINK, "../../other")},
        "leads out",
    ),
    "a chain of links": (
        kustomization("resources: [a.yaml]\n")
        | {"prod/a.yaml": (LINK, "b"), "prod/b": (LINK, "../c"), "c": (LINK, "../other/stolen.yaml")},
        "a.yaml",
    ),
    "a loop of links": (
        kustomization("resources: [a.yaml]\n") | {"prod/a.yaml": (LINK, "b"), "prod/b": (LINK, "a.yaml")},
        "a.yaml",
    ),
    "a kustomization that is a link": ({"prod/kustomization.yaml": (LINK, "../../other/kustomization.yaml")}, ""),
    "a link in plain manifests": ({"prod/x.yaml": HONEST, "prod/a.yaml": (LINK, "/etc/passwd")}, ""),
    "a generator of a file outside": (
        kustomization("configMapGenerator: [{name: a, files: [../../other/stolen.yaml, /etc/passwd]}]\n"),
        "prod",
    ),
    "a generator of variables outside": (
        kustomization("configMapGenerator: [{name: a, envs: [/proc/self/environ]}]\n"),
        "prod",
    ),
    "a patch outside": (kustomization("patches: [{path: ../../other/stolen.yaml}]\n"), "prod"),
    "replacements outside": (kustomization("replacements: [{path: ../../other/stolen.yaml}]\n"), "prod"),
    "openapi outside": (kustomization("openapi: {path: ../../other/stolen.yaml}\n"), "prod"),
    "components outside": (kustomization("components: [../../other]\n"), "prod"),
    "a function that is a container": (
        kustomization("transformers: [f.yaml]\n")
        | {
            "prod/f.yaml": (
                "apiVersion: v1\nkind: F\nmetadata:\n  name: f\n  annotations:\n"
                "    config.kubernetes.io/function: 'container: {image: evil}'\n"
            )
        },
        "runs a program or container",
    ),
    "a function that is a program": (
        kustomization("generators: [f.yaml]\n")
        | {
            "prod/f.yaml": (
                "apiVersion: v1\nkind: F\nmetadata:\n  name: f\n  annotations:\n"
                "    config.kubernetes.io/function: 'exec: {path: /bin/sh}'\n"
            )
        },
        "runs a program or container",
    ),
    "a chart to be fetched": (
        kustomization("helmCharts: [{name: x, repo: $SERVER, version: 1.0.0}]\n"),
        "not rendered",
    ),
    "kustomizations in a circle": (
        kustomization("resources: [../b]\n") | {"b/kustomization.yaml": "resources: [../prod]\n"},
        "cycle",
    ),
    "a kustomization of itself": (kustomization("resources: [.]\n"), "prod"),
    "a bomb among resources": (kustomization("resources: [a.yaml]\n") | {"prod/a.yaml": bomb()}, "expand to too much"),
    "a bomb as a kustomization": (kustomization(bomb().replace("ConfigMap", "Kustomization")), "expand to too much"),
    "a bomb among manifests": ({"prod/a.yaml": bomb()}, "expand to too much"),
    "deep nesting": ({"prod/a.yaml": "a: " + "[" * 100_000}, "nested deeper"),
    "deep nesting in a kustomization": (kustomization("resources: " + "[" * 50_000), "nested deeper"),
    "no UTF-8": ({"prod/a.yaml": b"a: \xff\xfe"}, "not UTF-8"),
    "zero bytes": ({"prod/a.yaml": "a: \0b\n"}, "not valid YAML"),
    "a huge kustomization": (kustomization("resources: []\n" + "# x\n" * 100_000), "larger than"),
    "too much output": (
        kustomization("resources: [a.yaml]\n") | {"prod/a.yaml": HONEST.replace("a: b", f"a: {'x' * 5_000_000}")},
        "larger than",
    ),
    "names that are no names": (
        {"prod/a\nb.yaml": HONEST.replace("honest", "one"), "prod/`x`@here<b>.yaml": HONEST},
        "",
    ),
    "an endless template": (chart('{{- define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'), "prod"),
    "an endless range": (chart("{{ range until 2000000000 }}x{{ end }}"), "not rendered"),
    "a repeated word": (chart('a: {{ repeat 1000000000 "x" }}'), "not rendered"),
    "a template of templates": (
        chart('{{ tpl (repeat 100000 "{{ .Values | toYaml }}") . }}', prod__values_yaml=""),
        "",
    ),
    "a file outside a chart": (chart(HONEST.replace("b}", '{{ .Files.Get "../../other/stolen.yaml" | quote }}}')), ""),
    "a file by its whole path": (chart(HONEST.replace("b}", '{{ .Files.Get "/etc/passwd" | quote }}}')), ""),
    "a template that is a link": (chart(HONEST) | {"prod/templates/b.yaml": (LINK, "../../../other/stolen.yaml")}, ""),
    "a lookup": (chart(HONEST.replace("b}", '{{ lookup "v1" "Secret" "a" "b" | toJson | quote }}}')), ""),
    "a name to be looked up": (chart(HONEST.replace("b}", '{{ getHostByName "127.0.0.1" | quote }}}')), ""),
    "a schema to be fetched": (
        chart(HONEST) | {"prod/values.schema.json": '{"$ref": "$SERVER/schema.json"}', "prod/values.yaml": "a: 1\n"},
        "prod",
    ),
    "a schema from a file": (
        chart(HONEST)
        | {"prod/values.schema.json": '{"$ref": "file:///$ROOM/stolen.yaml"}', "prod/values.yaml": "a: 1\n"},
        "prod",
    ),
    "values that are a bomb": (chart("{{ toYaml .Values }}") | {"prod/values.yaml": bomb(12)}, "prod"),
    "a dependency to be fetched": (
        chart(HONEST) | {"prod/Chart.yaml": CHART + "dependencies: [{name: x, version: 1.0.0, repository: $SERVER}]\n"},
        "missing",
    ),
    "an archive that is none": (chart(HONEST) | {"prod/charts/x-1.0.0.tgz": "not an archive"}, "prod"),
    "an Application out of the repository": ({"prod/a.json": argo({"path": "../../other"})}, "leads out"),
    "an Application of an address within": (
        {"prod/a.json": argo({"repoURL": "$SERVER/x.git", "path": "a"})},
        "neither this one",
    ),
    "an Application of a chart within": (
        {"prod/a.json": argo({"repoURL": "$SERVER", "chart": "x"})},
        "Lockkeeper renders offline",
    ),
    "values out of the repository": (
        {
            "prod/a.json": argo({"path": "web", "helm": {"valueFiles": ["../../other/stolen.yaml"]}}),
            "web/Chart.yaml": CHART,
        },
        "stolen.yaml",
    ),
    "values to be fetched": (
        {
            "prod/a.json": argo({"path": "web", "helm": {"valueFiles": ["$SERVER/values.yaml"]}}),
            "web/Chart.yaml": CHART,
        },
        "fetched",
    ),
    "Applications in a circle": (
        {"prod/a.json": argo({"path": "b"}, "a"), "b/b.json": argo({"path": "prod"}, "b")},
        "",
    ),
    "an Application of itself": ({"prod/a.json": argo({"path": "prod"})}, ""),
    "a plugin": (
        {"prod/a.json": argo({"path": "x", "plugin": {"name": "sh"}}), "x/a.yaml": HONEST},
        "only Argo CD can run it",
    ),
    "a Kustomization out of the repository": ({"prod/f.json": flux("../../other")}, ""),
    "a Kustomization of itself": ({"prod/f.json": flux("./prod")}, ""),
    "variables without an end": (
        {
            "prod/f.json": flux("./x", postBuild={"substitute": {"a": "${a}", "b": "${b:=${b}}"}}),
            "x/a.yaml": HONEST.replace("b}", "'${a}${b}${c:=${c}}'}"),
        },
        "",
    ),
    "variables that wait for each other": (
        {
            "prod/a.json": flux("./x", "a", dependsOn=[{"name": "b"}]),
            "prod/b.json": flux("./y", "b", dependsOn=[{"name": "a"}]),
            "x/a.yaml": HONEST,
            "y/a.yaml": HONEST.replace("honest", "other"),
        },
        "",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_it_is_a_finding_or_harmless(place: Place, name: str) -> None:
    files, words = ROWS[name]

    def filled(text: str | bytes) -> str | bytes:
        return (
            text if isinstance(text, bytes) else text.replace("$SERVER", place.url).replace("$ROOM", str(place.outside))
        )

    given: dict[str, bytes | str | tuple[str, str]] = {
        path: (one[0], str(filled(one[1]))) if isinstance(one, tuple) else filled(one) for path, one in files.items()
    }
    started = time.monotonic()
    found, said = place.look(given)
    assert time.monotonic() - started < 2 * DEADLINE + 10
    assert CANARY not in said and "root:x:0" not in said
    assert place.asked == [], "nobody is asked for anything"
    if words:
        told = [one for one in found.findings if one.state not in ("pass", "skip")]
        assert told and words in "\n".join(f"{one.message} {one.path}" for one in told), told
    honest, _ = place.look({"prod/a.yaml": HONEST})
    assert [one.key.name for each in honest.results for one in each.diff.changes] == ["honest"]


@pytest.mark.parametrize("name", [b"..", b".git", b"a/b", b".GIT"])
def test_names_that_no_honest_tree_has(place: Place, name: bytes) -> None:
    blob = place.origin.blob(STOLEN)
    tree = place.origin.raw_tree(("100644", name, blob), ("40000", b"prod", place.origin.tree({"a.yaml": HONEST})))
    empty = place.origin.commit({"README.md": "x"}, ref="refs/heads/main")
    made = place.origin.commit(tree, empty, ref="refs/heads/change")
    found, said = place.evaluate(empty, made)
    assert [one.key.name for each in found.results for one in each.diff.changes] == ["honest"]
    assert CANARY not in said
