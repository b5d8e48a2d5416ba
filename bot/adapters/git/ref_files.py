"""May a ref be here? What saves a process for the many that are not, where refs are files (gitrepository-layout(5))."""

from __future__ import annotations

from pathlib import Path


def may_hold(git_dir: Path, name: str) -> bool:
    """Say whether a ref, or one below a name that ends with "/", may be in a repository; False is certain."""
    if (git_dir / "reftable").exists() or (git_dir / "commondir").exists():
        return True
    packed = git_dir / "packed-refs"
    below = b"" if name.endswith("/") else b"\n"
    return _exists(git_dir / name) or (packed.exists() and f" {name}".encode() + below in packed.read_bytes())


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is longer than any file may have
        return False
