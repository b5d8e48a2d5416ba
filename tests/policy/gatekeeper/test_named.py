"""Is it told which engines for policies there are?"""

from __future__ import annotations

import pytest

from bot.adapters.policy_engines import policy_engines
from bot.adapters.rego import WalledRego, walled
from bot.doctor import examine


def test_named(rego: WalledRego) -> None:
    words = dict(policy_engines(rego))
    assert words["CEL"].startswith("cel-expr-python 0.")
    assert words["Rego"].startswith("regorus 0.")


def test_what_is_missing_is_named_with_its_remedy(rego: WalledRego, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is looked for, so a machine without it is one where it is not found."""
    monkeypatch.setattr(walled, "find_spec", lambda _: None)
    assert dict(policy_engines(rego))["Rego"] == (
        "none: the Rego engine is not installed here: install the package gordon-to-regorus "
        "(the extra `rego`: pip install 'lockkeeper[rego]')"
    )


def test_the_doctor_names_them() -> None:
    found = {one.name: (one.good, one.found) for one in examine({})}
    assert found["cel"] == (True, found["cel"][1])
    assert found["cel"][1].startswith("cel-expr-python 0.")
    assert found["rego"] == (True, found["rego"][1])
    assert found["rego"][1].startswith("regorus 0.")
