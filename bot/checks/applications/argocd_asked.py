"""What is known of an Argo CD Application while one of its sources is read, and what is said of it?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.checks.applications.argocd_ground import Ground, Refused
from bot.checks.applications.build_environment import expanded
from bot.checks.applications.place import Place
from bot.model.manifest import RenderProblem, Resource

_REVISION_NOTE = "`$ARGOCD_APP_REVISION` is the commit that will be deployed: zeros stand for it here"
_NOWHERE = Ground()
_MOST = 50  # problems of one Application; more of them say nothing new


@dataclass(slots=True)
class Said:
    """Problems and notes of one Application, and the paths of the tree at hand that decided over it.

    `reads` are paths or patterns of files whose content or presence counts beyond what the sources read themselves.
    """

    resource: Resource
    problems: list[RenderProblem] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    reads: dict[str, None] = field(default_factory=dict)

    def problem(self, message: str, how: str = "", *, remote: bool = False, passing: bool = False) -> None:
        """Say why something is not rendered."""
        said = RenderProblem(self.resource.path, message, self.resource.line, how, remote, passing)
        if said not in self.problems and len(self.problems) < _MOST:
            self.problems.append(said)

    def note(self, text: str) -> None:
        """Say something that does no harm."""
        self.notes[text] = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One source: of which Application, deployed to which namespace, and where its files lie.

    `called` is the source's place in front of what is said of it, '' when it is the only one. `refs` are the grounds
    of the sources that have a `ref`.
    """

    said: Said
    place: Place
    name: str
    namespace: str = ""
    project: str = ""
    called: str = ""
    refs: Mapping[str, Ground | Refused] = field(default_factory=dict)
    ground: Ground = _NOWHERE
    path: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)

    def problem(self, message: str, how: str = "", *, remote: bool = False, passing: bool = False) -> None:
        """Say why the source, or a part of it, is not rendered."""
        self.said.problem(f"{self.called}{message}", how, remote=remote, passing=passing)

    def refuse(self, message: str, refused: Refused) -> None:
        """Say that files cannot be read."""
        self.problem(f"{message}{refused.message}", refused.how, remote=refused.remote)

    def fill(self, text: str) -> str:
        """Return a text with the variables of the build environment filled in."""
        if "ARGOCD_APP_REVISION" in text:
            self.said.note(_REVISION_NOTE)
        return expanded(text, self.variables)

    def at(self, ground: Ground, path: str, variables: Mapping[str, str]) -> Asked:
        """Return the same with the place of the source's files."""
        return replace(self, ground=ground, path=path, variables=variables)
