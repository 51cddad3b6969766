"""The study under way of the pages' tests, reached from here too."""

from tests.conduct.pages.conftest import template, world

__all__ = ["template", "world"]
