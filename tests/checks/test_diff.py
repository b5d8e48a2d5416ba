"""The diff of an environment shows what matters, no noise, and nothing secret."""

from __future__ import annotations

import base64
import copy
import difflib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.checks.diff import EnvironmentDiff, ResourceChange, compare, summarise
from bot.checks.fieldpath import parse, value_at
from bot.checks.highlights import highlights
from bot.checks.manifest_text import arranged, dumped
from bot.checks.masking import MASK, is_secret_name, mask
from bot.checks.settling import settle
from tests.checks.resources import bodies, body, resources

GOLDEN = Path(__file__).parent / "golden"
CONTAINER = "spec.template.spec.containers[0]"


def diff(base: list[dict[str, Any]], head: list[dict[str, Any]]) -> EnvironmentDiff:
    return compare(resources(*base), resources(*head))


def edited(kind: str, *edits: tuple[str, Any]) -> dict[str, Any]:
    one = body(kind)
    for path, value in edits:
        *above, last = parse(path)
        value_at(one, above)[last] = value
    return one


def only(changes: EnvironmentDiff) -> ResourceChange:
    (change,) = changes.changes
    return change


def everything(changes: EnvironmentDiff) -> str:
    parts = [summarise(changes), repr(changes)]
    for one in changes.changes:
        parts += [one.lines, *one.highlights, *one.brief, str(one.key), one.path]
    return "\n".join(parts)


def test_golden() -> None:
    base, head = body("Deployment"), edited(
        "Deployment",
        ("spec.replicas", 3),
        (f"{CONTAINER}.image", "registry.example.com/web:1.5"),
        (f"{CONTAINER}.resources.limits.memory", "256Mi"),
    )  # fmt: skip
    one = only(diff([base], [head]))
    assert (str(one.key), one.kind, one.path) == ("Deployment shop/web", "changed", "overlays/staging")
    assert one.highlights == (
        "image registry.example.com/web:1.4 → registry.example.com/web:1.5 in web",
        "replicas 2 → 3",
        "memory limit 128Mi → 256Mi in web",
    )
    assert one.lines + "\n" == (GOLDEN / "deployment.diff").read_text()


DIGEST = "sha256:" + "ab" * 32
HIGHLIGHTS: list[tuple[str, str, Any, str, str]] = [
    # kind, place, new value, highlight, the same in brief ("" where it is the same)
    ("Deployment", "spec.replicas", 5, "replicas 2 → 5", ""),
    (
        "Deployment",
        f"{CONTAINER}.image",
        "registry.example.com/web:1.5",
        "image registry.example.com/web:1.4 → registry.example.com/web:1.5 in web",
        "image tag 1.4 → 1.5 in web",
    ),
    (
        "Deployment",
        f"{CONTAINER}.image",
        f"registry.example.com/web:1.4@{DIGEST}",
        f"image registry.example.com/web:1.4 → registry.example.com/web:1.4@{DIGEST} in web",
        "image digest none → sha256:abababababab in web",
    ),
    (
        "Deployment",
        f"{CONTAINER}.image",
        "docker.io/web:1.4",
        "image registry.example.com/web:1.4 → docker.io/web:1.4 in web",
        "",
    ),
    (
        "Deployment",
        f"{CONTAINER}.resources.limits.cpu",
        "0.5",
        "cpu limit 500m → 0.5 (same amount) in web",
        "",
    ),
    ("Deployment", f"{CONTAINER}.env[0].value", "debug", "env LOG_LEVEL info → debug in web", ""),
    (
        "Deployment",
        f"{CONTAINER}.livenessProbe.httpGet.path",
        "/up",
        "livenessProbe.httpGet.path /live → /up in web",
        "",
    ),
    ("Deployment", "metadata.labels.app", "shop", "label app web → shop", ""),
    ("Service", "spec.type", "LoadBalancer", "type added: LoadBalancer", ""),
    ("ConfigMap", "data.colour", "red", "colour blue → red", ""),
    ("ConfigMap", 'data["nginx.conf"]', "user root;\n", "nginx.conf changed", ""),
    ("Secret", "data.password", "c2VjcmV0", "password changed", ""),
    ("Secret", "data.token", "c2VjcmV0", "token added", ""),
]


@pytest.mark.parametrize("row", HIGHLIGHTS, ids=[one[3] for one in HIGHLIGHTS])
def test_highlights(row: tuple[str, str, Any, str, str]) -> None:
    kind, path, value, text, brief = row
    one = only(diff([body(kind)], [edited(kind, (path, value))]))
    assert (one.highlights, one.brief) == ((text,), (brief or text,))


