"""Measure Lockkeeper beside what people would run in its place: `make bench`, or `python -m tools.bench --help`.

The table goes to standard output, progress to standard error, everything measured to a JSON file. Ends with status 1
when a bar is not reached.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from tools.bench.parts import PARTS, Bench, rows
from tools.bench.table import Samples, as_json, written
from tools.conformance.oracles import DIRECTORY, TOP, prepare

START, END = "<!-- measured -->", "<!-- end of what was measured -->"


def main() -> int:
    """Measure, print the table, and return the exit status."""
    asked = _arguments()
    chosen = asked.only.split(",") if asked.only else [*PARTS]
    started = time.monotonic()

    def say(words: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:6.1f} s  {words}\n")

    oracles = prepare(asked.tools, say)
    samples = Samples()
    with tempfile.TemporaryDirectory(prefix="lockkeeper-bench-") as room:
        sizes = tuple(int(size) for size in asked.sizes.split(","))
        bench = Bench(Path(room), asked.tools, oracles, asked.runs, samples, say, sizes)
        failed = [name for name in chosen if not _measured(name, bench)]
    found = [*rows(samples)]
    about = {"machine": _machine(), "python": platform.python_version(), "tools": oracles.versions()}
    about |= {"runs": str(asked.runs), "seconds": f"{time.monotonic() - started:.0f}"}
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(as_json(found, samples, about), indent=2) + "\n")
    machine = f"{about['machine']}; Python {about['python']}; {about['tools']}; medians of {asked.runs}."
    words = f"{machine}\n\n{written(found)}\n"
    sys.stdout.write(words)
    if asked.quote:
        quote(asked.quote, words)
    for name in failed:
        sys.stdout.write(f"not measured: {name}, see above\n")
    return 1 if failed or any(row.verdict == "short" for row in found) else 0


def _measured(name: str, bench: Bench) -> bool:
    """Measure one part; say what went wrong where it did not do its work, and go on."""
    try:
        PARTS[name](bench)
    except RuntimeError as error:
        bench.say(f"{name} failed: {error}")
        return False
    return True


def quote(page: Path, words: str) -> None:
    """Put words between the two marks of a page, in place of what stands there. ValueError when it has no marks."""
    before, start, rest = page.read_text().partition(START)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{page} has no place for a table: {START} … {END}")
    page.write_text(f"{before}{start}\n{words}\n{end}{after}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help=f"parts to measure, with commas between: {', '.join(PARTS)}")
    parser.add_argument("--runs", type=int, default=3, help="rounds of each measurement (default 3)")
    parser.add_argument("--sizes", default="10,100,1000", help="how many overlays (default 10,100,1000)")
    parser.add_argument("--tools", type=Path, default=DIRECTORY, help="where the real tools are kept")
    parser.add_argument("--json", type=Path, default=TOP / "build" / "bench.json", help="where the numbers are written")
    parser.add_argument("--quote", type=Path, help="a page to put the table into, between its marks")
    asked = parser.parse_args()
    unknown = [name for name in asked.only.split(",") if name and name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]}; there are {', '.join(PARTS)}")
    if asked.runs < 1:
        parser.error("at least one run is needed")
    return asked


def _machine() -> str:
    """Return what this machine is: processor, cores, memory."""
    model = platform.machine()
    information = Path("/proc/cpuinfo")
    if information.is_file():
        lines = information.read_text().splitlines()
        model = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), model)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}"


if __name__ == "__main__":
    sys.exit(main())
