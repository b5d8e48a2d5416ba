"""Was a slash command meant for us, though it is not written quite right?

Other bots have commands, too, and answering theirs is worse than not answering a slip. So one slip is allowed
(a letter too many, too few, changed, or two swapped), the first letter must be right, short names allow no
changed letter (`/helm` is not `/help`), and names known to be others' are left alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

# Within one slip of ours, and in use elsewhere.
FOREIGN = frozenset(("stats", "states", "statue", "checkin", "remote", "prompt", "promo", "promise"))

_LONG = 6  # letters from which a changed letter still is a slip
_SLASHES = "\u2044\u2215\u29f8\u2571"
_LOOKALIKES = str.maketrans(
    dict(zip("аеорсхуіѕјԁһԛԝмтнкο\u03c1ερατικ\u0261", "aeopcxyisjdhqwmthkopepatikg", strict=True))
    | dict.fromkeys(_SLASHES, "/")
)


def nearest(word: str, names: Iterable[str]) -> str | None:
    """Return the name that the (lower-case) word misses by one slip, None when it is none or somebody else's."""
    if word in FOREIGN or not word.isascii():
        return None
    return next((name for name in names if word[:1] == name[0] and _one_slip(word, name)), None)


def distance(one: str, other: str) -> int:
    """Return how many letters have to be put in, taken out, changed or swapped with a neighbour (OSA distance)."""
    rows = [list(range(len(other) + 1))]
    for i, letter in enumerate(one, start=1):
        row = [i]
        for j, against in enumerate(other, start=1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


def folded(text: str) -> str:
    """Return the text as it looks: compatibility forms and look-alike letters as ASCII, the invisible removed."""
    seen = unicodedata.normalize("NFKC", text).lower().translate(_LOOKALIKES)
    return "".join(
        " " if letter.isspace() else letter for letter in seen if unicodedata.category(letter) not in ("Cf", "Mn")
    )


def _one_slip(word: str, name: str) -> bool:
    if len(word) > len(name) + 1 or distance(word, name) != 1:
        return False
    changed = len(word) == len(name) and sorted(word) != sorted(name)
    return not changed or len(name) >= _LONG
