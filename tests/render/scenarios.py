"""Which kustomizations are worth comparing with kubectl? Name, files by repository path, root."""

from __future__ import annotations

from collections.abc import Mapping

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: web:1
        envFrom: [{configMapRef: {name: settings}}]
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
"""
BASE = {
    "base/kustomization.yaml": "resources: [deployment.yaml, service.yaml]\n",
    "base/deployment.yaml": DEPLOYMENT,
    "base/service.yaml": SERVICE,
}


def overlay(words: str, **files: str) -> Mapping[str, str]:
    """Put an overlay on the base; `files` are further files of the overlay, `_` standing for the dot."""
    more = {f"overlays/dev/{name.replace('_', '.')}": text for name, text in files.items()}
    return {**BASE, "overlays/dev/kustomization.yaml": f"resources: [../../base]\n{words}", **more}


SCENARIOS: Mapping[str, Mapping[str, str]] = {
    "base and overlay": overlay(""),
    "image name and tag": overlay("images: [{name: web, newName: registry.example.com/web, newTag: 1.2.3}]\n"),
    "image digest": overlay(f"images: [{{name: web, digest: 'sha256:{'a' * 64}'}}]\n"),
    "replicas": overlay("replicas: [{name: web, count: 3}]\n"),
    "namespace, prefix, suffix": overlay("namespace: shop\nnamePrefix: dev-\nnameSuffix: -a\n"),
    "labels": overlay(
        "labels: [{pairs: {team: shop}, includeSelectors: true}]\ncommonAnnotations: {a: 'true', m: '010'}\n"
    ),
    "strategic patch in a file": overlay(
        "patches: [{path: more.yaml}]\n",
        more_yaml="apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 5}\n",
    ),
    "inline JSON patch": overlay(
        "patches:\n- target: {kind: Deployment}\n"
        '  patch: \'[{"op": "replace", "path": "/spec/replicas", "value": 7}]\'\n'
    ),
    "deprecated patch fields": overlay(
        "patchesStrategicMerge:\n- more.yaml\n- |\n  apiVersion: v1\n  kind: Service\n"
        "  metadata: {name: web}\n  spec: {type: NodePort}\n"
        "patchesJson6902:\n- target: {version: v1, kind: Service, name: web}\n  path: ports.yaml\n",
        more_yaml="apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 5}\n",
        ports_yaml="- {op: replace, path: /spec/ports/0/port, value: 81}\n",
    ),
    "generators with hash suffix": overlay(
        "configMapGenerator:\n- name: settings\n  files: [a.properties, other=b.txt]\n  literals: [x=1]\n"
        "- name: from-env\n  envs: [c.env]\n"
        "secretGenerator:\n- name: keys\n  literals: [token=abc]\n",
        a_properties="k=v\n",
        b_txt="text\n",
        c_env="A=1\nB=2\n",
    ),
    "generator without suffix": overlay(
        "configMapGenerator: [{name: settings, literals: [x=1]}]\n"
        "generatorOptions: {disableNameSuffixHash: true, labels: {g: h}}\n"
    ),
    "component": {
        **overlay("components: [../../components/debug]\n"),
        "components/debug/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\n"
        "kind: Component\npatches:\n- target: {kind: Deployment}\n  path: debug.yaml\n",
        "components/debug/debug.yaml": "- {op: add, path: /metadata/annotations, value: {debug: 'on'}}\n",
    },
    "replacements": overlay(
        "replacements: [{path: moves.yaml}]\n",
        moves_yaml="source: {kind: Service, name: web, fieldPath: metadata.name}\n"
        "targets: [{select: {kind: Deployment}, fieldPaths: [spec.template.metadata.labels.app]}]\n",
    ),
    "built-in transformer in a file": overlay(
        "transformers: [prefix.yaml]\n",
        prefix_yaml="apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: p}\nprefix: q-\n"
        "fieldSpecs: [{path: metadata/name}]\n",
    ),
    "inline generator": overlay(
        "generators:\n- |\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: made}\n"
        "  literals: [a=b]\n"
    ),
    "lists, several documents, odd scalars": {
        "overlays/dev/kustomization.yml": "resources: [all.yaml]\n",
        "overlays/dev/all.yaml": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n"
        "  metadata: {name: a}\n  data: {x: 'yes', y: '010'}\n---\n# nothing\n---\napiVersion: v1\n"
        "kind: ConfigMap\nmetadata: {name: b}\ndata:\n  x: |\n    ---\n    text\n  t: '12:30:45'\n",
    },
    "Kustomization without suffix": {
        "overlays/dev/Kustomization": "resources: [../../base]\n",
        **BASE,
    },
}
