"""How does a change travel from directory to directory of one branch?"""

from __future__ import annotations

import pytest

from bot.sandbox.records import Pull
from bot.sandbox.refusal import Refusal
from tests.flows.directories import DEVELOPMENT, DIRECTORIES, PRODUCTION, STAGING, directories, place, web
from tests.flows.repository import PATH, settings
from tests.flows.world import PROMOTION, REPOSITORY, TROUBLE, Method, Town

pytestmark = pytest.mark.town(configuration=DIRECTORIES, more=directories())


def into(town: Town, target: str) -> Pull:
    """Return the one open promotion pull request into an environment."""
    (found,) = [one for one in town.promotions() if one.head_ref.endswith(f"-to-{target}")]
    return found


def arrive(town: Town, target: str, method: Method = "merge") -> int:
    """Merge the promotion into an environment and let the bot see it."""
    number = into(town, target).number
    town.merge(number, "omar", method)
    town.settle()
    return number


def image(town: Town, environment: str) -> str:
    """Return the image that an environment's directory names."""
    text = town.file("main", f"{place(environment)}/web.yaml") or ""
    return next((line.partition("image: ")[2] for line in text.splitlines() if "image: " in line), "")


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_change_walks_through_the_directories(town: Town, method: Method) -> None:
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")}, method=method)
    pull = into(town, "staging")
    assert pull.issue.title == f"Promote to staging: Change tag (#{number})"
    assert pull.base_ref == "main"
    assert f"| #{number} | Change tag | ann |" in town.body(pull.number)
    assert town.title_of(pull.head_sha) == "All gates are open: ready to merge"
    assert [one.head_ref for one in town.promotions()] == ["promote/development-to-staging"]
    assert town.file(pull.head_ref, f"{PRODUCTION}/web.yaml") == web("1.0.0", replicas=3)

    arrive(town, "staging", method)
    assert [image(town, one) for one in ("development", "staging", "production")] == [
        "registry.example.com/web:1.1.0", "registry.example.com/web:1.1.0", "registry.example.com/web:1.0.0",
    ]  # fmt: skip
    assert town.file("main", f"{STAGING}/settings.yaml") == directories()[f"{STAGING}/settings.yaml"]

    pull = into(town, "production")
    assert f"| #{number} | Change tag | ann |" in town.body(pull.number), "the change is named, not its carrier"
    arrive(town, "production", method)
    assert town.file("main", f"{PRODUCTION}/web.yaml") == web("1.1.0", replicas=3), "its replicas are its own"
    assert town.promotions() == []
    deployed = {(one.environment, one.sha) for one in town.world.repository(REPOSITORY).deployments}
    assert {name for name, _ in deployed} == {"staging", "production"}
    told = town.said(number, "journey")[0].body
    assert "this change is in **production**" in told


def test_a_deletion_and_a_revert_travel(town: Town) -> None:
    extra = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n"
    town.land("add", {f"{DEVELOPMENT}/more.yaml": extra})
    arrive(town, "staging")
    assert town.file("main", f"{STAGING}/more.yaml") == extra
    town.land("drop", {f"{DEVELOPMENT}/more.yaml": None})
    arrive(town, "staging")
    assert town.file("main", f"{STAGING}/more.yaml") is None

    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("2.0.0")})
    arrive(town, "staging", "squash")
    town.land("back", {f"{DEVELOPMENT}/web.yaml": web("1.0.0")})
    arrive(town, "staging", "rebase")
    assert image(town, "staging") == "registry.example.com/web:1.0.0"
    kept = directories()
    for path in (f"{STAGING}/settings.yaml", f"{PRODUCTION}/settings.yaml", f"{PRODUCTION}/web.yaml"):
        assert town.file("main", path) == kept[path]


def test_the_source_back_at_what_the_target_took_closes_it(town: Town) -> None:
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("2.0.0")})
    number = into(town, "staging").number
    town.land("back", {f"{DEVELOPMENT}/web.yaml": web("1.0.0")})
    assert town.pull(number).issue.state == "closed"
    assert "Closed: staging already has everything that development holds." in town.said(number, "closed")[0].body


@pytest.mark.town(
    configuration=DIRECTORIES.replace("staging\n", "staging\n    approvers: {teams: [qa], required: 1}\n"),
    more=directories(),
)
def test_what_happens_elsewhere_on_the_branch_costs_no_approval(town: Town) -> None:
    """All environments share the branch: every merge moves it, and none of that is a change to this promotion."""
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    pull = into(town, "staging")
    town.review(pull.number, "quinn")
    town.settle()
    head = str(pull.head_sha)
    assert town.title_of(head) == "All gates are open: ready to merge"
    town.land("readme", {"README.md": "# Shop\n"})
    town.land("more", {f"{PRODUCTION}/web.yaml": web("1.0.0", replicas=5)})
    moved = into(town, "staging")
    assert moved.head_sha == head
    assert town.title_of(head) == "All gates are open: ready to merge"
    arrive(town, "staging")
    assert town.file("main", "README.md") == "# Shop\n"
    assert town.file("main", f"{PRODUCTION}/web.yaml") == web("1.0.0", replicas=5)

    town.land("next", {f"{DEVELOPMENT}/web.yaml": web("1.2.0")})
    before = into(town, "staging").head_sha
    town.land("fix", {f"{STAGING}/settings.yaml": settings(environment="staging", level="debug")})
    assert into(town, "staging").head_sha != before, "the target itself has changed"


