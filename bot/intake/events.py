"""Which repositories and pull requests should be looked at again because of this delivery?

A delivery is a hint, no more: what it says about the state of the world is not believed. Only the keys used
here are read, and a shape GitHub never promised is "nothing to do", never an error.

Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.intake.tasks import PendingCommand, is_key, pull_key

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Intake:
    """What a delivery asks for: keys to converge, commands to keep, repositories no longer ours.

    `ignored` says why nothing is to be done; it is '' when something is.
    """

    keys: tuple[str, ...] = ()
    commands: tuple[PendingCommand, ...] = ()
    installation: int | None = None
    removed: tuple[str, ...] = ()
    ignored: str = ""


@dataclass(frozen=True, slots=True)
class Us:
    """Who we are on GitHub, as far as it is known: the App's id, and the login of what it does."""

    app_id: int | None = None
    login: str = ""

    def did(self, payload: Payload) -> bool:
        """Say whether a delivery tells of something that we did ourselves."""
        return bool(self.login) and _text(_path(payload, "sender", "login")).lower() == self.login.lower()


def translate(event: str, payload: Payload, *, app_id: int | None = None, login: str = "") -> Intake:
    """Translate one delivery: the X-GitHub-Event name and the parsed JSON object.

    With `app_id` the completion of our own check runs is ignored, with `login` what else we did ourselves: the job that
    did it has seen to what follows. Never raises for any JSON value.
    """
    translator = _TRANSLATORS.get(event)
    if translator is None:
        return Intake(ignored=f"event {event[:60]} is not used")
    intake = translator(payload, Us(app_id, login))
    if intake.ignored or not (intake.keys or intake.removed):
        return Intake(ignored=intake.ignored or "the delivery names no repository")
    installation = _number(_path(payload, "installation", "id"))
    return Intake(tuple(dict.fromkeys(intake.keys)), intake.commands, installation, intake.removed)


def _push(payload: Payload, us: Us) -> Intake:
    if us.did(payload) and _text(payload.get("ref")).startswith(_OWN_BRANCHES):
        return Intake(ignored="our own push")
    return Intake(_repository_keys(payload))


def _create(payload: Payload, _: Us) -> Intake:
    """GitHub sends no push for more than three tags at a time."""
    if payload.get("ref_type") != "tag":
        return Intake(ignored="a push tells of new branches")
    return Intake(_repository_keys(payload))


_OWN_BRANCHES = tuple(f"refs/heads/{one}/" for one in ("promote", "rollback", "back"))
_OWN_ACTIONS = frozenset(("opened", "edited", "labeled", "unlabeled"))
_PULL_ACTIONS = frozenset(
    ("opened", "reopened", "synchronize", "edited", "closed", "ready_for_review", "converted_to_draft")
) | frozenset(("labeled", "unlabeled"))


def _pull_request(payload: Payload, us: Us) -> Intake:
    action = payload.get("action")
    if not isinstance(action, str) or action not in _PULL_ACTIONS:
        return Intake(ignored="this pull request action changes nothing for us")
    if us.did(payload) and action in _OWN_ACTIONS:
        return Intake(ignored="our own doing")
    keys = _pull_keys(payload, "pull_request")
    return Intake(_repository_keys(payload) if keys and action == "closed" else keys)


def _pull_request_review(payload: Payload, _: Us) -> Intake:
    return Intake(_pull_keys(payload, "pull_request"))


