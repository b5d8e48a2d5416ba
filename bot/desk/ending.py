"""With which status does a command end, and what does it say when it cannot do what it was asked?"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence

from bot.desk.output import complain, terminal
from bot.errors import LockkeeperError, TransientError, UserError
from bot.model.environment import ConfigProblem
from bot.report.text import mistakes

FINE, FOUND, MISTAKEN, UNSEEN = 0, 1, 2, 3
INTERRUPTED = 130  # as shells count: 128 and the number of the signal


class MistakesError(LockkeeperError):
    """The configuration cannot be used."""

    def __init__(self, problems: Sequence[ConfigProblem]) -> None:
        super().__init__("the configuration cannot be used")
        self.problems = tuple(problems)


class UnseenError(LockkeeperError):
    """What was asked could not be looked at, by no mistake in how it was asked."""

    def __init__(self, words: str, how: str = "") -> None:
        super().__init__(words)
        self.how = how


def ended(act: Callable[[], int]) -> int:
    """Carry out a command and return the status it ends with; what goes wrong is told on standard error.

    A bug shows its traceback and never looks like findings.
    """
    try:
        return act()
    except MistakesError as error:
        sys.stderr.write(mistakes(error.problems) + "\n")
        return MISTAKEN
    except UnseenError as error:
        complain(f"{error}" + (f" ({error.how})" if error.how else ""), terminal(sys.stderr))
        return UNSEEN
    except UserError as error:
        complain(str(error), terminal(sys.stderr))
        return MISTAKEN
    except TransientError as error:
        complain(f"{error}; try again", terminal(sys.stderr))
        return UNSEEN
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception:
        traceback.print_exc()
        complain("this is a bug in Lockkeeper; please report it with the lines above", terminal(sys.stderr))
        return UNSEEN
