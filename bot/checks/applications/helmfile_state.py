"""What does a helmfile say, once its parts, bases, environment values and nested helmfiles are read?

A helmfile is read part by part (`---` between them): values that one part gives to the environment count in the
templates of the next (https://helmfile.readthedocs.io/en/latest/writing-helmfile/).
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.checks.applications.expressions import ExpressionError, evaluated, has_expressions
from bot.checks.applications.fields import at, entries, mapping, merged, text
from bot.checks.applications.place import Template, TemplateError
from bot.checks.closure import normal
from bot.checks.documents import parse
from bot.checks.scalars import DocumentError
from bot.model.manifest import RenderProblem
from bot.model.tree import Tree

MAX_FILES = 500  # helmfiles and values files of one root
MAX_DEPTH = 20

_SEPARATOR = re.compile(r"^---[ \t]*(?:#.*)?$", re.MULTILINE)
_LISTS = ("releases", "repositories", "helmfiles")  # lists that grow from part to part


@dataclass(frozen=True, slots=True)
class State:
    """One helmfile: its path, all it says, and the values of its environment.

    `defaults` are its own `values`, which lie below those of the environment wherever they stand. `selectors` are
    those of the entry that leads here: a release must match one of them, () is all.
    """

    path: str
    value: Mapping[str, Any]
    environment: str
    chosen: Mapping[str, Any]
    defaults: Mapping[str, Any]
    selectors: tuple[str, ...] = ()

    @property
    def values(self) -> Mapping[str, Any]:
        """Return the values that templates and conditions are about."""
        found: Mapping[str, Any] = merged(self.defaults, self.chosen)
        return found

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return what a template's dot is."""
        values = self.values
        return {"Values": values, "StateValues": values, "Environment": {"Name": self.environment}}

    def local(self, name: str) -> str | None:
        """Return the path of a file that is named beside this helmfile, None when it leaves the repository."""
        return normal(posixpath.join(posixpath.dirname(self.path), name)) if not name.startswith("/") else None

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Say whether a release with these labels is selected: `a=b,c!=d` all hold, for one of the selectors."""
        return not self.selectors or any(_holds(one, labels) for one in self.selectors)


def _holds(selector: str, labels: Mapping[str, str]) -> bool:
    for one in selector.split(","):
        name, sign, value = one.partition("!=") if "!=" in one else one.partition("=")
        if (labels.get(name.strip()) == value.strip()) is (sign == "!="):
            return False
    return True


@dataclass(frozen=True, slots=True)
class Given:
    """What a helmfile above hands down: values, and the environment's name ('' is "default")."""

    values: Mapping[str, Any]
    environment: str


