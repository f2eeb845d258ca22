"""The adapter between encoder and decoder (reference section 3): causal downsampling by four, a small transformer, a
projection.
"""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import AdapterConfig
from .encoder import Block, key_bias

STRIDES = (1, 2, 2)
_LAYERS_A_STEP = 3  # padding, convolution, GELU


def interleaved_positions(count: int, width: int) -> Tensor:
    """[count, width] float32: even columns sine, odd columns cosine, base exponent 1/width."""
    angles = torch.arange(count)[:, None] * torch.exp(-torch.arange(0, width, 2) * (math.log(10000.0) / width))
    return torch.stack([angles.sin(), angles.cos()], dim=2).view(count, width)


class Downsampler(nn.Module):
    """Three causal convolutions of kernel 3 with strides 1, 2, 2, each followed by GELU; the published indices are 1, 4
    and 7.
    """

    def __init__(self, in_width: int, width: int):
        super().__init__()
        widths = (in_width, width, width)
        layers = []
        for source, stride in zip(widths, STRIDES, strict=True):
            layers += [nn.ConstantPad1d((2, 0), 0.0), nn.Conv1d(source, width, 3, stride=stride), nn.GELU()]
        self.conv = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """[batch, E, in width] -> [batch, ceil(ceil(E/2)/2), width], and what the second convolution gave
        [batch, ceil(E/2), width].
        """
        halved = self.conv[:-_LAYERS_A_STEP](x.transpose(1, 2))
        return self.conv[-_LAYERS_A_STEP:](halved).transpose(1, 2), halved.transpose(1, 2)


class LinearEmbed(nn.Module):
    def __init__(self, in_width: int, width: int):
        super().__init__()
        self.out = nn.Sequential(nn.Linear(in_width, width), nn.LayerNorm(width, eps=1e-5))

    def forward(self, x: Tensor) -> Tensor:
        return self.out(x)

    @property
    def norm(self) -> nn.LayerNorm:
        norm = self.out[1]
        assert isinstance(norm, nn.LayerNorm)
        return norm


class SpeechTransformer(nn.Module):
    """WeNet's transformer encoder with the input layer `linear`: scaled by sqrt(width), interleaved positions, ReLU,
    biases everywhere.
    """

    positions: Tensor

    def __init__(self, config: AdapterConfig):
        super().__init__()
        self.embed = LinearEmbed(config.width, config.width)
        self.encoders = nn.ModuleList(
            Block(config.width, config.heads, config.ffn, True, F.relu) for _ in range(config.layers)
        )
        self.after_norm = nn.LayerNorm(config.width, eps=1e-5)
        self.register_buffer("positions", interleaved_positions(config.max_positions, config.width), persistent=False)
        with torch.no_grad():
            # After the scaling by sqrt(width) the residual stream begins at 1, the size of what the blocks add; at
            # LayerNorm's usual weights it would begin at sqrt(width), and the blocks would hardly count.
            self.embed.norm.weight.fill_(config.width**-0.5)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        x = self.embed(x)
        x = x * math.sqrt(x.shape[2]) + self.positions[: x.shape[1]].to(x.dtype)
        bias = key_bias(lengths, x)
        for block in self.encoders:
            x = block(x, bias)
        return self.after_norm(x)

    @torch.no_grad()
    def balance_(self) -> None:
        """Brings a residual stream that begins far above 1 down to it. The norms undo the scale, so that the result
        changes by the share of the positions alone, which is raised; but what the blocks add can then be learnt.
        """
        norm = self.embed.norm
        size = float(norm.weight.square().mean().sqrt()) * math.sqrt(norm.weight.shape[0])
        if size < 2.0:
            return
        added = (".self_attn.linear_out.", ".feed_forward.w_2.")
        for name, parameter in self.named_parameters():
            if name.startswith("embed.out.1.") or any(part in name for part in added):
                parameter.div_(size)


class Adapted(NamedTuple):
    """Speech rows and their lengths, and the same of the downsampler at 25 rows a second."""

    rows: Tensor
    lengths: Tensor
    halved: Tensor
    half_lengths: Tensor


class Adapter(nn.Module):
    """Encoder outputs to decoder-sized rows, with the two learnt rows that mark where speech begins and ends."""

    def __init__(self, config: AdapterConfig):
        super().__init__()
        self.down_sample_2 = Downsampler(config.in_width, config.width)
        self.speech_transformer = SpeechTransformer(config)
        self.speech_llama_proj = nn.Linear(config.width, config.out_width)
        self.speech_token_emded = nn.Embedding(2, config.out_width)

    def forward(self, encoded: Tensor, lengths: Tensor) -> Adapted:
        """[batch, E, encoder width] and [batch] -> [batch, S, decoder width], S = ceil(ceil(E/2)/2)."""
        x, halved = self.down_sample_2(encoded)
        half_lengths = (lengths + 1) // 2
        lengths = (half_lengths + 1) // 2
        return Adapted(self.speech_llama_proj(self.speech_transformer(x, lengths)), lengths, halved, half_lengths)
