"""A tree is read as the same files on a disk would be, and never from outside of it."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.git import GitMirrors, Limits
from bot.adapters.git.command import GitError, GitProgram
from bot.adapters.git.objects import Caches, Objects
from bot.adapters.git.tree import GitTree
from bot.errors import NotFoundError, TransientError, UserError
from bot.model.repository import Repository
from tests.git.conftest import REPOSITORY, Files, Origin
from tests.git.counting import CountingGit, counting

__all__ = ["counting"]

LINK = "120000"


def tree_of(origin: Origin, files: Files | str, *, limits: Limits | None = None) -> GitTree:
    program = GitProgram(origin.path)
    objects = Objects(program, limits=limits) if limits else Objects(program)
    return GitTree(objects, files if isinstance(files, str) else origin.tree(files), "acme/shop")


class TestLinks:
    @pytest.fixture
    def tree(self, origin: Origin) -> GitTree:
        return tree_of(
            origin,
            {
                "base/a.yaml": "a", "base/more/b.yaml": "b", "over/to-base": (LINK, "../base"),
                "over/a.yaml": (LINK, "to-base/a.yaml"), "out": (LINK, "../x"), "far": (LINK, "/etc/passwd"),
                "up": (LINK, "base/../../shop/base"), "round": (LINK, "round"), "one": (LINK, "two"),
                "two": (LINK, "one"), "gone": (LINK, "base/none"), "top": (LINK, "."),
                "self/again": (LINK, "../self"), "self/c.yaml": "c", "slash": (LINK, "base/a.yaml/"),
                "sub": ("160000", "a" * 40), "nul": (LINK, b"base/a.yaml\0.txt"), "into": (LINK, "base/a.yaml/x"),
            },
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("path", "kind", "at"),
        [
            ("", "directory", ""),
            ("base/a.yaml", "file", "base/a.yaml"),
            ("over/to-base", "directory", "base"),
            ("over/to-base/more/b.yaml", "file", "base/more/b.yaml"),
            ("over/a.yaml", "file", "base/a.yaml"),
            ("top/over/to-base/a.yaml", "file", "base/a.yaml"),
            ("top/top/top", "directory", ""),
            ("self/again/again/c.yaml", "file", "self/c.yaml"),
            ("out", "", None),
            ("far", "", None),
            ("up/a.yaml", "", None),
            ("round", "", None),
            ("one", "", None),
            ("gone", "", "base/none"),
            ("gone/below", "", "base/none/below"),
            ("slash", "", None),
            ("into", "", "base/a.yaml/x"),
            ("nul", "", None),
            ("sub", "", "sub"),
            ("sub/x", "", "sub/x"),
            ("base/a.yaml/x", "", "base/a.yaml/x"),
            ("not/there", "", "not/there"),
            ("base/", "", None),
            ("/base", "", None),
            ("./base", "", None),
            ("base/../base", "", None),
            (".git/config", "", None),
        ],
    )
    def test_where_a_path_leads(self, tree: GitTree, path: str, kind: str, at: str | None) -> None:
        found = "directory" if tree.is_directory(path) else "file" if tree.blob(path) else ""
        assert (found, tree.canonical(path)) == (kind, at)
        assert (tree.read(path) is not None) == (kind == "file")

    def test_what_is_listed(self, tree: GitTree) -> None:
        assert tree.names("") == ["base", "over", "self", "top"]
        assert tree.names("over") == ["a.yaml", "to-base"]
        assert tree.names("base/a.yaml") == () == tree.names("none")
        assert tree.files("over") == ["over/a.yaml", "over/to-base/a.yaml", "over/to-base/more/b.yaml"]
        assert tree.files("self") == ["self/c.yaml"], "a directory on its own way down is left out"
        assert tree.files("over/a.yaml") == ("over/a.yaml",)
        assert tree.files("none") == [] and "top/base/a.yaml" not in tree.files()

    def test_a_long_chain(self, origin: Origin) -> None:
        files: dict[str, bytes | str | tuple[str, str]] = {"l0": "end"}
        files |= {f"l{number}": (LINK, f"l{number - 1}") for number in range(1, 42)}
        tree = tree_of(origin, files)
        assert (tree.read("l40"), tree.read("l41")) == (b"end", None)


class TestNames:
    @pytest.mark.parametrize("name", [b".git", b".GIT", b"..", b".", b"git~1", b"a/b", b"../evil", b".git "])
    def test_no_honest_tree_has(self, name: bytes, origin: Origin) -> None:
        blob = origin.blob("evil")
        good = ("100644", b"good", blob)
        tree = tree_of(origin, origin.raw_tree(("100644", name, blob), good))
        assert tree.names("") == ["good"] == tree.files() and tree.read(name.decode()) is None
        deep = tree_of(origin, origin.raw_tree(("40000", name, origin.raw_tree(good)), good))
        assert deep.names("") == ["good"] == deep.files() and deep.read(f"{name.decode()}/good") is None
        link = tree_of(origin, origin.raw_tree(good, (LINK, b"link", origin.blob(name + b"/x"))))
        assert link.files() == ["good"]

    def test_given_twice(self, origin: Origin) -> None:
        """A link and a directory of one name is how CVE-2024-32002 wrote elsewhere."""
        blob = origin.blob("/tmp")
        twice = [(LINK, b"a", blob), ("40000", b"a", origin.raw_tree(("100644", b"evil", blob)))]
        for entries in (twice, twice[::-1], [*twice, twice[0]], [("100644", b"a", blob)] * 2):
            tree = tree_of(origin, origin.raw_tree(*entries, ("100644", b"z", blob)))
            assert tree.files() == ["z"] and not tree.is_directory("a") and tree.blob("a") is None

    def test_any_bytes(self, origin: Origin) -> None:
        tree = tree_of(origin, origin.raw_tree(("100644", b"\xff \n", origin.blob("odd"))))
        assert [tree.read(name) for name in tree.files()] == [b"odd"]

    def test_modes_of_old(self, origin: Origin) -> None:
        entries = (("100664", b"a", origin.blob("a")), ("100600", b"b", origin.blob("b")))
        assert tree_of(origin, origin.raw_tree(*entries)).files() == ["a", "b"]


class TestLimits:
    def test_a_long_file(self, origin: Origin) -> None:
        tree = tree_of(origin, {"a": "12345", "b": "123456", "c": (LINK, "123456")}, limits=Limits(file_bytes=5))
        with pytest.raises(UserError, match=r"b has 6 bytes; Lockkeeper reads files up to 5") as raised:
            tree.read("b")
        assert raised.value.where == "acme/shop"
        assert tree.read("a") == b"12345", "the conversation goes on"
        assert tree.canonical("c") is None

    def test_a_long_file_does_not_answer_for_others(self, origin: Origin) -> None:
        """What is left of its content could look like git's answer to the next question."""
        id = origin.blob("good")
        tree = tree_of(origin, {"long": f"{id} blob 4\nevil\n" * 10_000, "a": "good"}, limits=Limits(file_bytes=50))
        with pytest.raises(UserError, match="long has"):
            tree.read("long")
        assert tree.read("a") == b"good"

    def test_many_files(self, origin: Origin) -> None:
        files = {f"d{number}/f": "" for number in range(5)}
        assert len(tree_of(origin, files, limits=Limits(files=10)).files()) == 5
        with pytest.raises(UserError, match="holds more than 9 files and directories"):
            tree_of(origin, files, limits=Limits(files=9)).files()

    def test_a_tree_that_unfolds_without_end(self, origin: Origin) -> None:
        """Ten levels of ten names for the level below are ten objects, and ten thousand million directories."""
        for leaf in (("100644", b"x", origin.blob("x")), ("160000", b"x", "a" * 40)):
            below = origin.raw_tree(leaf)
            for _ in range(10):
                below = origin.raw_tree(*(("40000", b"%d" % number, below) for number in range(10)))
            with pytest.raises(UserError, match="more than 50000 files and directories"):
                tree_of(origin, below).files()

    def test_a_tree_without_bottom(self, origin: Origin) -> None:
        below = origin.raw_tree(("100644", b"x", origin.blob("x")))
        ids = [below := origin.raw_tree(("40000", b"deeper", below)) for _ in range(30)]
        for _ in range(6):
            name = b"n" * 250
            ids.append(origin.raw_tree(("40000", name, ids[-1])))
        tree = tree_of(origin, ids[-1])
        assert len(tree.files()) == 1 and tree.read(tree.files()[0]) == b"x"


