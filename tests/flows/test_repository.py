"""How does a change travel from repository to repository?"""

from __future__ import annotations

import pytest

from bot.sandbox.records import Pull
from tests.flows.directories import DEVELOPMENT, directory, place, web
from tests.flows.fingerprint import flaws
from tests.flows.repository import Files, settings
from tests.flows.world import BOT, PROMOTION, REPOSITORY, Method, Town

STAGING, PRODUCTION = "acme/env-staging", "acme/env-production"
CONSENT = f"version: 1\npipeline: {REPOSITORY}\n"
PIPELINE = f"""\
version: 1
strategy: repository
environments:
  development: {{branch: main, path: environments/development}}
  staging: {{repository: {STAGING}, path: web}}
  production:
    repository: {PRODUCTION}
    path: apps/web
    promote: manual
    approvers: {{teams: [leads], required: 1}}
    gates: {{checks: [smoke]}}
policies:
  - builtin: registry
    with: {{registries: [registry.example.com]}}
"""


def seed(environment: str, path: str, consent: str | None = CONSENT) -> dict[str, str]:
    """Return the files of an environment's own repository."""
    top = place(environment)
    found = {path + name.removeprefix(top): text for name, text in directory(environment).items()}
    found["README.md"] = f"# {environment}\n"
    return found if consent is None else {".github/lockkeeper.yaml": consent, **found}


OTHERS: dict[str, Files] = {STAGING: seed("staging", "web"), PRODUCTION: seed("production", "apps/web")}
HOME = directory("development")
pytestmark = pytest.mark.town(configuration=PIPELINE, more=HOME, others=OTHERS)


def into(town: Town, repository: str) -> Pull:
    """Return the one open promotion pull request in a repository."""
    (found,) = town.world.open_pulls(repository)
    return found


def arrive(town: Town, repository: str, login: str = "omar", method: Method = "merge") -> int:
    """Merge the promotion into a repository and let the bot see it."""
    number = into(town, repository).number
    town.world.merge(repository, number, login, method)
    town.settle()
    return number


def gates(town: Town, repository: str, target: str) -> str:
    """Return the title of the check run with the gates of the open promotion."""
    runs = town.world.check_runs(repository, into(town, repository).head_sha, f"{PROMOTION} to {target}")
    return (runs[-1].title or "") if runs else ""


def read(town: Town, repository: str, path: str) -> str | None:
    return town.world.read_file(repository, "main", path)


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_a_change_walks_through_the_repositories(town: Town, method: Method) -> None:
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")}, method=method)
    assert town.promotions() == []
    pull = into(town, STAGING)
    assert pull.issue.title == f"Promote to staging: Change tag ({REPOSITORY}#{number})"
    assert (pull.head_ref, pull.base_ref) == ("promote/development-to-staging", "main")
    assert f"| {REPOSITORY}#{number} | Change tag | ann |" in (pull.issue.body or "")
    assert gates(town, STAGING, "staging") == "All gates are open: ready to merge"
    shown = [one.body for one in town.world.comments_of(STAGING, pull.number) if one.user.login == BOT]
    assert "web:1.1.0" in shown[0] and "**staging**" in shown[0]

    arrived = arrive(town, STAGING, method=method)
    assert read(town, STAGING, "web/web.yaml") == web("1.1.0")
    assert read(town, STAGING, "web/settings.yaml") == settings(environment="staging", level="info")
    assert read(town, STAGING, "README.md") == "# staging\n"
    assert town.world.open_pulls(PRODUCTION) == []
    deployments = town.world.repository(STAGING).deployments
    assert [(one.environment, one.sha) for one in deployments] == [("staging", town.world.branch_sha(STAGING, "main"))]
    told = town.said(number, "journey")[0].body
    assert "this change is in **staging**" in told and f"by {STAGING}#{arrived}" in told

    comment = town.say(number, "ann", "/promote production")
    town.settle()
    pull = into(town, PRODUCTION)
    assert f"{PRODUCTION}#{pull.number} carries this to **production**" in town.reply(number, comment)
    assert f"| {REPOSITORY}#{number} | Change tag | ann |" in (pull.issue.body or "")
    assert "waiting for CI" in gates(town, PRODUCTION, "production")
    source = town.world.branch_sha(STAGING, "main") or ""
    town.world.set_status(STAGING, source, "ben", "success", "smoke")
    town.world.review(PRODUCTION, pull.number, "lena")
    town.settle()
    assert gates(town, PRODUCTION, "production") == "All gates are open: ready to merge"
    arrive(town, PRODUCTION, method=method)
    assert read(town, PRODUCTION, "apps/web/web.yaml") == web("1.1.0")
    assert read(town, PRODUCTION, "apps/web/settings.yaml") == settings(environment="production", level="info")
    assert "this change is in **production**" in town.said(number, "journey")[0].body


def test_a_deletion_a_revert_and_what_is_the_targets_own(town: Town) -> None:
    extra = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n"
    town.land("add", {f"{DEVELOPMENT}/more.yaml": extra, f"{DEVELOPMENT}/web.yaml": web("2.0.0")})
    arrive(town, STAGING)
    town.world.commit(STAGING, "main", {"web/own.yaml": "# staging's\n"}, "Own", author="omar")
    town.settle()
    town.land("back", {f"{DEVELOPMENT}/more.yaml": None, f"{DEVELOPMENT}/web.yaml": web("1.0.0")})
    assert "`web/own.yaml`" in (into(town, STAGING).issue.body or "")
    arrive(town, STAGING, method="squash")
    assert read(town, STAGING, "web/more.yaml") is None
    assert read(town, STAGING, "web/web.yaml") == web("1.0.0")
    assert read(town, STAGING, "web/own.yaml") == "# staging's\n"


