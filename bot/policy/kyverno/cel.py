"""What does a rule's `validate.cel` say about a resource it applies to?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.policy.cel.block import Around, compile_block
from bot.policy.cel.problem import CelError, ElsewhereError
from bot.policy.cel.rule import Outcome
from bot.policy.cel.world import World
from bot.policy.kyverno import shape
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.subject import Subject
from bot.policy.kyverno.times import told
from bot.policy.kyverno.verdict import PASS, Check, Failure, Unevaluable, Verdict

HERE = World(now=told)  # no cluster, no registry; a clock where `evaluate` got one


def compile_cel(
    rule: Mapping[str, object], key: str, *, ignore: bool = False, world: World = HERE
) -> Check | Unevaluable:
    """Compile the block of a rule whose dotted place is `key`; raises `ShapeError` for a broken one.

    `ignore` says that the policy's `failurePolicy` is Ignore.
    """
    validate = shape.mapping(rule.get("validate"), f"{key}.validate")
    around = Around(
        rule.get("celPreconditions"), shape.text(validate.get("message"), f"{key}.validate.message"), ignore
    )
    at = f"{key}.validate.cel"
    try:
        block = compile_block(shape.mapping(validate.get("cel"), at), at, around, world)
    except CelError as broken:
        raise ShapeError(broken.key, str(broken)) from broken
    except ElsewhereError as away:
        return Unevaluable(away.why)
    return checked(block.judge)


def checked(judge: Callable[[Subject], Outcome]) -> Check:
    """Make a check of what judges with CEL; the message of a failure is the expression's own."""

    def check(subject: Subject) -> Verdict:
        outcome = judge(subject)
        if outcome.state == "pass":
            return PASS
        if outcome.state == "fail":
            return Verdict("fail", (Failure("", said=outcome.message),))
        return Verdict(outcome.state, (), outcome.message)

    return check
