"""What does a scanner say about some files? It runs shut in, and what it said of the same files is kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from bot.adapters import process
from bot.adapters.process import Completed
from bot.adapters.render.packs import Packs
from bot.adapters.render.scratch import scratch_directory
from bot.adapters.scanners.program import REFUSED, identity, needs
from bot.checks.scanners.sarif import SarifError, read
from bot.errors import TransientError, UserError
from bot.model.scanner import OUTPUT, RENDERED, NotScanned, Scanner

MEBIBYTE = 1024 * 1024
MOST_BYTES = 64 * MEBIBYTE  # of the files of one scan
MOST_OUTPUT = 20 * MEBIBYTE
_FORMAT = b"1"
_NOWHERE = "http://127.0.0.1:9"
_TRIAL = b'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: trial\ndata:\n  a: "b"\n'


@dataclass(frozen=True, slots=True)
class Probed:
    """Whether a scanner works, and its own name and version, or why not."""

    works: bool
    words: str


class SandboxedScanners:
    """Implements `bot.ports.Scanners`. What a scanner said is kept below a directory, by all that decides it."""

    def __init__(self, enabled: Iterable[Scanner], data: Path, kept: Path | None = None) -> None:
        """Take the operator's scanners; files are written in memory or below `data`, results kept below `kept`."""
        self._enabled = {one.name: one for one in enabled}
        self._data, self._kept = data, None if kept is None else Packs(kept)
        self._scratch: Path | None = None
        self._lock = threading.Lock()

    @property
    def names(self) -> Sequence[str]:
        """The scanners that are enabled."""
        return [*self._enabled]

    def scan(self, name: str, files: Mapping[str, bytes]) -> bytes | NotScanned:
        """Return a scanner's SARIF log of some files (name to content), or why there is none; never raises for what
        the scanner does."""
        scanner = self._enabled.get(name)
        if scanner is None:
            there = f"the scanners enabled here are {', '.join(self._enabled)}" if self._enabled else "none is enabled"
            how = "whoever runs Lockkeeper enables scanners in LOCKKEEPER_SCANNERS"
            return NotScanned(f"there is no scanner `{name}` here, so nothing was scanned: {there}", how, here=True)
        if sum(map(len, files.values())) > MOST_BYTES:
            return NotScanned(f"there is more than {MOST_BYTES // MEBIBYTE} MB to scan", "change less at once")
        program = Path(scanner.command[0])
        try:
            key = _key(scanner, identity(program), files)
        except OSError as error:
            return NotScanned(
                f"the program of the scanner `{name}` cannot be run: {error.strerror}",
                f"install {program.name} where Lockkeeper runs, or mend LOCKKEEPER_SCANNERS",
            )
        kept = self._kept.find(key) if self._kept else None
        if kept is not None:
            return zlib.decompress(kept)
        said = self._run(scanner, files)
        if isinstance(said, bytes) and self._kept:
            self._kept.save(key, zlib.compress(said, 1))
        return said

    def probe(self, name: str) -> Probed:
        """Let a scanner look at a small manifest."""
        said = self._run(self._enabled[name], {"trial.yaml": _TRIAL})
        if isinstance(said, NotScanned):
            return Probed(False, said.message)
        log = read(said)
        return Probed(True, " ".join(filter(None, (log.tool, log.version))))

    def words(self) -> str:
        """Try every scanner out, and say how it went, in one line; '' where none is enabled."""
        tried = {name: self.probe(name) for name in self._enabled}
        return ", ".join(f"{name} ({one.words})" if one.works else one.words for name, one in tried.items())

    def prune(self, max_age: float) -> int:
        """Forget what was said longer than `max_age` seconds ago; return how many packs."""
        return self._kept.prune(max_age) if self._kept else 0

    def close(self) -> None:
        """Remove what was written for scanners."""
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = None

    def __enter__(self) -> SandboxedScanners:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, scanner: Scanner, files: Mapping[str, bytes]) -> bytes | NotScanned:
        with self._lock:
            self._scratch = self._scratch or scratch_directory(self._data)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix="scan-") as room:
            rendered, written = Path(room).resolve() / "rendered", Path(room).resolve() / "written"
            rendered.mkdir(mode=0o700)
            written.mkdir(mode=0o700)
            for name, text in files.items():
                (rendered / name).write_bytes(text)
            try:
                done = _started(scanner, rendered, written)
            except TransientError:
                why = f"the scanner `{scanner.name}` took longer than {scanner.timeout:g} s and was stopped"
                return NotScanned(why, "change less at once, or let whoever runs Lockkeeper give it more time")
            except (UserError, OSError) as error:
                return NotScanned(f"the scanner `{scanner.name}` gave no result: {error}")
            return _judged(scanner, done, written)


