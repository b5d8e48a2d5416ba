"""What do all tests share? The referee that watches every sandbox, and the real tools to compare with."""

import os

from tools.conformance.oracles import PROGRAMS

pytest_plugins = ["tests.referee.plugin"]


def pytest_configure() -> None:
    """Put the locked kubectl and helm, which `make test` fetches, in front of those on PATH."""
    if PROGRAMS.is_dir():
        os.environ["PATH"] = os.pathsep.join([str(PROGRAMS), os.environ["PATH"]])
