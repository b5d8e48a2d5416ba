"""What may be read in a conflict, and does it fit?"""

from __future__ import annotations

import pytest

from bot.model.environment import Environment
from bot.model.promotion import Hop
from bot.promotion.plan import Conflict
from bot.report.replies import Answer, reply, stuck
from bot.report.trouble import conflict_check

HOP = Hop(Environment("staging", "staging"), Environment("production", "production"))
SECRET = "apiVersion: v1\nkind: Secret\nstringData:\n  password: {}\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("base/app.yaml", SECRET),
        ("base/app.yaml", '{{"kind": "Secret", "stringData": {{"password": "{}"}}}}'),
        ("base/kustomization.yaml", "secretGenerator:\n- name: a\n  literals: [password={}]\n"),
        ("base/db.env", "PASSWORD={}\n"),
        ("base/secret-values.yaml", "password: {}\n"),
        ("base/tls.pem", "-----BEGIN RSA PRIVATE KEY-----\n{}\n"),
    ],
)
def test_a_conflict_shows_no_secret(path: str, text: str) -> None:
    conflict = Conflict(path, "content", text.format("canary"), text.format("canary2"))
    report = conflict_check(HOP, [conflict], sha="a" * 40, record="")
    assert "canary" not in report.text + report.summary + stuck(HOP, [conflict])
    assert path in report.text


def test_a_conflict_too_long_for_a_reply_still_says_what_is_in_the_way() -> None:
    conflicts = [Conflict(f"base/{number}.yaml", "content", "a\n" * 9000, "b\n" * 9000) for number in range(5)]
    body = reply(1, "ann", [Answer("/promote production", stuck(HOP, conflicts), "refused")])
    assert len(body) < 65_536
    assert "`base/4.yaml`" in body and "To resolve it" in body
