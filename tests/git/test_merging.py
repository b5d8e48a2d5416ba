"""What travels, what stays, what is told: three-way merges of real trees."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.adapters.git import GitMirrors
from bot.ports import MergeConflict
from tests.git.conftest import REPOSITORY, Files, Origin

TEN = "".join(f"line {number}\n" for number in range(10))


def lines(**changed: str) -> str:
    """Ten lines with some of them replaced: lines(_3="three")."""
    return "".join(f"{changed.get(f'_{number}', f'line {number}')}\n" for number in range(10))


def merged(
    mirrors: GitMirrors, origin: Origin, base: Files | None, source: Files, target: Files, *protect: str
) -> dict[str, tuple[str, bytes]] | tuple[MergeConflict, ...]:
    """Merge three sets of files; return the outcome's files as path → (mode, content), or the conflicts."""
    root = None if base is None else origin.commit(base, ref="refs/heads/base")
    one = origin.commit(source, ref="refs/heads/source")
    two = origin.commit(target, ref="refs/heads/target")
    mirrors.fetch(REPOSITORY)
    outcome = mirrors.merge_trees(REPOSITORY, base=root, source=one, target=two, protect=protect)
    assert bool(outcome.tree) != bool(outcome.conflicts)
    if outcome.conflicts:
        return outcome.conflicts
    return contents(mirrors, outcome.tree)


def contents(mirrors: GitMirrors, tree: str) -> dict[str, tuple[str, bytes]]:
    with mirrors._reads(REPOSITORY) as reads:
        entries = reads.entries(tree)
        return {one.path: (one.mode, reads.blobs([one.id])[0]) for one in entries}


def plain(files: Files) -> dict[str, tuple[str, bytes]]:
    return {
        path: (given[0], given[1].encode()) if isinstance(given, tuple)
        else ("100644", given.encode() if isinstance(given, str) else given)
        for path, given in files.items()
    }  # fmt: skip


