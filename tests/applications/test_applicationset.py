"""What the generators of an ApplicationSet make, each as Argo CD's documentation has it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.checks.applications import applicationset
from bot.checks.applications.globs import doublestar
from bot.checks.applications.place import Place
from bot.model.source import Source, ValuesText
from bot.model.tree import Tree
from tests.applications.argo import CLUSTERS, KUSTOMIZATION, declared_set, generated, messages, place
from tests.applications.trees import MemoryTree

FILES = {
    "apps/web/kustomization.yaml": KUSTOMIZATION,
    "apps/api/kustomization.yaml": KUSTOMIZATION,
    "apps/api/base/kustomization.yaml": KUSTOMIZATION,
    "apps/.hidden/kustomization.yaml": KUSTOMIZATION,
    "apps/old_one/kustomization.yaml": KUSTOMIZATION,
    "clusters/dev/config.json": (
        '{"cluster": {"name": "dev", "owner": "a"}, "size": 1000000, "on": true, "tags": ["x", "y"]}'
    ),
    "clusters/prod/eu/config.json": '[{"cluster": {"name": "eu1"}}, {"cluster": {"name": "eu2"}}]',
    "clusters/empty.yaml": "",
}

# The template writes the parameters it is asked for into an annotation, so that they can be read here.
TEMPLATE = """
template:
  metadata: {{name: '{name}'}}
  spec:
    source: {{repoURL: HERE, path: apps/web, helm: {{values: '{values}'}}}}
"""


def made(generators: str, name: str, values: str = "", where: Place | None = None, more: str = "") -> dict[str, str]:
    """Return the applications' names, each with what `values` is filled in to."""
    spec = f"generators:\n{generators}\n{more}\n" + TEMPLATE.format(name=name, values=values)
    found = generated(spec, where or place(FILES))
    assert messages(found) == []
    layers = {one.name: [layer for source in one.sources for layer in source.helm.values] for one in found}
    return {name: "".join(one.text for one in made if isinstance(one, ValuesText)) for name, made in layers.items()}


def refused(generators: str, where: Place | None = None, more: str = "") -> list[str]:
    spec = f"generators:\n{generators}\n{more}\n" + TEMPLATE.format(name="x", values="")
    return messages(generated(spec, where or place(FILES)))


