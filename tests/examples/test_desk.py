"""What do the commands at a desk say of the examples: of a clone, of the configuration, and of a repository without?"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.desk.config_init import Wish, run
from bot.desk.plan import look_at
from bot.model.environment import Configuration
from bot.promotion.config import PATH, parse
from bot.report import plan_words, status_words
from tests.examples.layouts import LAYOUTS, TAGS, Layout
from tests.examples.stories import STORIES, TAGGED, Story

ALL = (*STORIES, TAGGED)
ELSEWHERE = ("repositories", "jenkins-x")  # whose environments lie in repositories of their own
STRATEGIES = {
    "multi-environment": "branch",
    "directories": "directory",
    "helm": "values",
    "flux": "values",
    "argocd-tags": "tag",
}


class Clone:
    """A clone of the repository with an example's pipeline."""

    def __init__(self, top: Path, layout: Layout) -> None:
        self.top, self.layout = top, layout
        for path, text in layout.seeds()[layout.home].items():
            self.write(path, text)
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "origin", f"https://github.com/{layout.home}.git")
        self.commit("Start")
        for branch in layout.branches:
            self.git("branch", branch)

    def write(self, path: str, text: str) -> None:
        (self.top / path).parent.mkdir(parents=True, exist_ok=True)
        (self.top / path).write_text(text)

    def git(self, *arguments: str) -> None:
        who = {f"GIT_{role}_{part}": "ann" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.top), **who}
        subprocess.run(["git", *arguments], cwd=self.top, env=environment, check=True, stdout=subprocess.DEVNULL)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "-q", "-m", message)

    def change(self, story: Story) -> None:
        """Make the change of the example's story in development, as a pull request that was squashed."""
        for name, edit in story.change.travels.items():
            path = story.places[0].file(name)
            file = self.top / path
            text = edit(file.read_text() if file.exists() else "")
            assert text is not None
            self.write(path, text)
        self.commit("Newer (#5)")
        if story is TAGGED:
            self.git("tag", "v2.8.0-dev")


@pytest.fixture
def clone_of(tmp_path: Path) -> Callable[[Layout], Clone]:
    return lambda layout: Clone(tmp_path, layout)


@pytest.mark.parametrize("story", ALL, ids=lambda one: one.layout.name)
def test_a_clone_tells_what_would_be_promoted_and_where_it_is(clone_of: Callable[[Layout], Clone], story: Story) -> None:
    clone = clone_of(story.layout)
    clone.change(story)
    look = look_at(str(clone.top))
    planned, told = (json.loads(words.as_json(look)) for words in (plan_words, status_words))
    assert planned["promotions"] == told["promotions"]
    first, *others = planned["promotions"]
    assert {one["outcome"] for one in others} == {"nothing"}
    assert plan_words.as_text(look).count(" → ") >= len(planned["promotions"])
    if story.layout.name in ELSEWHERE:
        assert first["outcome"] == "nothing"
        assert f"this is a clone of {story.layout.home}; `lockkeeper plan" in first["reason"]
        return
    assert first["outcome"] == ("tag" if story is TAGGED else "propose")
    assert first["changes"][0]["reference"] == "#5"
    change = told["changes"][0]
    assert (change["reference"], change["here"]) == ("#5", ["development"])
    assert [one["state"] for one in change["stations"]] == ["reached", "waiting", "ahead"]
    moved = {"helm": ["web: image tag 2.7.0 → 2.8.0"], "flux": ["web: image tag 2.7.0 → 2.8.0"]}
    assert first["versions"] == moved.get(story.layout.name, [])
    place = {"argocd-tags": "tags `v*-dev`", "helm": "values/web.yaml`", "flux": "apps/development/web.yaml`"}
    (begins,) = (line for line in status_words.as_text(look).splitlines() if "changes start here" in line)
    assert place.get(story.layout.name, "development` of `main`") in begins


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda one: one.name)
def test_a_configuration_is_proposed_that_moves_the_same(
    clone_of: Callable[[Layout], Clone], layout: Layout, capsys: pytest.CaptureFixture[str]
) -> None:
    """For tags it named no directories, so that every environment would have been all of the repository."""
    clone = clone_of(layout)
    written = parse((clone.top / PATH).read_bytes())
    (clone.top / PATH).unlink()
    clone.commit("Without")
    for tag in ("v2.7.0-dev", "v2.7.0-stage", "v2.7.0-prod") if layout is TAGS else ():
        clone.git("tag", tag)
    status, text = run(Wish(clone.top)), capsys.readouterr().out
    if layout.name in ELSEWHERE:
        assert (status, text) == (1, ""), "one repository does not speak of the others"
        return
    assert status == 0
    proposed = parse(text.encode())
    assert isinstance(proposed, Configuration) and isinstance(written, Configuration)
    assert proposed.strategy == written.strategy == STRATEGIES[layout.name]
    assert [(one.branch, one.path, one.tag) for one in proposed.environments] == [
        (one.branch, one.path, one.tag) for one in written.environments
    ]
    assert [{file.file for file in one.values} for one in proposed.environments] == [
        {file.file for file in one.values} for one in written.environments
    ]
