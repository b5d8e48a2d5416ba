"""Are settings read strictly, all problems told together, and secrets never shown?"""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from bot.adapters.seal import sealer
from bot.errors import UserError
from bot.settings import Settings

GOOD = {"LOCKKEEPER_WEBHOOK_SECRET": "canary-secret-1"}


@pytest.fixture(scope="module")
def pem() -> str:
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def test_a_secret_is_enough() -> None:
    settings = Settings.from_environment(GOOD)
    assert settings.webhook_secrets == ("canary-secret-1",)
    assert settings.redis_url == ""
    assert settings.data == Path(".lockkeeper")
    assert (settings.sweep_seconds, settings.log_format, settings.port) == (300.0, "json", 8000)


@pytest.mark.parametrize(
    ("api", "git"),
    [
        ("", "https://github.com"),
        ("https://api.github.com", "https://github.com"),
        ("https://github.example.com/api/v3", "https://github.example.com"),
        ("https://api.octo.ghe.com", "https://octo.ghe.com"),
        ("http://127.0.0.1:8931/api/v3/", "http://127.0.0.1:8931"),
        ("http://127.0.0.1:8931", "http://127.0.0.1:8931"),
    ],
)
def test_where_git_goes_follows_the_api(api: str, git: str) -> None:
    assert Settings.from_environment({**GOOD, "GITHUB_API_URL": api}).git_url == git


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"LOCKKEEPER_WEBHOOK_SECRET": ""}, "LOCKKEEPER_WEBHOOK_SECRET is not set"),
        ({"LOCKKEEPER_WEBHOOK_SECRET": "  "}, "LOCKKEEPER_WEBHOOK_SECRET is not set"),
        ({"LOCKKEEPER_WEBHOOK_SECRET": "short"}, "LOCKKEEPER_WEBHOOK_SECRET is shorter"),
        ({"LOCKKEEPER_WEBHOOK_SECRET_PREVIOUS": "short"}, "LOCKKEEPER_WEBHOOK_SECRET_PREVIOUS is shorter"),
        ({"LOCKKEEPER_SEAL_SECRET": "short"}, "LOCKKEEPER_SEAL_SECRET is shorter"),
        ({"GITHUB_APP_ID": "Iv1.abc"}, "GITHUB_APP_ID must be a number"),
        ({"GITHUB_APP_ID": "0"}, "GITHUB_APP_ID must be a number"),
        ({"GITHUB_API_URL": "api.github.com"}, "GITHUB_API_URL must be a URL"),
        ({"GITHUB_API_URL": "ftp://api.github.com"}, "GITHUB_API_URL must be a URL"),
        ({"REDIS_URL": "http://127.0.0.1"}, "REDIS_URL must be a URL"),
        ({"REDIS_URL": "redis://[::1"}, "REDIS_URL must be a URL"),
        ({"PORT": "eighty"}, "PORT must be a number"),
        ({"PORT": "70000"}, "PORT must be a number"),
        ({"LOCKKEEPER_SWEEP_SECONDS": "nan"}, "LOCKKEEPER_SWEEP_SECONDS must be a number"),
        ({"WEB_CONCURRENCY": "0"}, "WEB_CONCURRENCY must be a number"),
        ({"LOCKKEEPER_LOG_FORMAT": "xml"}, "LOCKKEEPER_LOG_FORMAT must be json or console"),
        ({"GITHUB_PRIVATE_KEY": "-----BEGIN nothing"}, "holds no PEM private key"),
        ({"GITHUB_PRIVATE_KEY_PATH": "/nowhere/key.pem"}, "cannot be read: No such file"),
        ({"GITHUB_PRIVATE_KEY": "/nowhere/key.pem"}, "neither PEM text nor a readable file"),
        ({"GITHUB_PRIVATE_KEY": "x", "GITHUB_PRIVATE_KEY_PATH": "y"}, "are both set"),
        ({"LOCKKEEPER_ARGOCD_URL": "https://argocd.example.com"}, "LOCKKEEPER_ARGOCD_TOKEN is not set"),
        ({"LOCKKEEPER_ARGOCD_TOKEN": "x"}, "LOCKKEEPER_ARGOCD_URL is not set"),
        ({"LOCKKEEPER_ARGOCD_URL": "argocd", "LOCKKEEPER_ARGOCD_TOKEN": "x"}, "LOCKKEEPER_ARGOCD_URL must be a URL"),
        ({"LOCKKEEPER_ARGOCD_URL": "https://a", "LOCKKEEPER_ARGOCD_TOKEN": "x\r\nHost: b"}, "that no token has"),
    ],
)
def test_each_mistake_is_named(changes: dict[str, str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        Settings.from_environment({**GOOD, **changes})


def test_all_mistakes_are_told_together() -> None:
    with pytest.raises(UserError) as refused:
        Settings.from_environment({"PORT": "x", "GITHUB_APP_ID": "y", "LOCKKEEPER_LOG_FORMAT": "z"})
    assert len(str(refused.value).splitlines()) == 4


def test_the_key_may_be_text_one_line_or_a_file(pem: str, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text(pem)
    for env in (
        {"GITHUB_PRIVATE_KEY": pem},
        {"GITHUB_PRIVATE_KEY": pem.replace("\n", "\\n")},
        {"GITHUB_PRIVATE_KEY": str(path)},
        {"GITHUB_PRIVATE_KEY_PATH": str(path)},
    ):
        assert Settings.from_environment({**GOOD, **env}).private_key == pem


def test_secrets_are_in_no_repr_and_no_error(pem: str) -> None:
    env = {
        **GOOD,
        "LOCKKEEPER_WEBHOOK_SECRET_PREVIOUS": "canary-secret-2",
        "GITHUB_PRIVATE_KEY": pem,
        "LOCKKEEPER_SEAL_SECRET": "canary-seal",
        "REDIS_URL": "redis://:canary-password@127.0.0.1:6379/0",
        "LOCKKEEPER_ARGOCD_URL": "https://argocd.example.com",
        "LOCKKEEPER_ARGOCD_TOKEN": "canary-token",
    }
    settings = Settings.from_environment(env)
    assert "canary" not in repr(settings)
    assert "PRIVATE KEY" not in repr(settings)
    with pytest.raises(UserError) as refused:
        Settings.from_environment({**env, "PORT": "x", "REDIS_URL": "http://:canary-password@h", "GITHUB_APP_ID": "-"})
    assert "canary" not in str(refused.value)


def test_children_read_the_same_settings(pem: str) -> None:
    env = {
        **GOOD,
        "LOCKKEEPER_WEBHOOK_SECRET_PREVIOUS": "canary-secret-2",
        "GITHUB_APP_ID": "12",
        "GITHUB_PRIVATE_KEY": pem,
        "LOCKKEEPER_SEAL_SECRET": "canary-seal",
        "GITHUB_API_URL": "https://github.example.com/api/v3",
        "REDIS_URL": "unix:///tmp/x.sock",
        "LOCKKEEPER_PUBLIC_URL": "https://keeper.example.com",
        "LOCKKEEPER_SWEEP_SECONDS": "7.5",
        "LOCKKEEPER_LOG_FORMAT": "console",
        "LOCKKEEPER_WORKERS": "3",
        "LOCKKEEPER_ARGOCD_URL": "https://argocd.example.com/path",
        "LOCKKEEPER_ARGOCD_TOKEN": "canary-token",
    }
    settings = Settings.from_environment(env)
    assert Settings.from_environment(settings.to_environment()) == settings


def test_what_is_sealed_outlives_a_new_private_key_where_a_secret_was_set(pem: str) -> None:
    old = Settings.from_environment({**GOOD, "GITHUB_PRIVATE_KEY": pem, "LOCKKEEPER_SEAL_SECRET": "a long secret"})
    new = Settings.from_environment({**GOOD, "LOCKKEEPER_SEAL_SECRET": "a long secret"})
    assert sealer(old.sealing)("words") == sealer(new.sealing)("words")
    without = Settings.from_environment({**GOOD, "GITHUB_PRIVATE_KEY": pem})
    assert without.sealing == without.private_key
