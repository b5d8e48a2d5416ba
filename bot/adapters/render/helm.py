"""How is a chart rendered by Helm itself: by its library in this process, or by its program where that is missing?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import orjson

from bot.adapters import process
from bot.adapters.render import archive, editing
from bot.adapters.render.chart_files import ChartFiles
from bot.adapters.render.directory import Checkout
from bot.adapters.render.helm_library import Code, HelmError
from bot.adapters.render.values import Layered, ValuesError, expression, layered, merged_files, single
from bot.checks.documents import parse
from bot.checks.scalars import DocumentError
from bot.errors import TransientError, UserError
from bot.model.source import FileParameter, HelmOptions, Parameter

INSTALL = "install helm-python-sdk, or put helm on PATH"
_MISSING = (
    "an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch "
    "missing dependencies: found in Chart.yaml, but missing in charts/ directory: "
)
_SOURCE = re.compile(r"^---\n# Source: (.+)\n", re.MULTILINE)
_EXACT = re.compile(r"\d{16}")  # as many digits as float64 may not hold


class Helm(Protocol):
    """Renders charts as `helm template` does, with nothing from the network and no cluster."""

    name: str
    version: str

    def template(
        self, place: Checkout, chart: str, files: ChartFiles, options: HelmOptions, *, later: bool = False
    ) -> Texts: ...

    # `files` are the chart's. Raises HelmError and ValuesError. `later` is another time, where that can be done.

    def body(self, text: str) -> Any: ...  # what one manifest says; raises HelmError


@dataclass(frozen=True, slots=True)
class Texts:
    """What rendering gave: the text of each template by name (`chart/templates/x.yaml`), and of each file of CRDs.

    `split` says that a name may come more than once, each time with one manifest.
    """

    templates: tuple[tuple[str, str], ...]
    crds: tuple[tuple[str, str], ...] = ()
    split: bool = False


class Library:
    """Helm's Go code in this process. One thread only."""

    name = "library"

    def __init__(self, path: Path) -> None:
        """Load the library. Raises OSError when it does not fit this machine, and HelmError."""
        self._code = Code(path)
        self.version = self._code.version
        self._verdicts: dict[tuple[str, str], str] = {}

    def template(
        self, place: Checkout, chart: str, files: ChartFiles, options: HelmOptions, *, later: bool = False
    ) -> Texts:
        """Render a chart; see Helm."""
        given = layered(options, place.read, self._code)
        values, words = orjson.dumps(given.values), _options(options)
        self._code.check_release(options.release)
        handle = self._code.load(_source(Path(place.path, chart), files, given, later))
        try:
            self._check(handle, options)
            texts = self._code.render(handle, values, words)
            crds = self._code.crds(handle) if options.crds else []
        finally:
            self._code.free(handle)
        found = tuple((name, text) for name, text in sorted(texts.items()) if not name.endswith(editing.NUMBERS))
        return Texts(found, tuple(crds))

    def judge(self, place: Checkout, chart: str, options: HelmOptions) -> None:
        """Raise HelmError when an installation would not get as far as the cluster."""
        values = orjson.dumps(layered(options, place.read, self._code).values)
        handle = self._code.load(Path(place.path, chart))
        try:
            self._code.install(handle, options.release, values, _options(options, "name"))
        finally:
            self._code.free(handle)

    def body(self, text: str) -> Any:
        """Return what one manifest says; see Helm."""
        if _EXACT.search(text):
            try:
                return next((one.value for one in parse(text.encode("utf-8", "replace"))), None)
            except DocumentError:
                pass  # Go is more lenient
        try:
            return self._code.mapping(text)
        except ValuesError as error:
            raise HelmError(error.message) from error

    def execute(self, chart: bytes, values: Mapping[str, Any], *, strict: bool) -> dict[str, str]:
        """Render a chart that is an archive in memory. Raises HelmError."""
        handle = self._code.load(chart)
        try:
            return self._code.render(handle, orjson.dumps(values), {"strict": strict})
        finally:
            self._code.free(handle)

    def _check(self, chart: Any, options: HelmOptions) -> None:
        """Refuse what `helm template` refuses before it renders."""
        metadata = self._code.metadata(chart)
        if metadata.get("type") == "library":
            raise HelmError("library charts are not installable")
        wanted = [str(one.get("name", "")) for one in metadata.get("dependencies") or []]
        if wanted:
            there = self._code.dependencies(chart)
            lacking = [name for name in wanted if name not in there]
            if lacking:
                raise HelmError(_MISSING + ", ".join(lacking))
        if metadata.get("kubeVersion"):
            verdict = self._compatible(str(metadata["kubeVersion"]), options)
            if verdict:
                raise HelmError(verdict)

    def _compatible(self, constraint: str, options: HelmOptions) -> str:
        """Return why a chart's kubeVersion does not fit, '' when it does: asked once, with an empty chart."""
        key = (constraint, options.kube_version)
        if key not in self._verdicts:
            words = {"apiVersion": "v2", "name": "a", "version": "0.1.0", "kubeVersion": constraint}
            chart = self._code.load(archive.pack([("Chart.yaml", orjson.dumps(words))]))
            try:
                self._code.install(chart, "a", b"{}", _options(options, "name"))
                self._verdicts[key] = ""
            except HelmError as error:
                self._verdicts[key] = str(error)
            finally:
                self._code.free(chart)
        return self._verdicts[key]


