"""A study under way, as for participants' answers."""

from tests.conduct.capture.conftest import (  # noqa: F401 - fixtures
    at,
    begun,
    flagship,
    kept,
    participant,
    protocol_text,
    staff,
)
