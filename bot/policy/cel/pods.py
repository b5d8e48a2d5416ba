"""How does an expression about Pods read for what makes Pods?

Kyverno derives rules for controllers by text: `object.spec` becomes `object.spec.template.spec`. Source:
https://kyverno.io/docs/policy-types/cluster-policy/autogen/, `pkg/autogen/v1` and `pkg/cel/autogen/replacement.go` of
kyverno/kyverno.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

TEMPLATE = "template"
JOB_TEMPLATE = "jobTemplate.spec.template"

_EVERY = re.compile(r"(object|oldObject)\.(spec|metadata)")
_NOT_NAMES = re.compile(r"(object|oldObject)\.(spec|metadata)(?!\.(?:namespace|name)(?![A-Za-z0-9_]))")


def shifted(value: Any, below_spec: str, *, keep_names: bool = False) -> Any:
    """Rewrite every text of a rule (JSON values) for a Pod that is at `spec.<below_spec>`.

    With `keep_names` the name and namespace stay those of the controller, as in a ValidatingPolicy.
    """
    if isinstance(value, str):
        pattern = _NOT_NAMES if keep_names else _EVERY
        return pattern.sub(rf"\1.spec.{below_spec}.\2", value) if "bject." in value else value
    if isinstance(value, Mapping):
        return {key: shifted(one, below_spec, keep_names=keep_names) for key, one in value.items()}
    if isinstance(value, list):
        return [shifted(one, below_spec, keep_names=keep_names) for one in value]
    return value
