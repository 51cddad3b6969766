"""`Name`: what an expression reads, in its four written forms.

Holds no list of what may be read: whether a name is collected is for the protocol to check.
"""

import re
from typing import Self

_WORD = "[A-Za-z_][A-Za-z0-9_]*"
NAME_PATTERN = rf"(?:{_WORD}\.)?{_WORD}(?:@{_WORD})?"
_WHOLE_NAME = re.compile(NAME_PATTERN)


class Name(str):
    """A name as it is written: `item`, `form.item`, `item@VISIT` or `form.item@VISIT`.

    A name *is* its text, so a mapping may be keyed by names or by plain strings, and names sort and
    go into JSON as they are. Build one from the whole text, `Name("madrs.total@SCR")`, or from its
    parts, `Name("total", form="madrs", visit="SCR")`. A scale's score (`madrs.total`) has the form
    `form.item`.

    Raises ValueError when the parts do not make one of the four forms.
    """

    __slots__ = ()

    def __new__(cls, item: str, *, form: str | None = None, visit: str | None = None) -> Self:
        text = f"{form}.{item}" if form is not None else item
        text = f"{text}@{visit}" if visit is not None else text
        if not _WHOLE_NAME.fullmatch(text):
            raise ValueError(f"not a name: {text!r} (write item, form.item, item@VISIT or form.item@VISIT)")
        return super().__new__(cls, text)

    @property
    def form(self) -> str | None:
        """Return the form or scale before the dot; None means the form the expression stands in."""
        head, dot, _ = self.partition(".")
        return head if dot else None

    @property
    def item(self) -> str:
        """Return the item or score."""
        return self.partition("@")[0].rpartition(".")[2]

    @property
    def visit(self) -> str | None:
        """Return the visit after the `@`; None means the visit the expression is evaluated at."""
        return self.partition("@")[2] or None

    def within(self, form: str) -> "Name":
        """Return the name with its form: a bare `item` belongs to the form its expression stands in."""
        return self if self.form is not None else Name(str(self), form=form)

    def __repr__(self) -> str:
        return f"Name({str(self)!r})"
