"""Remote bases and charts are rendered where they are allowed and pinned; otherwise nobody is asked for anything."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.remote.sources import RemoteSources
from bot.adapters.render.building import build_renderer
from bot.flows.environments import reached_by
from bot.flows.evaluation import Evaluation, evaluate_change
from bot.flows.packs import Packs
from bot.flows.question import Question, Sides
from bot.flows.workbench import Workbench
from bot.model.environment import ChartPin, Configuration, Environment, RenderRules
from bot.sandbox.server import Sandbox
from tests.applications.trees import MemoryTree
from tests.referee.plugin import watch
from tests.remote.archives import archive

MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {a: b}\n"
BASES = {
    "web/kustomization.yaml": "resources: [map.yaml]\n",
    "web/map.yaml": MAP % "from-far",
}


class Shop(http.server.BaseHTTPRequestHandler):
    """Serves what lies in `files`, and writes down what it was asked for."""

    files: dict[str, bytes]
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        data = self.files.get(self.path)
        if self.path == "/moved/index.yaml":
            self.send_response(302)
            self.send_header("Location", "/stable/index.yaml")
            self.end_headers()
            return
        self.send_response(200 if data is not None else 404)
        self.end_headers()
        self.wfile.write(data or b"")

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def shop() -> Iterator[tuple[str, type[Shop]]]:
    """A web server on this machine, by its address."""

    class Mine(Shop):
        """A shop of one test."""

    Mine.files, Mine.asked = {}, []
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mine) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", Mine
        server.shutdown()


def evaluate(tmp_path: Path, allowed: list[str], files: dict[str, str], rules: RenderRules | None = None) -> Evaluation:
    """Look at a repository that was empty before, with these addresses allowed."""
    environment = Environment("production", "main", "prod")
    configuration = Configuration(environments=(environment,), policies=(), render=rules or RenderRules())
    remote = RemoteSources(tmp_path / "remotes", allowed)
    base, head = MemoryTree({}), MemoryTree(files)
    with build_renderer(tmp_path / "data", workers=1, remotes=remote) as renderer:
        bench = Workbench(renderer, lambda _: None, remotes=remote)
        reached = reached_by(configuration, "main", "main", base, head)
        question = Question("acme/gitops", configuration, Packs(()), reached, Sides(base, head, sorted(files)), "main")
        return evaluate_change(bench, question)


def names(found: Evaluation) -> list[str]:
    return sorted(one.key.name for each in found.results for one in each.diff.changes)


def said(found: Evaluation) -> str:
    return "\n".join(one.message for one in found.findings if one.concern == "manifests")


@pytest.fixture
def bases(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A repository with a base, at its address and commit."""
    with Sandbox(tmp_path / "github", observers=[watch]) as sandbox:
        sandbox.world.add_organization("acme")
        sandbox.world.add_repository("acme/bases", files=BASES)
        yield f"{sandbox.url}/acme/bases.git", sandbox.world.branch_sha("acme/bases", "main") or ""


def overlay(url: str, ref: str) -> dict[str, str]:
    return {"prod/kustomization.yaml": f"namePrefix: p-\nresources:\n  - {url}//web?ref={ref}\n"}


def test_a_base_that_is_allowed_and_pinned_is_rendered(tmp_path: Path, bases: tuple[str, str]) -> None:
    url, commit = bases
    found = evaluate(tmp_path, [url.removesuffix("/acme/bases.git")], overlay(url, commit))
    assert names(found) == ["p-from-far"]
    assert said(found) == ""


@pytest.mark.parametrize("ref", ["main", "0" * 40])
def test_a_base_that_is_not_pinned_or_not_there_is_not_rendered(
    tmp_path: Path, bases: tuple[str, str], ref: str
) -> None:
    url, _ = bases
    found = evaluate(tmp_path, [url.removesuffix("/acme/bases.git")], overlay(url, ref))
    assert names(found) == []
    assert f"not rendered: remote base {url}//web?ref={ref}" in said(found)


