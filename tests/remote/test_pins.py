"""What may be fetched: only what is pinned, and only from where the operator says."""

from __future__ import annotations

import io
import tarfile

import pytest

from bot.adapters.remote.archive import ArchiveError, unpacked
from bot.checks.remote import RemoteBase, Unpinned, is_allowed, remote_base

SHA = "0123456789abcdef0123456789abcdef01234567"

BASES: list[tuple[str, RemoteBase | str]] = [
    (f"https://github.com/acme/bases//web?ref={SHA}", RemoteBase("https://github.com/acme/bases", "web", SHA)),
    (f"https://github.com/acme/bases/web/prod?ref={SHA}", RemoteBase("https://github.com/acme/bases", "web/prod", SHA)),
    (f"https://github.com/acme/bases?ref={SHA}", RemoteBase("https://github.com/acme/bases", "", SHA)),
    (f"github.com/acme/bases//web?ref={SHA}", RemoteBase("https://github.com/acme/bases", "web", SHA)),
    (f"www.github.com/acme/bases/web?version={SHA}", RemoteBase("https://github.com/acme/bases", "web", SHA)),
    (f"git::https://git.example.com/x/y.git//a?ref={SHA}", RemoteBase("https://git.example.com/x/y.git", "a", SHA)),
    (f"https://git.example.com/x/y.git/a/b?ref={SHA}", RemoteBase("https://git.example.com/x/y.git", "a/b", SHA)),
    (f"https://git.example.com/x/y.git?ref={SHA}", RemoteBase("https://git.example.com/x/y.git", "", SHA)),
    (f"https://git.example.com/x/y/z?ref={SHA}", "not plain where its repository ends"),
    ("https://github.com/acme/bases//web?ref=main", "not pinned to a commit"),
    ("https://github.com/acme/bases//web?ref=v1.0.0", "not pinned to a commit"),
    (f"https://github.com/acme/bases//web?ref={SHA[:12]}", "not pinned to a commit"),
    (f"https://github.com/acme/bases//web?ref={SHA.upper()}", "not pinned to a commit"),
    ("https://github.com/acme/bases//web", "not pinned to a commit"),
    (f"https://github.com/acme/bases//../x?ref={SHA}", "not a plain path"),
    (f"http://github.com/acme/bases//web?ref={SHA}", "only https"),
    (f"ssh://git@github.com/acme/bases//web?ref={SHA}", "only https"),
    (f"git@github.com:acme/bases//web?ref={SHA}", "only https"),
    (f"https://user:pass@github.com/acme/bases//web?ref={SHA}", "only https"),
    (f"file:///etc//x?ref={SHA}", "only https"),
]


@pytest.mark.parametrize(("target", "expected"), BASES)
def test_what_a_remote_base_names(target: str, expected: RemoteBase | str) -> None:
    found = remote_base(target)
    if isinstance(expected, str):
        assert isinstance(found, Unpinned) and expected in found.reason and found.how
    else:
        assert found == expected


ALLOWED = ("https://github.com/acme", "https://charts.example.com:8443/stable", "https://git.example.com/x/y.git")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://github.com/acme/bases", True),
        ("https://github.com/acme", True),
        ("https://GitHub.com/acme/bases", True),
        ("https://github.com/acme-evil/bases", False),
        ("https://github.com/other/bases", False),
        ("https://github.com.evil.com/acme/bases", False),
        ("https://github.com:444/acme/bases", False),
        ("https://user@github.com/acme/bases", False),
        ("https://github.com/acme/../other/x", False),
        ("https://github.com/acme/./x", False),
        ("http://github.com/acme/bases", False),
        ("ssh://github.com/acme/bases", False),
        ("https://evil.com/https://github.com/acme", False),
        ("https://evil.com?https://github.com/acme/bases", False),
        ("https://charts.example.com:8443/stable/a.tgz", True),
        ("https://charts.example.com:8443/stables", False),
        ("https://charts.example.com/stable", False),
        ("https://git.example.com/x/y", True),
        ("https://git.example.com/x/y.git", True),
        ("https://git.example.com/x/yz", False),
        ("", False),
        ("not an address", False),
    ],
)
def test_where_from(url: str, expected: bool) -> None:
    assert is_allowed(url, ALLOWED) is expected
    assert is_allowed(url, ()) is False, "without an operator's word nothing is fetched"


def archive(*files: tuple[str, bytes], link: str = "") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        if link:
            info = tarfile.TarInfo("web/templates/link.yaml")
            info.type, info.linkname = tarfile.SYMTYPE, link
            tar.addfile(info)
    return packed.getvalue()


def test_an_archive_without_its_top_directory() -> None:
    assert unpacked(archive(("web/Chart.yaml", b"a"), ("web/templates/a.yaml", b"b"), link="/etc/passwd")) == {
        "Chart.yaml": b"a",
        "templates/a.yaml": b"b",
    }


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (archive(("web/../../etc/passwd", b"x")), "names"),
        (archive(("/etc/passwd", b"x")), "names"),
        (archive(("web/.git/config", b"x")), "names"),
        (archive(*((f"web/{number}", b"") for number in range(10_001))), "too much"),
        (archive(("web/bomb", bytes(140 * 1024 * 1024))), "too much"),
        (b"not an archive", "not a chart's archive"),
        (archive(("web/a", b"x" * 1000))[:60], "not a chart's archive"),
    ],
)
def test_archives_that_no_honest_person_makes(data: bytes, words: str) -> None:
    with pytest.raises(ArchiveError, match=words):
        unpacked(data)
