"""Who makes a change, and is it one of those a policy names?

Before the merge nobody knows who will make the change in the cluster; a test may say so, by the values
`request.userInfo`, `request.roles` and `request.clusterRoles`. Source: the Kyverno documentation ("Match Roles and
Cluster Roles", "Match Subjects") and `pkg/utils/match`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bot.policy.kyverno import shape
from bot.policy.kyverno.shape import ShapeError
from bot.policy.kyverno.subject import Subject
from bot.policy.kyverno.wildcard import Glob, compile_wildcard

FIELDS = ("subjects", "roles", "clusterRoles")

UserTest = Callable[[Subject], bool | None]

_SUBJECT = ("kind", "name", "namespace", "apiGroup", "apiVersion")
_KINDS = ("User", "Group", "ServiceAccount")


def compile_users(block: Mapping[str, object], key: str) -> UserTest | None:
    """Compile the subjects, roles and cluster roles of a filter, all of which must fit; None when it names none.

    The test answers None where nobody knows the user. Raises `ShapeError`.
    """
    if not any(block.get(name) for name in FIELDS):
        return None
    people = [_person(one, f"{key}.subjects") for one in shape.sequence(block.get("subjects"), f"{key}.subjects")]
    held = {name: _globs(block.get(name), f"{key}.{name}") for name in ("roles", "clusterRoles")}

    def fits(subject: Subject) -> bool | None:
        given = subject.given
        if not any(path.startswith(("request.userInfo", "request.roles", "request.clusterRoles")) for path in given):
            return None
        name, groups = _user(given)
        if people and not any(one(name, groups) for one in people):
            return False
        return all(not globs or _any(globs, _texts(given.get(f"request.{field}"))) for field, globs in held.items())

    return fits


def _user(given: Mapping[str, object]) -> tuple[str, list[str]]:
    whole = given.get("request.userInfo")
    said = whole if isinstance(whole, Mapping) else {}
    name = given.get("request.userInfo.username", said.get("username"))
    return str(name or ""), _texts(given.get("request.userInfo.groups", said.get("groups")))


def _texts(found: object) -> list[str]:
    return [str(one) for one in found] if isinstance(found, list) else []


def _any(globs: Iterable[Glob], texts: Iterable[str]) -> bool:
    listed = list(texts)
    return any(fits(text) for fits in globs for text in listed)


def _globs(found: object, key: str) -> list[Glob]:
    return [compile_wildcard(text) for text in shape.strings(found, key)]


def _person(found: object, key: str) -> Callable[[str, list[str]], bool]:
    block = shape.mapping(found, key)
    shape.known_fields(block, _SUBJECT, key)
    name, namespace = (shape.text(block.get(field), f"{key}.{field}") for field in ("name", "namespace"))
    match block.get("kind"):
        case "User":
            fits = compile_wildcard(name)
            return lambda user, _: fits(user)
        case "Group":
            fits = compile_wildcard(name)
            return lambda _, groups: any(map(fits, groups))
        case "ServiceAccount":
            fits = compile_wildcard(f"system:serviceaccount:{namespace}:{name}")
            return lambda user, _: fits(user)
        case other:
            raise ShapeError(f"{key}.kind", f"`{other}` is no kind of subject", f"one of {', '.join(_KINDS)}")
