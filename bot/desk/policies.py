"""`lockkeeper policy explain` and `list`: what do the policies say that judge what lies here, and where do they run?"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from bot.desk import ending, output
from bot.desk.ending import ended
from bot.desk.situation import NO_RULES, Situation, find_name, open_work, take_situation
from bot.errors import UserError
from bot.flows.packs import load_packs, pack_files
from bot.policy.builtin import builtin_packs, default_directory
from bot.policy.outline import PolicyOutline, outline
from bot.policy.packs import Pack, load_pack
from bot.report import policy_words
from bot.report.policy_words import PackUse
from bot.report.scanners import ScannerUse
from bot.scanners import scanners

ANY = "any environment"  # where none is found

Found = tuple[PolicyOutline, PackUse]


@dataclass(frozen=True, slots=True)
class ListWish:
    """What is asked of a list: environments by their names (none: all), and the format."""

    environments: tuple[str, ...] = ()
    form: Literal["text", "json"] = "text"


@dataclass(frozen=True, slots=True)
class ExplainWish:
    """What is to be explained: a policy, a rule, a pack, or `pack/policy`; `source` asks for the YAML as well."""

    name: str
    source: bool = False


def run_list(wish: ListWish) -> int:
    """List policies by environment, and return the status to end with."""
    return ended(lambda: _list(wish))


def run_explain(wish: ExplainWish) -> int:
    """Explain a policy or a pack, and return the status to end with."""
    return ended(lambda: _explain(wish))


def _list(wish: ListWish) -> int:
    situation = _situation()
    names = [one.name for one in situation.environments()]
    wanted = [find_name(name, names) for name in dict.fromkeys(wish.environments)] or names
    uses = list(_uses(situation, names))
    found = {name: [use for use in uses if name in use.environments] for name in wanted} or {ANY: uses}
    scanned = {name: _scanners(situation, name) for name in found}
    if wish.form == "json":
        output.write(policy_words.policy_list_as_json(found, scanned))
    else:
        if not situation.rules.found:
            output.note(NO_RULES)
        output.write(policy_words.policy_list(found, output.terminal(sys.stdout), scanned))
    told = [problem for listed in found.values() for use in listed for problem in use.pack.problems]
    return ending.FOUND if any(one.state == "error" for one in told) else ending.FINE


def _explain(wish: ExplainWish) -> int:
    situation = _situation()
    uses = list(_uses(situation, [one.name for one in situation.environments()]))
    chosen = {use.pack.name for use in uses if use.builtin}
    uses += [_unchosen(name) for name in _packs() if name not in chosen]
    pen = output.terminal(sys.stdout)
    by_pack = {use.pack.name: [one for one in uses if one.pack.name == use.pack.name] for use in uses}
    policies = _by_name(uses)
    name = find_name(wish.name, sorted({*by_pack, *policies}), noun="policy or pack")
    if name in by_pack:
        output.write(policy_words.explained_pack(by_pack[name], pen))
        return ending.FINE
    texts = [
        policy_words.explained_policy(policy, by_pack[use.pack.name], pen, source=wish.source)
        for policy, use in policies[name]
    ]
    output.write("\n".join(texts))
    return ending.FINE


def _by_name(uses: Sequence[PackUse]) -> Mapping[str, list[Found]]:
    """Policies by each of their names: alone, behind that of their pack, and as those of their rules."""
    found: dict[str, list[Found]] = {}
    seen: set[tuple[str, str]] = set()
    for use in uses:
        for policy in use.policies:
            if (policy.pack, policy.name) not in seen:  # a pack that is used twice is explained once, with both uses
                seen.add((policy.pack, policy.name))
                for name in {policy.name, f"{policy.pack}/{policy.name}"}:
                    found.setdefault(name, []).append((policy, use))
    for listed in list(found.values()):
        for policy, use in listed:
            for rule in policy.rules:
                if rule.name not in found and rule.name != rule.kind:
                    found[rule.name] = [(policy, use)]
    return found


def _situation() -> Situation:
    work = open_work(None)
    return take_situation(work, work.open_working())


def _uses(situation: Situation, names: Sequence[str]) -> Iterator[PackUse]:
    """Yield each entry of the configuration, with the environments that are there of those it is for."""
    for chosen, pack in load_packs(_packs().get, situation.rules, situation.head).loaded:
        files = pack_files(_packs().get, chosen, situation.head) or {}
        where = tuple(name for name in names if not chosen.environments or name in chosen.environments)
        place = chosen.path or _place(chosen.builtin)
        yield PackUse(pack, outline(pack, files, place), place, bool(chosen.builtin), chosen.parameters, where)


def _scanners(situation: Situation, environment: str) -> tuple[ScannerUse, ...]:
    """Return the scanners that look at an environment. UserError for a mistake in what is enabled here."""
    enabled, problem = scanners(os.environ)
    if problem:
        raise UserError(problem)
    names = {one.name for one in enabled}
    chosen = load_packs(_packs().get, situation.rules, situation.head).scanners_for(environment)
    return tuple(ScannerUse(one.scanner, one.blocks, one.scanner in names) for one in chosen)


def _unchosen(name: str) -> PackUse:
    """A pack that ships, as it would be: where a parameter is required, with the example for it."""
    files = _packs()[name]
    examples = {one.name: one.example for one in load_pack(name, files, {}).parameters if one.required}
    pack: Pack = load_pack(name, files, examples)
    return PackUse(pack, outline(pack, files, _place(name)), _place(name), True, examples, chosen=False)


def _place(name: str) -> str:
    return f"policies/{name}"


@cache
def _packs() -> dict[str, dict[str, bytes]]:
    return builtin_packs(default_directory())