def test_the_first_variables_of_a_container() -> None:
    """A change that brought the whole `env` list crashed: its path ends where the variable's name was looked
    for."""
    bare = body("Deployment")
    del bare["spec"]["template"]["spec"]["containers"][0]["env"]
    told = ("env LOG_LEVEL added in web", "env PORT added in web", "env DB_PASSWORD added in web")
    assert only(diff([bare], [body("Deployment")])).highlights == told
    nothing = edited("Deployment", (f"{CONTAINER}.env", None))
    assert only(diff([bare], [nothing])).highlights == ("env added: null in web",)


def test_many_highlights_end_in_a_count() -> None:
    head = body("ConfigMap") | {"data": {f"key{number}": "x" for number in range(20)}}
    one = only(diff([body("ConfigMap")], [head]))
    assert len(one.highlights) == 8
    assert one.highlights[-1] == "15 more"


def test_summary() -> None:
    base = [body("Deployment"), body("Service"), body("Ingress")]
    head = [
        edited("Deployment", ("spec.replicas", 3), (f"{CONTAINER}.image", "registry.example.com/web:1.5")),
        edited("Service", ("spec.type", "NodePort")),
        body("ConfigMap"),
    ]
    assert summarise(diff(base, head)) == (
        "2 changed, 1 added, 1 removed; web: image tag 1.4 → 1.5 in web, replicas 2 → 3; web: type added: NodePort"
    )
    assert summarise(diff(base, base)) == "no changes"


REORDERED = [
    f"{CONTAINER}.ports", f"{CONTAINER}.volumeMounts", f"{CONTAINER}.env", "spec.template.spec.volumes",
]  # fmt: skip


@pytest.mark.parametrize("path", REORDERED)
def test_the_order_of_lists_with_merge_keys_is_no_change(path: str) -> None:
    head = body("Deployment")
    value_at(head, parse(path)).reverse()
    assert not diff([body("Deployment")], [head])
    assert not diff([head], [body("Deployment")])


def test_the_order_of_arguments_and_of_dependent_variables_is_a_change() -> None:
    base = edited("Deployment", (f"{CONTAINER}.args", ["a", "b"]))
    assert diff([base], [edited("Deployment", (f"{CONTAINER}.args", ["b", "a"]))])
    first, second = {"name": "A", "value": "1"}, {"name": "B", "value": "$(A)"}
    base = edited("Deployment", (f"{CONTAINER}.env", [first, second]))
    assert diff([base], [edited("Deployment", (f"{CONTAINER}.env", [second, first]))])


def test_an_item_taken_out_of_a_list_stands_where_it_stood() -> None:
    head = body("Deployment")
    del value_at(head, parse(f"{CONTAINER}.env"))[1]
    one = only(diff([body("Deployment")], [head]))
    assert [line for line in one.lines.split("\n") if line[0] in "+-"] == [
        "-        - name: PORT",
        "-          value: '8080'",
    ]
    assert one.highlights == ("env PORT removed in web",)


def test_types_are_told_apart() -> None:
    assert diff([edited("ConfigMap", ("data.a", "1"))], [edited("ConfigMap", ("data.a", 1))])
    assert diff([edited("Deployment", ("spec.replicas", 1))], [edited("Deployment", ("spec.replicas", True))])


def test_a_new_content_hash_is_one_changed_resource() -> None:
    base = edited("ConfigMap", ("metadata.name", "settings-7b9k2m5f8t"))
    head = edited("ConfigMap", ("metadata.name", "settings-c4h6g8d2tk"), ("data.colour", "red"))
    one = only(diff([base], [head]))
    assert (one.kind, one.key.name) == ("changed", "settings-c4h6g8d2tk")
    assert one.highlights == ("colour blue → red", "new content hash")
    user, used = body("Deployment"), body("Deployment")
    value_at(user, parse("spec.template.spec.volumes[1].configMap"))["name"] = "settings-7b9k2m5f8t"
    value_at(used, parse("spec.template.spec.volumes[1].configMap"))["name"] = "settings-c4h6g8d2tk"
    assert only(diff([user], [used])).highlights == ("settings has new content",)


def test_names_that_only_look_alike_are_two_resources() -> None:
    base = edited("ConfigMap", ("metadata.name", "settings-production"))
    head = edited("ConfigMap", ("metadata.name", "settings-developing"))
    assert {one.kind for one in diff([base], [head]).changes} == {"added", "removed"}


def test_text_of_many_lines_is_a_block() -> None:
    one = only(diff([], [body("ConfigMap")]))
    assert "+  nginx.conf: |\n+    user nginx;\n+    workers 4;" in one.lines


