"""Does any credential reach the log, by any way?"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator

import pytest
import structlog

from bot import logs

WORD = secrets.token_hex(18)
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{WORD}\n{WORD}\n-----END RSA PRIVATE KEY-----"
CANARIES = {
    "installation token": f"ghs_{WORD}",
    "long installation token": f"ghs_{WORD}.{WORD}-{WORD}_{WORD}",
    "personal token": f"ghp_{WORD}",
    "fine-grained token": f"github_pat_{WORD}_{WORD}",
    "OAuth token": f"gho_{WORD}",
    "URL for git": f"https://x-access-token:{WORD}@github.com/ada/shop",
    "URL with a password": f"redis://user:{WORD}@127.0.0.1:6379/0",
    "URL with a password only": f"redis://:{WORD}@127.0.0.1:6379/0",
    "bearer": f"Authorization: Bearer {WORD}",
    "token header": f"authorization: token {WORD}",
    "basic": f"AUTHORIZATION: basic {WORD}",
    "JWT": f"eyJ{WORD}.eyJ{WORD}.{WORD}",
    "signature": f"sha256={WORD}{WORD[:28]}",
    "PEM": PEM,
    "PEM in one line": PEM.replace("\n", "\\n"),
    "PEM cut off": PEM[: len(PEM) // 2],
}


@pytest.fixture(params=["json", "console"])
def written(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    before = structlog.get_config()
    logs.configure(request.param)
    yield
    root.handlers[:], root.level = handlers, level
    structlog.configure(**before)


@pytest.mark.parametrize("name", CANARIES)
def test_no_way_of_logging_shows_a_credential(written: None, capfd: pytest.CaptureFixture[str], name: str) -> None:
    canary = CANARIES[name]
    log = structlog.get_logger("bot.test")
    log.warning("one", text=f"before {canary} after")
    log.warning(f"two {canary}")
    log.warning("three", deep={"list": [{"x": (canary,)}]}, key={canary: 1}, error=ValueError(canary))
    log.warning("four %s", canary)
    logging.getLogger("urllib3.connectionpool").warning("five %s", canary)
    logging.getLogger("github.Requester").error("six", extra={"x": canary})
    with structlog.contextvars.bound_contextvars(bound=canary):
        log.warning("seven")
    try:
        raise RuntimeError(canary)
    except RuntimeError:
        log.exception("eight")
        logging.getLogger("rq.worker").exception("nine")
    text = capfd.readouterr().err
    assert WORD not in text
    for word in ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"):
        assert word in text
    assert " after" in text or name == "PEM cut off"


def test_fields_named_like_secrets_are_masked(written: None, capfd: pytest.CaptureFixture[str]) -> None:
    structlog.get_logger("bot.test").warning("x", webhook_secret=WORD, private_key=WORD, password=WORD, token=WORD)
    assert WORD not in capfd.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "deployment/web: image ghcr.io/ada/web:1.2.3 was promoted",
        "https://github.com/ada/shop/pull/7#issuecomment-99",
        "0123456789abcdef0123456789abcdef01234567",
        "the token expired, basic authentication is refused",
        "2026-01-02T03:04:05Z ada/shop#7",
    ],
)
def test_plain_words_stay(text: str) -> None:
    assert logs.mask(text) == text


def test_lines_are_json_with_time_level_and_fields(capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    before = structlog.get_config()
    try:
        logs.configure("json")
        structlog.get_logger("bot.test").info("run_done", repo="ada/shop", pull=7)
        structlog.get_logger("bot.test").debug("unseen")
        (line,) = capfd.readouterr().err.splitlines()
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.configure(**before)
    found = json.loads(line)
    assert found.pop("timestamp").endswith("Z")
    assert found == {
        "event": "run_done",
        "level": "info",
        "logger": "bot.test",
        "repo": "ada/shop",
        "pull": 7,
    }
