"""What does a rule's `validate` block say about a resource it applies to?

The block becomes a `Check`, a function of the subject: first the preconditions, then the pattern, the
conditions, the loops, the Pod Security Standard or the CEL expressions. What nobody evaluates here becomes an
`Unevaluable` with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.policy.kyverno import shape
from bot.policy.kyverno.answers import NotKnown, QueryError, TooLargeError
from bot.policy.kyverno.cel import compile_cel
from bot.policy.kyverno.conditions import compile_conditions
from bot.policy.kyverno.context import Context, Entry, compile_entries
from bot.policy.kyverno.given import ImagesOf, names_of
from bot.policy.kyverno.images import Extractor
from bot.policy.kyverno.judges import KINDS, Budget, Judge, Scene, compile_judge
from bot.policy.kyverno.podsecurity import compile_pod_security
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.subject import Subject
from bot.policy.kyverno.variables import as_text, compile_template, has_variables
from bot.policy.kyverno.verdict import PASS, SKIP, Check, Failure, Unevaluable, Verdict, error, unknown

__all__ = ["PASS", "SKIP", "Check", "Failure", "Unevaluable", "Verdict", "compile_check"]

_OTHERS = {
    "assert": "this version does not evaluate `validate.assert`",
    "manifests": "signatures of manifests are verified in a cluster, with its keys",
}
_ALL = (*KINDS, "podSecurity", "cel", *_OTHERS)


def compile_check(rule: Mapping[str, object], key: str, *, ignore: bool = False) -> Check | Unevaluable:
    """Compile the validate block of a rule whose dotted place is `key`; raises `ShapeError` for a broken one.

    `ignore` says that the policy's `failurePolicy` is Ignore.
    """
    at = f"{key}.validate"
    validate = shape.mapping(rule.get("validate"), at)
    shape.known_fields(validate, shape.VALIDATE, at)
    kinds = [name for name in _ALL if validate.get(name) is not None]
    if not kinds:
        raise ShapeError(at, "the rule says nothing to validate", f"add one of {', '.join(_ALL)}")
    if len(kinds) > 1:
        raise ShapeError(at, f"the rule has {' and '.join(kinds)}", "write one rule for each")
    (kind,) = kinds
    if kind in _OTHERS:
        return Unevaluable(_OTHERS[kind])
    if kind == "cel":
        return compile_cel(rule, key, ignore=ignore)
    judge = (
        compile_pod_security(validate[kind], f"{at}.{kind}") if kind == "podSecurity" else compile_judge(validate, at)
    )
    if rule.get("celPreconditions"):
        return Unevaluable("this version does not evaluate `celPreconditions`")
    check = _check(rule, key, judge)
    if kind in ("pattern", "anyPattern"):
        return lambda subject: SKIP if subject.operation == "DELETE" else check(subject)  # there is nothing to fit
    return check


def _check(rule: Mapping[str, object], key: str, judge: Judge) -> Check:
    entries = compile_entries(rule.get("context"), f"{key}.context")
    extractors = _extractors(rule.get("imageExtractors"), f"{key}.imageExtractors")
    written = rule.get("preconditions")
    preconditions = compile_conditions(written, f"{key}.preconditions") if written else None
    say = _message(rule)

    def check(subject: Subject) -> Verdict:
        context = _context(subject, entries, extractors)
        try:
            if preconditions is not None and not preconditions(context).holds:
                return SKIP
            return judge(Scene(context, subject.body, say, Budget(), excused=subject.excused))
        except (QueryError, TooLargeError) as broken:
            return error(str(broken))
        except NotKnown as away:
            return unknown(str(away))
        except RecursionError:
            return error("the resource is nested too deeply")

    return check


def _context(subject: Subject, entries: tuple[Entry, ...], extractors: Mapping[str, list[Extractor]]) -> Context:
    given = frozenset(path.partition(".")[0] for path in subject.given)
    return Context(names_of(subject), (ImagesOf(subject.body, extractors), *entries), given)


def _message(rule: Mapping[str, object]) -> Callable[[Context], str]:
    """Fill the variables of the message in; what cannot be, or belongs to a Secret, leaves it as written."""
    validate = shape.mapping(rule.get("validate"), "validate")
    written = shape.text(validate.get("message"), "validate.message").strip()
    if not has_variables(written):
        return lambda _: ""
    try:
        template = compile_template(written)
    except QueryError:
        return lambda _: ""

    def say(context: Context) -> str:
        request = context.values.get("request")
        body = request.get("object") if isinstance(request, dict) else None
        if isinstance(body, dict) and body.get("kind") == "Secret":
            return ""
        try:
            return as_text(template.of(context)).strip()
        except (QueryError, NotKnown, TooLargeError):
            return ""

    return say


def _extractors(found: object, key: str) -> Mapping[str, list[Extractor]]:
    return {
        kind: [_extractor(one, f"{key}.{kind}[{index}]") for index, one in enumerate(shape.sequence(listed, key))]
        for kind, listed in shape.mapping(found, key).items()
    }


def _extractor(found: object, key: str) -> Extractor:
    block = shape.mapping(found, key)
    shape.known_fields(block, ("path", "value", "name", "key", "jmesPath"), key)
    path = [part.strip() for part in shape.text(block.get("path"), f"{key}.path").split("/") if part.strip()]
    if not path:
        raise ShapeError(f"{key}.path", "an image extractor needs a path")
    if block.get("jmesPath"):
        raise ShapeError(f"{key}.jmesPath", "this version does not apply expressions to the names of images")
    value = shape.text(block.get("value"), f"{key}.value")
    if not value:
        value = path.pop()
    name = shape.text(block.get("name"), f"{key}.name") or "custom"
    return Extractor(tuple(path), value, name, shape.text(block.get("key"), f"{key}.key"))
