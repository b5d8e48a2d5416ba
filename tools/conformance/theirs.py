"""What does the real tool make of a source: which resources, or which refusal?

Its YAML is read by kubectl, not by us: a mistake in how we read YAML would else hide on both sides. What kubectl will
not read, because it is no manifest, counts as refused.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import TransientError
from bot.model.source import FileParameter, HelmOptions, Parameter, Source, ValuesFile, ValuesText
from tools.conformance.compare import trimmed
from tools.conformance.oracles import Oracles, offline

_NOTHING = "no objects passed to"  # what kubectl says of no manifests at all
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Theirs:
    """What the real tool made: resources, or a refusal in its own words."""

    resources: tuple[Body, ...] = ()
    refusal: str = ""


def render(oracles: Oracles, directory: Path, source: Source) -> Theirs:
    """Let the real tool render a source of the repository that lies at `directory`, offline."""
    with tempfile.TemporaryDirectory(prefix="lockkeeper-oracle-") as room:
        argv = (
            kustomize(oracles, source) if source.engine == "kustomize" else helm(oracles, directory, source, Path(room))
        )
        try:
            done = offline(argv, cwd=directory)
        except TransientError as error:
            return Theirs(refusal=str(error))
        if done.status:
            return Theirs(refusal=done.stderr.decode(errors="replace").strip() or f"exit status {done.status}")
        return read(oracles, done.stdout, Path(room))


def kustomize(oracles: Oracles, source: Source) -> list[str]:
    """Return the command that builds a kustomization, charts it inflates included."""
    charts = ["--enable-helm", "--helm-command", str(oracles.helm)]
    return [str(oracles.kubectl), "kustomize", *charts, source.path or "."]


def helm(oracles: Oracles, directory: Path, source: Source, room: Path) -> list[str]:
    """Return the `helm template` command for a chart in a directory; texts of values are written to files in `room`.

    Values files that are optional and not there are left out: helm itself has no such thing.
    """
    options = source.helm
    argv = [str(oracles.helm), "template", options.release, f"./{source.path}", "--namespace", options.namespace]
    layers = [one for one in options.values if not _is_lacking(one, directory)]
    argv += [word for number, one in enumerate(layers) for word in _values(one, room / f"{number}.yaml")]
    argv += ["--kube-version", options.kube_version] if options.kube_version else []
    argv += [word for one in options.api_versions for word in ("--api-versions", one)]
    return [*argv, *_switches(options)]


def _is_lacking(value: object, directory: Path) -> bool:
    return isinstance(value, ValuesFile) and value.optional and not (directory / value.path).is_file()


def _values(value: object, file: Path) -> list[str]:
    match value:
        case ValuesFile(path=path):
            return ["--values", path]
        case ValuesText(text=text):
            file.write_text(text, encoding="utf-8")
            return ["--values", str(file)]
        case Parameter(name=name, value=text, text=as_text):
            return ["--set-string" if as_text else "--set", f"{name}={one_value(text)}"]
        case FileParameter(name=name, path=path):
            return ["--set-file", f"{name}={path}"]
        case _:
            raise TypeError(f"there is no such layer of values: {value!r}")


def one_value(text: str) -> str:
    """Return a parameter's value so that `--set` takes it as one value, commas and all; `{…}` stays a list.

    Argo CD does the same with its parameters (util/helm/cmd.go, cleanSetParameters).
    """
    if text.startswith("{") and text.endswith("}"):
        return text
    return re.sub(r"(?<!\\),", r"\\,", text)


def _switches(options: HelmOptions) -> list[str]:
    chosen = [("--include-crds", options.crds), ("--no-hooks", not options.hooks), ("--skip-tests", not options.tests)]
    return [name for name, wanted in chosen if wanted]


def read(oracles: Oracles, manifests: bytes, room: Path) -> Theirs:
    """Read the resources in a tool's YAML as kubectl reads them."""
    file = room / "manifests.yaml"
    file.write_bytes(manifests)
    argv = [
        str(oracles.kubectl),
        "annotate",
        "--local",
        "--filename",
        str(file),
        "lockkeeper/none-",
        "--output",
        "json",
    ]
    done = offline(argv, cwd=room)
    words = done.stderr.decode(errors="replace").strip()
    if done.status and _NOTHING not in words:
        return Theirs(refusal=f"kubectl: {words}")
    return Theirs(tuple(trimmed(one) for one in opened(_stream(done.stdout.decode()))))


def opened(bodies: Iterator[Any] | Sequence[Any]) -> Iterator[Body]:
    """Yield resources, those inside a `List` one by one as kubectl does."""
    for body in bodies:
        if isinstance(body, Mapping) and body.get("kind") == "List" and isinstance(body.get("items"), list):
            yield from opened(body["items"])
        else:
            yield body


def _stream(text: str) -> Iterator[Any]:
    """Yield JSON values that follow one another."""
    decoder, text, place = json.JSONDecoder(), text.strip(), 0
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        yield value
        while text[place : place + 1].isspace():
            place += 1
