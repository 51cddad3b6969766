"""Which store an app's tables live in, for Django.

Holds routing. A query that crosses stores is a programmer's mistake and fails.
"""

from typing import Any

from equipoise.conduct.stores.names import ALIASES, APPS, EVERYWHERE, TRIAL


class StoreRouter:
    """Send each app to its store; the audit app is told its store at each call."""

    def db_for_read(self, model: Any, **_hints: Any) -> str | None:
        """Return the connection to read a model from; None for audit rows, which say it themselves."""
        return self._alias(model)

    def db_for_write(self, model: Any, **_hints: Any) -> str | None:
        """Return the connection to write a model to."""
        return self._alias(model)

    def allow_relation(self, one: Any, other: Any, **_hints: Any) -> bool:
        """Allow relations within one store only."""
        return self._alias(one) == self._alias(other)

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        """Create an app's tables in its store only; the chain's everywhere."""
        return app_label == EVERYWHERE or ALIASES[APPS.get(app_label, TRIAL)] == db

    @staticmethod
    def _alias(model: Any) -> str | None:
        label = model._meta.app_label
        return None if label == EVERYWHERE else ALIASES[APPS.get(label, TRIAL)]
