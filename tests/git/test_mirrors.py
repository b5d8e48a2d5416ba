"""Fetching, reading and pushing: a mirror stays true whatever happens to it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.git import GitMirrors
from bot.adapters.git.mirrors import as_port
from bot.errors import NotFoundError, RefusedError, TransientError, UserError
from bot.model.repository import Repository
from tests.git.conftest import REPOSITORY, Files, Origin

EVIL_NAMES = [
    "-x", "--upload-pack=touch pwned", "a b", "a..b", "a\nb", "a:b", "a\0b", "../x", "x.lock", "a~1", "a^",
    "@{1}", "", "/a", "a/", "a//b", ".a", "a/-x", "a\\b", "*", "a?b", "[a]",
]  # fmt: skip


@pytest.fixture
def fetched(mirrors: GitMirrors, origin: Origin) -> GitMirrors:
    origin.commit({"a.yaml": "one\n", "d/b.yaml": "two\n"}, ref="refs/heads/main", message="first\n\nbody\n")
    mirrors.fetch(REPOSITORY)
    return mirrors


def mirror(data: Path) -> Path:
    return data / "mirrors" / "acme" / "shop.git"


class TestFetch:
    def test_branches_come_move_and_go(self, fetched: GitMirrors, origin: Origin) -> None:
        first = origin.branch("main")
        origin.git("update-ref", "refs/heads/gone", first)
        fetched.fetch(REPOSITORY)
        assert fetched.resolve(REPOSITORY, "gone") == first
        second = origin.commit({"a.yaml": "two"}, ref="refs/heads/main")  # not a descendant: forced
        origin.git("update-ref", "-d", "refs/heads/gone")
        origin.git("update-ref", "refs/heads/gone/deeper", first)  # a directory where a file was
        fetched.fetch(REPOSITORY)
        assert fetched.resolve(REPOSITORY, "main") == second
        assert fetched.resolve(REPOSITORY, "gone") is None
        assert fetched.resolve(REPOSITORY, "gone/deeper") == first

    def test_a_branch_whose_name_no_file_could_have(self, fetched: GitMirrors) -> None:
        """The configuration takes 200 characters, which may be more bytes than a file's name; looking there failed."""
        assert fetched.resolve(REPOSITORY, "я" * 200) is None

    def test_pull_request_heads_on_request(self, fetched: GitMirrors, origin: Origin) -> None:
        head = origin.commit({"a.yaml": "pr"}, ref="refs/pull/7/head")
        assert fetched.resolve(REPOSITORY, head) is None
        fetched.fetch(REPOSITORY, ["refs/pull/7/head"])
        assert fetched.resolve(REPOSITORY, "refs/pull/7/head") == head
        fetched.fetch(REPOSITORY)
        assert fetched.resolve(REPOSITORY, "refs/pull/7/head") == head, "an ordinary fetch leaves it alone"

    def test_a_ref_that_is_not_there(self, fetched: GitMirrors) -> None:
        with pytest.raises(NotFoundError, match="acme/shop has no ref refs/pull/9/head"):
            fetched.fetch(REPOSITORY, ["refs/pull/9/head"])

    def test_a_repository_that_is_not_there(self, tmp_path: Path) -> None:
        mirrors = GitMirrors(tmp_path / "data", lambda _: (tmp_path / "none").as_uri(), lambda _: "")
        with pytest.raises(NotFoundError, match="does not show us the repository"):
            mirrors.fetch(REPOSITORY)

    def test_an_empty_repository(self, mirrors: GitMirrors) -> None:
        mirrors.fetch(REPOSITORY)
        assert mirrors.resolve(REPOSITORY, "main") is None

    def test_before_the_first_fetch(self, mirrors: GitMirrors) -> None:
        with pytest.raises(NotFoundError, match="not fetched"):
            mirrors.resolve(REPOSITORY, "main")

    @pytest.mark.parametrize("name", ["..", ".", "a/b", "a b", "", "a\nb", "-" * 101])
    def test_names_that_lead_elsewhere(self, name: str, mirrors: GitMirrors) -> None:
        for repository in (Repository(name, "shop"), Repository("acme", name)):
            with pytest.raises(UserError, match="not the name of a repository"):
                mirrors.fetch(repository)

    def test_names_differ_in_case_only(self, fetched: GitMirrors, tmp_path: Path) -> None:
        fetched.fetch(Repository("Acme", "Shop"))
        assert [one.name for one in (tmp_path / "data" / "mirrors").iterdir()] == ["acme"]

    def test_many_at_once(self, fetched: GitMirrors, origin: Origin) -> None:
        """Threads share the mirror; the lock file also holds other processes off."""
        problems: list[BaseException] = []

        def work() -> None:
            try:
                fetched.fetch(REPOSITORY)
                fetched.open(REPOSITORY, "main")
            except BaseException as problem:
                problems.append(problem)

        origin.commit({f"f{number}": "x" for number in range(50)}, ref="refs/heads/main")
        threads = [threading.Thread(target=work) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert problems == []

    def test_settings_of_the_mirror_stay_empty_of_remotes(self, fetched: GitMirrors, tmp_path: Path) -> None:
        settings = (mirror(tmp_path / "data") / "config").read_text()
        assert "remote" not in settings and "http" not in settings
        assert not list(mirror(tmp_path / "data").glob("hooks/*"))


class TestDamage:
    """A mirror is a cache: whatever happens to it, the next fetch makes it whole."""

    def test_lost_objects(self, fetched: GitMirrors, tmp_path: Path) -> None:
        objects = mirror(tmp_path / "data") / "objects"
        for file in [one for one in objects.rglob("*") if one.is_file()]:
            file.unlink()
        with pytest.raises(TransientError, match="damaged"):
            fetched.resolve(REPOSITORY, "main")
        fetched.fetch(REPOSITORY)
        assert fetched.read(REPOSITORY, "main", "a.yaml") == b"one\n"

    def test_one_lost_file(self, fetched: GitMirrors, origin: Origin, tmp_path: Path) -> None:
        """An absent blob must not look like an absent file."""
        git_dir = mirror(tmp_path / "data")
        packs = [*git_dir.glob("objects/pack/*.pack")]
        blob = origin.git("rev-parse", "main:a.yaml")
        for pack in packs:  # unpack, to lose one object of it
            content = pack.read_bytes()
            for one in git_dir.glob("objects/pack/*"):
                one.unlink()
            Origin.git(_at(git_dir), "unpack-objects", "-q", input=content)
        (git_dir / "objects" / blob[:2] / blob[2:]).unlink()
        with pytest.raises(TransientError, match="damaged"):
            fetched.read(REPOSITORY, "main", "a.yaml")
        fetched.fetch(REPOSITORY)
        assert fetched.read(REPOSITORY, "main", "a.yaml") == b"one\n"

    def test_rubbish_instead_of_a_pack(self, fetched: GitMirrors, tmp_path: Path) -> None:
        git_dir = mirror(tmp_path / "data")
        for file in [one for one in (git_dir / "objects").rglob("*") if one.is_file()]:
            file.chmod(0o644)
            file.write_bytes(b"rubbish")
        with pytest.raises(TransientError):
            fetched.tree(REPOSITORY, "main")
        fetched.fetch(REPOSITORY)
        assert fetched.list(REPOSITORY, "main") == ["a.yaml", "d/b.yaml"]

    def test_a_false_alarm_costs_no_clone(self, fetched: GitMirrors, tmp_path: Path) -> None:
        git_dir = mirror(tmp_path / "data")
        (git_dir / "suspect").touch()
        (git_dir / "kept").touch()
        fetched.fetch(REPOSITORY)
        assert (git_dir / "kept").exists() and not (git_dir / "suspect").exists()

    def test_locks_of_a_killed_git(self, fetched: GitMirrors, origin: Origin, tmp_path: Path) -> None:
        git_dir = mirror(tmp_path / "data")
        (git_dir / "refs" / "heads").mkdir(exist_ok=True)
        (git_dir / "refs" / "heads" / "main.lock").touch()
        moved = origin.commit({"a": "2"}, ref="refs/heads/main")
        fetched.fetch(REPOSITORY)
        assert fetched.resolve(REPOSITORY, "main") == moved

    def test_half_a_mirror(self, fetched: GitMirrors, tmp_path: Path) -> None:
        (mirror(tmp_path / "data") / "HEAD").unlink()
        fetched.fetch(REPOSITORY)
        assert fetched.read(REPOSITORY, "main", "a.yaml") == b"one\n"


def _at(path: Path) -> Origin:
    found = Origin.__new__(Origin)
    found.path = path
    return found


class TestReads:
    def test_resolve(self, fetched: GitMirrors, origin: Origin) -> None:
        main = origin.branch("main")
        for revision in ("main", "refs/heads/main", main, main[:7], main[:20]):
            assert fetched.resolve(REPOSITORY, revision) == main, revision
        for revision in (
            "other",
            "HEAD",
            "refs/heads/other",
            "0" * 40,
            main[:6],
            "main^{commit}",
            "main~0",
            "main@{0}",
        ):
            assert fetched.resolve(REPOSITORY, revision) is None, revision

    def test_a_branch_cannot_pose_as_a_commit(self, fetched: GitMirrors, origin: Origin) -> None:
        main = origin.branch("main")
        other = origin.commit({"evil": ""}, ref=f"refs/heads/{main[:10]}")
        fetched.fetch(REPOSITORY)
        assert fetched.resolve(REPOSITORY, main[:10]) == main
        assert fetched.resolve(REPOSITORY, f"refs/heads/{main[:10]}") == other

    def test_evil_revisions_are_unknown(self, fetched: GitMirrors, tmp_path: Path) -> None:
        for name in EVIL_NAMES:
            assert fetched.resolve(REPOSITORY, name) is None, name
            for call in (fetched.tree, fetched.open, fetched.list):
                with pytest.raises(NotFoundError, match="acme/shop has no"):
                    call(REPOSITORY, name)
        assert not [*tmp_path.rglob("pwned")]

    def test_read(self, fetched: GitMirrors, origin: Origin) -> None:
        odd: Files = {
            "a\nb": "newline",
            "ü": "umlaut",
            "-x": "dash",
            ":(top)y": "magic",
            "l": ("120000", "a"),
            "e": "",
        }
        origin.commit(odd, ref="refs/heads/odd")
        fetched.fetch(REPOSITORY)
        assert {path: fetched.read(REPOSITORY, "odd", path) for path in odd} == {
            "a\nb": b"newline", "ü": b"umlaut", "-x": b"dash", ":(top)y": b"magic", "l": b"a", "e": b"",
        }  # fmt: skip
        assert fetched.list(REPOSITORY, "odd", ":(top)y") == [":(top)y"]
        for path in ("none", "d", "d/b.yaml/x", "../a.yaml", "/a.yaml", "./a.yaml", "", "a.yaml/"):
            assert fetched.read(REPOSITORY, "main", path) is None, path

    def test_list(self, fetched: GitMirrors, origin: Origin) -> None:
        files: Files = {
            "a": "",
            "d/x": ("100755", ""),
            "d/l": ("120000", "a"),
            "d/m": ("160000", "a" * 40),
            "dx": "",
        }
        origin.commit(files, ref="refs/heads/main")
        fetched.fetch(REPOSITORY)
        assert fetched.list(REPOSITORY, "main") == ["a", "d/x", "dx"]
        assert fetched.list(REPOSITORY, "main", "d") == fetched.list(REPOSITORY, "main", "d/") == ["d/x"]
        assert fetched.list(REPOSITORY, "main", "none") == fetched.list(REPOSITORY, "main", "..") == []

    def test_history(self, fetched: GitMirrors, origin: Origin) -> None:
        one = origin.branch("main")
        two = origin.commit({"a.yaml": "2", "d/b.yaml": "two\n"}, one, message="second")
        side = origin.commit({"a.yaml": "one\n", "d/b.yaml": "two\n", "c": ""}, one, message="side")
        both = origin.commit({"a.yaml": "2", "c": ""}, two, side, ref="refs/heads/main", message="merge")
        alone = origin.commit({"a": ""}, ref="refs/heads/alone")
        fetched.fetch(REPOSITORY)
        found = fetched.commits(REPOSITORY, since=one, until="main")
        assert [each.message for each in found] in (["merge", "second", "side"], ["merge", "side", "second"])
        assert found[0].parents == (two, side) and found[0].author == "ada"
        assert found[0].time == datetime.fromtimestamp(1700000000, UTC)
        assert fetched.commits(REPOSITORY, since=None, until=one)[0].message == "first\n\nbody"
        assert len(fetched.commits(REPOSITORY, since=None, until="main", limit=2)) == 2
        assert fetched.commits(REPOSITORY, since="main", until=one) == []
        assert fetched.is_ancestor(REPOSITORY, one, both) and not fetched.is_ancestor(REPOSITORY, both, one)
        assert fetched.merge_base(REPOSITORY, two, side) == one
        assert fetched.merge_base(REPOSITORY, two, alone) is None
        assert fetched.changed_paths(REPOSITORY, one, both) == ["a.yaml", "c", "d/b.yaml"]
        trees = [fetched.tree(REPOSITORY, each) for each in (one, side)]
        assert fetched.changed_paths(REPOSITORY, *trees) == ["c"]

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("1700000000 +0000", 1_700_000_000),
            ("-5 +0000", 0),
            ("-99999999999999 +0000", 0),
            ("1000000000000 +0000", 253_402_300_799),  # the year 33658
            ("253402300800 +0000", 253_402_300_799),
            ("9223372036854775807 +0000", 253_402_300_799),
            ("99999999999999999999999999 +0000", None),  # of what git cannot hold it makes what it likes
            ("yesterday", None),
        ],
    )
    def test_strange_dates(self, written: str, read: int | None, fetched: GitMirrors, origin: Origin) -> None:
        """One commit dated in the year 33658 stopped every promotion of its repository."""
        tree = origin.git("rev-parse", "main^{tree}")
        who = f"Ada <ada@example.org> {written}"
        body = f"tree {tree}\nparent {origin.branch('main')}\nauthor {who}\ncommitter {who}\n\nodd\n".encode()
        odd = origin.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", input=body)
        origin.git("update-ref", "refs/heads/odd", odd)
        fetched.fetch(REPOSITORY)
        first, second = fetched.commits(REPOSITORY, since=None, until="odd")
        assert (first.sha, first.message, second.message) == (odd, "odd", "first\n\nbody")
        assert first.time is not None and (read is None or first.time == datetime.fromtimestamp(read, UTC))
        made = fetched.write_commit(REPOSITORY, tree=tree, parents=[odd], message="next", time=first.time)
        after = fetched.commits(REPOSITORY, since=odd, until=made)
        assert [one.time for one in after] == [first.time]

    def test_dates_before_1970_are_written_as_1970(self, fetched: GitMirrors, origin: Origin) -> None:
        main = origin.branch("main")
        old = datetime(1950, 1, 1, tzinfo=UTC)
        tree = fetched.tree(REPOSITORY, main)
        made = fetched.write_commit(REPOSITORY, tree=tree, parents=[main], message="old", time=old)
        assert fetched.commits(REPOSITORY, since=main, until=made)[0].time == datetime(1970, 1, 1, tzinfo=UTC)

    def test_unknown_commits(self, fetched: GitMirrors) -> None:
        for call in (
            lambda: fetched.tree(REPOSITORY, "0" * 40),
            lambda: fetched.is_ancestor(REPOSITORY, "0" * 40, "main"),
            lambda: fetched.commits(REPOSITORY, since="0" * 40, until="main"),
            lambda: fetched.changed_paths(REPOSITORY, "main", "1" * 40),
        ):
            with pytest.raises(NotFoundError):
                call()


