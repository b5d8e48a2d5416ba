"""What does a test supply in place of a cluster: values of variables, labels of namespaces, a user?

Sources: https://kyverno.io/docs/kyverno-cli/reference/kyverno_test/ and the kinds `Values` and `UserInfo` of
`cli.kyverno.io/v1alpha1` in kyverno/kyverno. Values for a resource go before those for all, and values for a rule
before these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.policy.kyverno.policy import CompiledRule
from bot.policy.kyverno.subject import Subject
from bot.policy.testing.form import maps

Json = Mapping[str, Any]
Labels = Mapping[str, str]

_SERVICE_ACCOUNT = "system:serviceaccount:"


@dataclass(frozen=True, slots=True)
class Given:
    """The values documents of a test, and who it says makes the request (None: it does not say).

    `operation` is what a result asks for, '' where it leaves that to the values.
    """

    values: Sequence[Json] = ()
    user: Json | None = None
    operation: str = ""

    def for_rule(self, policy: str, rule: CompiledRule, subject: Subject) -> Mapping[str, object]:
        """Return what is known from outside, by dotted path, for one rule about one resource."""
        found: dict[str, object] = dict(self._user())
        for one in self.values:
            found.update(_map(one.get("globalValues")))
            named = [entry for entry in maps(one.get("policies")) if _name(entry) == policy]
            for entry in named:
                found.update(_values(entry.get("resources"), (subject.name,)))
            for entry in named:
                found.update(_values(entry.get("rules"), (rule.name, rule.full_name)))
        if self.operation:
            found["request.operation"] = self.operation
        return found

    def namespaces(self, used: Iterable[str]) -> Mapping[str, Labels]:
        """Return the labels of namespaces; one that is used and not named has none, as in Kyverno's tests."""
        labels: dict[str, Labels] = {name: {} for name in used}
        for one in self.values:
            for entry in maps(one.get("namespaceSelector")):
                labels[_name(entry)] = _labels(entry.get("labels"))
            for entry in maps(one.get("namespaces")):
                metadata = _map(entry.get("metadata"))
                labels[_name(metadata)] = _labels(metadata.get("labels"))
        return labels

    def _user(self) -> Mapping[str, object]:
        if self.user is None:
            return {}
        info = _map(self.user.get("userInfo"))
        name = str(info.get("username") or "")
        namespace, _, account = name.removeprefix(_SERVICE_ACCOUNT).partition(":")
        known = name.startswith(_SERVICE_ACCOUNT) and bool(account)
        return {
            "request.userInfo": {"groups": [], **info, "username": name},
            "request.roles": _listed(self.user.get("roles")),
            "request.clusterRoles": _listed(self.user.get("clusterRoles")),
            "serviceAccountName": account if known else "",
            "serviceAccountNamespace": namespace if known else "",
        }


def given_by(test: Json, values: Iterable[Json], users: Sequence[Json]) -> Given:
    """Return what a test supplies: its values files, the values written into it, and its user file."""
    inline = [_map(test.get("values")), {"namespaceSelector": test.get("namespaceSelector")}]
    return Given((*(_inside(one) for one in values), *inline), users[0] if users else None)


def _inside(values: Json) -> Json:
    """Newer files keep their fields below `spec`."""
    return {**values, **_map(values.get("spec"))}


def _values(entries: object, names: Sequence[str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in dict.fromkeys(names):  # what is said of a derived rule goes before what is said of its origin
        for entry in maps(entries):
            if _name(entry) == name:
                found.update(_map(entry.get("values")))
                found.update(_each(entry.get("foreachValues")))
    return found


def _each(found: object) -> Iterator[tuple[str, object]]:
    """Values for the elements of a loop, where they are the same for each: those that differ stay unknown."""
    for one in maps(found) or [_map(found)]:
        for name, listed in one.items():
            if isinstance(listed, list) and listed and all(value == listed[0] for value in listed):
                yield str(name), listed[0]


def _name(entry: Json) -> str:
    return str(entry.get("name") or "")


def _labels(found: object) -> Labels:
    return {str(key): str(value) for key, value in _map(found).items()}


def _listed(found: object) -> list[str]:
    return [str(one) for one in found] if isinstance(found, list) else []


def _map(found: object) -> Json:
    return found if isinstance(found, Mapping) else {}
