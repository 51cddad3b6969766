"""The tasks app."""

from django.apps import AppConfig


class TasksConfig(AppConfig):
    """Ratings by people who know neither arm nor visit."""

    name = "equipoise.conduct.tasks"
    label = "tasks"
    default_auto_field = "django.db.models.BigAutoField"