def test_a_change_of_the_target_alone_stays_and_is_told(town: Town) -> None:
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    arrive(town, "staging")
    own = settings(environment="staging", level="debug")
    town.land("fix", {f"{STAGING}/settings.yaml": own})
    town.land("next", {f"{DEVELOPMENT}/web.yaml": web("1.2.0")})
    body = town.body(into(town, "staging").number)
    assert "1 file kept as staging has it<" in body
    assert f"`{STAGING}/settings.yaml`" in body
    arrive(town, "staging")
    assert town.file("main", f"{STAGING}/settings.yaml") == own
    assert image(town, "staging") == "registry.example.com/web:1.2.0"


def test_a_conflict_names_the_targets_file_and_both_directories(town: Town) -> None:
    town.land("fix", {f"{STAGING}/web.yaml": web("1.0.1")})
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    assert [one.head_ref for one in town.promotions()] == ["promote/staging-to-production"]
    run = town.check(town.head("main"), TROUBLE)
    assert run is not None and run.conclusion == "action_required"
    assert f"`{STAGING}/web.yaml`" in (run.text or "") and "web:1.0.1" in (run.text or "")
    assert f"**development** (`{DEVELOPMENT}` of `main`)" in (run.summary or "")
    assert f"**staging** (`{STAGING}` of `main`)" in (run.summary or "")
    trouble = town.head("main")
    town.land("take-back", {f"{STAGING}/web.yaml": web("1.0.0")})
    arrive(town, "staging")
    assert image(town, "staging") == "registry.example.com/web:1.1.0"
    assert town.conclusion(trouble, TROUBLE) == "success"


def test_a_fix_brought_to_the_source_by_hand_is_where_the_next_change_starts(town: Town) -> None:
    town.land("fix", {f"{STAGING}/web.yaml": web("1.0.1")})
    town.land("bring-back", {f"{DEVELOPMENT}/web.yaml": web("1.0.1")})
    assert [one.head_ref for one in town.promotions()] == ["promote/staging-to-production"]
    number = town.land("then", {f"{DEVELOPMENT}/web.yaml": web("1.2.0")})
    pull = into(town, "staging")
    assert pull.issue.title == f"Promote to staging: Change then (#{number})"
    assert town.file(pull.head_ref, f"{STAGING}/web.yaml") == web("1.2.0")


def test_declined_it_is_not_proposed_again_by_what_happens_elsewhere(town: Town) -> None:
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    number = into(town, "staging").number
    town.world.close_pull(REPOSITORY, number, "quinn")
    town.settle()
    town.land("readme", {"README.md": "# Shop\n"})
    assert town.promotions() == []
    town.land("next", {f"{DEVELOPMENT}/web.yaml": web("1.2.0")})
    assert into(town, "staging").number != number


