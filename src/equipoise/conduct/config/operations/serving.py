"""Serving an installation with gunicorn, in this process.

Holds how many processes and threads each engine gets. Refuses to serve what the start checks refuse.
"""

import gc
import os
import socket
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connections
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]

from equipoise.conduct.config import checks, logs
from equipoise.conduct.config.operations import (
    alerting,
    anchoring,
    applications,
    breaking,
    guarding,
    reconciling,
)
from equipoise.conduct.config.patience import PatientWorker
from equipoise.conduct.config.settings import Settings, SettingsError
from equipoise.conduct.stores.addresses import SQLITE
from equipoise.conduct.studies import reads as studies
from equipoise.errors import Problem

THREADS = 8
SECONDS_TO_ANSWER = 60
GATE = "equipoise.conduct.config.wsgi"


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn with options of ours and none from its command line or environment."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn its options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Return the application, imported in each worker: importing it makes the start checks again."""
        return import_module(GATE).application


def options(study: Settings, *, host: str, port: int) -> dict[str, Any]:
    """Return gunicorn's options for an installation.

    SQLite has one writer, in one process, with threads; PostgreSQL gets a process for each processor.
    """
    files = any(address == SQLITE for address in study.databases.values())

    def started(_worker: Any) -> None:
        leave_out_of_collections()
        logs.take_threads()
        anchoring.keep_sending(study)
        alerting.keep_sending(study)
        breaking.keep_sending(study)
        guarding.keep_sending(study)
        applications.keep_up(study)
        reconciling.keep_reconciling(study)

    return {
        "bind": f"{host}:{port}",
        "worker_class": PatientWorker,
        "workers": 1 if files else max(2, os.cpu_count() or 1),
        "threads": THREADS,
        "timeout": SECONDS_TO_ANSWER,
        "post_worker_init": started,
        "forwarded_allow_ips": "",
        "proc_name": "equipoise",
        "loglevel": "warning",
        "logconfig_dict": logs.configuration(study.log_format),
    }


def leave_out_of_collections() -> None:
    """Let Python look for garbage among what is made from now on: the program itself, once loaded, stays.

    200,000 objects are looked through in 0.13 s, in which no thread of the process answers anybody.
    """
    gc.collect()
    gc.freeze()


def edited(study: Settings) -> list[Problem]:
    """Return in what the protocol's file was changed since it was stored;

    nothing where it is gone or the same.
    """
    path = Path(study.protocol_file)
    if not study.protocol_file or not path.is_file():
        return []
    return studies.edited(path.read_text(encoding="utf-8", errors="replace"), name=str(path))


def _refuse_taken(host: str, port: int) -> None:
    """Raise SettingsError where nobody could listen: gunicorn's own sentences leave the address out."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host.strip("[]"), port))
        except OSError as error:
            hint = "stop what listens there, such as another `equipoise serve`, or name another with `--port`"
            problem = Problem(f"nobody can listen at {host}:{port}: {error.strerror or error}", hint, "port")
            raise SettingsError("this installation cannot be served", [problem]) from error


def serve(study: Settings, *, host: str, port: int) -> None:
    """Serve until stopped.

    Raises  SettingsError with everything that forbids it
    """
    checks.require(study, bind=host)
    _refuse_taken(host, port)
    # A connection must not be shared by the processes that are about to be made.
    connections.close_all()
    _Server(options(study, host=host, port=port)).run()
