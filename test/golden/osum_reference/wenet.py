"""Encoder and adapter (reference, sections 2 and 3) over tensors with the names of the checkpoint, one utterance at a
time. Every step is in the type of the weights; softmax is in float32.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from .cases import Adapter, Encoder
from .positions import adapter_positions, whisper_positions

Weights = dict[str, Tensor]
Tap = Callable[[str, Tensor], None]


def gelu_in_steps(x: Tensor) -> Tensor:
    """The encoder's GELU: each operation is rounded by itself."""
    return (x * 0.5) * (1 + torch.erf(x / math.sqrt(2)))


def linear(w: Weights, name: str, x: Tensor) -> Tensor:
    return F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))


def layer_norm(w: Weights, name: str, x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], 1e-5)


def convolution(w: Weights, name: str, x: Tensor, stride: int, padding: int) -> Tensor:
    return F.conv1d(x, w[f"{name}.weight"], w[f"{name}.bias"], stride, padding)


def attention(w: Weights, name: str, x: Tensor, heads: int) -> Tensor:
    """Within the utterance, all to all. x [frames, width]."""
    frames, width = x.shape
    q, k, v = (linear(w, f"{name}.linear_{part}", x).view(frames, heads, -1).transpose(0, 1) for part in "qkv")
    scores = (q @ k.transpose(1, 2)) / math.sqrt(width // heads)
    mixed = torch.softmax(scores.float(), dim=-1).to(x.dtype) @ v
    return linear(w, f"{name}.linear_out", mixed.transpose(0, 1).reshape(frames, width))


def block(w: Weights, name: str, x: Tensor, heads: int, activation: Callable[[Tensor], Tensor]) -> Tensor:
    x = x + attention(w, f"{name}.self_attn", layer_norm(w, f"{name}.norm1", x), heads)
    inner = activation(linear(w, f"{name}.feed_forward.w_1", layer_norm(w, f"{name}.norm2", x)))
    return x + linear(w, f"{name}.feed_forward.w_2", inner)


def encode(w: Weights, dims: Encoder, mel: Tensor, tap: Tap) -> Tensor:
    """[T, mel bins] -> [ceil(T / 2), width]"""
    x = gelu_in_steps(convolution(w, "encoder.embed.conv.0", mel.T[None], 1, 1))
    x = gelu_in_steps(convolution(w, "encoder.embed.conv.2", x, 2, 1))[0].T
    x = x + whisper_positions(len(x), dims.width).to(x.dtype)
    tap("encoder.embed", x)
    for n in range(dims.layers):
        x = block(w, f"encoder.encoders.{n}", x, dims.heads, gelu_in_steps)
        tap(f"encoder.encoders.{n}", x)
    x = layer_norm(w, "encoder.after_norm", x)
    tap("encoder.after_norm", x)
    return x


def adapt(w: Weights, dims: Adapter, hidden: Tensor, tap: Tap) -> Tensor:
    """[E, encoder width] -> [S + 2, language model width], S = ceil(ceil(E / 2) / 2), between speech bos and eos."""
    x = hidden.T[None]
    for index, stride in ((1, 1), (4, 2), (7, 2)):
        x = F.gelu(convolution(w, f"down_sample_2.conv.{index}", F.pad(x, (2, 0)), stride, 0))
    x = x[0].T
    tap("down_sample_2", x)
    x = layer_norm(w, "speech_transformer.embed.out.1", linear(w, "speech_transformer.embed.out.0", x))
    x = x * math.sqrt(dims.width) + adapter_positions(len(x), dims.width).to(x.dtype)
    tap("speech_transformer.embed", x)
    for n in range(dims.layers):
        x = block(w, f"speech_transformer.encoders.{n}", x, dims.heads, torch.relu)
        tap(f"speech_transformer.encoders.{n}", x)
    x = layer_norm(w, "speech_transformer.after_norm", x)
    tap("speech_transformer.after_norm", x)
    x = linear(w, "speech_llama_proj", x)
    tap("speech_llama_proj", x)
    return torch.cat([w["speech_token_emded.weight"][-2:-1], x, w["speech_token_emded.weight"][-1:]])
