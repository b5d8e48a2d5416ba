"""Does a label selector pick something that has these labels?

Source: applicationset/utils/selector.go of argoproj/argo-cd, which allows any text as a value.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.checks.applications.argocd_fields import Fields
from bot.model.quoting import quoted


class SelectorError(Exception):
    """A selector says what cannot be meant; the message says why."""


def selects(selector: Fields, labels: Mapping[str, str]) -> bool:
    """Say whether all conditions of a selector hold; one without conditions picks everything. Raises SelectorError."""
    if any(labels.get(name) != value for name, value in selector.labels("matchLabels").items()):
        return False
    return all(_holds(one, labels) for one in selector.each("matchExpressions"))


def _holds(expression: Fields, labels: Mapping[str, str]) -> bool:
    key, operator, values = expression.text("key"), expression.text("operator"), expression.texts("values")
    if operator in ("In", "NotIn") and not values:
        raise SelectorError(f"{operator} needs `values`")
    match operator:
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    raise SelectorError(f"{quoted(operator)} is no operator: In, NotIn, Exists and DoesNotExist are")
