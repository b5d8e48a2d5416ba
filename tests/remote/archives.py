"""Archives for tests: honest ones, and others."""

from __future__ import annotations

import io
import tarfile


def archive(*files: tuple[str, bytes], link: str = "", top: str = "web/templates/link.yaml") -> bytes:
    """Return a gzipped tar archive of files, with a symbolic link in it if that is wanted."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        if link:
            for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
                info = tarfile.TarInfo(top)
                info.type, info.linkname = kind, link
                tar.addfile(info)
            device = tarfile.TarInfo("web/device")
            device.type = tarfile.CHRTYPE
            tar.addfile(device)
    return packed.getvalue()
