"""Sparse checkouts hold what was asked for, as git has it, whole or not at all, and nothing that leads elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bot.adapters.git.command import GitProgram
from bot.adapters.git.objects import Objects
from bot.adapters.git.tree import GitTree
from bot.adapters.pruning import prune
from bot.adapters.render.materialise import SparseCheckouts
from bot.errors import UserError
from tests.git.conftest import Files, Origin

LINK = "120000"


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path / "shop.git")


@pytest.fixture
def checkouts(tmp_path: Path) -> SparseCheckouts:
    return SparseCheckouts(tmp_path / "checkouts")


def tree_of(origin: Origin, files: Files | str) -> GitTree:
    return GitTree(Objects(GitProgram(origin.path)), files if isinstance(files, str) else origin.tree(files))


def written(directory: Path) -> dict[str, str]:
    """Return every entry below a directory: content of files, `-> target` of links, `/` of empty directories."""
    found: dict[str, str] = {}
    for top, directories, files in os.walk(directory):
        for name in (*directories, *files):
            path = Path(top) / name
            relative = str(path.relative_to(directory))
            if path.is_symlink():
                found[relative] = f"-> {path.readlink()}"
            elif path.is_file():
                found[relative] = path.read_text()
            elif not any(path.iterdir()):
                found[relative] = "/"
    return found


REPOSITORY: Files = {
    "base/a.yaml": "a", "base/more/b.yaml": "b", "other/c.yaml": "c", "run": ("100755", "#!/bin/sh"),
    "over/to-base": (LINK, "../base"), "over/a.yaml": (LINK, "./to-base/../base/a.yaml"), "over/d.yaml": "d",
    "out": (LINK, "../secret"), "far": (LINK, "/etc/passwd"), "gone": (LINK, "base/none"), "top": (LINK, "."),
}  # fmt: skip


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([], {}),
        (["other/c.yaml"], {"other/c.yaml": "c"}),
        (["run", "none", "base", "far", "out", "gone"], {"run": "#!/bin/sh"}),
        (["over/a.yaml"], {"over/a.yaml": "-> ../base/a.yaml", "base/a.yaml": "a"}),
        (
            ["over/to-base/more/b.yaml", "over/d.yaml"],
            {"over/to-base": "-> ../base", "base/more/b.yaml": "b", "over/d.yaml": "d"},
        ),
        (
            ["top/over/to-base/a.yaml"],
            {"top": "-> .", "over/to-base": "-> ../base", "base/a.yaml": "a"},
        ),
        (["../shop.git/HEAD", "/etc/passwd", ".git/config"], {}),
    ],
)
def test_what_is_written(
    files: list[str], expected: dict[str, str], origin: Origin, checkouts: SparseCheckouts
) -> None:
    tree = tree_of(origin, REPOSITORY)
    place = checkouts.place(tree, files)
    assert written(place) == expected
    assert all((place / path).read_bytes() == tree.read(path) for path in files if tree.blob(path))
    assert not [path for path in place.rglob("*") if not path.is_symlink() and path.is_file() and os.access(path, 1)]


def test_directories(origin: Origin, checkouts: SparseCheckouts) -> None:
    place = checkouts.place(
        tree_of(origin, REPOSITORY), [], directories=["base/more", "over/to-base", "none", "far", ""]
    )
    assert written(place) == {"base/more": "/", "over/to-base": "-> ../base"}


def test_more_is_added_to_what_is_there(origin: Origin, checkouts: SparseCheckouts, tmp_path: Path) -> None:
    tree = tree_of(origin, REPOSITORY)
    place = checkouts.place(tree, ["base/a.yaml"])
    inode = (place / "base/a.yaml").stat().st_ino
    for one in (checkouts, SparseCheckouts(tmp_path / "checkouts")):  # with and without memory
        assert one.place(tree, ["base/a.yaml", "other/c.yaml"]) == place
    assert written(place) == {"base/a.yaml": "a", "other/c.yaml": "c"}
    assert (place / "base/a.yaml").stat().st_ino == inode, "it was not written again"
    assert {path.name for path in place.parent.iterdir()} == {place.name, ".staged"}
    assert not [*(place.parent / ".staged").iterdir()], "nothing temporary is left"


class TestOverrides:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("base/a.yaml", {"base/a.yaml": "NEW", "over/d.yaml": "d"}),
            ("base/new/x", {"base/a.yaml": "a", "base/new/x": "NEW", "over/d.yaml": "d"}),
            ("over/a.yaml", {"over/a.yaml": "NEW", "base/a.yaml": "a", "over/d.yaml": "d"}),
            ("over/to-base/k", {"base/k": "NEW", "over/to-base": "-> ../base", "base/a.yaml": "a", "over/d.yaml": "d"}),
            ("over/to-base", {"over/to-base": "NEW", "base/a.yaml": "a", "over/d.yaml": "d"}),
            ("far", {"far": "NEW", "base/a.yaml": "a", "over/d.yaml": "d"}),
            ("gone/k", {"base/none/k": "NEW", "gone": "-> base/none", "base/a.yaml": "a", "over/d.yaml": "d"}),
        ],
    )
    def test_are_laid_over(
        self, path: str, expected: dict[str, str], origin: Origin, checkouts: SparseCheckouts
    ) -> None:
        """A link that is overridden is replaced; the file it led to stays what it was."""
        tree = tree_of(origin, REPOSITORY)
        place = checkouts.place(tree, ["base/a.yaml", "over/d.yaml"], [(path, "NEW")])
        assert written(place) == expected
        assert place != checkouts.place(tree, ["base/a.yaml"])
        assert place != checkouts.place(tree, ["base/a.yaml"], [(path, "other")])
        assert written(place) == expected

    def test_hold_for_files_asked_for_later(self, origin: Origin, checkouts: SparseCheckouts) -> None:
        tree, laid = tree_of(origin, REPOSITORY), [("base/a.yaml", "NEW")]
        place = checkouts.place(tree, [], laid)
        checkouts.place(tree, ["over/a.yaml", "base/a.yaml"], laid)
        assert written(place) == {"base/a.yaml": "NEW", "over/a.yaml": "-> ../base/a.yaml"}

    @pytest.mark.parametrize(
        ("path", "words"),
        [
            ("../x", "leads out"), ("/x", "leads out"), (".git/hooks/x", "leads out"), ("far/x", "leads out"),
            ("out/x", "leads out"), ("base", "is a directory"), ("base/a.yaml/x", "lies below a file"),
            ("base/a.yaml/x/y", "lies below a file"), ("over/a.yaml/x", "lies below a file"), ("a/", "leads out"),
        ],
    )  # fmt: skip
    def test_that_cannot_be_laid(
        self, path: str, words: str, origin: Origin, checkouts: SparseCheckouts, tmp_path: Path
    ) -> None:
        with pytest.raises(UserError, match=words):
            checkouts.place(tree_of(origin, REPOSITORY), ["base/a.yaml"], [(path, "evil")])
        assert not [*tmp_path.rglob("x")]


class TestPruning:
    def test_what_was_removed_is_written_again(self, origin: Origin, checkouts: SparseCheckouts) -> None:
        tree = tree_of(origin, REPOSITORY)
        place = checkouts.place(tree, ["base/a.yaml"])
        shutil.rmtree(place)
        assert written(checkouts.place(tree, ["base/a.yaml"])) == {"base/a.yaml": "a"}

    def test_what_another_process_made_anew(self, origin: Origin, checkouts: SparseCheckouts, tmp_path: Path) -> None:
        """What we remember is about a directory, not about its name: another may stand there by now."""
        tree = tree_of(origin, REPOSITORY)
        place = checkouts.place(tree, ["base/a.yaml"])
        for _ in range(20):  # a file system likes to give a number that was freed at once
            shutil.rmtree(place)
            SparseCheckouts(tmp_path / "checkouts").place(tree, ["other/c.yaml"])
            checkouts.place(tree, ["base/a.yaml"])
            assert written(place) == {"base/a.yaml": "a", "other/c.yaml": "c"}

    def test_asking_keeps_it(self, origin: Origin, checkouts: SparseCheckouts) -> None:
        old, kept = (tree_of(origin, {"a": text}) for text in ("old", "kept"))
        places = [checkouts.place(tree, ["a"]) for tree in (old, kept)]
        for one in places:
            os.utime(one, (time.time() - 3600,) * 2)
        checkouts.place(kept, ["a"])
        assert prune(places[0].parent, 1800) == 1
        assert [one.exists() for one in places] == [False, True]

    def test_an_empty_file_from_before_a_power_cut(self, origin: Origin, checkouts: SparseCheckouts) -> None:
        tree = tree_of(origin, REPOSITORY)
        place = checkouts.place(tree, ["base/a.yaml"])
        (place / "base/a.yaml").write_text("")
        SparseCheckouts(place.parent).place(tree, ["base/a.yaml"])
        assert written(place) == {"base/a.yaml": "a"}

    def test_while_it_is_written(self, origin: Origin, checkouts: SparseCheckouts) -> None:
        """Directories vanish again and again under four threads; whoever is given one finds its file for a while."""
        tree = tree_of(origin, {f"d{n}/f{n}": f"{n}" for n in range(30)})
        stop = threading.Event()
        failed: list[str] = []

        def ask(number: int) -> None:
            while not stop.is_set():
                try:
                    checkouts.place(tree, [f"d{n}/f{n}" for n in range(number, 30, 4)])
                except Exception as error:
                    if "went away" not in str(error):
                        failed.append(repr(error))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        place = checkouts.place(tree, [])
        for number in range(100):
            if place.exists():
                place.rename(place.parent / f".old-{number}")
                shutil.rmtree(place.parent / f".old-{number}", ignore_errors=True)
            time.sleep(0.002)
        stop.set()
        for thread in threads:
            thread.join()
        assert failed == []
        files = [f"d{n}/f{n}" for n in range(30)]
        assert sorted(written(checkouts.place(tree, files))) == sorted(files)


_READER = """
import sys, time
from pathlib import Path
place, size = Path(sys.argv[1]), int(sys.argv[2])
wrong, seen, until = set(), 0, time.time() + 20
while seen < 40 and time.time() < until:
    found = [one for one in place.rglob("*") if one.is_file()]
    seen = len(found)
    wrong |= {(one.name, one.stat().st_size) for one in found if one.stat().st_size != size or one.name[0] != "f"}
