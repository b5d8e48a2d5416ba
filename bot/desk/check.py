"""`lockkeeper check`: what would Lockkeeper say of this change?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bot.checks.diff import EnvironmentDiff
from bot.desk import ending, output
from bot.desk.base import Base, find_base, target_branch
from bot.desk.ending import UnseenError, ended
from bot.desk.engines import missing_tools, workbench
from bot.desk.progress import Progress
from bot.desk.situation import NO_RULES, Situation, asked, differing_rules, open_work, relative, take_situation
from bot.errors import UserError
from bot.flows.evaluation import Evaluation, evaluate_change
from bot.flows.packs import load_packs
from bot.flows.question import Question
from bot.flows.workbench import Workbench
from bot.model.finding import Finding
from bot.report import pull_comment, record, sarif, text
from bot.report.look import Look
from bot.report.pull_comment import EnvironmentResult
from bot.report.words import count

Format = Literal["text", "json", "sarif", "markdown"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a check: the options of `lockkeeper check` by their names."""

    path: Path | None = None
    base: str = ""
    staged: bool = False
    environments: tuple[str, ...] = ()
    everything: bool = False
    form: Format = "text"
    file: Path | None = None
    quiet: bool = False
    keep: bool = True


def run(wish: Wish) -> int:
    """Check, write the result, and return the status to end with."""
    return ended(lambda: _run(wish))


def _run(wish: Wish) -> int:
    with open_work(wish.path) as work:
        head = work.open_staged() if wish.staged else work.open_working()
        situation = take_situation(work, head)
        base = find_base(work, situation.refs, situation.rules, wish.base)
        with workbench(work, keep=wish.keep) as bench:
            question = _question(bench, situation, base, wish)
            found = evaluated(bench, question, silent=wish.quiet)
            look = _look(situation, base, question, found, wish)
            output.write(_words(look, wish), wish.file)
            if wish.file and not wish.quiet:
                output.note(f"{look.verdict}; all of it is in {wish.file}")
            missing = _missing(bench, found.findings)
    for name, reason in missing.items():
        raise UnseenError(f"there is no {name} here, so not everything was looked at", reason)
    return ending.FOUND if look.blocks else ending.FINE


def evaluated(bench: Workbench, question: Question, *, silent: bool) -> Evaluation:
    """Evaluate and tell how far it is. UnseenError for what stops it on the way."""
    progress = Progress(sys.stderr, silent=silent)
    try:
        return evaluate_change(bench, replace(question, progress=progress))
    except UserError as error:
        raise UnseenError(str(error)) from error
    finally:
        progress.clear()


def _question(bench: Workbench, situation: Situation, base: Base, wish: Wish) -> Question:
    branch = target_branch(base, situation.refs, situation.rules)
    packs = load_packs(bench.builtin_pack, situation.rules, situation.head)
    question = situation.question(base, branch, wish.environments, packs)
    question = replace(question, whole=question.whole or wish.everything)
    return asked(question, relative(situation.work, wish.path)) if wish.path else question


def _look(situation: Situation, base: Base, question: Question, found: Evaluation, wish: Wish) -> Look:
    notes = [*base.notes, *situation.work.notes]
    if not situation.rules.found:
        notes.append(NO_RULES)
    elif differs := differing_rules(situation):
        notes.append(differs)
    if not question.reached:
        notes.append("nothing to render is found here")
    results = found.results if base.commit else tuple(_counted(one) for one in found.results)
    what = "what is staged" if wish.staged else "the working tree"
    return Look(results, found.findings, base.words, what, notes=tuple(notes))


def _counted(result: EnvironmentResult) -> EnvironmentResult:
    """Return what is there in place of a diff with nothing."""
    there = result.note or count(len(result.diff.changes), "resource")
    return replace(result, diff=EnvironmentDiff(), note=there)


def _words(look: Look, wish: Wish) -> str:
    match wish.form:
        case "text":
            pen = output.terminal(sys.stdout) if wish.file is None else text.PLAIN
            return text.check(look, pen, quiet=wish.quiet)
        case "json":
            return record.check(look)
        case "sarif":
            from importlib.metadata import version

            return sarif.log(look.findings, version=version("lockkeeper"))
        case "markdown":
            said = (f"{look.subject[:1].upper()}{look.subject[1:]}.", *look.notes)
            return pull_comment.at_desk(look.results, look.findings, said) + "\n"


def _missing(bench: Workbench, findings: Sequence[Finding]) -> dict[str, str]:
    """Return the tools that would have been needed and are not here, with the reasons."""
    failed = {one.rule for one in findings if one.policy == "render" and one.state == "error"} & {"kustomize", "helm"}
    return {name: why for name, why in missing_tools(bench).items() if name in failed} if failed else {}
