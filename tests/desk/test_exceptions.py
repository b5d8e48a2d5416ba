"""Exceptions, severities and actions of the configuration, and rules about changes, the whole way at the desk."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.desk.place import Desk, Ended
from tests.flows.repository import DEPLOYMENT, PATH, deployment, files, pipeline

HOST = deployment().replace("      containers:", "      hostNetwork: true\n      containers:")
LATER = "2999-12-31"


def rules(more: str = "", pack: str = "security") -> str:
    """Return the configuration with one pack in production, and what is said of its rules."""
    head = pipeline().split("policies:")[0]
    return f"{head}policies:\n  - builtin: {pack}\n    environments: [production]\n{more}"


def exception(until: str, policy: str = "no-host-namespaces", resources: str = "[Deployment/web]") -> str:
    said = f"policy: {policy}, resources: {resources}, reason: it listens there until release 4, until: {until}"
    return rules(f"    exceptions:\n      - {{{said}}}\n")


def checked(desk: Desk, base: str, head: str, configuration: str, *options: str) -> Ended:
    desk.begin({**files(), PATH: configuration, DEPLOYMENT: base})
    desk.write({DEPLOYMENT: head})
    return desk.run("check", *options)


def test_without_an_exception_it_blocks(bare: Desk) -> None:
    said = checked(bare, deployment(), HOST, rules())
    assert said.status == 1
    assert "[no-host-namespaces]" in said.out


def test_what_is_excepted_does_not_block_and_is_told(bare: Desk) -> None:
    said = checked(bare, deployment(), HOST, exception(LATER))
    assert said.status == 0
    told = f"note: no-host-namespaces: Deployment web in production, excepted until {LATER}: it listens there until"
    assert told in said.out
    assert "1 excepted" in said.out.splitlines()[-1]
    assert "error:" not in said.out


def test_an_exception_of_another_resource_changes_nothing(bare: Desk) -> None:
    said = checked(bare, deployment(), HOST, exception(LATER, resources="[StatefulSet/web, Deployment/other/web]"))
    assert said.status == 1
    assert "excepted" not in said.out


def test_what_an_expired_exception_let_in_blocks_the_next_change(bare: Desk) -> None:
    """The base has the violation, but only because it was excepted: it counts as new."""
    other = HOST.replace("replicas: 1", "replicas: 3")
    said = checked(bare, HOST, other, exception("2020-01-31"))
    assert said.status == 1
    assert "The exception from `no-host-namespaces` for `Deployment/web` expired on 2020-01-31" in said.out
    assert "error: The Pod shares the network" in said.out


def test_what_was_there_without_any_exception_does_not(bare: Desk) -> None:
    other = HOST.replace("replicas: 1", "replicas: 3")
    assert checked(bare, HOST, other, rules()).status == 0


def test_an_exception_that_ends_soon_is_told(bare: Desk) -> None:
    end = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    said = checked(bare, deployment(), HOST, exception(end))
    assert said.status == 0
    assert f"on {end}: then what it excepts counts again." in said.out


@pytest.mark.parametrize("options", [(), ("--all",)])
def test_an_exception_that_is_not_needed_is_told(bare: Desk, options: tuple[str, ...]) -> None:
    head = deployment("registry.example.com/web:2.0.0")
    said = checked(bare, deployment(), head, exception(LATER), *options)
    assert said.status == 0
    assert "for `Deployment/web` excepts nothing: none of them violates it any more." in said.out


def test_one_that_fits_nothing_is_told_where_everything_is_looked_at(bare: Desk) -> None:
    head = deployment("registry.example.com/web:2.0.0")
    configuration = exception(LATER, resources="[Deployment/gone]")
    assert "nothing there is so called" not in checked(bare, deployment(), head, configuration).out
    assert "nothing there is so called" in bare.run("check", "--all").out


def test_a_policy_that_the_pack_does_not_have(bare: Desk) -> None:
    said = checked(bare, deployment(), HOST, exception(LATER, policy="no-host-namespace"))
    assert said.status == 1
    assert "policies[0].exceptions[0].policy: the pack `security` has no policy `no-host-namespace`" in said.out
    assert "did you mean `no-host-namespaces`?" in said.out
    assert "error: The Pod shares the network" in said.out  # nothing is excepted by a mistake


def test_severities_and_actions(bare: Desk) -> None:
    more = (
        "    severity: {run-as-non-root: critical}\n    actions: {run-as-non-root: block, no-host-namespaces: warn}\n"
    )
    said = checked(bare, "", HOST, rules(more), "--format", "json")
    found = {one["policy"]: one for one in json.loads(said.out)["findings"] if one["environment"] == "production"}
    assert (found["run-as-non-root"]["state"], found["run-as-non-root"]["severity"]) == ("fail", "critical")
    assert (found["no-host-namespaces"]["state"], found["no-host-namespaces"]["severity"]) == ("warn", "high")


def test_a_policy_that_is_ignored_says_nothing(bare: Desk) -> None:
    said = checked(bare, deployment(), HOST, rules("    actions: {no-host-namespaces: ignore}\n"))
    assert said.status == 0
    assert "no-host-namespaces" not in said.out


def test_another_selector_is_found_before_the_cluster_refuses_it(bare: Desk) -> None:
    other = deployment().replace("app: web", "app: shop")
    said = checked(bare, deployment(), other, rules(pack="immutability"))
    assert said.status == 1
    assert "[immutable-selectors]" in said.out
    assert "staging" not in said.out.split("[immutable-selectors]")[1].splitlines()[1]


def test_only_tags_change_where_that_is_asked_for(bare: Desk) -> None:
    asked = rules("    with: {onlyImageTags: true}\n", pack="immutability")
    assert checked(bare, deployment(), deployment("registry.example.com/web:2.0.0"), asked).status == 0
    bare.write({DEPLOYMENT: deployment("registry.example.com/web:2.0.0").replace("IfNotPresent", "Always")})
    said = bare.run("check")
    assert said.status == 1
    assert (
        "These fields must not change; only the tags of images may: spec.template.spec.containers.0.imagePullPolicy."
        in said.out
    )
