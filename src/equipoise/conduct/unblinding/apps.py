"""The unblinding app."""

from django.apps import AppConfig


class UnblindingConfig(AppConfig):
    """Who learns an arm, when and why."""

    name = "equipoise.conduct.unblinding"
    label = "unblinding"
    default_auto_field = "django.db.models.BigAutoField"
