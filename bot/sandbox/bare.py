"""What lies in a bare repository before anything is pushed, and in which environment does git run there?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_CONFIG = """\
[core]
\trepositoryformatversion = 0
\tbare = true
[gc]
\tauto = 0
[receive]
\tautogc = false
\tunpackLimit = 100000
\thideRefs = refs/pull
[http]
\treceivepack = true
[uploadpack]
\tallowAnySHA1InWant = true
\tallowFilter = true
"""

# SANDBOX_REFUSED holds lines "ref<TAB>reason"; SANDBOX_NO_FORCE holds one ref a line; SANDBOX_NO_WORKFLOWS is set
# for Apps that may not write workflows.
_UPDATE_HOOK = """\
#!/bin/sh
ref=$1 old=$2 new=$3 zero=0000000000000000000000000000000000000000
refuse() {
  echo "error: GH006: Protected branch update failed for $ref." >&2
  echo "error: $1" >&2
  exit 1
}
reason=$(printf '%s\\n' "$SANDBOX_REFUSED" | while IFS='\t' read -r name why; do
  [ "$name" = "$ref" ] && echo "$why"
done)
[ -n "$reason" ] && refuse "$reason"
if [ "$old" != "$zero" ] && [ "$new" != "$zero" ]; then
  if printf '%s\\n' "$SANDBOX_NO_FORCE" | grep -qxF "$ref"; then
    git merge-base --is-ancestor "$old" "$new" || refuse "Cannot force-push to this branch"
  fi
fi
if [ -n "$SANDBOX_NO_WORKFLOWS" ] && [ "$new" != "$zero" ]; then
  git ls-tree -r "$new" -- .github/workflows/ | while read -r mode kind blob path; do
    known=
    for other in $(git for-each-ref --format='%(refname)' refs/heads); do
      [ "$(git rev-parse -q --verify "$other:$path")" = "$blob" ] && known=yes && break
    done
    [ -n "$known" ] || echo "$path"
  done | head -n 1 | while read -r path; do
    why="without \\`workflows\\` permission"
    echo "refusing to allow a GitHub App to create or update workflow \\`$path\\` $why" >&2
    exit 1
  done || exit 1
fi
exit 0
"""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment git runs in: nothing of the user's or the system's configuration."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C.UTF-8",
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        **(extra or {}),
    }


def lay_out(path: Path, default_branch: str) -> None:
    """Make an empty bare repository (gitrepository-layout(5)) whose HEAD names `default_branch`."""
    for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "hooks", "info"):
        (path / folder).mkdir(parents=True, exist_ok=True)
    (path / "HEAD").write_text(f"ref: refs/heads/{default_branch}\n")
    (path / "config").write_text(_CONFIG)
    hook = path / "hooks" / "update"
    hook.write_text(_UPDATE_HOOK)
    hook.chmod(0o755)
