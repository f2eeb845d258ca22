"""Weight-only int8 for linear layers: symmetric, one scale an output row, as the package format says."""

from typing import TypeVar

import torch
from torch import Tensor, nn

_Network = TypeVar("_Network", bound=nn.Module)


def quantize_rows(weight: Tensor) -> tuple[Tensor, Tensor]:
    """[out, in] -> int8 [out, in] and bf16 [out]; quantised against the rounded scale, so that w is nearest to int8 *
    scale.
    """
    scale = (weight.float().abs().amax(dim=1) / 127).clamp(min=1e-12).to(torch.bfloat16)
    return (weight.float() / scale.float()[:, None]).round().clamp(-127, 127).to(torch.int8), scale


def dequantize_rows(weight: Tensor, scale: Tensor) -> Tensor:
    return weight.float() * scale.float()[:, None]


def linear_weights(module: nn.Module) -> list[str]:
    """Names of the weights that int8 packages quantise."""
    return [f"{name}.weight" for name, part in module.named_modules() if isinstance(part, nn.Linear)]


def served_weights_(module: _Network) -> _Network:
    """Replaces the weights by what an int8 package serves: linear weights quantised and back, then
    everything in bf16."""
    state = module.state_dict()
    for name in linear_weights(module):
        state[name] = dequantize_rows(*quantize_rows(state[name]))
    module.load_state_dict(state)
    return module.to(torch.bfloat16)