GO = "goTemplate: true"
DIRECTORIES = "- git: {repoURL: HERE, revision: HEAD, directories: [{path: apps/*}]}"
TABLE: list[tuple[str, str, str, str, str, dict[str, str]]] = [
    (
        "a list",
        "- list: {elements: [{cluster: dev, url: https://1}, {cluster: prod, url: https://2}]}",
        "{{cluster}}-web",
        "{{ url }}",
        "",
        {"dev-web": "https://1", "prod-web": "https://2"},
    ),
    (
        "a list with values",
        "- list: {elements: [{cluster: dev, values: {project: a}}]}",
        "{{cluster}}",
        "{{values.project}}",
        "",
        {"dev": "a"},
    ),
    (
        "a list with anything in it, for Go",
        "- list: {elements: [{cluster: dev, size: 3, inner: {a: [b]}}]}",
        "{{.cluster}}",
        "{{.size}} {{ index .inner.a 0 }}",
        GO,
        {"dev": "3 b"},
    ),
    (
        "a list written as text",
        "- list: {elementsYaml: '[{cluster: dev}, {cluster: prod}]'}",
        "{{cluster}}",
        "",
        "",
        {"dev": "", "prod": ""},
    ),
    (
        "several generators",
        "- list: {elements: [{cluster: dev}]}\n- list: {elements: [{cluster: prod}]}",
        "{{cluster}}",
        "",
        "",
        {"dev": "", "prod": ""},
    ),
    (
        "directories",
        DIRECTORIES,
        "{{path.basenameNormalized}}",
        "{{path}} {{path.basename}} {{path[0]}} {{path[1]}}",
        "",
        {
            "api": "apps/api api apps api",
            "old-one": "apps/old_one old_one apps old_one",
            "web": "apps/web web apps web",
        },
    ),
    (
        "directories, for Go",
        DIRECTORIES,
        "{{.path.basename | normalize}}",
        "{{.path.path}} {{index .path.segments 1}}",
        GO,
        {"api": "apps/api api", "old-one": "apps/old_one old_one", "web": "apps/web web"},
    ),
    (
        "directories but some",
        "- git: {repoURL: HERE, revision: main, directories: [{path: apps/*}, {path: 'apps/[ao]*', exclude: true}]}",
        "{{path.basename}}",
        "",
        "",
        {"web": ""},
    ),
    (
        "directories of any place, in the order of a walk",
        "- git: {repoURL: HERE, revision: '', directories: [{path: apps/*}, {path: apps/*/base}, {path: apps/*/base}]}",
        "n-{{path[1]}}-{{path.basename}}",
        "",
        "",
        {"n-api-api": "", "n-api-base": "", "n-old_one-old_one": "", "n-web-web": ""},
    ),
    (
        "a prefix for what paths are called, and values",
        "- git: {repoURL: HERE, pathParamPrefix: app, directories: [{path: apps/web}], "
        "values: {a: 'x-{{app.path.basename}}'}}",
        "{{app.path.basename}}",
        "{{values.a}} {{app.path[1]}}",
        "",
        {"web": "x-web web"},
    ),
    (
        "the same for Go",
        "- git: {repoURL: HERE, pathParamPrefix: app, directories: [{path: apps/web}], "
        "values: {a: 'x-{{.app.path.basename}}'}}",
        "{{.app.path.basename}}",
        "{{.values.a}}",
        GO,
        {"web": "x-web"},
    ),
    (
        "a file",
        "- git: {repoURL: HERE, revision: HEAD, files: [{path: clusters/dev/config.json}]}",
        "{{cluster.name}}",
        "{{cluster.owner}} {{size}} {{on}} {{tags.1}} {{path}} {{path.basename}} {{path.filename}} {{path[1]}}",
        "",
        {"dev": "a 1e+06 true y clusters/dev dev config.json dev"},
    ),
    (
        "a file, for Go",
        "- git: {repoURL: HERE, revision: HEAD, files: [{path: clusters/dev/config.json}]}",
        "{{.cluster.name}}",
        "{{.size}} {{.on}} {{.path.filenameNormalized}} {{index .tags 1}}",
        GO,
        {"dev": "1e+06 true config.json y"},
    ),
    (
        "files, one of which holds a list, another nothing",
        "- git: {repoURL: HERE, revision: HEAD, files: [{path: clusters/prod/eu/*.json}, {path: clusters/*.yaml}]}",
        "{{cluster.name}}-{{path.filename}}",
        "{{path}}",
        "",
        {
            "{{cluster.name}}-empty.yaml": "clusters",
            "eu1-config.json": "clusters/prod/eu",
            "eu2-config.json": "clusters/prod/eu",
        },
    ),
    (
        "files but some",
        "- git: {repoURL: HERE, files: [{path: clusters/**}, {path: clusters/*/config.json, exclude: true}]}",
        "{{path.filename}}",
        "",
        "",
        {"empty.yaml": ""},
    ),
    (
        "a file at the top",
        "- git: {repoURL: HERE, revision: HEAD, files: [{path: top.yaml}]}",
        "n{{path}}-{{a}}",
        "",
        "",
        {"n.-1": ""},
    ),
    (
        "clusters",
        "- clusters: {}",
        "{{nameNormalized}}",
        "{{name}} {{server}} {{metadata.labels.env}} {{metadata.annotations.note}}",
        "",
        {
            "in-cluster": (
                "in-cluster https://kubernetes.default.svc {{metadata.labels.env}} {{metadata.annotations.note}}"
            ),
            "eng-dev": "Eng_Dev https://dev.example dev old",
            "prod": "prod https://prod.example prod {{metadata.annotations.note}}",
        },
    ),
    (
        "clusters by their labels",
        "- clusters: {selector: {matchLabels: {env: dev, argocd.argoproj.io/secret-type: cluster}}, "
        "values: {a: 'v-{{name}}'}}",
        "{{nameNormalized}}",
        "{{values.a}}",
        "",
        {"eng-dev": "v-Eng_Dev"},
    ),
    (
        "clusters by expressions",
        "- clusters: {selector: {matchExpressions: [{key: env, operator: NotIn, values: [dev]}, "
        "{key: team, operator: DoesNotExist}]}}",
        "{{name}}",
        "",
        "",
        {"prod": ""},
    ),
    (
        "clusters, for Go",
        "- clusters: {selector: {matchExpressions: [{key: team, operator: Exists}]}}",
        "{{.nameNormalized}}",
        '{{ index .metadata.labels "env" }}{{ index .metadata.labels "none" }}',
        GO,
        {"eng-dev": "dev"},
    ),
    (
        "clusters as one list",
        "- clusters: {flatList: true}",
        "all",
        '{{ index .clusters 1 "name" }}',
        GO,
        {"all": "Eng_Dev"},
    ),
    (
        "a matrix",
        f"- matrix: {{generators: [{{{DIRECTORIES[2:]}}}, {{list: {{elements: [{{env: dev}}, {{env: prod}}]}}}}]}}",
        "{{path.basenameNormalized}}-{{env}}",
        "",
        "",
        {f"{app}-{env}": "" for app in ("api", "old-one", "web") for env in ("dev", "prod")},
    ),
    (
        "a matrix whose second uses what the first makes",
        """
- matrix:
    generators:
    - list: {elements: [{env: dev}, {env: prod/eu}]}
    - git: {repoURL: HERE, revision: HEAD, files: [{path: 'clusters/{{env}}/config.json'}]}
""",
        "{{cluster.name}}",
        "{{env}}",
        "",
        {"dev": "dev", "eu1": "prod/eu", "eu2": "prod/eu"},
    ),
    (
        "the same for Go, merged deeply, the first on top",
        """
- matrix:
    generators:
    - list: {elements: [{env: dev, cluster: {name: mine}}]}
    - git: {repoURL: HERE, revision: HEAD, files: [{path: 'clusters/{{.env}}/config.json'}]}
""",
        "{{.cluster.name}}",
        "{{.cluster.owner}}",
        GO,
        {"mine": "a"},
    ),
    (
        "a matrix in a matrix",
        """
- matrix:
    generators:
    - matrix: {generators: [{list: {elements: [{a: '1'}, {a: '2'}]}}, {list: {elements: [{b: '3'}]}}]}
    - list: {elements: [{c: '4'}]}
""",
        "n{{a}}{{b}}{{c}}",
        "",
        "",
        {"n134": "", "n234": ""},
    ),
    (
        "a merge",
        """
- merge:
    mergeKeys: [server]
    generators:
    - clusters:
        selector: {matchLabels: {argocd.argoproj.io/secret-type: cluster}}
        values: {kafka: 'true', redis: 'false'}
    - clusters: {selector: {matchLabels: {env: dev}}, values: {kafka: 'false'}}
    - list: {elements: [{server: 'https://prod.example', values.redis: 'true'}, {server: 'https://none.example'}]}
""",
        "{{nameNormalized}}",
        "{{values.kafka}} {{values.redis}}",
        "",
        {"eng-dev": "false false", "prod": "true true"},
    ),
    (
        "the same for Go",
        """
- merge:
    mergeKeys: [server]
    generators:
    - clusters:
        selector: {matchLabels: {argocd.argoproj.io/secret-type: cluster}}
        values: {kafka: 'true', redis: 'false'}
    - list: {elements: [{server: 'https://prod.example', values: {redis: 'true'}}]}
""",
        "{{.nameNormalized}}",
        "{{.values.kafka}} {{.values.redis}}",
        GO,
        {"eng-dev": "true false", "prod": "true true"},
    ),
    (
        "a selector over what is made",
        "- list: {elements: [{cluster: dev, env: a}, {cluster: prod, env: b}]}\n  selector: {matchLabels: {env: b}}",
        "{{cluster}}",
        "",
        "",
        {"prod": ""},
    ),
    (
        "a selector over what lies deeper, and over any value",
        """
- list: {elements: [{cluster: dev, v: {server: 'https://1'}}, {cluster: prod, v: {server: 'https://2'}}]}
  selector: {matchExpressions: [{key: v.server, operator: In, values: ['https://2']}]}
""",
        "{{.cluster}}",
        "",
        GO,
        {"prod": ""},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("generators", "name", "values", "more", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_generators(generators: str, name: str, values: str, more: str, expected: dict[str, str]) -> None:
    where = place({**FILES, "top.yaml": "a: 1\n"}, clusters=CLUSTERS)
    assert made(generators, name, values, where, more) == expected


REFUSED = [
    (
        "a code host",
        "- scmProvider: {github: {organization: acme}}",
        "not evaluated: not evaluable here: the generator `scmProvider` asks a code host which repositories there are",
    ),
    (
        "pull requests",
        "- pullRequest: {github: {owner: acme, repo: shop}}",
        "not evaluated: not evaluable here: the generator `pullRequest` asks a code host which pull requests are open",
    ),
    (
        "a plugin",
        "- plugin: {configMapRef: {name: a}}",
        "not evaluated: not evaluable here: the generator `plugin` asks a service of the cluster",
    ),
    (
        "a resource",
        "- clusterDecisionResource: {configMapRef: a}",
        "not evaluated: not evaluable here: the generator `clusterDecisionResource` asks the cluster for a resource's "
        "status",
    ),
    (
        "no clusters",
        "- clusters: {}",
        "not evaluated: not evaluable here: the generator `clusters` asks for clusters, and none is configured",
    ),
    (
        "another repository",
        "- git: {repoURL: 'https://github.com/else/where', revision: HEAD, directories: [{path: '*'}]}",
        "not evaluated: not evaluable here: a git generator: its repository `https://github.com/else/where` is neither "
        "this one nor configured",
    ),
    (
        "another revision",
        "- git: {repoURL: HERE, revision: v1, directories: [{path: '*'}]}",
        "not evaluated: not evaluable here: a git generator reads another repository or revision than this one",
    ),
    ("an unknown one", "- lists: {elements: []}", "not evaluated: `lists` in `spec.generators[0]` is no generator"),
    ("none", "- {}", "not evaluated: `spec.generators[0]` names no generator"),
    (
        "a number in a list",
        "- list: {elements: [{a: 1}]}",
        "not evaluated: `a` of `spec.generators[0].list.elements[0]` must be a text, not a number",
    ),
    (
        "neither directories nor files",
        "- git: {repoURL: HERE, revision: HEAD}",
        "not evaluated: `spec.generators[0].git` has neither `directories` nor `files`",
    ),
    (
        "a file that is no YAML",
        "- git: {repoURL: HERE, revision: HEAD, files: [{path: bad.yaml}]}",
        "not evaluated: the file `bad.yaml` cannot be read: the key 'a' stands twice in one mapping on line 2",
    ),
    (
        "a file that is a text",
        "- git: {repoURL: HERE, revision: HEAD, files: [{path: text.yaml}]}",
        "not evaluated: the file `text.yaml` is neither a mapping nor a list of mappings",
    ),
    (
        "a matrix of one",
        "- matrix: {generators: [{list: {elements: []}}]}",
        "not evaluated: `spec.generators[0].matrix.generators` must be two, not 1",
    ),
    (
        "a matrix that disagrees",
        "- matrix: {generators: [{list: {elements: [{a: x}]}}, {list: {elements: [{a: z}]}}]}",
        "not evaluated: both generators of a matrix make `a`, once `x`, once `z`",
    ),
    (
        "a merge without keys",
        "- merge: {generators: [{list: {elements: []}}, {list: {elements: []}}]}",
        "not evaluated: `spec.generators[0].merge` names no `mergeKeys`",
    ),
    (
        "a merge of equals",
        "- merge: {mergeKeys: [a], generators: [{list: {elements: [{a: x}, {a: x}]}}, {list: {elements: []}}]}",
        'not evaluated: a generator of a merge makes `{"a": "x"}` twice',
    ),
    (
        "an operator that is none",
        "- list: {elements: [{a: x}]}\n  selector: {matchExpressions: [{key: a, operator: Like}]}",
        "not evaluated: the selector of `spec.generators[0]` cannot be read: `Like` is no operator: In, NotIn, Exists "
        "and DoesNotExist are",
    ),
    (
        "two of one name",
        "- list: {elements: [{a: x}, {a: z}]}",
        "two of its applications are called `x`, and Argo CD refuses all but one",
    ),
    ("a text for a list", "  none", "wrong in the ApplicationSet: `spec.generators` must be a list, not a text"),
]  # fmt: skip


@pytest.mark.parametrize(("generators", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_is_said(generators: str, message: str) -> None:
    where = place({**FILES, "bad.yaml": "a: 1\na: 2\n", "text.yaml": "words\n"})
    assert refused(generators, where) == [message]


def test_one_generator_that_fails_leaves_the_others() -> None:
    spec = """
        generators:
        - list: {elements: [{name: a}]}
        - pullRequest: {}
        template: {metadata: {name: '{{name}}'}, spec: {source: {repoURL: HERE, path: apps/web}}}
    """
    first, rest = generated(spec, place(FILES))
    assert (first.name, first.sources, first.problems) == ("a", (Source("apps/web", "kustomize"),), ())
    assert (first.declared_as, first.path, first.line) == ("Argo CD ApplicationSet", "apps/set.yaml", 3)
    assert (rest.name, rest.sources, rest.declared_as) == ("set", (), "Argo CD ApplicationSet")
    assert rest.problems[0].remote


def test_a_set_that_makes_nothing_says_so() -> None:
    spec = """
        generators: [{git: {repoURL: HERE, revision: HEAD, directories: [{path: nowhere/*}]}}]
        template: {metadata: {name: '{{path.basename}}'}, spec: {source: {repoURL: HERE, path: '{{path}}'}}}
    """
    (found,) = generated(spec, place(FILES))
    assert (found.name, found.notes, found.problems) == ("set", ("its generators make no application",), ())


def test_files_of_directories_below_are_told() -> None:
    spec = """
        generators: [{git: {repoURL: HERE, revision: HEAD, files: [{path: clusters/*/config.json}]}}]
        template: {metadata: {name: '{{cluster.name}}'}, spec: {source: {repoURL: HERE, path: apps/web}}}
    """
    found = generated(spec, place(FILES))
    assert [one.name for one in found] == ["dev", "eu1", "eu2"]
    assert found[0].notes == (
        "the files `clusters/*/config.json` are found as Argo CD does by default, where `*` crosses directories; "
        "with --enable-new-git-file-globbing there are fewer",
    )


def test_a_git_generator_over_another_repository_that_may_be_read() -> None:
    trees: dict[tuple[str, str], Tree] = {("acme/infra", "HEAD"): MemoryTree({"x/a.yaml": ""})}
    where = place(FILES, others=("acme/infra",), trees=lambda *key: trees.get(key))
    generators = "- git: {repoURL: 'https://github.com/acme/infra', revision: HEAD, directories: [{path: '*'}]}"
    assert made(generators, "{{path}}", where=where) == {"x": ""}


def test_a_set_is_no_larger_than_can_be_looked_at() -> None:
    elements: list[Any] = [{"a": str(number)} for number in range(100)]
    listed = json.dumps({"list": {"elements": elements}})
    other = listed.replace('"a"', '"b"')
    assert refused(f"- matrix: {{generators: [{listed}, {other}]}}") == [
        "not evaluated: the generators make more than 5000 applications"
    ]
    half = json.dumps({"list": {"elements": [{"b": str(number)} for number in range(50)]}})
    spec = f"""
        generators: [{{matrix: {{generators: [{listed}, {half}]}}}}, {listed}]
        template: {{metadata: {{name: 'n{{{{a}}}}-{{{{b}}}}'}}, spec: {{source: {{repoURL: HERE, path: apps/web}}}}}}
    """
    found = generated(spec, place(FILES))
    assert len(found) == 5001
    assert messages(found[-1:]) == ["the generators make more than 5000 applications; the others are not rendered"]


READS = [
    ("directories", "git: {directories: [{path: apps/*}, {path: b/c, exclude: true}]}", ["apps/*/**", "b/c/**"]),
    ("a file", "git: {files: [{path: clusters/a.json}]}", ["clusters/a.json", "clusters/a.json/**"]),
    ("files", "git: {files: [{path: clusters/*/config.json}]}", ["clusters/**/config.json"]),
    ("files by their ending", "git: {files: [{path: 'clusters/*.yaml'}]}", ["clusters/**/*.yaml"]),
    ("anywhere", "git: {files: [{path: '**/c?.json'}]}", ["**/*.json"]),
    (
        "in a matrix, with a parameter",
        "matrix: {generators: [{git: {directories: [{path: a/*}]}}, {git: {files: [{path: '{{path}}/b.yaml'}]}}]}",
        ["a/*/**", "**/b.yaml"],
    ),
    ("nothing", "list: {elements: []}", []),
]  # fmt: skip


@pytest.mark.parametrize(("generator", "expected"), [row[1:] for row in READS], ids=[row[0] for row in READS])
def test_what_decides_over_a_set(generator: str, expected: list[str]) -> None:
    assert list(applicationset.reads(declared_set(f"generators: [{{{generator}}}]"), place({}))) == expected


def test_what_is_listed_is_among_what_decides() -> None:
    """Every path that a git generator looks at lies in a pattern it is said to depend on."""
    spec = """
        generators:
        - git: {repoURL: HERE, revision: HEAD, directories: [{path: apps/*}]}
        - git: {repoURL: HERE, revision: HEAD, files: [{path: 'clusters/*.json'}]}
        template: {metadata: {name: a}, spec: {source: {repoURL: HERE, path: apps/web, kustomize: {nameSuffix: -a}}}}
    """
    patterns = applicationset.reads(declared_set(spec), place(FILES))
    assert "apps/web/kustomization.yaml" in patterns
    for path in ("apps/new/web.yaml", "apps/web/x", "clusters/dev/config.json", "clusters/new.json"):
        assert any(doublestar(pattern, path) for pattern in patterns), path
    assert not any(doublestar(pattern, "docs/a.md") for pattern in patterns)
