"""Finishing what was begun in two stores and cut off: on request, and while the system serves."""

from datetime import datetime

from django.db import Error

from equipoise.conduct.config.operations import recurring
from equipoise.conduct.config.settings import Settings
from equipoise.conduct.enrollment.services import consenting, randomizing
from equipoise.conduct.enrollment.services.randomizing import Reconciled
from equipoise.conduct.stores import clock
from equipoise.conduct.unblinding.services import breaking, telling

EVERY_SECONDS = 60
NAME = "reconciling"
LOCK = f"{NAME}.lock"
"""Held in the data folder by the process that does it: while the study is served, by one."""


def reconcile(*, at: datetime) -> Reconciled:
    """Finish consents whose name is kept and that are not stored yet, open randomizations and unblindings.

    Code breaks that the trial store does not know of are noted in it.

    Raises  IntegrityError when the stores do not belong together
    """
    signed = consenting.reconcile(at=at)
    done = randomizing.reconcile(at=at)
    told = telling.reconcile(at=at)
    finished = (*signed, *done.finished, *told.finished)
    problems = tuple(dict.fromkeys((*done.problems, *told.problems)))
    try:
        return Reconciled((*finished, *breaking.notify(at=at)), problems)
    except Error:
        # That the store is away was said by then.
        return Reconciled(finished, problems)


def keep_reconciling(study: Settings) -> None:
    """Finish what is open now and every minute while the system serves."""
    recurring.keep_doing(study, NAME, every_seconds=EVERY_SECONDS, work=lambda: reconcile(at=clock.now()))
