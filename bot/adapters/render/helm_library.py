"""How is Helm's own code called in this process?

The C interface of helm-python-sdk (github.com/shivamkumar99/helm-c-sdk, docs/API.md): strings in and out as JSON,
every string it returns freed by us. Rendering changes a chart, so each render loads it anew. One thread only.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from bot.adapters.render.values import ValuesError

_NAMES = {"linux": "libhelm_c.so", "darwin": "libhelm_c.dylib"}
_NONE = ctypes.c_uint64(0)


class HelmError(Exception):
    """Helm refused: the message is its own words."""


def library_path() -> Path | None:
    """Find helm-python-sdk's shared library without importing the package."""
    spec = importlib.util.find_spec("helm_python")
    name = _NAMES.get(sys.platform)
    for place in (spec.submodule_search_locations or []) if spec and name else []:
        path = Path(place, "lib", str(name))
        if path.is_file():
            return path
    return None


class Code:
    """The functions of the shared library."""

    def __init__(self, path: Path) -> None:
        """Load the library. Raises OSError when it does not fit this machine."""
        self._code = ctypes.CDLL(str(path))
        self._free = self._code.helm_free_string
        self._free.argtypes, self._free.restype = (ctypes.c_void_p,), None
        self._code.helm_sdk_version.restype = ctypes.c_void_p
        self.version = self._taken(self._code.helm_sdk_version()).decode("utf-8", "replace")
        self._config: ctypes.c_uint64 | None = None

    def load(self, chart: Path | bytes) -> ctypes.c_uint64:
        """Load a chart's directory, or an archive's bytes; give it back to `free`. Raises HelmError."""
        handle = ctypes.c_uint64()
        if isinstance(chart, bytes):
            given: tuple[Any, ...] = (ctypes.c_char_p(chart), ctypes.c_uint64(len(chart)))
            self._call("helm_chart_load_archive", *given, ctypes.byref(handle))
        else:
            self._call("helm_chart_load", bytes(chart), ctypes.byref(handle))
        return handle

    def free(self, chart: ctypes.c_uint64) -> None:
        """Forget a chart."""
        self._call("helm_chart_free", chart)

    def metadata(self, chart: ctypes.c_uint64) -> dict[str, Any]:
        """Return what Chart.yaml says."""
        found: dict[str, Any] = orjson.loads(self._text("helm_chart_metadata", chart))
        return found

    def dependencies(self, chart: ctypes.c_uint64) -> list[str]:
        """Return the names of the charts below `charts/`."""
        return [str(one.get("name", "")) for one in orjson.loads(self._text("helm_chart_dependencies", chart)) or []]

    def render(self, chart: ctypes.c_uint64, values: bytes, options: Mapping[str, Any]) -> dict[str, str]:
        """Render all templates by name. Raises HelmError."""
        found: dict[str, str] = orjson.loads(self._text("helm_render", chart, values, orjson.dumps(options)))
        return found

    def crds(self, chart: ctypes.c_uint64) -> list[tuple[str, str]]:
        """Return the files below `crds/` of a chart and its subcharts, without those a render switched off."""
        return [(one["filename"], one["data"]) for one in orjson.loads(self._text("helm_chart_crds", chart)) or []]

    def install(self, chart: ctypes.c_uint64, release: str, values: bytes, options: Mapping[str, Any]) -> None:
        """Go through a dry installation, which looks at more than a render does. Raises HelmError."""
        if self._config is None:
            config = ctypes.c_uint64()
            self._call("helm_config_new", b'{"storage_driver":"memory"}', ctypes.byref(config))
            self._config = config
        given = orjson.dumps({**options, "dry_run": "client"})
        self._text("helm_install", self._config, _NONE, chart, None, release.encode(), values, given)

    def check_release(self, name: str) -> None:
        """Raise HelmError when this is no name for a release."""
        try:
            self._call("helm_release_name_validate", _argument(name))
        except HelmError as error:
            raise HelmError(f'release name check failed: release name "{name}": {error}') from error

    def mapping(self, text: str) -> dict[str, Any]:
        """Read one YAML document that is a mapping; see `values.Parser`."""
        try:
            found: dict[str, Any] = orjson.loads(self._text("helm_values_from_yaml", _argument(text)))
        except HelmError as error:
            raise ValuesError(str(error)) from error
        return found

    def expression(self, text: str, *, strings: bool) -> dict[str, Any]:
        """Read an expression of `--set` or `--set-string`; see `values.Parser`."""
        name = "helm_strvals_parse_string" if strings else "helm_strvals_parse"
        try:
            found: dict[str, Any] = orjson.loads(self._text(name, _argument(text)))
        except HelmError as error:
            raise ValuesError(f"failed parsing --set data: {error}") from error
        return found

    def _text(self, function: str, *arguments: Any) -> bytes:
        result = ctypes.c_void_p()
        self._call(function, *arguments, ctypes.byref(result))
        return self._taken(result.value)

    def _call(self, function: str, *arguments: Any) -> None:
        error = ctypes.c_void_p()
        code = getattr(self._code, function)(*arguments, ctypes.byref(error))
        words = self._taken(error.value)
        if code != 0:
            raise HelmError(words.decode("utf-8", "replace").strip() or f"helm failed without a word ({code})")

    def _taken(self, pointer: int | None) -> bytes:
        """Copy a string that the library made, and free it."""
        if not pointer:
            return b""
        try:
            return ctypes.string_at(pointer)
        finally:
            self._free(pointer)


def _argument(text: str) -> bytes:
    return text.replace("\0", "�").encode("utf-8", "replace")
