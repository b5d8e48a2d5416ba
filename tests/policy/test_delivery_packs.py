"""The packs secrets, immutability and gitops: what their parameters change, what they never say, what they let pass."""

from __future__ import annotations

import base64
import secrets
import string
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, ClassVar

import pytest

from bot.adapters.rego import WalledRego
from bot.model.finding import Finding
from bot.model.manifest import Resource
from bot.policy.builtin import builtin_packs, default_directory
from bot.policy.evaluation import evaluate_packs
from bot.policy.gatekeeper.suite import run_suite
from bot.policy.kyverno import CompiledPolicy
from bot.policy.kyverno.subject import subject_of
from bot.policy.packs import Pack, load_pack

PACKS = builtin_packs(default_directory())


def found_by(
    name: str, body: dict[str, Any], old: dict[str, Any] | None = None, **parameters: object
) -> dict[str, Finding]:
    pack = load_pack(name, PACKS[name], parameters)
    assert pack.problems == ()
    before = None if old is None else [Resource(old)]
    return {one.policy: one for one in evaluate_packs([pack], [Resource(body)], old=before)}


def made(length: int, letters: str = string.ascii_letters + string.digits) -> str:
    return "".join(secrets.choice(letters) for _ in range(length))


def config_map(**data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": data}


def container(**fields: Any) -> dict[str, Any]:
    spec = {"containers": [{"name": "web", "image": "web:1", **fields}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}


def secret(**fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shop"}, **fields}


def everything(name: str) -> Pack:
    """Return a pack with every policy that it has."""
    asked: dict[str, dict[str, object]] = {
        "secrets": {"sealedNamespaces": ["shop"], "secretStores": ["vault"]},
        "immutability": {"onlyImageTags": True},
        "gitops": {"production": True},
    }
    return load_pack(name, PACKS[name], asked[name])


class TestWhatLooksLikeASecret:
    """Tokens are made here, so that none lies in this repository."""

    CASES: ClassVar[list[tuple[str, str]]] = [
        ("a key of AWS", f"AKIA{made(16, string.ascii_uppercase)}"),
        ("a token of GitHub", f"ghp_{made(36)}"),
        ("a fine-grained token of GitHub", f"github_pat_{made(60)}"),
        ("a token of GitLab", f"glpat-{made(20)}"),
        ("a token of Slack", f"xoxb-{made(24)}"),
        ("a key of Google", f"AIza{made(35)}"),
        ("a private key", f"-----BEGIN PRIVATE KEY-----\n{made(64)}\n-----END PRIVATE KEY-----"),
        ("a key of OpenSSH", f"-----BEGIN OPENSSH PRIVATE KEY-----\n{made(64)}\n-----END OPENSSH PRIVATE KEY-----"),
        ("a key of PGP", f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n{made(64)}\n-----END PGP PRIVATE KEY BLOCK-----"),
        ("a password in an address", f"https://shop:{made(12)}@example.com/"),
    ]  # fmt: skip

    @pytest.mark.parametrize("value", [value for _, value in CASES], ids=[name for name, _ in CASES])
    def test_it_is_found_under_any_name_and_never_said(self, value: str) -> None:
        told = (
            found_by("secrets", config_map(note=value))["no-secrets-in-config-maps"],
            found_by("secrets", config_map(note=f"first line\nvalue: {value}\n"))["no-secrets-in-config-maps"],
            found_by("secrets", container(env=[{"name": "NOTE", "value": value}]))["no-secrets-in-containers"],
            found_by("secrets", container(args=["serve", value]))["no-secrets-in-containers"],
            found_by("secrets", container(command=["serve", f"--note={value}"]))["no-secrets-in-containers"],
            found_by("secrets", secret(stringData={"note": value}))["no-plaintext-secrets"],
        )
        assert [one.state for one in told] == ["fail"] * len(told)
        assert not any(value in f"{one.message}{one.how}{one.field}" for one in told)

    def test_names_are_told_and_values_are_not(self) -> None:
        password = made(16)
        told = found_by("secrets", config_map(DB_PASSWORD=password, LOG_LEVEL="info"))["no-secrets-in-config-maps"]
        assert told.message == "The ConfigMap holds what looks like secrets: DB_PASSWORD."
        told = found_by("secrets", container(args=[f"--db-password={password}"]))["no-secrets-in-containers"]
        assert told.message == "A container is given what looks like secrets: --db-password."
        told = found_by("secrets", secret(data={"password": base64.b64encode(password.encode()).decode()}))[
            "no-plaintext-secrets"
        ]
        assert told.message == "The Secret holds values in plain text."

    @pytest.mark.parametrize("data", ["!", "abc", "=", "YQ", "a b"])
    def test_what_is_no_base64_never_passes_and_is_never_said(self, data: str) -> None:
        told = found_by("secrets", secret(data={"password": data}))["no-plaintext-secrets"]
        assert told.blocks
        assert f"`{data}`" not in told.message

    @pytest.mark.parametrize(
        "body", [secret(data=None), secret(data={}), secret(), config_map(), {**config_map(), "data": None}]
    )
    def test_nothing_is_no_secret(self, body: dict[str, Any]) -> None:
        assert found_by("secrets", body) == {}


def sealed(namespace: str = "shop-production", **annotations: str) -> dict[str, Any]:
    noted = {f"sealedsecrets.bitnami.com/{name.replace('_', '-')}": value for name, value in annotations.items()}
    return {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": {"name": "shop", "namespace": namespace, "annotations": noted},
        "spec": {"encryptedData": {"password": f"AgB{made(400)}"}},
    }


@pytest.mark.parametrize(
    ("scope", "annotations", "allowed"),
    [
        (None, {}, True),
        (None, {"namespace_wide": "true"}, True),
        (None, {"cluster_wide": "true"}, False),
        ("strict", {}, True),
        ("strict", {"namespace_wide": "true"}, False),
        ("strict", {"cluster_wide": "true"}, False),
        ("strict", {"namespace_wide": "false"}, True),
        ("namespace-wide", {"cluster_wide": "true", "namespace_wide": "true"}, False),
        ("cluster-wide", {"cluster_wide": "true"}, True),
        ("cluster-wide", {"namespace_wide": "true"}, True),
    ],
)
def test_the_scope_of_sealed_secrets(scope: str | None, annotations: dict[str, str], allowed: bool) -> None:
    parameters: dict[str, Any] = {} if scope is None else {"sealedScope": scope}
    assert ("sealed-secret-scope" not in found_by("secrets", sealed(**annotations), **parameters)) is allowed


@pytest.mark.parametrize(
    ("namespaces", "namespace", "allowed"),
    [
        (None, "anything", True),
        (["shop-production"], "shop-production", True),
        (["shop-production"], "shop-staging", False),
        (["cart", "shop-*"], "shop-staging", True),
        (["cart", "shop-*"], "workshop-staging", False),
    ],
)
def test_the_namespaces_of_sealed_secrets(namespaces: list[str] | None, namespace: str, allowed: bool) -> None:
    parameters: dict[str, Any] = {} if namespaces is None else {"sealedNamespaces": namespaces}
    assert ("sealed-secret-namespaces" not in found_by("secrets", sealed(namespace), **parameters)) is allowed


@pytest.mark.parametrize(
    ("stores", "store", "allowed"),
    [
        (None, "anything", True),
        (["vault-production"], "vault-production", True),
        (["vault-production"], "vault-staging", False),
        (["vault-*", "aws"], "vault-staging", True),
    ],
)
def test_the_stores_of_external_secrets(stores: list[str] | None, store: str, allowed: bool) -> None:
    body = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": "shop"},
        "spec": {"secretStoreRef": {"name": store}},
    }
    parameters: dict[str, Any] = {} if stores is None else {"secretStores": stores}
    assert ("external-secret-stores" not in found_by("secrets", body, **parameters)) is allowed


def application(**spec: Any) -> dict[str, Any]:
    source = {"repoURL": "https://git.example.com/shop.git", "path": "shop"}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "shop"},
        "spec": {"project": "default", "source": source, "syncPolicy": {"automated": {}}, **spec},
    }


class TestProduction:
    def test_elsewhere_it_warns(self) -> None:
        found = found_by("gitops", application())
        assert {name: one.state for name, one in found.items()} == {
            "argocd-automated-prune": "warn",
            "argocd-project": "warn",
            "argocd-prune-last": "warn",
        }

    def test_in_production_it_blocks_and_revisions_are_fixed(self) -> None:
        found = found_by("gitops", application(), production=True)
        assert {name: one.state for name, one in found.items()} == dict.fromkeys(
            ["argocd-automated-prune", "argocd-fixed-revision", "argocd-project", "argocd-prune-last"], "fail"
        )
        assert found["argocd-fixed-revision"].message == "The Application follows HEAD, which moves with every merge."

    @pytest.mark.parametrize(
        ("moving", "revision", "allowed"),
        [
            (None, "main", False),
            (None, "next", True),
            (["next"], "next", False),
            (["next"], "refs/heads/next", False),
            (["next"], "main", True),
        ],
    )
    def test_what_moves_is_a_parameter(self, moving: list[str] | None, revision: str, allowed: bool) -> None:
        body = application()
        body["spec"]["source"]["targetRevision"] = revision
        parameters: dict[str, Any] = {"production": True} | ({} if moving is None else {"movingRevisions": moving})
        assert ("argocd-fixed-revision" not in found_by("gitops", body, **parameters)) is allowed


@pytest.fixture(scope="module")
def rego() -> Iterator[WalledRego]:
    with WalledRego() as engine:
        yield engine


class TestImageTags:
    def told(self, rego: WalledRego, new: dict[str, Any], **parameters: object) -> list[str]:
        pack = load_pack("immutability", PACKS["immutability"], parameters)
        assert pack.problems == ()
        old = self.deployment()
        return [
            f"{one.state}: {one.message}"
            for one in evaluate_packs([pack], [Resource(new)], old=[Resource(old)], rego=rego)
        ]

    def deployment(self, tag: str = "1", **spec: Any) -> dict[str, Any]:
        image = f"registry.example.com/web:{tag}"
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "web", "image": image}]}}, **spec},
        }

    def test_it_is_asked_for(self, rego: WalledRego) -> None:
        assert self.told(rego, self.deployment("2", replicas=3)) == []

    def test_a_tag_may_change_and_nothing_else(self, rego: WalledRego) -> None:
        assert self.told(rego, self.deployment("2"), onlyImageTags=True) == []
        assert self.told(rego, self.deployment("2", replicas=3), onlyImageTags=True) == [
            "fail: These fields must not change; only the tags of images may: spec.replicas."
        ]

    def test_fields_may_be_named_that_change_as_well(self, rego: WalledRego) -> None:
        assert self.told(rego, self.deployment(replicas=3), onlyImageTags=True, mutableFields=["spec.replicas"]) == []

    def test_every_case_of_the_suite_is_as_expected(self, rego: WalledRego) -> None:
        files = {f"immutability/{path}": data for path, data in PACKS["immutability"].items()}
        rows = run_suite("immutability/tests/only-image-tags/suite.yaml", files, rego)
        assert len(rows) >= 20
        assert [row for row in rows if not row.equal] == []

    @pytest.mark.parametrize(
        ("rego_before", "rego_after"),
        [
            ("count(fields) > 0", "count(fields) > 100"),  # nothing is ever a violation
            ("fixed(path); ", ""),  # the labels of the workload count, too
            ("not retagged(path)]", "true]"),  # tags count, too
            ("not mutable(path); ", ""),
            ('path[last] == "image"', 'path[last] == "name"'),
        ],
    )
    def test_a_template_that_is_wrong_loses_cases(self, rego: WalledRego, rego_before: str, rego_after: str) -> None:
        files = {f"immutability/{path}": data for path, data in PACKS["immutability"].items()}
        template = files["immutability/k8simmutablefield.yaml"].decode()
        wrong = template.replace(rego_before, rego_after)
        files["immutability/k8simmutablefield.yaml"] = wrong.encode()
        lost = [row for row in run_suite("immutability/tests/only-image-tags/suite.yaml", files, rego) if not row.equal]
        assert wrong != template
        assert lost


