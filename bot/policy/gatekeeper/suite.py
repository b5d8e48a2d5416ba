"""Do constraints give the violations that a suite expects?

A suite (`kind: Suite` of test.gatekeeper.sh) names a template, a constraint, and cases: an object, what else is in
the cluster, and assertions about the messages. Each case that is not skipped is a row. Source of the format:
https://open-policy-agent.github.io/gatekeeper/website/docs/gator/ ("The gator verify subcommand") and
`pkg/gator/verify` of open-policy-agent/gatekeeper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from posixpath import dirname, join, normpath
from typing import Any

import re2

from bot.model.manifest import Resource
from bot.policy.documents import parse_documents
from bot.policy.gatekeeper.evaluate import Given, Judged
from bot.policy.gatekeeper.expansion import implied
from bot.policy.gatekeeper.policies import Gatekeeper, compile_gatekeeper
from bot.policy.gatekeeper.rego import Rego
from bot.policy.gatekeeper.review import USER, inventory_of
from bot.policy.gatekeeper.template import kind_of
from bot.policy.kyverno.evaluate import known_namespaces
from bot.policy.kyverno.subject import Subject, subject_of
from bot.policy.problem import PolicyProblem, PolicySource
from bot.policy.testing.row import MISSING, Row

Json = Mapping[str, Any]
Files = Mapping[str, bytes]

GROUP = "test.gatekeeper.sh"
_NOBODY: Json = {USER: {}}  # as gator has it, who writes the tests knows
_WORDS = {"true": "yes", "false": "no"}  # YAML 1.1 reads yes and no as these


@dataclass(frozen=True, slots=True)
class _Test:
    """A test of a suite: where it stands, what it is about, or why it cannot be run."""

    suite: str
    name: str
    kind: str
    policies: Gatekeeper
    problem: PolicyProblem | None = None
    missing: str = ""

    @property
    def policy(self) -> str:
        return self.policies.constraints[0].name if self.policies.constraints else self.kind

    @property
    def engine(self) -> str:
        templates = self.policies.templates
        return templates[0].engine if templates else "Gatekeeper"

    def row(self, case: str, expected: str, actual: str, why: str = "") -> Row:
        return Row(self.suite, self.policy, self.name, self.engine, case, expected, actual, why)


def is_suite(document: Json) -> bool:
    """Say whether a document is a suite."""
    return str(document.get("apiVersion") or "").partition("/")[0] == GROUP and document.get("kind") == "Suite"


def run_suite(path: str, files: Files, rego: Rego, now: datetime | None = None) -> tuple[Row, ...]:
    """Run the suite at `path`; `files` holds it and what it refers to, by path from a common root with `/`.
    `now` is the time for code that asks for it.

    The row of a case says what was expected and what came of it, in the same words where they agree: `2 violations,
    1 of "initContainer"`. What is missing or broken makes rows differ, it raises nothing.
    """
    rows: list[Row] = []
    for document in _documents(path, files):
        if is_suite(document) and document.get("skip") is not True:
            for test in _maps(document.get("tests")):
                if test.get("skip") is not True:
                    rows += _run(path, test, files, Given(rego, now=now))
    return tuple(rows)


def _run(path: str, written: Json, files: Files, given: Given) -> Iterator[Row]:
    test = _compiled(path, written, files)
    if written.get("invalid") is True:
        yield _invalid(test)
        return
    for case in _maps(written.get("cases")):
        if case.get("skip") is not True:
            yield _case(test, case, files, given)


def _compiled(path: str, written: Json, files: Files) -> _Test:
    """Read the template, the constraint and perhaps the expansion of a test."""
    found: list[tuple[PolicySource, Json]] = []
    missing = ""
    for key in ("template", "constraint", "expansion"):
        named = str(written.get(key) or "")
        documents = list(_documents(_beside(path, named), files)) if named else []
        if not documents and (named or key != "expansion"):
            missing = f"no {key} at {named}" if named else f"the test names no {key}"
        found += [(PolicySource(_beside(path, named)), one) for one in documents]
    policies, problems = compile_gatekeeper(found)
    kind = next((kind_of(one) for _, one in found if kind_of(one)), "")
    stops = not policies.constraints or not policies.templates
    problem = next(iter(problems), None) if stops else None
    return _Test(path, str(written.get("name") or ""), kind, policies, problem, missing)


def _invalid(test: _Test) -> Row:
    """A test of which the constraint must not fit its template."""
    if test.missing:
        return test.row("", "invalid", MISSING, test.missing)
    if test.problem is None:
        return test.row("", "invalid", "valid")
    actual = "invalid" if test.problem.key.startswith("spec.") and test.policies.templates else test.problem.state
    return test.row("", "invalid", actual, str(test.problem))


def _case(test: _Test, case: Json, files: Files, given: Given) -> Row:
    name = str(case.get("name") or case.get("object") or "")
    assertions = [_Assertion.read(one) for one in _maps(case.get("assertions"))]
    expected = "; ".join(one.wanted for one in assertions) or "assertions"
    if test.missing:
        return test.row(name, expected, MISSING, test.missing)
    if test.problem is not None:
        return test.row(name, expected, test.problem.state, str(test.problem))
    path = _beside(test.suite, str(case.get("object") or ""))
    objects = list(_documents(path, files))
    around = [body for one in _texts(case.get("inventory")) for body in _documents(_beside(test.suite, one), files)]
    if len(objects) != 1:
        return test.row(name, expected, MISSING, f"{path} holds {len(objects)} objects, not one")
    broken = next((one.broken for one in assertions if one.broken), "" if assertions else "the case asserts nothing")
    if broken:
        return test.row(name, expected, "error", broken)
    messages = _messages(test.policies, objects[0], around, given)
    if isinstance(messages, Row):
        return replace(messages, test=test.suite, policy=test.policy, rule=test.name, resource=name, expected=expected)
    actual = "; ".join(one.outcome(messages) for one in assertions)
    return test.row(name, expected, actual, "" if actual == expected else f"said: {' | '.join(messages) or 'nothing'}")


def _messages(policies: Gatekeeper, body: Json, around: Sequence[Json], given: Given) -> list[str] | Row:
    """Return what the constraints say of an object, or a row that says why they say nothing."""
    subject = _reviewed(body, around)
    if isinstance(subject, str):
        return Row("", "", "", "Gatekeeper", "", "", "error", subject)
    known = known_namespaces([Resource(one) for one in around], {})
    made = list(implied(subject, policies.expansions, known))
    inventory = partial(inventory_of, [Resource(one) for one in around], as_written=True)
    subjects = [subject, *(one.subject for one in made)]
    judged = Judged(policies, subjects, replace(given, inventory=inventory))
    messages: list[str] = []
    for constraint in policies.constraints:
        for at, said in judged.said(constraint, [place > 0 for place in range(len(subjects))]):
            if said.trouble is not None:
                engine = constraint.template.engine
                return Row("", "", "", engine, "", "", said.trouble.kind, said.trouble.text)
            start = f"[Implied by {made[at - 1].by}] " if at else ""
            messages += [f"{start}{one}" for one in said.messages]
    for problem in judged.problems:
        return Row("", "", "", policies.templates[0].engine, "", "", problem.state, problem.message)
    return messages


def _reviewed(body: Json, around: Sequence[Json]) -> Subject | str:
    """Return an object as it is reviewed, as it stands: alone, or within an AdmissionReview."""
    known = known_namespaces([Resource(one) for one in around], {})
    group = str(body.get("apiVersion") or "").partition("/")[0]
    if body.get("kind") != "AdmissionReview" or group != "admission.k8s.io":
        return replace(_as_written(body, subject_of(Resource(body), known)), given=_NOBODY)
    request = body.get("request")
    if not isinstance(request, Mapping):
        return "the AdmissionReview has no request"
    new, old = (one if isinstance(one, Mapping) else None for one in (request.get("object"), request.get("oldObject")))
    operation = str(request.get("operation") or "CREATE")
    shown = old if operation == "DELETE" and new is None else new if new is not None else old
    if shown is None:
        return "the AdmissionReview has neither object nor oldObject"
    subject = subject_of(Resource(shown), known, operation=operation, old=old)
    given = {USER: request["userInfo"]} if request.get("userInfo") else _NOBODY
    namespace = str(request.get("namespace") or "")
    return replace(_as_written(shown, subject), given=given, namespace=namespace or str(Resource(shown).namespace))


def _as_written(body: Json, subject: Subject) -> Subject:
    """Gatekeeper's tests fill no namespace in."""
    return replace(subject, body=body, namespace=subject.resource.namespace)


