"""SpecAugment on encoder outputs: spans of frames and bands of channels are set to zero while training."""

import torch
from torch import Tensor

SPAN_EVERY = 125  # frames: one masked span in 2.5 s of audio
SPAN = 14  # frames at most
BANDS, BAND = 2, 40  # channels at most, of 512


def masked(features: Tensor, lengths: Tensor) -> Tensor:
    """features [batch, E, width], lengths [batch] in frames -> a masked copy, drawn from torch's random state."""
    features = features.clone()
    for row, length in enumerate(lengths.tolist()):
        for _ in range(length // SPAN_EVERY):
            start, size = int(torch.randint(length, ())), int(torch.randint(SPAN + 1, ()))
            features[row, start : start + size] = 0
        for _ in range(BANDS):
            start, size = int(torch.randint(features.shape[2], ())), int(torch.randint(BAND + 1, ()))
            features[row, :, start : start + size] = 0
    return features
