"""Which further conditions does the configuration set on promotions, and which days are frozen?"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, timedelta
from typing import TypeVar

from bot.model.gates import NO_GATES, OVERRIDABLE, FreezeRule, GateRules, Health, Window
from bot.promotion.config_forms import CHECK, DURATION, LOGIN, NAME, TEAM, WINDOW, WORDS, ZONE, Form
from bot.promotion.config_read import Reader, Table, did_you_mean
from bot.promotion.config_scalars import Value
from bot.promotion.config_setting import Setting
from bot.promotion.config_shapes import table, texts
from bot.promotion.times import UnclearError, parse_duration, parse_window, parse_zone

T = TypeVar("T")
_GATE = Form("a gate that may be overridden", "|".join(OVERRIDABLE), f"there are: {', '.join(OVERRIDABLE)}")

HEALTH = Setting(
    "map",
    "who has to say that the source environment runs what is promoted, and runs well",
    "nobody is asked",
    keys={
        "deployment": Setting(
            "flag",
            "the newest GitHub Deployment of the source environment has to have succeeded",
            "false",
            also=("deployments",),
        ),
        "statuses": Setting(
            "texts",
            "patterns of the commit statuses that the GitOps agent writes; every one that fits has to be a success",
            "none",
            '["kustomization/web/*"]',
            form=CHECK,
            single=True,
            also=("status",),
        ),
        "argocd": Setting(
            "texts",
            "names of Argo CD applications (or namespace/name) that have to be Synced and Healthy; whoever runs "
            "Lockkeeper gives it access to Argo CD",
            "none",
            "[web-staging]",
            form=WORDS,
            single=True,
            also=("argo", "applications"),
        ),
    },
)

GATES = Setting(
    "map",
    "further conditions on a promotion into this environment; order, policies and approvals are always gates",
    "none",
    also=("gate", "conditions"),
    keys={
        "checks": Setting(
            "texts",
            "check runs or commit statuses that must succeed on the source commit",
            "none",
            "[integration-tests]",
            form=CHECK,
            also=("statuses", "check"),
        ),
        "test": Setting(
            "texts",
            "check runs or commit statuses of tests that ran in the source environment, and must have succeeded",
            "none",
            "[e2e]",
            form=CHECK,
            single=True,
            also=("tests",),
        ),
        "health": HEALTH,
        "soak": Setting(
            "text",
            "how long the change has to be healthy in the source environment first",
            "no time",
            "1h30m",
            form=WORDS,
            shape=DURATION,
            also=("bake", "wait", "delay"),
        ),
        "window": Setting(
            "texts",
            "days and hours, in a time zone, in which promotions may merge",
            "at any time",
            '"Mon-Thu 09:00-16:00 Europe/Berlin"',
            form=WORDS,
            shape=WINDOW,
            single=True,
            also=("windows", "hours", "schedule"),
        ),
        "override": Setting(
            "map",
            "which gates `/override` may open, and who may say so",
            "none",
            keys={
                "gates": Setting(
                    "texts", "names of the gates", "", "[soak, window]", form=NAME, shape=_GATE, required=True
                ),
                "users": Setting("texts", "GitHub logins", "none", "[ann]", form=LOGIN),
                "teams": Setting("texts", "team slugs of the organisation", "none", "[platform-leads]", form=TEAM),
            },
            also=("overrides",),
        ),
    },
)

FREEZE = Setting(
    "entries",
    "days without promotions",
    "none",
    keys={
        "from": Setting("date", "the first day", "", "2026-12-20", required=True, also=("start",)),
        "until": Setting(
            "date", "the last day, which is frozen as well", "", "2027-01-03", required=True, also=("end", "to")
        ),
        "reason": Setting("text", "why, for people to read", "none", "Holidays", form=WORDS),
        "zone": Setting(
            "text", "the time zone in which the days begin and end", "UTC", "Europe/Berlin", form=WORDS, shape=ZONE
        ),
        "environments": Setting("texts", "only these environments", "all", "[production]", form=NAME, single=True),
    },
    also=("freezes", "holidays"),
)


def gate_rules(reader: Reader, given: Table, key: str) -> GateRules:
    """Return the rules of one environment; `key` is where its gates stand. What is unclear is noted on the reader."""
    health, override = table(given.get("health")), table(given.get("override"))
    windows = [
        _read(reader, f"{key}.window[{index}]", text, parse_window)
        for index, text in enumerate(texts(given.get("window")))
    ]
    soak = given.get("soak")
    for name in texts(override.get("gates")):
        if name not in OVERRIDABLE:
            listed = ", ".join(f"`{one}`" for one in OVERRIDABLE)
            reader.problem(f"{key}.override.gates", f"there is no gate `{name}` to override", f"there are: {listed}")
    return GateRules(
        checks=texts(given.get("checks")),
        test=texts(given.get("test")),
        health=Health(health.get("deployment") is True, texts(health.get("statuses")), texts(health.get("argocd"))),
        soak=(_read(reader, f"{key}.soak", soak, parse_duration) or timedelta(0))
        if isinstance(soak, str)
        else NO_GATES.soak,
        windows=tuple(one for one in windows if isinstance(one, Window)),
        overridable=texts(override.get("gates")),
    )


def freeze_rules(reader: Reader, given: Value, known: Collection[str]) -> tuple[FreezeRule, ...]:
    """Return the frozen days; `known` are the names of the environments."""
    found = []
    for index, given_entry in enumerate(given if isinstance(given, list) else ()):
        entry, key = table(given_entry), f"freeze[{index}]"
        start, end = _day(entry.get("from")), _day(entry.get("until"))
        zone = entry.get("zone")
        name = _read(reader, f"{key}.zone", zone, parse_zone) if isinstance(zone, str) else "UTC"
        for one in texts(entry.get("environments")):
            if one not in known:
                message = f"there is no environment `{one}`"
                reader.problem(f"{key}.environments", message, did_you_mean(one, sorted(known)))
        if start is None or end is None:
            continue
        if end < start:
            reader.problem(f"{key}.until", f"{end} is before {start}", "write the last day, which may be the first")
        reason = entry.get("reason")
        told = reason if isinstance(reason, str) else ""
        found.append(FreezeRule(start, end, told, name or "UTC", texts(entry.get("environments"))))
    return tuple(found)


def _read(reader: Reader, key: str, text: str, parse: Callable[[str], T]) -> T | None:
    try:
        return parse(text)
    except UnclearError as error:
        reader.problem(key, error.message, error.suggestion)
        return None


def _day(value: Value) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None
