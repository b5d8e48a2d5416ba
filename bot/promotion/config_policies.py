"""What does the configuration say about policies: which packs run where, and what about their rules is different?"""

from __future__ import annotations

from datetime import date
from typing import get_args

from bot.model.environment import Action, Adjustments, Blocks, PolicyPack, Waiver
from bot.model.finding import Severity
from bot.promotion.config_forms import NAME, NAMESPACE, PATH, POLICY, REASON, RESOURCE, RULE, SCANNER
from bot.promotion.config_read import Reader, Table
from bot.promotion.config_scalars import Value
from bot.promotion.config_setting import Setting
from bot.promotion.config_shapes import tables, text, texts

BUILTIN_PACKS = (
    "gitops",
    "immutability",
    "registry",
    "reliability",
    "secrets",
    "security",
)  # directories of `policies/`
SEVERITIES: tuple[Severity, ...] = get_args(Severity)
ACTIONS: tuple[Action, ...] = get_args(Action)
BLOCKS: tuple[Blocks, ...] = get_args(Blocks)

EXCEPTIONS = Setting(
    "entries",
    "what the pack finds in some resources and does not count until a day, with the reason",
    "none",
    also=("exception", "exempt", "exclude", "ignore", "waivers"),
    some_of=("resources", "namespaces"),
    keys={
        "policy": Setting(
            "text",
            "the policy, by the name that findings show",
            "",
            "run-as-non-root",
            required=True,
            form=POLICY,
            also=("name",),
        ),
        "rule": Setting(
            "text", "one rule of it", "all its rules", "run-as-non-root", form=POLICY, also=("rules", "ruleName")
        ),
        "resources": Setting(
            "texts",
            "`Kind/name` or `Kind/namespace/name`; `*` stands for any characters, in quotes",
            "all of `namespaces`",
            "[Deployment/web]",
            form=RESOURCE,
            single=True,
            also=("resource", "for"),
        ),
        "namespaces": Setting(
            "texts",
            "names of namespaces; `*` stands for any characters, in quotes",
            "all namespaces",
            '["legacy-*"]',
            form=NAMESPACE,
            single=True,
            also=("namespace",),
        ),
        "reason": Setting(
            "text",
            "why that is fine for now; it is told with what is excepted",
            "",
            "the vendor's image needs root until release 4",
            required=True,
            form=REASON,
            also=("why", "because", "comment"),
        ),
        "until": Setting(
            "date",
            "the last day on which it holds (UTC)",
            "",
            "2027-06-30",
            required=True,
            also=("expires", "expiry", "expiration", "end"),
        ),
    },
)

POLICIES = Setting(
    "entries",
    "the policy packs to run on rendered manifests; `[]` runs none",
    "the built-in pack `security`",
    also=("policy", "packs"),
    one_of=("builtin", "path", "scanner"),
    keys={
        "builtin": Setting("choice", "a pack that comes with Lockkeeper", values=BUILTIN_PACKS, also=("name", "pack")),
        "path": Setting(
            "text",
            "a directory of this repository with policies, read from the default branch",
            "",
            "policies",
            form=PATH,
            also=("directory", "folder"),
        ),
        "scanner": Setting(
            "text",
            "a scanner that whoever runs Lockkeeper has enabled, by its name",
            "",
            "trivy",
            form=SCANNER,
            also=("scan", "tool"),
        ),
        "blocks": Setting(
            "choice",
            "of a scanner: what is at least this severe blocks, the rest warns",
            "high",
            values=BLOCKS,
            also=("fail_on", "threshold", "failing"),
        ),
        "with": Setting(
            "free",
            "the pack's parameters",
            "the pack's own defaults",
            "{registries: [registry.example.com]}",
            also=("parameters", "params", "settings"),
        ),
        "environments": Setting(
            "texts", "run it for these environments only", "all", "[production]", form=NAME, single=True
        ),
        "severity": Setting(
            "chosen",
            "how bad it is to break a policy, by the name of the policy or `policy/rule`",
            "as the policy says",
            "{run-as-non-root: high}",
            form=RULE,
            values=SEVERITIES,
            also=("severities",),
        ),
        "actions": Setting(
            "chosen",
            "what breaking a policy does, by the name of the policy or `policy/rule`",
            "as the policy says",
            "{run-as-non-root: block}",
            form=RULE,
            values=ACTIONS,
            also=("action", "enforce", "failureAction"),
        ),
        "exceptions": EXCEPTIONS,
    },
)


def policy_packs(reader: Reader, value: Value) -> tuple[PolicyPack, ...]:
    """Return the packs in the order written; what cannot be used is noted on the reader."""
    return tuple(_pack(reader, f"policies[{index}]", one) for index, one in enumerate(tables(value)))


def _pack(reader: Reader, key: str, table: Table) -> PolicyPack:
    parameters = table.get("with")
    if parameters is not None and not isinstance(parameters, dict):
        message = "the pack's parameters by name are expected here"
        reader.problem(f"{key}.with", message, "write lines like `registries: [registry.example.com]`")
    path, scanner = text(table.get("path")), text(table.get("scanner"))
    if parameters is not None and scanner:
        reader.problem(f"{key}.with", "a scanner has no parameters here", "its arguments are in the server's settings")
    if "blocks" in table and not scanner:
        reader.problem(f"{key}.blocks", "this is for scanners only", "use `actions` to say what a policy does")
    severities, actions = table.get("severity"), table.get("actions")
    return PolicyPack(
        builtin=text(table.get("builtin")),
        path="" if path == "." else path.rstrip("/"),
        scanner=scanner,
        blocks=next((one for one in BLOCKS if one == table.get("blocks")), "high"),
        parameters=parameters if isinstance(parameters, dict) else {},
        environments=texts(table.get("environments")),
        adjustments=Adjustments(
            {rule: one for rule, said in _items(severities) for one in SEVERITIES if one == said},
            {rule: one for rule, said in _items(actions) for one in ACTIONS if one == said},
            tuple(_waivers(table.get("exceptions"), f"{key}.exceptions")),
            key,
        ),
    )


def _waivers(value: Value, key: str) -> list[Waiver]:
    """Return the exceptions that are whole; what the others lack has been noted."""
    found = []
    for index, one in enumerate(tables(value)):
        policy, reason, until = (text(one.get(name)) for name in ("policy", "reason", "until"))
        if policy and reason and until:
            found.append(
                Waiver(
                    policy,
                    date.fromisoformat(until),
                    reason,
                    rule=text(one.get("rule")),
                    resources=texts(one.get("resources")),
                    namespaces=texts(one.get("namespaces")),
                    key=f"{key}[{index}]",
                )
            )
    return found


def _items(value: Value) -> list[tuple[str, Value]]:
    return list(value.items()) if isinstance(value, dict) else []
