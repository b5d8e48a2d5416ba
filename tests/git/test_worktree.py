"""At the desk: what lies in a directory is read as git would commit it, nothing runs, and nothing changes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.git import Limits
from bot.adapters.git.command import GitProgram
from bot.adapters.git.worktree import WorkTree, host_of, repository_of
from bot.errors import NotFoundError, UserError
from bot.model.repository import Repository
from bot.model.tree import Tree
from tests.git.counting import CountingGit, counting

__all__ = ["counting"]

GIT = shutil.which("git") or "git"


def git(place: Path, *arguments: str, **env: str) -> str:
    clean = {
        "PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": "/nowhere",
        "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.org", "GIT_ALLOW_PROTOCOL": "file",
    }  # fmt: skip
    done = subprocess.run([GIT, *arguments], cwd=place, env={**clean, **env}, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def write(top: Path, path: str, text: str) -> None:
    (top / path).parent.mkdir(parents=True, exist_ok=True)
    (top / path).write_text(text)


def contents(tree: Tree) -> dict[str, str]:
    return {path: (tree.read(path) or b"").decode() for path in tree.files()}


def state(directory: Path) -> dict[str, object]:
    """Return all there is to know of a directory's files: another state is a changed one.

    Only the times of git's objects do not count: git touches those that somebody would write again.
    """
    found: dict[str, object] = {}
    for path in sorted(directory.rglob("*")):
        status = path.lstat()
        digest = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        time = 0 if ".git/objects/" in str(path) and path.is_file() else status.st_mtime_ns
        found[str(path.relative_to(directory))] = (status.st_mode, time, status.st_ino, digest)
    return found


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a directory for temporary files in which leftovers are seen, and a home without settings."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return place


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A repository with one commit of a few files."""
    place = tmp_path / "shop"
    place.mkdir()
    git(place, "init", "-q", "-b", "main")
    for name in ("a", "b", "c", "d/e", "d/f", "link-me"):
        write(place, name, f"{name}\n")
    write(place, ".gitignore", "*.log\n/ignored\n")
    (place / "link").symlink_to("link-me")
    git(place, "add", "-A")
    git(place, "commit", "-q", "-m", "one")
    return place


def staged_change(top: Path) -> None:
    write(top, "a", "staged\n")
    git(top, "add", "a")


def changed_again(top: Path) -> None:
    staged_change(top)
    write(top, "a", "later\n")


def new_files(top: Path) -> None:
    for name in ("new", "new.log", "ignored/x", "n/e/w", ' odd \n"name\\é'):
        write(top, name, "new\n")


def gone_files(top: Path) -> None:
    shutil.rmtree(top / "d")
    (top / "a").rename(top / "moved")


def file_becomes_directory(top: Path) -> None:
    (top / "a").unlink()
    write(top, "a/b/c", "deep\n")


def directory_becomes_file(top: Path) -> None:
    shutil.rmtree(top / "d")
    write(top, "d", "flat\n")


def directory_becomes_link(top: Path) -> None:
    (top / "d").rename(top / "real")
    (top / "d").symlink_to("real")


def directory_becomes_link_to_others(top: Path) -> None:
    directory_becomes_link(top)
    write(top, "real/e", "another\n")
    (top / "real/f").unlink()


def links_and_modes(top: Path) -> None:
    (top / "a").unlink()
    (top / "a").symlink_to("b")
    (top / "b").chmod(0o755)
    (top / "link").unlink()
    write(top, "link", "no link\n")


def added_in_intent(top: Path) -> None:
    write(top, "meant", "to be\n")
    git(top, "add", "-N", "meant")


def conflict(top: Path) -> None:
    git(top, "checkout", "-q", "-b", "other")
    write(top, "a", "theirs\n")
    git(top, "rm", "-q", "b")
    git(top, "commit", "-q", "-a", "-m", "theirs")
    git(top, "checkout", "-q", "main")
    write(top, "a", "ours\n")
    write(top, "b", "ours\n")
    git(top, "commit", "-q", "-a", "-m", "ours")
    subprocess.run([GIT, "-c", "user.name=a", "-c", "user.email=a@b", "merge", "other"], cwd=top, check=False)
    assert "<<<<<<<" in (top / "a").read_text()


