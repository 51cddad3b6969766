"""The judgment of a protocol file: every problem at once, in the order of the file.

Holds the list of rules and the order of their findings. Refuses to hold the rules themselves (`rules`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from equipoise import instruments
from equipoise.errors import Problem, ProtocolError
from equipoise.protocol import standard
from equipoise.protocol.model import Protocol
from equipoise.protocol.reading import parse
from equipoise.protocol.remains import Remains, remains
from equipoise.protocol.resolve import resolve
from equipoise.protocol.rules.application import application
from equipoise.protocol.rules.arms import arms
from equipoise.protocol.rules.blinding import blinding
from equipoise.protocol.rules.care import care
from equipoise.protocol.rules.draft import Draft
from equipoise.protocol.rules.estimands import estimands
from equipoise.protocol.rules.forms import forms
from equipoise.protocol.rules.formulas import formulas
from equipoise.protocol.rules.guidance import guidance
from equipoise.protocol.rules.identifiers import identifiers
from equipoise.protocol.rules.imports import imports
from equipoise.protocol.rules.interims import interims
from equipoise.protocol.rules.recall import recall
from equipoise.protocol.rules.references import references
from equipoise.protocol.rules.schedule import schedule
from equipoise.protocol.rules.simulation import simulation
from equipoise.protocol.rules.testing import testing
from equipoise.protocol.rules.translating import translating
from equipoise.source import Document, Path, dotted

Rule = Callable[[Draft], Iterator[Problem]]
WORD = re.compile(r"[A-Za-z0-9_]+")

ON_DATA: tuple[Callable[[Document], Iterator[Problem]], ...] = (identifiers, references)
"""Rules that judge the file's plain data, whether or not it is a protocol."""
ON_PROTOCOL: tuple[Rule, ...] = (
    arms,
    schedule,
    forms,
    formulas,
    blinding,
    recall,
    care,
    application,
    estimands,
    testing,
    interims,
    simulation,
    imports,
    translating,
    guidance,
)
"""Rules that need a protocol."""


def check(text: str | bytes, *, name: str) -> list[Problem]:
    """Return everything wrong with a protocol file, by line; nothing at all for a file without a fault.

    text    the file's content; any text or bytes
    name    the file's name, as problems print it
    """
    return _judged(text, name)[1]


def load(text: str | bytes, *, name: str) -> Protocol:
    """Read a protocol and judge it; warnings pass.

    Raises  ProtocolError with every error found
    """
    return load_with_warnings(text, name=name)[0]


def load_with_warnings(text: str | bytes, *, name: str) -> tuple[Protocol, list[Problem]]:
    """Read a protocol, and return it with the warnings of its judgment.

    Raises  ProtocolError with every error found
    """
    protocol, problems = _judged(text, name)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors or protocol is None:
        raise ProtocolError(f"{name} is not a protocol yet", errors)
    return protocol, problems


def _judged(text: str | bytes, name: str) -> tuple[Protocol | None, list[Problem]]:
    """Return the protocol, None when it cannot be built, and everything wrong with the file, by line."""
    protocol, document, problems = parse(text, name=name)
    if document is None or not isinstance(document.data, dict):
        return None, in_order(problems)
    for rule in ON_DATA:
        problems.extend(rule(document))
    left = remains(document) if protocol is None else Remains(protocol)
    if left is not None:
        found = judge(left.protocol, document, dropped=left.dropped)
        problems.extend(_beside(found, left, document))
    return protocol, in_order(problems)


def judge(
    protocol: Protocol, document: Document, *, dropped: Mapping[Path, tuple[int, ...]] | None = None
) -> Iterator[Problem]:
    """Yield everything wrong with a protocol that was built from `document`, entries left out or not."""
    draft = draft_of(protocol, document, dropped=dropped)
    for rule in ON_PROTOCOL:
        yield from rule(draft)


def draft_of(
    protocol: Protocol, document: Document, *, dropped: Mapping[Path, tuple[int, ...]] | None = None
) -> Draft:
    """Return what rules judge: the protocol with those forms whose scale and standard form exist."""
    scales, library = instruments.names(), standard.names()
    unreadable = frozenset(
        form.id
        for form in protocol.forms
        if form.instrument not in (None, *scales) or form.standard not in (None, *library)
    )
    readable = tuple(form for form in protocol.forms if form.id not in unreadable)
    resolved = resolve(protocol.model_copy(update={"forms": readable}))
    return Draft(protocol, document, resolved, unreadable, dropped)


def _beside(problems: Iterable[Problem], left: Remains, document: Document) -> Iterator[Problem]:
    """Leave out what is said in or about a part of which something could not be read.

    Doubts about a whole of which entries are missing wait until it is whole.
    """
    entries = (path if isinstance(path[-1], int) else path[:-1] for path in left.left_out)
    touched = {dotted(entry) for entry in entries if entry}
    named = {name for path in left.left_out for name in _names(path, document.data)}
    shortened = {dotted(path) for path in left.dropped or ()}
    for problem in problems:
        parts = problem.path.split(".")
        above = {".".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
        about = set(WORD.findall(f"{problem.message} {problem.hint}"))
        waits = bool(shortened) and (problem.severity == "warning" or problem.path in shortened)
        if not touched & above and not named & about and not waits:
            yield problem


def _names(path: Path, data: Any) -> Iterator[str]:
    """Yield the ids of everything on the way to `path`."""
    for part in path:
        data = data[part]
        if isinstance(data, dict) and isinstance(data.get("id"), str):
            yield data["id"]


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems by line, each once, errors before warnings of the same place."""
    return sorted(
        dict.fromkeys(problems), key=lambda one: (one.line, one.column, one.severity, one.path, one.message)
    )