CLEAN: list[tuple[str, Files | None, Files, Files, tuple[str, ...], Files]] = [
    ("a change travels", {"a": "1"}, {"a": "2"}, {"a": "1"}, (), {"a": "2"}),
    ("a new file travels", {"a": "1"}, {"a": "1", "d/b": "x"}, {"a": "1"}, (), {"a": "1", "d/b": "x"}),
    (
        "a difference of the target stays",
        {"a": "1", "r": "1"},
        {"a": "2", "r": "1"},
        {"a": "1", "r": "3"},
        (),
        {"a": "2", "r": "3"},
    ),
    (
        "a file of the target's own stays",
        {"a": "1"},
        {"a": "2"},
        {"a": "1", "own": "x"},
        (),
        {"a": "2", "own": "x"},
    ),
    (
        "both lines of one file",
        {"a": TEN},
        {"a": lines(_1="tag: 2")},
        {"a": lines(_8="replicas: 3")},
        (),
        {"a": lines(_1="tag: 2", _8="replicas: 3")},
    ),
    (
        "a deletion travels",
        {"a": "1", "b": "1"},
        {"a": "1"},
        {"a": "1", "b": "1", "c": "1"},
        (),
        {"a": "1", "c": "1"},
    ),
    (
        "a file the target deleted stays deleted",
        {"a": "1", "b": "1"},
        {"a": "2", "b": "1"},
        {"a": "1"},
        (),
        {"a": "2"},
    ),
    ("the same change on both sides", {"a": "1"}, {"a": "2"}, {"a": "2"}, (), {"a": "2"}),
    ("deleted on both sides", {"a": "1", "b": "1"}, {"a": "1"}, {"a": "1"}, (), {"a": "1"}),
    (
        "a rename travels, with the target's edit",
        {"old": TEN, "k": "1"},
        {"new": TEN, "k": "1"},
        {"old": lines(_5="target"), "k": "1"},
        (),
        {"new": lines(_5="target"), "k": "1"},
    ),
    ("a mode change travels", {"a": "1"}, {"a": ("100755", "1")}, {"a": "1"}, (), {"a": ("100755", "1")}),
    (
        "a mode change meets an edit",
        {"a": TEN},
        {"a": ("100755", TEN)},
        {"a": lines(_5="x")},
        (),
        {"a": ("100755", lines(_5="x"))},
    ),
    ("a binary file travels", {"a": b"\0one"}, {"a": b"\0two"}, {"a": b"\0one"}, (), {"a": b"\0two"}),
    ("a file becomes a directory", {"a": "1"}, {"a/b": "2"}, {"a": "1"}, (), {"a/b": "2"}),
    (
        "a protected file keeps the target's content",
        {"s": "1", "a": "1"},
        {"s": "2", "a": "2"},
        {"s": "9", "a": "1"},
        ("s",),
        {"s": "9", "a": "2"},
    ),
    (
        "a protected new file does not arrive",
        {"a": "1"},
        {"a": "2", "o/s.yaml": "x"},
        {"a": "1"},
        ("s.yaml",),
        {"a": "2"},
    ),
    (
        "a protected file is not deleted",
        {"a": "1", "s": "1"},
        {"a": "2"},
        {"a": "1", "s": "1"},
        ("/s",),
        {"a": "2", "s": "1"},
    ),
    (
        "a protected file the target deleted stays away",
        {"s": "1"},
        {"s": "2", "n": "1"},
        {},
        ("s",),
        {"n": "1"},
    ),
    (
        "a protected directory",
        {"k/a": "1", "k/b": "1"},
        {"k/a": "2", "k/c": "1"},
        {"k/a": "1", "k/b": "7"},
        ("k/",),
        {"k/a": "1", "k/b": "7"},
    ),
    (
        "a protected file where the source has a directory",
        {"x": "1"},
        {"x": "1", "s/deep": "1"},
        {"x": "1", "s": "1"},
        ("/s",),
        {"x": "1", "s": "1"},
    ),
    (
        "no base, nothing shared: both are kept",
        None,
        {"a": "1", "same": "1"},
        {"b": "1", "same": "1"},
        (),
        {"a": "1", "b": "1", "same": "1"},
    ),
    ("no base, protected", None, {"a": "1", "s": "1"}, {"s": "2"}, ("s",), {"a": "1", "s": "2"}),
    ("no base, empty target", None, {"a": "1"}, {}, (), {"a": "1"}),
]


@pytest.mark.parametrize("case", CLEAN, ids=lambda case: case[0])
def test_clean(case: tuple[str, Files | None, Files, Files, tuple[str, ...], Files],
               mirrors: GitMirrors, origin: Origin) -> None:  # fmt: skip
    _, base, source, target, protect, expected = case
    assert merged(mirrors, origin, base, source, target, *protect) == plain(expected)


