"""What do policies know of a change: the object as it was, the namespace's labels, what only moved?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from textwrap import dedent

import pytest

from bot.adapters.render.building import build_renderer
from bot.flows.environments import Reached
from bot.flows.evaluation import evaluate_change
from bot.flows.packs import load_packs
from bot.flows.question import Question, Sides
from bot.flows.workbench import Workbench
from bot.model.environment import Configuration, Environment, PolicyPack
from bot.model.finding import Finding
from tests.applications.trees import MemoryTree

Files = Mapping[str, str]
CONFIGURATION = Configuration(
    environments=(Environment("production", "main", "apps"),), policies=(PolicyPack(path="rules"),)
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    with build_renderer(tmp_path_factory.mktemp("data"), workers=1) as renderer:
        yield Workbench(renderer, lambda _: None, clock=lambda: datetime(2026, 3, 1, tzinfo=UTC))


def rule(spec: str, *, kind: str = "ConfigMap", match: str = "") -> str:
    """Return a Kyverno policy with one enforced rule; `spec` is what stands below `validate`."""
    more = "".join(f"\n                {line}" for line in match.splitlines())
    policy = dedent(f"""\
        apiVersion: kyverno.io/v1
        kind: ClusterPolicy
        metadata: {{name: the-policy}}
        spec:
          rules:
            - name: the-rule
              match:
                any: [{{resources: {{kinds: [{kind}]{more}}}}}]
              validate:
                failureAction: Enforce
                message: Not so.
        """)
    return policy + "".join(f"        {line}\n" for line in dedent(spec).splitlines())


NO_RED = rule("pattern: {data: {=(colour): '!red'}}")
IMMUTABLE = rule(
    """\
deny:
  conditions:
    any:
      - key: "{{ request.object.data.colour }}"
        operator: NotEquals
        value: "{{ request.oldObject.data.colour }}"
""",
    match=", operations: [UPDATE]",
)
NEVER = rule("deny: {}", match=", operations: [UPDATE]")
ONLY_GOLD = rule("pattern: {data: {tier: gold}}", match=", namespaceSelector: {matchLabels: {tier: gold}}")
CREATED = rule("deny: {}", match=", operations: [CREATE]")
EXPIRED = rule("""\
deny:
  conditions:
    any:
      - key: "{{ time_before(time_now_utc(), '2026-03-02T00:00:00Z') }}"
        operator: Equals
        value: true
""")

# A ConfigMap asks the API server for another one: the manifests answer, as the policy says.
PARTNER = rule(
    """\
deny:
  conditions:
    any:
      - key: "{{ contains(names, 'partner') }}"
        operator: Equals
        value: false
