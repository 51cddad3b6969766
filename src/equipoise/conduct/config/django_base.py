"""The part of Django's configuration that is the same in every installation."""

from pathlib import Path

ROOT_URLCONF = "equipoise.conduct.config.urls"
WSGI_APPLICATION = "equipoise.conduct.config.wsgi.application"
AUTH_USER_MODEL = "accounts.Account"
LOGIN_URL = "/sign-in/"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGES = [("en", "English"), ("es", "Español")]
"""Each by its own name, so that whoever reads it finds it."""
LOCALE_PATHS = [str(Path(__file__).parents[1] / "locale")]
FORMAT_MODULE_PATH = "equipoise.conduct.frame.formats"
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
DEBUG = False

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "equipoise.conduct.frame",
    "equipoise.conduct.audit",
    "equipoise.conduct.accounts",
    "equipoise.conduct.studies",
    "equipoise.conduct.identity",
    "equipoise.conduct.allocator",
    "equipoise.conduct.consent",
    "equipoise.conduct.capture",
    "equipoise.conduct.review",
    "equipoise.conduct.enrollment",
    "equipoise.conduct.unblinding",
    "equipoise.conduct.tasks",
    "equipoise.conduct.api",
    "equipoise.conduct.config",
    # After our apps, so that our templates are found before theirs.
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    "equipoise.conduct.config.logs.Requests",
    "equipoise.conduct.config.protection.Protection",
    "equipoise.conduct.config.forwarded.Forwarded",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "equipoise.conduct.accounts.access.Access",
    "equipoise.conduct.accounts.language.Language",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "equipoise.conduct.config.context.frame",
            ],
            "builtins": ["equipoise.conduct.frame.templatetags.days"],
        },
    },
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {"environment": "equipoise.conduct.frame.compiled.environment"},
    },
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTHENTICATION_BACKENDS = [
    "equipoise.conduct.accounts.sign_in.Guard",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "equipoise.conduct.accounts.passwords.UnlikeTheAddress"},
]
ACCOUNT_ADAPTER = "equipoise.conduct.accounts.adapters.StudyAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_LOGOUT_REDIRECT_URL = "/sign-in/"
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "30/m/ip,20/5m/key", "reauthenticate": "10/m/user"}
LOGIN_REDIRECT_URL = "/"
MFA_ADAPTER = "equipoise.conduct.accounts.adapters.StudyMfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True
DATABASE_ROUTERS = ["equipoise.conduct.stores.router.StoreRouter"]

WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

_SELF = ["'self'"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": _SELF,
        "style-src": _SELF,
        "img-src": _SELF,
        "connect-src": _SELF,
        "form-action": _SELF,
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
"""A monitor on this machine asks without TLS."""
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_ENGINE = "equipoise.conduct.accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "equipoise.conduct.config.errors.not_from_here"
SESSION_IDLE_MINUTES = 30
KEYS_FOLDER = ""
"""Where the stores' keys lie; empty here, where no installation is known."""
HELP_TEXT = ""
"""What the page of help says first; an installation's own."""
ON_CALL = ""
"""Whom a rater calls about a safety alert; an installation's own."""
CODE_KEY = SECOND_FACTOR_KEY = ""
"""Made from the installation's key; empty here, where no installation is known."""
SIMULATED = False
"""Whether everything in the installation is invented; never so where no installation is known."""
ALERTS_BY_MAIL = False
"""Whether a mail server is set, so that people are told of alerts by mail."""
DATA_UPLOAD_MAX_MEMORY_SIZE = 20_000_000
"""Bytes of one request; a longer one is refused before anything is read from it."""
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
