"""Sending anchors off this machine: into a folder mounted from elsewhere, and by mail.

Holds sending, once or again and again while the system serves. Refuses to call an anchor sent that only lies
beside the data.
"""

import logging
import os
import smtplib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connections

from equipoise.conduct.audit import anchors
from equipoise.conduct.config.operations import mailing, recurring
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.stores import clock
from equipoise.errors import Problem

FILE = "anchors.jsonl"
EVERY_SECONDS = 6 * 3600

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of sending: where anchors went, and why they did not go elsewhere."""

    places: tuple[str, ...]
    problems: tuple[Problem, ...]


def send(study: Settings, *, at: datetime) -> Sent:
    """Take the heads of every chain, send them wherever the settings say, and note where they went."""
    taken = anchors.heads(at=at)
    lines = [head.line() for head in taken]
    places, problems = [], []
    ways = (("anchor_folder", study.anchor_folder, _write), ("anchor_mail", study.anchor_mail, _mail))
    for setting, place, sending in ways:
        if not place:
            continue
        try:
            places.append(sending(study, lines))
        except (OSError, smtplib.SMTPException) as error:
            problems.append(
                Problem(f"no anchor reached {place}: {error}", "see that it can be reached", setting)
            )
    if not study.anchor_folder and not study.anchor_mail:
        hint = "set `anchor_folder` or `anchor_mail` in settings.toml"
        problems.append(Problem("anchors go nowhere", hint, "anchor_folder"))
    anchors.note(taken, sent_to=places)
    return Sent(tuple(places), tuple(problems))


def _write(study: Settings, lines: Iterable[str]) -> str:
    path = Path(study.anchor_folder) / FILE
    with path.open("a", encoding="ascii") as file:
        file.writelines(f"{line}\n" for line in lines)
        file.flush()
        os.fsync(file.fileno())
    return str(path)


def _mail(study: Settings, lines: Iterable[str]) -> str:
    text = "Keep this mail. Its lines prove later that nothing before them was changed or cut away:\n\n"
    text += "".join(f"{line}\n" for line in lines)
    subject = "Equipoise: heads of the audit chains"
    with mailing.connected(study) as server:
        server.send_message(mailing.written(study, to=study.anchor_mail, subject=subject, text=text))
    return study.anchor_mail


def keep_sending(study: Settings) -> None:
    """Send anchors now and every six hours, in a thread of its own, from one process of this machine."""
    recurring.keep_doing(study, "anchors", every_seconds=EVERY_SECONDS, work=lambda: _round(study))


def _round(study: Settings) -> None:
    try:
        for problem in send(study, at=clock.now()).problems:
            # Without the address, and what the server said, which may repeat it: `equipoise anchor` says it.
            log.warning("an anchor did not leave: see %s", problem.path)
    finally:
        # A connection that lay idle for six hours may be gone without having said so.
        connections.close_all()