class TestMirrors:
    @pytest.fixture
    def main(self, mirrors: GitMirrors, origin: Origin) -> str:
        commit = origin.commit({"a.yaml": "one", "d/b.yaml": "two"}, ref="refs/heads/main")
        mirrors.fetch(REPOSITORY)
        return commit

    def test_whatever_names_a_revision(self, mirrors: GitMirrors, origin: Origin, main: str) -> None:
        top = mirrors.tree(REPOSITORY, main)
        for revision in (main, "main", "refs/heads/main", main[:9], top):
            tree = mirrors.open(REPOSITORY, revision)
            assert (tree.id, tree.read("d/b.yaml")) == (top, b"two")
        with pytest.raises(NotFoundError, match="no 'other'"):
            mirrors.open(REPOSITORY, "other")

    def test_what_is_fetched_later(self, mirrors: GitMirrors, origin: Origin, main: str) -> None:
        assert mirrors.open(REPOSITORY, "main").read("a.yaml") == b"one"
        origin.commit({"a.yaml": "new", "c": "c"}, main, ref="refs/heads/main")
        mirrors.fetch(REPOSITORY)
        assert mirrors.open(REPOSITORY, "main").read("a.yaml") == b"new"
        assert mirrors.open(REPOSITORY, main).read("a.yaml") == b"one"

    def test_a_mirror_made_anew(self, mirrors: GitMirrors, origin: Origin, main: str, tmp_path: Path) -> None:
        """The old process must not answer for a mirror that was cloned again; an open tree goes on with the new."""
        tree = mirrors.open(REPOSITORY, main)
        assert tree.read("a.yaml") == b"one"
        (tmp_path / "data/mirrors/acme/shop.git/HEAD").unlink()
        origin.commit({"a.yaml": "new"}, main, ref="refs/heads/main")
        mirrors.fetch(REPOSITORY)
        assert mirrors.open(REPOSITORY, "main").read("a.yaml") == b"new"
        assert tree.read("d/b.yaml") == b"two"

    def test_a_git_that_dies_hangs_or_is_closed(
        self, mirrors: GitMirrors, origin: Origin, main: str, counting: CountingGit
    ) -> None:
        tree = mirrors.open(REPOSITORY, main)
        os.kill(counting.pids[-1], signal.SIGKILL)
        assert tree.read("a.yaml") == b"one"
        mirrors.close()
        with pytest.raises(ProcessLookupError):
            os.kill(counting.pids[-1], 0)
        assert tree.read("d/b.yaml") == b"two"
        assert counting.starts == ["cat-file --batch-command"] * 3

    def test_a_git_that_hangs(self, origin: Origin, counting: CountingGit) -> None:
        tree = GitTree(Objects(GitProgram(origin.path, timeout=0.3)), origin.tree({"a": "1", "b": "2"}))
        assert tree.read("a") == b"1"
        os.kill(counting.pids[-1], signal.SIGSTOP)
        with pytest.raises(TransientError, match=r"did not answer within 0.3 s"):
            tree.read("b")
        assert tree.read("b") == b"2", "another is started"

    def test_after_a_fork(self, mirrors: GitMirrors, main: str, counting: CountingGit) -> None:
        """Parent and child must not read each other's answers from one pipe."""
        tree = mirrors.open(REPOSITORY, main)
        child = os.fork()
        if child == 0:
            os._exit(0 if tree.read("a.yaml") == b"one" else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert tree.read("d/b.yaml") == b"two" and len(counting.starts) == 2

    def test_several_threads(self, mirrors: GitMirrors, origin: Origin) -> None:
        origin.commit({f"d{n}/f{n}": f"{n}" * 1000 for n in range(100)}, ref="refs/heads/main")
        mirrors.fetch(REPOSITORY)
        wrong: list[str] = []

        def read() -> None:
            tree = mirrors.open(REPOSITORY, "main")
            wrong.extend(path for path in tree.files() if tree.read(path) != path.split("f")[1].encode() * 1000)

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []

    def test_damage_is_met_while_reading(self, mirrors: GitMirrors, main: str, tmp_path: Path) -> None:
        """A blob that is gone asks for the mirror to be mended, and is never taken for a file that is not there."""
        path = tmp_path / "data/mirrors/acme/shop.git"
        tree = mirrors.open(REPOSITORY, main)
        id = tree.blob("a.yaml") or ""
        subprocess.run(["git", "unpack-objects", "-q"], cwd=path, check=False, input=b"")
        for pack in (path / "objects/pack").glob("*"):
            pack.unlink()
        (path / f"objects/{id[:2]}/{id[2:]}").unlink(missing_ok=True)
        with pytest.raises(TransientError, match="the mirror of acme/shop is damaged"):
            tree.read("a.yaml")
        assert (path / "suspect").exists()
        mirrors.fetch(REPOSITORY)
        assert tree.read("a.yaml") == b"one"

    def test_no_more_than_a_few_processes(self, tmp_path: Path, counting: CountingGit) -> None:
        origins = [Origin(tmp_path / "github" / "acme" / f"r{number}.git") for number in range(10)]
        mirrors = GitMirrors(tmp_path / "data", lambda one: (tmp_path / f"github/{one}.git").as_uri(), lambda _: "")
        trees = []
        for number, origin in enumerate(origins):
            origin.commit({"a": f"{number}"}, ref="refs/heads/main")
            mirrors.fetch(Repository("acme", f"r{number}"))
            trees.append(mirrors.open(Repository("acme", f"r{number}"), "main"))
        reading = [pid for pid, words in zip(counting.pids, counting.starts, strict=True) if "cat-file" in words]
        assert sum(Path(f"/proc/{pid}").exists() for pid in reading) == 8
        assert [tree.read("a") for tree in trees] == [f"{number}".encode() for number in range(10)]
        mirrors.close()

    def test_one_repository_does_not_answer_for_another(self, tmp_path: Path) -> None:
        """A tree that names a blob of another repository finds nothing, though that blob was read just before."""
        one, other = (Origin(tmp_path / "direct" / f"{name}.git") for name in ("secret", "evil"))
        caches, blob = Caches(), one.blob("the secret")
        good, evil = one.raw_tree(("100644", b"key", blob)), other.raw_tree(("100644", b"key", blob))
        assert GitTree(Objects(GitProgram(one.path), caches), good).read("key") == b"the secret"
        with pytest.raises(GitError, match="missing blob"):
            GitTree(Objects(GitProgram(other.path), caches), evil).read("key")

    def test_nor_by_a_tree_id(self, tmp_path: Path) -> None:
        origins = [Origin(tmp_path / "github" / "acme" / f"{name}.git") for name in ("secret", "evil")]
        mirrors = GitMirrors(tmp_path / "data", lambda one: (tmp_path / f"github/{one}.git").as_uri(), lambda _: "")
        origins[0].commit({"key": "the secret"}, ref="refs/heads/main")
        origins[1].commit({"a": "a"}, ref="refs/heads/main")
        for name in ("secret", "evil"):
            mirrors.fetch(Repository("acme", name))
        secret = mirrors.open(Repository("acme", "secret"), "main")
        assert secret.read("key") == b"the secret"
        with pytest.raises(NotFoundError):
            mirrors.open(Repository("acme", "evil"), secret.id)


class TestCost:
    """What is paid for reading ten files does not depend on how many others there are."""

    @pytest.mark.parametrize("overlays", [10, 1000])
    def test_ten_files(self, overlays: int, origin: Origin, mirrors: GitMirrors, counting: CountingGit) -> None:
        files = {f"apps/{n:04}/prod/{name}.yaml": f"{n} {name}" for n in range(overlays) for name in ("a", "b", "c")}
        one = origin.commit(files, ref="refs/heads/main")
        two = origin.commit({**files, "apps/0005/prod/a.yaml": "new"}, one, ref="refs/heads/main")
        mirrors.fetch(REPOSITORY)
        before = len(counting.starts)
        tree = mirrors.open(REPOSITORY, two)
        assert [tree.read(f"apps/{n:04}/prod/a.yaml") for n in range(5)] == [f"{n} a".encode() for n in range(5)]
        assert [tree.read(f"apps/{n:04}/prod/b.yaml") for n in range(5)] == [f"{n} b".encode() for n in range(5)]
        objects = mirrors._opened.of(mirrors._mirror(REPOSITORY)).objects
        assert objects.asked == 1 + (2 + 2 * 5) + 10, "the revision, directories on the way, files"
        other = mirrors.open(REPOSITORY, one)
        assert other.read("apps/0001/prod/a.yaml") == b"1 a"
        assert objects.asked == 23 + 1 + 2, "of another revision only the directories that differ"
        assert [(one.path, one.kind) for one in mirrors.diff(REPOSITORY, one, two)] == [
            ("apps/0005/prod/a.yaml", "changed")
        ]
        assert objects.asked == 26 + 4, "and in those that differ"
        assert mirrors.read(REPOSITORY, two, "apps/0005/prod/a.yaml") == b"new"
        assert counting.starts[before:] == ["cat-file --batch-command"]

    def test_a_second_time_is_free(self, origin: Origin, counting: CountingGit) -> None:
        objects = Objects(GitProgram(origin.path))
        id = origin.tree({f"d{n}/f": f"{n}" for n in range(50)})
        for expected in (101, 101):
            tree = GitTree(objects, id)
            assert len([tree.read(path) for path in tree.files()]) == 50
            assert objects.asked == expected


# --- against files on a disk

_NAMES = ("a", "b", ".c")
_TARGETS = ("a", "b", ".c", ".", "..", "../a", "../b/a", "a/b", "b/../a", "../../b", "a/", "none", "/etc/passwd", "")
_content = st.one_of(st.text(max_size=3), st.sampled_from(_TARGETS).map(lambda target: (LINK, target)))
_directories = st.recursive(
    st.dictionaries(st.sampled_from(_NAMES), _content, max_size=3),
    lambda below: st.dictionaries(st.sampled_from(_NAMES), st.one_of(_content, below), max_size=3),
    max_leaves=12,
)
Nested = Mapping[str, "str | tuple[str, str] | Nested"]


def flat(nested: Nested, prefix: str = "") -> Iterator[tuple[str, str | tuple[str, str]]]:
    for name, given_here in nested.items():
        if isinstance(given_here, Mapping):
            yield from flat(given_here, f"{prefix}{name}/")
        elif given_here != (LINK, ""):  # no file system holds it
            yield f"{prefix}{name}", given_here


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    return Origin(tmp_path_factory.mktemp("shared") / "shared.git")


class OnDisk:
    """The same questions, answered by the kernel about a real checkout."""

    def __init__(self, top: Path) -> None:
        self.top = Path(os.path.realpath(top))

    def at(self, path: str) -> str | None:
        real = Path(os.path.realpath(self.top / path))
        if not os.path.exists(self.top / path) or not real.is_relative_to(self.top):  # noqa: PTH110 - follows links
            return None
        return "" if real == self.top else str(real.relative_to(self.top))

    def names(self, path: str) -> list[str]:
        return sorted(
            one.name for one in (self.top / path).iterdir() if self.at(f"{path}/{one.name}".strip("/")) is not None
        )

    def files(self, path: str, trail: frozenset[str | None]) -> Iterator[str]:
        for name in self.names(path):
            inner = f"{path}/{name}".strip("/")
            if (self.top / inner).is_file():
                yield inner
            elif self.at(inner) not in trail:
                yield from self.files(inner, trail | {self.at(inner)})


@settings(max_examples=120, deadline=None, derandomize=True)
@given(nested=_directories)
def test_as_on_a_disk(shared: Origin, nested: Nested) -> None:
    id = shared.tree(dict(flat(nested)))
    with tempfile.TemporaryDirectory(prefix="checkout-") as directory:
        shared.git("checkout-index", "--all", f"--prefix={directory}/", env={
            "GIT_INDEX_FILE": str(shared.path / "test-index"), "GIT_WORK_TREE": directory,
        })  # fmt: skip
        disk, objects = OnDisk(Path(directory)), Objects(GitProgram(shared.path))
        tree = GitTree(objects, id)
        for length in range(4):
            for parts in product(_NAMES, repeat=length):
                path = "/".join(parts)
                at = disk.at(path)
                if at is None:
                    assert not tree.is_directory(path) and tree.read(path) is None, path
                    continue
                assert tree.canonical(path) == at, path
                place = disk.top / path
                assert tree.is_directory(path) == place.is_dir(), path
                assert tree.read(path) == (place.read_bytes() if place.is_file() else None), path
                if place.is_dir():
                    assert list(tree.names(path)) == disk.names(path), path
                    assert list(tree.files(path)) == sorted(disk.files(path, frozenset({at}))), path
        objects.close()


@settings(max_examples=80, deadline=None, derandomize=True)
@given(old=_directories, new=_directories)
def test_difference_as_git_tells_it(shared: Origin, old: Nested, new: Nested) -> None:
    from bot.adapters.git.difference import changes

    base, head = shared.tree(dict(flat(old))), shared.tree(dict(flat(new)))
    told = shared.git("diff-tree", "-r", "-z", "--name-status", "--no-renames", base, head).split("\0")[:-1]
    kinds = {"A": "added", "D": "removed", "M": "changed", "T": "changed"}
    expected = [(path, kinds[kind]) for kind, path in zip(told[::2], told[1::2], strict=True)]
    objects = Objects(GitProgram(shared.path))
    assert [(one.path, one.kind) for one in changes(objects, base, head)] == expected
    objects.close()


def test_difference_of_odd_entries(origin: Origin) -> None:
    """What a pull request changes is told in full: names that are never read, modes and submodules as well."""
    from bot.adapters.git.difference import changes

    blob, other = origin.blob("1"), origin.blob("2")
    base = origin.raw_tree(("100644", b".git", blob), ("100644", b"mode", blob), ("160000", b"sub", "a" * 40))
    head = origin.raw_tree(
        ("40000", b"..", origin.raw_tree(("100644", b"evil", blob))), ("100644", b".git", other),
        ("100644", b"Z", blob), ("100755", b"mode", blob), ("160000", b"sub", "b" * 40),
        ("100644", b"t", blob), ("100644", b"t", other),
    )  # fmt: skip
    found = changes(Objects(GitProgram(origin.path)), base, head)
    assert [(one.path, one.kind) for one in found] == [
        ("../evil", "added"), (".git", "changed"), ("Z", "added"), ("mode", "changed"), ("sub", "changed"),
        ("t", "added"),
    ]  # fmt: skip


def test_difference_of_directories_named_twice(origin: Origin) -> None:
    from bot.adapters.git.difference import changes

    x, y, z = (origin.raw_tree(("100644", name, origin.blob("1"))) for name in (b"x", b"y", b"z"))
    base = origin.raw_tree(("40000", b"d", x), ("40000", b"d", y))
    found = changes(Objects(GitProgram(origin.path)), base, origin.raw_tree(("40000", b"d", z)))
    assert [(one.path, one.kind) for one in found] == [("d/x", "removed"), ("d/y", "removed"), ("d/z", "added")]