class TestConflicts:
    CASES: ClassVar[list[tuple[str, Files | None, Files, Files, MergeConflict]]] = [
        (
            "edited on both sides",
            {"a": "1\n"},
            {"a": "2\n"},
            {"a": "3\n"},
            MergeConflict("a", "content", "2\n", "3\n"),
        ),
        (
            "deleted in the source, edited in the target",
            {"a": "1", "k": ""},
            {"k": ""},
            {"a": "3", "k": ""},
            MergeConflict("a", "modify/delete", "", "3"),
        ),
        (
            "edited in the source, deleted in the target",
            {"a": "1", "k": ""},
            {"a": "2", "k": ""},
            {"k": ""},
            MergeConflict("a", "modify/delete", "2", ""),
        ),
        (
            "added on both sides",
            {"k": ""},
            {"a": "2", "k": ""},
            {"a": "3", "k": ""},
            MergeConflict("a", "add/add", "2", "3"),
        ),
        ("no base and different", None, {"a": "2"}, {"a": "3"}, MergeConflict("a", "add/add", "2", "3")),
        (
            "binary",
            {"a": b"\0one"},
            {"a": b"\0two!"},
            {"a": b"\0three!"},
            MergeConflict("a", "binary", "(binary, 5 bytes)", "(binary, 7 bytes)"),
        ),
    ]

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case[0])
    def test_told(self, case: tuple[str, Files | None, Files, Files, MergeConflict],
                  mirrors: GitMirrors, origin: Origin) -> None:  # fmt: skip
        _, base, source, target, expected = case
        assert merged(mirrors, origin, base, source, target) == (expected,)

    def test_all_of_it_or_none_of_it(self, mirrors: GitMirrors, origin: Origin) -> None:
        """A conflict in one file keeps the clean change of another from being written."""
        found = merged(mirrors, origin, {"a": "1", "b": "1"}, {"a": "2", "b": "2"}, {"a": "3", "b": "1"})
        assert [one.path for one in found if isinstance(one, MergeConflict)] == ["a"]

    def test_long_sides_are_cut(self, mirrors: GitMirrors, origin: Origin) -> None:
        (found,) = merged(mirrors, origin, {"a": "1"}, {"a": "é" * 30_000}, {"a": "x" * 2_000_000})
        assert isinstance(found, MergeConflict)
        assert found.source == "é" * 20_000 + "\n(cut here; 60000 bytes in all)"
        assert found.target == "(2000000 bytes, too long to show)"

    def test_a_submodule_is_named_not_opened(self, mirrors: GitMirrors, origin: Origin) -> None:
        ids = [letter * 40 for letter in "abc"]
        sides: list[Files] = [{"m": ("160000", one), "k": ""} for one in ids]
        base, source, target = sides
        (found,) = merged(mirrors, origin, base, source, target)
        assert isinstance(found, MergeConflict)
        assert (found.source, found.target) == (f"(submodule at {ids[1]})", f"(submodule at {ids[2]})")


def test_attributes_of_the_repository_do_not_steer_the_merge(mirrors: GitMirrors, origin: Origin) -> None:
    """`merge=union` in .gitattributes would mix both sides of a manifest silently."""
    sides: list[Files] = [{"a": text, ".gitattributes": "* merge=union\n"} for text in "123"]
    base, source, target = sides
    origin.git("symbolic-ref", "HEAD", "refs/heads/base")
    found = merged(mirrors, origin, base, source, target)
    assert [one.kind for one in found if isinstance(one, MergeConflict)] == ["content"]


class TestPromotions:
    """Whole histories, as they look when people squash what we propose."""

    def squash(self, mirrors: GitMirrors, origin: Origin, base: str | None, source: str) -> str:
        mirrors.fetch(REPOSITORY)
        target = origin.branch("staging")
        outcome = mirrors.merge_trees(REPOSITORY, base=base, source=source, target=target, protect=())
        assert outcome.tree, outcome.conflicts
        made = mirrors.write_commit(
            REPOSITORY,
            tree=outcome.tree,
            parents=[target],
            message="squashed",
            time=datetime(2026, 1, 1, tzinfo=UTC),
        )
        assert mirrors.push(REPOSITORY, branch="staging", commit=made, expected=target)
        return made

    def test_a_second_promotion_after_a_squash(self, mirrors: GitMirrors, origin: Origin) -> None:
        """Squashing keeps the merge base where it was; a real merge would conflict with itself here."""
        start = origin.commit({"tag": "1\n", "replicas": "1\n"}, ref="refs/heads/main")
        origin.commit({"tag": "1\n", "replicas": "3\n"}, start, ref="refs/heads/staging")
        two = origin.commit({"tag": "2\n", "replicas": "1\n"}, start, ref="refs/heads/main")
        self.squash(mirrors, origin, start, two)
        three = origin.commit({"tag": "3\n", "replicas": "1\n"}, two, ref="refs/heads/main")
        self.squash(mirrors, origin, two, three)
        assert contents(mirrors, origin.branch("staging")) == plain({"tag": "3\n", "replicas": "3\n"})
        naive = mirrors.merge_trees(REPOSITORY, base=start, source=three, target=two, protect=())
        assert naive.conflicts, "the frozen base would not do: this test must be able to fail"

    def test_a_revert_travels(self, mirrors: GitMirrors, origin: Origin) -> None:
        """Back to a content the target once had is a change like any other."""
        start = origin.commit({"tag": "1\n"}, ref="refs/heads/main")
        origin.git("update-ref", "refs/heads/staging", start)
        two = origin.commit({"tag": "2\n"}, start, ref="refs/heads/main")
        self.squash(mirrors, origin, start, two)
        back = origin.commit({"tag": "1\n"}, two, ref="refs/heads/main")
        self.squash(mirrors, origin, two, back)
        assert contents(mirrors, origin.branch("staging")) == plain({"tag": "1\n"})

    def test_the_first_promotion_takes_the_real_merge_base(self, mirrors: GitMirrors, origin: Origin) -> None:
        start = origin.commit({"tag": "1\n", "r": "1\n"}, ref="refs/heads/main")
        origin.commit({"tag": "1\n", "r": "3\n"}, start, ref="refs/heads/staging")
        two = origin.commit({"tag": "2\n", "r": "1\n"}, start, ref="refs/heads/main")
        self.squash(mirrors, origin, None, two)
        assert contents(mirrors, origin.branch("staging")) == plain({"tag": "2\n", "r": "3\n"})


