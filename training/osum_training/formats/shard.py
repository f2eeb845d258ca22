"""Format shard: tar files of about a thousand items. The members of an item have its key up to their last dot and lie
side by side: audio, `.txt`, `.task`, and optionally `.extra` (a JSON object); other members are ignored.
"""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError
from ..tar_member import member_bytes
from .record import Record, Unit, existing, listed_paths

AUDIO = ("wav", "flac", "mp3", "m4a", "ogg", "opus", "wma")
FIELDS = (*AUDIO, "txt", "task", "extra")


def units(path: Path) -> list[Unit]:
    """A tar file itself, or those that an index lists: a path a line, as `tar`, `-|tar` or `jsonl|tar`."""
    if path.suffix == ".tar":
        return [Unit(tar=existing(path))]
    found = []
    for line in listed_paths(path):
        lines, _, tar = line.rpartition("|")
        overriding = existing(path.parent / lines) if lines not in ("", "-") else None
        found.append(Unit(tar=existing(path.parent / tar), lines=overriding))
    return found


def records(unit: Unit) -> Iterator[Record]:
    """The items of a unit in their order."""
    for item in items(unit):
        yield Record(item.key, item.audio(), item.text("txt"), item.text("task"), item.extra(), place=item.place)


@dataclass
class Item:
    """The members of one key."""

    key: str
    place: str
    members: dict[str, bytes] = field(default_factory=dict)

    def audio(self) -> bytes:
        for suffix in AUDIO:
            if suffix in self.members:
                return self.members[suffix]
        raise InputError(f"{self.place} has no audio; expected a member {self.key}.wav or the like beside its text")

    def text(self, name: str) -> str:
        if name not in self.members:
            raise InputError(f"{self.place} has no text; expected a member {self.key}.{name}")
        return self.members[name].decode("utf-8").strip()

    def extra(self) -> dict:
        try:
            value = json.loads(self.members.get("extra", b"{}"))
        except (json.JSONDecodeError, UnicodeDecodeError):
            value = None
        if not isinstance(value, dict):
            raise InputError(f"{self.place}: expected a JSON object in its member .extra; correct it")
        return value


def items(unit: Unit) -> Iterator[Item]:
    """The items of a unit's tar. Raises InputError if members of a key do not lie side by side."""
    assert unit.tar is not None
    seen: set[str] = set()
    item: Item | None = None
    try:
        with tarfile.open(existing(unit.tar)) as tar:
            for member in tar:
                key, _, suffix = member.name.removeprefix("./").rpartition(".")
                if not member.isfile() or not key:
                    continue
                if item is None or item.key != key:
                    if item is not None:
                        yield item
                    if key in seen:
                        raise InputError(f"{unit.tar}: the members of {key} do not lie side by side; write it again")
                    seen.add(key)
                    item = Item(key, f"{unit.tar}: {key}")
                if suffix.lower() in FIELDS:
                    item.members[suffix.lower()] = member_bytes(tar, member)
    except tarfile.TarError as error:
        raise InputError(f"{unit.tar} cannot be read as a tar file ({error}); copy it again") from error
    if item is not None:
        yield item