def line_ends(top: Path) -> None:
    write(top, ".gitattributes", "*.txt text eol=crlf\n*.bin -text\n*.u16 working-tree-encoding=UTF-16LE\n$Id ident\n")
    (top / "x.txt").write_bytes(b"one\r\ntwo\r\n")
    (top / "x.bin").write_bytes(b"one\r\ntwo\r\n")
    (top / "x.u16").write_bytes("one\n".encode("utf-16-le"))


def split_index(top: Path) -> None:
    git(top, "update-index", "--split-index")
    write(top, "b", "split\n")
    git(top, "add", "b")
    write(top, "c", "unstaged\n")


def sparse(top: Path) -> None:
    git(top, "sparse-checkout", "set", "--no-cone", "/a", "/.gitignore")
    assert not (top / "d").exists()
    write(top, "a", "sparse\n")


def sparse_index(top: Path) -> None:
    git(top, "sparse-checkout", "set", "--cone", "--sparse-index")
    write(top, "a", "sparse\n")


def same_size_at_the_same_time(top: Path) -> None:
    """git finds such a change because the index is no younger than the file; a copy of the index would be."""
    write(top, "a", "1\n")
    os.utime(top / "a", ns=(10**18, 10**18))
    git(top, "add", "a")
    write(top, "a", "2\n")
    os.utime(top / "a", ns=(10**18, 10**18))
    os.utime(top / ".git/index", ns=(10**18, 10**18))


def no_commit(top: Path) -> None:
    shutil.rmtree(top / ".git")
    git(top, "init", "-q")


def packed(top: Path) -> None:
    git(top, "gc", "-q")
    write(top, "a", "packed\n")


@pytest.mark.parametrize(
    "change",
    [
        staged_change, changed_again, new_files, gone_files, file_becomes_directory, directory_becomes_file,
        directory_becomes_link, directory_becomes_link_to_others, links_and_modes, added_in_intent, conflict, line_ends,
        split_index, sparse, sparse_index, same_size_at_the_same_time, no_commit, packed, lambda top: None,
    ],
)  # fmt: skip
def test_as_git_itself_would_commit_it(change: Callable[[Path], None], top: Path, tmp_path: Path) -> None:
    change(top)
    before = state(top)
    with WorkTree(top) as desk:
        working = desk.open_working()
        read = contents(working)
        assert desk.notes == ()
    assert state(top) == before, "nothing in the repository changed"
    copy = tmp_path / "copy"
    shutil.copytree(top, copy, symlinks=True)
    git(copy, "add", "-A")
    assert working.id == git(copy, "write-tree")
    assert {path: text for path, text in read.items() if not (top / path).is_symlink()} != {} or change is no_commit


def test_staged(top: Path) -> None:
    changed_again(top)
    new_files(top)
    before = state(top)
    with WorkTree(top) as desk:
        assert contents(desk.open_staged()) == {**contents(desk.open("HEAD")), "a": "staged\n"}
        assert contents(desk.open_working())["a"] == "later\n", "one does not spoil the other"
        staged = desk.open_staged().id
        assert desk.changed_paths("HEAD", staged) == ["a"]
    assert state(top) == before
    assert staged == git(top, "write-tree")


def test_the_index_that_git_tells_a_hook(top: Path) -> None:
    """`git commit -a` and `git commit FILE` give their hooks another index than the repository's."""
    write(top, "a", "committed\n")
    write(top, "b", "not\n")
    told = top / "told"
    hook = top / ".git/hooks/pre-commit"
    hook.write_text(f'#!/bin/sh\necho "$GIT_INDEX_FILE" > {told}\ncp "$GIT_INDEX_FILE" {told}.index\nexit 1\n')
    hook.chmod(0o755)
    named = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run([GIT, *named, "commit", "-q", "-m", "x", "a"], cwd=top, capture_output=True, check=False)
    index = told.read_text().strip()
    assert index != ".git/index"
    (top / index).parent.mkdir(exist_ok=True)
    shutil.copy2(f"{told}.index", top / index)
    with WorkTree(top, index=index) as desk:
        assert desk.changed_paths("HEAD", desk.open_staged().id) == ["a"]


