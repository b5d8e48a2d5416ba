"""What can people do in the stand-in, other than by HTTP? The same acts, called by name, with the same events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.sandbox.acts import branches, checks, issues, merging, protection, pulls, reviews
from bot.sandbox.records import Account, App, CheckRun, Comment, Pull, Repository, Review, Role, Status
from bot.sandbox.refusal import Refusal
from bot.sandbox.seeding import Seeding


class World(Seeding):
    """The world of the stand-in: seeding (see `Seeding`), deeds of people, and plain reads.

    Deeds take a repository's full name and the login of who acts, refuse with `Refusal` as the REST API does, and
    fire the same events. Reads return records of `bot.sandbox.records`; do not change those.
    """

    # ---- deeds

    def open_pull(  # noqa: PLR0913  the parts of a pull request
        self,
        full_name: str,
        login: str,
        *,
        head: str,
        base: str = "",
        title: str = "",
        body: str = "",
        draft: bool = False,
    ) -> Pull:
        """Open a pull request from `head` (`branch` or `owner:branch`) into `base`, or the default branch."""
        with self.lock:
            repository, author = self._enter(full_name, login, "read")
            return pulls.create(
                self,
                repository,
                author,
                title=title or f"Merge {head}",
                body=body,
                head=head,
                base=base or repository.default_branch,
                draft=draft,
            )

    def edit_pull(self, full_name: str, number: int, login: str, **changes: str) -> Pull:
        """Change `title`, `body`, `base` or `state` ("open", "closed") of a pull request."""
        with self.lock:
            repository, who = self._enter(full_name, login, "read")
            pull = self.pull(repository, number)
            self._own_or(pull.issue.user, who, repository, "triage")
            pulls.update(self, pull, who, changes)
            return pull

    def close_pull(self, full_name: str, number: int, login: str) -> Pull:
        """Close a pull request without merging it."""
        return self.edit_pull(full_name, number, login, state="closed")

    def comment(self, full_name: str, number: int, login: str, body: str) -> Comment:
        """Comment on an issue or pull request."""
        with self.lock:
            repository, who = self._enter(full_name, login, "read")
            issue = repository.issues.get(number)
            if issue is None:
                raise Refusal(404, "Not Found")
            return issues.comment(self, issue, who, body)

    def review(
        self, full_name: str, number: int, login: str, event: reviews.Verdict = "APPROVE", body: str = ""
    ) -> Review:
        """Review a pull request: APPROVE, REQUEST_CHANGES or COMMENT (the latter two need a body)."""
        with self.lock:
            repository, who = self._enter(full_name, login, "read")
            return reviews.create(self, self.pull(repository, number), who, event=event, body=body)

    def merge(self, full_name: str, number: int, login: str, method: merging.Method = "merge", *, sha: str = "") -> str:
        """Merge a pull request and return the new tip of its base."""
        with self.lock:
            repository, who = self._enter(full_name, login, "write")
            return merging.merge(self, self.pull(repository, number), who, merging.MergeRequest(method, sha))

    def set_labels(self, full_name: str, number: int, login: str, names: Sequence[str]) -> None:
        """Give an issue or pull request exactly these labels."""
        with self.lock:
            repository, who = self._enter(full_name, login, "triage")
            issues.set_labels(self, repository.issues[number], names, who, keep=False)

    def move_branch(self, full_name: str, branch: str, sha: str | None, login: str, *, force: bool = False) -> None:
        """Point a branch at a commit (None deletes it) and fire what follows."""
        with self.lock:
            repository, who = self._enter(full_name, login, "write")
            if sha is not None and not force:
                branches.require_forward(repository, f"refs/heads/{branch}", sha)
            branches.move(self, repository, f"refs/heads/{branch}", sha, who)

    def move_tag(self, full_name: str, tag: str, sha: str | None, login: str) -> None:
        """Point a tag at a commit (None deletes it) and fire what follows."""
        with self.lock:
            repository, who = self._enter(full_name, login, "write")
            branches.move(self, repository, f"refs/tags/{tag}", sha, who)

    def report_check(
        self, full_name: str, sha: str, app: App, name: str, conclusion: str | None, **fields: object
    ) -> CheckRun:
        """Report a check run as an App; `conclusion` None is in progress. `fields` as in the REST API."""
        with self.lock:
            repository = self.repository(full_name)
            given: dict[str, object] = {"name": name, **fields}
            given |= {"status": "in_progress"} if conclusion is None else {"conclusion": conclusion}
            return checks.create_run(self, repository, app, sha, given)

    def set_status(self, full_name: str, sha: str, login: str, state: str, context: str = "default") -> Status:
        """Set a commit status as a person with write access."""
        with self.lock:
            repository, who = self._enter(full_name, login, "write")
            return checks.create_status(self, repository, sha, who, value=state, context=context)

    def rerequest_check(self, full_name: str, run: CheckRun, login: str) -> None:
        """Press "re-run" on a check run."""
        with self.lock:
            repository, who = self._enter(full_name, login, "write")
            checks.rerequest(self, repository, run, who)

    # ---- reads for tests and pages

    def pull_of(self, full_name: str, number: int) -> Pull:
        """Return a pull request."""
        with self.lock:
            return self.pull(self.repository(full_name), number)

    def open_pulls(self, full_name: str, base: str = "") -> list[Pull]:
        """Return open pull requests, oldest first, of one base or of all."""
        with self.lock:
            found = [pull for pull in self.repository(full_name).pulls if pull.issue.state == "open"]
            return [pull for pull in found if base in ("", pull.base_ref)]

    def comments_of(self, full_name: str, number: int) -> list[Comment]:
        """Return the comments of an issue or pull request, oldest first."""
        with self.lock:
            return list(self.repository(full_name).issues[number].comments)

    def check_runs(self, full_name: str, sha: str, name: str = "") -> list[CheckRun]:
        """Return the newest check runs on a commit, of one name or of all."""
        with self.lock:
            runs = protection.latest_runs(self.repository(full_name), sha)
            return [run for run in runs if name in ("", run.name)]

    def branch_sha(self, full_name: str, branch: str) -> str | None:
        """Return the tip of a branch."""
        with self.lock:
            return self.repository(full_name).git.branch(branch)

    def read_file(self, full_name: str, revision: str, path: str) -> str | None:
        """Return the text of a file at a branch or commit, or None."""
        with self.lock:
            git = self.repository(full_name).git
            commit = git.resolve(revision)
            entry = git.entry(commit, path) if commit else None
            return git.blob(entry.sha).decode(errors="replace") if entry and entry.kind == "blob" else None

    def mergeability(self, full_name: str, number: int) -> pulls.Mergeable:
        """Return (mergeable, mergeable_state), computed to the end."""
        with self.lock:
            pull = self.pull_of(full_name, number)
            pulls.mergeable(self, pull, read=True)
            pull.waits = 0
            return pulls.mergeable(self, pull, read=True)

    # ---- App manifests

    def register_manifest(self, manifest: Mapping[str, object], owner: str) -> str:
        """Register an App from its manifest, as the form of GitHub's settings does; return the code to convert."""
        hook, name = manifest.get("hook_attributes"), str(manifest.get("name") or "app")
        permissions, events = manifest.get("default_permissions"), manifest.get("default_events")
        with self.lock:
            app = self.create_app(
                name.lower().replace(" ", "-"),
                str(hook.get("url", "")) if isinstance(hook, dict) else "",
                owner=owner,
                permissions={str(k): str(v) for k, v in permissions.items()} if isinstance(permissions, dict) else {},
                events=[str(event) for event in events] if isinstance(events, list) else [],
            )
            app.name, app.external_url = name, str(manifest.get("url") or app.external_url)
            code = f"{self.next_id():x}{app.client_secret}"
            self.manifest_codes[code] = (app, self.now() + timedelta(hours=1))
            return code

    # ---- who may

    def _enter(self, full_name: str, login: str, role: Role) -> tuple[Repository, Account]:
        repository, who = self.repository(full_name), self.account(login)
        if not self.has_role(repository, who, "read"):
            raise Refusal(404, "Not Found")
        if not self.has_role(repository, who, role):
            raise Refusal(403, f"Must have {role} access to {full_name}.")
        return repository, who

    def _own_or(self, owner: Account, who: Account, repository: Repository, role: Role) -> None:
        if who is not owner and not self.has_role(repository, who, role):
            raise Refusal(403, f"Must have {role} access to {repository.full_name}.")
