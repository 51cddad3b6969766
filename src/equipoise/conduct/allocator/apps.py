"""The allocator app."""

from django.apps import AppConfig


class AllocatorConfig(AppConfig):
    """Assignments, in a store of their own."""

    name = "equipoise.conduct.allocator"
    label = "allocator"
    default_auto_field = "django.db.models.BigAutoField"
