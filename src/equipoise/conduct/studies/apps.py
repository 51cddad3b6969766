"""The studies app."""

from django.apps import AppConfig


class StudiesConfig(AppConfig):
    """Protocol versions and sites."""

    name = "equipoise.conduct.studies"
    label = "studies"
    default_auto_field = "django.db.models.BigAutoField"
