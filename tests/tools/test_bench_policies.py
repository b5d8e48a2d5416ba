"""Do the policies of the bench do the work that is measured?"""

from __future__ import annotations

import pytest

from bot.adapters.rego import WalledRego
from tools.bench.parts import rows
from tools.bench.policies import KINDS, Kind, measured
from tools.bench.rules import POLICIES, RESOURCES, resources
from tools.bench.table import Samples


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.name)
def test_a_kind_is_measured(kind: Kind) -> None:
    with WalledRego() as rego:
        if kind.name == "Gatekeeper" and rego.absent:
            pytest.skip(rego.absent)
    (seconds,) = measured(kind, 1)
    assert 0 < seconds < 60
    pack = kind.policies()
    assert len(pack.policies) == POLICIES or kind.name in ("Gatekeeper", "all of the packs")


def test_policies_that_find_nothing_are_no_measurement() -> None:
    from tools.bench.policies import _pack

    idle = Kind("idle", 1.0, lambda: _pack([]))
    with pytest.raises(RuntimeError, match=r"no policy found|only 0 findings"):
        list(measured(idle, 1))


def test_the_mix_is_as_large_as_it_says() -> None:
    assert len(resources()) == RESOURCES
    assert len({one.key for one in resources()}) == RESOURCES


def test_each_kind_has_its_line_and_bar() -> None:
    samples = Samples()
    for kind in KINDS:
        samples.add(kind.title, 99.0)
    found = {row.name: row for row in rows(samples)}
    assert [row.verdict for row in found.values()] == ["short", "short", "short", "short", ""]
    assert "policies: 20 CEL over 1,000 resources, one core" in found
