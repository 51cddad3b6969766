"""The entry for a web server; EQUIPOISE_HOME names the installation. It does not start an unprotected one."""

import os

from django.core.wsgi import get_wsgi_application

from equipoise.conduct.config.boot import DJANGO, MODULE
from equipoise.conduct.config.settings import current

os.environ.setdefault(DJANGO, MODULE)
application = get_wsgi_application()

from equipoise.conduct.config import checks  # noqa: E402 - models are importable only after the line above

checks.require(current())