OURS = [(name, policy) for name in ("secrets", "immutability", "gitops") for policy in everything(name).policies]


@pytest.mark.parametrize(("name", "policy"), OURS, ids=lambda one: getattr(one, "name", one))
def test_the_documentation_says_what_each_policy_does(name: str, policy: CompiledPolicy) -> None:
    text = (default_directory().parent / "docs" / "policies.md").read_text()
    section = text.split(f"### `{name}`\n")[1].split("\n### `")[0].split("\n## ")[0]
    (row,) = (line for line in section.splitlines() if line.startswith(f"| `{policy.name}` |"))
    *_, severity, action = (cell.strip() for cell in row.strip("|").split("|"))
    as_it_is = {one.name: one for one in load_pack(name, PACKS[name], {}).policies}.get(policy.name, policy)
    blocks = as_it_is.rules[0].blocks(subject_of(Resource(config_map()), {}))
    assert (severity, action) == (policy.severity, "blocks" if blocks else "warns")


@pytest.mark.parametrize("name", ["secrets", "immutability", "gitops"])
def test_the_documentation_lists_every_parameter(name: str) -> None:
    text = (default_directory().parent / "docs" / "policies.md").read_text()
    section = text.split(f"### `{name}`\n")[1].split("\n### `")[0].split("\n## ")[0]
    for one in everything(name).parameters:
        (row,) = (line for line in section.splitlines() if line.startswith(f"| `{one.name}` | {one.type}"))
        assert row.rstrip(" |").endswith(one.description)


def test_what_is_new_is_not_compared() -> None:
    """A selector that nothing has yet is any selector."""
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}},
    }
    assert found_by("immutability", body) == {}
    other = deepcopy(body)
    other["spec"]["selector"]["matchLabels"]["app"] = "shop"  # type: ignore[index]  # it is there
    assert set(found_by("immutability", other, body)) == {"immutable-selectors"}
    assert found_by("immutability", body, body) == {}


def test_what_a_secret_held_is_never_said() -> None:
    before, after = made(20), made(20)
    old, new = (secret(immutable=True, stringData={"password": f"<{one}>"}) for one in (before, after))
    told = found_by("immutability", new, old)["immutable-contents"]
    assert told.state == "fail"
    assert not {before, after} & {word.strip("<>`.:") for word in told.message.split()}
