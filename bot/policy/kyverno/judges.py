"""What do the parts of a `validate` block say: pattern, anyPattern, deny and foreach?

Each is compiled once into a `Judge`, a function of a scene: the names that are known, and the part of the
resource that is looked at. Loops have loops, conditions and patterns of their own. Source: the Kyverno
documentation ("Validate Rules") and `pkg/engine/handlers/validation/validate_resource.go`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.policy.kyverno import shape
from bot.policy.kyverno.answers import NotKnown, QueryError
from bot.policy.kyverno.conditions import Conditions, Judgement, compile_conditions
from bot.policy.kyverno.context import Context, Entry, compile_entries
from bot.policy.kyverno.exclusions import Exclusion
from bot.policy.kyverno.pattern import Matcher, PatternError, compile_pattern
from bot.policy.kyverno.query import Query, compile_query
from bot.policy.kyverno.references import resolve_references
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.shown import failure_at, failures_of, nearest
from bot.policy.kyverno.variables import compile_template
from bot.policy.kyverno.verdict import PASS, SKIP, Failure, Verdict, error, unknown

MOST_ELEMENTS = 20_000  # that the loops of one rule may visit in one resource
MOST_PATTERNS = 256  # kept for one rule, by the values of their variables
DEEPEST_LOOP = 5

FOREACH = frozenset(["anyPattern", "context", "deny", "elementScope", "foreach", "list", "pattern", "preconditions"])
KINDS = ("pattern", "anyPattern", "deny", "foreach")

_PLAIN = re.compile(r"(request\.object|element)((?:\.[A-Za-z_]\w*)+)(?:\[\])?", re.ASCII)


@dataclass(slots=True)
class Budget:
    """How many elements may still be visited."""

    left: int = MOST_ELEMENTS


@dataclass(slots=True)
class Scene:
    """What a judge looks at: the names, and the `body` that patterns are held against, with its place.

    `say` fills the rule's message in; `near` is the place of the element that a loop is at, not `exact` where that
    is one around it; `excused` is what exceptions leave out of the Pod Security Standards.
    """

    context: Context
    body: object
    say: Callable[[Context], str]
    budget: Budget
    place: str = ""
    near: str = ""
    exact: bool = False
    excused: tuple[Exclusion, ...] = ()


Judge = Callable[[Scene], Verdict]


def compile_judge(block: Mapping[str, object], key: str, depth: int = 0) -> Judge:
    """Compile what a validate block, or a loop, says; raises `ShapeError`.

    As in Kyverno a deny block comes first, then patterns, then loops.
    """
    if block.get("deny") is not None:
        return _deny(block["deny"], f"{key}.deny")
    for name, make in (("pattern", _pattern), ("anyPattern", _any_pattern)):
        if block.get(name) is not None:
            return _matching(block[name], f"{key}.{name}", make)
    loops = shape.sequence(block.get("foreach"), f"{key}.foreach")
    if not loops:
        raise ShapeError(key, "nothing to validate here", f"add one of {', '.join(KINDS)}")
    return _loops([_loop(one, f"{key}.foreach[{index}]", depth) for index, one in enumerate(loops)])


def _deny(found: object, key: str) -> Judge:
    block = shape.mapping(found, key)
    shape.known_fields(block, ("conditions",), key)
    conditions = block.get("conditions")
    denies = None if conditions is None else compile_conditions(conditions, f"{key}.conditions")

    def judge(scene: Scene) -> Verdict:
        judgement = Judgement(True) if denies is None else denies(scene.context)
        if not judgement.holds:
            return PASS
        said = "; ".join(one for one in (scene.say(scene.context), *judgement.messages) if one)
        return Verdict(
            "fail", (failure_at(judgement.place, scene.context.values, said=said, near=scene.near, exact=scene.exact),)
        )

    return judge


Hold = Callable[[Scene], Verdict]


def _matching(content: object, key: str, make: Callable[[object], Hold]) -> Judge:
    """Compile a pattern once where its variables allow it, else once for each set of their values."""
    try:
        document = resolve_references(content)
        template = compile_template(document)
        if not template.variables:
            return make(document)
    except PatternError as broken:
        raise ShapeError(f"{key}.{broken.key}" if broken.key else key, str(broken)) from broken
    except QueryError as broken:
        raise ShapeError(key, str(broken)) from broken
    made: dict[str, Hold] = {}

    def judge(scene: Scene) -> Verdict:
        values = template.values(scene.context)
        known = repr(values)
        hold = made.get(known)
        if hold is None:
            try:
                hold = make(template.fill(values))
            except PatternError as broken:
                return error(f"its pattern is broken: {broken}")
            if len(made) < MOST_PATTERNS and len(known) < 1000:
                made[known] = hold
        return hold(scene)

    return judge


def _pattern(content: object) -> Hold:
    fits = compile_pattern(content)

    def hold(scene: Scene) -> Verdict:
        misfit = fits(scene.body)
        if misfit is None:
            return PASS
        if misfit.skip:
            return SKIP
        found = failures_of(misfit, scene.body, said=scene.say(scene.context), below=scene.place)
        return Verdict("fail", found)

    return hold


def _any_pattern(content: object) -> Hold:
    """One pattern that fits is enough; skipped ones count only when none failed."""
    if not isinstance(content, list) or not content:
        raise PatternError("", "anyPattern needs a list with at least one pattern")
    patterns: tuple[Matcher, ...] = tuple(map(compile_pattern, content))

    def hold(scene: Scene) -> Verdict:
        misfits = []
        for fits in patterns:
            misfit = fits(scene.body)
            if misfit is None:
                return PASS
            misfits.append(misfit)
        failed = [misfit for misfit in misfits if not misfit.skip]
        if not failed:
            return SKIP
        said = scene.say(scene.context)
        return Verdict("fail", failures_of(nearest(failed), scene.body, said=said, below=scene.place)[:1])

    return hold


@dataclass(frozen=True, slots=True)
class _Loop:
    list: Query
    root: str  # where the list starts, `request.object` or `element`, and
    place: str  # the keys below, if it says so plainly; else both are empty
    entries: tuple[Entry, ...]
    preconditions: Conditions | None
    judge: Judge
    scoped: bool | None
    depth: int

    def run(self, scene: Scene) -> tuple[Verdict, int]:
        """Judge each element; return the verdict and how many elements the loop applied to."""
        try:
            found = scene.context.find(self.list)
        except QueryError:
            return PASS, 0  # Kyverno passes over a list that is not there
        elements = found if isinstance(found, list) else [found]
        failures: list[Failure] = []
        applied, verdict = 0, PASS
        for index, element in enumerate(elements):
            if element is None:
                continue
            scene.budget.left -= 1
            if scene.budget.left < 0:
                return error(f"its loops visit more than {MOST_ELEMENTS} elements"), applied
            verdict = self._element(scene, index, element, f"[{index}]" if isinstance(found, list) else "")
            if verdict.state == "fail":
                failures.extend(verdict.failures)
            elif verdict.state == "pass":
                applied += 1
            elif verdict.state == "not evaluable here" and not failures:
                return verdict, applied
        if failures:
            return Verdict("fail", tuple(failures)), applied
        # an error is passed over, except by the last element
        return (verdict if elements and elements[-1] is not None and verdict.state == "error" else PASS), applied

    def _element(self, scene: Scene, index: int, element: object, step: str) -> Verdict:
        scoped = isinstance(element, dict) if self.scoped is None else self.scoped
        if scoped and not isinstance(element, dict):
            return error("elementScope is true, and an element is no map")
        depth = self.depth
        names = {
            "element": element,
            f"element{depth}": element,
            "elementIndex": index,
            f"elementIndex{depth}": index,
        }
        near, exact = self._near(scene, step)
        body, place = (element, near) if scoped and element else (scene.body, scene.place)
        inside = Scene(scene.context.inside(names, self.entries), body, scene.say, scene.budget, place, near, exact)
        try:
            if self.preconditions is not None and not self.preconditions(inside.context).holds:
                return SKIP
            return self.judge(inside)
        except QueryError as broken:
            return error(str(broken))
        except NotKnown as away:
            return unknown(str(away))

    def _near(self, scene: Scene, step: str) -> tuple[str, bool]:
        """The place of an element, and whether it is that; else that of the element around it."""
        if self.root == "element" and scene.exact:
            return f"{scene.near}.{self.place}{step}", True
        if self.root == "request.object":
            return f"{self.place}{step}", True
        return scene.near, False


def _loop(found: object, key: str, depth: int) -> _Loop:
    block = shape.mapping(found, key)
    shape.known_fields(block, FOREACH, key)
    if depth >= DEEPEST_LOOP:
        raise ShapeError(key, f"loops are nested deeper than {DEEPEST_LOOP} levels")
    text = shape.text(block.get("list"), f"{key}.list")
    scoped = block.get("elementScope")
    if scoped is not None and not isinstance(scoped, bool):
        raise ShapeError(f"{key}.elementScope", "expected true or false")
    try:
        query = compile_query(text)
    except QueryError as broken:
        raise ShapeError(f"{key}.list", str(broken)) from broken
    plain = _PLAIN.fullmatch(query.text)
    preconditions = block.get("preconditions")
    return _Loop(
        list=query,
        root=plain[1] if plain is not None else "",
        place=plain[2][1:] if plain is not None else "",
        entries=compile_entries(block.get("context"), f"{key}.context"),
        preconditions=compile_conditions(preconditions, f"{key}.preconditions") if preconditions else None,
        judge=compile_judge(block, key, depth + 1),
        scoped=scoped,
        depth=depth,
    )


def _loops(loops: list[_Loop]) -> Judge:
    """The first loop that does not pass decides, as in Kyverno; where it fails, what others find is told with it."""

    def judge(scene: Scene) -> Verdict:
        applied = 0
        failures: list[Failure] = []
        for loop in loops:
            verdict, count = loop.run(scene)
            if verdict.state == "fail":
                failures.extend(verdict.failures)
            elif verdict.state != "pass" and not failures:
                return verdict
            applied += count
        if failures:
            return Verdict("fail", tuple(failures))
        return PASS if applied else SKIP

    return judge
