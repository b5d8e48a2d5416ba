"""What is in a policy pack, and do its parameters fit?

A pack is a directory of policies. `pack.yaml`, if there is one, gives it a title, a description and parameters.
Loading a pack puts the configured values in the place of the defaults that its policies hold; see
`bot.policy.configured`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from bot.model.environment import Adjustments
from bot.policy.about import about
from bot.policy.cel.policies import compile_cel_policies, is_cel_policy
from bot.policy.configured import ConditionError, configured
from bot.policy.documents import YamlDocument, members, parse_documents
from bot.policy.gatekeeper.policies import NONE, Gatekeeper, compile_gatekeeper, is_gatekeeper
from bot.policy.kyverno import (
    CompiledPolicy,
    PolicyException,
    compile_exception,
    compile_policy,
    is_exception,
    is_policy,
)
from bot.policy.parameters import Parameter, Values, nearest, parse_parameters, resolve_parameters
from bot.policy.problem import PolicyProblem, PolicySource
from bot.policy.unread import unread

MANIFEST = "pack.yaml"
NO_ADJUSTMENTS = Adjustments()

_ASIDE = ("tests", ".kyverno-test", ".chainsaw-test")  # directories of a pack that hold no policies
POLICY_ENDINGS = (".yaml", ".yml", ".json")
_STORED_ELSEWHERE = b"version https://git-lfs.github.com/"
_WIDE = (b"namespaceSelector", b"namespaceObject", b"data.inventory")
_FIELDS = ("title", "description", "parameters")

Files = Mapping[str, bytes]
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack ready to be evaluated.

    `problems` name the policies that are broken or cannot be evaluated here; the others are in `policies`, those
    of Gatekeeper in `gatekeeper`.
    `exceptions` lift rules for some resources, also rules of other packs. `wide` says that something in it asks for
    more of an environment than one application may hold: labels of namespaces, other resources. `adjustments` are
    what the configuration changes about its rules, `idle` the names of policies that its parameters do not ask for.
    Where a parameter is missing or wrong no policy of the pack is evaluated, and the problem says so.
    """

    name: str
    title: str = ""
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    policies: tuple[CompiledPolicy, ...] = ()
    problems: tuple[PolicyProblem, ...] = ()
    exceptions: tuple[PolicyException, ...] = ()
    gatekeeper: Gatekeeper = NONE
    wide: bool = False
    adjustments: Adjustments = NO_ADJUSTMENTS
    idle: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """The names of the policies and constraints that run."""
        return frozenset(one.name for some in (self.policies, self.gatekeeper.constraints) for one in some)


@dataclass(frozen=True, slots=True)
class _Manifest:
    title: str = ""
    description: str = ""
    parameters: tuple[Parameter, ...] = ()


def load_pack(name: str, files: Files, parameters: Mapping[str, object], *, root: str = "") -> Pack:
    """Load a pack from its files (path within the pack, with `/`, to content); never raises for bad content.

    `parameters` come from the configuration. `root` is the pack's directory in the repository, empty for a
    pack that ships: problems then carry no path, as do those that lie in the configuration. What a `List` holds
    counts as written by itself. Documents that are no policies are left alone; policies of a kind this version does
    not evaluate are told as problems that are not evaluable here, and slips in a kind or group as errors.
    """
    manifest, problems = _manifest(files.get(MANIFEST), _source(name, root, MANIFEST))
    source = PolicySource(pack=name)
    values, wrong = resolve_parameters(manifest.parameters, parameters)
    problems += [
        PolicyProblem(name, f"{one.message}, so the pack is not evaluated", source, one.key, one.suggestion)
        for one in wrong
    ]
    policies: list[CompiledPolicy] = []
    exceptions: list[PolicyException] = []
    gatekeeper, idle = NONE, frozenset[str]()
    if not problems:
        written = list(_documents(name, root, files, problems))
        documents = list(_configured(written, values, manifest.parameters, problems))
        idle = _names(written) - _names(documents)
        for place, document in documents:
            _take(document, place, policies, problems)
            _except(document, place, exceptions, problems)
        contents = [(place, document.content) for place, document in documents]
        found, broken = compile_cel_policies(contents)
        policies += found
        gatekeeper, wrong_ones = compile_gatekeeper(contents)
        problems += [*broken, *wrong_ones]
        if not policies and not exceptions and not gatekeeper and not problems and len(documents) == len(written):
            problems.append(PolicyProblem(name, "no policy found", source, suggestion="add a Kyverno ClusterPolicy"))
    return Pack(
        name,
        manifest.title or name,
        manifest.description,
        manifest.parameters,
        tuple(policies),
        tuple(problems),
        tuple(exceptions),
        gatekeeper,
        wide=gatekeeper.reads_inventory
        or any(one.listed == "environment" for one in policies)
        or any(word in data for data in files.values() for word in _WIDE),
        idle=idle,
    )


