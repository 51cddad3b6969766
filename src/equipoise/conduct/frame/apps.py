"""The frame app."""

from django.apps import AppConfig


class FrameConfig(AppConfig):
    """Templates and static files."""

    name = "equipoise.conduct.frame"
    label = "frame"
