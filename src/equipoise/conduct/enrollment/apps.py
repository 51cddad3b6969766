"""The enrollment app."""

from django.apps import AppConfig


class EnrollmentConfig(AppConfig):
    """From an application to a kit number."""

    name = "equipoise.conduct.enrollment"
    label = "enrollment"
    default_auto_field = "django.db.models.BigAutoField"
