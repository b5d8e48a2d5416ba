"""Which tags does a mirror hold, and how is one made?"""

from __future__ import annotations

from collections.abc import Mapping

from bot.adapters.git.command import GitProgram

_FORMAT = "--format=%(refname:strip=2)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)"


def tags(program: GitProgram) -> Mapping[str, str]:
    """Return the tags that lead to a commit, at once or by one annotation: name to commit id."""
    found: dict[str, str] = {}
    for line in program.run("for-each-ref", _FORMAT, "refs/tags/").stdout.decode(errors="replace").splitlines():
        name, kind, id, inner_kind, inner = line.split("\0")
        if "commit" in (kind, inner_kind):
            found[name] = id if kind == "commit" else inner
    return found


def tag_message(program: GitProgram, name: str) -> str:
    """Return what an annotated tag says, '' for one without words and where there is none."""
    completed = program.run("cat-file", "tag", f"refs/tags/{name}", ok=(0, 128))
    return completed.stdout.decode(errors="replace").partition("\n\n")[2] if completed.status == 0 else ""


def write_tag(program: GitProgram, name: str, commit: str, signature: str, message: str) -> str:
    """Write an annotated tag into the mirror, and return its id; git refuses one that is not well formed."""
    text = f"object {commit}\ntype commit\ntag {name}\ntagger {signature}\n\n{message}"
    return program.line("mktag", input=text.encode())
