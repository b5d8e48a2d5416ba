"""A change that touches many applications, in every form in which it is told. Golden files as in `test_words`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from bot.checks.diff import EnvironmentDiff, ResourceChange
from bot.model.finding import Finding
from bot.model.manifest import ResourceKey
from bot.report import changes, findings, grouping, pull_comment, record, sarif, text
from bot.report.look import Look
from bot.report.pull_comment import EnvironmentResult, PullChecks
from bot.report.text import Pen
from tests.report.looks import added, checks, finding, image_change, look, replicas_change
from tests.report.sarif_schema import SARIF

GOLDEN = Path(__file__).parent / "golden"


def check_run() -> str:
    names = [one.name for one in checks().results]
    report = findings.check_report("manifests", checks().findings, sha="a" * 40, base="main", environments=names)
    notes = [f"{one.path}:{one.line} {one.level} {one.title}: {one.message}" for one in report.annotations]
    return "\n\n".join([report.title, report.summary, report.text, *notes])


WORDS: dict[str, Callable[[], str]] = {
    "applications.md": lambda: pull_comment.comment(checks()),
    "applications-check.md": check_run,
    "check.txt": lambda: text.check(look()),
    "check-quiet.txt": lambda: text.check(look(), quiet=True),
    "check.sarif": lambda: sarif.log(look().findings, version="1.2.3"),
}


@pytest.mark.parametrize("name", WORDS)
def test_words(name: str) -> None:
    said, file = WORDS[name]().rstrip("\n") + "\n", GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(said)
    assert said == file.read_text()


def test_every_file_here_is_known() -> None:
    from tests.report.test_words import KNOWN

    assert set(WORDS) <= KNOWN


def diff(*told: ResourceChange) -> EnvironmentDiff:
    return EnvironmentDiff(told)


def config_map(application: str, value: str, name: str = "settings") -> ResourceChange:
    key = ResourceKey("", "ConfigMap", "shop", name)
    return ResourceChange(key, "changed", f"@@ -1 +1 @@\n data:\n-  a: x\n+  a: {value}", application=application)


SAME = {
    "own names beside it": (image_change("cart"), image_change("web"), True),
    "another namespace": (image_change("cart"), image_change("web", namespace="other"), True),
    "another tag": (image_change("cart"), image_change("web", tag="1.6.0"), False),
    "another kind of change": (added("cart", "cart"), image_change("web"), False),
    "new ones by their own names": (added("cart", "cart"), added("web", "web"), True),
    "the same value": (config_map("cart", "y"), config_map("web", "y"), True),
    "a value that is the own name": (config_map("cart", "evil", "evil"), config_map("web", "good", "good"), False),
    "a value that is the namespace": (config_map("cart", "shop"), config_map("web", "other"), False),
}


@pytest.mark.parametrize(("one", "other", "same"), SAME.values(), ids=SAME)
def test_only_what_is_the_same_is_told_once(one: ResourceChange, other: ResourceChange, same: bool) -> None:
    """What changes in the lines that change is never taken for a name: it would hide what somebody slips in."""
    assert len(changes.parts(diff(one, other))) == (1 if same else 2)


def test_what_differs_between_applications_is_shown_and_the_rest_is_named() -> None:
    told = changes.parts(diff(image_change("cart"), image_change("web"), config_map("web", "z")))
    assert [one.applications for one in told] == [("cart",), ("web",)]
    assert [len(one.shown) for one in told] == [1, 1]
    assert [where for _, where in told[1].elsewhere] == ["cart"]


def test_every_change_is_told_or_named_once() -> None:
    some = [image_change("cart"), replicas_change("cart"), image_change("web"), added("web", "x"), image_change("x")]
    told = changes.parts(diff(*some))
    assert sum(len(one.applications) * (len(one.shown) + len(one.elsewhere)) for one in told) == len(some)


def test_300_applications_with_one_mistake_are_one_thing_to_mend_everywhere() -> None:
    """Counted by application, a misspelt field in a base read as 300 problems in the table and as one below it."""
    body = pull_comment.comment(checks())
    assert "1 problem to mend before merging" in body
    assert "❌ 1 |" in body
    assert "❌ 300" not in body
    assert body.count("registry.example.com/server:1.5.0") < 10
    assert "the same in 299 more applications: shop-001, shop-002" in body.lower()
    assert len(body) < 8_000


def test_300_different_applications_stay_within_githubs_limit_with_their_headings() -> None:
    told = tuple(image_change(f"shop-{number:03}", tag=f"1.5.{number}") for number in range(300))
    result = EnvironmentResult("production", True, diff(*told))
    body = pull_comment.comment(PullChecks("a" * 40, (result,), ()))
    assert len(body) <= 65_536
    shown = [part for part in body.split("##### ") if "shop-" in part.partition("\n")[0]]
    for part in shown:
        number = int(part[5:8])
        for tag in re.findall(r"server:(1\.5\.\d+)", part):
            assert tag == f"1.5.{number}", "a diff stands below its own heading"
    assert pull_comment.is_cut(body) == (len(shown) < 300)


def named(name: str, application: str, **more: object) -> Finding:
    return finding(resource=ResourceKey("apps", "Deployment", "shop", name), application=application, **more)


ONE_THING = {
    "own names in other applications": ([named("cart-web", "cart"), named("shop-web", "shop")], 1),
    "own names in other environments": ([named("a-web", "", environment="a"), named("b-web", "", environment="b")], 1),
    "two names in one application": ([named("one", "cart"), named("two", "cart")], 2),
    "two names in each of two": ([named("a1", "a"), named("a2", "a"), named("b1", "b"), named("b2", "b")], 2),
    "other lines": ([named("web", "cart"), named("web", "shop", line=99)], 2),
    "other names and no file": ([named("a-web", "a", path="", line=None), named("b-web", "b", path="", line=None)], 2),
    "one name and no file": ([named("web", "a", path="", line=None), named("web", "b", path="", line=None)], 1),
}


@pytest.mark.parametrize(("found", "things"), ONE_THING.values(), ids=ONE_THING)
def test_what_is_mended_at_one_place_is_one_thing(found: list[Finding], things: int) -> None:
    """A field of a base that 300 overlays give names of their own read as 300 problems."""
    for some in (found, found[::-1]):
        assert len(grouping.distinct(some)) == things


def test_one_thing_under_many_names_says_so() -> None:
    (group,) = grouping.distinct([named("shop-web", "shop"), named("cart-web", "cart"), named("x-web", "x")])
    assert grouping.subject(group) == "Deployment cart-web and 2 more"


def test_the_order_in_which_applications_are_rendered_shows_nowhere() -> None:
    found = [named(f"{name}-web", name) for name in ("a", "b", "c", "d")]
    found += [replace(one, rule="other", line=17) for one in found]
    for write in (
        lambda some: sarif.log(some, version="1"),
        lambda some: text.check(Look((), some)),
        lambda some: record.check(Look((), some)),
        lambda some: pull_comment.comment(PullChecks("a" * 40, (), some)),
    ):
        mixed = [found[at] for at in (3, 1, 0, 2, 7, 5, 4, 6)]
        assert write(tuple(found)) == write(tuple(mixed))


def test_json_says_all_of_it() -> None:
    said = json.loads(record.check(look()))
    assert (said["version"], said["blocks"]) == (1, True)
    assert set(said) == {"version", "base", "head", "notes", "blocks", "findings", "environments"}
    assert len(said["findings"]) == len(look().findings)
    assert [one["blocks"] for one in said["findings"]].count(True) == 301
    assert [one["new"] for one in said["findings"]].count(False) == 1
    assert said["environments"][0]["changes"][1] == {
        "application": "cart",
        "change": "changed",
        "resource": {"group": "apps", "kind": "Deployment", "namespace": "shop", "name": "cart-worker"},
        "path": "apps/cart/worker.yaml",
        "highlights": ["replicas 2 → 3"],
        "diff": "@@ -7,3 +7,3 @@\n spec:\n-  replicas: 2\n+  replicas: 3\n   selector:",
    }
    assert [one["compared"] for one in said["environments"]] == [True, False, True]


def test_sarif_is_valid() -> None:
    for some in (look().findings, (), (finding(path="", line=None, resource=None, environment=""),)):
        jsonschema.validate(json.loads(sarif.log(some, version="1.2.3")), SARIF)


def test_the_schema_of_this_test_refuses_what_is_wrong() -> None:
    """Otherwise the test above proves nothing."""
    good = json.loads(sarif.log(look().findings, version="1.2.3"))
    result = good["runs"][0]["results"][0]
    for key, bad in {"level": "fatal", "message": "words", "baselineState": "old", "ruleIndex": "1"}.items():
        kept, result[key] = result[key], bad
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(good, SARIF)
        result[key] = kept


def results(*found: object) -> list[dict[str, object]]:
    return json.loads(sarif.log(found, version="1"))["runs"][0]["results"]  # type: ignore[arg-type]


def test_sarif_knows_a_finding_again_wherever_its_line_moves_and_its_words_change() -> None:
    first, moved = results(finding()), results(finding(line=99, message="said otherwise", environment="staging"))
    assert first[0]["partialFingerprints"] == moved[0]["partialFingerprints"]
    other = results(finding(field="spec.other"))
    assert first[0]["partialFingerprints"] != other[0]["partialFingerprints"]
    twins = results(finding(), finding(line=20))
    assert twins[0]["partialFingerprints"] != twins[1]["partialFingerprints"]


def test_sarif_tells_old_from_new() -> None:
    assert [one["baselineState"] for one in results(finding(), finding(line=3, new=False))] == ["new", "unchanged"]
    assert [one["baselineState"] for one in results(finding(new=False), finding(environment="x"))] == ["new"]


def test_sarif_puts_no_links_of_others_into_code_scanning() -> None:
    assert "](" not in sarif.log([finding(message="[press me](https://evil.example)", how="[or](me)")], version="1")


HOSTILE = "\x1b[2J\x1b]0;owned\x07\r\u202eevil\n::stop-commands::x\n  ::error::no\n##[error]x\x9b31m"


def test_terminals_and_runners_obey_nobody_elses_words() -> None:
    change = ResourceChange(ResourceKey("", "ConfigMap", "shop", HOSTILE), "changed", f"@@ -1 +1 @@\n {HOSTILE}")
    result = EnvironmentResult(HOSTILE, True, diff(change), note=HOSTILE, remarks=(HOSTILE,))
    found = finding(message=HOSTILE, path=HOSTILE, how=HOSTILE, environment=HOSTILE, application=HOSTILE)
    for said in (
        text.check(Look((result,), (found,), HOSTILE, HOSTILE, (HOSTILE,))),
        text.diff((result,)),
    ):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", said)
        assert not re.search(r"(?m)^\s*::", said)
        assert "##[" not in said


def test_colours_are_closed_on_their_own_line() -> None:
    coloured = text.check(look(), Pen(colour=True))
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == text.check(look())
    for line in coloured.splitlines():
        assert line.count("\x1b[0m") * 2 == line.count("\x1b[")
