"""Does a complaint fail the run, wherever it happens, and is a missing referee told?"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.referee import fetch
from tests.referee.plugin import need

SEEN = """
from types import SimpleNamespace as Seen
from tests.referee.plugin import watch

def see(path, status=200):
    watch(Seen(method="GET", path=path, query="", request_headers={}, request_body=b"", status=status,
               response_headers={"content-type": "application/json"}, response_body=b"{}"))
"""
GOOD, BAD, LATE = "/api/v3/emojis", "/api/v3/frobs", "/api/v3/late"


def run(room: Path, body: str, *options: str, hooks: str = "", **changes: str) -> tuple[int, str]:
    """Run a small suite in another process under the plugin; its exit code and words.

    It has a directory of its own for what is temporary: beside those of earlier runs pytest would tidy these up first,
    and nobody knows how long that takes.
    """
    (room / "seen.py").write_text(SEEN)
    (room / "conftest.py").write_text(f"import pytest\nfrom seen import see\n{hooks}\n")
    (room / "test_sample.py").write_text(f"from seen import see\n{body}\n")
    paths = os.pathsep.join([str(room), str(fetch.ROOT)])
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST") and name != "CI"}
    own = f"--basetemp={room / 'own'}"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "tests.referee.plugin", own, *options],
        cwd=room,
        env=clean | {"PYTHONPATH": paths, "LOCKKEEPER_REFEREE_CACHE": str(fetch.cache_directory())} | changes,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_complaints_fail_the_run(options: tuple[str, ...], tmp_path: Path) -> None:
    need(fetch.OPENAPI)
    body = f"def test_good(): see({GOOD!r})\ndef test_bad(): see({BAD!r}); see({BAD!r})"
    code, words = run(tmp_path, body, *options)
    assert code == 1, words
    assert "2 passed, 1 error" in words
    assert words.count("GET /frobs · request · undeclared operation") == 1
    assert "judged 3 exchanges" in words


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_late_complaint_fails_the_run(options: tuple[str, ...], tmp_path: Path) -> None:
    need(fetch.OPENAPI)
    hooks = (
        "@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_sessionfinish(session):\n"
        "    controller = session.config.option.dist != 'no' and not hasattr(session.config, 'workerinput')\n"
        f"    if not controller: see({LATE!r})\n"
    )
    code, words = run(tmp_path, f"def test_good(): see({GOOD!r})", *options, hooks=hooks)
    assert code == 1, words
    assert "referee complains: GET /late · request · undeclared operation" in words


def test_every_sandbox_is_watched(tmp_path: Path) -> None:
    """Also one that a test builds without a thought of the referee."""
    need(fetch.OPENAPI)
    body = (
        "import requests\nfrom bot.sandbox.server import Sandbox\n"
        "def test_sandbox(tmp_path):\n"
        "    with Sandbox(tmp_path / 'x') as sandbox: requests.get(sandbox.api_url + '/frobs')"
    )
    code, words = run(tmp_path, body)
    assert code == 1, words
    assert words.count("GET /frobs · request · undeclared operation") == 1, words


def test_silence_passes(tmp_path: Path) -> None:
    need(fetch.OPENAPI)
    code, words = run(tmp_path, f"def test_good(): see({GOOD!r})")
    assert code == 0, words
    assert "judged 1 exchanges" in words


@pytest.mark.parametrize(("ci", "code"), [({}, 0), ({"CI": "true"}, 1)], ids=["desk", "ci"])
def test_a_missing_referee_is_told_and_fails_in_ci(ci: dict[str, str], code: int, tmp_path: Path) -> None:
    empty = {"LOCKKEEPER_REFEREE_CACHE": str(tmp_path / "cache"), "PATH": str(tmp_path)}
    body = f"def test_sandbox(): see({BAD!r})\ndef test_asks(referee): pass"
    got, words = run(tmp_path, body, **empty, **ci)
    assert got == code, words
    assert "did not sit, sandboxes went unjudged: @octokit/openapi 23.0.2: there is no npm command" in words
    assert ("1 skipped" in words) == (code == 0)
