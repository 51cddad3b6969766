"""The error tree, split by what the reader does next, and `Problem`, one finding of a check.

Holds no checks. Checks return lists of `Problem`; a door raises them all at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: what is wrong, where, and what to do.

    message   what is wrong, one sentence without a full stop
    hint      what to do about it; empty when the message says it
    path      dotted path in a file ("arms.0.dose_mg") or the field in data ("CHANGE")
    source    file name
    line      1-based line of the file, or row of the data; 0 when unknown
    column    1-based; 0 when unknown
    """

    message: str
    hint: str = ""
    path: str = ""
    source: str = ""
    line: int = 0
    column: int = 0
    severity: Severity = "error"

    def __str__(self) -> str:
        """Return `file:line:col: message (hint)`, leaving out what is unknown."""
        place = ":".join([self.source, *(str(n) for n in (self.line, self.column) if n)]).strip(":")
        kind = "warning: " if self.severity == "warning" else ""
        hint = f" ({self.hint})" if self.hint else ""
        where = f"{self.path}: " if self.path else ""
        return (
            f"{place}: {kind}{where}{self.message}{hint}" if place else f"{kind}{where}{self.message}{hint}"
        )


class TrialError(Exception):
    """Root of everything Equipoise raises on purpose.

    problems  every finding, in the order of the file or data; may be empty
    """

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([message, *(str(problem) for problem in self.problems)]))


class ProtocolError(TrialError):
    """The protocol file is wrong. Next: edit the file."""


class RecordError(TrialError):
    """The data are wrong. Next: query the site."""


class PermissionRefused(TrialError):  # noqa: N818 - the name says what happened
    """This person may not do this. Next: ask who may."""


class RequestRefused(TrialError):  # noqa: N818 - the name says what happened
    """A running installation did not do what a program asked. Next: read its problems.

    status    the HTTP status; 0 where nothing was refused by it
    result    what came of it all the same, as the call would have returned it; None for nothing
    retry_s   seconds after which it may be asked again; 0 where that is not said
    """

    def __init__(
        self,
        message: str,
        problems: Iterable[Problem] = (),
        *,
        status: int = 0,
        result: Any = None,
        retry_s: int = 0,
    ) -> None:
        super().__init__(message, problems)
        self.status, self.result, self.retry_s = status, result, retry_s


class FitError(TrialError):
    """The planned analysis cannot be computed. Next: the planned fallback."""


class IntegrityError(TrialError):
    """Something that must never differ differs. Next: stop and investigate."""
