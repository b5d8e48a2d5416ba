"""What an Argo CD Application deploys, feature by feature as Argo CD's documentation has it."""

from __future__ import annotations

import pytest

from bot.checks.applications import argocd
from bot.model.source import HelmOptions, PlainOptions, Source
from bot.model.tree import Tree
from tests.applications.argo import (
    CHART,
    HERE,
    KUSTOMIZATION,
    application,
    declaration,
    messages,
    only_source,
    place,
    resource,
)
from tests.applications.trees import MemoryTree

FILES = {
    "overlays/prod/kustomization.yaml": KUSTOMIZATION,
    "overlays/staging/kustomization.yml": KUSTOMIZATION,
    "charts/web/Chart.yaml": CHART,
    "both/Chart.yaml": CHART,
    "both/kustomization.yaml": KUSTOMIZATION,
    "plain/web.yaml": "kind: Service\n",
    "plain/deep/more.yaml": "kind: Service\n",
    "top.yaml": "kind: Service\n",
}
HELM = HelmOptions(release="web", namespace="default")
PLAIN = PlainOptions(recurse=False, hidden=True)
DEEP = Source("plain", "plain", plain=PlainOptions(hidden=True))


def test_where_an_application_is_declared() -> None:
    (found,) = argocd.applications(
        resource(f"""
            apiVersion: argoproj.io/v1alpha1
            kind: Application
            metadata: {{name: guestbook, namespace: argocd}}
            spec:
              project: default
              source: {{repoURL: "{HERE}", targetRevision: HEAD, path: overlays/prod}}
              destination: {{server: "https://kubernetes.default.svc", namespace: shop}}
        """),
        place(FILES),
    )
    assert (found.name, found.declared_as, found.path, found.line) == (
        "guestbook",
        "Argo CD Application",
        "apps/web.yaml",
        3,
    )
    assert found.sources == (Source("overlays/prod", "kustomize"),)
    assert (found.problems, found.notes, found.after) == ((), (), ())


DISCOVERED = [
    ("a kustomization", "overlays/prod", Source("overlays/prod", "kustomize")),
    ("one called .yml", "overlays/staging", Source("overlays/staging", "kustomize")),
    ("a chart", "charts/web", Source("charts/web", "helm", HELM)),
    ("both: kustomize goes first", "both", Source("both", "kustomize")),
    ("manifests, of this directory only", "plain", Source("plain", "plain", plain=PLAIN)),
    ("the whole repository", ".", Source("", "plain", plain=PLAIN)),
    ("a path that could be shorter", "./overlays//prod/", Source("overlays/prod", "kustomize")),
]


@pytest.mark.parametrize(("path", "expected"), [row[1:] for row in DISCOVERED], ids=[row[0] for row in DISCOVERED])
def test_the_tool_is_the_one_the_directory_is_for(path: str, expected: Source) -> None:
    assert only_source(f"source: {{repoURL: HERE, path: {path}}}", place(FILES)) == expected


EXPLICIT = [
    ("kustomize, asked for", "both, kustomize: {}", Source("both", "kustomize")),
    ("helm, asked for", "both, helm: {}", Source("both", "helm", HELM)),
    ("a directory, asked for", "both, directory: {}", Source("both", "plain", plain=PLAIN)),
    (
        "a directory's patterns",
        "plain, directory: {recurse: true, include: '*.yaml', exclude: 'deep/*'}",
        Source("plain", "plain", plain=PlainOptions(True, "*.yaml", "deep/*", hidden=True)),
    ),
]


@pytest.mark.parametrize(("path", "expected"), [row[1:] for row in EXPLICIT], ids=[row[0] for row in EXPLICIT])
def test_the_tool_is_the_one_asked_for(path: str, expected: Source) -> None:
    assert only_source(f"source: {{repoURL: HERE, path: {path}}}", place(FILES)) == expected


URLS = [
    "https://github.com/acme/shop",
    "git@github.com:acme/shop.git",
    "ssh://git@github.com/Acme/Shop.git",
    "https://user@github.com/acme/shop.git",
]


@pytest.mark.parametrize("url", URLS)
def test_this_repository_in_whatever_way_it_is_written(url: str) -> None:
    assert only_source(f"source: {{repoURL: '{url}', path: overlays/prod}}", place(FILES)).repository == ""


