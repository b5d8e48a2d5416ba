"""What is read from a scanner's log: of four scanners' shapes, of each rule of the format, and of rubbish."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.checks.scanners.sarif import Result, SarifError, read
from tests.scanners.logs import checkov, kube_linter, kubescape, log, place, run, trivy

SHAPES = {
    "trivy": (
        trivy("web.yaml", 5, 9),
        Result(
            "T-001",
            "Runs with everything allowed",
            "high",
            "Container 'web' is privileged",
            "See https://rules.example.com/t-001",
            "web.yaml",
            5,
            9,
        ),
    ),
    "checkov": (
        checkov("web.yaml"),
        Result(
            "C_1",
            "Image is pinned",
            "high",
            "Image is pinned",
            "See https://guide.example.com/c-1",
            "web.yaml",
            1,
            30,
        ),
    ),
    "kube-linter": (
        kube_linter("web.yaml"),
        Result(
            "latest-tag",
            "images carry a tag",
            "medium",
            'object: shop/web apps/v1, Kind=Deployment: the container "web" is using an image without a tag',
            "Use a tag that says which version it is.",
            "file:///tmp/scan/rendered/web.yaml",
            1,
        ),
    ),
    "kubescape": (
        kubescape("web.yaml"),
        Result(
            "K-0016",
            "Allow privilege escalation",
            "medium",
            "Allow privilege escalation: set allowPrivilegeEscalation to false",
            "Read on. See https://hub.example.com/k-0016",
            "./web.yaml",
            7,
        ),
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_scanners_write(shape: str) -> None:
    data, expected = SHAPES[shape]
    assert read(data).results == (expected,)


def test_the_tool_says_its_name_and_version() -> None:
    found = read(trivy("a.yaml"))
    assert (found.tool, found.version) == ("Trivy", "1.2.3")


RULE = {"id": "r", "shortDescription": {"text": "Title"}}
WORDS = {"text": "words"}


def one(result: dict[str, Any], *rules: dict[str, Any], **more: Any) -> Result:
    (found,) = read(log(run("tool", list(rules) or [RULE], [{"message": WORDS, **result}], **more))).results
    return found


SEVERITIES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "nothing said is a warning": ({}, {}, "medium"),
    "the level of the result": ({"level": "error"}, {"defaultConfiguration": {"level": "note"}}, "high"),
    "the level of the rule": ({}, {"defaultConfiguration": {"level": "note"}}, "low"),
    "none": ({"level": "none"}, {}, "info"),
    "a level that there is not": ({"level": "fatal"}, {}, "medium"),
    "the score of the rule, not the level": (
        {"level": "note"},
        {"properties": {"security-severity": "9.0"}},
        "critical",
    ),
    "the score of the result": (
        {"properties": {"security-severity": 7}},
        {"properties": {"security-severity": "1.0"}},
        "high",
    ),
    "a score of 8.9": ({"properties": {"security-severity": "8.9"}}, {}, "high"),
    "a score of 6.9": ({"properties": {"security-severity": "6.9"}}, {}, "medium"),
    "a score of 3.9": ({"properties": {"security-severity": "3.9"}}, {}, "low"),
    "a score of nothing": ({"level": "error", "properties": {"security-severity": "0.0"}}, {}, "high"),
    "a score that is none": ({"level": "error", "properties": {"security-severity": "high"}}, {}, "high"),
    "a score beyond": ({"level": "error", "properties": {"security-severity": "99"}}, {}, "high"),
}


@pytest.mark.parametrize("case", SEVERITIES)
def test_severities(case: str) -> None:
    result, rule, expected = SEVERITIES[case]
    assert one({"ruleId": "r", **result}, {**RULE, **rule}).severity == expected


RULES: dict[str, tuple[dict[str, Any], str, str]] = {
    "by id": ({"ruleId": "r"}, "r", "Title"),
    "by index": ({"ruleIndex": 0}, "r", "Title"),
    "by reference": ({"rule": {"id": "r"}}, "r", "Title"),
    "by a reference's index": ({"rule": {"index": 0}}, "r", "Title"),
    "a rule of a rule": ({"ruleId": "r/sub"}, "r/sub", "Title"),
    "an unknown one": ({"ruleId": "other"}, "other", "other"),
    "an index that is not there": ({"ruleId": "r", "ruleIndex": 7}, "r", "Title"),
    "of an extension": ({"rule": {"id": "e", "index": 0, "toolComponent": {"index": 0}}}, "e", "Extended"),
    "of an extension by name": ({"rule": {"id": "e", "toolComponent": {"name": "more"}}}, "e", "Extended"),
}


@pytest.mark.parametrize("case", RULES)
def test_rules(case: str) -> None:
    result, rule, title = RULES[case]
    made = run("tool", [RULE], [{"message": WORDS, **result}])
    made["tool"]["extensions"] = [{"name": "more", "rules": [{"id": "e", "shortDescription": {"text": "Extended"}}]}]
    (found,) = read(log(made)).results
    assert (found.rule, found.title) == (rule, title)


MESSAGES: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"text": "a  b\nc"}, "a b c"),
    "markdown alone": ({"markdown": "**a**"}, "**a**"),
    "of the rule": ({"id": "m"}, "from the rule"),
    "with arguments": ({"id": "with", "arguments": ["web", "80"]}, "web listens on 80"),
    "text with arguments": ({"text": "{0} and {{1}}", "arguments": ["x"]}, "x and {1}"),
    "an argument that is not there": ({"text": "{0} {5}", "arguments": ["x"]}, "x {5}"),
    "braces without arguments": ({"text": "{0}"}, "{0}"),
    "a link": ({"text": "see [the guide](https://x.example) [1](2)"}, "see the guide 1"),
    "nothing": ({}, "Title"),
    "no text": ({"text": 7}, "Title"),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_messages(case: str) -> None:
    message, expected = MESSAGES[case]
    strings = {"m": {"text": "from the rule"}, "with": {"text": "{0} listens on {1}"}}
    assert one({"ruleId": "r", "message": message}, {**RULE, "messageStrings": strings}).message == expected


NO_VIOLATION = {
    "it passes": {"kind": "pass"},
    "it is for something else": {"kind": "notApplicable"},
    "it informs": {"kind": "informational"},
    "it is gone": {"baselineState": "absent"},
    "it is suppressed": {"suppressions": [{"kind": "external", "status": "accepted"}]},
}
VIOLATION: dict[str, dict[str, Any]] = {
    "it fails": {"kind": "fail"},
    "somebody has to look": {"kind": "review"},
    "it is open": {"kind": "open"},
    "nobody suppressed it": {"suppressions": []},
    "that was not accepted": {"suppressions": [{"kind": "external", "status": "underReview"}]},
    "that was refused": {"suppressions": [{"kind": "inSource"}, {"kind": "external", "status": "rejected"}]},
}


@pytest.mark.parametrize("case", [*NO_VIOLATION, *VIOLATION])
def test_what_is_a_violation(case: str) -> None:
    more = {**NO_VIOLATION, **VIOLATION}[case]
    found = read(log(run("tool", [RULE], [{"ruleId": "r", "message": WORDS, **more}]))).results
    assert len(found) == (case in VIOLATION)


PLACES: dict[str, tuple[Any, tuple[str, int | None, int | None]]] = {
    "none": (None, ("", None, None)),
    "no region": (place("a.yaml", None), ("a.yaml", None, None)),
    "escaped": (place("a%20b.yaml", 3), ("a b.yaml", 3, None)),
    "line 0": (place("a.yaml", 0), ("a.yaml", None, None)),
    "the second has a file": ([{"logicalLocations": []}, *place("a.yaml", 2, 4)], ("a.yaml", 2, 4)),
    "no list": ({"uri": "a"}, ("", None, None)),
}


@pytest.mark.parametrize("case", PLACES)
def test_places(case: str) -> None:
    locations, expected = PLACES[case]
    found = one({"ruleId": "r", "locations": locations})
    assert (found.file, found.line, found.last) == expected


def test_runs_come_together_and_a_byte_order_mark_does_no_harm() -> None:
    many = log(run("a", [RULE], [{"ruleId": "r", "message": WORDS}]), run("b", [], [{"ruleId": "q", "message": WORDS}]))
    assert [each.rule for each in read(b"\xef\xbb\xbf" + many).results] == ["r", "q"]


FAILED = {
    "executionSuccessful": False,
    "toolExecutionNotifications": [{"level": "error", "message": {"text": "no room"}}],
}
RUBBISH: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "there is nothing in it"),
    "blank": (b" \n", "there is nothing in it"),
    "text": (b"panic: nil map", "it is no JSON"),
    "half of it": (trivy("a.yaml")[:-40], "it is no JSON"),
    "a list": (b"[]", "it is no SARIF log"),
    "another report": (b'{"results": []}', "it is no SARIF log"),
    "an older version": (log(run("t", [], []), version="2.0.0"), "it is SARIF '2.0.0', and 2.1.0 is read"),
    "no run": (log(), "it holds no run"),
    "no tool": (log({"results": []}), "a run does not name its tool"),
    "a nameless tool": (log({"tool": {"driver": {"name": ""}}, "results": []}), "a run does not name its tool"),
    "no results": (log({"tool": {"driver": {"name": "t"}}}), "a run has no list of results"),
    "results of another shape": (log(run("t", [], ["x"])), "a result is no object"),  # type: ignore[list-item]
    "a result without a rule": (log(run("t", [], [{"message": WORDS}])), "a result does not name its rule"),
    "parts elsewhere": (
        log(run("t", [], [], externalPropertyFileReferences={"results": [{"location": {"uri": "x"}}]})),
        "parts of it are kept in other files",
    ),
    "it failed": (log(run("t", [], [], invocations=[FAILED])), "the tool says that it failed: no room"),
    "it failed in the second run": (
        log(run("t", [], []), run("u", [], [], invocations=[{"executionSuccessful": False}])),
        "the tool says that it failed",
    ),
    "very many results": (
        log(run("t", [RULE], [{"ruleId": "r", "message": WORDS}] * 10_001)),
        "it holds more than 10,000 results",
    ),
    "very deep": (b'{"runs":' + b"[" * 100_000, "it is no JSON"),
    "not UTF-8": (b'{"runs": "\xff"}', "it is no JSON"),
}


@pytest.mark.parametrize("case", RUBBISH)
def test_rubbish_is_an_error_and_never_a_log_without_results(case: str) -> None:
    data, why = RUBBISH[case]
    with pytest.raises(SarifError) as caught:
        read(data)
    assert why in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
KEYS = (
    *("ruleId", "ruleIndex", "rule", "kind", "level", "message", "locations", "suppressions", "properties"),
    *("baselineState", "text", "id", "arguments", "physicalLocation", "region", "startLine", "toolComponent"),
)


@settings(max_examples=400, deadline=None)
@given(result=st.dictionaries(st.sampled_from(KEYS), JSON), rule=st.dictionaries(st.sampled_from(KEYS), JSON))
def test_whatever_a_result_holds_it_is_read_or_refused(result: dict[str, Any], rule: dict[str, Any]) -> None:
    try:
        found = read(log(run("t", [rule, RULE], [result])))
    except SarifError:
        return
    assert len(found.results) <= 1
    json.dumps([each.message for each in found.results])
