"""Are Go templates carried out as Argo CD does it, each on its own, behind the walls?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.adapters.render.pool import EnginePool
from bot.checks.applications.place import TemplateError

GIVEN: dict[str, Any] = {
    "name": "Eng.Dev_1",
    "path": {"basename": "web", "segments": ["apps", "web"]},
    "labels": {"example.com/a": "b"},
    "replicas": 3,
    "nothing": "",
}
TEXTS = [
    ("no template", "no template"),
    ("{{ .name }}-{{.path.basename}}", "Eng.Dev_1-web"),
    ("{{ $.name | lower }}", "eng.dev_1"),
    ("{{ index .path.segments 1 }} {{ last .path.segments }}", "web web"),
    ('{{ index .labels "example.com/a" }}', "b"),
    ("{{ .replicas }}", "3"),
    ('{{ default "main" .branch }} {{ default "x" .nothing }}', "main x"),
    ("{{ .missing }}", "<no value>"),
    ("{{ if .missing }}a{{ else }}b{{ end }}", "b"),
    ("{{ normalize .name }} {{ .name | normalize | upper }}", "eng.dev-1 ENG.DEV-1"),
    ('{{ "normalize" }} {{ .normalize }} normalize', "normalize <no value> normalize"),
    ("{{ toYaml .path.segments }}", "- apps\n- web"),
    ('{{ (fromYaml "a: {b: c}").a.b }} {{ first (fromYamlArray "[x]") }}', "c x"),
    ("{{ range .path.segments }}{{ . }},{{ end }}", "apps,web,"),
    ('{{ define "x" }}in{{ end }}{{ template "x" }}', "in"),
    ("", ""),
    ("ä → {{ .name }}\n", "ä → Eng.Dev_1\n"),
]


def test_texts_one_by_one_and_together(renderer: EnginePool) -> None:
    expected = [made for _, made in TEXTS]
    assert list(renderer.template([text for text, _ in TEXTS], GIVEN)) == expected
    assert [renderer.template([text], GIVEN)[0] for text, _ in TEXTS] == expected
    assert list(renderer.template([], GIVEN)) == []


def test_strict_is_missingkey_error(renderer: EnginePool) -> None:
    assert list(renderer.template(["{{ .name }}"], GIVEN, strict=True)) == ["Eng.Dev_1"]
    with pytest.raises(TemplateError, match='map has no entry for key "missing"'):
        renderer.template(["{{ .missing }}"], GIVEN, strict=True)


WRONG = [
    ("{{ if }}", "parse error: missing value for if"),
    ("{{ end }}{{ define `x` }}", "parse error: unexpected {{end}}"),
    ("{{ slugify .name }}", 'parse error: function "slugify" not defined'),
    ("{{ env `HOME` }}", 'parse error: function "env" not defined'),
    ("{{ fail `no` }}", "execution error: no"),
    ("{{ .path.missing.deep }}", "nil pointer evaluating interface {}.deep"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_mistakes_in_the_template_engines_words(renderer: EnginePool, text: str, words: str) -> None:
    with pytest.raises(TemplateError) as raised:
        renderer.template(["fine", text], GIVEN)
    assert words in str(raised.value)
    assert "a/templates" not in str(raised.value)


def test_an_endless_template_ends_at_the_deadline(tmp_path: Path) -> None:
    loop = "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}"
    with EnginePool(root=tmp_path, workers=1, deadline=1) as pool:
        with pytest.raises(TemplateError, match="longer than 1 s"):
            pool.template([loop], {})
        assert list(pool.template(["{{ .a }}"], {"a": "b"})) == ["b"]
