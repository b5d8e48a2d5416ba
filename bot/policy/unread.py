"""Is a document meant as a policy that nothing here would read as one: a slip in its kind or group, or a kind too new?

What is no policy at all is left alone, and so are kinds that judge nothing. Whatever looks like a policy and is not
evaluated has to be told: nobody would miss it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple

_READ = {
    "kyverno.io": ("ClusterPolicy", "Policy", "PolicyException"),
    "policies.kyverno.io": ("ValidatingPolicy", "NamespacedValidatingPolicy", "PolicyException"),
    "admissionregistration.k8s.io": ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
    "templates.gatekeeper.sh": ("ConstraintTemplate",),
    "config.gatekeeper.sh": ("Config",),
}
_ELSEWHERE = {"policies.kyverno.io": ("ImageValidatingPolicy", "NamespacedImageValidatingPolicy")}
_IDLE = {  # they judge nothing
    "kyverno.io": (
        "CleanupPolicy",
        "ClusterCleanupPolicy",
        "GlobalContextEntry",
        "UpdateRequest",
    ),
    "policies.kyverno.io": (
        "DeletingPolicy",
        "GeneratingPolicy",
        "MutatingPolicy",
        "NamespacedDeletingPolicy",
        "NamespacedGeneratingPolicy",
        "NamespacedMutatingPolicy",
    ),
    "admissionregistration.k8s.io": (
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
    ),
}
_COMMON = ("Config", "Policy")  # many APIs have a kind of that name
_OF = {kind: group for group, kinds in _READ.items() for kind in kinds if kind not in _COMMON}


class Unread(NamedTuple):
    """Why a document is not evaluated, how that is mended, and whether that is a mistake."""

    message: str
    advice: str = ""
    state: Literal["error", "not evaluable here"] = "error"


def unread(document: Mapping[str, Any]) -> Unread | None:
    """Return why a document (JSON values) that no engine here takes is told all the same; None when it is no policy."""
    version, kind = str(document.get("apiVersion") or ""), str(document.get("kind") or "")
    group = version.partition("/")[0] if "/" in version else ""
    if group in _READ:
        return _of_group(group, kind)
    if group.endswith(".kyverno.io"):
        return _newer(kind) if kind in (*_READ["policies.kyverno.io"], *_ELSEWHERE["policies.kyverno.io"]) else None
    wanted = _OF.get(kind)
    if wanted is None or (group and not get_close_matches(group, [wanted], 1, 0.8)):
        return None
    return Unread(f"a {kind} is not of `{version}`", f"write `apiVersion: {wanted}/…`")


def _of_group(group: str, kind: str) -> Unread | None:
    if kind in _IDLE.get(group, ()):
        return None
    if kind in _ELSEWHERE.get(group, ()) or any(kind in kinds for kinds in (*_READ.values(), *_ELSEWHERE.values())):
        return _newer(kind)
    near = _near(kind, (*_READ[group], *_ELSEWHERE.get(group, ()), *_IDLE.get(group, ())))
    return Unread(f"`{group}` has no kind `{kind}`", f"did you mean `{near}`?") if near else _newer(kind)


def _newer(kind: str) -> Unread:
    return Unread(f"this version does not evaluate policies of kind {kind}", state="not evaluable here")


def _near(kind: str, kinds: Iterable[str]) -> str:
    by_letters = {one.lower(): one for one in kinds}
    return next((by_letters[one] for one in get_close_matches(kind.lower(), list(by_letters), 1, 0.8)), "")
