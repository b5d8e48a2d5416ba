"""What crosses the wire and what never does: tokens, redirections, errors of the other side."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.adapters.git import GitMirrors
from bot.adapters.git.command import GitProgram, Remote, environment, require_git
from bot.errors import LockkeeperError, NotFoundError, RefusedError, TransientError
from tests.git.conftest import REPOSITORY, Origin

TOKEN = "ghs_canary-" + "x" * 30


class Server(ThreadingHTTPServer):
    """A web server that answers git with one status, and notes what was asked and how git looked then."""

    daemon_threads = True

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.headers = status, headers
        self.paths: list[str] = []
        self.authorizations: list[str | None] = []
        self.arguments: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.server.authorizations.append(self.headers.get("Authorization"))
        for process in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                self.server.arguments.append(process.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def serve(status: int, headers: dict[str, str] | None = None) -> Iterator[Server]:
    with Server(status, headers or {}) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(server: Server, data: Path) -> LockkeeperError:
    mirrors = GitMirrors(data, lambda one: f"{server.url}/{one}.git", lambda _: TOKEN)
    with pytest.raises(LockkeeperError) as caught:
        mirrors.fetch(REPOSITORY)
    return caught.value


def test_the_token_is_in_the_header_and_nowhere_else(tmp_path: Path) -> None:
    """CVE-2024-52009 is a token in a log. Arguments, settings, URLs, errors and the disk must stay clean."""
    for server in serve(404):
        error = fetch(server, tmp_path)
        basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        assert server.authorizations == [f"Basic {basic}"]
        assert server.paths == ["/acme/shop.git/info/refs?service=git-upload-pack"]
        seen = "\n".join(server.arguments)
        assert "git fetch" in seen, "the process list was read while git ran"
        for secret in (TOKEN, basic):
            assert secret not in seen
            assert secret not in f"{error!r} {error} {error.__cause__!r} {getattr(error, 'reason', '')}"
            assert not [one for one in tmp_path.rglob("*") if one.is_file() and secret.encode() in one.read_bytes()]


def test_the_token_is_not_in_reprs_of_failures() -> None:
    remote = Remote("https://github.com/acme/shop.git", TOKEN)
    assert TOKEN not in str(environment(Path("/x"), {})), "local commands do not get it"
    assert TOKEN not in repr(remote)


def test_the_token_goes_to_its_own_repository_only() -> None:
    """git sends `http.<url>.extraHeader` below that URL (git-config(1))."""
    given = environment(Path("/x"), {}, Remote("https://github.com/acme/shop.git", TOKEN))
    keys = [value for name, value in given.items() if name.startswith("GIT_CONFIG_KEY")]
    assert "http.https://github.com/acme/shop.git.extraHeader" in keys
    assert not [key for key in keys if key.lower() == "http.extraheader"]


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (404, NotFoundError, "does not show us the repository acme/shop"),
        (401, TransientError, "does not take our token"),
        (403, RefusedError, "Contents: read and write"),
        (429, TransientError, "429"),
        (500, TransientError, "500"),
        (502, TransientError, "502"),
    ],
)
def test_answers(status: int, kind: type[Exception], words: str, tmp_path: Path) -> None:
    for server in serve(status):
        error = fetch(server, tmp_path)
        assert type(error) is kind and words in str(error)


def test_nobody_there(tmp_path: Path) -> None:
    mirrors = GitMirrors(tmp_path, lambda _: "http://127.0.0.1:9/x.git", lambda _: TOKEN)
    with pytest.raises(TransientError):
        mirrors.fetch(REPOSITORY)


def test_redirections_are_not_followed(tmp_path: Path) -> None:
    for elsewhere in serve(404):
        target = f"{elsewhere.url}/other.git/info/refs?service=git-upload-pack"
        for server in serve(302, {"Location": target}):
            fetch(server, tmp_path)
            assert elsewhere.paths == [] and len(server.paths) == 1


@pytest.mark.parametrize(
    "url",
    [
        "ext::sh -c 'touch pwned'", "ssh://git@github.com/a/b", "git@github.com:a/b", "git://github.com/a/b",
        "https://user:token@github.com/a/b", "https://token@github.com/a/b", "--upload-pack=x", "-x",
        "", "a/b", "ftp://x/y",
    ],
)  # fmt: skip
def test_urls_we_do_not_take(url: str) -> None:
    with pytest.raises(ValueError, match="plain https, http, file URL"):
        Remote(url)


def test_only_the_scheme_of_the_url_is_let_through(origin: Origin, tmp_path: Path) -> None:
    """An http remote must not lead git to `file` or `ext` (by a redirection, an alternate, a bundle URI)."""
    assert Remote("https://github.com/a/b").environment == {"GIT_ALLOW_PROTOCOL": "https"}
    program = GitProgram(origin.path)
    assert environment(origin.path)["GIT_ALLOW_PROTOCOL"] == "none"
    refused = program.run("ls-remote", "--", origin.path.as_uri(), ok=(128,))
    assert b"not allowed" in refused.stderr


def test_settings_of_people_do_not_reach_git(origin: Origin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = tmp_path / ".gitconfig"
    settings.write_text("[alias]\n\tversion = !false\n[core]\n\tpager = false\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'user.name=evil'")
    listed = GitProgram(origin.path).run("config", "--list", "--show-origin").stdout.decode()
    assert "evil" not in listed and str(settings) not in listed


def test_git_is_new_enough() -> None:
    assert require_git() >= (2, 38)
