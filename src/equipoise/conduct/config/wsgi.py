"""The entry for a web server; EQUIPOISE_HOME names the installation."""

import os

from django.core.wsgi import get_wsgi_application

from equipoise.conduct.config.boot import DJANGO, MODULE

os.environ.setdefault(DJANGO, MODULE)
application = get_wsgi_application()