""",
    match=", names: [thing]",
).replace(
    "      validate:\n",
    "      context:\n"
    "        - name: names\n"
    "          apiCall:\n"
    "            urlPath: '/api/v1/namespaces/{{ request.namespace }}/configmaps'\n"
    "            jmesPath: 'items[].metadata.name'\n"
    "      validate:\n",
)
IN_THE_ENVIRONMENT, IN_THE_APPLICATION = (
    PARTNER.replace("the-policy}", f"the-policy, annotations: {{policies.lockkeeper.dev/api-calls: {scope}}}}}")
    for scope in ("environment", "application")
)


def thing(colour: str, name: str = "thing", namespace: str = "shop", **more: str) -> str:
    data = "".join(f", {key}: {value}" for key, value in more.items())
    return (
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\n"
        f"data: {{colour: {colour}{data}}}\n"
    )


def namespace(name: str = "shop", tier: str = "gold") -> str:
    return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {{tier: {tier}}}}}\n"


def found(bench: Workbench, policy: str, base: Files, head: Files) -> list[Finding]:
    """Return what policies find in a change from base to head; files are below apps/."""
    old, new = _kustomized(base), _kustomized(head)
    rules = {"rules/policy.yaml": policy}
    before, after = MemoryTree({**old, **rules}), MemoryTree({**new, **rules})
    touched = sorted(path for path in {*old, *new} if old.get(path) != new.get(path))
    reached = tuple(Reached(one, True) for one in CONFIGURATION.environments)
    packs = load_packs(lambda _: None, CONFIGURATION, before)
    question = Question("acme/shop", CONFIGURATION, packs, reached, Sides(before, after, touched), "main")
    return [one for one in evaluate_change(bench, question).findings if one.concern == "policies"]


def _kustomized(files: Files) -> Files:
    """Return the files below apps/, each directory with a kustomization: an application of its own."""
    listed: dict[str, list[str]] = {}
    for path in files:
        directory, _, name = path.partition("/")
        listed.setdefault(directory, []).append(name)
    found = {f"apps/{path}": text for path, text in files.items()}
    return found | {
        f"apps/{one}/kustomization.yaml": f"resources: [{', '.join(names)}]\n" for one, names in listed.items()
    }


def news(findings: list[Finding]) -> list[tuple[str, bool]]:
    return [(one.state, one.new) for one in findings]


RED, BLUE, GREEN = (thing(one) for one in ("red", "blue", "green"))
CASES: Mapping[str, tuple[str, Files, Files, list[tuple[str, bool]]]] = {
    "a violation that comes is new": (NO_RED, {"a/a.yaml": BLUE}, {"a/a.yaml": RED}, [("fail", True)]),
    "one that was there is not, though the resource changes": (
        NO_RED,
        {"a/a.yaml": RED},
        {"a/a.yaml": thing("red", size="2")},
        [("fail", False)],
    ),
    "one more beside it is": (
        NO_RED,
        {"a/a.yaml": RED},
        {"a/a.yaml": f"{RED}---\n{thing('red', 'other')}"},
        [("fail", False), ("fail", True)],
    ),
    "nothing is said of one that goes": (NO_RED, {"a/a.yaml": RED}, {"a/a.yaml": BLUE}, []),
    "what must not change, changes": (IMMUTABLE, {"a/a.yaml": BLUE}, {"a/a.yaml": GREEN}, [("fail", True)]),
    "what must not change, stays": (IMMUTABLE, {"a/a.yaml": BLUE}, {"a/a.yaml": thing("blue", size="2")}, []),
    "what must not change is made": (IMMUTABLE, {"b/b.yaml": BLUE}, {"a/a.yaml": RED, "b/b.yaml": BLUE}, []),
    "what never may be updated is not when something beside it is": (
        NEVER,
        {"a/a.yaml": BLUE, "a/b.yaml": namespace()},
        {"a/a.yaml": BLUE, "a/b.yaml": namespace(tier="iron")},
        [],
    ),
    "what never may be updated is": (NEVER, {"a/a.yaml": BLUE}, {"a/a.yaml": GREEN}, [("fail", True)]),
    "what may not be created any more, and is there, may be updated": (
        CREATED,
        {"a/a.yaml": BLUE},
        {"a/a.yaml": GREEN},
        [],
    ),
    "what may not be created any more, and is untouched, was there before": (
        CREATED,
        {"a/a.yaml": BLUE, "a/b.yaml": namespace()},
        {"a/a.yaml": BLUE, "a/b.yaml": namespace(tier="iron")},
        [("fail", False)],
    ),
    "another name is another resource": (
        NO_RED,
        {"a/a.yaml": RED},
        {"a/a.yaml": thing("red", "other")},
        [("fail", True)],
    ),
    "another namespace is another resource": (
        NO_RED,
        {"a/a.yaml": RED},
        {"a/a.yaml": thing("red", namespace="elsewhere")},
        [("fail", True)],
    ),
    "a file that moves brings nothing": (NO_RED, {"a/a.yaml": RED}, {"a/moved.yaml": RED}, [("fail", False)]),
    "an application that moves brings nothing": (NO_RED, {"a/a.yaml": RED}, {"b/b.yaml": RED}, [("fail", False)]),
    "an application that moves, and grows": (
        NO_RED,
        {"a/a.yaml": RED},
        {"b/b.yaml": RED, "b/c.yaml": thing("red", "other")},
        [("fail", False), ("fail", True)],
    ),
    "an application that moves, and changes what must not": (
        IMMUTABLE,
        {"a/a.yaml": BLUE},
        {"b/b.yaml": GREEN},
        [("fail", True)],
    ),
    "what moves between applications that stay brings nothing": (
        NO_RED,
        {"a/a.yaml": RED, "a/b.yaml": namespace(), "z/z.yaml": thing("blue", "other")},
        {"a/b.yaml": namespace(), "z/z.yaml": thing("blue", "other"), "z/a.yaml": RED},
        [("fail", False)],
    ),
    "what moves between applications that stay, and changes what must not": (
        IMMUTABLE,
        {"z/a.yaml": BLUE, "z/b.yaml": namespace(), "a/z.yaml": thing("blue", "other")},
        {"z/b.yaml": namespace(), "a/z.yaml": thing("blue", "other"), "a/a.yaml": GREEN},
        [("fail", True)],
    ),
    "what goes from one application is not what comes to another": (
        NO_RED,
        {"a/a.yaml": RED, "a/b.yaml": namespace(), "z/z.yaml": thing("blue", "other")},
        {"a/b.yaml": namespace(), "z/z.yaml": thing("blue", "other"), "z/a.yaml": thing("red", "third")},
        [("fail", True)],
    ),
    "labels of a namespace that another application defines": (
        ONLY_GOLD,
        {"a/a.yaml": BLUE, "z/z.yaml": namespace()},
        {"a/a.yaml": GREEN, "z/z.yaml": namespace()},
        [("fail", False)],
    ),
    "labels that another application is about to change": (
        ONLY_GOLD,
        {"a/a.yaml": BLUE, "z/z.yaml": namespace(tier="iron")},
        {"a/a.yaml": GREEN, "z/z.yaml": namespace(tier="gold")},
        [("fail", True)],
    ),
    "labels that do not fit": (
        ONLY_GOLD,
        {"a/a.yaml": BLUE, "z/z.yaml": namespace(tier="iron")},
        {"a/a.yaml": GREEN, "z/z.yaml": namespace(tier="iron")},
        [],
    ),
    "labels that nobody knows": (
        ONLY_GOLD,
        {"a/a.yaml": BLUE},
        {"a/a.yaml": GREEN},
        [("not evaluable here", False)],
    ),
    "another application holds what is asked for": (
        IN_THE_ENVIRONMENT,
        {"a/a.yaml": BLUE, "z/z.yaml": thing("red", "partner")},
        {"a/a.yaml": GREEN, "z/z.yaml": thing("red", "partner")},
        [],
    ),
    "another application lets go of what is asked for": (
        IN_THE_ENVIRONMENT,
        {"a/a.yaml": BLUE, "z/z.yaml": thing("red", "partner")},
        {"a/a.yaml": GREEN, "z/z.yaml": thing("red", "other")},
        [("fail", True)],
    ),
    "nobody holds what is asked for": (
        IN_THE_ENVIRONMENT,
        {"a/a.yaml": BLUE},
        {"a/a.yaml": GREEN},
        [("fail", False)],
    ),
    "another application holds it, which is not asked": (
        IN_THE_APPLICATION,
        {"a/a.yaml": BLUE, "z/z.yaml": thing("red", "partner")},
        {"a/a.yaml": GREEN, "z/z.yaml": thing("red", "partner")},
        [("fail", False)],
    ),
    "the application holds it itself": (
        IN_THE_APPLICATION,
        {"a/a.yaml": BLUE, "a/b.yaml": thing("red", "partner")},
        {"a/a.yaml": GREEN, "a/b.yaml": thing("red", "partner")},
        [],
    ),
    "a policy that lets no manifests answer": (
        PARTNER,
        {"a/a.yaml": BLUE, "a/b.yaml": thing("red", "partner")},
        {"a/a.yaml": GREEN, "a/b.yaml": thing("red", "partner")},
        [("not evaluable here", False)],
    ),
    "a rule that asks for the time": (EXPIRED, {"a/a.yaml": BLUE}, {"a/a.yaml": GREEN}, [("fail", False)]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_new(bench: Workbench, case: str) -> None:
    policy, base, head, expected = CASES[case]
    # one more application, so that the environment always is several of them
    filled = [{**files, "k/k.yaml": thing("grey", "grey", tier="gold")} for files in (base, head)]
    seen = found(bench, policy, *filled)
    assert sorted(news([one for one in seen if one.application != "k"])) == sorted(expected), seen
