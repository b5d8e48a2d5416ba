"""Who looks at which page? One request: the world, the arguments of the address, and the person one acts as."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flask import Request, redirect, render_template
from werkzeug.wrappers import Response

from bot.sandbox.git import GitError
from bot.sandbox.pages.happenings import Happenings
from bot.sandbox.pages.markup import rendered
from bot.sandbox.pages.references import References
from bot.sandbox.records import Organization, Pull, Repository, User
from bot.sandbox.refusal import Refusal, not_found
from bot.sandbox.world import World

PERSON = "sandbox_person"  # the cookie that remembers as whom one acts


@dataclass(frozen=True)
class Visit:
    """One request. `arguments` come from the address; `happenings` are the world's, kept between visits."""

    world: World
    request: Request
    arguments: Mapping[str, str | int]
    happenings: Happenings

    def word(self, name: str) -> str:
        """Return an argument of the address, or "" when it has none of that name."""
        return str(self.arguments.get(name, ""))

    def number(self, name: str) -> int:
        """Return a number of the address."""
        return int(self.arguments[name])

    def field(self, name: str) -> str:
        """Return a field of the form that was sent, line ends as Unix writes them."""
        return self.request.form.get(name, "").replace("\r\n", "\n")

    # ---- who acts

    @property
    def people(self) -> list[User]:
        """Return everyone one may act as, oldest first."""
        return [who for who in self.world.accounts.values() if isinstance(who, User)]

    @property
    def person(self) -> User | None:
        """Return the person one acts as: the chosen one, else the first."""
        chosen = self.world.accounts.get(self.request.cookies.get(PERSON, "").lower())
        return chosen if isinstance(chosen, User) else next(iter(self.people), None)

    @property
    def login(self) -> str:
        """Return the login one acts as; a refusal when the world has no people yet."""
        if self.person is None:
            raise Refusal(401, "Requires authentication")
        return self.person.login

    # ---- what it is about

    @property
    def repository(self) -> Repository:
        """Return the repository of the address."""
        return self.world.repository(f"{self.word('owner')}/{self.word('repo')}")

    @property
    def pull(self) -> Pull:
        """Return the pull request of the address."""
        return self.world.pull(self.repository, self.number("number"))

    def organization(self) -> Organization:
        """Return the organisation of the address."""
        return self.world.organization(self.word("organization"))

    def split(self, rest: str) -> tuple[str, str, str]:
        """Return (ref, commit, path) of `REF/PATH`, the longest branch first, since branches hold slashes."""
        git = self.repository.git
        parts = rest.strip("/").split("/")
        for end in range(len(parts), 0, -1):
            ref = "/".join(parts[:end])
            commit = git.branch(ref) or (git.resolve(ref) if end == 1 else None)
            if commit:
                return ref, commit, "/".join(parts[end:])
        raise not_found()

    # ---- answers

    def page(self, template: str, **values: object) -> str:
        """Return a page from a template."""
        repository = values.get("repository")
        references = References(self.world, repository if isinstance(repository, Repository) else None)
        return render_template(
            f"pages/{template}",
            visit=self,
            world=self.world,
            references=references,
            markdown=lambda text: rendered(text, references),
            **values,
        )

    def go(self, path: str) -> Response:
        """Return a redirection to one of our own pages (303: see other)."""
        return redirect(path, 303)


Answer = str | Response
Handler = Callable[[Visit], Answer]


@dataclass(frozen=True, slots=True)
class Route:
    """One address and what answers it."""

    method: str
    path: str
    handler: Handler
    from_elsewhere: bool = False


@dataclass
class Section:
    """Pages about one thing."""

    routes: list[Route] = field(default_factory=list)

    def get(self, *paths: str) -> Callable[[Handler], Handler]:
        """Let a handler show a page."""
        return self._route("GET", paths, from_elsewhere=False)

    def post(self, *paths: str, from_elsewhere: bool = False) -> Callable[[Handler], Handler]:
        """Let a handler take a form, of our own pages unless `from_elsewhere`; those must change nothing."""
        return self._route("POST", paths, from_elsewhere=from_elsewhere)

    def _route(self, method: str, paths: tuple[str, ...], *, from_elsewhere: bool) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            self.routes += [Route(method, path, handler, from_elsewhere) for path in paths]
            return handler

        return keep


def missing(error: GitError) -> Refusal:
    """Return what a page says when git does not find what was asked for."""
    del error
    return not_found()
