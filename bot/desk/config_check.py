"""`lockkeeper config check`: what is wrong with a configuration, and what was probably not meant?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from bot.adapters.git.worktree import WorkTree
from bot.desk import ending, output
from bot.desk.config_ground import missing
from bot.desk.ending import ended
from bot.desk.situation import open_work
from bot.errors import UserError
from bot.model.environment import ConfigProblem
from bot.promotion.config import PATH, Problems, key_lines, parse
from bot.promotion.config_remarks import remarks
from bot.promotion.config_yaml import MAXIMUM_BYTES
from bot.report import config_check as words
from bot.report.config_check import Looked


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be checked: a file, or the one of a directory's repository, and who owns that."""

    path: Path | None = None
    form: Literal["text", "json"] = "text"
    organization: str = ""


def run(wish: Wish) -> int:
    """Check, write what is found, and return the status to end with."""
    return ended(lambda: _run(wish))


def _run(wish: Wish) -> int:
    looked = _looked(wish)
    output.write(words.as_json(looked) if wish.form == "json" else words.as_text(looked, output.terminal(sys.stdout)))
    return ending.FOUND if looked.mistakes else ending.FINE


def _looked(wish: Wish) -> Looked:
    file, work = _file(wish.path)
    with work:
        data = _read(file)
        text = data.decode("utf-8-sig", "replace")
        origin = work.origin
        owner = wish.organization or (origin.owner if origin else "")
        found = parse(data, organisation=owner)
        shown = _shown(file, work)
        if isinstance(found, Problems):
            return Looked(shown, text, None, found.problems)
        today = datetime.now(UTC).date()
        said = remarks(found, today, str(origin) if origin and origin.owner == owner else "")
        here = missing(work, found) if file == work.top / PATH else ()
        return Looked(shown, text, found, remarks=_placed([*said, *here], data))


def _file(path: Path | None) -> tuple[Path, WorkTree]:
    """Return the file that is meant, and the repository around it."""
    if path is not None and not path.is_dir():
        if not path.exists():
            raise UserError("there is no such file", where=str(path))
        return path.resolve(), open_work(path.resolve().parent)
    work = open_work(path)
    file = work.top / PATH
    if not file.is_file():
        work.close()
        how = "`lockkeeper config init` proposes one" if work.is_repository else "name the file, or a repository"
        raise UserError(f"there is no {PATH} here", where=str(work.top), how=how)
    return file, work


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAXIMUM_BYTES + 1)  # what is longer is refused whatever it says
    except OSError as error:
        raise UserError(f"cannot read: {error.strerror}", where=str(file)) from error


def _shown(file: Path, work: WorkTree) -> str:
    return file.relative_to(work.top).as_posix() if file.is_relative_to(work.top) else str(file)


def _placed(found: Sequence[ConfigProblem], data: bytes) -> tuple[ConfigProblem, ...]:
    """Return remarks with the lines of their keys, or of the nearest around them, in the order of the lines."""
    lines = key_lines(data)

    def line(key: str) -> int | None:
        while key and key not in lines:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return lines.get(key)

    return tuple(sorted((replace(one, line=line(one.key)) for one in found), key=lambda one: one.line or 0))
