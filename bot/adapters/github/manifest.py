"""How does a manifest become a GitHub App?

Source: https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit

import requests
import yaml

from bot.errors import RefusedError, TransientError, UserError

_HOST = "https://lockkeeper.example.com"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What GitHub tells of a new App, once. Secrets are left out of `repr`."""

    app_id: int
    slug: str
    url: str
    private_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)


def manifest_for(text: str, url: str) -> dict[str, Any]:
    """Return the manifest (`app.yaml`'s text) with the bot's own address `url` in the place of the example's."""
    if urlsplit(url).scheme != "https" and urlsplit(url).hostname not in ("127.0.0.1", "localhost"):
        raise UserError("the bot's address has to begin with https://", where=url, how="GitHub sends events there")
    parsed: dict[str, Any] = yaml.safe_load(text.replace(_HOST, url.rstrip("/")))
    return parsed


def form(manifest: dict[str, Any], *, github_url: str, organization: str, state: str) -> str:
    """Return a page whose one button sends the manifest to GitHub."""
    place = f"/organizations/{quote(organization, safe='')}" if organization else ""
    action = f"{github_url.rstrip('/')}{place}/settings/apps/new?state={quote(state, safe='')}"
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Register Lockkeeper</title>"
        f"<form method=post action='{escape(action)}'>"
        f"<input type=hidden name=manifest value='{escape(json.dumps(manifest))}'>"
        f"<p>This registers the GitHub App <b>{escape(str(manifest.get('name')))}</b> at {escape(github_url)}.</p>"
        "<button>Register the App</button></form></html>\n"
    )


def convert(code: str, *, api_url: str) -> Credentials:
    """Turn the code GitHub led back with into the App's credentials; each code works once, for an hour.

    RefusedError when GitHub does not know the code, TransientError when it does not answer.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", code):
        raise UserError("that is no code", how="copy what stands after `code=` in the address GitHub led you to")
    try:
        answer = requests.post(
            f"{api_url.rstrip('/')}/app-manifests/{code}/conversions",
            headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
            timeout=30,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise TransientError(f"GitHub did not answer at {api_url}") from error
    if answer.status_code >= 500:
        raise TransientError(f"GitHub answered {answer.status_code}; try again")
    if answer.status_code != 201:
        raise RefusedError(
            "GitHub does not know this code",
            status=answer.status_code,
            how="codes work once and for one hour; press the button again to get a new one",
        )
    found = answer.json()
    return Credentials(found["id"], found["slug"], found["html_url"], found["pem"], found["webhook_secret"])


def environment_file(credentials: Credentials, api_url: str, seal_secret: str) -> str:
    """Return the credentials, and a secret to seal with, as lines of an environment file."""
    key = credentials.private_key.strip().replace("\n", "\\n")
    return (
        f"GITHUB_APP_ID={credentials.app_id}\n"
        f'GITHUB_PRIVATE_KEY="{key}"\n'
        f"LOCKKEEPER_WEBHOOK_SECRET={credentials.webhook_secret}\n"
        f"LOCKKEEPER_SEAL_SECRET={seal_secret}\n"
        f"GITHUB_API_URL={api_url}\n"
    )
