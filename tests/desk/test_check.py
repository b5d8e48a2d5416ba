"""What does `lockkeeper check` say of a change before anybody else sees it?"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import jsonschema
import pytest
import yaml

from bot.desk.ending import ended
from tests.desk.place import ROOT, Desk
from tests.flows.repository import DEPLOYMENT, IMAGE_LINE, PATH, POLICY_LINE, deployment, files, overlay, pipeline
from tests.report.sarif_schema import SARIF

WRONG = {DEPLOYMENT: deployment(pull_policy="imagePulPolicy")}
GOOD = {DEPLOYMENT: deployment("registry.example.com/web:2.0.0")}
FOREIGN = {DEPLOYMENT: deployment("docker.io/somebody/web:2.0.0")}


def test_a_misspelt_field_is_told_with_its_line_like_compilers_do(desk: Desk) -> None:
    desk.write(WRONG)
    said = desk.run("check")
    assert said.status == 1
    lines = said.out.splitlines()
    assert lines[0].startswith("The working tree against main (")
    assert lines[2].startswith(f"{DEPLOYMENT}:{POLICY_LINE}: error: unknown field `imagePulPolicy`")
    assert lines[2].endswith("did you mean `imagePullPolicy`? [kubernetes-schema/unknown-field]")
    assert lines[3] == "  Deployment web in development, staging and production"
    assert lines[-1] == "✘ 1 problem to mend before merging."
    assert "\x1b" not in said.out


def test_a_good_change_passes_with_its_diff(desk: Desk) -> None:
    desk.write(GOOD)
    said = desk.run("check")
    assert said.status == 0
    assert "development: 1 changed; web: image tag 1.0.0 → 2.0.0\n" in said.out
    assert "staging (on promotion): 1 changed; web: image tag 1.0.0 → 2.0.0\n" in said.out
    assert "    +        image: registry.example.com/web:2.0.0\n" in said.out
    assert said.out.endswith("✔ Nothing blocks.\n")
    assert said.err == ""


def test_policies_of_the_repository_hold_at_the_desk(desk: Desk) -> None:
    desk.write(FOREIGN)
    said = desk.run("check", "--quiet")
    assert said.status == 1
    assert said.out.startswith(f"{DEPLOYMENT}:{IMAGE_LINE}: error: ")
    assert "[registry/allowed-registries]" in said.out or "[allowed-registries]" in said.out
    assert "  → Push the image to an approved registry" in said.out


def test_what_the_base_has_already_does_not_block(bare: Desk) -> None:
    bare.begin({**files(), **WRONG})
    bare.write({"base/settings.yaml": files()["base/settings.yaml"].replace("blue", "green")})
    assert bare.run("check").status == 0
    bare.write({DEPLOYMENT: deployment("registry.example.com/web:3", "imagePulPolicy")})
    said = bare.run("check")
    assert said.status == 0
    assert said.out.endswith("✔ Nothing blocks; 1 finding was there before.\n")


def test_nothing_changed(desk: Desk) -> None:
    said = desk.run("check")
    assert (said.status, said.err) == (0, "")
    assert "No environment is affected." in said.out
    assert desk.run("check", "--quiet").out == ""


def test_a_file_that_git_does_not_know_yet_counts_and_an_ignored_one_does_not(desk: Desk) -> None:
    desk.write({"overlays/development/kustomization.yaml": overlay("development", "  - extra.yaml\n")})
    assert "extra.yaml" in desk.run("check").out
    extra = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\ndata: {a: b}\n"
    desk.write({"overlays/development/extra.yaml": extra})
    said = desk.run("check")
    assert (said.status, "1 added" in said.out) == (0, True)
    desk.write({".gitignore": "extra.yaml\n"})
    assert desk.run("check").status == 1


class TestStaged:
    def test_what_is_staged_is_good_and_the_rest_is_not(self, desk: Desk) -> None:
        desk.write(GOOD)
        desk.git("add", ".")
        desk.write(WRONG)
        staged, working = desk.run("check", "--staged"), desk.run("check")
        assert (staged.status, working.status) == (0, 1)
        assert staged.out.startswith("What is staged against main (")
        assert "2.0.0" in staged.out

    def test_what_is_staged_is_wrong_and_the_rest_is_mended(self, desk: Desk) -> None:
        desk.write(WRONG)
        desk.git("add", ".")
        desk.write(GOOD)
        assert (desk.run("check", "--staged").status, desk.run("check").status) == (1, 0)

    def test_as_a_hook_it_looks_at_what_this_commit_takes(self, desk: Desk) -> None:
        """`git commit PATH` makes an index of its own for the hook; the usual one says something else."""
        (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
        assert (hook["language"], hook["pass_filenames"]) == ("system", False)
        words = hook["entry"].removeprefix("lockkeeper ")
        import sys

        place = desk.top / ".git/hooks/pre-commit"
        environment = " ".join(f"{name}={desk.environment()[name]}" for name in ("PYTHONPATH", "LOCKKEEPER_CACHE"))
        place.write_text(f"#!/bin/sh\n{environment} exec {sys.executable} -m bot.cli {words} >&2\n")
        place.chmod(place.stat().st_mode | stat.S_IXUSR)
        desk.write({**WRONG, "README.md": "read me\n"})
        desk.git("add", ".")
        import subprocess

        with pytest.raises(subprocess.CalledProcessError) as refused:
            desk.git("commit", "-m", "wrong")
        assert f"{DEPLOYMENT}:{POLICY_LINE}: error" in refused.value.stderr
        desk.git("commit", "-m", "only this", "README.md")
        desk.write(GOOD)
        desk.git("commit", "-a", "-m", "mended")
        assert desk.git("status", "--porcelain") == ""


class TestBase:
    def test_where_the_branch_was_left_not_what_others_did_since(self, desk: Desk) -> None:
        desk.git("checkout", "-q", "-b", "topic")
        desk.commit(GOOD)
        desk.git("checkout", "-q", "main")
        desk.commit({"base/settings.yaml": files()["base/settings.yaml"].replace("blue", "green")})
        desk.git("checkout", "-q", "topic")
        said = desk.run("check")
        assert "against main where it was left (" in said.out.splitlines()[0]
        assert ("2.0.0" in said.out, "green" in said.out) == (True, False)

    def test_the_remote_has_the_word(self, desk: Desk, tmp_path: Path) -> None:
        desk.git("clone", "-q", str(desk.top), str(tmp_path / "clone"))
        clone = Desk(tmp_path / "clone", desk.home, desk.cache)
        clone.commit(GOOD)
        said = clone.run("check")
        assert said.out.startswith("The working tree against origin/main (")
        assert "2.0.0" in said.out

    def test_a_hot_fix_is_compared_with_the_branch_it_comes_from(self, desk: Desk) -> None:
        desk.git("checkout", "-q", "-b", "production")
        desk.commit({"base/settings.yaml": files()["base/settings.yaml"].replace("blue", "red")})
        desk.git("checkout", "-q", "-b", "hot-fix")
        desk.commit(GOOD)
        said = desk.run("check")
        assert said.out.startswith("The working tree against production (")
        assert "\nproduction: 1 changed; web: image tag" in said.out
        assert "development" not in said.out

    def test_any_revision_can_be_named(self, desk: Desk) -> None:
        desk.commit(GOOD)
        assert "No environment is affected." in desk.run("check").out
        said = desk.run("check", "--base", "HEAD~1")
        assert said.out.startswith("The working tree against HEAD~1 (")
        assert "2.0.0" in said.out

    def test_a_shallow_clone_says_what_it_lacks(self, desk: Desk, tmp_path: Path) -> None:
        first = desk.git("rev-parse", "HEAD")
        desk.commit(GOOD)
        desk.git("clone", "-q", "--depth", "1", desk.top.as_uri(), str(tmp_path / "shallow"))
        clone = Desk(tmp_path / "shallow", desk.home, desk.cache)
        said = clone.run("check", "--base", first)
        assert said.status == 2
        assert "fetch-depth: 0" in said.err

    def test_nothing_to_compare_with(self, bare: Desk) -> None:
        """In a repository without commits, and outside of git, everything is new."""
        bare.write({**files(), **WRONG})
        outside = bare.run("check")
        bare.git("init", "-q")
        unborn = bare.run("check")
        for said in (outside, unborn):
            assert said.status == 1
            assert said.out.startswith("The working tree, all of it: there is nothing to compare it with.")
            assert "\ndevelopment: 2 resources\n" in said.out
        assert outside.out == unborn.out


class TestChoice:
    def test_one_environment(self, desk: Desk) -> None:
        desk.write(GOOD)
        said = desk.run("check", "-e", "production")
        assert ("production" in said.out, "development" in said.out) == (True, False)

    def test_a_directory_narrows_the_look(self, desk: Desk) -> None:
        desk.write(GOOD)
        said = desk.run("check", "overlays/staging")
        assert ("staging" in said.out, "development" in said.out) == (True, False)
        assert desk.run("check", ".", cwd=desk.top / "overlays/staging").out == said.out
        assert "development" in desk.run("check", cwd=desk.top / "overlays/staging").out

    def test_all_of_it(self, bare: Desk) -> None:
        bare.begin({**files(), **WRONG})
        said = bare.run("check", "--all", "--format", "json")
        found = json.loads(said.out)
        assert said.status == 0
        assert {one["new"] for one in found["findings"]} == {False}
        assert [one["name"] for one in found["environments"]] == ["development", "staging", "production"]


class TestRules:
    def test_those_that_lie_here_hold_and_that_they_differ_is_said(self, desk: Desk) -> None:
        desk.write({**FOREIGN, PATH: pipeline().replace("registry.example.com", "docker.io")})
        said = desk.run("check")
        assert said.status == 0
        note = f"note: {PATH} is not what main has; on GitHub the rules of main hold until this is merged"
        assert said.out.splitlines()[1] == note

    def test_mistakes_are_told_with_their_lines(self, desk: Desk) -> None:
        desk.write({PATH: pipeline().replace("branch: staging", "brunch: staging")})
        for command in (["check"], ["diff", "HEAD"], ["render", "staging"]):
            said = desk.run(*command)
            assert (said.status, said.out) == (2, "")
            line = 1 + pipeline().splitlines().index("    branch: staging")
            assert f"{PATH}:{line}: error: environments.staging.brunch: `brunch` is not a known key" in said.err
            assert "  → did you mean `branch`?" in said.err

    def test_none_at_all(self, bare: Desk) -> None:
        bare.begin(files(None))
        bare.write(WRONG)
        said = bare.run("check")
        assert said.status == 1
        assert "note: there is no .github/lockkeeper.yaml" in said.out
        assert "Deployment web in development, production and staging" in said.out


MISTAKES = {
    "an unknown revision": (["check", "--base", "mian"], "there is no revision 'mian' here"),
    "an option as a revision": (["check", "--base", "--upload-pack=x"], "there is no revision '--upload-pack=x' here"),
    "an unknown environment": (
        ["check", "-e", "prodcution"],
        "there is no environment 'prodcution' (did you mean prod",
    ),
    "a directory that is not there": (["check", "nowhere"], "Directory 'nowhere' does not exist"),
    "a directory of no environment": (["check", "elsewhere"], "no environment deploys from elsewhere"),
    "an unknown format": (["check", "--format", "xml"], "Invalid value for '--format'"),
    "an output that cannot be": (["check", "-o", "nowhere/x"], "nowhere/x: cannot write: No such file or directory"),
    "git's own files": (["check", ".git"], "git cannot read the repository here"),
    "a diff with an unknown revision": (["diff", "HEAD..mian"], "there is no revision 'mian' here"),
    "a diff of an unknown environment": (["diff", "HEAD", "-e", "x"], "there are development, staging, production"),
    "a render of nothing known": (
        ["render", "prodcution"],
        "no environment and no directory 'prodcution' (did you mean",
    ),
    "a render of no directory": (["render", "./prod"], "there is no directory './prod'"),
    "a render of an unknown application": (["render", "staging", "-a", "web"], "there is no application 'web'"),
    "a render of an unknown revision": (["render", "staging", "--revision", "x"], "there is no revision 'x' here"),
}


@pytest.mark.parametrize(("command", "words"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes_in_what_was_asked_end_with_2_and_one_line(desk: Desk, command: list[str], words: str) -> None:
    (desk.top / "elsewhere").mkdir()
    said = desk.run(*command)
    assert (said.status, said.out) == (2, "")
    assert words in said.err


def test_a_cache_that_cannot_be_is_told_and_can_be_done_without(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = desk.run("check", LOCKKEEPER_CACHE=str(tmp_path / "file" / "cache"))
    assert said.status == 2
    assert "use --no-cache" in said.err
    desk.write(GOOD)
    assert desk.run("check", "--no-cache", LOCKKEEPER_CACHE=str(tmp_path / "file" / "cache")).status == 0


def test_what_was_rendered_is_kept_for_this_user_only(desk: Desk, tmp_path: Path) -> None:
    cache = tmp_path / "own"
    desk.write(GOOD)
    assert desk.run("check", "--no-cache", LOCKKEEPER_CACHE=str(cache)).status == 0
    assert not cache.exists()
    assert desk.run("check", LOCKKEEPER_CACHE=str(cache)).status == 0
    assert desk.run("check", LOCKKEEPER_CACHE=str(cache)).status == 0
    (pack,) = (cache / "renders").iterdir()  # the second process went on where the first one ended
    assert pack.read_bytes().count(b"LKP1") == 6, "three, before and after, and each once"
    assert stat.S_IMODE(pack.stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


def test_a_tool_that_is_missing_is_no_finding_of_the_change(desk: Desk, tmp_path: Path) -> None:
    """Status 1 would say that the change is wrong; it could not be looked at."""
    blocked = "import sys\nsys.modules['pykustomize'] = None\n"
    (tmp_path / "without").mkdir()
    (tmp_path / "without/sitecustomize.py").write_text(blocked)
    git = Path(os.environ["PATH"].split(os.pathsep)[0])
    for place in os.environ["PATH"].split(os.pathsep):
        if (Path(place) / "git").exists():
            git = Path(place) / "git"
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").symlink_to(git)
    desk.write(GOOD)
    where = {"PYTHONPATH": f"{tmp_path / 'without'}{os.pathsep}{ROOT}", "PATH": str(programs)}
    said = desk.run("check", "--no-cache", **where)
    assert said.status == 3
    assert "there is no kustomize here, so not everything was looked at" in said.err
    assert "Nothing blocks" not in said.out
    assert desk.run("render", "staging", "--no-cache", **where).status == 3
    assert desk.run("diff", "HEAD", "--no-cache", **where).status == 3


def test_a_bug_never_looks_like_findings(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> int:
        raise KeyError("oh")

    assert ended(broken) == 3
    assert "KeyError: 'oh'" in (said := capsys.readouterr().err)
    assert "this is a bug in Lockkeeper" in said


class TestFormats:
    def test_json(self, desk: Desk) -> None:
        desk.write(WRONG)
        said = desk.run("check", "--format", "json")
        found = json.loads(said.out)
        assert (said.status, said.err, found["version"], found["blocks"]) == (1, "", 1, True)
        assert found["findings"][0]["path"] == DEPLOYMENT
        assert found["findings"][0]["line"] == POLICY_LINE
        assert [one["change"] for one in found["environments"][0]["changes"]] == ["changed"]

    def test_sarif_is_valid_and_tells_old_from_new(self, bare: Desk) -> None:
        bare.begin({**files(), **WRONG})
        bare.write({DEPLOYMENT: deployment("docker.io/somebody/web:2", "imagePulPolicy")})
        said = bare.run("check", "--format", "sarif", "-o", "out.sarif")
        assert (said.status, said.out) == (1, "")
        assert said.err.endswith("all of it is in out.sarif\n")
        log = json.loads((bare.top / "out.sarif").read_text())
        jsonschema.validate(log, SARIF)
        results = log["runs"][0]["results"]
        states = {one["ruleId"]: one["baselineState"] for one in results}
        assert states.pop("kubernetes-schema/unknown-field") == "unchanged"
        assert set(states.values()) == {"new"}
        assert {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in results} == {DEPLOYMENT}

    def test_sarif_keeps_its_fingerprints_when_lines_move(self, desk: Desk) -> None:
        def fingerprints() -> set[str]:
            log = json.loads(desk.run("check", "--format", "sarif").out)
            return {json.dumps(one["partialFingerprints"]) for one in log["runs"][0]["results"]}

        desk.write(WRONG)
        before = fingerprints()
        desk.write({DEPLOYMENT: f"# a comment\n# or two\n{WRONG[DEPLOYMENT]}"})
        assert fingerprints() == before != set()

    def test_markdown_is_what_the_comment_says(self, desk: Desk) -> None:
        desk.write(WRONG)
        said = desk.run("check", "--format", "markdown")
        assert said.out.startswith("### ❌ Lockkeeper: 1 problem to mend before merging\n\n| environment | arrives |")
        golden = (ROOT / "tests/report/golden/checks-refused.md").read_text()
        item = next(line for line in golden.splitlines() if "**Unknown field**" in line)
        assert item in said.out
        assert "<!--" not in said.out
        assert "Rendered from commit" not in said.out


def test_secrets_are_shown_nowhere(bare: Desk) -> None:
    canary = "canary-5f1d-7e"
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: token}\nstringData: {password: %s}\n"
    kustomization = files()["base/kustomization.yaml"] + "  - secret.yaml\n"
    bare.begin({**files(), "base/kustomization.yaml": kustomization, "base/secret.yaml": secret % f"{canary}-old"})
    bare.write({"base/secret.yaml": secret % f"{canary}-new"})
    for form in ("text", "json", "sarif", "markdown"):
        said = bare.run("check", "--format", form)
        assert canary not in said.out + said.err
        assert said.status == 0
    for form in ("text", "json", "markdown"):
        said = bare.run("diff", "HEAD", "--format", form)
        assert canary not in said.out + said.err
        assert (said.status, "••• (changed)" in said.out) == (1, True)
    assert canary in bare.run("render", "staging").out
    assert canary not in bare.run("render", "staging", "--mask").out