@dataclass(frozen=True, slots=True)
class _Assertion:
    """What is asserted of the messages that fit a regular expression; `broken` says why nothing is."""

    count: int | None  # None for `yes`
    message: str = ""
    fits: Any = None
    broken: str = ""

    @classmethod
    def read(cls, written: Json) -> _Assertion:
        """Read one assertion; without `violations` it is `yes`."""
        said = written.get("violations", "yes")
        said = _WORDS[str(said).lower()] if isinstance(said, bool) else said
        message = str(written.get("message") or "")
        if said not in ("yes", "no") and (not isinstance(said, int) or said < 0):
            return cls(None, message, broken=f"`violations: {said}` is none of yes, no and a count")
        try:
            fits = re2.compile(message) if message else None
        except re2.error as error:
            return cls(None, message, broken=f"`{message}` is no regular expression: {error}")
        return cls(None if said == "yes" else 0 if said == "no" else int(said), message, fits)

    @property
    def wanted(self) -> str:
        """Say what is expected."""
        return self._told("some" if self.count is None else str(self.count))

    def outcome(self, messages: Iterable[str]) -> str:
        """Say what came out, in the words of `wanted` where it is what was expected."""
        found = sum(1 for one in messages if self.fits is None or self.fits.search(one))
        return self.wanted if found == self.count or (self.count is None and found) else self._told(str(found))

    def _told(self, number: str) -> str:
        ending = "" if number == "1" else "s"
        return f"{number} violation{ending}" if not self.message else f'{number} of "{self.message}"'


def _documents(path: str, files: Files) -> Iterator[Json]:
    data = files.get(path)
    parsed = parse_documents(data) if data is not None else ()
    if not isinstance(parsed, str):
        yield from (one.content for one in parsed)


def _beside(path: str, named: str) -> str:
    return normpath(join(dirname(path), named))


def _maps(found: object) -> list[Json]:
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _texts(found: object) -> list[str]:
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
