"""Which requests are sent again by themselves, and which answers are no answers?"""

from __future__ import annotations

from urllib3.util import Retry


class Policy(Retry):
    """What urllib3 asks after every answer; so it also is where a redirection can be refused.

    PyGithub follows a 301 on the operator's host itself (a renamed repository) and refuses it to another. The
    other redirections it would take for success, with a body that says nothing, and a write would be lost.
    """

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        if status_code in (302, 303, 307, 308):
            raise RuntimeError(f"GitHub redirected the request ({status_code}); was the repository renamed or moved?")
        return super().is_retry(method, status_code, has_retry_after)


def repeat_reads(times: int) -> Policy:
    """Repeat reads after 5xx and lost connections, up to `times`, and writes never.

    PyGithub's own policy repeats POST after 5xx too, and so may create a thing twice; it also sleeps through rate
    limits, while a worker has other things to do.
    """
    return Policy(
        total=times,
        status_forcelist=(500, 502, 503, 504),
        allowed_methods=("GET", "HEAD"),
        backoff_factor=0.2,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
