"""Which files of an environment hold the versions that promotions move, and which keys in them?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.model.environment import ValueFile
from bot.model.quoting import quoted
from bot.promotion.config_forms import NAME, PATH
from bot.promotion.config_read import Reader, join
from bot.promotion.config_scalars import Value
from bot.promotion.config_setting import Setting
from bot.promotion.values.keys import parse_key
from bot.promotion.values.problem import ValueProblem

VALUES = Setting(
    "free",
    "for the strategy `values`: by application, the file with its versions, or `{file: …, keys: […]}` where only some "
    "keys move; without `keys` they are found by what the file is",
    "none",
    "{web: apps/web/values-staging.yaml}",
    also=("value_files", "versions"),
)
_EXAMPLE = "write `web: apps/web/values.yaml` or `web: {file: apps/web/values.yaml, keys: [image.tag]}`"


def value_files(reader: Reader, value: Value, key: str) -> tuple[ValueFile, ...]:
    """Return the files that a map names, in the order written; mistakes are noted on the reader."""
    if value is None:
        return ()
    if not isinstance(value, dict):
        reader.problem(key, "files by application are expected here", _EXAMPLE)
        return ()
    return tuple(_files(reader, value, key))


def _files(reader: Reader, table: dict[str, Value], key: str) -> Iterator[ValueFile]:
    for application, given in table.items():
        at = join(key, application)
        entry = given if isinstance(given, dict) else {"file": given}
        file, keys = entry.get("file"), entry.get("keys", [])
        if not NAME.fits(application):
            reader.problem(at, f"{quoted(application)} is not {NAME.words}", NAME.rule)
        for unknown in entry.keys() - {"file", "keys"}:
            reader.problem(at, f"{quoted(unknown)} is not a known key", "there are `file` and `keys`")
        if not isinstance(file, str) or not PATH.fits(file):
            reader.problem(at, "the file is missing" if file is None else f"{quoted(str(file))} is no file", _EXAMPLE)
            continue
        if not isinstance(keys, list) or not all(isinstance(one, str) for one in keys):
            reader.problem(at, "a list of keys is expected", _EXAMPLE)
            continue
        named = tuple(str(one) for one in keys)
        for one in named:
            try:
                parse_key(one)
            except ValueProblem as problem:
                reader.problem(at, problem.message, problem.how)
        yield ValueFile(application, file, named)
