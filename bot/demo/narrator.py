"""How is the story told in a terminal?"""

from __future__ import annotations

import re
import textwrap
import time
from collections.abc import Iterable

import click

STEPS = 9


class Narrator:
    """Prints steps, what GitHub shows, and whether each expectation held."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.step_number = 0
        self.held = 0

    def step(self, text: str) -> None:
        """Open the next step."""
        self.step_number += 1
        seconds = time.monotonic() - self.began
        click.echo()
        click.secho(f"[{self.step_number}/{STEPS}] {text}", bold=True, nl=False)
        click.secho(f"  ({seconds:.1f} s)", dim=True)

    def says(self, text: str) -> None:
        """Say what happens, or is being waited for."""
        click.echo(f"      {text}")

    def link(self, text: str, url: str) -> None:
        """Name a page to look at."""
        click.echo(f"      {text}: ", nl=False)
        click.secho(url, fg="cyan")

    def holds(self, text: str, condition: bool, detail: str = "") -> None:
        """Assert one expectation of the story; StoryError when it does not hold."""
        if not condition:
            click.secho(f"    ✘ {text}", fg="red")
            raise StoryError(f"{text}{': ' + detail if detail else ''}")
        self.held += 1
        click.secho(f"    ✔ {text}", fg="green")

    def quote(self, title: str, text: str, most: int = 14) -> None:
        """Show a comment as text, shortened."""
        lines = [line for line in plain(text).splitlines() if line.strip()]
        click.secho(f"      ┌ {title}", dim=True)
        for line in lines[:most]:
            click.echo("      │ " + textwrap.shorten(line, 104, placeholder=" …"))
        if len(lines) > most:
            click.secho(f"      │ … {len(lines) - most} more lines", dim=True)
        click.secho("      └", dim=True)

    def checks(self, runs: Iterable[tuple[str, str, str]]) -> None:
        """Show check runs: name, conclusion, title."""
        for name, conclusion, title in runs:
            colour = {"success": "green", "failure": "red"}.get(conclusion, "yellow")
            click.echo("      ", nl=False)
            click.secho(f"{conclusion:>11}", fg=colour, nl=False)
            click.echo(f"  {name}: {title}")


class StoryError(Exception):
    """An expectation of the story did not hold."""


def plain(markdown: str) -> str:
    """Return Markdown without the HTML that a terminal cannot show."""
    text = re.sub(r"<!--.*?-->", "", markdown, flags=re.S)
    text = re.sub(r"</?(?:details|summary|sub|b|i)[^>]*>", "", text)
    return re.sub(r"\n{3,}", "\n\n", text).replace("\u200b", "")
