"""The review app."""

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """Queries, signatures and the audit trail, as people meet them."""

    name = "equipoise.conduct.review"
    label = "review"
    default_auto_field = "django.db.models.BigAutoField"
