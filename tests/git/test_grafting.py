"""A directory is put into a tree: what is there afterwards, and that git finds nothing wrong with it."""

from __future__ import annotations

import pytest

from bot.adapters.git import GitMirrors
from bot.adapters.git.command import EMPTY_TREE
from bot.errors import UserError
from tests.git.conftest import REPOSITORY, Files, Origin
from tests.git.test_merging import contents, plain

NEW: Files = {"a": "new", "deep/b": "new"}
GRAFTS: list[tuple[str, Files, str, Files, Files]] = [
    ("over another", {"top": "x", "env/dev/old": "1", "env/prod/own": "2"}, "env/dev", NEW,
     {"top": "x", "env/prod/own": "2", "env/dev/a": "new", "env/dev/deep/b": "new"}),
    ("where nothing was", {"top": "x"}, "env/dev", NEW, {"top": "x", "env/dev/a": "new", "env/dev/deep/b": "new"}),
    ("at the top", {"top": "x"}, "", NEW, NEW),
    ("nothing, and empty directories go", {"top": "x", "env/dev/old": "1"}, "env/dev", {}, {"top": "x"}),
    ("nothing where nothing was", {"top": "x"}, "env/dev", {}, {"top": "x"}),
    ("nothing instead of everything", {"env/dev/old": "1"}, "env/dev", {}, {}),
    ("a name that sorts by its slash", {"a.b": "1", "a-b": "1", "a0": "1"}, "a", NEW,
     {"a.b": "1", "a-b": "1", "a0": "1", "a/a": "new", "a/deep/b": "new"}),
    ("programs and links beside stay", {"run": ("100755", "#!"), "link": ("120000", "run")}, "env", NEW,
     {"run": ("100755", "#!"), "link": ("120000", "run"), "env/a": "new", "env/deep/b": "new"}),
]  # fmt: skip


@pytest.mark.parametrize(("_", "files", "path", "new", "expected"), GRAFTS, ids=[one[0] for one in GRAFTS])
def test_a_graft(  # noqa: PLR0917 - the columns of a table
    mirrors: GitMirrors, origin: Origin, _: str, files: Files, path: str, new: Files, expected: Files
) -> None:
    commit = origin.commit(files, ref="refs/heads/main")
    tree = origin.tree(new)
    origin.commit(tree, ref="refs/heads/new")
    mirrors.fetch(REPOSITORY)
    made = mirrors.graft(REPOSITORY, commit, path, tree)
    assert contents(mirrors, made) == plain(expected)
    with mirrors._reads(REPOSITORY) as reads:
        index = {"GIT_INDEX_FILE": str(reads.program.git_dir / "test-index")}
        reads.program.run("read-tree", made, env=index)
        assert reads.program.line("write-tree", env=index) == made, "git itself writes the same tree"


@pytest.mark.parametrize("path", ["file", "file/below", "link", "../up", "a//b"])
def test_what_is_no_directory_is_refused(mirrors: GitMirrors, origin: Origin, path: str) -> None:
    commit = origin.commit({"file": "1", "link": ("120000", "file")}, ref="refs/heads/main")
    mirrors.fetch(REPOSITORY)
    with pytest.raises(UserError):
        mirrors.graft(REPOSITORY, commit, path, origin.tree(NEW))


def test_files_are_put_with_the_modes_they_had(mirrors: GitMirrors, origin: Origin) -> None:
    files: Files = {"a": "1", "bin/run": ("100755", "old"), "link": ("120000", "a"), "z/y": "2"}
    commit = origin.commit(files, ref="refs/heads/main")
    mirrors.fetch(REPOSITORY)
    made = mirrors.put(REPOSITORY, commit, {"bin/run": b"new", "z/y": b"2", "deep/er/new": b"\xff\r\n"})
    assert contents(mirrors, made) == {
        **plain(files), "bin/run": ("100755", b"new"), "deep/er/new": ("100644", b"\xff\r\n"),
    }  # fmt: skip
    for path in ("link", "z", "a/b", "../a"):
        with pytest.raises(UserError):
            mirrors.put(REPOSITORY, commit, {path: b"new"})


