"""Does `lockkeeper sandbox` say how to be driven, and is what it says true?"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from github import Auth, Github

from bot.errors import UserError
from bot.sandbox.command import REPOSITORY, describe, run_sandbox, seed_world
from bot.sandbox.server import Sandbox


def test_what_it_says_can_be_run(tmp_path: Path, git: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    with Sandbox(tmp_path / "sandbox") as sandbox:
        seed_world(sandbox)
        told = describe(sandbox)
        clone = re.search(r"git (clone http://.*)", told)
        assert clone
        git(*clone[1].split(), tmp_path / "clone")
        assert (tmp_path / "clone" / "base" / "deployment.yaml").exists()
        found = re.search(r'base_url="(.*?)", auth=Auth.Token\("(.*?)"\)', told)
        assert found
        client = Github(base_url=found[1], auth=Auth.Token(found[2]), seconds_between_requests=0)
        paths = [file.path for file in client.get_repo(REPOSITORY).get_contents("")]
        assert paths == ["README.md", "base", "overlays"]


def test_it_refuses_the_directory_of_an_earlier_run(tmp_path: Path) -> None:
    (tmp_path / "repositories").mkdir()
    with pytest.raises(UserError, match="earlier run"):
        run_sandbox(tmp_path)


def test_it_runs_alone_until_interrupted(tmp_path: Path) -> None:
    program = (
        f"from pathlib import Path; from bot.sandbox.command import run_sandbox; run_sandbox(Path({str(tmp_path)!r}))"
    )
    process = subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    first = process.stdout.readline()
    address = re.search(r"REST: (http://\S+)\)", first)
    assert address, first
    assert requests.get(f"{address[1]}/repos/{REPOSITORY}", timeout=10).json()["full_name"] == REPOSITORY
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=20)
    assert (process.returncode, rest.splitlines()[-1]) == (0, "The stand-in is closed.")
    assert not (tmp_path / "repositories").exists()