@pytest.mark.town(
    configuration=DIRECTORIES + "protect: [environments/staging/settings.yaml, '*.secret']\n", more=directories()
)
def test_protected_paths_are_the_targets(town: Town) -> None:
    new = settings(environment="development", level="debug", colour="red")
    town.land("both", {f"{DEVELOPMENT}/settings.yaml": new, f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    arrive(town, "staging")
    assert town.file("main", f"{STAGING}/settings.yaml") == directories()[f"{STAGING}/settings.yaml"]
    assert image(town, "staging") == "registry.example.com/web:1.1.0"
    town.land("only", {f"{DEVELOPMENT}/settings.yaml": settings(environment="development", level="warn")})
    assert [one.head_ref for one in town.promotions()] == ["promote/staging-to-production"]


NEW_TARGET = DIRECTORIES.replace(
    "  production:", "  testing: {path: environments/testing, after: development}\n  production:"
)


@pytest.mark.town(
    configuration=NEW_TARGET.replace("  production:\n", "  production:\n    after: staging\n"), more=directories()
)
def test_a_directory_that_is_not_there_yet_is_proposed_whole(town: Town) -> None:
    pull = into(town, "testing")
    assert pull.issue.title == "Promote to testing: the state of development"
    assert "`environments/testing` of `main` does not exist yet" in town.body(pull.number)
    assert [one.head_ref for one in town.promotions()] == ["promote/development-to-testing"]
    arrive(town, "testing")
    for name in ("kustomization.yaml", "web.yaml", "settings.yaml"):
        assert town.file("main", f"environments/testing/{name}") == directories()[f"{DEVELOPMENT}/{name}"]
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    assert into(town, "testing").issue.title == f"Promote to testing: Change tag (#{number})"


def test_asked_for_though_nothing_moved_the_source_is_laid_over_the_target(town: Town) -> None:
    town.land("own", {f"{STAGING}/own.yaml": "# staging's own\n"})
    assert [one.head_ref for one in town.promotions()] == ["promote/staging-to-production"]
    change = town.land("readme", {"README.md": "# Shop\n"})
    comment = town.say(change, "ann", "/promote staging")
    town.settle()
    assert "carries this to **staging**" in town.reply(change, comment)
    pull = into(town, "staging")
    assert "laid over" in town.body(pull.number)
    assert town.file(pull.head_ref, f"{STAGING}/settings.yaml") == directories()[f"{DEVELOPMENT}/settings.yaml"]
    assert town.file(pull.head_ref, f"{STAGING}/own.yaml") == "# staging's own\n"
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    moved = into(town, "staging")
    assert (moved.number, image(town, "staging")) == (pull.number, "registry.example.com/web:1.0.0")
    arrive(town, "staging")
    assert town.file("main", f"{STAGING}/web.yaml") == web("1.1.0")
    assert town.file("main", f"{STAGING}/own.yaml") == "# staging's own\n"


def test_directories_that_move_to_another_place_go_on_from_there(town: Town) -> None:
    """The last promoted commit has the content elsewhere: what is there when the new places are named counts."""
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    arrive(town, "staging")
    arrive(town, "production")
    moved: dict[str, str | None] = {PATH: DIRECTORIES.replace("path: environments/", "path: envs/")}
    for path in directories():
        moved[path] = None
        moved[path.replace("environments/", "envs/")] = town.file("main", path)
    town.land("restructure", moved)
    assert town.promotions() == []
    number = town.land("next", {"envs/development/web.yaml": web("1.2.0")})
    pull = into(town, "staging")
    assert pull.issue.title == f"Promote to staging: Change next (#{number})"
    assert "kept as staging has" not in town.body(pull.number)
    arrive(town, "staging")
    assert town.file("main", "envs/staging/web.yaml") == web("1.2.0")
    assert town.file("main", "envs/staging/settings.yaml") == directories()[f"{STAGING}/settings.yaml"]


def test_a_source_that_is_gone_takes_nothing_with_it(town: Town) -> None:
    gone = {path: None for path in directories() if path.startswith(DEVELOPMENT)}
    change = town.land("gone", gone)
    assert town.promotions() == []
    comment = town.say(change, "ann", "/status")
    town.settle()
    assert f"development has no directory `{DEVELOPMENT}` on branch `main`" in town.reply(change, comment)


APPROVED = DIRECTORIES.replace("production\n", "production\n    approvers: {teams: [leads], required: 1}\n")


@pytest.mark.town(configuration=APPROVED, more=directories())
def test_only_changes_of_a_directory_ask_for_its_approvers(town: Town) -> None:
    number = town.propose("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    direct = town.propose("direct", {f"{PRODUCTION}/web.yaml": web("1.0.1", replicas=3)})
    town.settle()
    asked = {one: [team.slug for team in town.pull(one).requested_teams] for one in (number, direct)}
    assert asked == {number: [], direct: ["leads"]}
    assert town.title_of(town.pull(number).head_sha) == "Does not change production"
    assert town.title_of(town.pull(direct).head_sha) == "approvals: waiting for team leads"


@pytest.mark.town(
    configuration=DIRECTORIES.replace(f"path: {STAGING}\n", f"path: {STAGING}\n    approvers: {{codeowners: true}}\n"),
    more={**directories(), "CODEOWNERS": f"/{STAGING}/ @quinn\n/docs/ @lena\n"},
)
def test_owners_of_what_others_changed_meanwhile_approve_nothing(town: Town) -> None:
    """A promotion commit stays while other directories of its branch go on; what they did counted as its own change."""
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    pull = into(town, "staging")
    head = pull.head_sha
    town.land("words", {"docs/words.md": "Words\n"}, "ben")
    town.review(pull.number, "lena")
    town.settle()
    assert (pull.head_sha, town.title_of(head)) == (head, "approvals: waiting for @quinn")
    town.review(pull.number, "quinn")
    town.settle()
    assert town.title_of(head) == "All gates are open: ready to merge"


@pytest.mark.town(configuration=APPROVED, more=directories())
def test_the_gates_of_production_may_be_required_on_the_branch_that_all_share(town: Town) -> None:
    check = f"{PROMOTION} to production"
    town.world.protect(REPOSITORY, "main", required_checks=[(check, town.app.id)])
    number = town.propose("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    town.settle()
    town.merge(number)
    town.settle()
    arrive(town, "staging")
    pull = into(town, "production")
    with pytest.raises(Refusal):
        town.merge(pull.number, "omar")
    town.review(pull.number, "lena")
    town.settle()
    arrive(town, "production")
    assert image(town, "production") == "registry.example.com/web:1.1.0"


def test_promote_without_a_name_means_what_comes_after_the_directory_changed(town: Town) -> None:
    number = town.propose("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    comment = town.say(number, "ann", "/promote")
    town.settle()
    assert "Remembered: once this is merged, it is proposed for **staging**." in town.reply(number, comment)
