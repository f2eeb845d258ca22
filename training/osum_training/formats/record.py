"""What the readers of the reference's formats share: a part of a source, and an item before it becomes a clip."""

from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError


@dataclass(frozen=True)
class Unit:
    """A part of a source that is read and encoded by itself: about a thousand items.

    tar: holds audio, in shards text as well. lines: a JSON Lines file; `first` and `count` choose lines of it.
    """

    tar: Path | None = None
    lines: Path | None = None
    first: int = 0
    count: int | None = None

    @property
    def path(self) -> Path:
        """The file that messages name."""
        path = self.lines or self.tar
        assert path is not None
        return path


@dataclass
class Record:
    """One item as it is stored. audio: an encoded file, of which `start` to `end` (seconds) are meant; task: dataset
    keys such as `<TRANSCRIBE> <AGE>`; place: where it stands, for messages.
    """

    key: str
    audio: bytes
    text: str
    task: str
    extra: dict = field(default_factory=dict)
    start: float = 0.0
    end: float | None = None
    place: str = ""


def text_field(value: dict, key: str, place: str, default: str | None = None) -> str:
    """A text of an item; without a default it must be there."""
    found = value.get(key, default)
    if not isinstance(found, str):
        raise InputError(f"{place}: expected the text {key!r}, got {found!r}; add or correct it")
    return found


def existing(path: Path) -> Path:
    if not path.is_file():
        raise InputError(f"{path} is missing; put it there, or take it out of the list or configuration that names it")
    return path


def listed_paths(index: Path) -> list[str]:
    """The lines of an index file that are not empty."""
    lines = [line.strip() for line in existing(index).read_text(encoding="utf-8").splitlines()]
    found = [line for line in lines if line]
    if not found:
        raise InputError(f"{index} lists nothing; expected one path a line")
    return found