@dataclass(slots=True)
class Loader:
    """Reads helmfiles and what they name from a tree; what goes wrong is kept in `problems`."""

    tree: Tree
    environment: str
    template: Template | None
    problems: list[RenderProblem] = field(default_factory=list)
    files: int = 0

    def states(self, path: str, given: Given | None = None, depth: int = 0) -> Iterator[State]:
        """Yield a helmfile's nested helmfiles, in their order, and then itself, as helmfile processes them."""
        if self.tree.is_directory(path):
            for name in self.tree.names(path):
                if name.endswith((".yaml", ".yml", ".yaml.gotmpl", ".yml.gotmpl")):
                    yield from self.states(posixpath.join(path, name), given, depth)
            return
        if depth > MAX_DEPTH:
            self.problem(path, f"not rendered: helmfiles nested deeper than {MAX_DEPTH}")
            return
        state = self._state(path, given or Given({}, self.environment))
        if state is None:
            return
        for one in entries(state.value.get("helmfiles")):
            yield from self._nested(one, state, depth)
        yield state

    def problem(self, path: str, message: str, line: int | None = None, *, remote: bool = False) -> None:
        """Keep one reason why something is not rendered."""
        found = RenderProblem(path, message, line, remote=remote)
        if found not in self.problems:
            self.problems.append(found)

    def carried_out(self, path: str, parameters: Mapping[str, Any]) -> str | RenderProblem:
        """Return a file's text with its templates carried out, or why they are not."""
        self.files += 1
        if self.files > MAX_FILES:
            return RenderProblem(path, f"more than {MAX_FILES} files")
        try:
            return self._evaluated((self.tree.read(path) or b"").decode(), parameters)
        except UnicodeDecodeError:
            return RenderProblem(path, "not UTF-8 text")
        except (ExpressionError, TemplateError) as error:
            return RenderProblem(path, str(error))

    def _evaluated(self, text: str, parameters: Mapping[str, Any]) -> str:
        if not has_expressions(text):
            return text
        try:
            return evaluated(text, parameters)
        except ExpressionError:
            if self.template is None:
                raise
        (found,) = self.template([text], parameters)
        return found

    def _nested(self, one: Any, above: State, depth: int) -> Iterator[State]:
        """Yield the states of one entry of `helmfiles`: a path or pattern, maybe with values and selectors."""
        name = text(one) or text(at(one, "path"))
        if "::" in name or "://" in name:
            self.problem(above.path, f"not rendered: remote helmfile {name}; Lockkeeper renders offline", remote=True)
            return
        paths = self._matching(above, name)
        if not paths:
            self.problem(above.path, f"not rendered: there is no helmfile {name}")
        values = self._values(entries(at(one, "values")), above, "")
        given = Given(values, text(at(one, "environment")) or above.environment)
        selectors = tuple(text(each) for each in entries(at(one, "selectors")) if text(each))
        for path in paths:
            for state in self.states(path, given, depth + 1):
                yield replace(state, selectors=selectors) if selectors else state

    def _matching(self, above: State, name: str) -> Sequence[str]:
        path = above.local(name)
        if path is None or not name:
            return ()
        if not any(sign in path for sign in "*?["):
            return (path,) if self.tree.blob(path) is not None or self.tree.is_directory(path) else ()
        top, _, _ = re.split(r"[*?\[]", path, maxsplit=1)[0].rpartition("/")
        return [one for one in self.tree.files(top)[:10_000] if fnmatch.fnmatchcase(one, path)][:MAX_FILES]

    def _state(self, path: str, given: Given) -> State | None:
        """Read a helmfile for the wanted environment; for "default" where it has none of that name."""
        before = list(self.problems)
        state = self._parts(path, State(path, {}, given.environment or "default", given.values, {}), given, 0)
        if given.environment in ("", "default"):
            return state
        if state is not None and given.environment in mapping(state.value.get("environments")):
            return state
        self.problems[:] = before
        return self._state(path, Given(given.values, ""))

    def _parts(self, path: str, state: State, given: Given, depth: int) -> State | None:
        """Read the parts of a file one after another, each with the values of those before."""
        self.files += 1
        if self.files > MAX_FILES or depth > MAX_DEPTH:
            self.problem(path, f"not rendered: more than {MAX_FILES} files, or nested deeper than {MAX_DEPTH}")
            return None
        try:
            whole = (self.tree.read(path) or b"").decode("utf-8-sig")
        except UnicodeDecodeError:
            self.problem(path, "not rendered: not UTF-8 text")
            return None
        before = 0
        for part in _SEPARATOR.split(whole):
            value = self._part(path, part, before, state)
            before += part.count("\n")
            if value is None:
                return None
            for base in entries(value.get("bases")):
                name = state.local(text(base))
                if name is None or self.tree.blob(name) is None:
                    self.problem(path, f"not rendered: there is no base {text(base)}")
                    return None
                below = self._parts(name, replace(state, path=name), given, depth + 1)
                if below is None:
                    return None
                state = replace(below, path=state.path)
            state = self._with(state, value, given)
        return state

    def _part(self, path: str, part: str, before: int, state: State) -> Mapping[str, Any] | None:
        """Return what one part says, `before` lines into its file; None when it cannot be read."""
        try:
            documents = parse(self._evaluated(part, state.parameters).encode())
        except (ExpressionError, TemplateError) as error:
            self.problem(path, f"not rendered: {error}")
            return None
        except DocumentError as error:
            self.problem(path, f"not rendered: {error.message}", error.line and error.line + before)
            return None
        return mapping(documents[0].value) if documents else {}

    def _with(self, state: State, value: Mapping[str, Any], given: Given) -> State:
        """Lay one part over those before; values handed down by a helmfile above win over its own."""
        whole = dict(state.value)
        for key, one in value.items():
            if key in _LISTS:
                whole[key] = [*entries(whole.get(key)), *entries(one)]
            else:
                whole[key] = merged(whole[key], one) if key in whole else one
        here = replace(state, defaults=merged(state.defaults, self._values(entries(value.get("values")), state, "")))
        own = mapping(at(value, "environments", state.environment))
        new = self._values(entries(own.get("values")), here, text(own.get("missingFileHandler")))
        return replace(here, value=whole, chosen=merged(merged(state.chosen, new), given.values))

    def _values(self, listed: Sequence[Any], state: State, handler: str) -> Mapping[str, Any]:
        """Return mappings and values files as one mapping, the later over the earlier.

        Only files named `.gotmpl` are templates. A file that is not there is a problem, unless `handler`
        (missingFileHandler) says otherwise.
        """
        found: Any = {}
        for one in listed:
            path = state.local(text(one))
            state = replace(state, chosen=merged(state.chosen, found)) if found else state
            if isinstance(one, Mapping):
                found = merged(found, one)
            elif path is None or self.tree.blob(path) is None:
                if handler not in ("Warn", "Info", "Debug"):
                    self.problem(state.path, f"not rendered: there is no values file {text(one)}")
            else:
                found = merged(found, self._values_file(path, state))
        return mapping(found)

    def _values_file(self, path: str, state: State) -> Mapping[str, Any]:
        made = self.carried_out(path, state.parameters) if path.endswith(".gotmpl") else self._plain(path)
        if isinstance(made, RenderProblem):
            self.problem(path, f"not rendered: {made.message}", made.line)
            return {}
        try:
            documents = parse(made.encode() if isinstance(made, str) else made)
        except DocumentError as error:
            self.problem(path, f"not rendered: {error.message}", error.line)
            return {}
        return mapping(documents[0].value) if documents else {}

    def _plain(self, path: str) -> bytes | RenderProblem:
        self.files += 1
        return (
            self.tree.read(path) or b""
            if self.files <= MAX_FILES
            else RenderProblem(path, f"more than {MAX_FILES} files")
        )
