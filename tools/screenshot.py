"""What does a promotion pull request look like? Play the demo until one waits for approval and take its picture.

Run from the root of the repository: `.venv/bin/python -m tools.screenshot`. It needs a Chromium, and a font with
emoji (Debian: `apt-get install chromium fonts-noto-color-emoji`). `--all DIRECTORY` pictures every kind of page, light
and dark, as the story goes on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from bot.demo.narrator import Narrator
from bot.demo.stage import REPOSITORY, Stage
from bot.demo.story import Story
from tools.chromium import Browser

TARGET = Path("docs/images/promotion-pull-request.png")
LARGEST = 300_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=TARGET, help=f"where the picture goes (default {TARGET})")
    parser.add_argument("--all", type=Path, metavar="DIRECTORY", help="picture every kind of page instead")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, Stage(Path(directory)) as stage:
        story = Story(stage, Narrator())
        if asked.all:
            asked.all.mkdir(parents=True, exist_ok=True)
            return _everything(story, asked.all)
        story.first_attempt()
        story.fix()
        story.merge_change()
        story.staging_waits()
        return _one(story, asked.out)


def _one(story: Story, out: Path) -> int:
    with Browser() as browser:
        _act(browser, story, "quinn")
        browser.open(story.url(story.to_staging))
        out.parent.mkdir(parents=True, exist_ok=True)
        browser.picture(out, until="#merge-box")
    size = out.stat().st_size
    click.echo(f"{out}: {size} bytes")
    return 0 if size <= LARGEST else 1


def _act(browser: Browser, story: Story, login: str) -> None:
    """Choose a person, as the select in the corner does."""
    browser.open(f"{story.stage.sandbox.url}/")
    browser.evaluate(
        f"document.querySelector('#person').value = '{login}'; document.querySelector('#person').form.submit()"
    )
    # what the server wrote, not what we have just chosen
    chosen = "document.querySelector('#person option[selected]').value"
    browser.wait("the choice", lambda: browser.evaluate(chosen) == login)


def _everything(story: Story, directory: Path) -> int:
    with Browser() as light, Browser(dark=True) as dark:

        def both(name: str, path: str) -> None:
            for browser, shade in ((light, "light"), (dark, "dark")):
                browser.open(f"{story.stage.sandbox.url}{path}")
                browser.picture(directory / f"{name}-{shade}.png")

        def act(login: str) -> None:
            for browser in (light, dark):
                _act(browser, story, login)

        _scenes(story, both, act)
    return 0


def _scenes(story: Story, both: Callable[[str, str], None], act: Callable[[str], None]) -> None:
    here = f"/{REPOSITORY}"
    story.first_attempt()
    change = f"{here}/pull/{story.change}"
    act("maya")
    both("refused", change)
    both("refused-files", f"{change}/files")
    both("refused-checks", f"{change}/checks")
    story.fix()
    story.merge_change()
    story.staging_waits()
    act("quinn")
    both("waiting", f"{here}/pull/{story.to_staging}")
    both("repository", here)
    story.staging_reviewed()
    story.refused_to_developer()
    story.accepted_from_lead()
    story.production_merged()
    story.journey()
    both("journey", change)
    deployed = story.pull(story.to_production).merge_commit_sha
    pages = {
        "home": "/",
        "organization": "/acme",
        "app": "/apps/lockkeeper",
        "install": "/apps/lockkeeper/installations/new",
        "manifest": "/settings/apps/new",
        "pulls": f"{here}/pulls",
        "deployments": f"{here}/deployments",
        "deliveries": f"{here}/deliveries",
        "commits": f"{here}/commits/production",
        "commit": f"{here}/commit/{deployed}",
        "compare": f"{here}/compare/main...production",
        "blob": f"{here}/blob/main/base/deployment.yaml",
        "edit": f"{here}/blob/main/base/deployment.yaml?edit=yes",
        "nothing": f"{here}/pull/999",
    }
    for name, path in pages.items():
        both(name, path)


if __name__ == "__main__":
    sys.exit(main())
