"""The api app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Addresses for programs, and answers kept for those that ask again."""

    name = "equipoise.conduct.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
