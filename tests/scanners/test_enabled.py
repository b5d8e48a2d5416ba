"""How does the operator enable scanners, and what is said about a mistake in it?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.doctor import examine
from bot.errors import UserError
from bot.model.scanner import Scanner
from bot.scanners import as_text, scanners
from bot.settings import Settings
from tests.scanners.fake import RED, scanner

SECRET = {"LOCKKEEPER_WEBHOOK_SECRET": "canary-secret-1"}
GOOD = "{lint: {command: [/opt/lint/bin/lint, --format, sarif, '{rendered}']}}"
FULL = """\
lint:
  command: [/opt/lint/bin/lint, --out, "{output}", "{rendered}"]
  timeout: 30
  memory: 512
  environment: [LINT_LEVEL]
  reads: [/opt/lint/rules]
  statuses: [0, 2]
other:
  command: [/opt/other, "--dir={rendered}"]
"""


def test_in_the_variable_or_in_a_file(tmp_path: Path) -> None:
    expected = Scanner("lint", ("/opt/lint/bin/lint", "--format", "sarif", "{rendered}"))
    assert scanners({"LOCKKEEPER_SCANNERS": GOOD}) == ((expected,), "")
    (tmp_path / "scanners.yaml").write_text(FULL)
    found, problem = scanners({"LOCKKEEPER_SCANNERS": str(tmp_path / "scanners.yaml")})
    assert problem == ""
    assert found == (
        Scanner(
            "lint",
            ("/opt/lint/bin/lint", "--out", "{output}", "{rendered}"),
            timeout=30,
            memory=512,
            environment=("LINT_LEVEL",),
            reads=("/opt/lint/rules",),
            statuses=(0, 2),
        ),
        Scanner("other", ("/opt/other", "--dir={rendered}")),
    )
    assert scanners({}) == scanners({"LOCKKEEPER_SCANNERS": " "}) == ((), "")


def test_settings_carry_them_to_child_processes(tmp_path: Path) -> None:
    (tmp_path / "scanners.yaml").write_text(FULL)
    settings = Settings.from_environment({**SECRET, "LOCKKEEPER_SCANNERS": str(tmp_path / "scanners.yaml")})
    assert len(settings.scanners) == 2
    assert Settings.from_environment(settings.to_environment()).scanners == settings.scanners
    assert Settings.from_environment(Settings.from_environment(SECRET).to_environment()).scanners == ()


def entry(**changes: object) -> str:
    return json.dumps({"lint": {"command": ["/lint", "{rendered}"], **changes}})


MISTAKES = {
    "no file": ("/nowhere/scanners.yaml", "the file /nowhere/scanners.yaml cannot be read: No such file or directory"),
    "no YAML": ("{a: [", "this is no YAML"),
    "a list": ("{}", "expected scanners by name"),
    "a bad name": ('{"../x": {"command": ["a", "{rendered}"]}}', "is no name of a scanner"),
    "a text": ('{"lint": "lint {rendered}"}', "lint: expected a map with `command`"),
    "a shell line": (entry(command="lint {rendered}"), "lint.command: expected a list of texts"),
    "no command": ('{"lint": {}}', "lint.command: a program and its arguments are needed"),
    "no place for the files": (entry(command=["/lint", "."]), "`{rendered}` has to stand where the directory"),
    "files as the program": (entry(command=["{rendered}"]), "`{rendered}` has to stand where the directory"),
    "numbers as arguments": (entry(command=["/lint", 1, "{rendered}"]), "lint.command: expected a list of texts"),
    "an unknown field": (entry(shell=True), "lint: unknown field `shell`"),
    "a long time": (entry(timeout=99999), "lint.timeout: expected a number from 1 to 3600"),
    "true as a time": (entry(timeout=True), "lint.timeout: expected a number"),
    "little memory": (entry(memory=1), "lint.memory: expected a number from 64 to 65536"),
    "our secret": (entry(environment=["LOCKKEEPER_WEBHOOK_SECRET"]), "`LOCKKEEPER_WEBHOOK_SECRET` is not handed on"),
    "our key": (entry(environment=["GITHUB_PRIVATE_KEY"]), "`GITHUB_PRIVATE_KEY` is not handed on"),
    "our password": (entry(environment=["REDIS_URL"]), "`REDIS_URL` is not handed on"),
    "a library laid under it": (entry(environment=["LD_PRELOAD"]), "`LD_PRELOAD` is not handed on"),
    "a value": (entry(environment=["A=b"]), "`A=b` is not handed on"),
    "a path without a start": (entry(reads=["rules"]), "lint.reads: `rules` is no absolute path"),
    "everything": (entry(reads=["/"]), "lint.reads: `/` is no absolute path below /"),
    "a status that there is not": (entry(statuses=[256]), "lint.statuses: expected exit statuses"),
    "no status": (entry(statuses=[]), "lint.statuses: expected exit statuses"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_told_with_the_other_settings(case: str) -> None:
    text, words = MISTAKES[case]
    assert scanners({"LOCKKEEPER_SCANNERS": text})[0] == ()
    with pytest.raises(UserError) as caught:
        Settings.from_environment({**SECRET, "LOCKKEEPER_SCANNERS": text, "PORT": "x"})
    assert words in str(caught.value)
    assert "LOCKKEEPER_SCANNERS: " in str(caught.value) and "PORT must be" in str(caught.value)


def test_the_doctor_tries_them_out(tmp_path: Path) -> None:
    enabled = (
        scanner(tmp_path, RED),
        scanner(tmp_path, "sys.exit(9)", "broken"),
        Scanner("gone", ("/gone", "{rendered}")),
    )
    found = {one.name: one for one in examine({"LOCKKEEPER_SCANNERS": as_text(enabled)})}
    assert (found["scanner fake"].good, found["scanner fake"].found) == (True, "fake 1.0")
    assert (found["scanner broken"].good, "status 9" in found["scanner broken"].found) == (False, True)
    assert (found["scanner gone"].good, "No such file" in found["scanner gone"].found) == (False, True)
    assert not any(name.startswith("scanner") for name in {one.name for one in examine({})})
