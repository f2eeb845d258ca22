"""How often a recording comes in one round of training."""

import random
from collections.abc import Iterator

from .cache import Cached


def repeated(
    recordings: list[list[Cached]], weights: dict[str, float], repetition: str, rng: random.Random
) -> Iterator[list[Cached]]:
    """Each recording (its copies) as often as the weight of its source says, by default once. `repetition` says how
    fractions are read (PhaseConfig).
    """
    if repetition == "truncated":
        yield from _truncated(recordings, weights, rng)
        return
    for same in recordings:
        repeats = weights.get(same[0].source, 1.0)
        for _ in range(int(repeats) + (rng.random() < repeats % 1)):
            yield same


def _truncated(recordings: list[list[Cached]], weights: dict[str, float], rng: random.Random) -> Iterator[list[Cached]]:
    """The reference's rule: a weight from 1 on loses its fraction, a smaller one is a share that is drawn."""
    by_source: dict[str, list[list[Cached]]] = {}
    for same in recordings:
        by_source.setdefault(same[0].source, []).append(same)
    for source, all_of_it in by_source.items():
        weight = weights.get(source, 1.0)
        for _ in range(int(weight)):
            yield from all_of_it
        if weight < 1:
            yield from rng.sample(all_of_it, int(len(all_of_it) * weight))
