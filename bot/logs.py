"""What is written to the log, in which shape, and what must never be written?

One line for each event on standard error: JSON, or for people at a terminal. Lines of the libraries (RQ,
gunicorn, urllib3) take the same way, so that one filter sees every field and masks credentials.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

    from bot.settings import LogFormat

MASK = "***"

# GitHub's token prefixes: https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
_SECRETS = re.compile(
    r"(?P<token>\b(?:gh[pousr]_|github_pat_)[A-Za-z0-9_.\-]+)"
    r"|(?P<pem>-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z))"
    r"|(?P<keep>(?:x-access-token:|://[^/\s:@\"']*:|sha256=|\bBearer\s+"
    r"|\bauthorization\b[\"']*\s*[:=]\s*[\"']*\w+\s+))"
    r"(?P<value>[^\s@\"',;\\]{6,}|(?<=:)[^\s@/\"']+(?=@))"
    r"|(?P<jwt>\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})",
    re.DOTALL | re.IGNORECASE,
)
_SECRET_FIELDS = re.compile(r"secret|password|passwd|authorization|private_?key|\btoken\b", re.IGNORECASE)


def mask(text: str) -> str:
    """Return the text with tokens, credentials in URLs, authorization values and private keys masked."""
    return _SECRETS.sub(lambda found: (found["keep"] or "") + MASK, text)


def configure(log_format: LogFormat, *, level: int = logging.INFO) -> None:
    """Set up structlog and the standard library's logging for this process; calling it again is harmless."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(("delivery", "repo", "pull")), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                mask_fields,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("rq", "rq.worker", "rq.job", "rq.queue", "rq.registry", "werkzeug", "urllib3", "github"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class _StandardError(logging.Handler):
    """Write to what is standard error at that moment; an error in this must not spill the raw event."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception as error:
            line = f"a log line of {record.name} could not be written: {type(error).__name__}"
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()


def mask_fields(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Mask every field of a log event, however deep (a structlog processor)."""
    return {key: _masked(key, value) for key, value in event.items()}


def _masked(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {mask(str(key)): _masked(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_masked(name, inner) for inner in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if _SECRET_FIELDS.search(name):
        return MASK
    return mask(value if isinstance(value, str) else str(value))
