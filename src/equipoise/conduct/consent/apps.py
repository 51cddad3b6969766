"""The consent app."""

from django.apps import AppConfig


class ConsentConfig(AppConfig):
    """What participants agreed to, and what they took back."""

    name = "equipoise.conduct.consent"
    label = "consent"
    default_auto_field = "django.db.models.BigAutoField"
