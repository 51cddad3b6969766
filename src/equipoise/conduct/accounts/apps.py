"""The accounts app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, what they may do, and how they sign in."""

    name = "equipoise.conduct.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
