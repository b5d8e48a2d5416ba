"""What does a file of Kyverno's test format ask for?

Source: https://kyverno.io/docs/kyverno-cli/reference/kyverno_test/ and the types of `cli.kyverno.io/v1alpha1` in
kyverno/kyverno; the fields that are deprecated there (`status`, `resource`, `namespace`, no `kind`) are read as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.model.manifest import Resource

Json = Mapping[str, Any]

_GROUP = "cli.kyverno.io/"

# What a result says of its policy, to the kinds of policies that it can mean
_FLAGS = {
    "isvalidatingpolicy": ("ValidatingPolicy", "NamespacedValidatingPolicy"),
    "isvalidatingadmissionpolicy": ("ValidatingAdmissionPolicy",),
    "isimagevalidatingpolicy": ("ImageValidatingPolicy", "NamespacedImageValidatingPolicy"),
    "ismutatingpolicy": ("MutatingPolicy", "NamespacedMutatingPolicy"),
    "ismutatingadmissionpolicy": ("MutatingAdmissionPolicy",),
    "isgeneratingpolicy": ("GeneratingPolicy", "NamespacedGeneratingPolicy"),
    "isdeletingpolicy": ("DeletingPolicy", "NamespacedDeletingPolicy"),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which resources a row is about; what is empty fits anything. `shown` is how the test writes it."""

    shown: str
    name: str
    kind: str = ""
    namespace: str = ""
    version: str = ""

    def fits(self, resource: Resource) -> bool:
        """Say whether this is one of them; a resource that names no namespace is in `default`."""
        if self.name and resource.name != self.name:
            return False
        if self.kind and resource.kind != self.kind:
            return False
        if self.version and resource.api_version != self.version:
            return False
        return not self.namespace or (resource.namespace or "default") == self.namespace


@dataclass(frozen=True, slots=True)
class Expectation:
    """One entry of `results`. `kinds` are those the policy can be of, none when the entry does not say; `operation`
    is that of the request, '' when the entry does not say.
    """

    policy: str
    namespace: str
    rule: str
    result: str
    wanted: tuple[Wanted, ...]
    kinds: tuple[str, ...] = ()
    operation: str = ""

    @property
    def origin(self) -> str:
        """The rule as it is written, where the entry names one that Kyverno derives from it."""
        return self.rule.removeprefix("autogen-").removeprefix("cronjob-")


def is_test(document: Json) -> bool:
    """Say whether a document is such a test: of Kyverno's command line, not of another tool."""
    version, kind = str(document.get("apiVersion") or ""), document.get("kind")
    if version:
        return version.startswith(_GROUP) and kind == "Test"
    asks = isinstance(document.get("results"), list) or isinstance(document.get("checks"), list)
    return kind in (None, "Test") and asks and isinstance(document.get("policies"), list)


def expectations(test: Json) -> Iterator[Expectation]:
    """Yield what a test expects, in its order."""
    for entry in maps(test.get("results")):
        namespace, _, policy = _text(entry.get("policy")).rpartition("/")
        yield Expectation(
            policy=policy,
            namespace=namespace,
            rule=_text(entry.get("rule")),
            result=_text(entry.get("result")) or _text(entry.get("status")),
            wanted=tuple(_wanted(entry)),
            kinds=next((kinds for flag, kinds in _FLAGS.items() if _flagged(entry, flag)), ()),
            operation=_text(entry.get("operation")),
        )


def flattened(test: Json) -> Json:
    """Return a test with what it keeps below `spec` where everything else expects it."""
    spec = test.get("spec")
    return {**spec, **test} if isinstance(spec, Mapping) else test


def names(test: Json, *fields: str) -> list[str]:
    """Return the files that a test names under some of its fields."""
    listed: list[str] = []
    for field in fields:
        found = test.get(field)
        listed += [found] if isinstance(found, str) and found else []
        listed += [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
    return listed


def maps(found: object) -> list[Json]:
    """Return the maps in a list, none when it is no list."""
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _wanted(entry: Json) -> Iterator[Wanted]:
    kind, namespace = _text(entry.get("kind")), _text(entry.get("namespace"))
    listed = entry.get("resources")
    named = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    if not named and isinstance(one := entry.get("resource"), str) and one:
        named = [one]
    for shown in named:
        yield _named(shown, kind, namespace)
    specs = maps(entry.get("resourceSpecs"))
    for spec in specs:
        group, version = _text(spec.get("group")), _text(spec.get("version"))
        shown, of = _text(spec.get("name")), _text(spec.get("kind")) or kind
        yield Wanted(
            f"{of} {shown}".strip(),
            shown,
            of,
            _text(spec.get("namespace")),
            f"{group}/{version}" if group and version else version,
        )
    if not named and not specs:
        yield Wanted(f"{kind} (any)".strip(), "", kind, namespace)


def _named(shown: str, kind: str, namespace: str) -> Wanted:
    """A name, `namespace/name`, or `version,Kind,namespace,name`."""
    version, of, within, *rest = (*shown.split(",", 3), "", "", "")[:4]
    if rest[0] and of[:1].isupper():
        return Wanted(shown, rest[0], of, within, version)
    before, _, name = shown.rpartition("/")
    return Wanted(f"{kind} {shown}".strip(), name, kind, before or namespace)


def _flagged(entry: Json, flag: str) -> bool:
    return any(value is True for key, value in entry.items() if key.lower() == flag)


def _text(found: object) -> str:
    return found.strip() if isinstance(found, str) else ""