REVISIONS = [("", ""), ("HEAD", ""), ("main", ""), ("refs/heads/main", ""), ("v1.2.3", "v1.2.3"), ("dev", "dev")]


@pytest.mark.parametrize(("revision", "expected"), REVISIONS)
def test_revisions(revision: str, expected: str) -> None:
    spec = f"source: {{repoURL: HERE, path: overlays/prod, targetRevision: '{revision}'}}"
    assert only_source(spec, place(FILES)).revision == expected


def test_files_of_another_repository_that_may_be_read() -> None:
    others: dict[tuple[str, str], Tree] = {("acme/infra", "v2"): MemoryTree({"web/Chart.yaml": CHART})}
    where = place(FILES, others=("acme/infra",), trees=lambda *key: others.get(key))
    spec = "source: {repoURL: 'https://github.com/acme/infra', path: web, targetRevision: v2}"
    assert only_source(spec, where) == Source("web", "helm", HELM, repository="acme/infra", revision="v2")
    gone = application("source: {repoURL: 'https://github.com/acme/infra', path: web, targetRevision: v3}", where)
    assert messages([gone]) == ["not rendered: its revision `v3` of `acme/infra` cannot be read"]


def test_without_a_look_at_another_repository_the_tool_must_be_said() -> None:
    where = place(FILES, others=("acme/infra",))
    spec = "source: {{repoURL: 'https://github.com/acme/infra', path: web{}}}"
    expected = Source("web", "helm", HELM, repository="acme/infra", revision="HEAD")
    assert only_source(spec.format(", helm: {}"), where) == expected
    assert messages([application(spec.format(""), where)]) == [
        "not rendered: which tool `web` needs cannot be seen from here"
    ]
    edited = application(spec.format(", kustomize: {namePrefix: a-}"), where)
    assert messages([edited]) == [
        "not rendered: its options are edited into a kustomization that cannot be read from here"
    ]


def test_several_sources() -> None:
    found = application(
        """
        sources:
        - {repoURL: HERE, path: overlays/prod}
        - {repoURL: HERE, path: charts/web, helm: {valueFiles: [$values/plain/web.yaml]}}
        - {repoURL: HERE, ref: values}
        - {repoURL: 'https://charts.example', chart: redis, targetRevision: 1.0.0}
        source: {repoURL: HERE, path: plain}
        """,
        place(FILES),
    )
    assert [(one.path, one.engine) for one in found.sources] == [("overlays/prod", "kustomize"), ("charts/web", "helm")]
    assert messages([found]) == [
        "`spec.sources[3]`: not rendered: the chart `redis` lies in the Helm repository `https://charts.example`: "
        "Lockkeeper renders offline"
    ]
    assert found.problems[0].remote
    assert found.notes == ("`spec.source` does not count, because `spec.sources` is there",)


def test_what_the_hydrator_renders_is_its_dry_source() -> None:
    spec = """
        sourceHydrator:
          drySource: {repoURL: HERE, targetRevision: HEAD, path: charts/web, helm: {releaseName: dry}}
          syncSource: {targetBranch: environments/dev, path: web}
    """
    assert only_source(spec, place(FILES)) == Source("charts/web", "helm", HelmOptions("dry"))


def test_overrides_that_are_committed_beside_the_manifests() -> None:
    files = {
        **FILES,
        "charts/web/.argocd-source.yaml": "helm: {releaseName: general, namespace: a}\npath: elsewhere\n",
        "charts/web/.argocd-source-web.yaml": "helm: {releaseName: own, skipCrds: null}\n",
    }
    spec = "source: {repoURL: HERE, path: charts/web, helm: {releaseName: x, skipCrds: true}}"
    assert only_source(spec, place(files)).helm == HelmOptions("own", "a")
    assert only_source(spec, place(files), "api").helm == HelmOptions("general", "a", crds=False)
    assert argocd.reads(declaration(spec), place(files)) == (
        "charts/web/.argocd-source.yaml",
        "charts/web/.argocd-source-web.yaml",
    )


def test_overrides_may_choose_the_tool() -> None:
    files = {**FILES, "both/.argocd-source.yaml": "helm: {}\n"}
    assert only_source("source: {repoURL: HERE, path: both}", place(files)).engine == "helm"


