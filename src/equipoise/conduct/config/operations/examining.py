"""Looking at everything that can be set up wrongly, in one go."""

from datetime import datetime

from django.db import Error

from equipoise.conduct.config.examination import program, stores, trial
from equipoise.conduct.config.settings import Settings
from equipoise.errors import Problem, TrialError


def examine(study: Settings, *, at: datetime) -> list[Problem]:
    """Return what is wrong with the stores and with what is in them."""
    found = [*program.problems(), *stores.stores(study)]
    if not stores.answering():
        hint = "mend the stores first, then look again"
        return [*found, Problem("people, sites and places were not looked at", hint, severity="warning")]
    try:
        return [*found, *trial.trial(study, at=at)]
    except (Error, TrialError) as error:
        said = f"people, sites and places cannot be looked at: {type(error).__name__}"
        return [*found, Problem(said, "mend what is said above, then look again", severity="warning")]
