"""Which outside material judges the GitHub stand-in, and how does it get here unchanged?

Four published packages are fetched by the plain `npm` and `pip` commands, checked against the digests pinned
below, and reduced to one file each in a cache directory. Run `python -m tests.referee.fetch` to do it ahead.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 110.0  # seconds for one download, below the time limit of one test


class UnavailableError(Exception):
    """The material is not in the cache and could not be fetched."""


class TamperedError(Exception):
    """What arrived is not what was pinned: never skipped, always an error."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One file of one published package: `archive` and `content` are sha512 digests in hexadecimal.

    `member` is the path inside the archive; empty means that the archive itself is the file.
    """

    tool: Literal["npm", "pip"]
    package: str
    version: str
    archive: str
    content: str
    member: str = ""

    @property
    def label(self) -> str:
        return f"{self.package} {self.version}"

    @property
    def filename(self) -> str:
        """The name in the cache: another pin has another name, so an old file never answers for it."""
        stem = self.package.strip("@").replace("/", "-").lower()
        suffix = Path(self.member).suffix if self.member else ".tar.gz"
        return f"{stem}-{self.version}-{self.content[:12]}{suffix}"


def _npm(package: str, version: str, integrity: str, member: str, content: str) -> Pin:
    """A pin from npm's own notation of integrity (`sha512-` and base64)."""
    digest = base64.b64decode(integrity.removeprefix("sha512-")).hex()
    return Pin("npm", package, version, digest, content, member)


OPENAPI = _npm(
    "@octokit/openapi",
    "23.0.2",
    "sha512-pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
    "package/generated/api.github.com.json",
    "ea1a01e8c254ee2d52ecc9450516686f968386c9ec1c75b5fc21a517aa327778"
    "1c10d74c0c3f9ffddbcbee57031a8fff100057f18eb10ccc1ab2fdf1a9c7e650",
)
GRAPHQL = _npm(
    "@octokit/graphql-schema",
    "15.26.1",
    "sha512-RFDC2MpRBd4AxSRvUeBIVeBU7ojN/SxDfALUd7iVYOSeEK3gZaqR2MGOysj4Zh2xj2RY5fQAUT+Oqq7hWTraMA==",
    "package/schema.graphql",
    "448dc77681a9616149edd1f43342848cf79be6466f65d59a3933f39abb7018b3"
    "1633141c64ca30214ca6840104107a17c8315df56d1f707585d1f294fde50a70",
)
PAYLOADS = _npm(
    "@octokit/webhooks-examples",
    "7.6.1",
    "sha512-De6U3XB6O3DtCa7bKgCMzTHdeopqqZ6SNivMYJnK65ierKL1AnNIA0tkRYCRS7lwGT792d+Ps1WbfHlso6MynQ==",
    "package/api.github.com/index.json",
    "782f90445f48ef83b488bf393824eaeec606a51417edf74226941133e4f43de1"
    "00d25cf7d0b4b3a9e02242810633c2377525ac88a09e3e48e428e80c008f13b6",
)
_SDIST = (
    "535f999d62049113321caa5ae0af4ecf11a5072a0bb2c4811fcc10ab300f93e6"
    "0eabc51470ca28346574f04e2ce86f82d2e4bceed876b385729e36a4169b1bd3"
)
RECORDINGS = Pin("pip", "PyGithub", "2.10.0", _SDIST, _SDIST)

PINS = (OPENAPI, GRAPHQL, PAYLOADS, RECORDINGS)

_failed: dict[str, str] = {}  # tool -> why it could not deliver: asked once in a process, not once a test


def cache_directory() -> Path:
    """`$LOCKKEEPER_REFEREE_CACHE`, or `.lockkeeper/referee` at the project's root."""
    chosen = os.environ.get("LOCKKEEPER_REFEREE_CACHE")
    return Path(chosen) if chosen else ROOT / ".lockkeeper" / "referee"


def fetch(pin: Pin, cache: Path | None = None) -> Path:
    """Return the path of the pinned file, fetching it first if the cache does not hold it unharmed.

    The file appears under its name only when whole and verified. Processes that ask at the same time wait
    for the one that fetches. Raises UnavailableError when the tool is missing or cannot deliver,
    TamperedError when what it delivers has another digest.
    """
    cache = cache or cache_directory()
    wanted = cache / pin.filename
    if _intact(wanted, pin.content):
        return wanted
    if pin.tool in _failed:
        raise UnavailableError(_failed[pin.tool])
    cache.mkdir(parents=True, exist_ok=True)
    with _only_one(cache / "lock"):
        if _intact(wanted, pin.content):
            return wanted
        with tempfile.TemporaryDirectory(dir=cache, prefix="incoming-") as room:
            archive = _deliver(pin, Path(room))
            if _digest(archive) != pin.archive:
                raise TamperedError(f"{pin.label}: the archive is not the pinned one")
            whole = _take(pin.member, archive, Path(room)) if pin.member else archive
            if not _intact(whole, pin.content):
                raise TamperedError(f"{pin.label}: {pin.member or archive.name} is not the pinned file")
            whole.replace(wanted)
    return wanted


