"""What CTC makes of letters that are said: how often each is read as which letters, by its neighbours. With it text
alone gives the decoder what an adapter would, misspelt as an adapter misspells.
"""

import json
import random
from collections import Counter
from pathlib import Path

import numpy as np

LEAST_SEEN = 20  # times that a letter must have been said between the same neighbours to count beside its other places

Readings = dict[str, tuple[list[str], list[int]]]  # by what was said: what was read, and how often


def aligned_reading(said: str, read: str) -> list[str]:
    """What was read of each letter of `said` by the fewest substitutions, insertions and deletions. Letters that nobody
    said go to the one before them, at the start to the first.
    """
    if not said:
        return []
    rows, columns = len(said) + 1, len(read) + 1
    cost = np.zeros((rows, columns), np.int32)
    cost[:, 0], cost[0, :] = np.arange(rows), np.arange(columns)
    heard = np.frombuffer(read.encode("utf-32-le"), np.uint32)
    steps = np.arange(columns)
    for i, letter in enumerate(said, start=1):
        best = cost[i - 1] + 1
        best[1:] = np.minimum(best[1:], cost[i - 1, :-1] + (heard != ord(letter)))
        # Insertions run along the row: the least of all earlier costs, each with a step for every column since.
        cost[i] = np.minimum.accumulate(best - steps) + steps
    parts = [""] * len(said)
    i, j = len(said), len(read)
    while i or j:
        if i and j and cost[i, j] == cost[i - 1, j - 1] + (said[i - 1] != read[j - 1]):
            parts[i - 1] = read[j - 1] + parts[i - 1]
            i, j = i - 1, j - 1
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            parts[max(0, i - 1)] = read[j - 1] + parts[max(0, i - 1)]
            j -= 1
    return parts


class Channel:
    """`readings`: what is read of a letter, by the letter with its neighbours (three letters) and by itself."""

    def __init__(self, readings: Readings):
        self.readings = readings

    @staticmethod
    def measured(pairs: list[tuple[str, str]]) -> "Channel":
        """From texts and what CTC read of them."""
        counts: dict[str, Counter[str]] = {}
        for said, read in pairs:
            parts = aligned_reading(f" {said}", f" {read}")
            around = f" {said} "
            for n, (letter, part) in enumerate(zip(f" {said}", parts, strict=True)):
                before = around[n - 1] if n else " "
                for place in (letter, before + letter + around[n + 1]):
                    counts.setdefault(place, Counter())[part] += 1
        seen = {place: c for place, c in counts.items() if len(place) == 1 or c.total() >= LEAST_SEEN}
        return Channel({place: (list(c), list(c.values())) for place, c in sorted(seen.items())})

    @staticmethod
    def load(path: Path) -> "Channel":
        stored = json.loads(path.read_text())
        return Channel({place: (list(c), list(c.values())) for place, c in stored.items()})

    def save(self, path: Path) -> None:
        """One line a place: what was read there, and how often."""
        lines = (
            f"{json.dumps(place)}: {json.dumps(dict(zip(*counted, strict=True)))}"
            for place, counted in self.readings.items()
        )
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n")

    @property
    def misread(self) -> float:
        """The share of letters that are not read as themselves."""
        alone = [(place, *counted) for place, counted in self.readings.items() if len(place) == 1]
        said = sum(sum(counts) for _, _, counts in alone)
        right = sum(dict(zip(read, counts, strict=True)).get(place, 0) for place, read, counts in alone)
        return 1 - right / said if said else 1.0

    def reading(self, said: str, rng: random.Random, strength: float) -> list[str]:
        """What is read of each letter of `said`, which starts with the space before its first word. Every letter is
        misread as often as measured times `strength`, which is 1 at most.
        """
        around = f" {said} "
        return [self._read(around[n : n + 3], rng) if rng.random() < strength else said[n] for n in range(len(said))]

    def _read(self, place: str, rng: random.Random) -> str:
        counted = self.readings.get(place) or self.readings.get(place[1])
        return rng.choices(*counted)[0] if counted else place[1]
