"""What a step reads of text, and its losses."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from .losses import decoder_losses
from .model import OsumNano
from .sequences import Sequence
from .text_batches import CopyGame, TextBatches, game_rows

INTENT_WEIGHT = 4.0  # beside speech and games instructions are learnt last: 96 % of those drawn while 95 % held out
RUNNING_WEIGHT = 1.5  # its gradient is small beside the games' and the instructions'
REPLY_WEIGHT = 0.3  # a mean over few: with more, its noise would outweigh what every other loss teaches


@dataclass
class TextBatch:
    games: list[CopyGame]
    intents: list[Sequence]
    running: list[Sequence]
    difficulty: float


def draw_text(
    batches: TextBatches, rng: random.Random, difficulty: Callable[[], float], instructions: int, running: int
) -> Iterator[TextBatch]:
    """Endless games with about so many positions of instructions and of running text."""
    intents = batches.intents(rng, instructions)
    for games in batches.games(rng, difficulty):
        yield TextBatch(games, next(intents), batches.running(rng, running), difficulty())


class TextLosses(NamedTuple):
    """Losses of the game's ids and of its replies' intents, of instructions, of running text and of the guide, and
    cross entropies of the game's ids.
    """

    copy: Tensor
    reply: Tensor
    intent: Tensor
    running: Tensor
    guide: Tensor
    each: Tensor

    @property
    def taught(self) -> dict[str, Tensor]:
        """The losses by name, without the guide's."""
        return {"copy": self.copy, "replies": self.reply, "intent": self.intent, "running": self.running}

    @property
    def total(self) -> Tensor:
        """Their sum."""
        return self.copy + self.reply + self.intent + self.running


def read_text(model: OsumNano, batch: TextBatch, weights: Tensor) -> TextLosses:
    rows = game_rows(model, batch.games, batch.difficulty)
    games = [game.sequence for game in batch.games]
    game = decoder_losses(model, games, rows, guided=True, weights=weights)
    intent = decoder_losses(model, batch.intents, None, guided=False).words
    running = decoder_losses(model, batch.running, None, guided=False).words
    return TextLosses(
        game.words,
        REPLY_WEIGHT * game.reply,
        INTENT_WEIGHT * intent,
        RUNNING_WEIGHT * running,
        game.guide,
        game.each,
    )
