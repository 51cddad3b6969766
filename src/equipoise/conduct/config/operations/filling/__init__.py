"""Filling a simulated study: an invented trial entered through the services that people's pages call.

Holds who works on it, when each thing is done, and the doing. Refuses a study that is not marked simulated,
and every way past the services: each answer is checked, each act stands in the audit chain.
"""

from equipoise.conduct.config.operations.filling.calendar import Calendar, calendar
from equipoise.conduct.config.operations.filling.course import order_of
from equipoise.conduct.config.operations.filling.doors import links
from equipoise.conduct.config.operations.filling.staff import EMAIL
from equipoise.conduct.config.operations.filling.study import Filled, Kit, begin, fill, kits

__all__ = ["EMAIL", "Calendar", "Filled", "Kit", "begin", "calendar", "fill", "kits", "links", "order_of"]
