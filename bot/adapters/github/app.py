"""Who are we on GitHub, where are we installed, and with which token do we act?"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

import github
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from github import BadCredentialsException, UnknownObjectException
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from bot.adapters.github.client import Client
from bot.adapters.github.crowds import Crowds
from bot.adapters.github.deliveries import Sweep, redeliver_failed
from bot.adapters.github.errors import translated
from bot.adapters.github.gateway import RepositoryGitHub
from bot.adapters.github.seen import Seen
from bot.adapters.github.transport import repeat_reads
from bot.errors import LockkeeperError, NotFoundError, RefusedError
from bot.model.repository import Repository

API_VERSION = "2022-11-28"
_REMEMBERED = 600.0  # seconds that an installation id, which changes when people reinstall, is believed
_log = structlog.get_logger("bot.github")


@functools.lru_cache(maxsize=2)
def _key(private_key: str) -> RSAPrivateKey:
    """Read and prove a PEM text, which takes longer than to sign with it."""
    key = RSAAlgorithm(RSAAlgorithm.SHA256).prepare_key(private_key)
    if not isinstance(key, RSAPrivateKey):
        raise InvalidKeyError("this is a public key")
    return key


class _InstallationAuth(github.Auth.AppInstallationAuth):
    """Says 401 where the installation is gone: a 404 would read as if the thing asked for were not there."""

    @property
    def token(self) -> str:
        try:
            return super().token
        except UnknownObjectException as error:
            raise BadCredentialsException(401, error.data, error.headers, error.message) from error


class GitHubApp:
    """The App: one for the process, safe to share between threads; its clients serve one job each.

    `private_key` is the PEM text, `api_url` the operator's (`https://api.github.com`, or
    `https://HOST/api/v3` of GitHub Enterprise Server): nothing is ever sent to another host.
    `seconds_between_writes` keeps us below GitHub's limit on content creation. Reads are repeated `retries`
    times after 5xx and lost connections; writes never are, because their answer may have been lost after the
    work was done. Rate limits are not waited for here: they rise as TransientError with the time to wait.
    """

    def __init__(  # noqa: PLR0913 - the composition root calls this once, by name
        self,
        app_id: int,
        private_key: str,
        *,
        api_url: str = "https://api.github.com",
        bot_login: str = "",
        timeout: int = 30,
        retries: int = 3,
        seconds_between_requests: float = 0.0,
        seconds_between_writes: float = 1.0,
        user_agent: str = "lockkeeper",
    ) -> None:
        if urlsplit(api_url).scheme not in ("https", "http"):
            raise ValueError(f"the API's URL begins with https:// or http://, not {api_url!r}")
        self.app_id = app_id
        self._bot_login = bot_login
        self._auth = github.Auth.AppAuth(app_id, sign_func=lambda told: jwt.encode(told, _key(private_key), "RS256"))
        self._options = {
            "base_url": api_url.rstrip("/"),
            "timeout": timeout,
            "user_agent": user_agent,
            "per_page": 100,
            "retry": repeat_reads(retries),
            "seconds_between_requests": seconds_between_requests,
            "seconds_between_writes": seconds_between_writes,
            "lazy": True,
            "api_version": API_VERSION,
        }
        self._lock = threading.RLock()
        self._installations: dict[Repository, tuple[int, float]] = {}
        self._tokens: dict[int, github.Auth.AppInstallationAuth] = {}
        self._crowds = Crowds()

    @property
    def bot_login(self) -> str:
        """Return the login of our comments (`lockkeeper[bot]`), asked of GitHub once unless it was given."""
        with self._lock:
            if not self._bot_login:
                with translated("read who this App is"):
                    self._bot_login = f"{self._integration().get_app().slug}[bot]"
            return self._bot_login

    def for_repository(self, repository: Repository, *, keeps: bool = False) -> RepositoryGitHub:
        """Return a client for one job on one repository; NotFoundError where the App is not installed.

        One that `keeps` what it has seen asks nothing twice. Where GitHub no longer takes our token (the App was
        installed anew), the client gets itself another.
        """

        def renewed() -> Client:
            self.forget(repository)
            return self._client(repository, keeps)

        return RepositoryGitHub(self._client(repository, keeps), renewed)

    def token(self, repository: Repository) -> str:
        """Return an installation token good for git on this repository for now."""
        try:
            with self._lock, translated(f"get a token for {repository}"):
                return self._installation_auth(repository).token
        except RefusedError as error:
            if error.status != 401:
                raise
        self.forget(repository)
        with self._lock, translated(f"get a token for {repository}"):
            return self._installation_auth(repository).token

    def forget(self, repository: Repository) -> None:
        """Drop the repository's installation and its token, which GitHub no longer takes."""
        with self._lock:
            installation, _ = self._installations.pop(repository, (0, 0.0))
            self._tokens.pop(installation, None)

    def _client(self, repository: Repository, keeps: bool) -> Client:
        auth = self._installation_auth(repository)
        api = github.Github(auth=auth, **self._options)  # type: ignore[arg-type]  # one dict of many types
        return Client(api, self.app_id, self.bot_login, Seen(keeps), self._crowds)

    def installed_repositories(self) -> Sequence[Repository]:
        """Return every repository that an active installation gives us, but archived ones.

        An installation that fails (suspended or removed meanwhile) is logged and passed by; when all of them
        fail, the error of the first rises.
        """
        with translated("list the App's installations"):
            installations = [
                one for one in self._integration().get_installations() if not one.raw_data.get("suspended_at")
            ]
        found: list[Repository] = []
        errors: list[LockkeeperError] = []
        for installation in installations:
            try:
                with translated(f"list the repositories of installation {installation.id}"):
                    names = [one.full_name for one in installation.get_repos() if not one.archived]
            except LockkeeperError as error:
                _log.warning("installation_not_listed", installation=installation.id, reason=str(error))
                errors.append(error)
            else:
                found += map(Repository.parse, names)
        if errors and len(errors) == len(installations):
            raise errors[0]
        return sorted(found)

    def redeliver_failed(self, since: Sweep, now: datetime) -> Sweep:
        """Ask for the webhook deliveries that failed since a look before; see `bot.adapters.github.deliveries`."""
        return redeliver_failed(self._integration().requester, since, now)

    def _integration(self) -> github.GithubIntegration:
        return github.GithubIntegration(auth=self._auth, **self._options)  # type: ignore[arg-type]  # as above

    def _installation_auth(self, repository: Repository) -> github.Auth.AppInstallationAuth:
        """Return the installation's authentication, which gets itself a new token when its own grows old."""
        with self._lock:
            installation = self._installation(repository)
            if installation not in self._tokens:
                requester = self._integration().requester
                self._tokens[installation] = _InstallationAuth(self._auth, installation, requester=requester)
            return self._tokens[installation]

    def _installation(self, repository: Repository) -> int:
        known, since = self._installations.get(repository, (0, 0.0))
        if known and time.monotonic() - since < _REMEMBERED:
            return known
        try:
            with translated(f"find the App's installation on {repository}"):
                found = self._integration().get_repo_installation(repository.owner, repository.name).id
        except NotFoundError as error:
            raise NotFoundError(
                f"the App is not installed on {repository}",
                reason=error.reason,
                how="install it from the App's page on GitHub and select this repository",
            ) from error
        self._installations[repository] = (found, time.monotonic())
        return found
