"""Does the configuration's `rbac:` let somebody do something? An answer that GitHub owes us is never a yes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.errors import RefusedError
from bot.flows.tools import Tools
from bot.intake import command_access as access
from bot.intake.command_registry import CommandSpec
from bot.model.environment import Configuration, Environment, People
from bot.model.repository import Repository
from bot.promotion.rbac import Action, Allowed, Policy, Refused, Who, decide, read_policy, who_may

MOST_NAMED = 10


class Rights:
    """What people may do in one pipeline, by its policy; `home` is the repository with the configuration.

    One instance serves one job: whoever asks twice is looked up once. The policy only narrows: what takes a permission
    on GitHub, or to be named, takes it as well.
    """

    def __init__(self, tools: Tools, home: Repository, configuration: Configuration) -> None:
        self._tools, self._home = tools, home
        self._teams: dict[str, tuple[str, ...]] = {}
        self._strange: tuple[str, ...] | None = None
        self._names = tuple(one.name for one in configuration.environments)
        self._policy = read_policy(configuration.rbac, organisation=home.owner) if configuration.rbac else None

    @property
    def is_asked(self) -> bool:
        """Say whether there is a policy at all."""
        return self._policy is not None

    def may(self, login: str, action: Action, environment: Environment | None) -> Allowed | Refused:
        """Decide for an environment, or for each member of a group; None means every environment there is."""
        policy = self._policy
        if policy is None:
            return Allowed()
        if not isinstance(policy, Policy):  # the parser of the configuration has told every mistake
            return Refused("`rbac` cannot be read")
        try:
            who = Who(login, self._teams_of(policy, login), self._unknown(policy))
        except RefusedError as error:
            return Refused(f"GitHub does not tell whose teams they are in: {error.reason or error.what}")
        verdicts = (decide(policy, who, action, name) for name in self._meant(environment))
        return next((one for one in verdicts if isinstance(one, Refused)), Allowed())

    def who_may(self, action: Action, environment: Environment | None) -> tuple[str, ...]:
        """Return the users and teams that the policy lets do it everywhere it is meant."""
        if not isinstance(self._policy, Policy):
            return ()
        found = [who_may(self._policy, action, name) for name in self._meant(environment)]
        return tuple(one for one in (found[0] if found else ()) if all(one in each for each in found))

    def allows(
        self,
        spec: CommandSpec,
        login: str,
        environment: Environment | None,
        *,
        everywhere: bool = False,
        is_author: bool = False,
    ) -> access.Allowed | access.Refused:
        """Decide by permission on GitHub, by the people whom the environment names, and by the policy: all agree.

        `everywhere` asks the policy about every environment.
        """
        people = access.named_people(spec, environment)
        found = access.authorise(
            spec,
            environment=environment,
            permission=self._tools.github.permission(self._home, login),
            is_named=bool(people and self._tools.github.is_member(self._home, people, login)),
            is_author=is_author,
        )
        if isinstance(found, access.Refused):
            return _told(found, self._tools.github.unknown_teams(self._home, people.teams))
        return self.verdict(spec.name, login, None if everywhere else environment)

    def verdict(self, command: str, login: str, environment: Environment | None) -> access.Allowed | access.Refused:
        """Decide whether somebody may use a command; those that change nothing are for everybody who may read."""
        action = access.action_of(command)
        if action is None:
            return access.Allowed()
        found = self.may(login, action, environment)
        if isinstance(found, Allowed):
            return access.Allowed()
        where = environment.name if environment else "every environment"
        able = [_written(one) for one in self.who_may(action, environment)[:MOST_NAMED]]
        ask = f"ask {', '.join(able)} to do it, or " if able else "ask "
        return access.Refused(
            f"a rule of `rbac` that lets you {action} {where}, and none that denies it",
            "no such rule" if found.why.startswith("no rule") and not found.mend else found.why,
            f"{ask}an administrator to {found.mend or 'change `rbac` in the configuration'}",
        )

    def _meant(self, environment: Environment | None) -> Iterable[str]:
        if environment is None:
            return self._names
        return tuple(one.name for one in environment.members) or (environment.name,)

    def _unknown(self, policy: Policy) -> tuple[str, ...]:
        """Return the teams that the policy names and GitHub does not know; who is in them, nobody can tell."""
        if self._strange is None:
            unknown = self._tools.github.unknown_teams(self._home, policy.teams)
            self._strange = tuple(f"{self._home.owner.lower()}:{one}" for one in unknown)
        return self._strange

    def _teams_of(self, policy: Policy, login: str) -> tuple[str, ...]:
        if login.lower() not in self._teams:
            self._teams[login.lower()] = tuple(
                f"{self._home.owner}:{team}"
                for team in policy.teams
                if self._tools.github.is_member(self._home, People(teams=(team,)), login)
            )
        return self._teams[login.lower()]


def _told(found: access.Refused, unknown: Sequence[str]) -> access.Refused:
    """Add which of the teams that are named GitHub does not know: else its members could not tell why."""
    if not unknown:
        return found
    teams = ", ".join(f"team {one}" for one in unknown)
    mend = f"ask an administrator to write into the configuration what {teams} is called now"
    return replace(found, has=f"{found.has}; GitHub knows no {teams}", next=f"{found.next}, or {mend}")


def _written(subject: str) -> str:
    return f"team {subject.partition(':')[2]}" if ":" in subject else f"@{subject}"
