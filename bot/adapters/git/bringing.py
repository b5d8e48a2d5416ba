"""How does a directory of one repository's mirror come into another's, so that both can be merged there?"""

from __future__ import annotations

from bot.adapters.git.command import EMPTY_TREE, GitProgram


def bring(source: GitProgram, target: GitProgram, tree: str) -> None:
    """Copy a tree and everything below it from one mirror to the other; nothing where it is all there.

    Nothing names it there, so git may drop it again when it has not been asked for in two weeks: it is looked for
    each time.
    """
    if tree == EMPTY_TREE or _is_whole(target, tree):
        return
    pack = source.run("pack-objects", "--revs", "--stdout", "--quiet", input=f"{tree}\n".encode())
    target.run("unpack-objects", "-q", input=pack.stdout)


def _is_whole(program: GitProgram, tree: str) -> bool:
    """Say whether a tree and everything below it is there."""
    return program.run("rev-list", "--objects", "--quiet", tree, ok=(0, 128)).status == 0
