"""The reference's augmentation of log-mel features (section 8.3), drawn anew for each training copy of a clip."""

import random

from torch import Tensor

TIME_MASKS, TIME_WIDTH = 2, 50  # frames of 10 ms, at most
FREQUENCY_MASKS, FREQUENCY_WIDTH = 2, 10  # mel bins, at most
SUBSTITUTIONS, SUBSTITUTION_WIDTH = 3, 30  # frames, at most


def _span(size: int, width: int, rng: random.Random) -> tuple[int, int]:
    """A start anywhere, and an end 1 to `width` later, inside `size`."""
    start = rng.randrange(size)
    return start, min(size, start + rng.randint(1, width))


def spec_augment(mel: Tensor, rng: random.Random) -> Tensor:
    """[frames, bins] -> a copy in which spans of frames and of bins are 0."""
    mel = mel.clone()
    for _ in range(TIME_MASKS):
        start, end = _span(mel.shape[0], TIME_WIDTH, rng)
        mel[start:end] = 0.0
    for _ in range(FREQUENCY_MASKS):
        start, end = _span(mel.shape[1], FREQUENCY_WIDTH, rng)
        mel[:, start:end] = 0.0
    return mel


def spec_substitute(mel: Tensor, rng: random.Random) -> Tensor:
    """[frames, bins] -> a copy in which spans are replaced by frames of `mel` that came a drawn time earlier."""
    changed = mel.clone()
    for _ in range(SUBSTITUTIONS):
        start, end = _span(mel.shape[0], SUBSTITUTION_WIDTH, rng)
        back = rng.randint(0, start)
        changed[start:end] = mel[start - back : end - back]
    return changed
