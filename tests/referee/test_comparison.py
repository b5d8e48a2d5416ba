"""Are differences in shape found, and only those that can be known?"""

from __future__ import annotations

import pytest

from tests.referee.comparison import differences, shape_of
from tests.referee.description import Json
from tests.referee.recordings import parse


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ({"a": 1}, {"a": 2}, []),
        ({"a": 1}, {"a": 1, "b": None}, ["/b: missing"]),
        ({"a": 1, "b": 2}, {"a": 1}, []),
        ({"a": "1"}, {"a": 1}, ["/a: string instead of number"]),
        ({"a": True}, {"a": 1}, ["/a: boolean instead of number"]),
        ({"a": None}, {"a": {"b": 1}}, []),
        ({"a": {"c": 1}}, {"a": {"b": 1}}, ["/a/b: missing"]),
        ({"a": []}, {"a": [{"b": 1}]}, []),
        ({"a": [{}]}, {"a": [{"b": 1}]}, ["/a/*/b: missing"]),
        ([{"a": 1}], [{"a": 1, "b": 1}], ["/*/b: missing"]),
        ({"a": 1}, [1], ["/: object instead of array"]),
    ],
)
def test_differences(ours: Json, theirs: Json, expected: list[str]) -> None:
    found = differences("GET /x", shape_of([ours]), shape_of([theirs]))
    assert [str(each).removeprefix("GET /x · ") for each in found] == expected


def test_types_are_judged_over_all_samples() -> None:
    ours, theirs = shape_of([{"a": None}, {"a": 1}]), shape_of([{"a": "x"}, {"a": 1}])
    assert differences("GET /x", ours, theirs) == []


RECORDING = """https
GET
api.github.com
None
/repos/o/r/pulls/31/merge?page=2
{'Authorization': 'token private_token_removed'}
None
404
[('Content-Type', 'application/json'), ('Date', 'Sun, 27 May 2012 10:29:06 GMT')]
{"message":"Not Found"}

https
PUT
api.github.com
None
https://api.github.com/repos/o/r/pulls/31/merge
{}
{"sha":"x"}
200
[]
{"merged":true}

https
GET
github.com
None
/elsewhere
{}
None
200
[]


"""


def test_recordings_are_read() -> None:
    first, second = parse("Sample", RECORDING)
    assert (first.method, first.path, first.query) == ("GET", "/api/v3/repos/o/r/pulls/31/merge", "page=2")
    assert (first.status, first.year, first.request_body) == (404, 2012, b"")
    assert first.response_body == b'{"message":"Not Found"}'
    assert first.response_headers["content-type"] == "application/json"
    assert (second.path, second.year, second.request_body) == (first.path, 0, b'{"sha":"x"}')


def test_a_recording_in_another_form_ends_early() -> None:
    assert len(list(parse("Sample", RECORDING.replace("404", "c3RyZWFt")))) == 0
    assert len(list(parse("Sample", RECORDING[: RECORDING.index("PUT") + 40]))) == 1
