"""The weights that the encoder starts from: Whisper's, or random ones that follow from the seed."""

import torch
from torch import Tensor

from .config import Config
from .encoder import WhisperEncoder
from .whisper_weights import whisper_base_state


def starting_encoder_state(config: Config) -> dict[str, Tensor]:
    """The encoder's state before training, the same in every process. The caller's random state is left as it is."""
    if config.encoder.weights == "whisper-base":
        return whisper_base_state(config.encoder.layers)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return WhisperEncoder(config.encoder).state_dict()
