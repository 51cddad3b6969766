"""The audit app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Tables of the chain, in every store."""

    name = "equipoise.conduct.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
