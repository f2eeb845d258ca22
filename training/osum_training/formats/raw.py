"""Format raw: JSON lines with key, wav (a path), txt, and optionally start and end in seconds, task and extra."""

from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from ..json_lines import json_lines
from .record import Record, Unit, existing, text_field

LINES_A_UNIT = 1000


def units(path: Path) -> list[Unit]:
    """The file in parts of a thousand lines."""
    with open(existing(path), encoding="utf-8") as file:
        count = sum(1 for _ in file)
    return [Unit(lines=path, first=n, count=min(LINES_A_UNIT, count - n)) for n in range(0, count, LINES_A_UNIT)]


def records(unit: Unit) -> Iterator[Record]:
    """The items of a unit in their order. Relative paths of audio start at the folder of the file."""
    assert unit.lines is not None
    for place, value in json_lines(unit.lines, unit.first, unit.count):
        audio = unit.lines.parent / text_field(value, "wav", place)
        if not audio.is_file():
            raise InputError(f"{place}: its audio {audio} is missing; put the file there or remove the line")
        yield Record(
            key=text_field(value, "key", place),
            audio=audio.read_bytes(),
            text=text_field(value, "txt", place),
            task=text_field(value, "task", place, "<TRANSCRIBE>"),
            extra=extra_of(value, place),
            start=_seconds(value, "start", place) or 0.0,
            end=_seconds(value, "end", place),
            place=place,
        )


def extra_of(value: dict, place: str) -> dict:
    """The object `extra` of an item; {} if it has none."""
    extra = value.get("extra", {})
    if not isinstance(extra, dict):
        raise InputError(f"{place}: expected an object as 'extra', got {extra!r}; correct it")
    return extra


def _seconds(value: dict, key: str, place: str) -> float | None:
    found = value.get(key)
    if found is not None and (not isinstance(found, int | float) or isinstance(found, bool) or found < 0):
        raise InputError(f"{place}: expected seconds as {key!r}, got {found!r}; correct it")
    return found
