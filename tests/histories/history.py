"""What do people do in a random history, and what must never happen in it?"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random

from bot.flows.converge import converge
from bot.flows.outcome import HopOutcome
from bot.model.repository import Repository
from bot.promotion.plan import Idle, Stuck
from bot.sandbox.records import Pull
from bot.sandbox.refusal import Refusal
from tests.flows.fingerprint import flaws
from tests.flows.schedule import Schedule
from tests.flows.world import REPOSITORY, Town
from tests.histories.estates import ENVIRONMENTS, PATH, Slot, State, Texts, Trees, Versions, as_value

SOURCE = {"staging": "development", "production": "staging"}
METHODS = ("merge", "squash", "rebase")
MOST_LOOKS, MOST_ROUNDS = 6, 12
BY_DOOR = 0.25  # of the looks
Estate = Trees | Versions


class History:
    """People at work in an estate. `log` says what they did, to be read when a law is broken."""

    def __init__(self, town: Town, estate: Estate) -> None:
        self.town, self.estate = town, estate
        self.log: list[str] = []
        self._numbers = 0
        self._read: dict[str, dict[str, str]] = {}  # commit → its files
        self._touched: dict[str, set[Slot]] = {one: set() for one in SOURCE}
        self._ever: dict[str, list[State]] = {one: [] for one in ENVIRONMENTS}
        self._last = {one: self._tip(SOURCE[one]) for one in SOURCE}  # the source commit that each took last
        for one in ENVIRONMENTS:
            self._remember(one)
        self.deeds: dict[str, Callable[[Random], None]] = {
            "edit": self.edit,
            "create": self.create,
            "delete": self.delete,
            "rename": self.rename,
            "revert": self.revert,
            "fix": self.fix,
            "own": self.own,
            "bring back": self.bring_back,
            "close": self.close,
            "reopen": self.reopen,
            "merge": self.merge,
            "look": self.deliver_and_look,
        }

    # ---- what people do in development

    def edit(self, chance: Random) -> None:
        """Change a value, sometimes to one that was there before."""
        state = dict(self._state("development"))
        slot = chance.choice(self._travelling(state))
        earlier = [one[slot] for one in self._ever["development"] if slot in one]
        value = chance.choice(earlier) if earlier and chance.random() < 0.2 else as_value(slot[1], self._new("v"))
        self._develop(state | {slot: value}, chance, f"edit {slot} {value}")

    def create(self, chance: Random) -> None:
        """Add a file, or pin an image."""
        state = dict(self._state("development"))
        if isinstance(self.estate, Versions):
            slot = (chance.choice(self.estate.applications), "digest")
            self._develop(state | {slot: as_value("digest", self._new("v"))}, chance, f"pin {slot[0]}")
        else:
            self._develop(state | self._file(), chance, "create a file")

    def delete(self, chance: Random) -> None:
        """Remove a file, or the pin of an image."""
        state = dict(self._state("development"))
        if isinstance(self.estate, Versions):
            state.pop((chance.choice(self.estate.applications), "digest"), None)
            self._develop(state, chance, "unpin")
        elif len(things := sorted({thing for thing, _ in state})) > 2:  # a source with nothing in it promotes nothing
            thing = chance.choice(things)
            left = {slot: value for slot, value in state.items() if slot[0] != thing}
            self._develop(left, chance, f"delete {thing}")

    def rename(self, chance: Random) -> None:
        """Rename a file; where versions travel, change what is development's own."""
        state = dict(self._state("development"))
        slot = "name" if self.estate.renames else "note"
        if things := sorted({thing for thing, _ in state}):
            thing = chance.choice(things)
            self._develop(state | {(thing, slot): self._new("n")}, chance, f"rename {thing}")

    def revert(self, chance: Random) -> None:
        """Take development back to what it held before."""
        self._develop(chance.choice(self._ever["development"]), chance, "revert")

    def bring_back(self, chance: Random) -> None:
        """Bring a value that was fixed in an environment to development, by hand."""
        environment = chance.choice(tuple(SOURCE))
        ours, state = self._state(environment), dict(self._state("development"))
        if fixed := sorted(one for one in self._touched[environment] if one in ours and one in state):
            slot = chance.choice(fixed)
            self._develop(state | {slot: ours[slot]}, chance, f"bring {slot} back from {environment}")

    # ---- what people do elsewhere

    def fix(self, chance: Random) -> None:
        """Change an environment directly."""
        environment = chance.choice(tuple(SOURCE))
        state = dict(self._state(environment))
        things = sorted({thing for thing, _ in state})
        if isinstance(self.estate, Trees) and things and chance.random() < 0.15:
            thing = chance.choice(things)
            self._directly(environment, {slot: one for slot, one in state.items() if slot[0] != thing}, "delete")
        elif slots := self._travelling(state):
            slot = chance.choice(slots)
            self._directly(environment, state | {slot: as_value(slot[1], self._new("fix"))}, f"fix {slot}")

    def own(self, chance: Random) -> None:
        """Give an environment something of its own."""
        environment = chance.choice(tuple(SOURCE))
        state = dict(self._state(environment))
        if isinstance(self.estate, Versions):
            slot = (chance.choice(self.estate.applications), "note")
            self._directly(environment, state | {slot: self._new("own")}, f"note {slot}")
        else:
            self._directly(environment, state | self._file(), "own file")

    def close(self, chance: Random) -> None:
        """Decline a promotion."""
        if pulls := [pull for one in SOURCE for pull in self._open(one)]:
            pull = chance.choice(pulls)
            self.log.append(f"close #{pull.number}")
            self.town.world.close_pull(pull.repository.full_name, pull.number, "quinn")

    def reopen(self, chance: Random) -> None:
        """Think again of a promotion that was declined."""
        pulls = [one for name in self.town.repositories for one in self.town.world.repository(name).pulls]
        promotions = [one for one in pulls if one.head_ref.startswith("promote/")]
        closed = [one for one in promotions if one.issue.state == "closed" and one.merged_at is None]
        if closed:
            self.log.append(f"reopen #{closed[-1].number}")
            with suppress(Refusal):
                name = closed[-1].repository.full_name
                self.town.world.edit_pull(name, closed[-1].number, "quinn", state="open")

    def merge(self, chance: Random) -> None:
        """Merge a promotion as it stands, whatever happened since it was looked at."""
        for environment in [one for one in SOURCE if self._open(one)][-chance.randint(1, 2) :]:
            with suppress(Refusal):
                self.arrive(environment, self._open(environment)[0], chance.choice(METHODS))

    # ---- the laws

    def arrive(self, environment: str, pull: Pull, method: str) -> None:
        """Merge a promotion; nothing that is the target's own is lost by it, and nothing that the source changed."""
        name = self.estate.repository(environment)
        message = self.town.world.repository(name).git.text("log", "-1", "--format=%B", pull.head_sha)
        found = re.search("Lockkeeper-Source: (\\w+) ([0-9a-f]{40})", message)
        assert found and found[1] == SOURCE[environment], message
        before = self._state(environment)
        self.town.world.merge(name, pull.number, "omar", method)  # type: ignore[arg-type]  # one of METHODS
        self.log.append(f"merge #{pull.number} into {environment} by {method}")
        source = SOURCE[environment]
        base, theirs = (self._state(source, one) for one in (self._last[environment], found[2]))
        self._law(environment, (base, theirs, before, self._state(environment)))
        self._last[environment] = found[2]
        self._remember(environment)

    def _law(self, environment: str, states: tuple[State, State, State, State]) -> None:
        ever = self._ever[SOURCE[environment]]
        for slot in sorted({slot for one in states for slot in one}):
            base, theirs, ours, after = (one.get(slot) for one in states)
            told = f"{slot}: {base} → {theirs} in the source, {ours} → {after} in {environment}\n{self}"
            if slot[1] == "note":
                assert after == ours, f"what does not travel travelled; {told}"
            elif after == ours:
                assert theirs in (base, ours), f"a change of the source was lost; {told}"
            else:
                assert after == theirs, f"a value from nowhere; {told}"
                own = ours != base and not any(one.get(slot) == ours for one in ever)
                assert not own, f"what the target had of its own was lost; {told}"

    def deliver_and_look(self, chance: Random) -> None:
        """Let what happened arrive: not at all, or through the door, twice, in any order, a part of it lost.

        What came through the door leaves nothing to write for the look after it.
        """
        if chance.random() < BY_DOOR:
            self.town.schedule = Schedule("random", chance.randint(1, 2), chance.randint(0, 9), chance.choice((0, 0.5)))
            self.log.append(f"deliver {self.town.schedule}")
            self.town.settle()
            heads = self.town._heads()
            self.look()
            assert self.town._heads() == heads, f"deliveries left something to do\n{self}"
        else:
            self.look()

    def look(self) -> Sequence[HopOutcome]:
        """Let the bot converge; what comes out is doubled nowhere, and the last look of it writes nothing."""
        self.log.append("look")
        for _ in range(MOST_LOOKS):
            heads = self.town._heads()
            self.town.sandbox.exchanges.clear()
            repository = Repository.parse(REPOSITORY)
            found = converge(self.town.bot.tools(repository, lambda: None), repository)
            written = [one for one in self.town.sandbox.exchanges.writes if one.status < 400]
            assert flaws(self.town) == [], self
            if not written and self.town._heads() == heads:
                self.town.take_held()
                return found.hops
        raise AssertionError(f"it writes for ever: {[f'{one.method} {one.path}' for one in written]}\n{self}")

    def ends(self) -> None:
        """Promote what is left, take back what is in the way, and see that nothing is missing anywhere."""
        state = dict(self._state("development"))
        more = self._file() if isinstance(self.estate, Trees) else {("web", "tag"): self._new("v")}
        self._develop(state | more, Random(0), "onward")  # so that nothing stays declined
        for environment in SOURCE:
            for _ in range(MOST_ROUNDS):
                outcome = next(one for one in self.look() if one.hop.target.name == environment)
                if isinstance(outcome.decision, Stuck):
                    self._take_back(environment)
                elif pulls := self._open(environment):
                    self.arrive(environment, pulls[0], "merge")
                else:
                    assert isinstance(outcome.decision, Idle) and "already has" in outcome.decision.reason, outcome
                    break
            else:
                raise AssertionError(f"promotions into {environment} do not end\n{self}")
            self._whole(environment)

    def _whole(self, environment: str) -> None:
        source, target = self._state(SOURCE[environment]), self._state(environment)
        for slot in sorted(source.keys() | target.keys()):
            if source.get(slot) != target.get(slot) and slot[1] != "note":
                told = f"{slot}: {source.get(slot)} in the source, {target.get(slot)} in {environment}\n{self}"
                assert slot in self._touched[environment], f"a change of the source was lost; {told}"

    def _take_back(self, environment: str) -> None:
        """Resolve conflicts as people do: what both sides changed is in the target as it was before."""
        base = self._state(SOURCE[environment], self._last[environment])
        theirs, ours = self._state(SOURCE[environment]), dict(self._state(environment))
        things = {
            slot[0]
            for slot in base.keys() | theirs.keys() | ours.keys()
            if slot[1] != "note" and base.get(slot) != theirs.get(slot) and slot[0] in {one[0] for one in base}
        }
        kept = {slot: value for slot, value in ours.items() if slot[0] not in things or slot[1] == "note"}
        kept |= {slot: value for slot, value in base.items() if slot[0] in things and slot[1] != "note"}
        assert kept != ours, f"a conflict about nothing\n{self}"
        self._directly(environment, kept, "take back", touch=False)
        self._touched[environment] -= {slot for slot in self._touched[environment] if slot[0] in things}

    # ---- reading and writing

    def _travelling(self, state: State) -> list[Slot]:
        return sorted(slot for slot in state if slot[1] in self.estate.slots)

    def _file(self) -> dict[Slot, str]:
        thing = self._new("t")
        return {(thing, "name"): thing, **{(thing, slot): "v0" for slot in self.estate.slots}}

    def _new(self, prefix: str) -> str:
        self._numbers += 1
        return f"{prefix}{self._numbers}"

    def _develop(self, after: State, chance: Random, words: str) -> None:
        """Bring a state into development by a push, or by a pull request of one or two commits."""
        texts = self._texts("development")
        changes = self.estate.changed(texts, "development", after)
        self.log.append(f"{words}: {sorted(changes)}")
        if not changes:
            return
        world, method = self.town.world, chance.choice(("push", *METHODS))
        if method == "push":
            world.commit(REPOSITORY, "main", changes, words, author="ann")
        else:
            topic, parts = self._new("topic"), [changes]
            if len(changes) > 1 and chance.random() < 0.5 and not self.estate.renames:
                items = sorted(changes.items())
                parts = [dict(items[:1]), dict(items[1:])]
            for part in parts:
                world.commit(REPOSITORY, topic, part, words, author="ann", start="main")
            pull = world.open_pull(REPOSITORY, "ann", head=topic, base="main", title=words)
            world.merge(REPOSITORY, pull.number, "root", method)  # type: ignore[arg-type]  # one of METHODS
        self._remember("development")

    def _directly(self, environment: str, after: State, words: str, *, touch: bool = True) -> None:
        before = self._state(environment)
        changes = self.estate.changed(self._texts(environment), environment, after)
        self.log.append(f"{words} in {environment}: {sorted(changes)}")
        if changes:
            name, branch = self.estate.repository(environment), self.estate.branch(environment)
            self.town.world.commit(name, branch, changes, words, author="omar")
            if touch:
                both = before.keys() | after.keys()
                self._touched[environment] |= {slot for slot in both if before.get(slot) != after.get(slot)}
            self._remember(environment)

    def _open(self, environment: str) -> list[Pull]:
        found = self.town.world.open_pulls(self.estate.repository(environment), self.estate.branch(environment))
        ours = [one for one in found if one.head_ref.startswith("promote/")]
        return [one for one in ours if one.head_ref.partition("--")[0].endswith(f"-to-{environment}")]

    def _tip(self, environment: str) -> str:
        name, branch = self.estate.repository(environment), self.estate.branch(environment)
        return self.town.world.branch_sha(name, branch) or ""

    def _remember(self, environment: str) -> None:
        self._ever[environment].append(self._state(environment))

    def _state(self, environment: str, commit: str = "") -> State:
        return self.estate.read(self._texts(environment, commit), environment)

    def _texts(self, environment: str, commit: str = "") -> Texts:
        """Return the texts of all files of an environment's branch, now or at a commit."""
        git = self.town.world.repository(self.estate.repository(environment)).git
        commit = commit or self._tip(environment)
        if commit not in self._read:
            entries = [one for one in git.tree(commit, recursive=True) if one.kind == "blob" and one.path != PATH]
            self._read[commit] = {one.path: git.blob(one.sha).decode() for one in entries}
        return self._read[commit]

    def __str__(self) -> str:
        return f"{self.estate.strategy}:\n  " + "\n  ".join(self.log)