def test_merge_conflicts_are_not_staged(top: Path) -> None:
    conflict(top)
    with WorkTree(top) as desk, pytest.raises(UserError, match="files with merge conflicts") as raised:
        desk.open_staged()
    assert "git add" in raised.value.how


def test_repositories_within(top: Path, tmp_path: Path) -> None:
    """Of a submodule only its commit counts; a repository that is none is not gone into."""
    library = tmp_path / "library"
    library.mkdir()
    git(library, "init", "-q")
    write(library, "x", "x\n")
    git(library, "add", "-A")
    git(library, "commit", "-q", "-m", "x")
    git(top, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library), "sub")
    git(top, "commit", "-q", "-m", "sub")
    write(top, "sub/dirty", "dirty\n")
    with WorkTree(top) as desk:
        assert desk.open_working().id == git(top, "write-tree")
    git(top / "sub", "commit", "-q", "--allow-empty", "-m", "moved")
    with WorkTree(top) as desk:
        assert [(one.path, one.kind) for one in desk.diff("HEAD", desk.open_working().id)] == [("sub", "changed")]
    git(top, "commit", "-q", "-a", "-m", "moved")
    for name in ("empty", "full"):
        (top / name).mkdir()
        git(top / name, "init", "-q")
    write(top, "full/x", "x\n")
    git(top / "full", "add", "-A")
    git(top / "full", "commit", "-q", "-m", "x")
    with WorkTree(top) as desk:
        working = desk.open_working()
        assert working.id == desk.open("HEAD").id
        assert not [path for path in working.files() if path.startswith(("sub", "full", "empty"))]


class TestNothingRuns:
    @pytest.fixture
    def canary(self, top: Path, tmp_path: Path) -> Path:
        """A repository whose configuration runs a program wherever git lets it, so does that of its submodule."""
        touched = tmp_path / "canary"
        evil = f"sh -c 'cat 2>/dev/null; echo $0 $* >> {touched}; exit 0' evil"
        hook = top / ".git/evil-hooks"
        hook.mkdir()
        for name in ("post-index-change", "pre-commit", "reference-transaction", "post-checkout"):
            (hook / name).write_text(f"#!/bin/sh\necho {name} >> {touched}\n")
            (hook / name).chmod(0o755)
        sub = top / "sub"
        sub.mkdir()
        git(sub, "init", "-q")
        write(sub, "x", "x")
        git(sub, "add", "-A")
        git(sub, "commit", "-q", "-m", "x")
        git(top, "add", "sub")
        write(top, ".gitattributes", "* filter=evil diff=evil merge=evil\n")
        git(top, "add", "-A")
        git(top, "commit", "-q", "-m", "evil")
        for place in (top, sub):
            for name, value in (
                ("core.fsmonitor", f"echo fsmonitor >> {touched}; false"), ("filter.evil.clean", evil),
                ("filter.evil.smudge", evil), ("filter.evil.process", evil), ("filter.evil.required", "true"),
                ("diff.evil.textconv", evil), ("diff.external", evil), ("core.hooksPath", str(hook)),
                ("core.sshCommand", evil), ("core.pager", evil), ("core.editor", evil), ("gpg.program", evil),
                ("alias.ls-files", f"!{evil}"), ("uploadpack.packObjectsHook", evil),
            ):  # fmt: skip
                git(place, "config", name, value)
        write(top, "a", "changed\n")
        write(top, "new", "new\n")
        write(top, "sub/x", "changed\n")
        touched.unlink(missing_ok=True)
        return touched

    def test_of_what_the_repository_configures(self, top: Path, canary: Path) -> None:
        with WorkTree(top) as desk:
            working = desk.open_working()
            assert contents(working)["a"] == "changed\n" and contents(working)["new"] == "new\n"
            assert desk.open_staged().id == desk.open("main").id
            assert desk.changed_paths("HEAD", working.id) == ["a", "new"]
            assert desk.merge_base("HEAD~1", "main") == desk.resolve("HEAD~1")
            assert desk.branch == "main" and desk.origin is None
        assert not canary.exists(), canary.read_text()

    def test_and_git_alone_would_have_run_it(self, top: Path, canary: Path) -> None:
        """Without this the test above might pass for want of a trap."""
        subprocess.run([GIT, "status"], cwd=top, capture_output=True, check=False)
        subprocess.run([GIT, "add", "-A"], cwd=top, capture_output=True, check=False)
        told = canary.read_text()
        assert "fsmonitor" in told and "evil" in told and "post-index-change" in told


