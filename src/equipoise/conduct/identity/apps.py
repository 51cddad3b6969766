"""The identity app."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Personal data, in a store of its own."""

    name = "equipoise.conduct.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"