def _deliver(pin: Pin, room: Path) -> Path:
    """Let npm or pip put the archive into `room`; raise UnavailableError in their own words otherwise."""
    try:
        return _npm_pack(pin, room) if pin.tool == "npm" else _pip_download(pin, room)
    except UnavailableError as error:
        _failed[pin.tool] = str(error)
        raise


def _npm_pack(pin: Pin, room: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError(f"{pin.label}: there is no npm command")
    options = ["--ignore-scripts", "--loglevel=error", "--fetch-retries=1", f"--pack-destination={room}"]
    _run([npm, "pack", *options, f"{pin.package}@{pin.version}"], pin, room, {})
    return _sole(room, "*.tgz", pin)


def _pip_download(pin: Pin, room: Path) -> Path:
    """Download an sdist without running any of its code.

    `pip download` asks the sdist's build backend for metadata. The backend it finds here is a stub that
    answers the two facts pip compares: nothing is built, no build requirement is fetched (PEP 517 hooks).
    """
    stub = room / "stub" / "setuptools"
    stub.mkdir(parents=True)
    info = f"{pin.package}-{pin.version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {pin.package}\nVersion: {pin.version}\n"
    (stub / "__init__.py").touch()
    (stub / "build_meta.py").write_text(
        "from pathlib import Path\n"
        "def get_requires_for_build_wheel(config_settings=None):\n"
        "    return []\n"
        "def prepare_metadata_for_build_wheel(directory, config_settings=None):\n"
        f"    room = Path(directory, {info!r})\n"
        "    room.mkdir()\n"
        f"    Path(room, 'METADATA').write_text({metadata!r})\n"
        f"    return {info!r}\n"
    )
    wants = room / "wants.txt"
    wants.write_text(f"{pin.package}=={pin.version} --hash=sha512:{pin.archive}\n")
    options = ["--quiet", "--disable-pip-version-check", "--retries=1", "--no-build-isolation", "--no-deps"]
    command = [sys.executable, "-m", "pip", "download", *options, "--no-binary=:all:", "--require-hashes"]
    _run(
        [*command, f"--dest={room}", f"--requirement={wants}"],
        pin,
        room,
        {"PYTHONPATH": str(stub.parent), "SETUPTOOLS_USE_DISTUTILS": "stdlib"},
    )
    return _sole(room, "*.tar.gz", pin)


def _run(command: list[str], pin: Pin, room: Path, extra: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=room,
            env=os.environ | extra,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"{pin.label}: {pin.tool} took longer than {DEADLINE:.0f} s") from error
    if done.returncode != 0:
        if "DO NOT MATCH THE HASHES" in done.stderr:
            raise TamperedError(f"{pin.label}: pip refused the archive, its digest is not the pinned one")
        words = " ".join(done.stderr.split())[-300:] or "no words"
        raise UnavailableError(f"{pin.label}: {pin.tool} ended with {done.returncode}: {words}")


def _sole(room: Path, pattern: str, pin: Pin) -> Path:
    found = list(room.glob(pattern))
    if len(found) != 1:
        raise UnavailableError(f"{pin.label}: {pin.tool} left {len(found)} archives instead of one")
    return found[0]


def _take(member: str, archive: Path, room: Path) -> Path:
    """Copy one regular file out of the archive; names in the archive never become paths here."""
    whole = room / "member"
    with tarfile.open(archive) as tar:
        source = tar.extractfile(member)
        if source is None:
            raise TamperedError(f"{archive.name}: {member} is no regular file")
        with source, whole.open("wb") as target:
            shutil.copyfileobj(source, target)
    return whole


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha512").hexdigest()


def _intact(path: Path, digest: str) -> bool:
    return path.is_file() and _digest(path) == digest


@contextlib.contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Hold the cache's lock file; the kernel releases it when the process ends, however it ends."""
    with lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Fetch everything; 0 when all of it is there, 1 with the reasons otherwise."""
    missing = 0
    for pin in PINS:
        try:
            fetch(pin)
        except (UnavailableError, TamperedError) as error:
            missing += 1
            sys.stderr.write(f"referee: {error}\n")
        else:
            sys.stdout.write(f"referee: {pin.label} is here\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
