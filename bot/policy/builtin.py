"""Which packs ship with Lockkeeper?"""

from __future__ import annotations

from pathlib import Path

MANIFEST = "pack.yaml"


def builtin_packs(directory: Path) -> dict[str, dict[str, bytes]]:
    """Read the packs below a directory: name of the pack to its files, each by its path within the pack.

    A directory is a pack when it holds a `pack.yaml`. `default_directory` says where Lockkeeper keeps its
    own.
    """
    return {
        manifest.parent.name: {
            path.relative_to(manifest.parent).as_posix(): path.read_bytes()
            for path in sorted(manifest.parent.rglob("*.yaml"))
        }
        for manifest in sorted(directory.glob(f"*/{MANIFEST}"))
    }


def default_directory() -> Path:
    """Return where the packs lie: `policies/` beside the package in a checkout."""
    return Path(__file__).resolve().parents[2] / "policies"
