"""A request in free wording and the tasks that it asks for."""

import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from .grammar import canonical


@dataclass(frozen=True)
class Instruction:
    """tasks: in the trained order; empty when the request cannot be served. language: `zh` or `en`."""

    text: str
    tasks: tuple[str, ...]
    language: str


def read_instructions(path: Path) -> list[Instruction]:
    """A JSON Lines file of {text, tags, lang}; no tags: the request cannot be served."""
    records = map(json.loads, path.read_text().splitlines())
    return [Instruction(record["text"], canonical(record["tags"]), record["lang"]) for record in records]


def plain(text: str) -> str:
    """What tells two requests apart: letters and digits, without case, punctuation or space."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