names = st.sampled_from(["a", "b", "d/a", "d/b", "e", "e/f/g", ".x"])
texts = st.sampled_from(["", "1\n", "2\n", TEN, lines(_2="x"), "\0"])
modes = st.sampled_from(["100644", "100755", "120000"])


@st.composite
def trees(draw: st.DrawFn) -> Files:
    files = draw(st.dictionaries(names, st.tuples(modes, texts), max_size=5))
    return {path: given for path, given in files.items() if not any(one.startswith(f"{path}/") for one in files)}


class TestInvariants:
    QUICK = settings(
        max_examples=15,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )

    @QUICK
    @given(base=trees(), other=trees())
    def test_nothing_changed_in_the_source_changes_nothing(
        self, mirrors: GitMirrors, origin: Origin, base: Files, other: Files
    ) -> None:
        assert merged(mirrors, origin, base, base, other) == plain(other)

    @QUICK
    @given(base=trees(), other=trees())
    def test_an_untouched_target_becomes_the_source(
        self, mirrors: GitMirrors, origin: Origin, base: Files, other: Files
    ) -> None:
        assert merged(mirrors, origin, base, other, base) == plain(other)

    @QUICK
    @given(base=trees(), source=trees(), target=trees(), protected=names)
    def test_a_protected_path_is_what_the_target_has(
        self,
        *,
        mirrors: GitMirrors,
        origin: Origin,
        base: Files,
        source: Files,
        target: Files,
        protected: str,
    ) -> None:
        found = merged(mirrors, origin, base, source, target, f"/{protected}")
        if isinstance(found, dict):
            assert found.get(protected) == plain(target).get(protected)
        else:
            assert protected not in [one.path for one in found]


def test_the_outcome_is_deterministic(tmp_path: Path, mirrors: GitMirrors, origin: Origin) -> None:
    one = origin.commit({"a": "1"}, ref="refs/heads/main")
    mirrors.fetch(REPOSITORY)
    when = datetime(2026, 11, 23, 12, tzinfo=UTC)
    message = "subject\n\nTrailer: é\n"
    other = GitMirrors(tmp_path / "elsewhere", lambda _: origin.path.as_uri(), lambda _: "")
    other.fetch(REPOSITORY)
    first, second = (
        each.write_commit(REPOSITORY, tree=each.tree(REPOSITORY, one), parents=[one], message=message, time=when)
        for each in (mirrors, other)
    )
    assert first == second
    (made,) = mirrors.commits(REPOSITORY, since=one, until=first)
    assert made.message == "subject\n\nTrailer: é" and made.author == "lockkeeper[bot]"
    assert made.parents == (one,)
    assert made.time == when
