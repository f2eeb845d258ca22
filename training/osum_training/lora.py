"""Low-rank adaptation of the decoder (reference section 4.2): W' = W + alpha / rank * B A, merged in float32."""

from collections.abc import Callable

import torch
from torch import Tensor

from .decoder import Decoder

TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "down_proj")  # up_proj is no target


@torch.no_grad()
def merged_lora(
    decoder: Decoder, read: Callable[[str, tuple[int, int]], Tensor], rank: int = 64, alpha: float = 32.0
) -> Decoder:
    """Adds the matrices that `read(name, shape)` gives to the decoder's weights; names as in a peft checkpoint without
    its prefix.
    """
    for name, module in decoder.named_modules():
        if name.rsplit(".", 1)[-1] in TARGETS:
            a = read(f"{name}.lora_A.default.weight", (rank, module.in_features))
            b = read(f"{name}.lora_B.default.weight", (module.out_features, rank))
            module.weight += (alpha / rank) * (b.float() @ a.float())
    return decoder
