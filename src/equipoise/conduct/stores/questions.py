"""Questions that every save asks, each with a text that is made once.

Holds asking for rows of one table. Refuses what is asked now and then: the object-relational layer builds a
question's text anew each time, which costs ten times what the store takes to answer, and reads better.
"""

from functools import cached_property
from typing import Any, Generic, TypeVar

from django.db import models

from equipoise.conduct.stores import statements
from equipoise.conduct.stores.router import StoreRouter

M = TypeVar("M", bound=models.Model)


class Question(Generic[M]):
    """A question to one table, answered with its rows as models; what is binary is read when it is looked at.

    rest   what follows the name of the table, `WHERE` first; values stand as %s
    """

    def __init__(self, model: type[M], rest: str) -> None:
        self._model, self._rest = model, rest

    def rows(self, *values: Any) -> list[M]:
        """Return every row that answers it."""
        return self._asked(self._text, values)

    def first(self, *values: Any) -> M | None:
        """Return the first row that answers it; None for none."""
        return next(iter(self._asked(f"{self._text} LIMIT 1", values)), None)

    def _asked(self, text: str, values: tuple[Any, ...]) -> list[M]:
        found = statements.rows(self._alias, text, values)
        return [self._model.from_db(self._alias, self._names, row) for row in found]

    @cached_property
    def _alias(self) -> str:
        alias = StoreRouter().db_for_read(self._model)
        if alias is None:
            raise TypeError(f"{self._model.__name__}: rows of every store lie in none by itself")
        return alias

    @cached_property
    def _fields(self) -> list[Any]:
        fields = self._model._meta.concrete_fields
        return [one for one in fields if not isinstance(one, models.BinaryField)]

    @cached_property
    def _names(self) -> list[str]:
        return [one.attname for one in self._fields]

    @cached_property
    def _text(self) -> str:
        columns = ", ".join(f'"{one.column}"' for one in self._fields)
        # Names are those of this program's own tables; every value is a parameter.
        return f'SELECT {columns} FROM "{self._model._meta.db_table}" {self._rest}'  # noqa: S608
