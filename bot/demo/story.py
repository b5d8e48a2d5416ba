"""The story: a change is refused, mended, and walks from development to production.

Every step waits for what GitHub would show, prints it, and asserts it. People act through the sandbox, the bot
learns of it by signed webhooks alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.demo.narrator import Narrator
from bot.demo.stage import REPOSITORY, Stage, example_files
from bot.sandbox.records import CheckRun, Comment, Pull

DEPLOYMENT = "base/deployment.yaml"
MANIFESTS, POLICIES, PROMOTION = "lockkeeper / manifests", "lockkeeper / policies", "lockkeeper / promotion to"


@dataclass
class Story:
    """One telling. `change` and the promotions are the numbers of pull requests, known as the story goes on."""

    stage: Stage
    tell: Narrator
    change: int = 0
    to_staging: int = 0
    to_production: int = 0

    def play(self) -> None:
        """Play all steps; StoryError or UserError when one does not come out."""
        self.first_attempt()
        self.fix()
        self.merge_change()
        self.staging_waits()
        self.staging_reviewed()
        self.refused_to_developer()
        self.accepted_from_lead()
        self.production_merged()
        self.journey()

    # what people see

    def pull(self, number: int) -> Pull:
        return self.stage.world.pull_of(REPOSITORY, number)

    def url(self, number: int) -> str:
        return f"{self.stage.sandbox.url}/{REPOSITORY}/pull/{number}"

    def runs(self, sha: str, *names: str) -> dict[str, CheckRun]:
        """Wait until the named check runs on a commit have completed, and return them."""
        world = self.stage.world

        def completed() -> dict[str, CheckRun] | None:
            found = {run.name: run for run in world.check_runs(REPOSITORY, sha) if run.status == "completed"}
            return {name: found[name] for name in names} if set(names) <= set(found) else None

        runs = self.stage.wait(f"{' and '.join(names)} on {sha[:7]}", completed)
        self.tell.checks((run.name, run.conclusion or run.status, run.title or "") for run in runs.values())
        return runs

    def comment_by_bot(self, number: int, containing: str) -> Comment:
        """Wait for a comment of the bot that contains a text."""
        world = self.stage.world

        def found() -> Comment | None:
            comments = world.comments_of(REPOSITORY, number)
            return next((one for one in comments if one.user.kind == "Bot" and containing in one.body), None)

        return self.stage.wait(f"the bot to comment {containing!r} on #{number}", found)

    def promotion_into(self, base: str) -> Pull:
        """Wait for the open promotion pull request into a branch."""
        world = self.stage.world
        return self.stage.wait(
            f"the promotion pull request into {base}",
            lambda: next(
                (one for one in world.open_pulls(REPOSITORY, base) if one.head_ref.startswith("promote/")),
                None,
            ),
        )

    def waits_for(self, sha: str, text: str) -> None:
        """Wait until the promotion check on a commit says a text in its title."""
        world = self.stage.world

        def found() -> CheckRun | None:
            runs = [run for run in world.check_runs(REPOSITORY, sha) if run.name.startswith(PROMOTION)]
            return next((run for run in runs if text in (run.title or "")), None)

        run = self.stage.wait(f"{PROMOTION} … on {sha[:7]} to say {text!r}", found)
        self.tell.checks([(run.name, run.conclusion or run.status, run.title or "")])

    # the steps

    def first_attempt(self) -> None:
        tell, world = self.tell, self.stage.world
        tell.step("Maya raises the image tag, with a registry that is not allowed and a misspelt field")
        text = example_files()[DEPLOYMENT]
        wrong = text.replace("registry.example.com/web:1.4.2", "docker.io/somebody/web:1.5.0")
        wrong = wrong.replace("imagePullPolicy", "imagePulPolicy")
        world.commit(REPOSITORY, "web-1.5", {DEPLOYMENT: wrong}, "Raise web to 1.5.0", author="maya", start="main")
        self.change = world.open_pull(
            REPOSITORY, "maya", head="web-1.5", base="main", title="Raise web to 1.5.0", body="New basket."
        ).number
        tell.link("pull request", self.url(self.change))
        runs = self.runs(self.pull(self.change).head_sha, MANIFESTS, POLICIES)
        tell.holds("the manifests check refuses it", runs[MANIFESTS].conclusion == "failure")
        tell.holds("the policies check refuses it", runs[POLICIES].conclusion == "failure")
        for run in runs.values():
            for one in run.annotations[:2]:
                tell.says(f"{one['path']}:{one['start_line']} {one['title']}: {str(one['message']).splitlines()[0]}")
        lines = text.splitlines()
        image = next(number for number, line in enumerate(lines, 1) if "image:" in line)
        policy = next(number for number, line in enumerate(lines, 1) if "imagePullPolicy" in line)
        tell.holds(
            "both are annotated on the line where they stand",
            (DEPLOYMENT, policy) in _places(runs[MANIFESTS]) and (DEPLOYMENT, image) in _places(runs[POLICIES]),
        )
        tell.quote("comment by lockkeeper[bot]", self.comment_by_bot(self.change, "to mend before merging").body)

    def fix(self) -> None:
        tell, world = self.tell, self.stage.world
        tell.step("Maya mends both")
        right = example_files()[DEPLOYMENT].replace("web:1.4.2", "web:1.5.0")
        world.commit(REPOSITORY, "web-1.5", {DEPLOYMENT: right}, "Use our registry, spell the field", author="maya")
        runs = self.runs(self.pull(self.change).head_sha, MANIFESTS, POLICIES)
        tell.holds("both checks pass", {run.conclusion for run in runs.values()} == {"success"})
        comment = self.comment_by_bot(self.change, "ready, changes")
        tell.quote("the same comment, edited", comment.body)
        own = [one for one in world.comments_of(REPOSITORY, self.change) if one.user.kind == "Bot"]
        tell.holds("there is still one comment", len(own) == 1, f"{len(own)} comments")
        tell.holds("it shows the image tag moving", "1.4.2" in comment.body and "1.5.0" in comment.body)

    def merge_change(self) -> None:
        tell, world = self.tell, self.stage.world
        tell.step("Maya merges; the promotion to staging appears by itself")
        world.merge(REPOSITORY, self.change, "maya", "squash")
        pull = self.promotion_into("staging")
        self.to_staging = pull.number
        tell.link("promotion pull request", self.url(pull.number))
        tell.quote(f"#{pull.number} {pull.issue.title}", pull.issue.body or "")
        tell.holds("it names the change it carries", f"#{self.change}" in (pull.issue.body or ""))
        world_pull = self.stage.wait(
            "the review request to reach team qa",
            lambda: next((p for p in [self.pull(pull.number)] if "qa" in {t.slug for t in p.requested_teams}), None),
        )
        tell.holds("team qa is asked for a review", world_pull is not None)

    def staging_waits(self) -> None:
        tell = self.tell
        tell.step("The gates say who has to move")
        head = self.pull(self.to_staging).head_sha
        self.runs(head, MANIFESTS, POLICIES)
        self.waits_for(head, "checks")
        tell.says("the build server reports its integration tests on the merged commit")
        main = self.stage.world.branch_sha(REPOSITORY, "main")
        assert main is not None
        self.stage.world.set_status(REPOSITORY, main, "ci", "success", "integration-tests")
        self.waits_for(head, "approvals: waiting for team qa")
        tell.holds("only the approval is missing now", True)

    def staging_reviewed(self) -> None:
        tell, world = self.tell, self.stage.world
        tell.step("Quinn of team qa approves and merges")
        world.review(REPOSITORY, self.to_staging, "quinn", "APPROVE")
        head = self.pull(self.to_staging).head_sha
        self.waits_for(head, "All gates are open")
        world.merge(REPOSITORY, self.to_staging, "quinn", "merge")
        tell.holds("staging runs the new tag", "web:1.5.0" in self.file("staging", DEPLOYMENT))
        told = self.comment_by_bot(self.change, "in **staging**")
        tell.quote(f"the author is told on #{self.change}", told.body)
        self.deployed("staging")

    def refused_to_developer(self) -> None:
        tell, world = self.tell, self.stage.world
        tell.step("Maya asks for production: /promote production")
        world.comment(REPOSITORY, self.change, "maya", "/promote production")
        reply = self.comment_by_bot(self.change, "Required")
        tell.quote("reply by lockkeeper[bot]", reply.body)
        tell.holds("she is told what is required", "platform-leads" in reply.body)
        tell.holds("no promotion to production is open", not world.open_pulls(REPOSITORY, "production"))

    def accepted_from_lead(self) -> None:
        tell, world = self.tell, self.stage.world
        tell.step("Lena, a platform lead, asks for the same")
        world.comment(REPOSITORY, self.change, "lena", "/promote production")
        pull = self.promotion_into("production")
        self.to_production = pull.number
        tell.link("promotion pull request", self.url(pull.number))
        tell.quote("reply by lockkeeper[bot]", self.comment_by_bot(self.change, f"#{pull.number} carries this").body)
        self.runs(pull.head_sha, MANIFESTS, POLICIES)
        diff = self.comment_by_bot(pull.number, "ready, changes production")
        tell.quote("what changes in production", diff.body, most=30)
        tell.holds("the tag moves under production's own image name", "production/web:1.5.0" in diff.body)
        tell.holds("the replicas do not change", "replicas" not in diff.body)

    def production_merged(self) -> None:
        tell, world = self.tell, self.stage.world
        tell.step("Lena cannot approve what she asked for; Omar can")
        head = self.pull(self.to_production).head_sha
        world.review(REPOSITORY, self.to_production, "lena", "APPROVE")
        self.waits_for(head, "approvals: waiting for team platform-leads")
        world.review(REPOSITORY, self.to_production, "omar", "APPROVE")
        self.waits_for(head, "All gates are open")
        world.merge(REPOSITORY, self.to_production, "omar", "squash")
        tell.holds("production runs the new tag", "web:1.5.0" in self.file("production", DEPLOYMENT))
        tell.holds(
            "production keeps its own 3 replicas",
            "replicas: 3" in self.file("production", "overlays/production/replicas.yaml"),
        )
        tell.holds(
            "production keeps its own image name",
            "production/web" in self.file("production", "overlays/production/kustomization.yaml"),
        )
        self.deployed("production")

    def journey(self) -> None:
        tell = self.tell
        tell.step("The end of the walk, as Maya sees it on her own pull request")
        told = self.comment_by_bot(self.change, "in **production**")
        tell.quote(f"comment on #{self.change}", told.body)
        tell.holds(
            "it names both promotions",
            f"#{self.to_staging}" in told.body and f"#{self.to_production}" in told.body,
        )
        self.stage.sandbox.deliveries.wait_idle(10)
        failed = [one for one in self.stage.sandbox.deliveries.log if not 200 <= one.status_code < 300]
        tell.holds("every delivery was acknowledged", not failed, f"{len(failed)} failed")

    def file(self, branch: str, path: str) -> str:
        return self.stage.world.read_file(REPOSITORY, branch, path) or ""

    def deployed(self, environment: str) -> None:
        """Wait for the GitHub Deployment of an environment."""
        world = self.stage.world
        found = self.stage.wait(
            f"the deployment to {environment}",
            lambda: next((d for d in world.repository(REPOSITORY).deployments if d.environment == environment), None),
        )
        self.tell.holds(
            f"a GitHub Deployment to {environment} is recorded",
            found.sha == world.branch_sha(REPOSITORY, environment),
        )


def _places(run: CheckRun) -> set[tuple[object, object]]:
    return {(one["path"], one["start_line"]) for one in run.annotations}
