"""Digit strings from single spoken digits of one speaker, joined with pauses."""

import random

import numpy as np

from .mel import SAMPLE_RATE
from .speech_data import Clip


def digit_string(digits: list[Clip], rng: random.Random) -> Clip:
    """Joins 1 to 9 clips of one speaker with 0.02-0.5 s between them and faint noise under all."""
    chosen = [rng.choice(digits) for _ in range(rng.randint(1, 9))]
    noise = np.random.default_rng(rng.getrandbits(32))
    parts: list[np.ndarray] = [np.zeros(int(rng.uniform(0.05, 0.5) * SAMPLE_RATE), np.float32)]
    words = []
    for clip in chosen:
        start = sum(map(len, parts)) / SAMPLE_RATE
        words.append((clip.text or "", start, start + len(clip.audio) / SAMPLE_RATE))
        level = 0.1 / (float(np.sqrt((clip.audio**2).mean())) + 1e-6)
        parts += [clip.audio * level, np.zeros(int(rng.uniform(0.02, 0.5) * SAMPLE_RATE), np.float32)]
    audio = np.concatenate(parts)
    audio = audio + noise.standard_normal(len(audio)).astype(np.float32) * rng.uniform(0.0001, 0.004)
    text = " ".join(word for word, _, _ in words)
    return Clip("", "fsdd-joined", audio, text, dict(chosen[0].labels), chosen[0].speaker, words=words)
