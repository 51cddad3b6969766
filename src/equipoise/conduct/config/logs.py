"""The log: one line an entry, as text or as JSON, without arms, answers, names, addresses or ids.

Holds the configuration of logging, for Django and gunicorn alike, and the line of each request. Refuses
what an exception says, since it may repeat what somebody typed: of a failure the log gets its kind and where
in our code it arose. Of other libraries it gets the sentence without what was filled into it.
"""

import json
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse

import equipoise

OURS = "equipoise"
FOLDER = str(Path(equipoise.__file__).parent)
REQUESTS = "equipoise.requests"
DETAILS = "details"
"""Attribute of a record with what a line of JSON has besides."""

requests = logging.getLogger(REQUESTS)


def configuration(shape: str) -> dict[str, Any]:
    """Return Python's configuration of logging, everything to standard error.

    shape   "text" or "json"; a line a request comes with "json" alone, since text is read by people
    """
    everything = {"handlers": [], "propagate": True}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{__name__}.Line", "shape": shape}},
        "handlers": {"out": {"()": f"{__name__}.Out", "formatter": "line"}},
        "root": {"level": "WARNING", "handlers": ["out"]},
        "loggers": {
            "django": {**everything, "level": "WARNING"},
            # Our own pages for failures say more, and less.
            "django.request": {**everything, "level": "CRITICAL"},
            # Whoever tries addresses asks for other names all day; our own page says so, as a warning.
            "django.security.DisallowedHost": {**everything, "level": "CRITICAL"},
            "gunicorn.error": {**everything, "level": "WARNING"},
            "gunicorn.access": {**everything, "level": "CRITICAL"},
            REQUESTS: {**everything, "level": "INFO" if shape == "json" else "WARNING"},
        },
    }


class Out(logging.Handler):
    """Writes to standard error, whatever that is at the moment."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; where that cannot be done, as on a full disk, nothing else fails of it."""
        with suppress(OSError):
            sys.stderr.write(f"{self.format(record)}\n")


class Line(logging.Formatter):
    """One entry as one line."""

    def __init__(self, *, shape: str) -> None:
        super().__init__()
        self._shape = shape

    def format(self, record: logging.LogRecord) -> str:
        """Return an entry as a line of text or of JSON."""
        error = record.exc_info[1] if record.exc_info else None
        said, where = sentence(record), whereabouts(error)
        failure = {"failure": type(error).__name__, "in": where} if error else {}
        if self._shape != "json":
            text = f"{record.levelname} {said}"
            return f"{text}: {failure['failure']} in {where}" if failure else text
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "said": said,
            **getattr(record, DETAILS, {}),
            **failure,
        }
        return json.dumps(line, ensure_ascii=False)


def sentence(record: logging.LogRecord) -> str:
    """Return what an entry says: of ours all of it, of others only what their programs say themselves."""
    if record.name.partition(".")[0] == OURS:
        return record.getMessage().replace("\n", "; ")
    template = str(record.msg) if record.args else ""
    return template.replace("\n", "; ") or f"something in {record.name} ({record.module}:{record.lineno})"


def whereabouts(error: BaseException | None) -> str:
    """Return through which places of our code a failure went."""
    frames = traceback.extract_tb(error.__traceback__) if error else []
    ours = [f"{Path(one.filename).stem}:{one.lineno}" for one in frames if one.filename.startswith(FOLDER)]
    return " > ".join(ours)


def take_threads() -> None:
    """Let a thread that fails say so in the log, where Python would print the whole exception."""
    log = logging.getLogger(__name__)

    def failed(said: threading.ExceptHookArgs) -> None:
        error = said.exc_value
        log.error("a thread ended: %s in %s", type(error).__name__, whereabouts(error))

    threading.excepthook = failed


class Requests:
    """Django middleware: a line a request, with the kind of address: the address itself holds ids."""

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and say how long it took."""
        began = time.perf_counter()
        response = self.respond(request)
        if requests.isEnabledFor(logging.INFO):
            matched = request.resolver_match
            details = {
                "method": request.method,
                "route": f"/{matched.route}" if matched else "",
                "status": response.status_code,
                "milliseconds": round((time.perf_counter() - began) * 1_000, 1),
            }
            requests.info("request", extra={DETAILS: details})
        return response
