"""Did we write this, and for which repository?

A seal is what only the App can make of a text. Whoever may push can copy what it made elsewhere, in a repository of
their own that the App is installed on: so each seal is for one repository, and its text says what kind of word it is.
"""

from __future__ import annotations

from collections.abc import Callable

Seal = Callable[[str], str]  # a text's seal, which nobody can make without our secret


def bound(seal: Seal, repository: int) -> Seal:
    """Return the seal for what lies in one repository, by GitHub's number of it.

    The number stays when a repository is renamed or transferred, and a new repository of an old name has another.
    """
    return lambda text: seal(f"repository {repository} {text}")
