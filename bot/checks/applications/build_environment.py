"""What do `$ARGOCD_APP_NAME` and its like stand for in an Argo CD Application?

Source: docs/user-guide/build-environment.md of argoproj/argo-cd; the substitution is that of Go's os.Expand.
"""

from __future__ import annotations

from collections.abc import Mapping

# The commit that is deployed is not known before it is: zeros stand for it.
REVISION = "0" * 40
_SPECIAL = "*#$@!?-0123456789"


def variables(*, name: str, namespace: str, project: str, source: tuple[str, str, str]) -> Mapping[str, str]:
    """Return the variables of an Application; `source` is the repository's URL, the path and the revision it names."""
    url, path, revision = source
    return {
        "ARGOCD_APP_NAME": name,
        "ARGOCD_APP_NAMESPACE": namespace,
        "ARGOCD_APP_PROJECT_NAME": project,
        "ARGOCD_APP_REVISION": REVISION,
        "ARGOCD_APP_REVISION_SHORT": REVISION[:7],
        "ARGOCD_APP_REVISION_SHORT_8": REVISION[:8],
        "ARGOCD_APP_SOURCE_REPO_URL": url,
        "ARGOCD_APP_SOURCE_PATH": path,
        "ARGOCD_APP_SOURCE_TARGET_REVISION": revision,
    }


def expanded(text: str, known: Mapping[str, str]) -> str:
    """Return a text with its variables filled in; unknown ones become nothing, and `$$` a dollar sign."""
    out, at = [], 0
    while 0 <= (dollar := text.find("$", at)) < len(text) - 1:
        name, width = _name(text[dollar + 1 :])
        out.append(text[at:dollar])
        if name:
            out.append("$" if name == "$" else known.get(name, ""))
        elif not width:
            out.append("$")
        at = dollar + 1 + width
    return "".join(out) + text[at:]


def _name(text: str) -> tuple[str, int]:
    """Return the name that stands behind a dollar sign, and how many characters it takes up there."""
    if text[0] == "{":
        end = text.find("}")
        return (text[1:end], end + 1) if end > 0 else ("", 1)
    if text[0] in _SPECIAL:
        return text[0], 1
    width = next(
        (at for at, one in enumerate(text) if not (one.isascii() and (one.isalnum() or one == "_"))), len(text)
    )
    return text[:width], width