def _issue_comment(payload: Payload, _: Us) -> Intake:
    if payload.get("action") != "created":
        return Intake(ignored="only new comments are commands")
    if not isinstance(_path(payload, "issue", "pull_request"), Mapping):
        return Intake(ignored="the comment is not on a pull request")
    login = _text(_path(payload, "comment", "user", "login"))
    if not login or login.endswith("[bot]") or _path(payload, "comment", "user", "type") == "Bot":
        return Intake(ignored="bots give no commands")
    body = _text(_path(payload, "comment", "body"))
    if not any(line.lstrip().startswith("/") for line in body.splitlines()):
        return Intake(ignored="the comment holds no command")
    keys, comment = _pull_keys(payload, "issue"), _number(_path(payload, "comment", "id"))
    if not keys or comment is None:
        return Intake()
    command = PendingCommand(
        repository=_repository_keys(payload)[0],
        pull=int(keys[0].partition("#")[2]),
        comment_id=comment,
        actor=login,
        actor_is_bot=False,
        body=body,
        created_at=_text(_path(payload, "comment", "created_at")),
        comment_url=_text(_path(payload, "comment", "html_url")),
    )
    return Intake(keys, (command,))


def _check(name: str) -> Callable[[Payload, Us], Intake]:
    def translate_check(payload: Payload, us: Us) -> Intake:
        ours = us.app_id is not None and _number(_path(payload, name, "app", "id")) == us.app_id
        match payload.get("action"):
            case "completed" if ours:
                return Intake(ignored="our own check run")
            case "completed":
                return Intake(_repository_keys(payload))
            case "rerequested" | "requested_action":  # someone pressed "re-run" on a check of ours
                listed = _path(payload, name, "pull_requests")
                numbers = [_number(_path(one, "number")) for one in listed] if isinstance(listed, list) else []
                pulls = (pull_key(key, n) for key in _repository_keys(payload) for n in numbers if n)
                return Intake((*pulls, *_repository_keys(payload)))
            case _:
                return Intake(ignored="the check has not completed")

    return translate_check


def _status(payload: Payload, _: Us) -> Intake:
    if payload.get("state") not in ("success", "failure", "error"):
        return Intake(ignored="the status has not completed")
    return Intake(_repository_keys(payload))


def _deployment_status(payload: Payload, us: Us) -> Intake:
    return Intake(ignored="our own doing") if us.did(payload) else Intake(_repository_keys(payload))


def _installation(payload: Payload, _: Us) -> Intake:
    repositories = tuple(_full_names(payload.get("repositories")))
    if payload.get("action") in ("deleted", "suspend"):
        return Intake(removed=repositories)
    return Intake(repositories)


def _installation_repositories(payload: Payload, _: Us) -> Intake:
    return Intake(
        tuple(_full_names(payload.get("repositories_added"))),
        removed=tuple(_full_names(payload.get("repositories_removed"))),
    )


def _ignored(reason: str) -> Callable[[Payload, Us], Intake]:
    return lambda _, __: Intake(ignored=reason)


_TRANSLATORS: Mapping[str, Callable[[Payload, Us], Intake]] = {
    "ping": _ignored("ping"),
    "push": _push,
    "create": _create,
    "pull_request": _pull_request,
    "pull_request_review": _pull_request_review,
    "issue_comment": _issue_comment,
    "check_run": _check("check_run"),
    "check_suite": _check("check_suite"),
    "status": _status,
    "deployment_status": _deployment_status,
    "merge_group": _ignored("merge queues are not followed yet"),
    "installation": _installation,
    "installation_repositories": _installation_repositories,
}
EVENTS = frozenset(_TRANSLATORS)


def _path(value: object, *names: str) -> object:
    """Walk into nested objects; None where a step is missing or of another shape."""
    for name in names:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63 else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _repository_keys(payload: Payload) -> tuple[str, ...]:
    name = _text(_path(payload, "repository", "full_name"))
    return (name,) if is_key(name) and "#" not in name else ()


def _pull_keys(payload: Payload, holder: str) -> tuple[str, ...]:
    number = _number(_path(payload, holder, "number"))
    if number is None:
        return ()
    keys = (pull_key(repository, number) for repository in _repository_keys(payload))
    return tuple(key for key in keys if is_key(key))


def _full_names(value: object) -> Iterator[str]:
    for one in value if isinstance(value, list) else ():
        name = _text(_path(one, "full_name"))
        if is_key(name) and "#" not in name:
            yield name
