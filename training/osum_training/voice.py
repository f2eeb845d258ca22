"""What a synthesiser gives, and the one that needs no other program: letters as tones."""

import random
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .mel import SAMPLE_RATE
from .text import spoken_form

LETTER_SECONDS = 0.04
PAUSE_SECONDS = 0.08  # between words
LETTERS = "'abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Spoken:
    """Audio at 16 kHz; MALE, FEMALE or None where it could be either; each word with its start and end in seconds,
    where the synthesiser tells.
    """

    audio: np.ndarray
    gender: str | None = None
    words: list[tuple[str, float, float]] | None = None


SILENT = Spoken(np.zeros(0, np.float32))


class Voice(Protocol):
    def speak(self, text: str, rng: random.Random) -> Spoken: ...


class TonesVoice:
    """A toy language for tests and the smoke configuration: every letter is a tone of 40 ms. Women's tones are an
    octave above men's, so that a label can be heard too.
    """

    def speak(self, text: str, rng: random.Random) -> Spoken:
        gender = rng.choice(("MALE", "FEMALE"))
        lowest = 250.0 if gender == "MALE" else 500.0
        parts, words, at = [], [], 0.0
        for word in spoken_form(text).split():
            parts += [np.zeros(int(PAUSE_SECONDS * SAMPLE_RATE), np.float32), *(self._tone(c, lowest) for c in word)]
            start = at + PAUSE_SECONDS
            at = start + len(word) * LETTER_SECONDS
            words.append((word, round(start, 3), round(at, 3)))
        return Spoken(np.concatenate(parts), gender, words) if parts else SILENT

    @staticmethod
    def _tone(letter: str, lowest: float) -> np.ndarray:
        hertz = lowest * 2 ** (LETTERS.index(letter) / 9)
        time = np.arange(int(LETTER_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
        return (0.3 * np.sin(2 * np.pi * hertz * time) * np.hanning(len(time))).astype(np.float32)
