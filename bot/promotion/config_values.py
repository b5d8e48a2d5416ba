"""Which files of an environment hold the versions that promotions move, and which keys in them?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.model.environment import ValueFile
from bot.promotion.config_forms import KEY, NAME, PATH
from bot.promotion.config_read import Reader, Table
from bot.promotion.config_scalars import Value
from bot.promotion.config_setting import Setting
from bot.promotion.config_single import join
from bot.promotion.values.keys import parse_key
from bot.promotion.values.problem import ValueProblem

VALUES = Setting(
    "named",
    "for strategy `values`, the file with each application's versions, or `{file: …, keys: […]}`",
    "none",
    "{web: apps/web/values-staging.yaml}",
    expects="files by application",
    how="write `web: apps/web/values.yaml` or `web: {file: apps/web/values.yaml, keys: [image.tag]}`",
    form=NAME,
    alone="file",
    most=500,
    keys={
        "file": Setting(
            "text",
            "the file that holds the versions, from the top of the repository",
            "",
            "apps/web/values-staging.yaml",
            form=PATH,
            required=True,
            also=("path",),
        ),
        "keys": Setting(
            "texts",
            "the keys in it that move",
            "those that are known by what the file is",
            "[image.tag]",
            form=KEY,
            single=True,
            also=("key", "fields"),
        ),
    },
    also=("value_files", "versions"),
)


def value_files(reader: Reader, value: Value, key: str) -> tuple[ValueFile, ...]:
    """Return the files that a map names, in the order written; mistakes are noted on the reader."""
    return tuple(_files(reader, value, key)) if isinstance(value, dict) else ()


def _files(reader: Reader, table: Table, key: str) -> Iterator[ValueFile]:
    for application, given in table.items():
        entry = given if isinstance(given, dict) else {}
        file, keys = entry.get("file"), entry.get("keys")
        named = tuple(one for one in keys if isinstance(one, str)) if isinstance(keys, list) else ()
        at = join(key, application)
        for number, one in enumerate(named):
            try:
                parse_key(one)
            except ValueProblem as problem:
                reader.problem(f"{at}.keys[{number}]", problem.message, problem.how)
        if isinstance(file, str):
            yield ValueFile(application, file, named)
