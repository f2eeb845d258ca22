"""The requests to train on and to score with: the published prompts, those of `training/data`, and composed ones."""

import random
from pathlib import Path
from zlib import crc32

from .composition import beside_talk, compose
from .config import REPOSITORY
from .data_folder import data_file
from .instruction import Instruction, plain, read_instructions
from .slips import mistyped

OWN = REPOSITORY / "training" / "data" / "instructions"
HELD_OUT = "held-out.jsonl"
COMPOSED_SHARE, PUBLISHED_SHARE = 0.3, 0.15  # the rest is the repository's own
BESIDE_TALK_SHARE = 0.1  # of all requests, which get a sentence of talk beside them


def published(data: Path) -> tuple[list[Instruction], list[Instruction]]:
    """The published prompts as (training, validation); a tenth, chosen by a checksum of the text, is for validation."""
    training: list[Instruction] = []
    validation: list[Instruction] = []
    for instruction in read_instructions(data_file(data / "instructions" / "train.jsonl")):
        (validation if crc32(instruction.text.encode()) % 10 == 0 else training).append(instruction)
    return training, validation


class Instructions:
    """Draws training instructions: published prompts and those of `training/data`, lightly varied, and composed ones.

    validation: a tenth of the published prompts; held_out: paraphrases written for scoring alone.
    """

    def __init__(self, data: Path):
        self.published, self.validation = published(data)
        self.held_out = read_instructions(OWN / HELD_OUT)
        self.scored = {plain(instruction.text) for instruction in self.held_out + self.validation}
        written = [i for path in sorted(OWN.glob("*.jsonl")) if path.name != HELD_OUT for i in read_instructions(path)]
        self.written = [instruction for instruction in written if plain(instruction.text) not in self.scored]
        self.training = self.published + self.written
        self.by_tasks: dict[tuple[str, ...], list[Instruction]] = {}
        for instruction in self.training:
            self.by_tasks.setdefault(instruction.tasks, []).append(instruction)

    def draw(self, rng: random.Random) -> Instruction:
        kind = rng.random()
        if kind < COMPOSED_SHARE:
            return self._varied(self._composed(rng), rng)
        known = self.published if kind < COMPOSED_SHARE + PUBLISHED_SHARE else self.written
        return self._varied(rng.choice(known), rng)

    def draw_for(self, tasks: tuple[str, ...], rng: random.Random) -> str | None:
        """A request for exactly these tasks, if there is one."""
        known = self.by_tasks.get(tasks)
        return self._varied(rng.choice(known), rng).text if known else None

    def corpus(self, rng: random.Random) -> list[str]:
        """Texts to train the tokenizer on."""
        return [i.text for i in self.published for _ in range(6)] + [self._composed(rng).text for _ in range(6000)]

    def _composed(self, rng: random.Random) -> Instruction:
        """One that is not scored on."""
        while plain((instruction := compose(rng)).text) in self.scored:
            pass
        return instruction

    @staticmethod
    def _varied(instruction: Instruction, rng: random.Random) -> Instruction:
        text, kind = instruction.text, rng.random()
        if kind < 0.15:
            text = text.rstrip("。.!！?？")
        elif kind < 0.25 and instruction.language == "en":
            text = text.lower()
        elif kind < 0.5:
            text = mistyped(text, instruction.language, rng)
        if rng.random() < BESIDE_TALK_SHARE:
            text = beside_talk(text, instruction.language, rng)
        return Instruction(text, instruction.tasks, instruction.language)
