"""How do `git clone` and `git push` reach a repository? git's own http-backend, behind our permissions.

After a push the refs are compared with those before it, and what follows from their moving happens.
"""

from __future__ import annotations

import gzip
import subprocess

from flask import Request, Response

from bot.sandbox.acts import branches, protection
from bot.sandbox.bare import environment
from bot.sandbox.credentials import identify
from bot.sandbox.git import ZERO
from bot.sandbox.records import Account, Repository
from bot.sandbox.refusal import Refusal
from bot.sandbox.state import Actor, InstallationToken
from bot.sandbox.world import World

DEADLINE = 120


def serve(world: World, request: Request, full_name: str, service_path: str) -> Response:
    """Answer one git request; `service_path` is info/refs, git-upload-pack or git-receive-pack."""
    pushing = "git-receive-pack" in (request.args.get("service", ""), service_path)
    try:
        with world.lock:
            actor, token = identify(world, request.headers.get("Authorization", ""))
            repository = _admit(world, (actor, token), full_name, pushing=pushing)
    except Refusal as refusal:
        return _refused(refusal)
    if service_path == "git-upload-pack" or request.args.get("service") == "git-upload-pack":
        return _fetch(request, repository, advertise=service_path == "info/refs")
    if service_path != "git-receive-pack":
        return _backend(request, repository, service_path, {})
    with world.lock:
        extra = {}
        if token is not None and token.permissions.get("workflows") != "write":
            extra["SANDBOX_NO_WORKFLOWS"] = "yes"
        return _push(world, request, (repository, actor.someone), extra)


def _admit(world: World, who: tuple[Actor, InstallationToken | None], full_name: str, *, pushing: bool) -> Repository:
    actor = who[0]
    found = world.repositories.get(full_name.lower())
    if found is None or not _may(world, who, found, "read"):
        status = 401 if actor.account is None else 404
        raise Refusal(status, "Repository not found." if status == 404 else "Authentication required")
    if pushing and actor.account is None:
        raise Refusal(401, "Authentication required")
    if pushing and (not _may(world, who, found, "write") or found.archived):
        login = actor.someone.login
        raise Refusal(403, f"Permission to {found.full_name}.git denied to {login}.")
    return found


def _may(world: World, who: tuple[Actor, InstallationToken | None], found: Repository, level: str) -> bool:
    actor, token = who
    if token is None:
        return world.has_role(found, actor.account, "read" if level == "read" else "write")
    covered = token.installation.covers(found)
    covered = covered and (token.repositories is None or found in token.repositories)
    if not covered:
        return level == "read" and not found.private
    held = token.permissions.get("contents", "none")
    return held == "write" or (level == "read" and (held == "read" or not found.private))


def _refused(refusal: Refusal) -> Response:
    prefix = "remote: " if refusal.status == 403 else ""
    answer = Response(f"{prefix}{refusal.message}\n".removeprefix("remote: "), refusal.status, mimetype="text/plain")
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="GitHub"'
    return answer


def _push(world: World, request: Request, where: tuple[Repository, Account], extra: dict[str, str]) -> Response:
    repository, sender = where
    refused, no_force = [], []
    for _, new, name in _commands(_body(request)):
        branch = name.removeprefix("refs/heads/")
        if branch == name:
            continue
        why = protection.refusal_to_push(world, repository, branch, None if new == ZERO else new, sender)
        if why:
            refused.append(f"{name}\t{why}")
        if not protection.may_force(repository, branch):
            no_force.append(name)
    before = repository.git.refs()
    extra |= {"SANDBOX_REFUSED": "\n".join(refused), "SANDBOX_NO_FORCE": "\n".join(no_force)}
    answer = _backend(request, repository, "git-receive-pack", extra)
    after = repository.git.refs()
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            branches.moved(world, repository, name, (before.get(name), after.get(name)), sender)
    return answer


def _body(request: Request) -> bytes:
    data = request.get_data(cache=True)
    return gzip.decompress(data) if request.headers.get("Content-Encoding") == "gzip" else data


def _commands(data: bytes) -> list[tuple[str, str, str]]:
    """Return (old, new, ref) of each command of a receive-pack request (gitprotocol-pack, pkt-line)."""
    commands, at = [], 0
    while at + 4 <= len(data):
        size = int(data[at : at + 4], 16)
        if size < 4:
            break
        line = data[at + 4 : at + size].split(b"\0")[0].decode(errors="replace").strip()
        words = line.split(" ", 2)
        if len(words) == 3 and len(words[0]) == 40:
            commands.append((words[0], words[1], words[2]))
        at += size
    return commands


def _fetch(request: Request, repository: Repository, *, advertise: bool) -> Response:
    """Answer a fetch by the program that http-backend would start for it (gitprotocol-http(5), gitprotocol-v2(5))."""
    protocol = request.headers.get("Git-Protocol", "")
    answer = repository.git.upload_pack(_body(request), protocol, advertise=advertise)
    if advertise and "version=2" not in protocol:
        answer = b"001e# service=git-upload-pack\n0000" + answer
    kind = "advertisement" if advertise else "result"
    shaped = Response(answer, mimetype=f"application/x-git-upload-pack-{kind}")
    shaped.headers["Cache-Control"] = "no-cache, max-age=0, must-revalidate"
    return shaped


def _backend(request: Request, repository: Repository, service_path: str, extra: dict[str, str]) -> Response:
    data = _body(request)
    variables = environment(
        {
            "GIT_PROJECT_ROOT": str(repository.git.path),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
            "PATH_INFO": f"/{service_path}",
            "QUERY_STRING": request.query_string.decode(),
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(data)),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "sandbox",
            "REMOTE_ADDR": "127.0.0.1",
            **extra,
        }
    )
    done = subprocess.run(
        ["git", "http-backend"], input=data, capture_output=True, env=variables, timeout=DEADLINE, check=False
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = [line.partition(b": ")[::2] for line in head.split(b"\r\n") if line]
    status = next((int(value.split()[0]) for name, value in headers if name.lower() == b"status"), 200)
    if not head:
        return Response(done.stderr, 500, mimetype="text/plain")
    answer = Response(body, status)
    for name, value in headers:
        if name.lower() != b"status":
            answer.headers[name.decode()] = value.decode()
    return answer
