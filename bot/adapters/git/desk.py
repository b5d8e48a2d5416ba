"""Where is the repository around a directory, and how is its state borrowed without touching it?"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.adapters import process
from bot.adapters.git.command import GitProgram, words
from bot.errors import UserError

_WHERE = (
    "rev-parse", "--path-format=absolute", "--show-toplevel", "--absolute-git-dir", "--git-path", "objects",
    "--git-path", "index", "--git-path", "info", "--show-object-format", "--is-shallow-repository",
)  # fmt: skip
_TOLD = (
    "core.symlinks",
    "core.filemode",
    "core.ignorecase",
    "core.precomposeunicode",
)  # what git found out about the disk
_FAST = (  # what is written lives as long as one command, and files go into one pack as large ones do
    "compression = 0", "fsync = none", "bigFileThreshold = 1",
)  # fmt: skip
_ASKED = "|".join(one.replace(".", r"\.") for one in (*_TOLD, "core.excludesfile", "remote.origin.url"))


@dataclass(frozen=True, slots=True)
class Desk:
    """A directory to work in, `top`; and its repository's parts, None for a directory that lies in no repository.

    `settings` are the few of git's settings that matter here, by their names in lower case.
    """

    top: Path
    settings: Mapping[str, str]
    git_dir: Path | None = None
    objects: Path | None = None
    index: Path | None = None
    info: Path | None = None
    object_format: str = "sha1"
    is_shallow: bool = False


def find_desk(path: Path) -> Desk:
    """Return what git knows about the place; the user's configuration is read, and nothing in it carried out.

    That a repository belongs to somebody else is no reason to stop, for that reason. UserError for a path that is no
    directory, lies within a repository's own files, or in a repository that git cannot read.
    """
    if not path.is_dir():
        raise UserError("this is no directory", where=str(path))
    git = GitProgram(path, work_tree=path)
    env = {name: text for name, text in git.environment().items() if name not in ("GIT_DIR", "GIT_WORK_TREE")}
    asked = process.run(["git", "-c", "safe.directory=*", *_WHERE], cwd=path, timeout=git.timeout, env=env)
    if asked.status != 0:
        said = words(asked)
        if "not a git repository (or any" in said:
            return Desk(path.resolve(), _settings({}, path))
        raise UserError(f"git cannot read the repository here: {said}", where=str(path))
    *places, object_format, shallow = os.fsdecode(asked.stdout).splitlines()
    top, git_dir, objects, index, info = map(Path, places)
    settings = _settings({"GIT_DIR": str(git_dir)}, path)
    return Desk(top, settings, git_dir, objects, index, info, object_format, shallow == "true")


@contextlib.contextmanager
def borrowed(desk: Desk) -> Iterator[GitProgram]:
    """Make a repository of our own, for a while, that sees the objects and the files of the desk."""
    with tempfile.TemporaryDirectory(prefix="lockkeeper-desk-") as directory:
        own = Path(directory)
        for name in ("objects/info", "refs", "info"):
            (own / name).mkdir(parents=True)
        (own / "HEAD").write_text("ref: refs/heads/none\n")
        (own / "config").write_bytes(os.fsencode(_configuration(desk)))
        if desk.objects is not None:
            (own / "objects/info/alternates").write_bytes(os.fsencode(f"{desk.objects}\n"))
        for name in ("exclude", "attributes"):
            if desk.info is not None and (desk.info / name).is_file():
                shutil.copyfile(desk.info / name, own / "info" / name)
        yield GitProgram(own, work_tree=desk.top)


def copy_index(index: Path | None, own: Path) -> None:
    """Take an index as it is now. Its time stays: git tells by it which files may have changed since unnoticed."""
    (own / "index").unlink(missing_ok=True)
    if index is None or not index.is_file():
        return
    for one in (*index.parent.glob("sharedindex.*"), index):
        shutil.copy2(one, own / ("index" if one == index else one.name))


def _settings(env: Mapping[str, str], path: Path) -> Mapping[str, str]:
    """Read what the user has set, wherever it is."""
    known = {name: os.environ[name] for name in ("HOME", "XDG_CONFIG_HOME") if name in os.environ}
    argv = ["git", "config", "-z", "--get-regexp", f"^({_ASKED})$"]
    asked = process.run(argv, cwd=path, timeout=60.0, env={**known, **env})
    if asked.status not in (0, 1):
        raise UserError(f"git cannot read its configuration: {words(asked)}", where=str(path))
    records = (os.fsdecode(record).partition("\n") for record in asked.stdout.split(b"\0") if record)
    settings = {name: text for name, _, text in records}
    everywhere = Path(known.get("XDG_CONFIG_HOME") or f"{known.get('HOME', '')}/.config", "git/ignore")
    return {"core.excludesfile": str(everywhere), **settings}


def _configuration(desk: Desk) -> str:
    lines = ["[core]", "repositoryFormatVersion = 1", "bare = false", "autocrlf = false", *_FAST]
    lines += [f"{name.partition('.')[2]} = {_quoted(desk.settings[name])}" for name in _TOLD if name in desk.settings]
    excludes = os.path.expanduser(desk.settings["core.excludesfile"])  # noqa: PTH111 - which raises for no such user
    lines += [f"excludesFile = {_quoted(excludes)}", "[extensions]", f"objectFormat = {desk.object_format}"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a text in double quotes, as git reads it in its configuration."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
