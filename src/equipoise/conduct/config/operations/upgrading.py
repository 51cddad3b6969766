"""Bringing an installation up to the version of the code that is installed."""

from equipoise.conduct.config import schema
from equipoise.conduct.config.settings import Settings


def upgrade(study: Settings) -> None:
    """Apply waiting migrations, and put triggers and grants on every table again."""
    schema.apply(study)