print(seen, wrong or "")
"""


def test_nothing_half_written_is_seen(origin: Origin, checkouts: SparseCheckouts) -> None:
    """Another process that looks all the time sees whole files only, and no temporary ones."""
    size = 300_000
    tree = tree_of(origin, {f"d{n % 4}/f{n}": f"{n:03}" * (size // 3) for n in range(40)})
    place = checkouts.place(tree, [])
    command = [sys.executable, "-c", _READER, str(place), str(size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
        for number in range(40):
            checkouts.place(tree, [f"d{number % 4}/f{number}"])
            time.sleep(0.005)
        said, _ = reader.communicate(timeout=30)
    assert said.strip() == "40"


def test_a_name_too_long(origin: Origin, checkouts: SparseCheckouts) -> None:
    tree = tree_of(origin, origin.raw_tree(("100644", b"x" * 300, origin.blob(""))))
    with pytest.raises(UserError, match="too long to be written"):
        checkouts.place(tree, ["x" * 300])


def test_more_directories_than_are_remembered(origin: Origin, checkouts: SparseCheckouts) -> None:
    tree = tree_of(origin, {"a": "1"})
    before = len([*Path("/proc/self/fd").iterdir()])
    for number in range(300):
        place = checkouts.place(tree, ["a"], [("b", str(number))])
        assert written(place) == {"a": "1", "b": str(number)}
    assert len([*Path("/proc/self/fd").iterdir()]) - before < 140


def test_the_second_time_reads_nothing(origin: Origin, checkouts: SparseCheckouts) -> None:
    objects = Objects(GitProgram(origin.path))
    tree = GitTree(objects, origin.tree({f"d{n}/f{n}": f"{n}" for n in range(100)}))
    files = [f"d{n}/f{n}" for n in range(100)]
    place = checkouts.place(tree, files)
    asked = objects.asked
    again = GitTree(Objects(GitProgram(origin.path / "none")), tree.id)  # one that could not be read
    assert checkouts.place(again, files) == place and objects.asked == asked
