"""JSON lines on stdout, through the standard library: one object per event, with secrets masked.

An event's facts go in ``extra=``. Those of a request include ``request_id``, the same as in the call log and
in the problem that the caller reads.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

MASK = "***"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
FACTS = "facts"  # key in ``extra`` of a dictionary known to hold no secret: it is logged without masking
_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_SECRET_NAMES = re.compile(r"password|passwd|secret|token|authorization|cookie|api[_-]?key", re.IGNORECASE)
_SECRET_TEXTS = re.compile(
    r"\bck_[A-Za-z0-9_-]{16,}"  # API keys
    r"|\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # JWT
    r"|(?<=://)[^/@\s:]*:[^@\s]+(?=@)"  # user:password@ in an URL
    r"|(?<=Bearer )[^\s\"\\]+",
)
_SIGNS = ("ck_", "eyJ", "://", "Bearer ")
_ENCODER = json.JSONEncoder(ensure_ascii=False, default=str)


class JsonFormatter(logging.Formatter):
    """One event as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line: date, level, logger, message, then the facts of ``extra``."""
        event: dict[str, Any] = {
            "date": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        facts = record.__dict__.get(FACTS)
        if facts is None:
            facts = {n: v for n, v in record.__dict__.items() if v is not None and n not in _STANDARD}
            facts = {name: MASK if _is_secret(name) else value for name, value in facts.items()}
        event.update(facts)
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        line = _ENCODER.encode(event)
        # The pattern costs as much as the rest of the line, and most lines hold none of its beginnings.
        if any(sign in line for sign in _SIGNS):
            line = _SECRET_TEXTS.sub(MASK, line)
        return line.encode("utf-8", "replace").decode()  # half a surrogate pair would break the stream


@lru_cache(maxsize=256)
def _is_secret(name: str) -> bool:
    return _SECRET_NAMES.search(name) is not None


def configure_logging(level: str) -> None:
    """Send every event of this process to stdout as JSON.

    uvicorn's own messages too, except its access lines: the edge logs each request itself.

    Raises:
        ValueError: the level does not exist.
    """
    if level.upper() not in LEVELS:
        raise ValueError(f"COCKPIT_LOG_LEVEL={level} : écrivez {', '.join(LEVELS)}.")
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # No line shows these facts, and gathering them takes a third of a line's time.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    for name in ("uvicorn", "uvicorn.error"):
        server_log = logging.getLogger(name)
        server_log.handlers.clear()
        server_log.propagate = True
    logging.getLogger("alembic").setLevel(logging.WARNING)  # at INFO it writes lines at each call of /ready
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False