def test_jsonnet_is_told_and_the_rest_is_rendered() -> None:
    files = {**FILES, "plain/a.jsonnet": "{}", "plain/lib.libsonnet": "{}", "plain/deep/b.jsonnet": "{}"}
    found = application("source: {repoURL: HERE, path: plain}", place(files))
    assert found.sources == (Source("plain", "plain", plain=PLAIN),)
    assert messages([found]) == ["a part is not rendered: `plain/a.jsonnet` is Jsonnet, which only Argo CD evaluates"]
    spec = "source: {repoURL: HERE, path: plain, directory: {recurse: true, exclude: 'a.*'}}"
    assert messages([application(spec, place(files))]) == [
        "a part is not rendered: `plain/deep/b.jsonnet` is Jsonnet, which only Argo CD evaluates"
    ]


PLUGINS = [
    ("by its name", "plugin: {name: argocd-vault-plugin}", "", DEEP),
    (
        "a sidecar of a version",
        "plugin: {name: avp-directory-v1.0}",
        "",
        DEEP,
    ),
    ("by a placeholder", "plugin: {env: []}", "<path:secret/data/a#b>", DEEP),
]


@pytest.mark.parametrize(("plugin", "text", "expected"), [row[1:] for row in PLUGINS], ids=[row[0] for row in PLUGINS])
def test_the_vault_plugin_is_left_out(plugin: str, text: str, expected: Source) -> None:
    where = place({"plain/web.yaml": f"password: {text}\n"})
    found = application(f"source: {{repoURL: HERE, path: plain, {plugin}}}", where)
    assert (found.sources, found.problems) == ((expected,), ())
    assert found.notes == ("placeholders of argocd-vault-plugin are left as they are",)


def test_the_vault_plugin_over_a_chart() -> None:
    files = {**FILES, "charts/web/prod.yaml": ""}
    found = application(
        """
        source:
          repoURL: HERE
          path: charts/web
          plugin:
            name: argocd-vault-plugin-helm
            env:
            - {name: HELM_ARGS, value: "-f prod.yaml --set a=1 --set-string=b=2 --debug"}
            - {name: AVP_TYPE, value: vault}
        destination: {namespace: shop}
        """,
        place(files),
    )
    (source,) = found.sources
    assert (source.engine, source.helm.namespace) == ("helm", "shop")
    assert [str(one) for one in source.helm.values] == [
        "ValuesFile(path='charts/web/prod.yaml', optional=False)",
        "Parameter(name='a', value='1', text=False)",
        "Parameter(name='b', value='2', text=True)",
    ]
    assert found.notes == (
        "placeholders of argocd-vault-plugin are left as they are",
        "the argument `--debug` of the plugin is not heeded",
        "the plugin's variable `AVP_TYPE` is not heeded",
    )