class TestPush:
    def make(self, mirrors: GitMirrors, message: str = "made") -> str:
        main = mirrors.resolve(REPOSITORY, "main")
        assert main
        return mirrors.write_commit(
            REPOSITORY, tree=mirrors.tree(REPOSITORY, main), parents=[main], message=message,
            time=datetime(2026, 1, 1, tzinfo=UTC),
        )  # fmt: skip

    def test_create_move_and_again(self, fetched: GitMirrors, origin: Origin) -> None:
        one, two = self.make(fetched), self.make(fetched, "other")
        assert fetched.push(REPOSITORY, branch="promote/a-to-b", commit=one, expected=None) is True
        assert origin.branch("promote/a-to-b") == one == fetched.resolve(REPOSITORY, "promote/a-to-b")
        assert fetched.push(REPOSITORY, branch="promote/a-to-b", commit=two, expected=one) is True
        assert fetched.push(REPOSITORY, branch="promote/a-to-b", commit=two, expected=one) is False
        assert fetched.push(REPOSITORY, branch="promote/a-to-b", commit=two, expected=None) is False
        assert origin.branch("promote/a-to-b") == two

    @pytest.mark.parametrize("expected", [None, "theirs"])
    def test_a_branch_that_moved(self, expected: str | None, fetched: GitMirrors, origin: Origin) -> None:
        made, main = self.make(fetched), origin.branch("main")
        theirs = origin.commit({"x": ""}, ref="refs/heads/promote")
        with pytest.raises(TransientError, match="promote of acme/shop moved meanwhile"):
            fetched.push(REPOSITORY, branch="promote", commit=made, expected=expected and main)
        assert origin.branch("promote") == theirs

    def test_a_branch_that_is_gone(self, fetched: GitMirrors, origin: Origin) -> None:
        with pytest.raises(TransientError):
            fetched.push(REPOSITORY, branch="gone", commit=self.make(fetched), expected=origin.branch("main"))

    def test_a_protected_branch(self, fetched: GitMirrors, origin: Origin) -> None:
        hook = origin.path / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\necho 'GH006: Protected branch update failed for refs/heads/main.'\nexit 1\n")
        hook.chmod(0o755)
        main = origin.branch("main")
        with pytest.raises(RefusedError) as caught:
            fetched.push(REPOSITORY, branch="main", commit=self.make(fetched), expected=main)
        assert caught.value.status == 403 and "GH006: Protected branch" in caught.value.reason
        assert fetched.resolve(REPOSITORY, "main") == main

    def test_evil_branches(self, fetched: GitMirrors, origin: Origin, tmp_path: Path) -> None:
        for name in EVIL_NAMES:
            with pytest.raises(UserError, match="not a well-formed"):
                fetched.push(REPOSITORY, branch=name, commit=origin.branch("main"), expected=None)
            with pytest.raises(UserError, match="not a well-formed"):
                fetched.fetch(REPOSITORY, [name, f"refs/heads/{name}"])
        assert not [*tmp_path.rglob("pwned")]

    def test_hooks_of_the_mirror_do_not_run(self, fetched: GitMirrors, tmp_path: Path) -> None:
        hooks = mirror(tmp_path / "data") / "hooks"
        hooks.mkdir()
        for name in ("pre-push", "reference-transaction", "post-checkout", "pre-auto-gc"):
            (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
            (hooks / name).chmod(0o755)
        fetched.push(REPOSITORY, branch="x", commit=self.make(fetched), expected=None)
        fetched.fetch(REPOSITORY)
        assert not (tmp_path / "ran").exists()


def test_the_port(mirrors: GitMirrors) -> None:
    assert as_port(mirrors) is mirrors
