"""The phrase bank of `training/data/instructions/phrases`: parts of requests, by language, tasks and form."""

import json
import random
import re
from pathlib import Path

from .config import REPOSITORY

FOLDER = REPOSITORY / "training" / "data" / "instructions" / "phrases"
TYPOS = "typos.jsonl"
FRAME = None  # the tasks of a phrase that is about none: frames, openers, slots
SLOT = re.compile(r"\{(who|he|clip)\}")


class Phrases:
    """Draws phrases at random. Those about tasks stand under the tasks, in grammar order, () for what cannot be served;
    `FRAME` holds the rest.
    """

    def __init__(self, folder: Path = FOLDER):
        self.known: dict[tuple[str, tuple[str, ...] | None, str], list[str]] = {}
        for path in sorted(folder.glob("*.jsonl")):
            if path.name != TYPOS:
                for record in map(json.loads, path.read_text().splitlines()):
                    tasks = tuple(record["tags"]) if "tags" in record else FRAME
                    self.known.setdefault((record["lang"], tasks, record["form"]), []).append(record["text"])

    def has(self, language: str, tasks: tuple[str, ...] | None, form: str) -> bool:
        return (language, tasks, form) in self.known

    def draw(self, rng: random.Random, language: str, tasks: tuple[str, ...] | None, *forms: str) -> str:
        """A phrase of the first of `forms` that the bank has for these tasks."""
        return rng.choice(next(self.known[language, tasks, form] for form in forms if self.has(language, tasks, form)))

    def filled(self, rng: random.Random, language: str, text: str) -> str:
        """`text` with its slots filled: {who}, the same person throughout, {he}, that person or a pronoun, {clip}."""
        who, he = self.draw(rng, language, FRAME, "who"), self.draw(rng, language, FRAME, "he", "who")
        slots = {"who": lambda: who, "he": lambda: he, "clip": lambda: self.draw(rng, language, FRAME, "clip")}
        while SLOT.search(text):
            text = SLOT.sub(lambda slot: slots[slot[1]](), text)
        return text


def read_typos(folder: Path = FOLDER) -> dict[str, dict[str, list[str]]]:
    """Usual slips by language and word."""
    typos: dict[str, dict[str, list[str]]] = {"en": {}, "zh": {}}
    for record in map(json.loads, (folder / TYPOS).read_text().splitlines()):
        typos[record["lang"]].setdefault(record["text"], []).append(record["typo"])
    return typos
