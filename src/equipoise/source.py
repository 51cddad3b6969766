"""YAML text to plain data that remembers where every value stood.

Holds YAML 1.2 core rules (`NO` and `12:30` stay text), the limits that make any input safe to read, and
positions. Refuses to hold meaning: what a key stands for is the protocol's affair.
"""

import codecs
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
import yamlcore

from equipoise.errors import Problem, ProtocolError

Path = tuple[str | int, ...]
Place = tuple[int, int]

MAXIMUM_BYTES = 2_000_000
MAXIMUM_DEPTH = 64
MAXIMUM_NODES = 200_000
MAXIMUM_SCALAR_DIGITS = 300
UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

TEXT = "tag:yaml.org,2002:str"

Loader: Any = getattr(yamlcore, "CCoreLoader" if yaml.__with_libyaml__ else "CoreLoader")


@dataclass(frozen=True, slots=True)
class Document:
    """What a YAML file says and where.

    data    dicts, lists, text, numbers, booleans and None; dict keys are text or whole numbers
    name    the file's name as problems print it
    """

    data: Any
    name: str
    values: dict[Path, Place] = field(repr=False)
    keys: dict[Path, Place] = field(repr=False)

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return (line, column), both from 1, of the value at `path`, of its key, or of what encloses it."""
        if key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, (1, 1))

    def problem(self, path: Path, message: str, *, hint: str = "", key: bool = False) -> Problem:
        """Return a Problem that stands at `path`."""
        line, column = self.place(path, key=key)
        return Problem(message, hint, dotted(path), self.name, line, column)


def dotted(path: Path) -> str:
    """Return ("arms", 0, "id") as "arms.0.id"."""
    return ".".join(str(part) for part in path)


def read(text: str | bytes, *, name: str, opening: str = "") -> Document:
    """Read one YAML document.

    text      at most 2 MB, 64 levels and 200,000 nodes once aliases are followed
    opening   what such a file starts with, for the hint on an empty one
    Raises    ProtocolError with every problem found and its line and column
    """
    reader = _Reader(name, opening)
    data = reader.read(_decode(text, name))
    if reader.problems:
        raise ProtocolError(f"{name} cannot be read", reader.problems)
    return Document(data, name, reader.values, reader.keys)


def _decode(text: str | bytes, name: str) -> str:
    """Return the text of what was read.

    Raises  ProtocolError when it is too large, not UTF-8, or not text
    """
    if len(text) > MAXIMUM_BYTES:
        raise _refused(_too_large(len(text), name))
    if isinstance(text, bytes):
        try:
            text = text.removeprefix(codecs.BOM_UTF8).decode("utf-8")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            raise _refused(Problem("not UTF-8 text", "save the file as UTF-8", "", name, line, 1)) from error
    text = text.removeprefix("\ufeff")
    problem = _unreadable(text, name)
    if problem is not None:
        raise _refused(problem)
    return text


def _refused(problem: Problem) -> ProtocolError:
    return ProtocolError(f"{problem.source} cannot be read", [problem])


def _too_large(size: int, name: str) -> Problem:
    limit = MAXIMUM_BYTES // 10**6
    return Problem(
        f"the file has {size:,} bytes; a protocol has at most {limit} MB", "is this the right file?", "", name
    )


def _unreadable(text: str, name: str) -> Problem | None:
    found = UNREADABLE.search(text)
    if found is None:
        return None
    line = text.count("\n", 0, found.start()) + 1
    column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
    message = f"the character U+{ord(found.group()):04X} cannot stand in a text file"
    return Problem(message, "is this a YAML file?", "", name, line, column)


@dataclass(slots=True)
class _Anchor:
    data: Any
    nodes: int
    depth: int


class _Stop(Exception):  # noqa: N818 - control flow inside this module, never seen outside
    """Reading on makes no sense."""


class _Reader:
    """Builds data from parser events, so that depth and size are known before memory is spent."""

    def __init__(self, name: str, opening: str) -> None:
        self.name = name
        self.opening = opening
        self.problems: list[Problem] = []
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.anchors: dict[str, _Anchor] = {}
        self.nodes = 0
        self.deepest = 0

    def read(self, text: str) -> Any:
        loader = Loader(text)
        try:
            return self._document(loader)
        except _Stop:
            return None
        except yaml.MarkedYAMLError as error:
            self._marked(error)
            return None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            self._report(None, (), f"this is not YAML: {error}", "check the file's syntax")
            return None
        finally:
            loader.dispose()

    def _document(self, loader: Any) -> Any:
        events = self._events(loader)
        data = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if self.values:
                    self._report(
                        event,
                        (),
                        "a second document starts here",
                        "one file holds one protocol; remove `---`",
                    )
                    raise _Stop
                data = self._node(next(events), events, loader, ())
        if not self.values:
            hint = f"start with `{self.opening}`" if self.opening else ""
            self._report(None, (), "the file is empty", hint)
        return data

    def _events(self, loader: Any) -> Iterator[Any]:
        depth = 0
        while loader.check_event():
            event = loader.get_event()
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAXIMUM_DEPTH:
                    self._report(
                        event, (), f"nested more than {MAXIMUM_DEPTH} levels deep", "flatten the structure"
                    )
                    raise _Stop
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            yield event

    def _node(self, event: Any, events: Iterator[Any], loader: Any, path: Path) -> Any:
        mark = event.start_mark
        self.values[path] = (mark.line + 1, mark.column + 1)
        self._count(event, 1)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        before = self.nodes - 1
        deepest, self.deepest = self.deepest, len(path)
        if isinstance(event, yaml.ScalarEvent):
            data: Any = self._scalar(event, loader, path)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._refuse_tag(event, path)
            data = self._sequence(events, loader, path)
        else:
            self._refuse_tag(event, path)
            data = self._mapping(events, loader, path)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(data, self.nodes - before, self.deepest - len(path))
        self.deepest = max(deepest, self.deepest)
        return data

    def _count(self, event: Any, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MAXIMUM_NODES:
            self._report(
                event,
                (),
                f"more than {MAXIMUM_NODES:,} values once aliases are followed",
                "remove the aliases",
            )
            raise _Stop

    def _alias(self, event: Any, path: Path) -> Any:
        anchor = self.anchors.get(event.anchor)
        if anchor is None:
            self._report(
                event, path, f"the alias *{event.anchor} has no anchor before it", "write the value out"
            )
            return None
        self._count(event, anchor.nodes)
        if len(path) + anchor.depth > MAXIMUM_DEPTH:
            self._report(event, path, f"nested more than {MAXIMUM_DEPTH} levels deep", "write the value out")
            raise _Stop
        self.deepest = max(self.deepest, len(path) + anchor.depth)
        return anchor.data

    def _sequence(self, events: Iterator[Any], loader: Any, path: Path) -> list[Any]:
        found: list[Any] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                return found
            found.append(self._node(event, events, loader, (*path, len(found))))
        raise _Stop

    def _mapping(self, events: Iterator[Any], loader: Any, path: Path) -> dict[str | int, Any]:
        found: dict[str | int, Any] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                return found
            key = self._key(event, events, loader, path)
            inner = (*path, key)
            if key in found:
                line = self.keys[inner][0]
                self._report(
                    event, path, f"the key `{key}` stands twice", f"the first is in line {line}; keep one"
                )
                self._node(next(events), events, loader, (*path, f"{key} (again)"))
                continue
            self.keys[inner] = (event.start_mark.line + 1, event.start_mark.column + 1)
            found[key] = self._node(next(events), events, loader, inner)
        raise _Stop

    def _key(self, event: Any, events: Iterator[Any], loader: Any, path: Path) -> str | int:
        data = self._node(event, events, loader, (*path, "(key)"))
        if isinstance(data, str) or (isinstance(data, int) and not isinstance(data, bool)):
            return data
        self._report(event, path, "a key must be text or a whole number", "put quotes around it")
        return f"(key in line {event.start_mark.line + 1}, column {event.start_mark.column + 1})"

    def _scalar(self, event: Any, loader: Any, path: Path) -> Any:
        self._refuse_tag(event, path)
        if not event.implicit[0]:
            return event.value
        tag = loader.resolve(yaml.ScalarNode, event.value, (True, False))
        if tag.endswith((":int", ":float")) and len(event.value) > MAXIMUM_SCALAR_DIGITS:
            self._report(event, path, "this number is too long", "is it meant as text? put quotes around it")
            return None
        if tag == TEXT:
            return event.value
        value = loader.construct_object(yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark))
        if isinstance(value, float) and not math.isfinite(value):
            self._report(
                event, path, f"`{event.value}` is not a finite number", "use null where a value is unknown"
            )
            return None
        return value

    def _refuse_tag(self, event: Any, path: Path) -> None:
        if event.tag is not None and event.tag != "!":
            self._report(
                event, path, f"the tag {event.tag} is not allowed", "remove it; plain values are enough"
            )

    def _marked(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        what = " ".join(part for part in (error.problem, error.context) if part)
        hint = "check indentation, quotes and brackets near here"
        self.problems.append(Problem(f"this is not YAML: {what}", hint, "", self.name, line, column))

    def _report(self, event: Any, path: Path, message: str, hint: str) -> None:
        line, column = (
            (event.start_mark.line + 1, event.start_mark.column + 1) if event is not None else (1, 1)
        )
        self.problems.append(Problem(message, hint, dotted(path), self.name, line, column))
