"""How was this process set up? Reads the environment once, and reports every problem together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar, cast
from urllib.parse import urlsplit

from bot import scanners
from bot.errors import UserError
from bot.model.address import address_of
from bot.model.scanner import Scanner

LogFormat = Literal["json", "console"]
_SHORTEST_SECRET = 8
_N = TypeVar("_N", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Process settings. Secrets are left out of `repr`. Times are in seconds."""

    webhook_secrets: tuple[str, ...] = field(repr=False)  # the current one first, then the one being rotated out
    app_id: int | None = None
    private_key: str = field(default="", repr=False)  # PEM text
    seal_secret: str = field(default="", repr=False)  # '' seals with the private key
    api_url: str = "https://api.github.com"
    git_url: str = "https://github.com"
    redis_url: str = field(default="", repr=False)  # '' asks for the embedded Valkey; may carry a password
    data: Path = Path(".lockkeeper")
    host: str = "0.0.0.0"  # noqa: S104 - a server in a container has to be reached from outside of it
    port: int = 8000
    public_url: str = ""
    sweep_seconds: float = 300.0
    log_format: LogFormat = "json"
    web_concurrency: int = 2
    workers: int = 2
    scanners: tuple[Scanner, ...] = ()  # that repositories may choose
    argocd_url: str = ""  # '' asks no Argo CD
    argocd_token: str = field(default="", repr=False)
    remote_sources: tuple[str, ...] = ()  # addresses below which remote bases and charts may be fetched

    @property
    def sealing(self) -> str:
        """Return the secret that records are sealed with."""
        return self.seal_secret or self.private_key

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> Settings:
        """Read the settings from environment variables (see docs/configuration.md).

        The files it may read are the private key that GITHUB_PRIVATE_KEY_PATH names, and the scanners that
        LOCKKEEPER_SCANNERS does. UserError names every
        problem found, one on each line; it never repeats the value of a secret.
        """
        return _Reader(env).settings()

    @classmethod
    def for_reading(cls, env: Mapping[str, str]) -> Settings:
        """Read the settings of a command that takes no deliveries, and so needs no webhook secret."""
        return _Reader({**env, "LOCKKEEPER_WEBHOOK_SECRET": "nothing is delivered here"}).settings()

    def to_environment(self) -> dict[str, str]:
        """Return the variables that make a child process read these same settings."""
        return {
            "LOCKKEEPER_WEBHOOK_SECRET": self.webhook_secrets[0],
            "LOCKKEEPER_WEBHOOK_SECRET_PREVIOUS": "".join(self.webhook_secrets[1:2]),
            "GITHUB_APP_ID": str(self.app_id or ""),
            "GITHUB_PRIVATE_KEY": self.private_key,
            "GITHUB_PRIVATE_KEY_PATH": "",
            "LOCKKEEPER_SEAL_SECRET": self.seal_secret,
            "GITHUB_API_URL": self.api_url,
            "GITHUB_URL": self.git_url,
            "REDIS_URL": self.redis_url,
            "LOCKKEEPER_DATA": str(self.data),
            "HOST": self.host,
            "PORT": str(self.port),
            "LOCKKEEPER_PUBLIC_URL": self.public_url,
            "LOCKKEEPER_SWEEP_SECONDS": str(self.sweep_seconds),
            "LOCKKEEPER_LOG_FORMAT": self.log_format,
            "WEB_CONCURRENCY": str(self.web_concurrency),
            "LOCKKEEPER_WORKERS": str(self.workers),
            "LOCKKEEPER_ARGOCD_URL": self.argocd_url,
            "LOCKKEEPER_ARGOCD_TOKEN": self.argocd_token,
            "LOCKKEEPER_REMOTE_SOURCES": ",".join(self.remote_sources),
            scanners.VARIABLE: scanners.as_text(self.scanners),
        }


