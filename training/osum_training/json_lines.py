"""Files of JSON lines that people write, so that each line may be wrong."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from .errors import InputError


def json_lines(path: Path, first: int = 0, count: int | None = None) -> Iterator[tuple[str, dict]]:
    """Each line as an object, with its place for messages; all lines, or `count` from line `first` (0 is the first).
    Raises InputError if the file is missing, or a line is no object.
    """
    if not path.is_file():
        raise InputError(f"{path} is missing; put it there or name another file")
    with open(path, encoding="utf-8") as file:
        lines = islice(file, first, None if count is None else first + count)
        for number, line in enumerate(lines, start=first + 1):
            place = f"{path} line {number}"
            try:
                value = json.loads(line)
            except json.JSONDecodeError:
                value = None
            if not isinstance(value, dict):
                raise InputError(f"{place}: expected one JSON object, got {line.strip()[:60]!r}; correct or remove it")
            yield place, value
