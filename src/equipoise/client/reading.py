"""From what comes over the line to typed values, and back.

Holds reading JSON by a type: dataclasses, dates, instants, tuples. What a newer installation says beyond a
type is passed over, and a code that is new is given as it is. Refuses to guess: what does not fit raises,
without naming the value, which may be somebody's.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
Reader = Callable[[Any], Any]
FOUND: Mapping[Any, tuple[type, ...]] = {str: (str,), int: (int,), float: (int, float), bool: (bool,)}
"""Type to what JSON holds for it."""


class UnreadableError(ValueError):
    """What came does not have the shape that it should; the message says where."""


def read(kind: type[T], value: Any) -> T:
    """Return a value of a type. Raises UnreadableError where it does not fit."""
    known: Any = kind
    found: T = _reader(known)(value)
    return found


def plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [plain(one) for one in value]
    return value


@cache
def _reader(kind: Any) -> Reader:
    """Return what reads a type; made once."""
    if is_dataclass(kind):
        return _shape(kind)
    made = MAKERS.get(get_origin(kind))
    if made is not None:
        return made(get_args(kind))
    if kind is Any:
        return lambda value: value
    if kind in (date, datetime):
        return _moment(kind)
    return _checked(FOUND[kind], float if kind is float else None)


def _shape(kind: Any) -> Reader:
    types = get_type_hints(kind)
    readers = {field.name: _reader(types[field.name]) for field in fields(kind)}
    optional = {
        field.name
        for field in fields(kind)
        if field.default is not MISSING or field.default_factory is not MISSING
    }

    def shape(value: Any) -> Any:
        if not isinstance(value, dict):
            raise UnreadableError(f"{kind.__name__} is no object")
        given = {}
        for name, reader in readers.items():
            if name in value:
                given[name] = _at(name, reader, value[name])
            elif name not in optional:
                raise UnreadableError(f"{kind.__name__} lacks {name}")
        return kind(**given)

    return shape


def _at(name: str, reader: Reader, value: Any) -> Any:
    try:
        return reader(value)
    except UnreadableError as error:
        raise UnreadableError(f"{name}: {error}") from error


def _optional(args: tuple[Any, ...]) -> Reader:
    (inner,) = (_reader(one) for one in args if one is not NoneType)
    return lambda value: None if value is None else inner(value)


def _tuple(args: tuple[Any, ...]) -> Reader:
    is_list = _checked((list,))
    if args[-1] is Ellipsis:
        each = _reader(args[0])
        return lambda value: tuple(each(one) for one in is_list(value))
    readers = [_reader(one) for one in args]

    def row(value: Any) -> tuple[Any, ...]:
        if len(is_list(value)) != len(readers):
            raise UnreadableError(f"this has not {len(readers)} parts")
        return tuple(reader(one) for reader, one in zip(readers, value, strict=True))

    return row


def _dict(args: tuple[Any, ...]) -> Reader:
    is_object, each = _checked((dict,)), _reader(args[1])
    return lambda value: {name: each(one) for name, one in is_object(value).items()}


def _code(_args: tuple[Any, ...]) -> Reader:
    return _checked((str,))


def _moment(kind: Any) -> Reader:
    is_text = _checked((str,))

    def moment(value: Any) -> Any:
        try:
            return kind.fromisoformat(is_text(value))
        except ValueError as error:
            raise UnreadableError(f"this is no {kind.__name__}") from error

    return moment


def _checked(kinds: tuple[type, ...], become: Callable[[Any], Any] | None = None) -> Reader:
    """Return what lets only JSON of some types through; a boolean is no number."""
    said = " or ".join(one.__name__ for one in kinds)

    def checked(value: Any) -> Any:
        if type(value) not in kinds:
            raise UnreadableError(f"this is no {said}")
        return become(value) if become is not None else value

    return checked


MAKERS: Mapping[Any, Callable[[tuple[Any, ...]], Reader]] = {
    Union: _optional,
    UnionType: _optional,
    tuple: _tuple,
    dict: _dict,
    Literal: _code,
}
"""What a type is made of to what makes its reader."""