class TestPlaces:
    def test_from_below(self, top: Path) -> None:
        with WorkTree(top / "d") as desk:
            assert desk.top == top and "a" in desk.open_working().files()

    @pytest.mark.parametrize("name", ["a:b", 'a"b', "a b\\c", "ä", "#x", " lead"])
    def test_odd_names(self, name: str, top: Path) -> None:
        place = top.rename(top.parent / name)
        write(place, "a", "changed\n")
        with WorkTree(place) as desk:
            assert contents(desk.open_working()) == {**contents(desk.open("HEAD")), "a": "changed\n"}

    def test_a_linked_work_tree(self, top: Path, tmp_path: Path) -> None:
        git(top, "worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
        write(tmp_path / "side", "a", "side\n")
        write(top, ".git/info/exclude", "excluded\n")
        write(tmp_path / "side", "excluded", "")
        with WorkTree(tmp_path / "side") as desk:
            assert (desk.branch, desk.top) == ("side", tmp_path / "side")
            assert desk.changed_paths("main", desk.open_working().id) == ["a"]

    def test_longer_ids(self, tmp_path: Path) -> None:
        place = tmp_path / "long"
        place.mkdir()
        git(place, "init", "-q", "--object-format=sha256")
        write(place, "a", "a")
        write(place, "b", "b")
        git(place, "add", "-A")
        git(place, "commit", "-q", "-m", "a")
        (place / "a").unlink()
        write(place, "b", "c")
        with WorkTree(place) as desk:
            working = desk.open_working()
            assert len(working.id) == 64 and contents(working) == {"b": "c"}
            assert contents(desk.open("HEAD")) == {"a": "a", "b": "b"}

    def test_no_repository(self, tmp_path: Path) -> None:
        place = tmp_path / "plain"
        for path, text in {"a/b": "b", ".gitignore": "*.log\n", "x.log": "", "c": "c"}.items():
            write(place, path, text)
        (place / "link").symlink_to("a/b")
        before = state(place)
        with WorkTree(place) as desk:
            working = desk.open_working()
            assert contents(working) == {"a/b": "b", ".gitignore": "*.log\n", "c": "c", "link": "b"}
            assert desk.is_repository is False and desk.branch == "" and desk.resolve("HEAD") is None
            with pytest.raises(NotFoundError) as raised:
                desk.open("HEAD")
            assert raised.value.how == "this directory lies in no git repository"
            assert desk.open(working.id).id == working.id
        assert state(place) == before

    def test_an_empty_directory(self, tmp_path: Path) -> None:
        (tmp_path / "none").mkdir()
        with WorkTree(tmp_path / "none") as desk:
            assert desk.open_working().files() == [] == desk.open_staged().files()

    def test_no_place_to_work(self, top: Path, tmp_path: Path) -> None:
        git(tmp_path, "init", "-q", "--bare", "bare.git")
        for place in (tmp_path / "bare.git", top / ".git", top / "a", tmp_path / "nowhere"):
            with pytest.raises(UserError) as raised:
                WorkTree(place)
            assert raised.value.where == str(place)

    def test_a_broken_repository(self, top: Path) -> None:
        shutil.rmtree(top / ".git")
        (top / ".git").write_text("gitdir: /nowhere\n")
        with pytest.raises(UserError, match="cannot read the repository"):
            WorkTree(top)

    def test_of_somebody_else(
        self, top: Path, tmp_path: Path, counting: CountingGit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A container often runs as another user than the one that owns the checkout, and git then refuses."""
        program = tmp_path / "counting" / "git"
        text = program.read_text().replace("exec", "export GIT_TEST_ASSUME_DIFFERENT_OWNER=1\nexec")
        program.write_text(text)
        refused = subprocess.run([program, "status"], cwd=top, capture_output=True, check=False)
        assert b"dubious ownership" in refused.stderr
        write(top, "a", "changed\n")
        with WorkTree(top) as desk:
            assert desk.changed_paths("HEAD", desk.open_working().id) == ["a"]

    def test_nothing_is_left(self, top: Path, temporary: Path) -> None:
        desk = WorkTree(top)
        desk.open_working()
        assert len([*temporary.iterdir()]) == 1
        desk.close()
        assert [*temporary.iterdir()] == []


class TestIgnored:
    def test_everywhere(self, top: Path, tmp_path: Path) -> None:
        write(tmp_path, "home/.config/git/ignore", "*.swp\n")
        for name in ("a.swp", "a.bak"):
            write(top, name, "")
        with WorkTree(top) as desk:
            assert desk.changed_paths("HEAD", desk.open_working().id) == ["a.bak"]
        write(tmp_path, "home/.gitconfig", "[core]\n\texcludesFile = ~/mine\n")
        write(tmp_path, "home/mine", "*.bak\n")
        with WorkTree(top) as desk:
            assert desk.changed_paths("HEAD", desk.open_working().id) == ["a.swp"]

    def test_here(self, top: Path) -> None:
        write(top, ".git/info/exclude", "mine\n")
        write(top, "mine", "")
        write(top, "ignored", "")
        with WorkTree(top) as desk:
            assert desk.changed_paths("HEAD", desk.open_working().id) == []


def test_what_cannot_be_read_is_told(top: Path) -> None:
    (top / "a").unlink()
    os.mkfifo(top / "a")
    write(top, "big", "x" * 2000)
    write(top, "b", "x" * 2000)
    with WorkTree(top, limits=Limits(file_bytes=1000)) as desk:
        working = desk.open_working()
        assert working.read("a") == b"a\n" and working.read("big") is None
        assert desk.notes == ("a is no file, and was left as the index has it", "big has 2000 bytes, and was left out")
        with pytest.raises(UserError, match="b has 2000 bytes"):
            working.read("b")


class TestRevisions:
    def test_names(self, top: Path) -> None:
        one = git(top, "rev-parse", "HEAD")
        git(top, "tag", "-a", "-m", "v", "v1")
        git(top, "checkout", "-q", "-b", "side/branch")
        git(top, "commit", "-q", "--allow-empty", "-m", "two")
        two = git(top, "rev-parse", "HEAD")
        with WorkTree(top) as desk:
            assert desk.branch == "side/branch" and desk.is_repository and not desk.is_shallow
            names = ("main", "v1", "HEAD~1", "refs/heads/main", one, one[:8], "@^")
            assert {desk.resolve(name) for name in names} == {one}
            bad = ("none", "-x", "--all", "main..HEAD", "a\0b", "", "HEAD:a", "HEAD^{tree}")
            assert {desk.resolve(name) for name in bad} == {None}
            assert desk.merge_base("main", "side/branch") == one and desk.resolve("HEAD") == two
            with pytest.raises(NotFoundError, match="no revision 'none'"):
                desk.open("none")
            with pytest.raises(NotFoundError):
                desk.merge_base("none", "main")
            git(top, "checkout", "-q", "--detach")
            assert desk.branch == ""

    def test_histories_that_share_nothing(self, top: Path) -> None:
        git(top, "checkout", "-q", "--orphan", "alone")
        git(top, "commit", "-q", "-m", "alone")
        with WorkTree(top) as desk:
            assert desk.merge_base("main", "alone") is None

    def test_a_shallow_clone(self, top: Path, tmp_path: Path) -> None:
        git(top, "commit", "-q", "--allow-empty", "-m", "two")
        git(tmp_path, "clone", "-q", "--depth=1", top.as_uri(), "shallow")
        with WorkTree(tmp_path / "shallow") as desk:
            assert desk.is_shallow
            with pytest.raises(NotFoundError) as raised:
                desk.open("HEAD~1")
            assert "fetch-depth: 0" in raised.value.how

    def test_a_partial_clone(self, top: Path, tmp_path: Path) -> None:
        """Files that only the other side has are not fetched behind one's back."""
        git(top, "config", "uploadpack.allowFilter", "true")
        git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", top.as_uri(), "partial")
        with WorkTree(tmp_path / "partial") as desk, pytest.raises(UserError, match="missing blob") as raised:
            desk.open("HEAD").read("a")
        assert "partial clone" in raised.value.how

    def test_origin(self, top: Path) -> None:
        git(top, "remote", "add", "origin", "git@github.com:acme/shop.git")
        with WorkTree(top) as desk:
            assert desk.origin == Repository("acme", "shop")
            assert desk.host == "github.com"

    def test_default_branch(self, top: Path, tmp_path: Path) -> None:
        with WorkTree(top) as desk:
            assert (desk.default_branch, desk.host) == ("", "")
        git(top, "branch", "-m", "trunk/of/ours")
        git(tmp_path, "clone", "-q", top.as_uri(), "clone")
        with WorkTree(tmp_path / "clone") as desk:
            assert (desk.default_branch, desk.host) == ("trunk/of/ours", "")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:token@GHE.example.org:8443/acme/shop.js.git", "ghe.example.org"),
        ("git@github.com:acme/shop.git", "github.com"),
        ("ssh://git@ssh.github.com:443/acme/shop.git", "github.com"),
        ("file:///acme/shop", ""),
        ("C:/acme/shop", ""),
        ("", ""),
    ],
)
def test_host_of(url: str, expected: str) -> None:
    assert host_of(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/acme/shop.git", "acme/shop"),
        ("https://github.com/acme/shop", "acme/shop"),
        ("https://github.com/acme/shop/", "acme/shop"),
        ("https://user:token@ghe.example.org/acme/shop.js.git", "acme/shop.js"),
        ("git@github.com:acme/shop.git", "acme/shop"),
        ("github.com:acme/shop", "acme/shop"),
        ("ssh://git@ssh.github.com:443/acme/shop.git", "acme/shop"),
        ("git://github.com/acme/shop", "acme/shop"),
        ("https://gitlab.com/group/sub/shop.git", ""),
        ("https://github.com/shop", ""),
        ("/srv/git/shop.git", ""),
        ("../acme/shop", ""),
        ("file:///acme/shop", ""),
        ("C:/acme/shop", ""),
        ("", ""),
    ],
)
def test_repository_of(url: str, expected: str) -> None:
    found = repository_of(url)
    assert (found.full_name if found else "") == expected


def test_attributes_come_from_the_work_tree_with_every_git(top: Path) -> None:
    """Newer gits would take them from the empty tree that we name for mirrors, and stop where ids are longer."""
    assert "GIT_ATTR_SOURCE" not in GitProgram(top / ".git", work_tree=top).environment()
    assert "GIT_ATTR_SOURCE" in GitProgram(top / ".git").environment()


def test_what_it_costs(top: Path, counting: CountingGit) -> None:
    write(top, "a", "changed\n")
    with WorkTree(top) as desk:
        working = desk.open_working()
        assert contents(working)["a"] == "changed\n"
        assert desk.changed_paths(working.id, working.id) == []
    assert [words.split()[0] for words in counting.starts] == [
        "-c", "config", "ls-files", "update-index", "write-tree", "cat-file",
    ]  # fmt: skip
