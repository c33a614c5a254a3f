"""What all records can do: turn into plain values, fit for JSON, and come back from them.

The way back goes by the annotations of a dataclass, so that a new field needs nothing
here. Keys that are unknown (of a later version) are passed over, and a field that is missing (of
an earlier one) takes its default.
"""

import types
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from rag.errors import BadRecord
from vectorstore.types import Filters

__all__ = ["Record", "as_record"]

_T = TypeVar("_T")
_Reader = Callable[[Any], Any]
_MAPPINGS = (Mapping, dict)
_SEQUENCES = (Sequence, list)


class Record:
    """Adds `to_dict` and `from_dict` to a dataclass."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values: dates as ISO strings, tuples as lists, nested records as dicts."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.repr}  # type: ignore[arg-type]

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """The record back: `from_dict(r.to_dict()) == r`. Raises BadRecord; see as_record."""
        return as_record(cls, data)


def _plain(value: Any) -> Any:  # noqa: PLR0911  one line a kind
    if isinstance(value, Record | Filters):
        return value.to_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


class _Misfit(Exception):
    """A value that does not fit; `place` is gathered on the way out, innermost first."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.place: list[str] = []


def as_record(kind: type[_T], data: object) -> _T:
    """The record of a kind from plain values: `as_record(type(r), r.to_dict()) == r`.

    Raises BadRecord, which names the place in the data that does not fit.
    """
    try:
        read: _Reader = _reader(cast("Hashable", kind))
        return cast("_T", read(data))
    except _Misfit as error:
        place = "".join(reversed(error.place)).lstrip(".")
        said = f"{place} {error}" if place else str(error)
        raise BadRecord(f"this is no {kind.__name__} that can be read: {said}") from None
    except RecursionError:
        raise BadRecord(f"this is no {kind.__name__} that can be read: too deep") from None


@cache
def _reader(hint: Any) -> _Reader:  # noqa: PLR0911  one line a kind
    """What reads a value of an annotation."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return lambda value: value
    if isinstance(hint, type) and is_dataclass(hint):
        return _record_reader(hint)
    if origin in {Union, types.UnionType}:
        return _union_reader(arguments)
    if origin is Literal:
        return lambda value: _held(value, type(value) is str and value in arguments, "a known word")
    if origin is tuple:
        return _tuple_reader(arguments)
    if origin in _SEQUENCES:
        return _tuple_reader((*arguments, ...))
    if origin in _MAPPINGS:
        return _mapping_reader(_reader(arguments[1]))
    return _PLAIN[hint]


def _record_reader(kind: type) -> _Reader:
    hints = get_type_hints(kind)
    known = [field for field in fields(kind) if field.init]
    readers = [(field.name, _reader(hints[field.name])) for field in known]
    needed = [
        field.name
        for field in known
        if field.default is MISSING and field.default_factory is MISSING
    ]

    def read(value: Any) -> Any:
        _held(value, isinstance(value, Mapping), "a set of named values")
        for name in needed:
            if name not in value:
                raise _Misfit(f"lacks {name}")
        given = {}
        for name, reader in readers:
            if name in value:
                given[name] = _at(f".{name}", reader, value[name])
        try:
            return kind(**given)
        except (TypeError, ValueError) as error:
            raise _Misfit(f"cannot be: {error}") from None

    return read


def _union_reader(arms: Sequence[Any]) -> _Reader:
    optional = type(None) in arms
    readers = [_reader(arm) for arm in arms if arm is not type(None)]

    def read(value: Any) -> Any:
        if value is None and optional:
            return None
        for reader in readers[:-1]:
            try:
                return reader(value)
            except _Misfit:
                continue
        return readers[-1](value)

    return read


def _tuple_reader(arguments: Sequence[Any]) -> _Reader:
    if len(arguments) == 2 and arguments[1] is ...:
        reader = _reader(arguments[0])

        def read_all(value: Any) -> Any:
            _held(value, isinstance(value, list | tuple), "a list")
            return tuple(_at(f"[{n}]", reader, item) for n, item in enumerate(value))

        return read_all
    readers = [_reader(argument) for argument in arguments]

    def read_each(value: Any) -> Any:
        fits = isinstance(value, list | tuple) and len(value) == len(readers)
        _held(value, fits, f"a list of {len(readers)}")
        pairs = enumerate(zip(readers, value, strict=True))
        return tuple(_at(f"[{n}]", reader, item) for n, (reader, item) in pairs)

    return read_each


def _mapping_reader(reader: _Reader) -> _Reader:
    def read(value: Any) -> Any:
        _held(value, isinstance(value, Mapping), "a set of named values")
        return {str(key): _at(f"[{key}]", reader, item) for key, item in value.items()}

    return read


def _at(place: str, reader: _Reader, value: Any) -> Any:
    try:
        return reader(value)
    except _Misfit as error:
        error.place.append(place)
        raise


def _held(value: Any, fits: bool, wanted: str) -> Any:
    if not fits:
        shown = repr(value)
        raise _Misfit(f"is {shown if len(shown) <= 40 else shown[:40] + '…'}, not {wanted}")
    return value


def _day(value: Any) -> date:
    """A date, or a date with time: both stand in fields of dates."""
    text = _held(value, isinstance(value, str), "a date")
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise _Misfit(f"is {text[:40]!r}, not a date") from None


def _moment(value: Any) -> date:
    moment = _day(value)
    _held(value, isinstance(moment, datetime), "a date with time")
    return moment


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_PLAIN: dict[Any, _Reader] = {
    str: lambda value: _held(value, isinstance(value, str), "text"),
    bool: lambda value: _held(value, isinstance(value, bool), "true or false"),
    int: lambda value: _held(
        value, isinstance(value, int) and not isinstance(value, bool), "a whole number"
    ),
    float: lambda value: _held(value, _is_number(value), "a number"),
    Path: lambda value: Path(_held(value, isinstance(value, str), "a path")),
    date: _day,
    datetime: _moment,
}
