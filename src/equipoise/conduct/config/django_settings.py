"""Django's configuration, made from the installation's settings. Nobody edits this to set a site up."""

from equipoise.conduct.config import logs
from equipoise.conduct.config.databases import databases
from equipoise.conduct.config.django_base import *  # noqa: F403 - settings are names in a module
from equipoise.conduct.config.settings import current
from equipoise.conduct.stores import keys

ONE_YEAR = 31_536_000
STUDY = current()

SECRET_KEY = keys.read(STUDY.keys, "web").hex()
ALLOWED_HOSTS = list(STUDY.hosts)
CODE_KEY = keys.codes(STUDY.keys).hex()
SECOND_FACTOR_KEY = keys.second_factor(bytes.fromhex(SECRET_KEY)).hex()
KEYS_FOLDER = str(STUDY.keys)
SESSION_IDLE_MINUTES = STUDY.session_minutes
SIMULATED = STUDY.simulated
ALERTS_BY_MAIL = bool(STUDY.mail_server)
LANGUAGE_CODE = STUDY.language
HELP_TEXT = STUDY.help_text
ON_CALL = STUDY.on_call
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = STUDY.public
if STUDY.public:
    # A browser takes these names from this host alone, through TLS: no neighbor in the domain sets them.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
SECURE_SSL_REDIRECT = STUDY.public
SECURE_HSTS_SECONDS = ONE_YEAR if STUDY.public else 0
LOGGING = logs.configuration(STUDY.log_format)

DATABASES = databases(STUDY)
