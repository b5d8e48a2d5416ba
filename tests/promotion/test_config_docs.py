"""What is written about the configuration and the commands: it is fresh, its examples work, its schema agrees."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import jsonschema
import jsonschema_rs
import pytest
import yaml

from bot.intake.commands import Command, UsageError, parse
from bot.model.environment import Configuration
from bot.model.gates import NEVER, OVERRIDABLE, GateName
from bot.promotion import config
from bot.promotion.config_forms import FORMS
from bot.promotion.config_keys import FILE, Setting
from tests.promotion.test_config_mistakes import MISTAKES

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "configuration.md"
EXAMPLES = re.findall(r"```yaml\n(version: 1\n.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)


class EditorsLoader(yaml.SafeLoader):
    """YAML 1.2, which editors read, has no dates: they are text."""


EditorsLoader.yaml_implicit_resolvers = {
    first: [one for one in resolvers if one[0] != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def as_editors_read(text: str | bytes) -> Any:
    return yaml.load(text, EditorsLoader)


@pytest.fixture(scope="module")
def docs() -> ModuleType:
    found = importlib.util.spec_from_file_location("lockkeeper_docs", ROOT / "tools" / "docs.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def validator(docs: ModuleType) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(docs.schema())


def test_what_is_generated_is_fresh(docs: ModuleType) -> None:
    stale = [
        path.name for path, text in docs.pages(ROOT).items() if not path.exists() or path.read_text("utf-8") != text
    ]
    assert not stale, f"run `make docs`: {', '.join(stale)} differ from the tables in the code"


def test_the_schema_is_one(docs: ModuleType) -> None:
    jsonschema.Draft7Validator.check_schema(docs.schema())


def test_the_guide_has_examples_and_all_but_the_mistaken_one_work(validator: jsonschema_rs.Draft7Validator) -> None:
    good = [text for text in EXAMPLES if isinstance(config.parse(text.encode()), Configuration)]
    assert len(EXAMPLES) >= 4
    assert len(good) == len(EXAMPLES) - 1
    assert all(validator.is_valid(as_editors_read(text)) for text in good)


def test_the_example_repository_is_configured_well(validator: jsonschema_rs.Draft7Validator) -> None:
    found = list((ROOT / "examples").rglob(".github/lockkeeper.yaml"))
    assert found
    for path in found:
        assert isinstance(config.parse(path.read_bytes()), Configuration), path
        assert validator.is_valid(as_editors_read(path.read_bytes()))


# What the parser refuses and a schema cannot say: the graph, sums over lists, and YAML itself.
BEYOND_A_SCHEMA = {
    *("empty", "only comments", "not UTF-8", "UTF-16", "control", "a tab", "a colon", "an asterisk", "two documents"),
    *(
        "a tag",
        "a date as a branch",
        "an unknown anchor",
        "itself",
        "twice",
        "a merge key",
        "a list as key",
        "one promotion branch for two hops",
    ),
    *("on as a key", "a number as a key", "after somebody unknown", "after itself", "a circle", "two circles"),
    *("the same place", "the same whole branch", "promoted into its own branch", "promoted back by a detour"),
    *("too many approvals", "approvals by nobody", "an unknown environment", "an ambiguous parameter"),
    *("a freeze of nobody", "nothing in an environment"),
    *("a day that is none", "arguments for a scanner", "a threshold for a pack"),
}


@pytest.mark.parametrize(
    "text", [row[1] for row in MISTAKES if row[0] not in BEYOND_A_SCHEMA],
    ids=[row[0] for row in MISTAKES if row[0] not in BEYOND_A_SCHEMA],
)  # fmt: skip
def test_the_schema_refuses_what_the_parser_refuses(
    text: str | bytes, validator: jsonschema_rs.Draft7Validator
) -> None:
    assert not validator.is_valid(as_editors_read(text))


def test_the_names_of_what_a_schema_cannot_say_are_those_of_mistakes() -> None:
    assert {row[0] for row in MISTAKES} >= BEYOND_A_SCHEMA


SAMPLES = [
    *("main", "release/1.x", "a b", "a..b", "a.lock", "a.lock/b", "refs/heads/a", "promote/x", "@", "-a", "a/", "täst"),
    *(
        "overlays/x",
        ".",
        "..",
        "../a",
        "a/..",
        "a//b",
        "/a",
        "a*",
        "",
        "a\n",
        "Ann",
        "@ann",
        "acme/qa",
        "Platform Leads",
    ),
    *("1.33", "1.3", "1.333", "v1.33", "!", "!a", "x" * 41, "x" * 40, "a-", "-", "a" * 500),
]


@pytest.mark.parametrize("name", FORMS)
def test_the_patterns_mean_the_same_to_the_editors_engine(name: str) -> None:
    """Rust's engine translates ECMA 262 patterns; Python's reads them as they are."""
    schema = {"type": "string", "pattern": f"^(?:{FORMS[name].pattern})$"}
    theirs = jsonschema_rs.Draft7Validator(schema)
    for sample in SAMPLES:
        assert theirs.is_valid(sample) is FORMS[name].fits(sample), sample


@pytest.mark.parametrize("name", FORMS)
def test_a_mended_text_has_the_form(name: str) -> None:
    form = FORMS[name]
    for sample in SAMPLES:
        mended = form.mended(sample)
        assert mended == "" or form.fits(mended)


def settings(setting: Setting, at: str = "") -> dict[str, Setting]:
    found = {f"{at}.{name}".strip("."): inner for name, inner in setting.keys.items()}
    for name, inner in list(found.items()):
        found |= settings(inner, name)
    return found


def test_every_key_has_words_and_an_example_that_fits() -> None:
    for name, setting in settings(FILE).items():
        assert setting.about, name
        assert not setting.about.endswith("."), name
        assert setting.kind not in ("text", "texts") or setting.example, name
        if setting.example and setting.form:
            value: Any = yaml.safe_load(setting.example)
            values = list(value) if isinstance(value, list | dict) else [value]
            assert all(setting.form.fits(one) for one in values), name
        words = [word for inner in setting.keys.values() for word in inner.also]
        assert len(words) == len(set(words)), name
        assert not set(words) & set(setting.keys), name


def test_the_commands_written_about_work() -> None:
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    shown = {line for line in re.findall(r"`(/[^`\[\]]+)`", page) if not re.search(r"[…／<]|Cyrillic", line)}
    others = {"/lgtm", "/retest", "/deploy", "/lockkeeper"}
    assert {"/promote staging", "/lockkeeper help", "/Promote Staging"} <= shown
    for line in shown - others:
        (found,) = parse(line, ("development", "staging", "production"), ours=True)
        assert isinstance(found, Command), line
    assert all(parse(line, ()) == () for line in others - {"/lockkeeper"})


def test_the_gates_that_may_be_overridden_are_those_there_are() -> None:
    """The page named `order` among them, which nobody's word opens."""
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^- `gate`: (.+)$", page, re.MULTILINE)
    may, never = (re.findall(r"`([a-z]+)`", part) for part in line.split(";"))
    assert (tuple(may), tuple(never)) == (OVERRIDABLE, NEVER)
    assert {*may, *never} == {*get_args(GateName)}
    rooms = {one.stem for one in (ROOT / "bot/promotion/gates").glob("*.py")}
    assert {*may, *never} <= rooms
    table = (ROOT / "docs" / "promotion.md").read_text(encoding="utf-8").partition("## Gates")[2]
    assert re.findall(r"^\| `([a-z]+)` \|", table.partition("### Overrides")[0], re.MULTILINE) == [*get_args(GateName)]


def test_an_override_is_answered_with_gates_that_it_can_open() -> None:
    for line in ("/override", "/override odrer it has to go"):
        (found,) = parse(line, ("staging",), ours=True)
        assert isinstance(found, UsageError)
        assert "`soak`" in found.message and "order" not in found.message.replace("odrer", "")
