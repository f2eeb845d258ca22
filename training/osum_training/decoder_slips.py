"""Slips: the decoder is now and then told that it wrote a wrong piece, so that it learns to keep its place after a
mistake of its own.
"""

import random
from collections.abc import Sequence as Many

import torch
from torch import Tensor

from .model import OsumNano
from .sequences import Sequence, lay_out, target_places

RANDOM_SLIPS = 0.1  # of the pieces of a transcript, any piece instead
OWN_SLIPS = 0.3  # of them, what the decoder itself would have written there


class Slips:
    """`pieces`: those of transcripts. Tags, labels, times and what ends an answer are never wrong."""

    def __init__(self, pieces: Many[int]):
        self.pieces, self.known = pieces, frozenset(pieces)

    def at_random(self, target: list[int], rng: random.Random) -> list[int]:
        """A target with a wrong piece here and there."""
        return [
            rng.choice(self.pieces) if token in self.known and rng.random() < RANDOM_SLIPS else token
            for token in target
        ]

    @torch.no_grad()
    def its_own(self, model: OsumNano, sequences: list[Sequence], speech: Tensor) -> None:
        """Puts the pieces that the decoder finds likeliest, given what it was told so far, into what it is told next
        time (scheduled sampling in one parallel pass). `speech` [sequences, S, width].
        """
        states, _ = model.decoder(lay_out(model, sequences, speech))
        item, at, _ = target_places(sequences, states.device)
        guesses = iter(model.decoder.lm_head(states[item, at]).argmax(-1).tolist())
        for sequence in sequences:
            told = sequence.written or sequence.target
            drawn = torch.rand(len(told), device="cpu").tolist()
            sequence.written = [
                guess if chance < OWN_SLIPS and token in self.known and guess in self.known else token
                for token, guess, chance in zip(told, guesses, drawn, strict=False)
            ]