def test_a_changed_secret_is_visible_and_unread() -> None:
    secret = body("Secret") | {"data": {"a": "Y2FuYXJ5", "b": "Y2FuYXJ5", "c": "Y2FuYXJ5"}}
    head = body("Secret") | {"data": {"a": "Y2FuYXJ5", "b": "Y2FuYXJ5Mg==", "d": "Y2FuYXJ5"}}
    assert only(diff([secret], [head])).lines.split("\n")[-5:] == [
        f"   a: {MASK} (unchanged)",
        f"-  b: {MASK}",
        f"-  c: {MASK} (removed)",
        f"+  b: {MASK} (changed)",
        f"+  d: {MASK} (added)",
    ]


def test_secrets_in_a_configuration_file_leave_the_rest_readable() -> None:
    base = edited("ConfigMap", ('data["nginx.conf"]', "size=1\npassword=one\ntoken: same\n"))
    head = edited("ConfigMap", ('data["nginx.conf"]', "size=2\npassword=two\ntoken: same\nsecret=$(KEPT)\n"))
    assert only(diff([base], [head])).lines.split("\n")[2:] == [
        "   colour: blue",
        "   nginx.conf: |",
        "-    size=1",
        f"-    password={MASK}",
        "+    size=2",
        f"+    password={MASK} (changed)",
        f"     token: {MASK} (unchanged)",
        "+    secret=$(KEPT)",
    ]


SECRET = [
    "password",
    "DB_PASSWORD",
    "dbPassword",
    "api-key",
    "GITHUB_TOKEN",
    "client.secret",
    "AWS_ACCESS_KEY",
]
PLAIN = ["key", "TOKEN_URL", "secretName", "PASSWORD_FILE", "monkey", "tokenExpirationSeconds", "compass"]
NAMES = dict.fromkeys(SECRET, True) | dict.fromkeys(PLAIN, False) | {"": False}


@pytest.mark.parametrize(("name", "secret"), NAMES.items())
def test_secret_names(name: str, secret: bool) -> None:
    assert is_secret_name(name) is secret


CANARY = "cAnArY-4711"
CODED = base64.b64encode(CANARY.encode()).decode()
HIDING_PLACES: list[Callable[[str], dict[str, Any]]] = [
    lambda text: body("Secret") | {"data": {"password": base64.b64encode(text.encode()).decode()}},
    lambda text: body("Secret") | {"stringData": {"password": text}},
    lambda text: body("Secret") | {"stringdata": {"password": text}},
    lambda text: body("Secret") | {"data": text},
    lambda text: body("Secret") | {"data": [text]},
    lambda text: body("Secret") | {"data": {"deep": {"deeper": text}}},
    lambda text: body("Secret") | {"kind": "secret", "data": {"plain": text}},
    lambda text: body("Secret")
    | {"stringData": {"a": text}, "metadata": {"name": "db", "labels": {"copy": text}}},
    lambda text: body("Secret") | {"metadata": {"name": "db", "data": {"password": text}}},
    lambda text: body("Secret")
    | {
        "metadata": {
            "name": "db",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"data": text})},
        }
    },
    lambda text: body("Secret")
    | {"metadata": {"name": "db", "annotations": {"other": json.dumps({"data": text})}}},
    lambda text: edited(
        "Deployment",
        ("metadata.annotations", {"kubectl.kubernetes.io/last-applied-configuration": f"password: {text}"}),
    ),
    lambda text: edited("Deployment", (f"{CONTAINER}.env[1]", {"name": "DB_PASSWORD", "value": text})),
    lambda text: edited("Deployment", (f"{CONTAINER}.args", [f"--password={text}"])),
    lambda text: edited("Deployment", (f"{CONTAINER}.env[1].value", f"postgres://me:{text}@db/shop")),
    lambda text: edited("ConfigMap", ("data.api_token", text)),
    lambda text: edited("ConfigMap", ('data["app.properties"]', f"colour=blue\ndb.password={text}\n")),
    lambda text: edited("ConfigMap", ('data["app.yaml"]', f"db:\n  password: '{text}'\n  - token: {text}\n")),
    lambda text: edited("ConfigMap", ('data["app.json"]', f'{{\n  "apiKey": "{text}"\n}}')),
    lambda text: edited("ConfigMap", ("data.key", f"-----BEGIN RSA PRIVATE KEY-----\n{text}\n")),
    lambda text: {
        "apiVersion": "example.com/v1", "kind": "Bundle", "metadata": {"name": "b"},
        "spec": {
            "objects": [body("Secret") | {"stringData": {"password": text}}],
            "template": {"stringData": {"a": text}},
        },
    },
]  # fmt: skip


