"""Format combine: audio in shard tars, and for each tar a JSON Lines file whose key, txt, task and extra override what
the tar says. combines_list.txt lists these files; combines_tar_root.txt names the folder of the tars.
"""

from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from ..json_lines import json_lines
from . import shard
from .raw import extra_of
from .record import Record, Unit, existing, listed_paths, text_field

LIST, ROOT = "combines_list.txt", "combines_tar_root.txt"


def units(path: Path) -> list[Unit]:
    """The tars that combines_list.txt (the file, or the folder that holds it) stands for; a tar has the base name of
    its JSON Lines file.
    """
    index = path / LIST if path.is_dir() else path
    if index.name != LIST:
        raise InputError(f"{path}: expected a file named {LIST}, or its folder; rename it or choose another format")
    root = index.parent / listed_paths(index.parent / ROOT)[0]
    lines = [existing(index.parent / line) for line in listed_paths(index)]
    return [Unit(tar=existing(root / f"{path.stem}.tar"), lines=path) for path in lines]


def records(unit: Unit) -> Iterator[Record]:
    """The items of the JSON Lines file, in the order of the tar; items that only the tar has are left out."""
    assert unit.lines is not None
    meant = {}
    for place, value in json_lines(unit.lines):
        meant[text_field(value, "key", place)] = (place, value)
    for item in shard.items(unit):
        if item.key not in meant:
            continue
        place, value = meant.pop(item.key)
        text = text_field(value, "txt", place, None if "txt" not in item.members else item.text("txt"))
        task = text_field(value, "task", place, None if "task" not in item.members else item.text("task"))
        extra = extra_of(value, place) if "extra" in value else item.extra()
        yield Record(item.key, item.audio(), text, task, extra, place=place)
    for key, (place, _) in meant.items():
        raise InputError(f"{place} names {key}, which {unit.tar} does not hold; put the clip there or remove the line")