def test_nobody_is_asked_for_a_base_that_is_not_allowed(tmp_path: Path, shop: tuple[str, type[Shop]]) -> None:
    url, server = shop
    for allowed in ([], [f"{url}/other"], ["https://example.com"]):
        found = evaluate(tmp_path, allowed, overlay(f"{url}/acme/bases.git", "1" * 40))
        assert "not rendered: remote base" in said(found)
    assert server.asked == []
    evaluate(tmp_path, [url], overlay(f"{url}/acme/bases.git", "1" * 40))
    assert server.asked, "the server would have noticed"


CHART = archive(
    ("web/Chart.yaml", b"apiVersion: v2\nname: web\nversion: 1.2.3\n"),
    ("web/values.yaml", b"size: 1\n"),
    ("web/templates/map.yaml", (MAP % "{{ .Release.Name }}-{{ .Values.size }}").encode()),
)
DIGEST = f"sha256:{hashlib.sha256(CHART).hexdigest()}"


def application(url: str) -> dict[str, str]:
    """An Argo CD Application of a remote chart with a values file of this repository."""
    spec = {
        "sources": [
            {
                "repoURL": url,
                "chart": "web",
                "targetRevision": "1.2.3",
                "helm": {"valueFiles": ["$here/values/web.yaml"]},
            },
            {"repoURL": "https://github.com/acme/gitops", "ref": "here"},
        ],
        "destination": {"namespace": "web"},
    }
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "shop"}, "spec": spec}
    return {"prod/app.json": json.dumps(body), "values/web.yaml": "size: 7\n"}


def stocked(server: type[Shop], data: bytes = CHART, where: str = "web-1.2.3.tgz") -> None:
    index = {"entries": {"web": [{"version": "1.2.3", "urls": [where]}]}}
    server.files = {"/stable/index.yaml": json.dumps(index).encode(), "/stable/web-1.2.3.tgz": data}


def pinned(url: str, digest: str = DIGEST) -> RenderRules:
    return RenderRules(charts=(ChartPin(url, "web", "1.2.3", digest),))


def test_a_chart_that_is_allowed_and_pinned_is_rendered_with_this_repositorys_values(
    tmp_path: Path, shop: tuple[str, type[Shop]]
) -> None:
    url, server = f"{shop[0]}/stable", shop[1]
    stocked(server)
    assert "shop-7" in names(evaluate(tmp_path, [shop[0]], application(url), pinned(url)))
    server.asked.clear()
    assert "shop-7" in names(evaluate(tmp_path, [shop[0]], application(url), pinned(url)))
    assert server.asked == [], "it is kept under its digest"


def test_flux_names_charts_too(tmp_path: Path, shop: tuple[str, type[Shop]]) -> None:
    url, server = f"{shop[0]}/stable", shop[1]
    stocked(server)
    text = (
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\n"
        "metadata: {name: stable, namespace: flux-system}\n"
        f"spec: {{url: {url}}}\n---\n"
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        "metadata: {name: shop, namespace: flux-system}\nspec:\n"
        "  chart: {spec: {chart: web, version: 1.2.3, sourceRef: {kind: HelmRepository, name: stable}}}\n"
        "  values: {size: 9}\n"
    )
    assert "shop-9" in names(evaluate(tmp_path, [shop[0]], {"prod/release.yaml": text}, pinned(url)))


@pytest.mark.parametrize("why", ["no pin", "another digest", "not allowed", "tampered", "elsewhere", "moved"])
def test_a_chart_is_not_rendered(tmp_path: Path, shop: tuple[str, type[Shop]], why: str) -> None:
    url, server = f"{shop[0]}/stable", shop[1]
    stocked(server)
    rules, allowed = pinned(url), [shop[0]]
    match why:
        case "no pin":
            rules = RenderRules()
        case "another digest":
            rules = pinned(url, "sha256:" + "0" * 64)
        case "not allowed":
            allowed = [f"{shop[0]}/other"]
        case "tampered":
            stocked(server, CHART + b"x")
        case "elsewhere":
            stocked(server, where="https://example.com/web-1.2.3.tgz")
        case "moved":
            url = f"{shop[0]}/moved"
            rules = pinned(url)
    found = evaluate(tmp_path, allowed, application(url), rules)
    assert names(found) == ["shop"], "only the Application itself"
    assert "the chart `web` lies in the Helm repository" in said(found)
    assert (server.asked == []) is (why in ("no pin", "not allowed"))
    assert not [*(tmp_path / "remotes").glob("*")] or why == "elsewhere"
