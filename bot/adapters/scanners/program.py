"""What does a program need to read, and to run, beside the files that it is given?

A native program needs itself and the shared libraries; a script its interpreter, with the libraries of that, and of
the virtual environment it lies in.
"""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

REFUSED = 126  # the exit status of `launch` where the program cannot be run
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/usr/share/zoneinfo")
_LOADERS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")  # the loader of shared libraries is run, too
_MOST_SCRIPTS = 4  # that are interpreters of each other


@dataclass(slots=True)
class Needs:
    """Paths by what may be done with them: read, and run."""

    readable: list[str] = field(default_factory=lambda: [*_LIBRARIES])
    executable: list[str] = field(default_factory=lambda: [*_LOADERS])


def needs(program: Path) -> Needs:
    """Return what running a program takes. OSError when it cannot be read."""
    found = Needs()
    for _ in range(_MOST_SCRIPTS):
        found.executable += [str(program), str(program.resolve())]
        _environment(program, found)
        interpreter = _interpreter(program, found)
        if interpreter is None:
            break
        _installation(interpreter.resolve(), found)
        program = interpreter
    return found


def identity(program: Path) -> str:
    """Tell a program from every other one, without starting it. OSError when it cannot be read."""
    status = program.stat()
    return f"{program.resolve()} {status.st_size} {status.st_mtime_ns}"


def _interpreter(program: Path, found: Needs) -> Path | None:
    """Return the interpreter that a script names, None for a native program."""
    with program.open("rb") as file:
        start = file.read(512)
    if not start.startswith(b"#!"):
        return None
    words = shlex.split(start[2:].partition(b"\n")[0].decode(errors="replace"))
    if words and Path(words[0]).name == "env":
        found.executable += [words[0], str(Path(words[0]).resolve())]
        named = next((one for one in words[1:] if not one.startswith("-") and "=" not in one), "")
        words = [shutil.which(named) or ""]
    return Path(words[0]) if words and Path(words[0]).is_file() else None


def _environment(program: Path, found: Needs) -> None:
    """Add the virtual environment that a program lies in, and the Python that it was made from."""
    top = program.parent.parent
    settings = top / "pyvenv.cfg"
    if not settings.is_file():
        return
    found.readable.append(str(top))
    for line in settings.read_text(errors="replace").splitlines():
        name, equals, value = line.partition("=")
        if equals and name.strip() == "home":
            found.readable.append(str(Path(value.strip()).resolve().parent / "lib"))


def _installation(interpreter: Path, found: Needs) -> None:
    """Add the libraries beside an interpreter: those in `lib` where it lies in `bin`."""
    found.executable.append(str(interpreter))
    if interpreter.parent.name in ("bin", "sbin"):
        found.readable.append(str(interpreter.parent.parent / "lib"))
