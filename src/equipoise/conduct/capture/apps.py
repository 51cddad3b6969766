"""The capture app."""

from django.apps import AppConfig


class CaptureConfig(AppConfig):
    """Participants, visits, forms and entries."""

    name = "equipoise.conduct.capture"
    label = "capture"
    default_auto_field = "django.db.models.BigAutoField"
