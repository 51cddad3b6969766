"""What the frame of every page shows: trial, navigation, alerts, the clock.

Holds one context processor. Refuses anything a viewer may not see: counts are those of pages they may open.
"""

from typing import Any

from django.http import HttpRequest

from equipoise import __version__
from equipoise.conduct.config.settings import current


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the frame of one page."""
    return {
        "frame": {
            "version": __version__,
            "simulated": current().simulated,
            "nav": [],
            "request": request,
        }
    }
