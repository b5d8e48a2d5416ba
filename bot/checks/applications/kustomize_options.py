"""What does a kustomization say once the options of an Argo CD Application are edited into it?

Argo CD runs `kustomize edit` before `kustomize build`, and so does this, on the parsed file. Sources:
util/kustomize/kustomize.go and docs/user-guide/kustomize.md of argoproj/argo-cd; kustomize/commands/edit/ and
api/pkg/util/image.go of kubernetes-sigs/kustomize.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.model.quoting import quoted

_KEEP = "*"  # stands for what the kustomization says already


class EditError(Exception):
    """The options do not fit the kustomization; the message says why."""


@dataclass(frozen=True, slots=True)
class KustomizeOptions:
    """Options of an Application's `kustomize:`, with variables filled in.

    `images` are written as for `kustomize edit set image`. `components` exist, as seen from the kustomization.
    """

    name_prefix: str = ""
    name_suffix: str = ""
    namespace: str = ""
    images: tuple[str, ...] = ()
    replicas: tuple[tuple[str, int], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    labels_without_selector: bool = False
    labels_in_templates: bool = False
    force_labels: bool = False
    annotations: Mapping[str, str] = field(default_factory=dict)
    force_annotations: bool = False
    patches: tuple[Mapping[str, Any], ...] = ()
    components: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is anything to edit."""
        texts = self.name_prefix or self.name_suffix or self.namespace
        return bool(texts or self.images or self.replicas or self.labels or self.annotations or self.patches) or bool(
            self.components
        )


def edited(kustomization: Mapping[str, Any], options: KustomizeOptions) -> dict[str, Any]:
    """Return a kustomization with options edited in; what is given stays as it is. Raises EditError."""
    found = dict(kustomization)
    texts = {"namePrefix": options.name_prefix, "nameSuffix": options.name_suffix, "namespace": options.namespace}
    found.update({name: value for name, value in texts.items() if value})
    if options.images:
        found["images"] = _images(_listed(found, "images"), options.images)
    if options.replicas:
        found["replicas"] = _replicas(_listed(found, "replicas"), options.replicas)
    if options.labels:
        _label(found, options)
    if options.annotations:
        given = _mapped(found.get("commonAnnotations"), "commonAnnotations")
        found["commonAnnotations"] = _laid_over(given, options.annotations, options.force_annotations, "annotation")
    if options.patches:
        found["patches"] = [*_listed(found, "patches"), *options.patches]
    if options.components:
        known = _listed(found, "components")
        found["components"] = [*known, *(one for one in dict.fromkeys(options.components) if one not in known)]
    return found


def image_name(text: str) -> tuple[str, str, str]:
    """Split an image into name, tag and digest, '' for what it does not have. A port is no tag."""
    slash = max(text.find("/"), 0)
    digest_at, tag_at = text.find("@", slash), text.find(":", slash)
    if digest_at >= 0 and not 0 <= tag_at < digest_at:
        return text[:digest_at], "", text[digest_at + 1 :]
    if tag_at < 0:
        return text, "", ""
    end = digest_at if digest_at >= 0 else len(text)
    return text[:tag_at], text[tag_at + 1 : end], text[end + 1 :]


def _images(known: list[Any], wanted: tuple[str, ...]) -> list[Any]:
    asked = dict(_image(one) for one in wanted)
    found: dict[str, Mapping[str, Any]] = dict(asked)
    for entry in known:
        one = _mapped(entry, "images")
        name = _text(one.get("name"))
        if name in asked:
            kept = {key: one.get(key) if value == _KEEP else value for key, value in asked[name].items()}
            found[name] = kept
        else:
            found[name] = one
    return [
        {key: value for key, value in found[name].items() if value not in (None, "", _KEEP)} for name in sorted(found)
    ]


def _image(text: str) -> tuple[str, dict[str, Any]]:
    """Return the name an image is known by, and the entry of `images:` that is asked for."""
    key, equals, value = text.partition("=")
    name, tag, digest = image_name(value if equals else text)
    if not equals and name == text:
        raise EditError(f"{quoted(text, 80)} is no image: write name=new-name:tag, name:tag or name@digest")
    entry = {"name": key if equals else name, "newTag": tag, "digest": digest}
    if equals:
        entry["newName"] = name
    return entry["name"], entry


def _replicas(known: list[Any], wanted: tuple[tuple[str, int], ...]) -> list[Any]:
    found: dict[str, Any] = {_text(_mapped(one, "replicas").get("name")): one for one in known}
    found.update({name: {"name": name, "count": count} for name, count in wanted})
    return [found[name] for name in sorted(found)]


def _label(found: dict[str, Any], options: KustomizeOptions) -> None:
    """Add labels as `kustomize edit add label` does: to `commonLabels`, or to `labels` when selectors stay alone."""
    if not options.labels_without_selector:
        if options.labels_in_templates:
            raise EditError("`labelIncludeTemplates` goes only with `labelWithoutSelector`")
        given = _mapped(found.get("commonLabels"), "commonLabels")
        found["commonLabels"] = _laid_over(given, options.labels, options.force_labels, "label")
        return
    entries = [_mapped(one, "labels") for one in _listed(found, "labels")]
    templates = options.labels_in_templates
    at = next((number for number, one in enumerate(entries) if _fits(one, templates)), len(entries))
    if at == len(entries):
        entries.append({"includeTemplates": True} if templates else {})
    pairs = _mapped(entries[at].get("pairs"), "labels")
    entries[at] = {**entries[at], "pairs": _laid_over(pairs, options.labels, options.force_labels, "label")}
    found["labels"] = entries


def _fits(entry: Mapping[str, Any], templates: bool) -> bool:
    return not entry.get("includeSelectors") and bool(entry.get("includeTemplates")) == templates


def _laid_over(given: Mapping[str, Any], wanted: Mapping[str, str], force: bool, what: str) -> dict[str, Any]:
    both = sorted(set(given) & set(wanted))
    if both and not force:
        how = f"force{'CommonLabels' if what == 'label' else 'CommonAnnotations'}: true"
        raise EditError(f"the {what} {quoted(both[0])} is in the kustomization already; `{how}` lets it be replaced")
    return {**given, **wanted}


def _listed(found: Mapping[str, Any], name: str) -> list[Any]:
    value = found.get(name)
    if value is not None and not isinstance(value, list):
        raise EditError(f"`{name}` of the kustomization is no list")
    return list(value or ())


def _mapped(value: Any, name: str) -> Mapping[str, Any]:
    if value is not None and not isinstance(value, Mapping):
        raise EditError(f"`{name}` of the kustomization is no mapping, or holds something that is none")
    return value or {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
