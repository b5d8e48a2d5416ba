"""What did GitHub really answer? The exchanges recorded in PyGithub's own tests, read from its sdist.

The archive is read in the cache and nothing of it is kept here (PyGithub is under the LGPL). The format of
`tests/ReplayData/*.txt`, eleven lines for each exchange, is that of `tests/Framework.py` in the same archive.
"""

from __future__ import annotations

import ast
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath

from tests.referee.openapi import PREFIX


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded exchange; `year` is 0 when the answer carries no date. An `openapi.Exchange`."""

    source: str
    year: int
    method: str
    path: str
    query: str
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    response_headers: Mapping[str, str]
    response_body: bytes


def recordings(archive: Path) -> Iterator[Recorded]:
    """All exchanges with api.github.com in the archive, in the order of the files."""
    with tarfile.open(archive) as tar:
        for entry in tar:
            path = PurePosixPath(entry.name)
            if path.suffix == ".txt" and path.parts[-3:-1] == ("tests", "ReplayData"):
                file = tar.extractfile(entry)
                assert file is not None, entry.name
                yield from parse(path.stem, file.read().decode("utf-8", "replace"))


def parse(source: str, text: str) -> Iterator[Recorded]:
    """The exchanges of one file; a file in another form (binary streams) ends early, without an error."""
    lines = iter(text.split("\n"))
    while next(lines, "") in ("http", "https"):
        try:
            method, host, _port, url, asked, sent, status, answered, body, _ = (next(lines) for _ in range(10))
            request_headers, response_headers = _headers(asked), _headers(answered)
            code = int(status)
        except (RuntimeError, ValueError, SyntaxError):  # a generator that ends inside reads as RuntimeError
            return
        if host != "api.github.com":
            continue
        path, _, query = url.removeprefix("https://api.github.com").partition("?")
        yield Recorded(
            source,
            _year(response_headers),
            method,
            PREFIX + path,
            query,
            request_headers,
            b"" if sent == "None" else sent.encode(),
            code,
            response_headers,
            body.encode(),
        )


def _headers(line: str) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in dict(ast.literal_eval(line)).items()}


def _year(headers: Mapping[str, str]) -> int:
    try:
        moment: datetime = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError):
        return 0
    return moment.year
