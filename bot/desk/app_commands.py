"""`lockkeeper app-manifest` and `app-convert`: how does the App come to be registered?"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import click

from bot.errors import UserError


@click.command("app-manifest")
@click.option("--url", required=True, help="The bot's own address, for example https://lockkeeper.your.org.")
@click.option("--organization", default="", help="Who shall own the App; you yourself unless given.")
@click.option("--github-url", default="https://github.com", show_default=True)
def app_manifest(url: str, organization: str, github_url: str) -> None:
    """Write a page that registers the GitHub App.

    It goes to standard output; open it in a browser and press its button.
    """
    import secrets

    from bot.adapters.github.manifest import form, manifest_for

    text = (Path(__file__).resolve().parents[2] / "app.yaml").read_text()
    page = form(manifest_for(text, url), github_url=github_url, organization=organization, state=secrets.token_hex(8))
    click.echo(page, nl=False)


@click.command("app-convert")
@click.argument("code")
@click.option("--api-url", default="https://api.github.com", show_default=True)
@click.option("--out", default="lockkeeper.env", show_default=True, type=click.Path(dir_okay=False, path_type=Path))
def app_convert(code: str, api_url: str, out: Path) -> None:
    """Turn CODE into the App's credentials.

    CODE is what GitHub led back with; the credentials are kept in a file that only you can read.
    """
    from bot.adapters.github.manifest import convert, environment_file

    if out.exists():
        raise UserError("the file is there already, and it may hold the key of another App", where=str(out))
    found = convert(code, api_url=api_url)
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(environment_file(found, api_url, secrets.token_hex(32)))
    click.echo(f"{found.slug} (id {found.app_id}) is registered: {found.url}")
    click.echo(f"Its credentials are in {out}. Load it and start the bot:")
    click.echo(f"  set -a; . ./{out}; set +a; lockkeeper serve")
