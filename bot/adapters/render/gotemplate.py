"""What do Go templates make of parameters, as an ApplicationSet of Argo CD carries them out?

Helm's template functions are those of Argo CD, but for two: `normalize` is put in its place here, `slugify` stays an
error. Source: Argo CD, docs/operator-manual/applicationset/GoTemplate.md and applicationset/utils/utils.go.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from bot.adapters.render import archive
from bot.adapters.render.helm import Library
from bot.adapters.render.helm_library import HelmError

_CHART = orjson.dumps({"apiVersion": "v2", "name": "a", "version": "0.1.0"})
_NAME = "a/templates/_{}"
_DEFINITIONS = (
    '{{- define "lockkeeper.normalize" -}}'
    '{{ regexReplaceAll "[^-a-z0-9.]" (lower (toString .)) "-" | trunc 253 | trimAll "-." }}'
    "{{- end -}}"
)
_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_WORD = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`|(?<![\w.$-])normalize(?![\w-])')
_PLACE = re.compile(r" at \(a/templates/[^)]*\)")
_FILE = re.compile(r"(?:executing \"|template: )?a/templates/[^\s\"]*?\d+(?:\.yaml)?\"?:?")


def execute(helm: Library, texts: Sequence[str], parameters: Mapping[str, Any], *, strict: bool) -> list[str]:
    """Return what each text makes of the parameters. Raises HelmError.

    `strict` is `missingkey=error`; without it a missing key prints `<no value>`. A text is a template of its own:
    each is a file that another one includes, so that nothing can close what it did not open.
    """
    files = [("Chart.yaml", _CHART), ("templates/_lockkeeper", _DEFINITIONS.encode())]
    for number, text in enumerate(texts):
        files.append((f"templates/_{number}", _own_words(text).encode("utf-8", "replace")))
        # in base64, as Helm strikes `<no value>` out of what it returns
        line = '{{ include "' + _NAME.format(number) + '" .Values.given | b64enc }}'
        files.append((f"templates/{number}.yaml", line.encode()))
    try:
        made = helm.execute(archive.pack(files), {"given": parameters}, strict=strict)
    except HelmError as error:
        raise HelmError(_plain(str(error))) from error
    found = (made[f"a/templates/{number}.yaml"] for number in range(len(texts)))
    return [base64.b64decode(one).decode("utf-8", "replace") for one in found]


def _own_words(text: str) -> str:
    """Put a definition in the place of the function that Helm lacks."""

    def named(found: re.Match[str]) -> str:
        return 'include "lockkeeper.normalize"' if found[0] == "normalize" else found[0]

    return _ACTION.sub(lambda action: _WORD.sub(named, action[0]), text)


def _plain(words: str) -> str:
    """Leave out where in our files it happened: those who wrote the template have never seen them."""
    last = words.rpartition("error calling include:")[2] or words
    return " ".join(_FILE.sub("", _PLACE.sub("", last)).split())