@pytest.mark.parametrize("place", HIDING_PLACES)
def test_no_secret_in_any_output_and_every_change_visible(place: Callable[[str], dict[str, Any]]) -> None:
    quiet, loud = place("former-0815"), place(CANARY)
    outputs = [diff([], [loud]), diff([loud], []), diff([quiet], [loud]), diff([loud], [quiet])]
    for output in outputs:
        assert output
        text = everything(output)
        assert CANARY not in text
        assert CODED not in text
        assert "former-0815" not in text
    assert not diff([loud], [place(CANARY)])


@given(st.text(min_size=8), st.text(min_size=8), st.sampled_from(HIDING_PLACES[:6]))
@settings(max_examples=60, deadline=None)
def test_the_length_of_a_secret_is_not_shown(one: str, other: str, place: Callable[[str], dict[str, Any]]) -> None:
    assert everything(diff([], [place(one)])) == everything(diff([], [place(other)]))


_SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab\n: -#'\"", max_size=6) | st.floats(-2, 2)
_NAMES = st.sampled_from(
    ["name", "value", "env", "containers", "ports", "data", "password", "stringData", "verbs", "x"]
)
_VALUES = st.recursive(
    _SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(_NAMES, below, max_size=4),
    max_leaves=12,
)


@st.composite
def sets(draw: st.DrawFn) -> list[dict[str, Any]]:
    def one() -> dict[str, Any]:
        kind = draw(st.sampled_from(["ConfigMap", "Secret", "Deployment"]))
        name = draw(st.sampled_from(["a", "b", "a-7b9k2m5f8t", "a-c4h6g8d2tk"]))
        return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": draw(_VALUES)}

    return [one() for _ in range(draw(st.integers(0, 4)))]


@given(sets())
@settings(max_examples=80, deadline=None)
def test_nothing_differs_from_itself(some: list[dict[str, Any]]) -> None:
    assert not diff(some, copy.deepcopy(some))


def step_by_step(base: dict[str, Any], head: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return lines and highlights of a changed resource the plain way: each side alone, by PyYAML and difflib."""
    sides = copy.deepcopy(settle(mask(base), mask(head)))
    before, after = (dumped(arranged(side)).splitlines() for side in sides)
    lines = list(difflib.unified_diff(before, after, n=3, lineterm=""))[2:]
    return "\n".join(lines), tuple(one.text for one in highlights(*sides)) if lines else ()


_WHOLE = (*bodies(), *(place("former-0815") for place in HIDING_PLACES))


@given(st.integers(0, 2**32), st.lists(_VALUES, min_size=4, max_size=4))
@settings(max_examples=300, deadline=None)
def test_what_is_shared_and_left_out_changes_no_word(seed: int, values: list[Any]) -> None:
    chance = random.Random(seed)
    base = chance.choice(_WHOLE)
    head = copy.deepcopy(base)
    for value in values[chance.randrange(4) :]:
        at = chance.choice([part for part in _parts(head) if part is not head["metadata"] and part is not head] or [{}])
        if isinstance(at, dict):
            at[chance.choice([*at, "name", "password"])] = value
        else:
            at[:] = chance.choice([at[::-1], at[:-1], [*at, value]])
    lines, told = step_by_step(base, head)
    found = diff([base], [head]).changes
    assert [(one.lines, one.highlights) for one in found] == ([(lines, told)] if lines else [])


def _parts(value: Any) -> list[Any]:
    """Return all mappings and all lists with entries that stand in a value, itself included."""
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict) or (isinstance(value, list) and value) else []
    return [*own, *(part for one in below for part in _parts(one))]


@given(sets(), sets())
@settings(max_examples=80, deadline=None)
def test_both_directions_tell_of_the_same_resources(base: list[dict[str, Any]], head: list[dict[str, Any]]) -> None:
    def keys(changes: EnvironmentDiff) -> list[tuple[str, str, str]]:
        swapped = {"added": "removed", "removed": "added", "changed": "changed"}
        return sorted((one.key.kind, one.key.name[:1], swapped[one.kind]) for one in changes.changes)

    there, back = diff(base, head), diff(head, base)
    assert keys(there) == sorted((one.key.kind, one.key.name[:1], one.kind) for one in back.changes)
    for one in (*there.changes, *back.changes):
        assert one.lines.startswith("@@ ")
        assert any(line[0] in "+-" for line in one.lines.split("\n"))


@given(st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_keys_and_resources_is_no_change(chance: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            chance.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(one) for one in value] if isinstance(value, list) else value

    head = [shuffled(one) for one in bodies()]
    chance.shuffle(head)
    assert not diff(bodies(), head)
