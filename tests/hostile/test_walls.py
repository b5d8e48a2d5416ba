"""Would the tables see it if something did get out? What is planted here is found, and what listens here hears.

Engines without walls, and without the looks that are taken before them, do read the neighbour and do speak to the
listeners: the commits of the tables are real attacks.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.process import run
from tests.hostile.place import VARIABLE, Place

HERE = Path(__file__).parents[2]
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the walls are Linux's")


def heard(place: Place) -> list[str]:
    """Return who was spoken to since this was asked last, once the listeners had time to notice."""
    time.sleep(0.3)
    found = list(place.canaries.spoken)
    place.canaries.spoken.clear()
    return found


def tcp(place: Place) -> None:
    host, port = place.canaries.address.split(":")
    socket.create_connection((host, int(port))).close()


def udp(place: Place) -> None:
    host, port = place.canaries.datagrams.split(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", (host, int(port)))


def unix(place: Place) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        one.connect("\0" + place.canaries.abstract)


@linux
@pytest.mark.parametrize("speak", [tcp, udp, unix])
def test_who_is_spoken_to_hears_it(place: Place, speak: Callable[[Place], None]) -> None:
    speak(place)
    assert heard(place) == [speak.__name__]


def test_every_canary_is_known_again(place: Place) -> None:
    canaries = place.canaries
    stolen = canaries.room / "stolen.yaml"
    other = canaries.room / "data" / "checkouts" / "other" / "stolen.yaml"
    assert canaries.found_in(stolen.read_text()) == ["outside"]
    assert canaries.found_in(other.read_text()) == ["neighbour"]
    assert canaries.found_in(Path("/etc/passwd").read_text()) == ["passwd"]
    assert canaries.found_in("nothing of the kind") == []


def test_what_is_in_the_commit_does_come_through_to_the_words(place: Place) -> None:
    """A word that a stranger may show is shown: the tables look at the words that people get."""
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: {place.canaries.words['outside']}}}\n"
    _, said = place.look(*place.pushed({"prod/a.yaml": text}))
    assert place.canaries.found_in(said) == ["outside"]


KUSTOMIZE = """
import sys
from pathlib import Path
from bot.adapters.render import isolation, kustomize
library = kustomize.library_path()
if sys.argv[2] == "walls":
    mine = [sys.argv[1], sys.argv[3], sys.prefix, sys.base_prefix]
    isolation.enter([*mine, "/lib", "/lib64", "/usr/lib"], memory=1 << 30)
import orjson
try:
    print(kustomize.Library(library).build(Path(sys.argv[1])).decode())
except kustomize.KustomizeError as error:
    print("refused:", error)
"""

SPEAKING = """
import os, socket, sys
from bot.adapters.render import isolation
if sys.argv[4] == "walls":
    isolation.enter([sys.prefix, sys.base_prefix, sys.argv[5], "/lib", "/lib64", "/usr/lib"], memory=1 << 30)
host, port = sys.argv[1].split(":")
for kind, place in ((socket.SOCK_STREAM, (host, int(port))), (socket.SOCK_DGRAM, None), (None, "\\0" + sys.argv[3])):
    try:
        if kind == socket.SOCK_DGRAM:
            host, port = sys.argv[2].split(":")
            socket.socket(socket.AF_INET, kind).sendto(b"x", (host, int(port)))
        elif kind is None:
            socket.socket(socket.AF_UNIX).connect(place)
        else:
            socket.create_connection(place, timeout=2).close()
    except OSError as error:
        print("refused:", error)
print(os.environ.get(sys.argv[6]))
"""


def program(code: str, *arguments: str) -> str:
    """Run a program in the environment that engines get; return what it prints."""
    done = run([sys.executable, "-c", code, *arguments], cwd=HERE, timeout=60, env={"PATH": "/nonexistent"})
    assert done.status == 0, done.stderr
    return done.stdout.decode()


@linux
@pytest.mark.parametrize(("entry", "leaks"), [("../../other", ["neighbour"]), ("http://$ADDRESS/x.yaml", ["tcp"])])
def test_an_engine_without_walls_does_get_at_them(place: Place, tmp_path: Path, entry: str, leaks: list[str]) -> None:
    root = place.canaries.room / "data" / "checkouts" / tmp_path.name / "prod"
    root.mkdir(parents=True)
    text = f"resources: ['{entry}']\n".replace("$ADDRESS", place.canaries.address)
    (root / "kustomization.yaml").write_text(text)
    said = program(KUSTOMIZE, str(root), "none", str(HERE / "bot"))
    assert set(place.canaries.found_in(said) + heard(place)) == set(leaks)
    said = program(KUSTOMIZE, str(root), "walls", str(HERE / "bot"))
    assert "refused:" in said
    assert place.canaries.found_in(said) + heard(place) == []


@linux
def test_behind_the_walls_nobody_can_be_spoken_to(place: Place) -> None:
    canaries = place.canaries
    who = (canaries.address, canaries.datagrams, canaries.abstract)
    assert program(SPEAKING, *who, "none", str(HERE / "bot"), VARIABLE) == "None\n"
    assert sorted(heard(place)) == ["tcp", "udp", "unix"]
    assert program(SPEAKING, *who, "walls", str(HERE / "bot"), VARIABLE).count("refused:") == 3
    assert heard(place) == []
