"""Where is what, after each step of a walk through an example? Every file of every environment is accounted for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle

from bot.sandbox.records import Pull
from tests.examples.stories import Edit, Place, Step, Story
from tests.flows.world import BOT, Method, Town

OPEN = "All gates are open: ready to merge"


class Walk:
    """One example at play: people and the bot act, and what every branch is expected to hold is kept beside it."""

    def __init__(self, town: Town, story: Story, methods: Sequence[Method]) -> None:
        """Take who plays what; pull requests are merged by these methods, one after the other and round again."""
        self.town, self.story = town, story
        self._methods = cycle(methods)
        seeds = story.layout.seeds()
        branches = {(one.repository, one.branch) for one in story.places}
        self._expected = {(repository, branch): dict(seeds[repository]) for repository, branch in branches}
        self._deeds = 0
        self._edit(story.own, story.places[-1], commit=True)

    @property
    def _world(self):  # type: ignore[no-untyped-def]  # of the sandbox
        return self.town.world

    # ---- what people do

    def land(self, step: Step, place: Place, author: str = "ann") -> int:
        """Bring a change into an environment by pull request, and let the bot see it; return its number."""
        self._deeds += 1
        branch, title = f"change-{self._deeds}", f"Change {self._deeds}"
        changes = {**self._changed(step.travels, place)}
        changes |= self._changed(step.stays, place)
        world = self._world
        world.commit(place.repository, branch, changes, title, author=author, start=place.branch)
        pull = world.open_pull(place.repository, author, head=branch, base=place.branch, title=title)
        world.merge(place.repository, pull.number, "root", next(self._methods))
        self.town.settle()
        number: int = pull.number
        return number

    def arrive(self, step: Step, place: Place, *, watch: bool = True) -> None:
        """Take the promotion into an environment to its end: satisfy the gates, approve, merge.

        With `watch` the gates are looked at before the merge.
        """
        (pull,) = self.promotions(place)
        world = self._world
        if (gates := self._gates(pull, place)) != OPEN:
            if "waiting for CI" in gates:
                world.set_status(place.repository, self._source_of(place), "ben", "success", "integration-tests")
            world.review(place.repository, pull.number, "quinn" if place.environment == "staging" else "lena")
            if watch:
                self.town.settle()
                (pull,) = self.promotions(place)
                assert self._gates(pull, place) == OPEN
        world.merge(place.repository, pull.number, "omar", next(self._methods))
        self._changed(step.travels, place)
        self.town.settle()

    def ask(self, number: int, place: Place) -> None:
        """Ask for the promotion into an environment that waits to be asked."""
        self._world.comment(self.story.layout.home, number, "omar", f"/promote {place.environment}")
        self.town.settle()

    def bring_back(self, step: Step, number: int, place: Place, home: Place) -> int:
        """Ask on a pull request into an environment that what it changed there comes back to the one before.

        Return the number of the pull request that brings it.
        """
        world = self._world
        world.comment(place.repository, number, "omar", f"/promote {home.environment}")
        self.town.settle()
        found = world.open_pulls(home.repository, home.branch)
        branch = f"back/{place.environment}-to-{home.environment}"
        (pull,) = (one for one in found if one.head_ref.partition("--")[0] == branch)
        world.review(home.repository, pull.number, "quinn")
        world.merge(home.repository, pull.number, "omar", next(self._methods))
        self._changed(step.travels, home)
        self.town.settle()
        brought: int = pull.number
        return brought

    def _source_of(self, place: Place) -> str:
        source = self.story.places[self.story.places.index(place) - 1]
        return self._world.branch_sha(source.repository, source.branch) or ""

    # ---- what is to be seen

    def promotions(self, place: Place) -> list[Pull]:
        """Return the open promotion pull requests into an environment."""
        found = self._world.open_pulls(place.repository, place.branch)
        ours = (one for one in found if one.head_ref.startswith("promote/"))
        return [one for one in ours if one.head_ref.partition("--")[0].endswith(f"-to-{place.environment}")]

    def all_promotions(self) -> list[str]:
        """Return the branches of all open promotion pull requests."""
        found = (one for name in self.story.layout.repositories for one in self._world.open_pulls(name))
        return [one.head_ref for one in found]

    def told(self, number: int) -> str:
        """Return what the author of a change is told on their own pull request."""
        comments = self._world.comments_of(self.story.layout.home, number)
        found = [one.body for one in comments if one.user.login == BOT and "lockkeeper:journey" in one.body]
        assert len(found) == 1
        return found[0]

    def as_expected(self) -> bool:
        """Assert that every branch holds exactly the files it should, byte for byte."""
        return all(self.is_at(repository, branch, branch) for repository, branch in self._expected)

    def is_at(self, repository: str, branch: str, revision: str) -> bool:
        """Assert that a revision holds exactly the files that the branch is expected to hold, byte for byte."""
        files = self._expected[repository, branch]
        there, wanted = self._blobs(repository, revision), {path: _blob(text) for path, text in files.items()}
        wrong = {
            path: self._world.read_file(repository, revision, path)
            for path in there.keys() | wanted.keys()
            if there.get(path) != wanted.get(path)
        }
        assert wrong == {path: files.get(path) for path in wrong}, f"{repository} {revision}"
        return True

    def _blobs(self, repository: str, revision: str) -> Mapping[str, str]:
        with self._world.lock:
            lines = self._world.repository(repository).git.text("ls-tree", "-r", revision).splitlines()
        return {path: meta.split()[2] for meta, _, path in (line.partition("\t") for line in lines)}

    def _gates(self, pull: Pull, place: Place) -> str:
        runs = self._world.check_runs(place.repository, pull.head_sha, f"lockkeeper / promotion to {place.environment}")
        assert len(runs) == 1
        return runs[0].title or ""

    # ---- what is expected

    def _edit(self, edit: Edit, place: Place, *, commit: bool) -> None:
        changes = self._changed(edit, place)
        if commit and changes:
            self._world.commit(place.repository, place.branch, changes, "Own", author="omar")
            self.town.settle()

    def _changed(self, edit: Edit, place: Place) -> dict[str, str | None]:
        return dict(self._applied(edit, place))

    def _applied(self, edit: Edit, place: Place) -> Iterator[tuple[str, str | None]]:
        """Carry out an edit on what is expected of a place, and yield what changes."""
        files = self._expected[place.repository, place.branch]
        for name, change in edit.items():
            path = place.file(name)
            text = change(files.pop(path, ""))
            if text is not None:
                files[path] = text
            yield path, text


def _blob(text: str) -> str:
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
