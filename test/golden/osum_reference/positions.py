"""Tables of positions (reference, sections 2 and 3), float32."""

import math

import torch
from torch import Tensor


def whisper_positions(length: int, width: int) -> Tensor:
    """[length, width]: sines of all rates, then cosines."""
    rates = torch.exp(-torch.arange(width // 2, dtype=torch.float32) * (math.log(10_000) / (width // 2 - 1)))
    angles = torch.arange(length, dtype=torch.float32)[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def adapter_positions(length: int, width: int) -> Tensor:
    """[length, width]: sine and cosine of each rate in turn."""
    rates = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * -(math.log(10_000) / width))
    angles = torch.arange(length, dtype=torch.float32)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)


def rope_frequencies(head_dim: int, theta: float, rounded: bool) -> Tensor:
    """[head_dim / 2] in float32, rounded to bf16 on the way where the whole model was cast."""
    exponents = torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim
    frequencies = 1.0 / (theta**exponents)
    return frequencies.to(torch.bfloat16).float() if rounded else frequencies
