"""The Whisper encoder as WeNet writes it (reference section 2), for ragged batches padded to their longest clip.

Rows are on the network's device; the lengths of clips stay on the host everywhere.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import EncoderConfig


def whisper_positions(count: int, width: int) -> Tensor:
    """[count, width] float32: sines in the first half, cosines in the second, base exponent 1/(width/2 - 1)."""
    half = width // 2
    angles = torch.arange(count)[:, None] * torch.exp(-torch.arange(half) * (math.log(10000.0) / (half - 1)))
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> tuple[Tensor, Tensor]:
    """Plain attention over [batch, heads, length, dim]; `bias` is added to the scores. Returns the mix and the
    probabilities.

    The softmax works in float32 inside and rounds its result; scaling q instead of the scores saves a pass over the
    largest tensor.
    """
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)
    if bias is not None:
        scores = scores + bias if scores.requires_grad else scores.add_(bias)
    probabilities = scores.softmax(dim=-1)
    return probabilities @ v, probabilities


def mixed(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    """The mix of `attend` alone: by the framework's fused kernel in float32, where it is the faster one."""
    if q.dtype == torch.float32:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    return attend(q, k, v, bias)[0]


def inside(lengths: Tensor, size: int) -> Tensor:
    """[batch, size] bool, where `lengths` are: whether a position is inside its clip."""
    return torch.arange(size, device=lengths.device)[None] < lengths[:, None]


def key_bias(lengths: Tensor, x: Tensor) -> Tensor | None:
    """[batch, 1, 1, length] beside x [batch, length, width]: 0 where a key is inside its clip, a large negative number
    elsewhere; None if no clip is padded. Lengths stay on the host, so that asking them waits for no device.
    """
    if bool((lengths == x.shape[1]).all()):
        return None
    return torch.where(inside(lengths, x.shape[1]), 0.0, -1e4)[:, None, None].to(x.device, x.dtype)


class SelfAttention(nn.Module):
    """WeNet's multi-head attention; names as in the published checkpoint."""

    def __init__(self, width: int, heads: int, key_has_bias: bool):
        super().__init__()
        self.heads = heads
        self.linear_q = nn.Linear(width, width)
        self.linear_k = nn.Linear(width, width, bias=key_has_bias)
        self.linear_v = nn.Linear(width, width)
        self.linear_out = nn.Linear(width, width)

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        batch, length, width = x.shape
        q, k, v = (
            f(x).view(batch, length, self.heads, -1).transpose(1, 2)
            for f in (self.linear_q, self.linear_k, self.linear_v)
        )
        return self.linear_out(mixed(q, k, v, bias).transpose(1, 2).reshape(batch, length, width))


class BranchDropout(nn.Module):
    """Drops channels of what a block adds, the same ones at all positions of a clip (variational dropout): drawing them
    costs next to nothing. `share` is 0, and nothing is dropped, unless a phase of training sets it.
    """

    def __init__(self):
        super().__init__()
        self.share = 0.0

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.share == 0.0:
            return x
        kept = x.new_empty(x.shape[0], 1, x.shape[2]).bernoulli_(1 - self.share)
        return x * kept.div_(1 - self.share)


class FeedForward(nn.Module):
    def __init__(self, width: int, ffn: int, activation):
        super().__init__()
        self.w_1 = nn.Linear(width, ffn)
        self.w_2 = nn.Linear(ffn, width)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        return self.w_2(self.activation(self.w_1(x)))


class Block(nn.Module):
    """Pre-norm transformer block: x + attention(norm1 x), then x + feed_forward(norm2 x)."""

    def __init__(self, width: int, heads: int, ffn: int, key_has_bias: bool, activation):
        super().__init__()
        self.self_attn = SelfAttention(width, heads, key_has_bias)
        self.feed_forward = FeedForward(width, ffn, activation)
        self.norm1 = nn.LayerNorm(width, eps=1e-5)
        self.norm2 = nn.LayerNorm(width, eps=1e-5)
        self.dropout = BranchDropout()

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        x = x + self.dropout(self.self_attn(self.norm1(x), bias))
        return x + self.dropout(self.feed_forward(self.norm2(x)))


class ConvStem(nn.Module):
    """Two convolutions of kernel 3, the second of stride 2; the odd child indices are the published names."""

    def __init__(self, width: int, mel_bins: int):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv1d(mel_bins, width, 3, padding=1),
            nn.GELU(),
            nn.Conv1d(width, width, 3, stride=2, padding=1),
            nn.GELU(),
        )

    def forward(self, mel: Tensor, lengths: Tensor) -> Tensor:
        """[batch, T, mel] -> [batch, ceil(T/2), width]. Masking between the convolutions keeps a padded clip equal to a
        lone one.
        """
        x = F.gelu(self.conv[0](mel.transpose(1, 2)))
        x = x * inside(lengths, x.shape[2])[:, None].to(x.device, x.dtype)
        return F.gelu(self.conv[2](x)).transpose(1, 2).contiguous()  # or all layers would work on strided rows


class WhisperEncoder(nn.Module):
    positions: Tensor

    def __init__(self, config: EncoderConfig, mel_bins: int = 80):
        super().__init__()
        self.embed = ConvStem(config.width, mel_bins)
        self.encoders = nn.ModuleList(
            Block(config.width, config.heads, config.ffn, False, F.gelu) for _ in range(config.layers)
        )
        self.after_norm = nn.LayerNorm(config.width, eps=1e-5)
        self.register_buffer("positions", whisper_positions(config.max_frames, config.width), persistent=False)

    def forward(self, mel: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """[batch, T, mel bins] and [batch] frame counts -> [batch, ceil(T/2), width] and the new counts."""
        hidden, lengths = self.lower(mel, lengths, len(self.encoders))
        return self.upper(hidden, lengths, len(self.encoders)), lengths

    def lower(self, mel: Tensor, lengths: Tensor, layers: int) -> tuple[Tensor, Tensor]:
        """The stem and the first `layers` layers: [batch, T, mel bins] and [batch] frame counts -> hidden states
        [batch, ceil(T/2), width] and the new counts.
        """
        x = self.embed(mel, lengths)
        lengths = (lengths + 1) // 2
        x = x + self.positions[: x.shape[1]].to(x.dtype)
        return self._through(self.encoders[:layers], x, lengths), lengths

    def upper(self, hidden: Tensor, lengths: Tensor, first: int) -> Tensor:
        """The layers from `first` on and the last norm: hidden states [batch, E, width] -> outputs of that shape."""
        return self.after_norm(self._through(self.encoders[first:], hidden, lengths))

    @staticmethod
    def _through(blocks: nn.ModuleList, x: Tensor, lengths: Tensor) -> Tensor:
        bias = key_bias(lengths, x)
        for block in blocks:
            x = block(x, bias)
        return x
