"""Where do the real tools come from that Lockkeeper is compared with, and how are they run without a network?

They are fetched once, as locked packages with hashes, into a directory of their own (`build/tools` unless another is
named): helm and kubectl as programs in a wheel, kubernetes-validate and checkov each in a virtual environment.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from bot.adapters.process import Completed, run
from bot.errors import LockkeeperError, UserError

TOP = Path(__file__).resolve().parents[2]
DIRECTORY = TOP / "build" / "tools"
PROGRAMS = DIRECTORY / "programs"  # of the usual place
_LAYER = "package/lib/layer.zip"
_PROXIES = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:1")


@dataclass(frozen=True, slots=True)
class Oracles:
    """The real tools' programs, and the directory of kubernetes-validate's original definitions."""

    kubectl: Path
    helm: Path
    kubernetes_validate: Path
    definitions: Path

    def versions(self) -> str:
        """Return what the programs say of themselves."""
        helm = _said(run([str(self.helm), "version", "--short"], cwd=TOP, timeout=30))
        kubectl = _said(run([str(self.kubectl), "version", "--client"], cwd=TOP, timeout=30))
        kustomize = kubectl.rpartition("Kustomize Version: ")[2]
        return f"kubectl {kubectl.split()[2]} with kustomize {kustomize}, helm {helm.partition('+')[0]}"


def prepare(directory: Path = DIRECTORY, say: Callable[[str], None] = lambda _: None) -> Oracles:
    """Return the real tools below `directory`, fetching what is not there; `say` is told about what takes long.

    UserError when a package cannot be had.
    """
    programs = prepare_programs(directory, say)
    schemas = kept(directory / "schemas", "schemas", say, _fill_environment)
    (definitions,) = schemas.glob("lib/python*/site-packages/kubernetes_validate/kubernetes-json-schema")
    return Oracles(programs / "kubectl", programs / "helm", schemas / "bin" / "kubernetes-validate", definitions)


def prepare_programs(directory: Path = DIRECTORY, say: Callable[[str], None] = lambda _: None) -> Path:
    """Return the directory of kubectl and helm below `directory`, fetched if they are not there."""
    return kept(directory / PROGRAMS.name, "binaries", say, _fill_programs)


def prepare_checkov(directory: Path = DIRECTORY, say: Callable[[str], None] = lambda _: None) -> Path:
    """Return checkov's program below `directory`, fetched if it is not there."""
    return kept(directory / "checkov", "checkov", say, _fill_environment) / "bin" / "checkov"


def offline(argv: list[str], *, cwd: Path, timeout: float = 60.0) -> Completed:
    """Run a real tool where it reaches no network: in a network namespace if possible, behind dead proxies always.

    Neither git nor another program is on its PATH. TransientError when it does not end in time.
    """
    environment = {**_PROXIES, "PATH": "/nonexistent", "KUBECONFIG": "/nonexistent"}
    return run([*_walls(), *argv], cwd=cwd, timeout=timeout, env=environment)


def _walls() -> list[str]:
    if not _namespaces:
        program = shutil.which("unshare")
        wall = [program, "--net", "--map-root-user"] if program else []
        usable = bool(wall) and run([*wall, "true"], cwd=TOP, timeout=10).status == 0
        _namespaces.append(wall if usable else [])
    return _namespaces[0]


_namespaces: list[list[str]] = []  # tried once


def kept(target: Path, lock: str, say: Callable[[str], None], fill: Callable[[Path, Path], None]) -> Path:
    """Return `target`, filled as the lock file says unless that was done; whole or not at all."""
    requirements = TOP / "requirements" / f"oracles-{lock}.lock"
    digest = sha256(requirements.read_bytes()).hexdigest()
    mark = target / ".lock-digest"
    if mark.is_file() and mark.read_text() == digest:
        return target
    say(f"fetching {lock} for {target}")
    shutil.rmtree(target, ignore_errors=True)
    try:
        fill(target, requirements)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    mark.write_text(digest)
    return target


def _fill_programs(target: Path, requirements: Path) -> None:
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as room:
        _pip(sys.executable, "download", "--no-deps", "--dest", room, "-r", str(requirements))
        (wheel,) = Path(room).glob("*.whl")
        with zipfile.ZipFile(wheel) as packed:
            inner = next(name for name in packed.namelist() if "/_jsii/" in name and name.endswith(".tgz"))
            archive = packed.read(inner)
    with tarfile.open(fileobj=io.BytesIO(archive)) as package:
        layer = package.extractfile(_LAYER)
        if layer is None:
            raise UserError("the package holds no programs", where=_LAYER)
        with zipfile.ZipFile(io.BytesIO(layer.read())) as programs:
            for name in ("helm", "kubectl"):
                (target / name).write_bytes(programs.read(f"{name}/{name}"))
                (target / name).chmod(0o755)


def _fill_environment(target: Path, requirements: Path) -> None:
    """Make a virtual environment in its final place: its programs name their interpreter by path."""
    made = run([sys.executable, "-m", "venv", str(target)], cwd=TOP, timeout=120)
    if made.status:
        raise UserError("no virtual environment could be made", where=str(target), how=_said(made))
    _pip(str(target / "bin" / "python"), "install", "-r", str(requirements))


def _pip(python: str, command: str, *arguments: str) -> None:
    """Run pip with the settings that people gave it in the environment; only what has a locked hash is taken."""
    kept = {
        name: value for name, value in os.environ.items() if name.lower().endswith("_proxy") or name.startswith("PIP_")
    }
    kept |= {name: os.environ[name] for name in ("HOME", "SSL_CERT_FILE") if name in os.environ}
    argv = [python, "-m", "pip", command, "--quiet", "--disable-pip-version-check", "--require-hashes", *arguments]
    done = run(argv, cwd=TOP, timeout=600, env=kept)
    if done.status:
        raise UserError(f"pip {command} did not deliver", how=_said(done)[-500:])


def _said(done: Completed) -> str:
    return (done.stdout + done.stderr).decode(errors="replace").strip()


def _tell(words: str) -> None:
    sys.stdout.write(f"oracles: {words}\n")
    sys.stdout.flush()


def main() -> int:
    """Fetch kubectl and helm, as `make test` does; 0 when they are there, 1 with the reason otherwise."""
    try:
        place = prepare_programs(say=_tell)
    except LockkeeperError as error:
        sys.stderr.write(f"oracles: {error}\n")
        return 1
    sys.stdout.write(f"oracles: kubectl and helm are in {place.relative_to(TOP)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
