"""The protocol being judged: its values, where each stands in the file, and what it names.

Holds look-ups that several rules share and the way a problem is made. Refuses to hold rules.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property

from equipoise.errors import Problem
from equipoise.protocol.arms import Anchor
from equipoise.protocol.care import Session
from equipoise.protocol.model import BUILT_IN_SETS, Protocol
from equipoise.protocol.remains import original
from equipoise.protocol.resolve import Resolved, ResolvedForm, ValueType
from equipoise.protocol.schedule import Visit
from equipoise.source import Document, Path

BUILT_IN_EVENTS = ("lock", "consent", "randomization")
BUILT_IN_SET_IDS = tuple(one.id for one in BUILT_IN_SETS)
LISTED = 8
"""Names listed in a hint before it breaks off."""
COMPARED = 400
"""Names compared for nearness; more would let a large file take minutes."""
SHOWN = 60
"""Characters of a user's text that a message repeats."""


def shown(text: object) -> str:
    """Return text in back quotes, shortened where it is long."""
    words = str(text)
    return f"`{words if len(words) <= SHOWN else words[: SHOWN - 3] + '...'}`"


def nearest(word: str, known: Collection[str]) -> str:
    """Return a hint: the nearest known name, or the names there are."""
    names = [name for name, _ in zip(known, range(COMPARED), strict=False)]
    near = get_close_matches(word, names, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    if not names:
        return "none is defined"
    return f"known: {listed(names)}"


def listed(names: Iterable[str]) -> str:
    """Return names joined with commas, the first few of many."""
    every = list(names)
    more = f" and {len(every) - LISTED} more" if len(every) > LISTED else ""
    return ", ".join(every[:LISTED]) + more


@dataclass(frozen=True)
class Draft:
    """A protocol that could be built from its file.

    resolved     the protocol with those forms whose instrument and standard form exist
    unreadable   ids of the other forms; nothing is known about their items
    dropped      list to positions of entries that could not be read and are not in the protocol
    """

    protocol: Protocol
    document: Document = field(repr=False)
    resolved: Resolved = field(repr=False)
    unreadable: frozenset[str] = frozenset()
    dropped: Mapping[Path, tuple[int, ...]] | None = None

    def error(self, path: Path, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """Return an error that stands at `path`, or at the key there."""
        return self.document.problem(original(path, self.dropped), message, hint=hint, key=key)

    def warning(self, path: Path, message: str, hint: str = "", *, key: bool = False) -> Problem:
        """Return a warning that stands at `path`, or at the key there."""
        found = self.error(path, message, hint, key=key)
        return Problem(
            found.message, found.hint, found.path, found.source, found.line, found.column, "warning"
        )

    @cached_property
    def visits(self) -> dict[str, Visit]:
        """Visits by id."""
        return {visit.id: visit for visit in self.protocol.visits}

    @cached_property
    def visit_place(self) -> dict[str, int]:
        """Position of each visit in the file."""
        return {visit.id: place for place, visit in enumerate(self.protocol.visits)}

    @cached_property
    def form_place(self) -> dict[str, int]:
        """Position of each form in the file."""
        return {form.id: place for place, form in enumerate(self.protocol.forms)}

    @cached_property
    def arms(self) -> tuple[str, ...]:
        """Ids of the arms."""
        return tuple(arm.id for arm in self.protocol.arms)

    @cached_property
    def sessions(self) -> dict[str, Session]:
        """Kinds of session by id."""
        return {session.id: session for session in self.protocol.sessions}

    @cached_property
    def forms(self) -> dict[str, ResolvedForm]:
        """Forms that could be resolved, by id."""
        return self.resolved.forms

    @cached_property
    def collected(self) -> dict[str, tuple[str, ...]]:
        """Form to the visits that fill it: as one of their forms, or on the clock of their session."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for visit in self.protocol.visits:
            for form in dict.fromkeys((*visit.forms, *self._in_session(visit))):
                found[form].append(visit.id)
        return {form: tuple(visits) for form, visits in found.items()}

    def _in_session(self, visit: Visit) -> Iterator[str]:
        session = self.sessions.get(visit.session or "")
        if session is None:
            return
        for timed in (session.vitals, *session.ratings):
            if timed is not None:
                yield timed.form
        if session.effects_log is not None:
            yield session.effects_log

    @cached_property
    def is_filled(self) -> frozenset[str]:
        """Forms that somebody fills: at a visit, in a session or as a log."""
        return frozenset((*self.collected, *self.protocol.logs))

    @cached_property
    def kinds(self) -> dict[str, ValueType]:
        """Every `form.item` and `form.score`, and the type of its value."""
        return {name: kind for name, kind in self.resolved.names.items() if "." in name}

    @cached_property
    def values_of(self) -> dict[str, tuple[str, ...]]:
        """Form to its items and scores."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for name in self.kinds:
            form, _, value = name.partition(".")
            found[form].append(value)
        return {form: tuple(values) for form, values in found.items()}

    @cached_property
    def owners(self) -> dict[str, tuple[str, ...]]:
        """Item or score to the forms that have one of this id."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for form, values in self.values_of.items():
            for value in values:
                found[value].append(form)
        return {value: tuple(forms) for value, forms in found.items()}

    @cached_property
    def anchors(self) -> dict[str, Anchor]:
        """Anchors by id."""
        return dict(self.protocol.anchors)

    @cached_property
    def told(self) -> tuple[tuple[int, str], ...]:
        """Position and visit of each planned event by which a participant learns the own arm."""
        return tuple(
            (place, event.visit)
            for place, event in enumerate(self.protocol.events)
            if event.planned and event.visit in self.visits and "participant" in event.tells
        )


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that occur more than once."""
    return [name for name, count in Counter(names).items() if count > 1]
