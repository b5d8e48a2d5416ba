"""Which deployments does GitHub know of, and how is a promotion that landed told to it?

A merge moves a branch; the rollout itself is the GitOps agent's. So a deployment of ours begins as `queued`,
and whoever sees the rollout (the agent's notifications, a person) writes the statuses that follow.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from github.Deployment import Deployment as Found
from github.DeploymentStatus import DeploymentStatus
from github.PaginatedList import PaginatedList

from bot.adapters.github import values
from bot.adapters.github.client import Client
from bot.adapters.github.errors import found_or_made, translated
from bot.model.repository import Deployment, Repository

FIRST_STATE = "queued"
MOST = 30  # of deployments, and of statuses of one: a page of each
_MAX_DESCRIPTION = 140  # characters, docs.github.com, "Create a deployment status"


def deployments(client: Client, repository: Repository, environment: str, sha: str = "") -> Sequence[Deployment]:
    """Return the newest deployments to an environment, of a commit where one is named, whoever created them.

    The newest comes first. Their states are a request each, and so left to `deployment_state`.
    """
    with translated(f"read the deployments to {environment} in {repository}"):
        listed = client.repository(repository).get_deployments(**({"sha": sha} if sha else {}), environment=environment)
        found = (values.deployment(one, "") for one in itertools.islice(listed, MOST))
        return sorted(found, key=lambda one: one.id, reverse=True)


def deployment_state(client: Client, repository: Repository, deployment: Deployment) -> Deployment:
    """Return the deployment with the state of its newest status, since when it has been in it, and its address."""
    url = f"{client.repository(repository).url}/deployments/{deployment.id}/statuses"
    with translated(f"read the state of deployment {deployment.id} in {repository}"):
        listed = PaginatedList(DeploymentStatus, client.api.requester, url, {})
        found = sorted(itertools.islice(listed, MOST), key=lambda one: (one.created_at, one.id), reverse=True)
        if not found:
            return deployment
        newest = found[0]
        same = list(itertools.takewhile(lambda one: one.state == newest.state, found))
        sites = (one.environment_url for one in found if one.environment_url)
        return replace(deployment, state=newest.state, since=values.utc(same[-1].created_at), site=next(sites, ""))


def ensure_deployment(  # noqa: PLR0913 - what a deployment is made of
    client: Client, repository: Repository, *, environment: str, sha: str, source_sha: str, description: str
) -> Deployment:
    """Return our deployment of `sha` to an environment, created if missing; it keeps the source commit."""

    def find() -> Found | None:
        with translated(f"look for the deployment of {sha[:12]} to {environment} in {repository}"):
            for one in _found(client, repository, environment, sha):
                ours = one.creator is not None and client.is_ours(one.creator.login)
                if ours and values.deployment(one, "").payload_source == source_sha:
                    return one
        return None

    def make() -> Found:
        with translated(f"create a deployment of {sha[:12]} to {environment} in {repository}"):
            return client.repository(repository).create_deployment(
                ref=sha,
                auto_merge=False,
                required_contexts=[],
                payload={"source": source_sha},
                environment=environment,
                description=description[:_MAX_DESCRIPTION],
            )

    found, made = found_or_made(find, make)
    with translated(f"write the status of deployment {found.id} in {repository}"):
        state = "" if made else _state(found)
        if not state:
            state = FIRST_STATE
            found.create_status(state, description="merged; the GitOps agent rolls it out")
        return values.deployment(found, state)


def _found(client: Client, repository: Repository, environment: str, sha: str) -> Sequence[Found]:
    return list(client.repository(repository).get_deployments(sha=sha, environment=environment))


def _state(found: Found) -> str:
    """Return the state of the newest status; GitHub lists the newest first."""
    newest = max(found.get_statuses(), key=lambda one: (one.created_at, one.id), default=None)
    return newest.state if newest else ""