def _started(scanner: Scanner, rendered: Path, written: Path) -> Completed:
    program = Path(scanner.command[0])
    needed = needs(program)
    places = {RENDERED: str(rendered), OUTPUT: str(written / "result.sarif")}
    settings = {
        "program": str(program),
        "argv": [scanner.command[0], *(_filled(one, places) for one in scanner.command[1:])],
        "environment": _environment(scanner, written),
        "readable": [str(rendered), *needed.readable, *scanner.reads],
        "executable": [*needed.executable, *scanner.reads],
        "writable": [str(written)],
        "memory": scanner.memory * MEBIBYTE,
    }
    return process.run(
        [sys.executable, "-m", "bot.adapters.scanners.launch"],
        cwd=written,
        input=json.dumps(settings).encode(),
        timeout=scanner.timeout,
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[3]), "PYTHONDONTWRITEBYTECODE": "1"},
        max_output=MOST_OUTPUT,
    )


def _filled(argument: str, places: Mapping[str, str]) -> str:
    for mark, place in places.items():
        argument = argument.replace(mark, place)
    return argument


def _environment(scanner: Scanner, written: Path) -> dict[str, str]:
    """Bare but for what the operator hands on; every way to the network that goes by a variable leads nowhere."""
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), _NOWHERE)
    handed = {name: os.environ[name] for name in scanner.environment if name in os.environ}
    place = str(written)
    known = {"PATH": os.environ.get("PATH", os.defpath), "HOME": place, "TMPDIR": place, "LC_ALL": "C.UTF-8"}
    return {**proxies, "NO_PROXY": "", "GOMEMLIMIT": f"{scanner.memory * 3 // 4}MiB", **handed, **known}


def _judged(scanner: Scanner, done: Completed, written: Path) -> bytes | NotScanned:
    """Return the log if the scanner ended well and wrote one that can be read."""
    said = _last_line(done.stderr)
    if done.status == REFUSED:
        return NotScanned(f"the scanner `{scanner.name}` cannot be started{said}")
    if done.status not in scanner.statuses:
        why = f"the scanner `{scanner.name}` failed with {_status(done.status)}{said}"
        return NotScanned(why, "look at it with the same files; LOCKKEEPER_SCANNERS says which statuses are no failure")
    try:
        data = _output(written) or done.stdout
        read(data)
    except (SarifError, OSError) as error:
        return NotScanned(f"what the scanner `{scanner.name}` wrote cannot be used: {error}{said}")
    return data


def _output(written: Path) -> bytes:
    """Return the one log that was written to a file, b'' for none. SarifError for several, or for what is no file."""
    found = [one for one in written.rglob("*.sarif") if not one.is_dir()]
    if not found:
        return b""
    if len(found) > 1:
        raise SarifError(f"there are {len(found)} files of it")
    if found[0].is_symlink() or not found[0].is_file() or found[0].stat().st_size > MOST_OUTPUT:
        raise SarifError("the file is too large, or no file")
    return found[0].read_bytes()


def _status(status: int) -> str:
    return f"status {status}" if status >= 0 else f"signal {-status}"


def _last_line(text: bytes) -> str:
    lines = [one.strip() for one in text[-4000:].decode(errors="replace").splitlines() if one.strip()]
    return f"; it said: {lines[-1][:300]}" if lines else ""


def _key(scanner: Scanner, program: str, files: Mapping[str, bytes]) -> str:
    """Return the digest of all that decides what a scanner says."""
    digest = hashlib.sha256(_FORMAT)
    handed = [(name, os.environ.get(name)) for name in scanner.environment]
    digest.update(repr((program, scanner.command, handed, _stamps(scanner.reads), scanner.statuses)).encode())
    for name in sorted(files):
        digest.update(f"\0{name}\0{len(files[name])}\0".encode() + files[name])
    return digest.hexdigest()


def _stamps(paths: Iterable[str]) -> list[tuple[str, int]]:
    """Return when what a scanner reads beside was changed; of a directory, when anything in it was."""
    found = []
    for path in paths:
        place = Path(path)
        below = [place, *place.rglob("*")] if place.is_dir() else [place] if place.exists() else []
        found.append((path, max((one.lstat().st_mtime_ns for one in below), default=0)))
    return found