WRONG = [
    (
        "nothing at all",
        "{}",
        "not rendered: it has no source",
        "say what it deploys in `spec.source` or `spec.sources`",
    ),
    ("no repository", "source: {path: plain}", "not rendered: `spec.source` names no `repoURL`", ""),
    ("no path", "source: {repoURL: HERE}", "not rendered: `spec.source` has neither `path` nor `chart`", ""),
    (
        "another repository",
        "source: {repoURL: 'https://github.com/else/where', path: a}",
        "not rendered: its repository `https://github.com/else/where` is neither this one nor configured",
        "list it among the repositories that may be read beside this one (`render.repositories`)",
    ),
    (
        "a range of tags",
        "source: {repoURL: HERE, path: plain, targetRevision: '1.*'}",
        "not rendered: its revision `1.*` is a range of tags, and which is newest shows on the cluster only",
        "name one tag, branch or commit as `targetRevision`",
    ),
    (
        "a remote chart",
        "source: {repoURL: 'https://charts.example/stable', chart: redis, targetRevision: 1.2.3}",
        "not rendered: the chart `redis` lies in the Helm repository `https://charts.example/stable`: "
        "Lockkeeper renders offline",
        "commit the chart to this repository and name its directory as `path`; or pin it, "
        "where whoever runs Lockkeeper allows its address (LOCKKEEPER_REMOTE_SOURCES)",
    ),
    (
        "an artifact of a registry",
        "source: {repoURL: 'oci://registry.example/web', path: .}",
        "not rendered: the chart `web` lies in the registry `oci://registry.example`: Lockkeeper renders offline",
        "commit the chart to this repository and name its directory as `path`; or pin it, "
        "where whoever runs Lockkeeper allows its address (LOCKKEEPER_REMOTE_SOURCES)",
    ),
    (
        "a directory that is not there",
        "source: {repoURL: HERE, path: overlays/pord}",
        "not rendered: the directory `overlays/pord` does not exist",
        "did you mean overlays/prod?",
    ),
    (
        "a file",
        "source: {repoURL: HERE, path: top.yaml}",
        "not rendered: `top.yaml` is a file, and `path` must name a directory",
        "",
    ),
    (
        "out of the repository",
        "source: {repoURL: HERE, path: ../secrets}",
        "not rendered: the path `../secrets` leads out of the repository",
        "",
    ),
    (
        "from the root of the disk",
        "source: {repoURL: HERE, path: /etc}",
        "not rendered: the path `/etc` leads out of the repository",
        "",
    ),
    (
        "two tools",
        "source: {repoURL: HERE, path: plain, helm: {}, directory: {}}",
        "not rendered: `spec.source` asks for several tools at once: helm, directory",
        "",
    ),
    (
        "a plugin",
        "source: {repoURL: HERE, path: plain, plugin: {name: my-tool}}",
        "not rendered: the config management plugin `my-tool` makes the manifests, and only Argo CD can run it",
        "let Helm, kustomize or a directory make them, to see them here",
    ),
    (
        "a plugin that Argo CD finds out itself",
        "source: {repoURL: HERE, path: plain, plugin: {}}",
        "not rendered: a config management plugin makes the manifests, and only Argo CD can run it",
        "let Helm, kustomize or a directory make them, to see them here",
    ),
    (
        "a number for a text",
        "source: {repoURL: HERE, path: plain, targetRevision: 1.0}",
        "wrong in the Application: `spec.source.targetRevision` must be a text, not a number",
        "",
    ),
    (
        "a list for a mapping",
        "source: {repoURL: HERE, path: charts/web, helm: [a]}",
        "wrong in the Application: `spec.source.helm` must be a mapping, not a list",
        "",
    ),
    (
        "a parameter that is no text",
        "source: {repoURL: HERE, path: charts/web, helm: {parameters: [{name: a, value: 3}]}}",
        "wrong in the Application: `spec.source.helm.parameters[0].value` must be a text, not a number",
        "",
    ),
    (
        "a label that is no text",
        "source: {repoURL: HERE, path: overlays/prod, kustomize: {commonLabels: {a: true}}}",
        "wrong in the Application: `spec.source.kustomize.commonLabels` must hold texts; `a` is true or false",
        "",
    ),
    (
        "an override that is no YAML",
        "source: {repoURL: HERE, path: broken}",
        "not read: `broken/.argocd-source.yaml`: the key 'helm' stands twice in one mapping",
        "",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "message", "how"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_said(spec: str, message: str, how: str) -> None:
    where = place({**FILES, "broken/.argocd-source.yaml": "helm: {}\nhelm: {}\n"})
    (problem,) = application(spec, where).problems
    assert problem.message == message
    assert (problem.how, problem.path, problem.line) == (how, "apps/web.yaml", 3)


def test_a_nameless_application() -> None:
    assert messages([application("source: {repoURL: HERE, path: plain}", place(FILES), "")]) == [
        "not rendered: it has no name"
    ]


@pytest.mark.parametrize(
    "source",
    [
        "{repoURL: 'https://github.com/else/where', path: a}",
        "{repoURL: 'https://charts.example', chart: redis}",
        "{repoURL: 'oci://registry.example/web', path: .}",
        "{repoURL: HERE, path: plain, plugin: {name: my-tool}}",
    ],
)
def test_what_would_have_to_be_fetched_is_nobodys_mistake(source: str) -> None:
    (problem,) = application(f"source: {source}", place(FILES)).problems
    assert problem.remote


def test_what_is_not_there_is_a_mistake() -> None:
    (problem,) = application("source: {repoURL: HERE, path: gone}", place(FILES)).problems
    assert not problem.remote
