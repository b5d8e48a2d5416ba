"""Which applications does Flux deploy, by the Kustomizations and HelmReleases that an environment renders to?

Behaviour: https://fluxcd.io/flux/components/kustomize/kustomizations/ and github.com/fluxcd/kustomize-controller.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.checks.applications import helm_release
from bot.checks.applications.directories import did_you_mean, inside
from bot.checks.applications.fields import at, entries, mapping, text
from bot.checks.applications.flux_declaration import Declaration
from bot.checks.applications.flux_edit import Directory, EditError, is_edited, overrides
from bot.checks.applications.flux_sources import Located, located
from bot.checks.applications.flux_values import MissingError, data_of, hidden_text
from bot.checks.applications.place import Place
from bot.checks.applications.substitution import UNKNOWN
from bot.model.manifest import RenderProblem, Resource
from bot.model.source import Application, Source

_GROUP = "kustomize.toolkit.fluxcd.io"
_DECLARED = "Flux Kustomization"
_VARIABLE = re.compile(r"[_A-Za-z][_A-Za-z0-9]*")
_NOTES = (
    ("suspend", True, "suspended: Flux applies no change until it is resumed"),
    ("prune", False, "prune is off: what is removed here stays in the cluster"),
)


def applications(resource: Resource, place: Place) -> tuple[Application, ...]:
    """Return the application that a Flux Kustomization or HelmRelease declares; () for any other resource.

    The application is named like the resource, with its namespace in front unless that is flux-system. What it is
    rendered from lies in this repository, or in one of `place.others`; everything else is a problem that says why. An
    application may have problems and sources: then a part of what Flux knows is missing. Never raises.
    """
    group = resource.key.group
    if group == _GROUP and resource.kind == "Kustomization":
        return (_Kustomization(resource, place).application(),)
    if group == helm_release.GROUP and resource.kind == "HelmRelease":
        return (helm_release.application(resource, place),)
    return ()


class _Kustomization(Declaration):
    """One Flux Kustomization while it is read, with what is found to be wrong or worth saying."""

    def application(self) -> Application:
        variables = self._variables()
        source = self._source(substitutes=bool(variables))
        self.notes += [words for key, value, words in _NOTES if self.spec.get(key) is value]
        if mapping(self.spec.get("decryption")):
            self.notes.append("what SOPS encrypted is shown as it is, encrypted")
        return self.declares(_DECLARED, source, variables)

    def _source(self, *, substitutes: bool) -> Source | None:
        root = located(self.spec.get("sourceRef"), self.resource, self.place)
        if isinstance(root, RenderProblem):
            self.problems.append(root)
            return None
        self.notes += root.notes
        path = inside(text(self.spec.get("path")), root.path)
        if root.tree is None:
            return self._unseen(path, root)
        if not root.tree.is_directory(path):
            words = f"not rendered: its path {text(self.spec.get('path')) or '.'} is no directory"
            self.problem(f"{words}, {path} is not there", did_you_mean(root.tree, path))
            return None
        directory = Directory(root.tree, path, root.ignore)
        try:
            files = overrides(self.spec, directory, substitutes=substitutes)
            return Source(path, "kustomize", overrides=files, repository=root.repository, revision=root.revision)
        except EditError as error:
            if error.path:
                self.problems.append(RenderProblem(error.path, f"not rendered: {error}", error.line))
            else:
                self.problem(f"not rendered: {error}")
            return None

    def _unseen(self, path: str, root: Located) -> Source | None:
        """Return a source in another repository or revision, whose files cannot be looked at here."""
        if is_edited(self.spec):
            words = f"not rendered: its options are edited into a kustomization of {root.words}, which is not read here"
            self.problem(words, "set them in that kustomization", remote=True)
            return None
        return Source(path, "kustomize", repository=root.repository, revision=root.revision)

    def _variables(self) -> dict[str, str]:
        """Return the variables of postBuild; `substitute` wins over `substituteFrom`, later ones over earlier.

        Line feeds are taken out of values (kustomize_varsub.go). Secrets' values are replaced by words for them.
        """
        post_build = mapping(self.spec.get("postBuild"))
        found: dict[str, str] = {}
        for reference in entries(post_build.get("substituteFrom")):
            found |= self._from(reference)
        found |= {key: text(value) for key, value in mapping(post_build.get("substitute")).items()}
        return {name: value.replace("\n", "") for name, value in self._named(found)}

    def _from(self, reference: Any) -> Mapping[str, str]:
        kind, name = text(at(reference, "kind")), text(at(reference, "name"))
        if kind not in ("ConfigMap", "Secret") or not name:
            self.problem("not rendered in full: an entry of substituteFrom names no ConfigMap or Secret")
            return {}
        try:
            data = data_of(kind, name, self.resource.namespace, self.place)
        except MissingError as error:
            if at(reference, "optional") is True:
                self.notes.append(f"{error}; it is optional")
                return {}
            words = f"not rendered in full: {error}; its variables are left as they are written"
            how = "keep it in this environment, or give the variables in postBuild.substitute"
            self.problem(words, how, remote=True)
            return {UNKNOWN: ""}
        if kind == "Secret":
            self.notes.append(f"variables from Secret {name} are replaced by words that stand for their values")
            return {key: hidden_text(value, f"{name}.{key}") for key, value in data.items()}
        return data

    def _named(self, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        for name, value in variables.items():
            if name == UNKNOWN or _VARIABLE.fullmatch(name):
                yield name, value
            else:
                self.problem(f"Flux refuses the name of the variable {name!r}: letters, digits and _ only")
