"""What is a chart that is written to be compared?

Each is small and about one thing that Helm does: how values are laid over one another, what subcharts see, which
files count, what templates may ask, what is refused, and what YAML makes of the output.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.source import HelmOptions

PLAIN: Mapping[str, HelmOptions] = {"": HelmOptions()}


@dataclass(frozen=True, slots=True)
class Written:
    """One chart: its repository's files, and the options to render it with, each under a name."""

    name: str
    files: Mapping[str, str | bytes]
    renders: Mapping[str, HelmOptions] = field(default_factory=lambda: PLAIN)
    path: str = "chart"
    random: bool = False


def about(name: str = "chart", version: str = "1.2.3", more: str = "", api: str = "v2") -> str:
    """Return a Chart.yaml."""
    return f'apiVersion: {api}\nname: {name}\nversion: {version}\nappVersion: "4.5"\n{more}'


def settings(data: str, name: str = "{{ .Release.Name }}") -> str:
    """Return the template of a ConfigMap with these lines of data."""
    lines = "".join(f"  {line}\n" for line in data.splitlines())
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n{lines}"


def chart(templates: Mapping[str, str], values: str = "", more: str = "", **files: str) -> dict[str, str | bytes]:
    """Return the files of a chart at `chart/`; keys of `files` are names at its top, `__` standing for the dot."""
    found: dict[str, str | bytes] = {"chart/Chart.yaml": about(more=more), "chart/values.yaml": values}
    found |= {f"chart/templates/{name}": text for name, text in templates.items()}
    return found | {f"chart/{name.replace('__', '.')}": text for name, text in files.items()}


def packed(files: Mapping[str, str]) -> bytes:
    """Return files as a chart archive; the same files give the same bytes."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for path, text in files.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return gzip.compress(plain.getvalue(), mtime=0)


SCALARS = """\
apiVersion: example.com/v1
kind: Thing
metadata:
  name: scalars
spec:
  octal: 010
  octal2: 0o10
  hex: 0x1F
  binary: 0b11
  yes: yes
  on: On
  y: y
  n: N
  tilde: ~
  empty:
  time: 12:30:45
  date: 2001-12-14
  stamp: 2001-12-14t21:59:43.10-05:00
  float: 1e3
  float2: .5
  whole: 1.0
  big: 12345678901234567890
  huge: 1e400
  inf: .inf
  underscore: 1_000
  plus: +12
  equals: =
  merge: {<<: {a: 1}, b: 2}
  text: "1.10"
  version: 1.10
  tagged: !!str 12
  binarytag: !!binary aGk=
  folded: >-
    one
    two

    three
  kept: |+
    line

  anchors: &anchor {k: v}
  alias: *anchor
  "quoted key": 'it''s'
  unicode: "\\u00e9 é \\U0001F600"
  12: number key
  true: truth key
"""
