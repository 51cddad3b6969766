"""What journeys share: the browser with axe, and the studies they look at, each served once a file."""

from tests.chromium import axe, browser
from tests.journeys.test_conduct import study
from tests.journeys.working import site

__all__ = ["axe", "browser", "site", "study"]
