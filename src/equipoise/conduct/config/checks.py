"""What must be true before an installation may serve.

Holds one list of every problem. Refuses to serve with one of them: a study that runs unprotected looks like
one that runs.
"""

from django.conf import settings as django
from django.db import Error

from equipoise.conduct.config import schema
from equipoise.conduct.config.examination import files, program, rotation
from equipoise.conduct.config.settings import Settings, SettingsError
from equipoise.errors import Problem


def problems(study: Settings, *, bind: str = "") -> list[Problem]:
    """Return everything that forbids to serve this installation.

    bind   address it would listen on; empty when that is not known here
    """
    debug = [Problem("DEBUG is on: error pages would show data", "switch it off", "DEBUG")]
    return [
        *files.key_problems(study),
        *(debug if django.DEBUG else []),
        *files.settings_problems(study, bind),
        *program.problems(),
        *_rotation(study),
        *schema.problems(study),
    ]


def _rotation(study: Settings) -> list[Problem]:
    """Return what is left of replacing keys; a store that is away its own check names."""
    try:
        return rotation.problems(study)
    except Error:
        return []


def require(study: Settings, *, bind: str = "") -> None:
    """Raise SettingsError with everything that forbids to serve this installation."""
    found = problems(study, bind=bind)
    if found:
        raise SettingsError("this installation may not serve", found)
