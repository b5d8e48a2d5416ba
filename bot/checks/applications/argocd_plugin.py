"""What of a source that Argo CD gives to a config management plugin can be rendered without that plugin?

argocd-vault-plugin puts secrets in place of placeholders in what Helm, kustomize or a directory give; all but the
secrets can be rendered. Sources: docs/user-guide/config-management-plugins.md of argoproj/argo-cd and docs/usage.md of
argoproj-labs/argocd-vault-plugin.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.checks.applications.argocd_asked import Asked
from bot.checks.applications.argocd_fields import Fields
from bot.checks.applications.argocd_helm import located
from bot.model.quoting import quoted
from bot.model.source import FileParameter, HelmOptions, Parameter, Values, ValuesFile, ValuesText
from bot.model.tree import Tree

NOTE = "placeholders of argocd-vault-plugin are left as they are"
_NAME = re.compile(r"(?:^|[-_.])(?:vault-plugin|avp)(?:[-_.]|$)", re.IGNORECASE)
_MARK = re.compile(rb"avp\.kubernetes\.io/|<path:[^<>\n]+>")
_MOST_FILES, _LARGEST = 200, 256 * 1024
_FILES = ("-f", "--values")
_SETS = {"--set": False, "--set-string": True}


def is_vault(plugin: Fields, asked: Asked) -> bool:
    """Say whether the plugin of a source is argocd-vault-plugin; where it is another one, that is said."""
    name = plugin.text("name")
    annotations = asked.said.resource.metadata.get("annotations")
    marked = isinstance(annotations, dict) and any(str(key).startswith("avp.kubernetes.io/") for key in annotations)
    known = bool(_NAME.search(name)) or (not name and (marked or _has_placeholders(asked.ground.tree, asked.path)))
    if known:
        asked.said.note(NOTE)
        return True
    called = f"the config management plugin {quoted(name)}" if name else "a config management plugin"
    asked.problem(
        f"not rendered: {called} makes the manifests, and only Argo CD can run it",
        "let Helm, kustomize or a directory make them, to see them here",
        remote=True,
    )
    return False


def vault_values(plugin: Fields, options: HelmOptions, asked: Asked) -> HelmOptions | None:
    """Return how a chart is rendered with what the plugin's usual variables say: HELM_VALUES and HELM_ARGS.

    None, and a problem said, when they ask for a file that is not there.
    """
    layers: list[Values] = []
    for one in plugin.each("env"):
        name, value = one.text("name"), one.text("value")
        match name.upper():
            case "HELM_VALUES":
                layers.append(ValuesText(value))
            case "HELM_ARGS":
                found = _arguments(value, replace(asked, refs={}))
                if found is None:
                    return None
                layers += found
            case _:
                asked.said.note(f"the plugin's variable {quoted(name)} is not heeded")
    return replace(options, values=(*options.values, *_ordered(layers)))


def _has_placeholders(tree: Tree | None, path: str) -> bool:
    if tree is None:
        return False
    texts = (tree.read(one) or b"" for one in tree.files(path)[:_MOST_FILES])
    return any(_MARK.search(text[:_LARGEST]) for text in texts)


def _ordered(layers: Sequence[Values]) -> Iterator[Values]:
    """Yield values as Helm takes them: files and texts, `--set`, `--set-string`, `--set-file`."""
    yield from (one for one in layers if isinstance(one, ValuesFile | ValuesText))
    yield from (one for one in layers if isinstance(one, Parameter) and not one.text)
    yield from (one for one in layers if isinstance(one, Parameter) and one.text)
    yield from (one for one in layers if isinstance(one, FileParameter))


def _arguments(text: str, asked: Asked) -> list[Values] | None:
    """Read arguments of `helm template`, as far as they say values; what else they say is noted."""
    try:
        words = shlex.split(asked.fill(text))
    except ValueError:
        asked.problem(f"not rendered: the arguments {quoted(text, 80)} have a quote that does not end")
        return None
    found: list[Values] = []
    waiting = iter(words)
    for word in waiting:
        option, equals, value = word.partition("=")
        if option not in (*_FILES, *_SETS, "--set-file"):
            asked.said.note(f"the argument {quoted(word)} of the plugin is not heeded")
            continue
        value = value if equals else next(waiting, "")
        if option in _SETS:
            name, _, rest = value.partition("=")
            found.append(Parameter(name, rest, text=_SETS[option]))
            continue
        name, _, path = value.partition("=") if option == "--set-file" else ("", "", value)
        place = located(path, asked)
        if place is None:
            return None
        found.append(FileParameter(name, place[1]) if name else ValuesFile(place[1]))
    return found