def _names(documents: Iterable[tuple[PolicySource, YamlDocument]]) -> frozenset[str]:
    return frozenset(about(document.content).name for _, document in documents)


def policy_files(files: Files) -> Iterator[str]:
    """Yield the paths of a pack's files that may hold policies, sorted."""
    for path in sorted(files):
        parts = PurePosixPath(path)
        if parts.suffix in POLICY_ENDINGS and path != MANIFEST and not set(parts.parts[:-1]) & set(_ASIDE):
            yield path


def _source(name: str, root: str, path: str, line: int | None = None) -> PolicySource:
    return PolicySource(str(PurePosixPath(root) / path), name, line) if root else PolicySource(pack=name)


def _manifest(data: bytes | None, source: PolicySource) -> tuple[_Manifest, list[PolicyProblem]]:
    if data is None:
        return _Manifest(), []
    name = source.pack
    parsed = parse_documents(data)
    if isinstance(parsed, str) or len(parsed) != 1:
        said = parsed if isinstance(parsed, str) else "expected one document that is a map"
        return _Manifest(), [PolicyProblem(name, said, source)]
    content = parsed[0].content
    problems = [
        PolicyProblem(name, f"unknown field `{key}`", source, str(key), nearest(str(key), _FIELDS))
        for key in content
        if key not in _FIELDS
    ]
    found, wrong = parse_parameters(content.get("parameters"))
    problems += [PolicyProblem(name, one.message, source, one.key, one.suggestion) for one in wrong]
    title, description = (" ".join(str(content.get(key) or "").split()) for key in ("title", "description"))
    return _Manifest(title, description, found), problems


def _documents(
    name: str, root: str, files: Files, problems: list[PolicyProblem]
) -> Iterator[tuple[PolicySource, YamlDocument]]:
    for path in policy_files(files):
        parsed = _parsed(path, files[path])
        if isinstance(parsed, str):
            problems.append(PolicyProblem(PurePosixPath(path).stem, parsed, _source(name, root, path)))
            continue
        yield from ((_source(name, root, path, each.line), each) for one in parsed for each in members(one))


def _parsed(path: str, data: bytes) -> tuple[YamlDocument, ...] | str:
    if data.startswith(_STORED_ELSEWHERE):
        return "the file lies in Git LFS, and policies are read from git alone"
    # JSON is YAML, but for tabs, which it has between its tokens only
    return parse_documents(data.replace(b"\t", b" ") if path.endswith(".json") else data, unique=True)


def _configured(
    documents: Iterable[tuple[PolicySource, YamlDocument]],
    values: Values,
    declared: Iterable[Parameter],
    problems: list[PolicyProblem],
) -> Iterator[tuple[PolicySource, YamlDocument]]:
    """Put the values into the documents; those that do not run with them are left out."""
    names = [one.name for one in declared]
    for source, document in documents:
        try:
            content = configured(document.content, values, names)
        except ConditionError as broken:
            name = about(document.content).name
            problems.append(PolicyProblem(name, str(broken), source, broken.key, broken.suggestion))
            continue
        if content is not None:
            yield source, replace(document, content=content)


def _take(
    document: YamlDocument,
    source: PolicySource,
    policies: list[CompiledPolicy],
    problems: list[PolicyProblem],
) -> None:
    content = document.content
    if is_policy(content):
        compiled = compile_policy(content, source)
        if isinstance(compiled, CompiledPolicy):
            policies.append(compiled)
        else:
            problems.extend(compiled)
    elif not any(test(content) for test in (is_cel_policy, is_exception, is_gatekeeper)) and (why := unread(content)):
        name = about(content).name
        problems.append(PolicyProblem(name, why.message, source, "kind", why.advice, why.state))


def _except(
    document: YamlDocument,
    source: PolicySource,
    exceptions: list[PolicyException],
    problems: list[PolicyProblem],
) -> None:
    if is_exception(document.content):
        compiled = compile_exception(document.content, source)
        if isinstance(compiled, PolicyException):
            exceptions.append(compiled)
        else:
            problems.extend(compiled)
