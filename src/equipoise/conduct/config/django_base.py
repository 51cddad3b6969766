"""The part of Django's configuration that is the same in every installation."""

ROOT_URLCONF = "equipoise.conduct.config.urls"
WSGI_APPLICATION = "equipoise.conduct.config.wsgi.application"
AUTH_USER_MODEL = "accounts.Account"
LOGIN_URL = "/sign-in/"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGES = [("en", "English"), ("es", "Español")]
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
    "equipoise.conduct.capture",
    "equipoise.conduct.review",
    "equipoise.conduct.config",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "equipoise.conduct.accounts.access.Access",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
DATABASE_ROUTERS = ["equipoise.conduct.stores.router.StoreRouter"]
