"""The config app: commands that set up and start an installation."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Management commands."""

    name = "equipoise.conduct.config"
    label = "config"
