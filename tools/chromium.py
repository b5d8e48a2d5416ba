"""How do we press and picture pages in a real browser? Headless Chromium, spoken to over a pipe, nothing else needed.

The protocol is the Chrome DevTools Protocol, one JSON message per NUL byte (`--remote-debugging-pipe`: Chromium reads
file descriptor 3 and writes file descriptor 4).
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# one browser, one page, no visits but those we ask for
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--disable-lcd-text",
    "--mute-audio",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)

# becomes Chromium, with the two ends of our pipes where it looks for them
_LAUNCH = """\
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class BrowserError(Exception):
    """Chromium is missing, ended, refused a command, or a page did not come to what was waited for."""


def binary() -> str | None:
    """Return the path of a Chromium, `CHROMIUM` first, or None when this machine has none."""
    return os.environ.get("CHROMIUM") or next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """One Chromium with one page. A context manager; `seconds` bounds every wait."""

    def __init__(self, *, width: int = 1280, height: int = 900, dark: bool = False, seconds: float = 20.0) -> None:
        found = binary()
        if found is None:
            raise BrowserError(f"no {NAMES[0]} on this machine; install one, or name it in CHROMIUM")
        self._seconds, self._count, self._rest, self._session = seconds, 0, b"", ""
        self._home = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        self._process = self._start(found)
        try:
            target = self._ask("Target.createTarget", url="about:blank")["targetId"]
            self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            self._size(width, height)
            scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
            self._ask("Emulation.setEmulatedMedia", features=[scheme])
        except BaseException:
            self.close()
            raise
        self._width, self._height = width, height

    def _start(self, path: str) -> subprocess.Popen[bytes]:
        ours = [os.pipe(), os.pipe()]
        # above 9, so that none of the four is in the way of descriptors 3 and 4
        ends = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for pair in ours for fd in pair]
        for pair in ours:
            for fd in pair:
                os.close(fd)
        read_end, self._write, self._read, write_end = ends

        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses root
        command = [
            path,
            *FLAGS,
            *sandbox,
            f"--user-data-dir={self._home.name}",
            "--remote-debugging-pipe",
            "about:blank",
        ]
        process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, str(read_end), str(write_end), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(read_end, write_end),
            start_new_session=True,
        )
        os.close(read_end)
        os.close(write_end)
        return process

    # ---- pages

    def open(self, url: str) -> None:
        """Go to an address and wait until the page is there."""
        self._ask("Page.navigate", url=url)
        self.wait("the page to load", lambda: self.evaluate("document.readyState") == "complete")

    def evaluate(self, script: str) -> Any:
        """Return what a JavaScript expression comes to."""
        answer = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"].get("exception", {}).get("description", script)))
        return answer["result"].get("value")

    def press(self, selector: str) -> None:
        """Click in the middle of an element, as a mouse does."""
        place = self.evaluate(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)}); if (!one) return null;"
            " one.scrollIntoView({block: 'center'}); const box = one.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        if place is None:
            raise BrowserError(f"no {selector} on {self.evaluate('location.href')}")
        for kind in ("mousePressed", "mouseReleased"):
            self._ask("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def wait(self, what: str, question: Callable[[], object]) -> None:
        """Ask until the answer is truthy; between two pages there may be no answer at all."""
        deadline = time.monotonic() + self._seconds
        while True:
            try:
                if question():
                    return
            except BrowserError:
                if self._process.poll() is not None:
                    raise
            if time.monotonic() > deadline:
                raise BrowserError(f"waited {self._seconds:.0f} s in vain for {what}")
            time.sleep(0.05)

    def picture(self, path: Path, *, until: str = "", most: int = 4000) -> None:
        """Write the page as PNG: all of it or `until` the end of an element, `most` pixels high at most."""
        end = "document.documentElement.scrollHeight"
        if until:
            end = (
                f"Math.ceil(document.querySelector({json.dumps(until)}).getBoundingClientRect().bottom + scrollY + 24)"
            )
        height = min(most, int(self.evaluate(end)))
        self._size(self._width, height)
        data = self._ask("Page.captureScreenshot", format="png", optimizeForSpeed=True)["data"]
        path.write_bytes(packed(base64.b64decode(data)))
        self._size(self._width, self._height)

    def _size(self, width: int, height: int) -> None:
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    # ---- the pipe

    def _ask(self, method: str, **parameters: object) -> dict[str, Any]:
        self._count += 1
        message: dict[str, object] = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + self._seconds
        while True:
            answer = self._next(deadline)
            if answer.get("id") == self._count:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error'].get('message')}")
                result = answer["result"]
                assert isinstance(result, dict)
                return result

    def _next(self, deadline: float) -> dict[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], max(0.0, deadline - time.monotonic()))
            chunk = os.read(self._read, 1 << 16) if ready else b""
            if not chunk:
                raise BrowserError("Chromium gave no answer" if not ready else "Chromium has ended")
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\0")
        message = json.loads(line)
        assert isinstance(message, dict)
        return message

    def close(self) -> None:
        """End Chromium and remove what it wrote."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        os.close(self._write)
        os.close(self._read)
        self._home.cleanup()

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def packed(png: bytes) -> bytes:
    """Return the same picture in fewer bytes (PNG specification, 5: chunks, 9: filtering).

    Flat pages with text compress best unfiltered. Chromium's quick pictures store each row as what it adds to the
    one above, which is quickly undone; a row of another kind leaves the picture as it is.
    """
    chunks: list[tuple[bytes, bytes]] = []
    position = 8
    while position < len(png):
        (length,) = struct.unpack(">I", png[position : position + 4])
        chunks.append((png[position + 4 : position + 8], png[position + 8 : position + 8 + length]))
        position += 12 + length
    width, _, depth, colour = struct.unpack(">IIBB", dict(chunks)[b"IHDR"][:10])
    channels = {2: 3, 6: 4}.get(colour, 0)
    size = width * channels + 1
    rows = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    if depth != 8 or not channels or not {*rows[::size]} <= {0, 2}:
        return png
    above, plain = bytes(size - 1), bytearray()
    for start in range(0, len(rows), size):
        row = rows[start + 1 : start + size]
        if rows[start] == 2:
            row = bytes([(one + two) & 255 for one, two in zip(row, above, strict=True)])
        plain += b"\0" + row
        above = row
    data = zlib.compress(bytes(plain), 9)
    kept = [(kind, body) for kind, body in chunks if kind in (b"IHDR", b"PLTE", b"tRNS")]
    parts = [png[:8]]
    for kind, body in [*kept, (b"IDAT", data), (b"IEND", b"")]:
        parts += [struct.pack(">I", len(body)), kind, body, struct.pack(">I", zlib.crc32(kind + body))]
    return b"".join(parts)
