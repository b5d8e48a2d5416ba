"""Scanners made for a test: scripts in Python that find what their lines say, and misbehave as asked."""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import dedent

from bot.model.scanner import Scanner

START = '''\
#!{python}
import json, os, socket, subprocess, sys, time
from pathlib import Path

files = sorted(Path(sys.argv[1]).iterdir())


def log(*found, tool="fake", version="1.0"):
    """Write a log; each of `found` is a rule, words and a file."""
    results = [
        {{
            "ruleId": rule,
            "level": "error",
            "message": {{"text": words}},
            "locations": [
                {{"physicalLocation": {{"artifactLocation": {{"uri": file}}, "region": {{"startLine": line}}}}}}
            ],
        }}
        for rule, words, file, line in found
    ]
    driver = {{"name": tool, "version": version}}
    return json.dumps({{"version": "2.1.0", "runs": [{{"tool": {{"driver": driver}}, "results": results}}]}})


def lines(words):
    """Find the lines that hold some words."""
    for file in files:
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if words in line:
                yield file.name, number


'''
RED = """\
print(log(*(("no-red", "nothing is red", file, line) for file, line in lines('"red"'))))
sys.exit(1 if list(lines('"red"')) else 0)
"""


def scanner(directory: Path, body: str, name: str = "fake", **options: object) -> Scanner:
    """Write a scanner whose script ends with `body`; it is run with the directory to scan as its argument."""
    program = directory / name
    program.write_text(START.format(python=sys.executable) + dedent(body))
    program.chmod(0o755)
    command = options.pop("command", ("{rendered}",))
    assert isinstance(command, tuple)
    return Scanner(name, (str(program), *command), **options)  # type: ignore[arg-type]
