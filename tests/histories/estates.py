"""What lies in the environments of a random history, so that each value in it can be told from every other?

A state is a flat table: (thing, slot) → value. A thing is a file, which keeps its identity when it is renamed, or an
application with its versions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.flows.world import REPOSITORY

Slot = tuple[str, str]
State = Mapping[Slot, str]
Texts = Mapping[str, str]  # path from the top of the branch → text
ENVIRONMENTS = ("development", "staging", "production")
PATH = ".github/lockkeeper.yaml"


@dataclass(frozen=True)
class Trees:
    """Files that travel whole, by strategy `branch`, `directory` or `repository`."""

    strategy: str
    slots: tuple[str, ...] = ("one", "two")
    renames: bool = True

    def configuration(self) -> str:
        lines = [f"version: 1\nstrategy: {self.strategy}\npolicies: []\nenvironments:\n"]
        for one in ENVIRONMENTS:
            where = f"repository: {self.repository(one)}, " if self.repository(one) != REPOSITORY else ""
            lines.append(f"  {one}: {{{where}branch: {self.branch(one)}, path: {self.place(one)}}}\n")
        return "".join(lines)

    def repository(self, environment: str) -> str:
        own = self.strategy == "repository" and environment != "development"
        return f"acme/env-{environment}" if own else REPOSITORY

    def branch(self, environment: str) -> str:
        own = self.strategy == "branch" and environment != "development"
        return environment if own else "main"

    def place(self, environment: str) -> str:
        return f"environments/{environment}" if self.strategy == "directory" else "files"

    def seeds(self) -> dict[str, dict[str, str]]:
        """Return the files of each repository; they are the same in every environment."""
        state = {(f"t{n}", slot): "v0" for n in range(3) for slot in self.slots}
        state |= {(f"t{n}", "name"): f"t{n}" for n in range(3)}
        found: dict[str, dict[str, str]] = {}
        for one in ENVIRONMENTS:
            found.setdefault(self.repository(one), {}).update(self._files(state, self.place(one)))
        return found

    def read(self, texts: Texts, environment: str) -> State:
        """Return what an environment's files hold; every byte besides is as it was."""
        found: dict[Slot, str] = {}
        for path, text in texts.items():
            if not path.startswith(f"{self.place(environment)}/"):
                continue
            thing = re.match("# (\\w+)", text)
            assert thing, text
            name = path.rpartition("/")[2].removesuffix(".conf")
            values = dict(re.findall("^(\\w+): (.*)$", text, re.M))
            assert (thing[1], "name") not in found, f"{thing[1]} is there twice"
            found |= {(thing[1], "name"): name, **{(thing[1], slot): value for slot, value in values.items()}}
            assert text == _text(thing[1], values), text
        return found

    def changed(self, texts: Texts, environment: str, after: State) -> dict[str, str | None]:
        """Return the files that make an environment's state another one."""
        place = self.place(environment)
        old = {path: text for path, text in texts.items() if path.startswith(f"{place}/")}
        new = self._files(after, place)
        gone: dict[str, str | None] = dict.fromkeys(old.keys() - new.keys())
        return gone | {path: text for path, text in new.items() if old.get(path) != text}

    def _files(self, state: State, place: str) -> dict[str, str]:
        names = {thing: value for (thing, slot), value in state.items() if slot == "name"}
        return {
            f"{place}/{name}.conf": _text(thing, {slot: state[thing, slot] for slot in self.slots})
            for thing, name in names.items()
        }


def _text(thing: str, values: Mapping[str, str]) -> str:
    """Return a file whose values are far enough apart to be merged, and that is like no other."""
    lines = [f"# {thing}\n"]
    for slot, value in values.items():
        lines += [f"{slot}: {value}\n", *(f"# {thing} {slot} {number}\n" for number in range(6))]
    return "".join(lines)


@dataclass(frozen=True)
class Versions:
    """Versions that travel from file to file; `note` is each environment's own."""

    strategy: str = "values"
    slots: tuple[str, ...] = ("tag", "digest")
    applications: tuple[str, ...] = ("web", "api")
    renames: bool = field(default=False)

    def configuration(self) -> str:
        lines = ["version: 1\nstrategy: values\npolicies: []\nenvironments:\n"]
        for one in ENVIRONMENTS:
            files = ", ".join(f"{name}: {self._file(name, one)}" for name in self.applications)
            lines.append(f"  {one}: {{branch: main, path: deploy/{one}, values: {{{files}}}}}\n")
        return "".join(lines)

    def repository(self, environment: str) -> str:
        return REPOSITORY

    def branch(self, environment: str) -> str:
        return "main"

    def seeds(self) -> dict[str, dict[str, str]]:
        """Return the files of the repository; versions are the same in every environment."""
        state = {(name, "tag"): "v0" for name in self.applications} | {("web", "digest"): _digest("v0")}
        files = {
            self._file(name, one): _values(name, {**_of(state, name), "note": f"of {one}"})
            for one in ENVIRONMENTS
            for name in self.applications
        }
        return {REPOSITORY: files}

    def read(self, texts: Texts, environment: str) -> State:
        """Return the versions of an environment, and its notes."""
        found: dict[Slot, str] = {}
        for name in self.applications:
            text = texts[self._file(name, environment)]
            there = ((slot, re.search(f"{slot}: (.*)", text)) for slot in (*self.slots, "note"))
            values = {slot: one[1].strip('"') for slot, one in there if one}
            digest = values.get("digest", "none")  # it is put in with the quotes of the tag beside it
            assert text.replace(f'"{digest}"', digest) == _values(name, values), text
            found |= {(name, slot): value for slot, value in values.items()}
        return found

    def changed(self, texts: Texts, environment: str, after: State) -> dict[str, str | None]:
        """Return the files that make an environment's state another one."""
        new = {self._file(name, environment): _values(name, _of(after, name)) for name in self.applications}
        return {path: text for path, text in new.items() if texts[path] != text}

    def _file(self, name: str, environment: str) -> str:
        return f"apps/{environment}/{name}.yaml"


def _of(state: State, thing: str) -> dict[str, str]:
    return {slot: value for (one, slot), value in state.items() if one == thing}


def _values(name: str, values: Mapping[str, str]) -> str:
    digest = f"  digest: {values['digest']}\n" if "digest" in values else ""
    return (
        f"# {name}\nreplicas: 1   # note: {values['note']}\nimage:\n  repository: registry.example.com/{name}\n"
        f'  tag: "{values["tag"]}"\n{digest}port:   8080\n'
    )


def _digest(value: str) -> str:
    return "sha256:" + value.encode().hex().rjust(64, "0")


def as_value(slot: str, value: str) -> str:
    """Return a value as its slot takes it."""
    return _digest(value) if slot == "digest" and not value.startswith("sha256:") else value
