"""Does the material arrive whole, unchanged and only once, and is a missing tool said plainly?"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.referee import fetch as room
from tests.referee.fetch import PINS, Pin, TamperedError, UnavailableError, fetch

CONTENT = b'{"paths": {}}\n'


@pytest.fixture(autouse=True)
def forget_failures() -> Iterator[None]:
    """The memory of tools that failed belongs to the process; these tests make tools fail on purpose."""
    before = dict(room._failed)
    room._failed.clear()
    yield
    room._failed.clear()
    room._failed.update(before)


@pytest.fixture
def parcel(tmp_path: Path) -> bytes:
    """An npm archive with one member."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        entry = tarfile.TarInfo("package/file.json")
        entry.size = len(CONTENT)
        tar.addfile(entry, io.BytesIO(CONTENT))
    return buffer.getvalue()


@pytest.fixture
def pin(parcel: bytes) -> Pin:
    archive, content = (hashlib.sha512(data).hexdigest() for data in (parcel, CONTENT))
    return Pin("npm", "@sample/file", "1.2.3", archive, content, member="package/file.json")


@pytest.fixture
def npm(tmp_path: Path, parcel: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the npm command: it copies the parcel and notes each call in the returned file."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "parcel").write_bytes(parcel)
    script = tools / "npm"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> "{tools}/calls"\n'
        'for word in "$@"; do case "$word" in --pack-destination=*) room="${word#*=}";; esac; done\n'
        f'cp "{tools}/parcel" "$room/parcel.tgz"\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    return tools / "calls"


def leftovers(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir() if path.name != "lock")


def test_fetches_once(pin: Pin, npm: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = fetch(pin, cache)
    assert first.read_bytes() == CONTENT
    assert fetch(pin, cache) == first
    assert len(npm.read_text().splitlines()) == 1
    assert "@sample/file@1.2.3" in npm.read_text()
    assert leftovers(cache) == [pin.filename]


def test_a_harmed_file_is_fetched_again(pin: Pin, npm: Path, tmp_path: Path) -> None:
    path = fetch(pin, tmp_path / "cache")
    path.write_bytes(CONTENT[:5])
    assert fetch(pin, tmp_path / "cache").read_bytes() == CONTENT


@pytest.mark.parametrize("change", [{"archive": "0" * 128}, {"content": "0" * 128}])
def test_a_wrong_digest_is_an_error_and_leaves_nothing(
    change: dict[str, Any], pin: Pin, npm: Path, tmp_path: Path
) -> None:
    other = dataclasses.replace(pin, **change)
    with pytest.raises(TamperedError, match="not the pinned"):
        fetch(other, tmp_path / "cache")
    assert leftovers(tmp_path / "cache") == []


def test_no_npm_is_said_plainly(pin: Pin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match=r"@sample/file 1\.2\.3: there is no npm command"):
        fetch(pin, tmp_path / "cache")


def test_a_failing_npm_is_asked_once(pin: Pin, npm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = npm.parent / "npm"
    script.write_text(f'#!/bin/sh\necho called >> "{npm}"\necho "no route to registry" >&2\nexit 7\n')
    for _ in range(2):
        with pytest.raises(UnavailableError, match="npm ended with 7: no route to registry"):
            fetch(pin, tmp_path / "cache")
    assert npm.read_text() == "called\n"
    assert leftovers(tmp_path / "cache") == []


def test_each_pin_has_its_own_file_and_full_digests() -> None:
    assert len({pin.filename for pin in PINS}) == len(PINS)
    for pin in PINS:
        assert len(bytes.fromhex(pin.archive)) == len(bytes.fromhex(pin.content)) == 64, pin.label
        assert pin.content[:12] in pin.filename
