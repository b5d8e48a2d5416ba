"""What does a pull request learn about itself before it is merged?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import structlog

from tests.flows.fingerprint import Words
from tests.flows.repository import (
    DEPLOYMENT,
    IMAGE_LINE,
    PATH,
    PIPELINE,
    POLICY_LINE,
    SETTINGS,
    Files,
    deployment,
    files,
    overlay,
    pipeline,
    settings,
)
from tests.flows.world import BOT, CONFIGURATION, MANIFESTS, POLICIES, PUBLIC_URL, REPOSITORY, Town

GOLDEN = Path(__file__).parent.parent / "report" / "golden"
GREEN = settings(level="info", colour="green")
STAGING = "overlays/staging/kustomization.yaml"
CANARY = "canary-9f2c"


def places(town: Town, sha: str, name: str) -> set[tuple[object, object]]:
    run = town.check(sha, name)
    assert run is not None
    return {(one["path"], one["start_line"]) for one in run.annotations}


def golden(name: str, town: Town, text: str) -> None:
    """Compare with a golden file; set UPDATE_GOLDEN to write it anew."""
    import os

    plain = Words(town.world.repository(REPOSITORY)).plain(text) + "\n"
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(plain)
    assert plain == file.read_text()


def test_a_wrong_registry_and_a_misspelt_field_are_refused_on_their_lines_until_mended(town: Town) -> None:
    wrong = deployment("docker.io/somebody/web:2.0.0", "imagePulPolicy")
    number = town.propose("web-2", {DEPLOYMENT: wrong})
    town.settle()
    head = town.pull(number).head_sha
    assert town.conclusion(head, MANIFESTS) == "failure"
    assert town.conclusion(head, POLICIES) == "failure"
    assert places(town, head, MANIFESTS) == {(DEPLOYMENT, POLICY_LINE)}
    assert places(town, head, POLICIES) == {(DEPLOYMENT, IMAGE_LINE)}
    first = town.said(number, "checks")
    golden("checks-refused.md", town, first[0].body)

    town.commit("web-2", {DEPLOYMENT: deployment("registry.example.com/web:2.0.0")})
    town.settle()
    head = town.pull(number).head_sha
    assert (town.conclusion(head, MANIFESTS), town.conclusion(head, POLICIES)) == ("success", "success")
    mended = town.said(number, "checks")
    assert [one.id for one in mended] == [one.id for one in first], "the comment is edited in place"
    golden("checks-passed.md", town, mended[0].body)


@pytest.mark.town(configuration=pipeline(development="approvers: {users: [omar], teams: [qa]}"))
def test_a_draft_is_checked_and_asks_nobody_until_it_is_ready(town: Town) -> None:
    town.commit("green", {SETTINGS: GREEN})
    pull = town.world.open_pull(REPOSITORY, "ann", head="green", draft=True)
    town.settle()
    assert town.conclusion(pull.head_sha, MANIFESTS) == "success"
    assert (pull.requested_users, pull.requested_teams) == ([], [])
    other = town.propose("red", {SETTINGS: settings(level="info", colour="red")})
    town.settle()
    asked = town.pull(other)
    assert [one.login for one in asked.requested_users] == ["omar"]
    assert [one.slug for one in asked.requested_teams] == ["qa"]
    assert "Approval is asked from @\u200bomar, team qa." in town.said(other, "checks")[0].body


def test_a_fork_is_checked_as_well(town: Town) -> None:
    town.world.add_fork(REPOSITORY, "sam")
    town.world.commit("sam/shop", "gift", {DEPLOYMENT: deployment("docker.io/sam/web:1")}, author="sam")
    pull = town.world.open_pull(REPOSITORY, "sam", head="sam:gift", base="main")
    town.settle()
    assert town.conclusion(pull.head_sha, POLICIES) == "failure"
    assert "to mend before merging" in town.said(pull.number, "checks")[0].body


def test_a_pull_request_into_no_environments_branch_is_left_alone(town: Town) -> None:
    town.commit("notes", {"notes.txt": "one\n"})
    number = town.propose("more-notes", {"notes.txt": "two\n"}, base="notes")
    town.settle()
    assert town.said(number) == []
    assert town.world.check_runs(REPOSITORY, town.pull(number).head_sha) == []


EDITS = {  # instead of `promote: manual`
    "valid": ("promote: auto", "success", "checked under the old rules"),
    "wrong-value": ("promote: sometimes", "failure", "Merging it would stop checks and promotions"),
    "misspelt-key": ("promot: manual", "failure", "promot"),
}


def test_a_pull_request_that_edits_the_configuration_is_told_about_it(town: Town) -> None:
    texts = {name: files()[PATH].replace("promote: manual", line) for name, (line, _, _) in EDITS.items()}
    numbers = {name: town.propose(name, {PATH: text}) for name, text in texts.items()}
    town.settle()
    for name, (line, conclusion, said) in EDITS.items():
        head = town.pull(numbers[name]).head_sha
        run = town.check(head, CONFIGURATION)
        assert run is not None and run.conclusion == conclusion, name
        assert said in (run.summary or ""), name
        at = (PATH, texts[name].splitlines().index(f"    {line}") + 1)
        assert places(town, head, CONFIGURATION) == (set() if conclusion == "success" else {at}), name


def test_a_broken_configuration_in_force_names_every_problem_and_stops_all_but_itself(town: Town) -> None:
    text = files()[PATH].replace("promote: manual", "promote: sometimes").replace("branch: staging", "brunch: staging")
    town.commit("main", {PATH: text, SETTINGS: GREEN})
    number = town.propose("red", {SETTINGS: settings(level="info", colour="red")})
    town.settle()
    head = town.head("main")
    run = town.check(head, CONFIGURATION)
    assert run is not None and run.conclusion == "failure"
    lines = text.splitlines()
    wrong = {(PATH, lines.index(one) + 1) for one in ("    promote: sometimes", "    brunch: staging")}
    assert wrong <= places(town, head, CONFIGURATION)
    golden("configuration-broken.md", town, f"{run.title}\n\n{run.summary}")
    assert town.promotions() == []
    for name in (MANIFESTS, POLICIES):
        assert town.conclusion(town.pull(number).head_sha, name) == "failure", (
            "required checks stay closed, not unknown"
        )
    comment = town.say(number, "ann", "/promote staging")
    town.settle()
    assert "is broken on the default branch, so nothing is promoted" in town.reply(number, comment)

    mend = town.propose("mend", {PATH: files()[PATH]})
    town.settle()
    for name in (CONFIGURATION, MANIFESTS, POLICIES):
        assert town.conclusion(town.pull(mend).head_sha, name) == "success", (
            "what mends the rules is not held up by them"
        )
    town.merge(mend)
    town.settle()
    assert town.file(town.promotion().head_ref, SETTINGS) == GREEN
    assert town.conclusion(town.pull(number).head_sha, MANIFESTS) == "success", "it is looked at again"


@pytest.mark.town(configuration=None)
def test_a_repository_without_configuration_is_checked_and_gets_a_friendly_hint(town: Town) -> None:
    number = town.land("green", {SETTINGS: GREEN})
    other = town.propose("wrong", {DEPLOYMENT: deployment(pull_policy="imagePulPolicy")})
    town.settle()
    body = town.said(other, "checks")[0].body
    assert "👋 This repository has no `.github/lockkeeper.yaml` yet" in body
    assert town.conclusion(town.pull(other).head_sha, MANIFESTS) == "failure"
    assert town.promotions() == []
    assert town.said(number, "journey") == []


@pytest.mark.town(configuration=None)
def test_the_pull_request_that_brings_the_configuration_says_what_begins(town: Town) -> None:
    """It was told to add the file that it adds."""
    number = town.propose("rules", {PATH: PIPELINE})
    town.settle()
    body = town.said(number, "checks")[0].body
    assert "👋 This pull request brings `.github/lockkeeper.yaml`. Once it is merged, Lockkeeper promotes " in body
    assert "promotes development → staging and staging → production." in body
    assert "has no `.github/lockkeeper.yaml` yet" not in body
    run = town.check(town.pull(number).head_sha, "lockkeeper / configuration")
    assert run is not None and "until then Lockkeeper checks what it finds" in (run.summary or "")
    broken = town.propose("broken", {PATH: PIPELINE.replace("environments:", "environmints:")})
    town.settle()
    assert "👋" not in town.said(broken, "checks")[0].body, "its mistakes are told"


BROKEN: dict[str, tuple[Files, str, str]] = {
    "no YAML": ({SETTINGS: "kind: [ConfigMap\n"}, SETTINGS, "did not find expected"),
    "a missing base": (
        {STAGING: overlay("staging").replace("../../base", "../../bass")},
        STAGING,
        "bass",
    ),
    "an unknown field of kustomize": (
        {STAGING: overlay("staging", "comonLabels: {a: b}\n")},
        STAGING,
        'unknown field "comonLabels"',
    ),
    "a patch without target": (
        {STAGING: overlay("staging", "patches:\n  - path: none.yaml\n")},
        STAGING,
        "none.yaml",
    ),
}


def test_what_does_not_render_is_a_finding_in_the_tools_words_on_the_file(town: Town) -> None:
    numbers = {case: town.propose(case.replace(" ", "-"), changes) for case, (changes, _, _) in BROKEN.items()}
    town.settle()
    for case, (_, path, words) in BROKEN.items():
        run = town.check(town.pull(numbers[case]).head_sha, MANIFESTS)
        assert run is not None and run.conclusion == "failure", case
        assert path in {one["path"] for one in run.annotations}, case
        said = [str(one["message"]) for one in run.annotations]
        assert any(words in one for one in said), (case, said)
        assert "not compared: the change does not render" in town.said(numbers[case], "checks")[0].body, case


REMOTE = overlay("staging").replace("../../base", "https://example.com/base?ref=v1")


NOT_RENDERED = "not rendered: remote base https://example.com/base?ref=v1"


def test_what_would_have_to_be_fetched_is_told(town: Town) -> None:
    number = town.propose("remote", {STAGING: REMOTE})
    town.settle()
    assert town.conclusion(town.pull(number).head_sha, MANIFESTS) == "success"
    assert NOT_RENDERED in town.said(number, "checks")[0].body


@pytest.mark.town(configuration=pipeline(top="checks: {unrendered: fail}"))
def test_what_would_have_to_be_fetched_fails_where_the_configuration_says_so(town: Town) -> None:
    number = town.propose("remote", {STAGING: REMOTE})
    town.settle()
    assert town.conclusion(town.pull(number).head_sha, MANIFESTS) == "failure"
    assert NOT_RENDERED in town.said(number, "checks")[0].body


def secret(value: str) -> str:
    return f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\nstringData:\n  token: {value}\n"


WITH_SECRET = files()["base/kustomization.yaml"] + "  - secret.yaml\n"


@pytest.mark.town(more={"base/secret.yaml": secret("first-" + CANARY), "base/kustomization.yaml": WITH_SECRET})
def test_a_changed_secret_is_visible_and_its_value_is_nowhere(town: Town) -> None:
    with structlog.testing.capture_logs() as logs:
        number = town.land("secret", {"base/secret.yaml": secret("second-" + CANARY)})
        comment = town.say(number, "ann", "/diff")
        other = town.propose("secret-again", {"base/secret.yaml": secret("third-" + CANARY)})
        asked = town.say(other, "ann", "/diff staging")
        town.settle()
    assert town.reply(number, comment)
    assert "Secret web-staging/web" in town.reply(other, asked)
    assert "Secret web-development/web" in town.said(other, "checks")[0].body
    assert "Secret web-staging/web" in town.said(town.promotion().number, "checks")[0].body
    repository = town.world.repository(REPOSITORY)
    texts = [str(logs)]
    for issue in repository.issues.values():
        texts += [issue.title, issue.body or "", *(one.body for one in issue.comments)]
    for suite in repository.suites:
        for run in suite.runs:
            texts += [run.title or "", run.summary or "", run.text or "", str(run.annotations)]
    texts += [link for text in list(texts) for link in kept(town, text)]
    assert CANARY not in "".join(texts)


def kept(town: Town, text: str) -> list[str]:
    """Return the pages of the bot that a text links to."""
    paths = re.findall(re.escape(PUBLIC_URL) + r"(/output/[0-9a-f]+)", text)
    return [town.door.get(path).text for path in paths]


def test_a_huge_diff_is_cut_within_limits_and_linked_in_full(town: Town) -> None:
    many = "---\n".join(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: many-{number}\ndata:\n"
        + "".join(f"  key{line}: {'value' * 8}-{number}-{line}\n" for line in range(40))
        for number in range(40)
    )
    tail = files()["base/kustomization.yaml"] + "  - many.yaml\n"
    number = town.propose("many", {"base/many.yaml": many, "base/kustomization.yaml": tail})
    comment = town.say(number, "ann", "/diff staging")
    town.settle()
    body = town.said(number, "checks")[0].body
    assert len(body) < 65_536
    assert body.count("```") % 2 == 0
    assert "Parts are left out here" in body
    (page,) = kept(town, body)
    assert "value-39-39" in page and "many-0" in page
    assert town.door.get("/output/" + "0" * 40).status_code == 404
    reply = town.reply(number, comment)
    assert len(reply) < 65_536
    (page,) = kept(town, reply)
    assert "web-staging/many-39" in page and "web-production/many-39" not in page


def test_findings_that_were_there_before_do_not_block(town: Town) -> None:
    town.commit("main", {DEPLOYMENT: deployment("docker.io/somebody/web:1")})
    number = town.propose("green", {SETTINGS: GREEN})
    town.settle()
    assert town.conclusion(town.pull(number).head_sha, POLICIES) == "success"
    assert "that the base branch already has does not block this change" in town.said(number, "checks")[0].body


def test_a_pull_request_in_conflict_says_so(town: Town) -> None:
    """Compared with the tip of its base, it seemed to take back all that others had merged since it left."""
    number = town.propose("green", {SETTINGS: GREEN})
    others = deployment("registry.example.com/web:9.9.9")
    town.commit("main", {SETTINGS: settings(level="info", colour="red"), DEPLOYMENT: others})
    town.settle()
    body = town.said(number, "checks")[0].body
    assert "It conflicts with main" in body
    assert "colour: green" in body and "9.9.9" not in body and "colour: red" not in body


@pytest.mark.town(
    configuration=pipeline(
        top="  - path: policies\n    environments: [production]",
    ),
    more={
        "policies/names.yaml": (
            "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata:\n  name: names\nspec:\n"
            "  validationFailureAction: Enforce\n  rules:\n    - name: team\n      match:\n        any:\n"
            "          - resources:\n              kinds: [Deployment]\n      validate:\n"
            "        message: every Deployment names its team\n"
            "        pattern:\n          metadata:\n            labels:\n              team: '?*'\n"
        )
    },
)
def test_the_repositorys_own_policies_hold_where_they_are_meant(town: Town) -> None:
    number = town.propose("tag", {DEPLOYMENT: deployment("registry.example.com/web:1.1.0")})
    new = town.propose(
        "new",
        {
            "overlays/production/kustomization.yaml": overlay("production", "  - more.yaml\n"),
            "overlays/production/more.yaml": deployment().replace("name: web\n", "name: more\n", 1),
        },
    )
    town.settle()
    assert town.conclusion(town.pull(number).head_sha, POLICIES) == "success", "it was there before"
    head = town.pull(new).head_sha
    assert town.conclusion(head, POLICIES) == "failure"
    assert places(town, head, POLICIES) == {("overlays/production/more.yaml", 3)}
    run = town.check(head, POLICIES)
    assert run is not None and "every Deployment names its team" in (run.text or "")


def test_the_bots_own_words_are_by_the_bot_alone(town: Town) -> None:
    """A person's comment that begins with our marker is not taken for ours, and not written over."""
    number = town.propose("green", {SETTINGS: GREEN})
    town.say(number, "sam", "<!-- lockkeeper:checks -->\n### ✅ Lockkeeper: all is well")
    town.settle()
    authors = [one.user.login for one in town.world.comments_of(REPOSITORY, number) if "lockkeeper:checks" in one.body]
    assert sorted(authors) == sorted([BOT, "sam"])