def test_directories_of_a_revision(mirrors: GitMirrors, origin: Origin) -> None:
    commit = origin.commit({"env/dev/a": "1", "link": ("120000", "env")}, ref="refs/heads/main")
    mirrors.fetch(REPOSITORY)
    assert mirrors.directory(REPOSITORY, commit, "") == mirrors.tree(REPOSITORY, commit)
    found = mirrors.directory(REPOSITORY, commit, "env/dev")
    assert found is not None and contents(mirrors, found) == plain({"a": "1"})
    assert [mirrors.directory(REPOSITORY, commit, one) for one in ("env/dev/a", "link", "no", "../x")] == [None] * 4
    assert mirrors.directory(REPOSITORY, found, "") == found


def test_commits_of_a_path_are_those_of_the_line_that_changed_it(mirrors: GitMirrors, origin: Origin) -> None:
    first = origin.commit({"dev/a": "1", "prod/a": "1"})
    aside = origin.commit({"dev/a": "2", "prod/a": "1"}, first)
    other = origin.commit({"dev/a": "1", "prod/a": "2"}, first)
    merge = origin.commit({"dev/a": "2", "prod/a": "2"}, other, aside)
    last = origin.commit({"dev/a": "2", "prod/a": "3"}, merge, ref="refs/heads/main")
    mirrors.fetch(REPOSITORY)

    def commits(path: str, since: str | None = None) -> list[str]:
        return [one.sha for one in mirrors.commits(REPOSITORY, since=since, until=last, paths=[path])]

    assert commits("dev") == [merge, first], "what a merge brought, the merge did"
    assert commits("prod") == [last, other, first]
    assert commits("dev", since=first) == [merge]
    assert commits("nothing") == []


def test_a_merge_of_directories_protects_paths_as_the_target_has_them(mirrors: GitMirrors, origin: Origin) -> None:
    base, source = {"a": "1", "secret": "dev", "n/keep": "1"}, {"a": "2", "secret": "dev 2", "n/keep": "2"}
    trees = [origin.tree(one) for one in (base, source, {"a": "1", "secret": "prod"})]
    origin.commit({"x": "1"}, ref="refs/heads/main")
    mirrors.fetch(REPOSITORY)
    for number, tree in enumerate(trees):
        origin.commit(tree, ref=f"refs/heads/t{number}")
    mirrors.fetch(REPOSITORY)
    sides = {"base": trees[0], "source": trees[1], "target": trees[2]}
    outcome = mirrors.merge_trees(REPOSITORY, **sides, protect=["/env/prod/secret", "env/*/n/"], prefix="env/prod")
    assert contents(mirrors, outcome.tree) == plain({"a": "2", "secret": "prod"})
    unprotected = mirrors.merge_trees(REPOSITORY, **sides, protect=["/secret"], prefix="env/prod")
    assert [one.path for one in unprotected.conflicts] == ["n/keep", "secret"]


OVERLAYS: list[tuple[str, Files, Files, tuple[str, ...], Files]] = [
    ("own files stay", {"a": "2", "b": "2"}, {"a": "1", "own": "1"}, (), {"a": "2", "b": "2", "own": "1"}),
    ("protected files stay", {"a": "2", "b": "2"}, {"a": "1"}, ("a",), {"a": "1", "b": "2"}),
    ("a protected file is not brought", {"a": "2", "b": "2"}, {"a": "1"}, ("b",), {"a": "2"}),
    ("onto nothing", {"a": "2"}, {}, (), {"a": "2"}),
    ("nothing", {}, {"a": "1"}, (), {"a": "1"}),
]


@pytest.mark.parametrize(("_", "source", "target", "protect", "expected"), OVERLAYS, ids=[one[0] for one in OVERLAYS])
def test_an_overlay(  # noqa: PLR0917 - the columns of a table
    mirrors: GitMirrors, origin: Origin, _: str, source: Files, target: Files, protect: tuple[str, ...], expected: Files
) -> None:
    one, two = origin.commit(source, ref="refs/heads/one"), origin.commit(target, ref="refs/heads/two")
    mirrors.fetch(REPOSITORY)
    made = mirrors.overlay(REPOSITORY, source=one, target=two, protect=protect)
    assert contents(mirrors, made) == plain(expected)


def test_the_empty_tree_is_a_tree_like_others(mirrors: GitMirrors, origin: Origin) -> None:
    one = origin.commit({"a": "1"}, ref="refs/heads/one")
    mirrors.fetch(REPOSITORY)
    outcome = mirrors.merge_trees(REPOSITORY, base=EMPTY_TREE, source=one, target=EMPTY_TREE, protect=())
    assert outcome.tree == mirrors.tree(REPOSITORY, one)
    assert list(mirrors.changed_paths(REPOSITORY, EMPTY_TREE, one)) == ["a"]