def test_a_conflict_is_told_at_the_source_and_goes_with_its_cause(town: Town) -> None:
    town.world.commit(STAGING, "main", {"web/web.yaml": web("1.0.1")}, "Fix", author="omar")
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    assert town.world.open_pulls(STAGING) == []
    run = town.check(town.head("main"), "lockkeeper / from development to staging")
    assert run is not None and run.conclusion == "action_required"
    assert f"`web` of `main` in {STAGING}" in (run.summary or "")
    town.world.commit(STAGING, "main", {"web/web.yaml": web("1.0.0")}, "Take it back", author="omar")
    town.settle()
    assert into(town, STAGING).head_ref == "promote/development-to-staging"


@pytest.mark.town(
    configuration=PIPELINE,
    more=HOME,
    others={**OTHERS, STAGING: seed("staging", "web", "version: 1\nenvironments: {}\n")},
)
def test_a_repository_that_names_no_pipeline_is_not_written_to(town: Town) -> None:
    change = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    assert town.world.open_pulls(STAGING) == []
    comment = town.say(change, "ann", "/promote staging")
    town.settle()
    assert "is broken" in town.reply(change, comment)
    for consent in ("version: 1\npipeline: acme/elsewhere\n", None):
        town.world.commit(STAGING, "main", {".github/lockkeeper.yaml": consent}, "Say no", author="omar")
        town.settle()
        comment = town.say(change, "ann", "/promote staging")
        town.settle()
        assert f"`pipeline: {REPOSITORY}`" in town.reply(change, comment)
        assert town.world.branch_sha(STAGING, "promote/development-to-staging") is None
    town.world.commit(STAGING, "main", {".github/lockkeeper.yaml": CONSENT}, "Agree", author="omar")
    town.settle()
    assert into(town, STAGING).issue.title == f"Promote to staging: Change tag ({REPOSITORY}#{change})"


def test_commands_on_its_pull_request_obey_the_rules_of_the_pipeline(town: Town) -> None:
    number = town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    pull = into(town, STAGING)

    def say(login: str, body: str) -> str:
        comment = town.world.comment(STAGING, pull.number, login, body).id
        town.settle()
        found = [one for one in town.world.comments_of(STAGING, pull.number) if f"reply:{comment} " in one.body]
        assert len(found) == 1
        return found[0].body

    assert "staging does not hold this change" in say("ann", "/promote production")
    status = say("ann", "/status")
    assert f"{STAGING}#{pull.number}: ready to merge" in status or f"| #{pull.number}: ready to merge" in status
    assert "is not for you" in say("rita", "/promote production")
    arrive(town, STAGING)
    assert "carries this to **production**" in say("ann", "/promote production")
    assert f"| {REPOSITORY}#{number} | Change tag | ann |" in (into(town, PRODUCTION).issue.body or "")


def test_a_direct_change_of_its_repository_is_checked_by_the_rules_of_the_pipeline(town: Town) -> None:
    town.world.commit(
        PRODUCTION, "fix", {"apps/web/web.yaml": web("1.0.1").replace("registry.", "evil.")}, "Fix", author="omar"
    )
    pull = town.world.open_pull(PRODUCTION, "omar", head="fix", base="main", title="Fix")
    town.settle()
    titles = {one.name: one.title or "" for one in town.world.check_runs(PRODUCTION, pull.head_sha)}
    assert "evil.example.com" in str(town.world.comments_of(PRODUCTION, pull.number))
    assert titles[f"{PROMOTION} to production"] == "approvals: waiting for team leads"
    assert [one.slug for one in pull.requested_teams] == ["leads"]


def test_nothing_is_doubled_anywhere(town: Town) -> None:
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    arrive(town, STAGING)
    assert flaws(town) == []


def test_only_repositories_of_the_pipeline_are_believed_to_hold_a_change(town: Town) -> None:
    """Whoever may push to a promotion branch can name any pull request in the trailers of a commit.

    What is named is read and commented with the rights of the App, which may be installed at strangers, too.
    """
    secret = town.world.add_repository("acme/secret", files={"README.md": "# Secret\n"})
    town.world.commit("acme/secret", "change", {"README.md": "# Changed\n"}, "Change", author="root")
    hidden = town.world.open_pull("acme/secret", "root", head="change", title="The secret title")
    town.land("tag", {f"{DEVELOPMENT}/web.yaml": web("1.1.0")})
    pull = into(town, STAGING)
    message = town.world.repository(STAGING).git.commit(pull.head_sha).message
    forged = message.replace(
        f"Lockkeeper-Includes: {REPOSITORY}#1", f"Lockkeeper-Includes: acme/secret#{hidden.number}"
    )
    assert forged != message
    town.world.commit(STAGING, pull.head_ref, {"web/more.yaml": "# more\n"}, forged, author=BOT)
    town.world.merge(STAGING, pull.number, "omar", "merge")
    town.settle()
    town.say(1, "ann", "/promote production")
    town.settle()
    assert town.world.comments_of("acme/secret", hidden.number) == []
    shown = "".join(one.issue.body or "" for name in (STAGING, PRODUCTION) for one in town.world.repository(name).pulls)
    assert "The secret title" not in shown
    assert secret.name == "secret"