class _Reader:
    """Reads one variable after the other and gathers the problems."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.problems: list[str] = []

    def settings(self) -> Settings:
        api_url = self.url("GITHUB_API_URL", "https://api.github.com", ("https", "http"))
        found = Settings(
            webhook_secrets=self.secrets(),
            app_id=self.optional_number("GITHUB_APP_ID"),
            private_key=self.private_key(),
            seal_secret=self.long_enough("LOCKKEEPER_SEAL_SECRET"),
            api_url=api_url,
            git_url=self.url("GITHUB_URL", _git_url(api_url), ("https", "http")),
            redis_url=self.url("REDIS_URL", "", ("redis", "rediss", "unix")),
            data=Path(self.text("LOCKKEEPER_DATA") or ".lockkeeper"),
            host=self.text("HOST") or "0.0.0.0",  # noqa: S104 - as above
            port=self.number("PORT", 8000, int, 0, 65535),
            public_url=self.url("LOCKKEEPER_PUBLIC_URL", "", ("https", "http")),
            sweep_seconds=self.number("LOCKKEEPER_SWEEP_SECONDS", 300.0, float, 1, 86400),
            log_format=self.log_format(),
            web_concurrency=self.number("WEB_CONCURRENCY", 2, int, 1, 64),
            workers=self.number("LOCKKEEPER_WORKERS", 2, int, 1, 64),
            argocd_url=self.url("LOCKKEEPER_ARGOCD_URL", "", ("https", "http")),
            argocd_token=self.argocd_token(),
            remote_sources=self.remote_sources(),
            scanners=self.scanners(),
        )
        if self.problems:
            raise UserError("\n".join(self.problems))
        return found

    def text(self, name: str) -> str:
        return self.env.get(name, "").strip()

    def secrets(self) -> tuple[str, ...]:
        current = self.long_enough("LOCKKEEPER_WEBHOOK_SECRET")
        previous = self.long_enough("LOCKKEEPER_WEBHOOK_SECRET_PREVIOUS")
        if not current:
            self.problems.append(
                "LOCKKEEPER_WEBHOOK_SECRET is not set: without it GitHub's deliveries cannot be told from "
                "forged ones; set it to the webhook secret of the GitHub App "
                "(make one with: openssl rand -hex 32)"
            )
        return tuple(secret for secret in (current, previous) if secret)

    def long_enough(self, name: str) -> str:
        """Return a secret that people made up, '' where there is none."""
        secret = self.text(name)
        if secret and len(secret) < _SHORTEST_SECRET:
            self.problems.append(
                f"{name} is shorter than {_SHORTEST_SECRET} characters and can be guessed; "
                "make a longer one with: openssl rand -hex 32"
            )
        return secret

    def private_key(self) -> str:
        key, path = self.text("GITHUB_PRIVATE_KEY"), self.text("GITHUB_PRIVATE_KEY_PATH")
        if key and path:
            self.problems.append("GITHUB_PRIVATE_KEY and GITHUB_PRIVATE_KEY_PATH are both set; keep one of them")
            return ""
        name = "GITHUB_PRIVATE_KEY" if key else "GITHUB_PRIVATE_KEY_PATH"
        if key and "-----BEGIN" not in key:
            path, key = key, ""  # a path in GITHUB_PRIVATE_KEY is a common and harmless mix-up
        if path:
            try:
                key = Path(path).read_text("ascii")
            except (OSError, ValueError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is not a PEM file"
                what = "the private key cannot be read"
                if name == "GITHUB_PRIVATE_KEY":
                    what = "it is neither PEM text nor a readable file"
                self.problems.append(f"{name}: {what}: {why}")
                return ""
        key = key.replace("\\n", "\n").strip()  # one-line variables write line ends as backslash n
        if key and not ("-----BEGIN" in key and "PRIVATE KEY-----" in key):
            self.problems.append(
                f"{name} holds no PEM private key; download one on the settings page of the GitHub App"
            )
            return ""
        return key + "\n" if key else ""

    def optional_number(self, name: str) -> int | None:
        return self.number(name, 0, int, 1, 2**53) or None if self.text(name) else None

    def number(self, name: str, default: _N, kind: Callable[[str], _N], low: _N, high: _N) -> _N:
        text = self.text(name)
        if not text:
            return default
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            self.problems.append(f"{name} must be a number from {low} to {high}")
            return default
        return value

    def url(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        text = self.text(name).rstrip("/")
        if not text:
            return default
        try:
            parts = urlsplit(text)
            right = parts.scheme in schemes and bool(parts.path if parts.scheme == "unix" else parts.hostname)
        except ValueError:
            right = False
        if not right:
            shapes = " or ".join(f"{scheme}://…" for scheme in schemes)
            self.problems.append(f"{name} must be a URL like {shapes}")
            return default
        return text

    def argocd_token(self) -> str:
        url, token = self.text("LOCKKEEPER_ARGOCD_URL"), self.text("LOCKKEEPER_ARGOCD_TOKEN")
        if bool(url) != bool(token):
            missing = "LOCKKEEPER_ARGOCD_TOKEN" if url else "LOCKKEEPER_ARGOCD_URL"
            self.problems.append(
                f"{missing} is not set: Argo CD is asked with both, or with neither (make a token for an account "
                "that may `get` applications and nothing else)"
            )
        if not token.isascii() or not token.isprintable() or " " in token:
            self.problems.append("LOCKKEEPER_ARGOCD_TOKEN holds characters that no token has")
            return ""
        return token

    def remote_sources(self) -> tuple[str, ...]:
        found, problem = remote_sources(self.env)
        if problem:
            self.problems.append(problem)
        return found

    def scanners(self) -> tuple[Scanner, ...]:
        found, problem = scanners.scanners(self.env)
        if problem:
            self.problems.append(problem)
        return found

    def log_format(self) -> LogFormat:
        text = self.text("LOCKKEEPER_LOG_FORMAT") or "json"
        if text not in ("json", "console"):
            self.problems.append("LOCKKEEPER_LOG_FORMAT must be json or console")
            return "json"
        return cast(LogFormat, text)


def remote_sources(env: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """Return the addresses below which remote bases and charts may be fetched, and what is wrong with them, or ''."""
    found = tuple(one.strip().rstrip("/") for one in env.get("LOCKKEEPER_REMOTE_SOURCES", "").split(",") if one.strip())
    for one in found:
        if address_of(one) is None or "?" in one or "#" in one:
            shown = one if "@" not in one else "one with a user or password"  # never repeat that
            wanted = "https:// or oci:// addresses with commas between, without users"
            return (), f"LOCKKEEPER_REMOTE_SOURCES must list {wanted}, not {shown}"
    return found, ""


def _git_url(api_url: str) -> str:
    """Return where git and browsers go: GitHub.com, or the host of a GitHub Enterprise Server's API."""
    parts = urlsplit(api_url)
    if parts.hostname == "api.github.com":
        return "https://github.com"
    if parts.hostname and parts.hostname.startswith("api.") and parts.path in ("", "/"):
        return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"  # api.NAME.ghe.com
    return f"{parts.scheme}://{parts.netloc}"
