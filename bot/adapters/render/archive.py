"""How is a chart put together in memory, with a few of its files changed?

Helm loads an archive as it loads a directory, but for `.helmignore`, which counts for directories alone; so it is
applied here (pkg/ignore). Packed dependencies below `charts/` are unpacked on the way: their files can be changed too.
"""

from __future__ import annotations

import fnmatch
import io
import os
import posixpath
import tarfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

MOST = 100 * 1024 * 1024  # bytes of a chart once unpacked, as in Helm
_TOP = "chart"

Edit = Callable[[str, bytes], bytes]


def read_chart(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a chart that Helm would load, by path in the chart, those of packed dependencies among them.

    Links are followed: the caller has made sure that none leads out. Raises OSError and tarfile.TarError.
    """
    ignored = _Ignored(directory)
    left = MOST
    for here, directories, names in os.walk(directory, followlinks=True):
        inner = os.path.relpath(here, directory)
        prefix = "" if inner == "." else inner.replace(os.sep, "/") + "/"
        directories[:] = sorted(name for name in directories if not ignored.matches(prefix + name, True))
        if prefix.count("/") > 50:
            raise OSError("directories nested too deep")
        for name in sorted(names):
            path = prefix + name
            if ignored.matches(path, False):
                continue
            text = Path(here, name).read_bytes()
            for found in _unpacked(path, text):
                left -= len(found[1])
                if left < 0:
                    raise OSError("the chart is too large")
                yield found


def pack(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return an archive of files by path in the chart."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for path, text in files:
            entry = tarfile.TarInfo(f"{_TOP}/{path}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    return buffer.getvalue()


def _unpacked(path: str, text: bytes) -> Iterator[tuple[str, bytes]]:
    parts = path.split("/")
    if len(parts) < 2 or parts[-2] != "charts" or not path.endswith((".tgz", ".tar.gz")):
        yield path, text
        return
    with tarfile.open(fileobj=io.BytesIO(text), mode="r:gz") as archive:
        left = MOST
        for entry in archive:
            name = posixpath.normpath(entry.name)
            left -= entry.size
            if left < 0:
                raise OSError("a packed dependency is too large")
            file = archive.extractfile(entry) if entry.isreg() else None
            if file is None:
                continue
            if "/" not in name or name.startswith(("/", "../")):
                raise OSError("chart illegally contains content outside the base directory")
            yield from _unpacked(f"{posixpath.dirname(path)}/{name}", file.read())


class _Ignored:
    """The rules of a chart's `.helmignore`."""

    def __init__(self, directory: Path) -> None:
        try:
            text = (directory / ".helmignore").read_text("utf-8", "replace")
        except OSError:
            text = ""
        lines = (line.strip() for line in text.splitlines())
        rules = [line for line in [*lines, "templates/.?*"] if line and not line.startswith("#")]
        self._rules = [rule.replace("[^", "[!") for rule in rules]  # Go's sets are written otherwise than Python's

    def matches(self, path: str, is_directory: bool) -> bool:
        """Say whether a file or directory is left out."""
        for rule in self._rules:
            pattern, negated = rule.removeprefix("!"), rule.startswith("!")
            only_directories, pattern = pattern.endswith("/"), pattern.removesuffix("/")
            if only_directories and not is_directory:
                if negated:
                    return True
                continue
            if "/" in pattern:
                hit = len(pattern.strip("/").split("/")) == len(path.split("/")) and all(
                    fnmatch.fnmatchcase(one, other)
                    for one, other in zip(path.split("/"), pattern.strip("/").split("/"), strict=True)
                )
            else:
                hit = fnmatch.fnmatchcase(posixpath.basename(path), pattern)
            if hit != negated:
                return True
        return False