class Binary:
    """The `helm` program; it inherits the walls of the process that runs it."""

    name = "binary"

    def __init__(self, path: Path, *, timeout: float, output: int) -> None:
        """Take the program at `path`; `timeout` in seconds and `output` in bytes hold for each render."""
        self._path, self._timeout, self._output = path, timeout, output
        self.version = self._run(["version", "--short"]).decode("utf-8", "replace").strip()

    def template(
        self, place: Checkout, chart: str, files: ChartFiles, options: HelmOptions, *, later: bool = False
    ) -> Texts:
        """Render a chart; see Helm. Always renders the directory, at the time it is."""
        del files, later
        values = merged_files(options, place.read, self)
        arguments = ["template", options.release, str(Path(place.path, chart)), "--namespace", options.namespace]
        arguments += ["--values", "-", *(["--include-crds"] if options.crds else [])]
        arguments += [f"--kube-version={options.kube_version}"] if options.kube_version else []
        arguments += [f"--api-versions={one}" for one in options.api_versions]
        for one in single(options):
            match one:
                case Parameter():
                    flag = "--set-string" if one.text else "--set"
                    arguments.append(f"{flag}={one.name}={expression(one, place.read)}")
                case FileParameter():
                    expression(one, place.read)
                    arguments.append(f"--set-file={one.name}={Path(place.path, one.path)}")
        text = self._run(arguments, orjson.dumps(values)).decode("utf-8", "replace")
        found = list(_sources(text))
        crds = tuple(one for one in found if "/crds/" in f"/{one[0]}" and "/templates/" not in one[0])
        return Texts(tuple(one for one in found if one not in crds), crds, split=True)

    def body(self, text: str) -> Any:
        """Return what one manifest says; see Helm."""
        try:
            return next((one.value for one in parse(text.encode())), None)
        except DocumentError as error:
            raise HelmError(error.message) from error

    def mapping(self, text: str) -> dict[str, Any]:
        """Read values; see `values.Parser`."""
        try:
            found: Any = next((one.value for one in parse(text.encode("utf-8", "replace"))), {})
        except DocumentError as error:
            raise ValuesError(error.message, line=error.line) from error
        if not isinstance(found, dict):
            raise ValuesError("the values are no mapping")
        return found

    def expression(self, text: str, *, strings: bool) -> dict[str, Any]:
        """Never asked: the program reads expressions itself."""
        raise NotImplementedError

    def _run(self, arguments: list[str], given: bytes = b"") -> bytes:
        try:
            done = process.run(
                [str(self._path), *arguments],
                cwd=Path("/"),
                timeout=self._timeout,
                env={**os.environ, "HOME": "/nonexistent"},
                input=given,
                max_output=self._output,
            )
        except (UserError, TransientError, OSError, ValueError) as error:
            raise HelmError(str(error)) from error
        if done.status != 0:
            words = done.stderr.decode("utf-8", "replace").partition("\n\nUse --debug flag")[0].strip()
            raise HelmError(words.rpartition("Error: ")[2])
        return done.stdout


def _source(chart: Path, files: ChartFiles, given: Layered, later: bool) -> Path | bytes:
    """Return what to load: the chart's directory, or its files with something written into the templates."""
    if not (later or given.whole or files.packed):
        return chart
    changed = dict(files.files)
    if later:
        changed = {path: editing.with_other_time(text) for path, text in changed.items()}
    if given.whole:
        changed[editing.NUMBERS] = editing.numbers(given.values, given.whole)
    return archive.pack(changed.items())


def _options(options: HelmOptions, *without: str) -> dict[str, Any]:
    words: dict[str, Any] = {"name": options.release, "namespace": options.namespace}
    if options.kube_version:
        words["kube_version"] = options.kube_version
    if options.api_versions:
        words["api_versions"] = list(options.api_versions)
    return {name: value for name, value in words.items() if name not in without}


def _sources(text: str) -> Iterator[tuple[str, str]]:
    """Take the program's output apart: each manifest with the template it came from."""
    found = list(_SOURCE.finditer(text))
    for one, after in zip(found, [*found[1:], None], strict=True):
        yield one[1], text[one.end() : after.start() if after else len(text)]
