"""SpecAugment on encoder outputs: spans of frames and bands of channels are set to zero while training."""

from collections.abc import Sequence

import torch
from torch import Tensor

SPAN_EVERY = 60  # frames: one masked span in 1.2 s of audio
SPAN = 20  # frames at most
BANDS, BAND = 4, 40  # channels at most, of 512


def _drawn(end: int) -> int:
    return int(torch.randint(end, (), device="cpu"))


def masked(features: Tensor, lengths: Tensor, whole: Sequence[bool] = ()) -> Tensor:
    """features [batch, E, width] and lengths [batch] in frames, on the host -> a copy, masked but for the items that
    are to stay `whole`, drawn from torch's random state.
    """
    features = features.clone()
    for row, length in enumerate(lengths.tolist()):
        if whole and whole[row]:
            continue
        for _ in range(length // SPAN_EVERY):
            start, size = _drawn(length), _drawn(SPAN + 1)
            features[row, start : start + size] = 0
        for _ in range(BANDS):
            start, size = _drawn(features.shape[2]), _drawn(BAND + 1)
            features[row, :, start : start + size] = 0
    return features
