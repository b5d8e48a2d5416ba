"""How is kustomize itself called: as a library in this process, or as a program where that is missing?"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import sys
from pathlib import Path
from typing import Any, Protocol

import orjson

from bot.adapters import process
from bot.checks.documents import parse
from bot.checks.scalars import DocumentError
from bot.errors import TransientError, UserError

INSTALL = "install pykustomize (Linux, x86-64), or put kustomize or kubectl on PATH"
_INTERNAL = "internal.config.kubernetes.io/"
_OPTIONS = orjson.dumps({"load_restrictions": 0, "enable_plugins": False, "enable_helm": False})


class KustomizeError(Exception):
    """kustomize refused to build; the message is its own words."""


class Kustomize(Protocol):
    """Builds one kustomization directory into JSON `{"resources": [...]}`. Raises KustomizeError."""

    name: str
    version: str

    def build(self, directory: Path) -> bytes: ...


def library_path() -> Path | None:
    """Find pykustomize's shared library without importing the package (its cffi layer takes 120 ms)."""
    spec = importlib.util.find_spec("pykustomize")
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    suffix = {"linux": "so", "darwin": "dylib"}.get(sys.platform)
    for place in (spec.submodule_search_locations or []) if spec else []:
        path = Path(place) / "_lib" / f"{sys.platform}-{machine}" / f"libpykustomize.{suffix}"
        if path.is_file():
            return path
    return None


class Library:
    """kustomize's Go code in this process. One thread only (its error slot is shared), never fork after."""

    name = "library"

    def __init__(self, path: Path) -> None:
        """Load the library. Raises OSError when it does not fit this machine."""
        self._code = ctypes.CDLL(str(path))
        self._code.pykustomize_last_error.restype = ctypes.c_char_p
        self._code.pykustomize_version_string.restype = ctypes.c_char_p
        self._code.pykustomize_build_to_json.argtypes = (
            ctypes.c_char_p,
            ctypes.c_char_p,
            ctypes.POINTER(ctypes.c_void_p),
        )
        self._code.pykustomize_free.argtypes = (ctypes.c_void_p,)
        self.version = (self._code.pykustomize_version_string() or b"").decode()

    def build(self, directory: Path) -> bytes:
        """Build a directory; see Kustomize."""
        result = ctypes.c_void_p()
        status = self._code.pykustomize_build_to_json(bytes(directory), _OPTIONS, ctypes.byref(result))
        if status != 0 or not result.value:
            words = self._code.pykustomize_last_error() or b"kustomize failed without a word"
            raise KustomizeError(words.decode("utf-8", "replace"))
        try:
            return ctypes.string_at(result.value)
        finally:
            self._code.pykustomize_free(result)


class Binary:
    """The `kustomize` or `kubectl` program; it inherits the walls of the process that runs it."""

    name = "binary"

    def __init__(self, path: Path, *, timeout: float, output: int) -> None:
        """Take the program at `path`; `timeout` in seconds and `output` in bytes hold for each build."""
        self._path, self._timeout, self._output = path, timeout, output
        words = self._run("version", "--client") if self._is_kubectl else self._run("version")
        self.version = " ".join(words.decode("utf-8", "replace").split())

    @property
    def _is_kubectl(self) -> bool:
        return self._path.name.startswith("kubectl")

    def build(self, directory: Path) -> bytes:
        """Build a directory; see Kustomize."""
        text = self._run("kustomize" if self._is_kubectl else "build", str(directory))
        try:
            return orjson.dumps({"resources": [_plain(one.value) for one in parse(text)]})
        except DocumentError as error:
            raise KustomizeError(f"kustomize's output could not be read: {error.message}") from error

    def _run(self, *arguments: str) -> bytes:
        try:
            done = process.run(
                [str(self._path), *arguments],
                cwd=Path("/"),
                timeout=self._timeout,
                env={**os.environ, "HOME": "/nonexistent"},
                max_output=self._output,
            )
        except (UserError, TransientError, OSError) as error:
            raise KustomizeError(str(error)) from error
        if done.status != 0:
            words = done.stderr.decode("utf-8", "replace").strip()
            raise KustomizeError(words.removeprefix("error: ").removeprefix("Error: "))
        return done.stdout


def _plain(value: Any) -> Any:
    """Take away marks that older programs do not know and leave in what they write."""
    metadata = value.get("metadata") if isinstance(value, dict) else None
    if not isinstance(metadata, dict) or not isinstance(metadata.get("annotations"), dict):
        return value
    kept = {name: one for name, one in metadata["annotations"].items() if not name.startswith(_INTERNAL)}
    others = {name: one for name, one in metadata.items() if name != "annotations"}
    return {**value, "metadata": {**others, "annotations": kept} if kept else others}
